import Interpreter
import RouteModel
import Routing

/// Requests made from what two documents speak of, each decided under both with its own document's labels.
///
/// The walk over boxes sees one labelling at a time; this sees what becomes of the same bytes when the labels change.
package struct DifferencePool {
    /// Requests decided at most.
    private static let limit = 20_000

    /// The same bytes as each document's scan describes them.
    private struct Candidate {
        var old: Request
        var new: Request
        var words: [String] = []
    }
    private struct Variation {
        var words: String
        var apply: (inout Candidate) -> Void
    }

    /// Bytes that are treated otherwise.
    package struct Finding {
        package var change: Change
        /// Providers that it may reach now and was barred from by its label.
        package var opened: [String] = []
        package var fell: Bool { change.after.level < change.before.level }
    }

    private let old: Interpreter
    private let new: Interpreter

    package init(_ old: RouteDocument, _ new: RouteDocument, patterns: @escaping PatternMatcher) {
        self.old = Interpreter(old, patterns: patterns)
        self.new = Interpreter(new, patterns: patterns)
    }

    /// One finding for each way in which labels and effects differ; `seeds` are requests that come to routes.
    package func findings(_ seeds: [Request]) -> [Finding] {
        let variations = variations()
        var findings: [Finding] = []
        var known: Set<[String]> = []
        var work = 0
        func ask(_ candidate: Candidate) {
            work += 1
            let (before, after) = (old.decide(candidate.old), new.decide(candidate.new))
            let (left, right) = (effect(before, old.document), effect(after, new.document))
            let opened = opened(candidate, before, after)
            if left == right, before.level <= after.level, opened.isEmpty { return }
            let key = [before.level.word, after.level.word] + left + ["→"] + right + opened
            guard known.insert(key).inserted else { return }
            // What the content is shown to be is what the more careful side finds in it.
            let witness = candidate.old.contentLevel >= candidate.new.contentLevel ? candidate.old : candidate.new
            let change = Change(
                kind: .way,
                requests: [candidate.words.isEmpty ? "every request" : candidate.words.joined(separator: "  ")],
                oldRoute: before.route,
                newRoute: after.route,
                before: before,
                after: after,
                witness: witness
            )
            findings.append(Finding(change: change, opened: opened))
        }
        let plain = seeds.map(timed).map { Candidate(old: $0, new: $0) }
        for variation in variations {
            for seed in plain where work < Self.limit {
                var candidate = seed
                apply(variation, &candidate)
                ask(candidate)
            }
        }
        for (number, first) in variations.enumerated() {
            for second in variations.dropFirst(number + 1) {
                for seed in plain where work < Self.limit {
                    var candidate = seed
                    apply(first, &candidate)
                    apply(second, &candidate)
                    ask(candidate)
                }
            }
        }
        return findings
    }

    /// A seed knows the windows of its own document: here it gets those of both that are open at one moment of a zone.
    private func timed(_ seed: Request) -> Request {
        func windows(_ match: Match) -> [TimeWindow] {
            (match.times ?? []).map(\.value) + ((match.any ?? []) + match.not).flatMap(windows)
        }
        let all = Set((old.document.routes + new.document.routes).compactMap(\.match).flatMap(windows))
        var seed = seed
        let wanted = seed.openWindows
        seed.openWindows = []
        for (_, own) in Dictionary(grouping: all, by: \.zone) {
            let asked = wanted.intersection(own)
            let edges = Set(own.flatMap { [$0.startMinute, $0.endMinute % 1_440] } + [0]).sorted()
            let moments = (0..<7).flatMap { day in
                edges.map { minute in Set(own.filter { $0.contains(weekday: day, minute: minute) }) }
            }
            let moment = moments.first { $0 == asked } ?? moments.first { $0.isSuperset(of: asked) }
            seed.openWindows.formUnion(moment ?? moments.first ?? [])
        }
        return seed
    }

    private func apply(_ variation: Variation, _ candidate: inout Candidate) {
        variation.apply(&candidate)
        candidate.words.append(variation.words)
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
        func add(_ words: String, _ apply: @escaping (inout Request) -> Void) {
            guard known.insert(words).inserted else { return }
            all.append(
                Variation(words: words) { candidate in
                    apply(&candidate.old)
                    apply(&candidate.new)
                }
            )
        }
        func header(_ name: String, _ value: String) {
            add("header \(name): \(value)") { request in
                request.headers.removeAll { $0.name == name }
                request.headers.append((name, value))
            }
        }
        for document in [old.document, new.document] {
            for alias in document.aliases {
                for model in [alias.name.value, alias.model.value] { add("model \(model)") { $0.model = model } }
            }
            for rule in document.privacy.rules {
                for condition in rule.headers {
                    for matcher in condition.matchers {
                        for value in fitting(matcher.value) { header(condition.name.value, value) }
                    }
                }
                for tenant in rule.tenants.flatMap({ fitting($0.value) }) {
                    add("tenant \(tenant)") { $0.tenant = tenant }
                }
                for key in rule.keys.map(\.value) { add("key \(key)") { $0.key = key } }
                for source in Self.sources(rule) where known.insert("content \(source)").inserted {
                    all.append(content(source))
                }
            }
            if let name = document.privacy.header.value {
                for level in Level.allCases.reversed() { header(name, level.word) }
                header(name, "unknown-class")
            }
        }
        add("every request") { _ in }
        return all
    }

    private static func sources(_ rule: PrivacyRule) -> [String] {
        rule.builtins.map { "with a \($0.value)" }
            + (rule.pattern.map { ["fitting \($0.value)\(rule.flags.isEmpty ? "" : " (\(rule.flags))")"] } ?? [])
    }

    /// A text on which a content source fires, as each document's rules with that source see it.
    private func content(_ source: String) -> Variation {
        func see(_ request: inout Request, _ document: RouteDocument) {
            for rule in document.privacy.rules where Self.sources(rule).contains(source) {
                request.contentTags.insert(rule.tag.value)
                if let level = rule.level?.value { request.contentLevel = max(request.contentLevel, level) }
            }
        }
        let (old, new) = (old.document, new.document)
        return Variation(words: "content \(source)") { candidate in
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
