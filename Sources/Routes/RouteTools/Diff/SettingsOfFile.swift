import RouteLanguage
import RouteModel
import Routing

/// What differs outside of routes, value by value: `providers.far.url` and the like.
struct FileSettingWords {
    private let old: RouteDocument
    private let new: RouteDocument
    private var changes: [Comparison.Setting] = []

    /// Settings with another meaning on each side, by path; secrets are named, not shown.
    static func changes(_ old: Revision, _ new: Revision) -> [Comparison.Setting] {
        var words = FileSettingWords(old: old.document, new: new.document)
        words.compare(SettingTree.of(old.roots), SettingTree.of(new.roots), "")
        return words.changes.sorted { $0.name < $1.name }
    }

    private init(old: RouteDocument, new: RouteDocument) {
        self.old = old
        self.new = new
    }

    private mutating func compare(_ left: SettingTree?, _ right: SettingTree?, _ path: String) {
        switch (left, right) {
        case (nil, nil): return
        case (.leaf(let one)?, .leaf(let other)?):
            if one.meaning != other.meaning { add(path, one.shown, other.shown) }
        case (.leaf(let one)?, nil):
            if !isStandard(one, path, new) { add(path, one.shown, "unset") }
        case (nil, .leaf(let other)?):
            if !isStandard(other, path, old) { add(path, "unset", other.shown) }
        case (.branch(let one)?, .branch(let other)?): compare(one, other, path)
        case (.branch(let one)?, nil): compare(one, SettingTree.Branch(parts: []), path)
        case (nil, .branch(let other)?): compare(SettingTree.Branch(parts: []), other, path)
        case (let one?, let other?): add(path, one.words, other.words)
        }
    }

    private mutating func compare(_ left: SettingTree.Branch, _ right: SettingTree.Branch, _ path: String) {
        let isOfAuthor = left.isOfAuthor || right.isOfAuthor
        let (left, right) = paired(left.parts, right.parts)
        var names = left.map(\.name)
        names += right.map(\.name).filter { !names.contains($0) }
        for name in names {
            let place = path.isEmpty ? name : name.hasPrefix("[") ? path + name : "\(path).\(name)"
            let one = left.first { $0.name == name }?.tree
            let other = right.first { $0.name == name }?.tree
            if isOfAuthor, let whole = one ?? other, one == nil || other == nil, case .branch = whole {
                add(place, one?.words ?? "unset", other?.words ?? "unset")
            } else {
                compare(one, other, place)
            }
        }
    }

    private typealias Parts = [SettingTree.Part]

    /// Without the items of lists that both sides have: one more above them must not change their names.
    private func paired(_ left: Parts, _ right: Parts) -> (Parts, Parts) {
        guard (left + right).contains(where: { $0.name.hasPrefix("[") }) else { return (left, right) }
        var (mine, others): (Parts, Parts) = ([], right)
        for part in left {
            if let index = others.firstIndex(where: { $0.tree.meaning == part.tree.meaning }) {
                others.remove(at: index)
            } else {
                mine.append(part)
            }
        }
        return (renamed(mine), renamed(others))
    }

    /// Numbers anew what is left under each name.
    private func renamed(_ parts: Parts) -> Parts {
        var counts: [String: Int] = [:]
        return parts.map { part in
            let plain = part.name.prefix { $0 != " " && $0 != "]" }
            counts[String(plain), default: 0] += 1
            let number = counts[String(plain)] ?? 1
            return SettingTree.Part(name: number == 1 ? "\(plain)]" : "\(plain) #\(number)]", tree: part.tree)
        }
    }

    private mutating func add(_ path: String, _ before: String, _ after: String) {
        changes.append(
            Comparison.Setting(
                routes: [],
                name: path,
                before: before,
                after: SecretWords.after(before, after)
            )
        )
    }

    // MARK: What is not written

    /// True when a value says what stands there anyway in the file that does not write it.
    private func isStandard(_ leaf: SettingTree.Leaf, _ path: String, _ silent: RouteDocument) -> Bool {
        if !leaf.standard.isEmpty, leaf.shown == leaf.standard || leaf.meaning == leaf.standard { return true }
        if let own = Self.ofProvider(path, silent) { return leaf.meaning == own }
        return false
    }

    /// What a provider has by its kind, its address or its locality.
    private static func ofProvider(_ path: String, _ document: RouteDocument) -> String? {
        let names = path.split(separator: ".").map(String.init)
        guard names.count >= 3, names[0] == "providers",
            let provider = document.providers.first(where: { $0.name.value == names[1] })
        else { return nil }
        switch names.dropFirst(2).joined(separator: ".") {
        case "url": return Meaning.text(provider.url.value, .url)
        case "locality": return provider.isLocal ? "local" : "remote"
        case "clearance": return provider.clearance.value.word
        case "apis": return provider.apis.compactMap(\.word).sorted().joined(separator: ", ")
        case "health.mode": return provider.healthMode.value
        default: return nil
        }
    }
}
