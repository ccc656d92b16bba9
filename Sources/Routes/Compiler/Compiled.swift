import Bytes
import Decision
import Interpreter
import Report
import RouteModel
import Routing

/// A document, compiled: the program, and what its numbers stand for.
package struct Compiled: Sendable {
    package let program: Program
    /// What was too large to compile (HP803).
    package let problems: [Problem]
    /// Windows by the bits of `Facts.openWindows`.
    package let windows: [TimeWindow]
    /// The part of a request's class and tags that its head decides.
    package let labels: PrivacyLabels
    /// For each of `program.routes`, its position in the document's routes.
    package let positions: [Int]
    package let document: RouteDocument

    /// A request as the program takes it: facts, and the bytes they point into.
    package struct Subject: Sendable {
        package var facts: Facts
        package var model: [UInt8]
        package var head: [UInt8]
        package var identity: [UInt8]
        /// Tags that no route, rule or provider speaks of.
        package var otherTags: Set<String> = []
    }

    /// The same document, answered by another engine.
    package func answered(by engine: Program.Engine) -> Compiled {
        replacing(program.answered(by: engine))
    }

    /// The same with another program; for checks that must see a damaged one.
    package func replacing(_ program: Program) -> Compiled {
        Compiled(
            program: program,
            problems: problems,
            windows: windows,
            labels: labels,
            positions: positions,
            document: document
        )
    }

    /// The same with another document beside its program; for checks that must see a damaged one.
    package func replacing(document: RouteDocument) -> Compiled {
        Compiled(
            program: program,
            problems: problems,
            windows: windows,
            labels: labels,
            positions: positions,
            document: document
        )
    }

    /// Lays a request out for the program, everything about it known.
    package func facts(for request: Request) -> Subject {
        var head: [UInt8] = []
        func append(_ text: String, to bytes: inout [UInt8]) -> TextRange {
            let start = bytes.count
            bytes += text.utf8
            return TextRange(start: Int32(start), count: Int32(bytes.count - start))
        }
        /// What is empty is missing.
        func name(_ text: String?, to bytes: inout [UInt8]) -> TextRange {
            guard let text, !text.isEmpty else { return .absent }
            return append(text, to: &bytes)
        }
        var facts = Facts(api: request.api, stream: request.stream)
        facts.method = append(request.method, to: &head)
        facts.path = name(request.path, to: &head)
        facts.headers = program.headerNames.map { name in
            request.header(name).map { append($0, to: &head) } ?? .absent
        }
        var identity: [UInt8] = []
        facts.key = name(request.key, to: &identity)
        facts.tenant = name(request.tenant, to: &identity)
        facts.tokens = request.tokens
        facts.features = request.features
        for (bit, window) in windows.enumerated() where request.openWindows.contains(window) {
            facts.openWindows |= 1 << UInt64(bit)
        }
        facts.buckets = program.sampleSubjects.map { Int16(request.buckets[$0] ?? -1) }
        var label = labels.label(facts, head: head.span, identity: identity.span)
        var otherTags: Set<String> = []
        for tag in request.contentTags {
            if let bit = program.tagNames.firstIndex(of: tag) {
                label.tags |= 1 << UInt64(bit)
            } else {
                otherTags.insert(tag)
            }
        }
        facts.level = max(label.level, request.contentLevel)
        facts.tags = label.tags
        facts.stage = .content
        let model = resolvedModel(request).map { Array($0.utf8) } ?? []
        return Subject(facts: facts, model: model, head: head, identity: identity, otherTags: otherTags)
    }

    /// The model after aliases; nil when the request names none.
    package func resolvedModel(_ request: Request) -> String? {
        guard let model = request.model, !model.isEmpty else { return nil }
        return document.aliases.last { $0.name.value == model }?.model.value ?? model
    }

    /// Decides a request, everything about it known: what the tree and the plans say, in the interpreter's terms.
    package func decide(_ request: Request) -> Verdict {
        let subject = facts(for: request)
        let answer = program.decide(
            subject.facts,
            model: subject.model.span,
            head: subject.head.span,
            identity: subject.identity.span
        )
        let names = program.tagNames.enumerated().filter { subject.facts.tags & (1 << UInt64($0.offset)) != 0 }
        var verdict = Verdict(
            level: subject.facts.level,
            tags: subject.otherTags.union(names.map(\.element)),
            route: nil,
            outcome: .noRoute
        )
        guard case .route(let route) = answer else { return verdict }
        verdict.route = positions[route]
        switch program.routes[route].action {
        case .deny(let status, let message): verdict.outcome = .deny(status: status, message: message)
        case .forward(let plans):
            let plan = plans[Int(subject.facts.level.rawValue)]
            let model = resolvedModel(request)
            verdict.outcome = .forward(
                plan.tiers.map { tier in
                    tier.targets.filter { isEligible($0, subject.facts, model) }
                        .map { Verdict.Place(provider: $0.provider, model: $0.model ?? model) }
                }
            )
        }
        return verdict
    }

    /// What is decided at run time about a target of a plan: its tags, its endpoint and its models.
    private func isEligible(_ target: Target, _ facts: Facts, _ model: String?) -> Bool {
        let provider = document.providers[target.provider]
        guard target.deniedTags & facts.tags == 0, provider.apis.contains(facts.api) else { return false }
        guard let served = provider.models, let model = target.model ?? model else { return true }
        let bytes = Array(model.utf8)
        return served.contains { (try? Glob(parsing: $0.value))?.matches(bytes.span) ?? false }
    }
}
