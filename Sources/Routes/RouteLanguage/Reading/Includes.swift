import Glibc
import Report

/// Reads a root file and what it includes, each file once (`routes.md` 2.5, `include`).
///
/// Files are named relative to the one that includes them and stay inside the root file's folder: symbolic links inside it
/// are fine (a ConfigMap is made of them), others are not followed out of it.
final class Includes {
    /// How deep files may include one another.
    static let depthLimit = 8
    /// How many files there may be in all.
    static let fileLimit = 256
    /// How often they may name one another: a file that is known already costs a look-up.
    static let useLimit = 1_024
    /// How much text there may be in all.
    static let limitBytes = 32 << 20

    /// A file with what it includes at its top level.
    final class Unit {
        let file: LoadedFile
        /// In the order of the text.
        var parts: [Unit] = []
        /// Fragments by the text of `- include:`, for the routes.
        var spliced: [String: Unit] = [:]
        /// Where its routes were asked for first.
        var splicedAt: Spot?
        init(_ file: LoadedFile) { self.file = file }
    }

    private let findings: Findings
    private let folder: String?
    private var units: [String: Unit] = [:]
    private var open: [String] = []
    private var useCount = 0
    private var byteCount: Int
    private var nodeCount: Int
    /// True once a limit over all files is passed: then no more of them are read.
    private var isFull = false
    private(set) var files: [LoadedFile] = []
    let root: Unit

    init(_ file: LoadedFile, _ findings: Findings) {
        self.findings = findings
        folder = Files.realPath(Files.folder(of: file.path))
        root = Unit(file)
        files = [file]
        byteCount = file.source.bytes.count
        nodeCount = file.root?.expandedCount ?? 0
        if let real = Files.realPath(file.path) {
            units[real] = root
            open = [real]
        }
        readParts(of: root, depth: 1)
        for unit in units.values.sorted(by: { $0.file.path < $1.file.path }) where unit !== root { checkSplicing(unit) }
    }

    private func readParts(of unit: Unit, depth: Int) {
        guard let node = unit.file.root else { return }
        for item in node["include"]?.items ?? [] {
            guard let text = item.text, !item.isNothing, !item.isBroken, isUseAllowed(item) else { continue }
            for path in paths(text, item, unit.file.path) {
                if let part = read(path, item, depth: depth) { unit.parts.append(part) }
            }
        }
        for item in node["routes"]?.items ?? [] {
            guard let entry = item.entry("include"), let text = entry.value.text, !entry.value.isNothing,
                isUseAllowed(entry.value)
            else { continue }
            let path = Files.path(text, besides: unit.file.path)
            guard let part = read(path, entry.value, depth: depth) else { continue }
            unit.spliced[text] = part
            if let first = part.splicedAt {
                refuseSecond(part, entry.value, first)
                continue
            }
            part.splicedAt = entry.value.spot
            if !unit.parts.contains(where: { $0 === part }) { unit.parts.append(part) }
            if let root = part.file.root, root.isMapping, root.entry("routes") == nil {
                findings.error("HP012", "`\(part.file.path)` has no `routes` to stand here", at: entry.value.spot)
            }
        }
    }

    // MARK: Limits

    /// Says once what was too much; from then on nothing more is read.
    private func refuse(_ code: String, _ sentence: String, _ node: Node) {
        if !isFull { findings.error(code, sentence, at: node.spot) }
        isFull = true
    }

    private func isUseAllowed(_ node: Node) -> Bool {
        useCount += 1
        if useCount > Self.useLimit { refuse("HP012", "more than \(Self.useLimit) uses of `include`", node) }
        return !isFull
    }

    /// Fragments that hold one another twice would double with every level.
    private func refuseSecond(_ part: Unit, _ node: Node, _ first: Spot) {
        findings.error(
            "HP013",
            "the routes of `\(part.file.path)` would stand here again",
            at: node.spot,
            mark: "again",
            labels: [Label(first, "first here")]
        )
    }

    /// Routes that stand nowhere would be left out without a word.
    private func checkSplicing(_ unit: Unit) {
        guard unit.splicedAt == nil, let entry = unit.file.root?.entry("routes") else { return }
        findings.error(
            "HP012",
            "these routes stand in no list of routes",
            at: entry.key.spot,
            notes: ["`include` at the top level takes names over, but routes have an order"],
            help: ["where they belong in `routes`, write  - include: \(Files.name(of: unit.file.path))"]
        )
    }

    // MARK: Paths

    private func paths(_ text: String, _ node: Node, _ file: String) -> [String] {
        let path = Files.path(text, besides: file)
        guard text.contains(where: { "*?[".contains($0) }) else { return [path] }
        let found = Files.matching(path)
        if found.isEmpty {
            findings.warning("HP012", "no file fits `\(text)`", at: node.spot)
        }
        return found
    }

    private func read(_ path: String, _ node: Node, depth: Int) -> Unit? {
        guard let real = Files.realPath(path) else {
            findings.error("HP012", "cannot read `\(path)`: \(Files.obstacle(path) ?? "no such file")", at: node.spot)
            return nil
        }
        guard let folder, real.hasPrefix(folder == "/" ? "/" : folder + "/") else {
            findings.error(
                "HP012",
                "`\(path)` is outside the root file's folder",
                at: node.spot,
                notes: ["a route file includes only what stands beside or below it"]
            )
            return nil
        }
        if open.contains(real) {
            findings.error("HP012", "`\(path)` includes itself", at: node.spot, notes: [cycle(to: real)])
            return nil
        }
        if let known = units[real] { return known }
        if isFull { return nil }
        if depth > Self.depthLimit {
            findings.error("HP012", "files include one another deeper than \(Self.depthLimit) levels", at: node.spot)
            return nil
        }
        if units.count >= Self.fileLimit {
            findings.error("HP012", "more than \(Self.fileLimit) files", at: node.spot)
            return nil
        }
        return fresh(path, real, node, depth)
    }

    private func cycle(to real: String) -> String {
        let names = open.drop { $0 != real }.map { Files.name(of: $0) }
        return "the way round: \((names + [Files.name(of: real)]).joined(separator: " → "))"
    }

    private func fresh(_ path: String, _ real: String, _ node: Node, _ depth: Int) -> Unit? {
        let bytes: [UInt8]
        do throws(Files.Failure) {
            bytes = try Files.read(path, limit: TextCheck.limitBytes)
        } catch {
            let code = error.isTooLarge ? "HP007" : "HP012"
            findings.error(code, "cannot read `\(path)`: \(error.reason)", at: node.spot)
            return nil
        }
        byteCount += bytes.count
        guard byteCount <= Self.limitBytes else {
            refuse("HP007", "the files have more than \(Self.limitBytes >> 20) MiB together", node)
            return nil
        }
        let unit = Unit(Self.parsed(bytes, path, findings))
        nodeCount += unit.file.root?.expandedCount ?? 0
        guard nodeCount <= DocumentReader.nodeLimit else {
            refuse("HP007", "the files have more than \(DocumentReader.nodeLimit) nodes together", node)
            return nil
        }
        units[real] = unit
        files.append(unit.file)
        open.append(real)
        readParts(of: unit, depth: depth + 1)
        open.removeLast()
        return unit
    }

    /// A file's text as a document; what is wrong with it is reported.
    static func parsed(_ bytes: [UInt8], _ path: String, _ findings: Findings) -> LoadedFile {
        // A byte order mark at the very start is harmless, and columns do not count it.
        let text = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
        // Of a file that is too large only the beginning was read: nobody may take that for the file.
        let isTooLarge = text.count > TextCheck.limitBytes
        let source = SourceText(path: path, bytes: isTooLarge ? [] : text)
        var problems = Problems()
        problems.add(source: source)
        var root: Node?
        if isTooLarge {
            let spot = Spot(path: path, line: 1, column: 1, length: 1)
            problems.add(Problem(.error, "HP007", "a route file has at most 4 MiB", at: spot))
        } else if let fault = TextCheck.fault(in: source) {
            problems.add(fault)
        } else {
            root = DocumentReader.read(source, &problems)
        }
        findings.take(problems)
        return LoadedFile(path: path, source: source, root: root)
    }
}
