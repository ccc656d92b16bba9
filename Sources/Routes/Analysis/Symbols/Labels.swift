import RouteModel
import Routing

/// Which labels requests can have, given `privacy` (`routes.md` 2.7, privacy lattice).
struct Labels {
    /// A rule that header, tenant or key sets off: then its tag and class are there.
    struct Identity {
        var text: Int
        var clause: Int
        var expressions: [String]
        var tag: Int
        var level: Level
    }
    let standard: Level
    /// The field by which a client raises its class.
    private(set) var header: Int?
    private(set) var identities: [Identity] = []
    /// Tags that content rules give, with the lowest class that comes along.
    private(set) var contentLevels: [Int: Level] = [:]
    /// Classes that content can raise to, each with the tag it brings.
    private(set) var raises: [(level: Level, tag: Int?)] = []
    /// Tags that no rule names: nothing is known of them, so content may give them.
    private(set) var freeTags: UInt64 = ~0
    /// Classes that some request can have, or more than these.
    private(set) var levels = LevelSet.all
    /// Texts whose value decides about labels or buckets.
    private(set) var linked: [Int] = []

    init(_ privacy: Privacy, _ universe: inout Universe) {
        standard = privacy.standard.value
        header = privacy.header.value.map { universe.text(.header($0)) }
        for rule in privacy.rules {
            let tag = universe.tag(rule.tag.value)
            let level = rule.level?.value ?? .public
            freeTags &= ~(1 << UInt64(tag))
            var texts: [(Int, [Int], [String])] = []
            for header in rule.headers {
                let globs = header.matchers.map(\.value).filter { !$0.hasPrefix("re:") }
                let expressions = header.matchers.map(\.value).filter { $0.hasPrefix("re:") }
                    .map { String($0.dropFirst(3)) }
                let name = universe.text(.header(header.name.value))
                texts.append((name, globs.flatMap { universe.atoms(of: $0) }, expressions))
            }
            texts.append((universe.text(.tenant), rule.tenants.flatMap { universe.atoms(of: $0.value) }, []))
            let keys = rule.keys.map { universe.atom(GlobAtom(exactly: $0.value)) }
            texts.append((universe.text(.key), keys, []))
            for (text, atoms, expressions) in texts where !atoms.isEmpty || !expressions.isEmpty {
                identities.append(
                    Identity(
                        text: text,
                        clause: universe.clause(atoms, isNegated: false),
                        expressions: expressions,
                        tag: tag,
                        level: level
                    )
                )
            }
            if rule.hasContentSource {
                contentLevels[tag] = min(contentLevels[tag] ?? level, level)
                raises.append((level, tag))
            }
        }
        if !raises.isEmpty {
            raises += [privacy.scanOver.value, privacy.scanOnError.value, privacy.scanOpaque.value].map { ($0, nil) }
        }
        if header == nil {
            // A class comes from one source as a whole: the highest of those there are.
            let sources = [standard] + identities.map(\.level) + raises.map(\.level)
            levels = sources.filter { $0 >= standard }.reduce(into: []) { $0.formUnion(LevelSet($1)) }
        }
        linked = Set(identities.map(\.text)).sorted()
        for subject in universe.subjectNames {
            guard let text = Self.text(of: subject, universe), !linked.contains(text) else { continue }
            linked.append(text)
        }
    }

    /// The text that a subject's bucket comes from; nil for `request`.
    static func text(of subject: Subject, _ universe: Universe) -> Int? {
        switch subject {
        case .request: nil
        case .key: universe.texts[.key]
        case .tenant: universe.texts[.tenant]
        case .header(let name): universe.texts[.header(name)]
        }
    }

    /// A label inside a box for a request with these texts.
    struct Solution {
        var level: Level
        var tags: UInt64
        var contentLevel: Level
        var contentTags: UInt64
        /// The word to put into the client's header.
        var word: String?
    }

    /// Finds a label; nil when no request with these texts has one inside the box.
    ///
    /// The lowest of the box's classes that can be had comes first; `variety` 1 begins with the highest.
    func solve(
        _ box: Box,
        _ texts: [[UInt8]?],
        _ universe: Universe,
        isHeaderFixed: Bool,
        variety: Int,
        patterns: PatternMatcher
    ) -> Solution? {
        var base = standard
        var fired: UInt64 = 0
        for rule in identities where fires(rule, texts[rule.text], universe, patterns) {
            fired |= 1 << UInt64(rule.tag)
            base = max(base, rule.level)
        }
        if fired & box.tags.off != 0 { return nil }
        var isHeaderFree = false
        if let header {
            if let value = texts[header] {
                base = max(base, Level(word: String(decoding: value, as: UTF8.self)) ?? .restricted)
            } else {
                isHeaderFree = !isHeaderFixed && box.clauses(header).isEmpty && !linked.contains(header)
            }
        }
        let needed = box.tags.on & ~fired
        var contentLevel = Level.public
        for tag in bits(needed) {
            if let level = contentLevels[tag] {
                contentLevel = max(contentLevel, level)
            } else if freeTags & (1 << UInt64(tag)) == 0 {
                return nil
            }
        }
        let least = max(base, contentLevel)
        var wanted = Level.allCases.filter { $0 >= least && box.levels.contains(LevelSet($0)) }
        if variety % 2 == 1 { wanted.reverse() }
        for level in wanted {
            let tags = fired | needed
            if level == least {
                return Solution(level: level, tags: tags, contentLevel: contentLevel, contentTags: needed, word: nil)
            }
            let plain = raises.first {
                $0.level == level && $0.tag.map { box.tags.off & (1 << UInt64($0)) == 0 } ?? true
            }
            if let plain {
                let extra = plain.tag.map { 1 << UInt64($0) } ?? UInt64(0)
                return Solution(
                    level: level,
                    tags: tags | extra,
                    contentLevel: level,
                    contentTags: needed | (extra & ~fired),
                    word: nil
                )
            }
            if isHeaderFree {
                return Solution(
                    level: level,
                    tags: tags,
                    contentLevel: contentLevel,
                    contentTags: needed,
                    word: level.word
                )
            }
        }
        return nil
    }

    private func fires(
        _ rule: Identity,
        _ value: [UInt8]?,
        _ universe: Universe,
        _ patterns: PatternMatcher
    ) -> Bool {
        guard let value else { return false }
        if universe.takes(rule.clause, value) { return true }
        return rule.expressions.contains { patterns($0, String(decoding: value, as: UTF8.self)) }
    }

    /// What tells apart values of a text for labels and buckets.
    func signature(
        _ text: Int,
        _ value: [UInt8]?,
        _ universe: Universe,
        _ patterns: PatternMatcher
    ) -> UInt64 {
        guard let value else { return 1 }
        var signature: UInt64 = 0
        for (index, rule) in identities.enumerated() where rule.text == text {
            if fires(rule, value, universe, patterns) { signature |= 1 << UInt64(8 + index % 56) }
        }
        if text == header {
            signature |= UInt64((Level(word: String(decoding: value, as: UTF8.self)) ?? .restricted).rawValue + 1) << 1
        }
        return signature
    }
}
