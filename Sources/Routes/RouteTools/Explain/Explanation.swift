import Compiler
import Decision
import Interpreter
import Lint
import Report
import RouteModel
import Routing

/// Everything there is to say about where one request goes (`routes.md` 3.10).
package struct Explanation {
    /// Something that joined a class or a tag into the request's label.
    struct Source {
        var level: Level?
        var tag: String?
        var sentence: String
        var spot: Spot?
    }
    /// A route before the one that takes the request, and why it does not.
    struct Passed {
        var route: Int
        var reason: FalsePredicate?
    }
    /// A target of the plan.
    struct Member {
        var target: TargetEntry
        /// What the provider is asked for, with the provider.
        var name: String
        /// Why it cannot take the request; empty when it can.
        var obstacles: [Obstacle]
    }
    /// Something that keeps a target from a request.
    struct Obstacle {
        enum Kind: String, CaseIterable { case disabled, clearance, tags = "deny_tags", api, model, context }
        var kind: Kind
        var sentence: String
        var spot: Spot?
    }

    /// The way through the compiled trees, each with its steps.
    struct Path {
        var trees: [[String]]
        /// The numbers that `compile --print` and `graph` show.
        var nodes: [[Int]]
        /// Boxes that were verified in leaves.
        var verified: Int
    }

    let document: RouteDocument
    let subject: DescribedRequest
    let verdict: Verdict
    let sources: [Source]
    let passed: [Passed]
    /// As written, every target with what keeps it out.
    let tiers: [[Member]]
    /// The way through the compiled trees.
    let path: Path
    /// In what the compiled program and the definition of the language differ; empty when all is well.
    package let differences: [String]

    /// The route that takes the request.
    var route: RouteEntry? { verdict.route.map { document.routes[$0] } }
    var request: Request { subject.request }

    /// The model after aliases.
    var resolvedModel: String? {
        request.model.map { model in document.aliases.last { $0.name.value == model }?.model.value ?? model }
    }

    /// True when a target is left that may take the request.
    var hasTarget: Bool { tiers.contains { $0.contains { $0.obstacles.isEmpty } } }
}

/// Works explanations out.
package struct Explainer {
    let document: RouteDocument
    let compiled: Compiled
    let interpreter: Interpreter
    let drafts: DraftReader

    init(_ document: RouteDocument, engine: Program.Engine = .tree) {
        self.init(document, compiled: RouteCompiler.compile(document, engine: engine))
    }

    /// Explains with a program that is there already; for checks that must see a wrong one.
    package init(_ document: RouteDocument, compiled: Compiled) {
        self.document = document
        self.compiled = compiled
        interpreter = Interpreter(document, patterns: HeaderPatterns.matcher())
        drafts = DraftReader(document)
    }

    /// Explains a described request.
    package func explain(_ draft: RequestDraft, now: Int) -> Explanation { explain(drafts.described(draft, now: now)) }

    /// Explains a request.
    func explain(_ subject: DescribedRequest) -> Explanation {
        let verdict = interpreter.decide(subject.request)
        let end = verdict.route ?? document.routes.count
        let passed = document.routes.indices.prefix(end).filter { document.routes[$0].isEnabled }.map { index in
            Explanation.Passed(route: index, reason: reason(index, subject))
        }
        let tiers = verdict.route.map { document.routes[$0].tiers } ?? []
        return Explanation(
            document: document,
            subject: subject,
            verdict: verdict,
            sources: sources(subject),
            passed: passed,
            tiers: tiers.map { tier in tier.targets.map { member($0, subject.request, verdict) } },
            path: path(subject.request),
            differences: differences(subject.request, verdict)
        )
    }

    /// The first predicate of a route that a request does not meet.
    func reason(_ route: Int, _ subject: DescribedRequest) -> FalsePredicate? {
        document.routes[route].match.flatMap { match in
            PredicateReader(interpreter: interpreter, request: subject.request, moment: subject.moment)
                .firstFalse(in: match)
        }
    }

    // MARK: Class and tags

    private func sources(_ subject: DescribedRequest) -> [Explanation.Source] {
        let (request, privacy) = (subject.request, document.privacy)
        let standard = privacy.standard
        var sources = [
            Explanation.Source(level: standard.value, sentence: "\(standard.value.word) default", spot: standard.spot)
        ]
        if let name = privacy.header.value, let word = request.header(name) {
            let level = Level(word: word)
            let unknown = level == nil ? ", which names no class" : ""
            let shown = (level ?? .restricted).word
            sources.append(
                Explanation.Source(level: level ?? .restricted, sentence: "\(shown) from \(name): \(word)\(unknown)")
            )
        }
        for (index, rule) in privacy.rules.enumerated() {
            guard let cause = cause(rule, request) else { continue }
            sources.append(source(index, rule, cause))
        }
        for finding in subject.scan.findings {
            if let index = finding.rule {
                sources.append(source(index, privacy.rules[index], finding.sentence))
            } else if let level = finding.level {
                sources.append(Explanation.Source(level: level, sentence: "\(level.word) from \(finding.sentence)"))
            }
        }
        if let level = subject.draft.level {
            sources.append(Explanation.Source(level: level, sentence: "\(level.word) as said"))
        }
        for tag in subject.draft.tags.sorted() {
            sources.append(Explanation.Source(tag: tag, sentence: "tag `\(tag)` as said"))
        }
        return sources
    }

    private func source(_ index: Int, _ rule: PrivacyRule, _ cause: String) -> Explanation.Source {
        let what = rule.level.map { "\($0.value.word) from" } ?? "tag `\(rule.tag.value)` from"
        let sentence = "\(what) privacy.rules[\(index)] `\(rule.tag.value)`: \(cause)"
        return Explanation.Source(level: rule.level?.value, tag: rule.tag.value, sentence: sentence, spot: rule.spot)
    }

    /// Which source of a rule fires on the head or the identity; nil when none does.
    private func cause(_ rule: PrivacyRule, _ request: Request) -> String? {
        func holds(_ fill: (inout Match) -> Void) -> Bool {
            var match = Match(spot: rule.spot)
            fill(&match)
            return interpreter.matches(match, request)
        }
        for header in rule.headers where holds({ $0.headers = [header] }) {
            let name = header.name.value
            return "header \(name): \(SecretField.shown(request.header(name) ?? "", of: name))"
        }
        if !rule.tenants.isEmpty, holds({ $0.tenants = rule.tenants }) { return "tenant \(request.tenant ?? "")" }
        if let key = request.key, rule.keys.contains(where: { $0.value == key }) { return "key \(key)" }
        return nil
    }

    // MARK: Targets

    private func member(_ target: TargetEntry, _ request: Request, _ verdict: Verdict) -> Explanation.Member {
        let model = target.model ?? interpreter.resolvedModel(request)
        let provider = document.providers[target.provider].name.value
        let obstacles =
            interpreter.isEligible(target, request) ? [] : obstacles(of: target, request, verdict, model)
        return Explanation.Member(
            target: target,
            name: model.map { "\(provider)/\($0)" } ?? provider,
            obstacles: obstacles
        )
    }

    private func obstacles(
        of target: TargetEntry,
        _ request: Request,
        _ verdict: Verdict,
        _ model: String?
    ) -> [Explanation.Obstacle] {
        let provider = document.providers[target.provider]
        let name = provider.name.value
        var found: [Explanation.Obstacle] = []
        if !provider.isEnabled {
            let spot = provider.places["enabled"] ?? provider.name.spot
            found.append(.init(kind: .disabled, sentence: "\(name) is disabled", spot: spot))
        }
        let clearance = provider.clearance
        if verdict.level > clearance.value {
            let sentence = "\(name) is cleared for \(clearance.value.word), the request is \(verdict.level.word)"
            found.append(.init(kind: .clearance, sentence: sentence, spot: clearance.spot ?? provider.name.spot))
        }
        let denied = provider.denyTags.filter { verdict.tags.contains($0.value) }
        if let first = denied.first {
            let tags = denied.map(\.value).joined(separator: ", ")
            let sentence = "\(name) is excluded by deny_tags [\(tags)]"
            found.append(.init(kind: .tags, sentence: sentence, spot: first.spot))
        }
        if !provider.apis.contains(request.api) {
            let spot = provider.places["apis"] ?? provider.kind.spot
            let sentence = "\(name) does not serve \(request.api.word ?? request.path)"
            found.append(.init(kind: .api, sentence: sentence, spot: spot))
        }
        let isAsked = provider.isEnabled && provider.apis.contains(request.api)
        if found.isEmpty || (isAsked && !interpreter.serves(target, request)) {
            let sentence = "\(name) does not serve model `\(model ?? "")`"
            found.append(.init(kind: .model, sentence: sentence, spot: provider.models?.first?.spot))
        }
        return found
    }

    // MARK: The program against the definition

    /// Compares what the program would do with what the language says; a difference is this program's fault.
    func differences(_ request: Request, _ verdict: Verdict) -> [String] {
        let program = compiled.decide(request)
        if program == verdict { return [] }
        let pairs = [
            ("class", program.level.word, verdict.level.word),
            ("tags", Words.tags(program.tags), Words.tags(verdict.tags)),
            ("route", name(program.route), name(verdict.route)),
            ("outcome", described(program.outcome), described(verdict.outcome)),
        ]
        // A tier without a target says nothing: a plan may leave it out.
        return pairs.filter { $0.1 != $0.2 }.map { what, program, definition in
            "\(what): the program says \(program), the definition of the language says \(definition)"
        }
    }

    /// The way through the tree that the server reads, one text for each tree that was asked.
    private func path(_ request: Request) -> Explanation.Path {
        let subject = compiled.facts(for: request)
        let trees = compiled.program.trace(
            subject.facts,
            model: subject.model.span,
            head: subject.head.span,
            identity: subject.identity.span
        )
        return Explanation.Path(
            trees: trees.map { $0.map(described) },
            nodes: trees.map { $0.map(\.node) },
            verified: trees.joined().map(\.verified).reduce(0, +)
        )
    }

    private func described(_ step: Program.Step) -> String {
        if step.question == "leaf" { return "leaf \(step.answer)" }
        if step.answer == "known" { return step.question }
        return step.answer == "yes" || step.answer == "no"
            ? "\(step.question)? \(step.answer)" : "\(step.question)=\(step.answer)"
    }

    private func name(_ route: Int?) -> String { route.map { document.routes[$0].name.value } ?? "none" }

    private func described(_ outcome: Verdict.Outcome) -> String {
        switch outcome {
        case .noRoute: "no route"
        case .deny(let status, let message): "deny \(status) \(message)"
        case .forward(let tiers): described(tiers.map { $0.map { ($0.provider, $0.model) } })
        }
    }

    /// Tiers without a target say nothing: a plan may leave them out.
    private func described(_ tiers: [[(provider: Int, model: String?)]]) -> String {
        let shown = tiers.filter { !$0.isEmpty }.map { tier in
            let names = tier.map { place in
                let provider = document.providers[place.provider].name.value
                return place.model.map { "\(provider)/\($0)" } ?? provider
            }
            return "[\(names.joined(separator: ", "))]"
        }
        return shown.isEmpty ? "no target" : shown.joined(separator: " ")
    }
}
