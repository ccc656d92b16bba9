import Interpreter
import Report
import RouteModel
import Routing

/// Requests made from what two documents speak of, each decided under both with its own document's labels.
///
/// The walk over boxes sees one labelling at a time; this sees what becomes of the same bytes when the labels change.
package struct DifferencePool {
    /// What stands for requests that no words are known for.
    package static let likeWitness = "requests like the witness"
    /// Requests decided at most.
    package static let limit = 20_000
    /// Fewer where each is put to many routes.
    private static func limit(_ routes: Int) -> Int { min(limit, max(500, 4_000_000 / max(1, routes))) }

    /// The same bytes as each document's scan describes them.
    private struct Candidate {
        var old: Request
        var new: Request
        /// True when there is nothing special about it.
        var isPlain = false
        var words: [String] = []
        var causes: [String] = []
    }
    private struct Variation {
        var words: String
        /// What of the files it is about: a rule, an alias, a field.
        var cause: String
        /// True when it is said of the content, which a request does not show.
        var isContent = false
        var apply: (inout Candidate) -> Void
    }

    /// Bytes that are treated otherwise.
    package struct Finding {
        package var change: Change
        /// Providers that it may reach now and was barred from by its label.
        package var opened: [String] = []
        /// What it is told with.
        package var group: Group
        package var fell: Bool { change.after.level < change.before.level }
    }

    /// Findings that are told as one.
    package struct Group: Hashable {
        /// True when something may go where it could not go before.
        package var isWeaker: Bool
        /// Parts of the files: rules, aliases, fields; empty for what every request shows.
        package var cause: [String]
    }

    /// What came of all requests.
    package struct Findings {
        /// One for each way in which labels and effects differ.
        package var all: [Finding] = []
        /// Which requests a group is about, in words: alternatives.
        package var requests: [Group: [String]] = [:]
        /// False when there were more requests to make than are decided.
        package var isComplete = true
    }

    private let old: Interpreter
    private let new: Interpreter
    /// Causes that are not the same on both sides: the others explain nothing.
    private let changed: Set<String>
    /// Windows of both that are open together.
    private let opens: [Set<TimeWindow>]
    private let sampled: SampledTexts

    package init(_ old: RouteDocument, _ new: RouteDocument, patterns: @escaping PatternMatcher) {
        self.old = Interpreter(old, patterns: patterns)
        self.new = Interpreter(new, patterns: patterns)
        opens = OpenTimes(old.windows.union(new.windows), from: OpenTimes.monday)?.all.map(\.open) ?? []
        sampled = SampledTexts([old, new])
        let (before, after) = (Self.parts(old), Self.parts(new))
        changed = Set(before.keys).union(after.keys).filter { before[$0] != after[$0] }
    }

    /// What labels and models come from, by cause.
    private static func parts(_ document: RouteDocument) -> [String: String] {
        let privacy = document.privacy
        var parts = [
            "field": privacy.header.value ?? "", "content longer than is looked at": privacy.scanOver.value.word,
            "content that cannot be read": privacy.scanOnError.value.word,
            "content with audio, images or files": privacy.scanOpaque.value.word,
        ]
        for alias in document.aliases { parts["alias \(alias.name.value)"] = alias.model.value }
        for rule in privacy.rules {
            let headers = rule.headers.map { "\($0.name.value)=\($0.matchers.map(\.value))" }
            parts["rule \(rule.tag.value)", default: ""] +=
                "\(rule.level?.value.word ?? "") \(sources(rule)) \(headers) \(rule.tenants.map(\.value)) \(rule.keys.map(\.value));"
        }
        return parts
    }

    /// Decides requests made from `seeds`, which are requests that come to routes, under both documents.
    package func findings(_ seeds: [Request]) -> Findings {
        let variations = variations()
        let plain = ([Request()] + seeds).map(timed).map { described($0, variations) }
        // What causes a change by itself is looked at first: the rest is told as a part of it.
        let clean = plain.filter(\.causes.isEmpty)
        let others = plain.filter { !$0.causes.isEmpty }
        var search = PoolSearch(limit: Self.limit(old.document.routes.count + new.document.routes.count))
        for seeds in [clean, others] {
            for variation in [nil] + variations.map(Optional.some) {
                for seed in seeds {
                    guard search.mayAsk() else { return search.findings }
                    var candidate = seed
                    if let variation { apply(variation, &candidate) }
                    ask(candidate, &search)
                }
            }
        }
        // Where the labels are the same, two of their parts at once show nothing that the proofs have not seen.
        if Difference.isLabellingSame(old.document, new.document) { return search.findings }
        for (number, first) in variations.enumerated() {
            for second in variations.dropFirst(number + 1) {
                for seed in plain {
                    guard search.mayAsk() else { return search.findings }
                    var candidate = seed
                    apply(first, &candidate)
                    apply(second, &candidate)
                    ask(candidate, &search)
                }
            }
        }
        return search.findings
    }

    /// A seed with those variations that it shows already: a tenant or a header that a rule asks for.
    private func described(_ seed: Request, _ variations: [Variation]) -> Candidate {
        var candidate = Candidate(old: seed, new: seed, isPlain: seed == timed(Request()))
        let nothing = Candidate(old: Request(), new: Request())
        for variation in variations where !variation.isContent && changed.contains(variation.cause) {
            var (varied, empty) = (candidate, nothing)
            variation.apply(&varied)
            variation.apply(&empty)
            guard varied.old == candidate.old, empty.old != nothing.old else { continue }
            candidate.words.append(variation.words)
            candidate.causes.append(variation.cause)
        }
        return candidate
    }

    private func ask(_ candidate: Candidate, _ search: inout PoolSearch) {
        var candidate = candidate
        // Its texts may be others by now: their buckets are, too.
        (candidate.old, candidate.new) = (sampled.placed(candidate.old), sampled.placed(candidate.new))
        let (before, after) = (old.decide(candidate.old), new.decide(candidate.new))
        let (left, right) = (effect(before, old.document), effect(after, new.document))
        let opened = opened(candidate, before, after)
        if left == right, before.level <= after.level, opened.isEmpty { return }
        let nothing = candidate.isPlain ? "every request" : Self.likeWitness
        let words = candidate.words.isEmpty ? nothing : candidate.words.joined(separator: "  ")
        // What the content is shown to be is what the more careful side finds in it.
        let witness = candidate.old.contentLevel >= candidate.new.contentLevel ? candidate.old : candidate.new
        let change = Change(
            kind: .way,
            requests: [words],
            oldRoute: before.route,
            newRoute: after.route,
            before: before,
            after: after,
            witness: witness
        )
        search.add(
            Finding(
                change: change,
                opened: opened,
                group: Group(isWeaker: before.level > after.level || !opened.isEmpty, cause: candidate.causes)
            ),
            words: words,
            key: [before.level.word, after.level.word] + left + ["→"] + right + opened
        )
    }

    /// A seed knows the windows of its own document: here it gets those of both that are open at one moment.
    private func timed(_ seed: Request) -> Request {
        var seed = seed
        let asked = seed.openWindows
        seed.openWindows = opens.first { $0 == asked } ?? opens.first { $0.isSuperset(of: asked) } ?? opens.first ?? []
        return seed
    }

    private func apply(_ variation: Variation, _ candidate: inout Candidate) {
        variation.apply(&candidate)
        candidate.isPlain = false
        guard changed.contains(variation.cause) else { return }
        if !candidate.words.contains(variation.words) { candidate.words.append(variation.words) }
        if !candidate.causes.contains(variation.cause) { candidate.causes.append(variation.cause) }
    }

    /// Providers that take the request now, and were closed to it before by class or tags.
    private func opened(_ candidate: Candidate, _ before: Verdict, _ after: Verdict) -> [String] {
        guard case .forward(let tiers) = after.outcome else { return [] }
        let reached = Set(tiers.joined().map { new.document.providers[$0.provider].name.value })
        return reached.filter { name in
            guard let provider = old.document.providers.first(where: { $0.name.value == name }) else {
                return after.level < before.level
            }
            return before.level > provider.clearance.value
                || provider.denyTags.contains { before.tags.contains($0.value) }
        }.sorted()
    }

    // MARK: What requests can be made of

    private func variations() -> [Variation] {
        var all: [Variation] = []
        var known: Set<String> = []
        func add(_ words: String, _ cause: String, of key: String = "", _ apply: @escaping (inout Request) -> Void) {
            guard known.insert(words + key).inserted else { return }
            all.append(
                Variation(words: words, cause: cause) { candidate in
                    apply(&candidate.old)
                    apply(&candidate.new)
                }
            )
        }
        func header(_ name: String, _ value: String, _ cause: String) {
            add("header \(name): \(SecretField.shown(value, of: name))", cause, of: " \(value)") { request in
                request.headers.removeAll { $0.name == name }
                request.headers.append((name, value))
            }
        }
        for document in [old.document, new.document] {
            for alias in document.aliases {
                for model in [alias.name.value, alias.model.value] {
                    add("model \(model)", "alias \(alias.name.value)") { $0.model = model }
                }
            }
            for rule in document.privacy.rules {
                let cause = "rule \(rule.tag.value)"
                for condition in rule.headers {
                    for matcher in condition.matchers {
                        for value in fitting(matcher.value) { header(condition.name.value, value, cause) }
                    }
                }
                for tenant in rule.tenants.flatMap({ fitting($0.value) }) {
                    add("tenant \(tenant)", cause) { $0.tenant = tenant }
                }
                for key in rule.keys.map(\.value) { add("key \(key)", cause) { $0.key = key } }
                for source in Self.sources(rule) where known.insert("content \(source)").inserted {
                    all.append(content(source, cause))
                }
            }
            if let name = document.privacy.header.value {
                for level in Level.allCases.reversed() { header(name, level.word, "field") }
                header(name, "unknown-class", "field")
            }
        }
        return all + scans()
    }

    private static func sources(_ rule: PrivacyRule) -> [String] {
        rule.builtins.map { "with a \($0.value)" }
            + (rule.pattern.map { ["fitting \($0.value)\(rule.flags.isEmpty ? "" : " (\(rule.flags))")"] } ?? [])
    }

    /// Content that the search cannot look through: its class is the author's word.
    private func scans() -> [Variation] {
        func content(_ words: String, _ level: @escaping (Privacy) -> Level) -> Variation {
            let (before, after) = (level(old.document.privacy), level(new.document.privacy))
            return Variation(words: "content \(words)", cause: "content \(words)", isContent: true) { candidate in
                candidate.old.contentLevel = max(candidate.old.contentLevel, before)
                candidate.new.contentLevel = max(candidate.new.contentLevel, after)
            }
        }
        return [
            content("longer than is looked at") { $0.scanOver.value },
            content("that cannot be read") { $0.scanOnError.value },
            content("with audio, images or files") { $0.scanOpaque.value },
        ]
    }

    /// A text on which a content source fires, as each document's rules with that source see it.
    private func content(_ source: String, _ cause: String) -> Variation {
        func see(_ request: inout Request, _ document: RouteDocument) {
            for rule in document.privacy.rules where Self.sources(rule).contains(source) {
                request.contentTags.insert(rule.tag.value)
                if let level = rule.level?.value { request.contentLevel = max(request.contentLevel, level) }
            }
        }
        let (old, new) = (old.document, new.document)
        return Variation(words: "content \(source)", cause: cause, isContent: true) { candidate in
            see(&candidate.old, old)
            see(&candidate.new, new)
        }
    }

    /// Some texts that a matcher takes.
    private func fitting(_ matcher: String) -> [String] {
        if matcher.hasPrefix("re:") {
            let pattern = String(matcher.dropFirst(3))
            let plain = String(pattern.filter { !"^$()?*+\\".contains($0) })
            let tries = [pattern, plain] + plain.split(separator: "|").map(String.init) + ["1", "a", "true", "x-1"]
            return Array(tries.filter { old.patterns(pattern, $0) }.prefix(2))
        }
        let glob = GlobPattern(matcher)
        let texts = (Samples.standing(for: glob.alternatives.map { GlobAtom($0) }) ?? [])
            .map { String(decoding: $0, as: UTF8.self) }
        return Array(([matcher] + texts.sorted()).filter { !$0.isEmpty && glob.matches($0) }.prefix(2))
    }
}

/// What is known while requests are decided.
private struct PoolSearch {
    var findings = DifferencePool.Findings()
    private let limit: Int
    private var known: Set<[String]> = []
    private var work = 0
    /// What requests without anything special lose already.
    private var opensForAll: Set<String> = []
    private var fallenFrom: Level?

    init(limit: Int) { self.limit = limit }

    /// Counts a request; false when it would be one too many.
    mutating func mayAsk() -> Bool {
        work += 1
        if work > limit { findings.isComplete = false }
        return findings.isComplete
    }

    mutating func add(_ finding: DifferencePool.Finding, words: String, key: [String]) {
        var finding = finding
        finding.group.cause = cause(finding)
        let group = finding.group
        if group.cause.isEmpty, group.isWeaker {
            opensForAll.formUnion(finding.opened)
            let level = finding.change.before.level
            if finding.fell { fallenFrom = max(fallenFrom ?? level, level) }
        }
        let isNew = findings.requests[group] == nil
        // A list of alternatives is one of simple ones: the others are told of by them.
        if isNew || finding.group.cause.count == 1 && !words.contains("  "),
            findings.requests[group]?.contains(words) != true
        {
            findings.requests[group, default: []].append(words)
        }
        guard known.insert(key).inserted else { return }
        findings.all.append(finding)
    }

    /// What one part does alone is not told again of it with another.
    private func cause(_ finding: DifferencePool.Finding) -> [String] {
        var group = finding.group
        if group.isWeaker {
            let isFallTold = !finding.fell || fallenFrom.map { $0 >= finding.change.before.level } ?? false
            if isFallTold, fallenFrom != nil || opensForAll.isSuperset(of: finding.opened) { return [] }
        }
        for part in finding.group.cause where finding.group.cause.count > 1 {
            group.cause = [part]
            if findings.requests[group] != nil { return group.cause }
        }
        return finding.group.cause
    }
}
