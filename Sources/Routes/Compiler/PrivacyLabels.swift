import Bytes
import Decision
import RouteModel
import Routing

/// What the head and the caller's identity say about a request's class and tags (`routes.md` 2.7, privacy lattice).
///
/// The default, the client's own header and the rules with header, tenant or key sources; content rules are joined by whoever
/// scans the text.
package struct PrivacyLabels: Sendable {
    /// A class and tags, by bit of `Program.tagNames`; joined only upwards.
    package struct Label: Equatable, Sendable {
        package var level: Level
        package var tags: UInt64
        package init(level: Level, tags: UInt64 = 0) {
            self.level = level
            self.tags = tags
        }
        /// Takes the higher class and all tags of both.
        package mutating func join(_ other: Label) {
            level = max(level, other.level)
            tags |= other.tags
        }
    }

    /// A rule with the sources that need no text.
    private struct Rule: Sendable {
        var label: Label
        /// Position among the program's headers, and what its value must fit.
        var headers: [(header: Int, matchers: [HeaderMatcher])]
        var tenants: [Glob]
        var keys: [[UInt8]]
    }

    private let standard: Level
    /// Position of the client's own header among the program's; -1 for none.
    private let header: Int
    private let rules: [Rule]
    /// The label that each of the document's rules joins in when it fires, in their order; for content rules.
    package let ruleLabels: [Label]

    init(_ document: RouteDocument, _ words: inout Words, _ texts: PatternTexts) {
        standard = document.privacy.standard.value
        header = document.privacy.header.value.map { words.header($0) } ?? -1
        var rules: [Rule] = []
        var labels: [Label] = []
        for rule in document.privacy.rules {
            let label = Label(level: rule.level?.value ?? .public, tags: words.mask(of: rule.tag.value))
            labels.append(label)
            let headers = rule.headers.map { condition in
                (words.header(condition.name.value), condition.matchers.compactMap { texts.matcher($0.value) })
            }
            if headers.isEmpty, rule.tenants.isEmpty, rule.keys.isEmpty { continue }
            rules.append(
                Rule(
                    label: label,
                    headers: headers,
                    tenants: texts.globs(rule.tenants),
                    keys: rule.keys.map { Array($0.value.utf8) }
                )
            )
        }
        self.rules = rules
        ruleLabels = labels
    }

    /// The label that the head decides; allocates nothing.
    ///
    /// - Parameters:
    ///   - facts: their headers are in the order of `Program.headerNames`, which holds all that labels need.
    ///   - head: the bytes that the headers point into.
    ///   - identity: the bytes that `facts.key` and `facts.tenant` point into.
    /// - Returns: default, header and rules joined.
    package func label(_ facts: borrowing Facts, head: Span<UInt8>, identity: Span<UInt8>) -> Label {
        var label = Label(level: standard)
        if header >= 0, header < facts.headers.count, !facts.headers[header].isAbsent {
            label.level = max(label.level, Self.level(head.extracting(facts.headers[header].range)))
        }
        for index in rules.indices where fires(index, facts, head, identity) { label.join(rules[index].label) }
        return label
    }

    /// A word that nobody understands must not open a door: it counts as the highest class.
    private static func level(_ word: Span<UInt8>) -> Level {
        if isEqual(word, "public") { return .public }
        if isEqual(word, "internal") { return .internal }
        if isEqual(word, "confidential") { return .confidential }
        return .restricted
    }

    private static func isEqual(_ bytes: Span<UInt8>, _ word: StaticString) -> Bool {
        guard bytes.count == word.utf8CodeUnitCount else { return false }
        return word.withUTF8Buffer { buffer in
            for index in 0..<bytes.count where bytes[index] != buffer[index] { return false }
            return true
        }
    }

    private func fires(
        _ rule: Int,
        _ facts: borrowing Facts,
        _ head: Span<UInt8>,
        _ identity: Span<UInt8>
    ) -> Bool {
        for index in rules[rule].headers.indices {
            let position = rules[rule].headers[index].header
            guard position < facts.headers.count, !facts.headers[position].isAbsent else { continue }
            let value = head.extracting(facts.headers[position].range)
            for matcher in rules[rule].headers[index].matchers {
                switch matcher {
                case .glob(let glob): if glob.matches(value) { return true }
                case .pattern(let pattern): if pattern.matches(value) { return true }
                }
            }
        }
        if !facts.tenant.isAbsent {
            let tenant = identity.extracting(facts.tenant.range)
            for glob in rules[rule].tenants where glob.matches(tenant) { return true }
        }
        if !facts.key.isAbsent {
            let key = identity.extracting(facts.key.range)
            for name in rules[rule].keys where Self.isEqual(name, key) { return true }
        }
        return false
    }

    private static func isEqual(_ left: [UInt8], _ right: Span<UInt8>) -> Bool {
        guard left.count == right.count else { return false }
        for index in right.indices where left[index] != right[index] { return false }
        return true
    }
}
