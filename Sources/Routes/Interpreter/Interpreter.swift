import RouteModel
import Routing

/// The definition of the route language: `routes.md` 2.6 and 2.7, written straight down.
///
/// It walks the document for every request and shares nothing with the compiler, so that each can be checked against the
/// other, and every witness of a proof can be replayed through it. A class only because proofs hand it about: as a value,
/// each copy would count every reference of the document.
package final class Interpreter: Sendable {
    package let document: RouteDocument
    package let patterns: PatternMatcher
    private let aliases: [String: String]
    private let globs: [String: GlobPattern]
    /// The globs of each route's own `model`; nil where it asks for none.
    private let models: [[GlobPattern]?]
    private let heads: ModelHeads

    /// Takes a document and whatever matches `re:` patterns.
    package init(_ document: RouteDocument, patterns: @escaping PatternMatcher) {
        self.document = document
        self.patterns = patterns
        aliases = Dictionary(document.aliases.map { ($0.name.value, $0.model.value) }, uniquingKeysWith: { $1 })
        let globs = Self.globTexts(document).reduce(into: [String: GlobPattern]()) { read, text in
            if read[text] == nil { read[text] = GlobPattern(text) }
        }
        let models = document.routes.map { route in route.match?.models?.compactMap { globs[$0.value] } }
        self.models = models
        heads = ModelHeads(zip(document.routes, models).map { $0.isEnabled ? $1.map { $0 } : [] })
        self.globs = globs
    }

    /// What becomes of a request.
    package func decide(_ request: Request) -> Verdict {
        let subject = Labelled(self, request)
        var verdict = Verdict(level: subject.level, tags: subject.tags, route: nil, outcome: .noRoute)
        guard let first = first(subject) else { return verdict }
        verdict.route = first
        switch document.routes[first].action {
        case .deny(let status, let message): verdict.outcome = .deny(status: status, message: message)
        case .forward(let tiers): verdict.outcome = .forward(tiers.map { places($0, subject) })
        }
        return verdict
    }

    /// The position of the route that takes a request; nil when none does.
    package func route(for request: Request) -> Int? { first(Labelled(self, request)) }

    /// The class and the tags of a request: joined from every source, lowered by none.
    ///
    /// A client's header that names no class counts as the highest: a word that nobody understands must not open a door.
    package func label(_ request: Request) -> (Level, Set<String>) {
        var level = max(document.privacy.standard.value, request.contentLevel)
        var tags = request.contentTags
        if let name = document.privacy.header.value, let word = request.header(name) {
            level = max(level, Level(word: word) ?? .restricted)
        }
        for rule in document.privacy.rules where fires(rule, request) {
            tags.insert(rule.tag.value)
            if let own = rule.level?.value { level = max(level, own) }
        }
        return (level, tags)
    }

    /// Tells whether a match takes a request, whatever route it stands on.
    package func matches(_ match: Match, _ request: Request) -> Bool { matches(match, Labelled(self, request)) }

    /// The model after `models.aliases`: one step; nil when the request names none.
    package func resolvedModel(_ request: Request) -> String? {
        guard let model = request.model, !model.isEmpty else { return nil }
        return aliases[model] ?? model
    }

    /// Tells whether a request may go to a target, health and limits apart (`routes.md` 2.7, eligibility).
    package func isEligible(_ target: TargetEntry, _ request: Request) -> Bool {
        isEligible(target, Labelled(self, request))
    }

    /// Tells the same of many targets for one request.
    package func eligibility(_ request: Request) -> (TargetEntry) -> Bool {
        let subject = Labelled(self, request)
        return { self.isEligible($0, subject) }
    }

    /// Tells whether a target would take a request, were it not for the request's label.
    package func serves(_ target: TargetEntry, _ request: Request) -> Bool {
        serves(target, request.api, model: resolvedModel(request))
    }

    // MARK: A request and what follows from it

    private struct Labelled {
        let request: Request
        let model: String?
        let level: Level
        let tags: Set<String>
        init(_ interpreter: Interpreter, _ request: Request) {
            self.request = request
            model = interpreter.resolvedModel(request)
            (level, tags) = interpreter.label(request)
        }
    }

    /// Content sources are not asked here: what they found is part of the request.
    private func fires(_ rule: PrivacyRule, _ request: Request) -> Bool {
        rule.headers.contains { holds($0, request) } || fits(rule.tenants, request.tenant)
            || rule.keys.contains { $0.value == request.key }
    }

    // MARK: Predicates

    private func first(_ subject: Labelled) -> Int? { heads.first(for: subject.model) { takes($0, subject) } }

    private func takes(_ route: Int, _ subject: Labelled) -> Bool {
        if let globs = models[route] {
            guard let model = subject.model, globs.contains(where: { $0.matches(model) }) else { return false }
        }
        guard document.routes[route].isEnabled else { return false }
        return document.routes[route].match.map { matches($0, subject) } ?? true
    }

    /// A predicate on something that the request lacks is false, so `not` of it is true.
    private func matches(_ match: Match, _ subject: Labelled) -> Bool {
        let request = subject.request
        if let models = match.models, !fits(models, subject.model) { return false }
        if let apis = match.apis, !apis.contains(where: { $0.value == request.api }) { return false }
        if let paths = match.paths, !fits(paths, request.path) { return false }
        if let methods = match.methods, !methods.contains(where: { $0.value == request.method }) { return false }
        if !match.headers.allSatisfy({ holds($0, request) }) { return false }
        if let tenants = match.tenants, !fits(tenants, request.tenant) { return false }
        if let keys = match.keys, !fits(keys, request.key) { return false }
        if let tags = match.tags, !holds(tags, subject.tags) { return false }
        if let levels = match.levels, !levels.value.contains(subject.level) { return false }
        if let stream = match.stream, stream.value != request.stream { return false }
        if let tokens = match.tokens, !tokens.value.contains(request.tokens) { return false }
        if let features = match.features,
            !features.allSatisfy({ request.features.contains(FeatureSet($0.value)) })
        {
            return false
        }
        if let times = match.times, !times.contains(where: { request.openWindows.contains($0.value) }) { return false }
        if let sample = match.sample {
            guard let bucket = request.buckets[match.sampleBy?.value ?? .request], bucket < sample.value else {
                return false
            }
        }
        if let any = match.any, !any.contains(where: { matches($0, subject) }) { return false }
        return !match.not.contains { matches($0, subject) }
    }

    private func holds(_ condition: HeaderCondition, _ request: Request) -> Bool {
        guard let value = request.header(condition.name.value) else { return false }
        return condition.matchers.contains { matcher in
            if matcher.value.hasPrefix("re:") { return patterns(String(matcher.value.dropFirst(3)), value) }
            return glob(matcher.value).matches(value)
        }
    }

    private func holds(_ condition: TagCondition, _ tags: Set<String>) -> Bool {
        condition.all.allSatisfy { tags.contains($0.value) }
            && (condition.any.isEmpty || condition.any.contains { tags.contains($0.value) })
            && !condition.none.contains { tags.contains($0.value) }
    }

    private func fits(_ globs: [Located<String>], _ value: String?) -> Bool {
        guard let value, !value.isEmpty else { return false }
        return globs.contains { glob($0.value).matches(value) }
    }

    // MARK: Targets

    private func places(_ tier: TierEntry, _ subject: Labelled) -> [Verdict.Place] {
        tier.targets.filter { isEligible($0, subject) }.map { target in
            Verdict.Place(provider: target.provider, model: target.model ?? subject.model)
        }
    }

    private func isEligible(_ target: TargetEntry, _ subject: Labelled) -> Bool {
        let number = target.provider
        guard subject.level <= document.providers[number].clearance.value,
            !document.providers[number].denyTags.contains(where: { subject.tags.contains($0.value) })
        else { return false }
        return serves(target, subject.request.api, model: subject.model)
    }

    private func serves(_ target: TargetEntry, _ api: API, model: String?) -> Bool {
        let number = target.provider
        guard document.providers[number].isEnabled, document.providers[number].apis.contains(api) else { return false }
        // An endpoint without a model has none that a provider could lack.
        guard let served = document.providers[number].models, let model = target.model ?? model else { return true }
        return served.contains { glob($0.value).matches(model) }
    }

    // MARK: Globs

    private func glob(_ text: String) -> GlobPattern { globs[text] ?? GlobPattern(text) }

    private static func globTexts(_ document: RouteDocument) -> [String] {
        var lists: [[Located<String>]] = document.providers.compactMap(\.models)
        for rule in document.privacy.rules { lists += [rule.tenants] + rule.headers.map(\.matchers) }
        var open = document.routes.compactMap(\.match)
        while let match = open.popLast() {
            lists += [match.models, match.paths, match.tenants, match.keys].compactMap { $0 }
            lists += match.headers.map(\.matchers)
            open += (match.any ?? []) + match.not
        }
        return lists.flatMap { $0.map(\.value) }
    }
}
