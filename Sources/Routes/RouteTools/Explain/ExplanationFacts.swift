import Compiler
import Providers
import Report
import RouteModel
import Routing
import Shortening

/// The sentences of an explanation that its text and its JSON share.
struct ExplanationFacts {
    let explanation: Explanation
    let situation: Situation?
    let prediction: Prediction

    init(_ explanation: Explanation, situation: Situation?) {
        self.explanation = explanation
        self.situation = situation
        prediction = Predictor(explanation: explanation, situation: situation ?? Situation()).predict()
        let auth = explanation.document.auth
        lacksKey = auth.isBearer.value && !auth.keys.isEmpty && explanation.request.key == nil
    }

    /// The file asks for keys and the request has none: all the rest is what would become of it with one.
    let lacksKey: Bool

    private var document: RouteDocument { explanation.document }
    private var request: Request { explanation.request }

    /// What is asked for, in the order of `routes.md` 3.10; absent things are left out.
    var requestWords: [(String, String)] {
        var words = [("", "\(request.method) \(request.path)")]
        if let model = request.model { words.append(("model", model)) }
        if let resolved = resolvedAlias { words.append(("alias of", resolved)) }
        if let key = request.key { words.append(("key", key)) }
        if let tenant = request.tenant { words.append(("tenant", tenant)) }
        words.append(("stream", request.stream ? "yes" : "no"))
        words.append(("tokens", "~\(Words.grouped(request.tokens))"))
        let features = Words.features(request.features)
        if !features.isEmpty { words.append(("features", features.joined(separator: ", "))) }
        for header in request.headers {
            words.append(("header", "\(header.name): \(SecretField.shown(header.value, of: header.name))"))
        }
        for (subject, bucket) in request.buckets.sorted(by: { $0.key.word < $1.key.word }) {
            words.append(("bucket of \(subject.word)", Words.percent(bucket)))
        }
        return words
    }

    private var resolvedAlias: String? {
        document.aliases.last { $0.name.value == request.model }?.model.value
    }

    /// How the class came about.
    var levelDerivation: String {
        let level = explanation.verdict.level.word
        let sources = explanation.sources.filter { $0.level != nil }.map(\.sentence)
        return sources.count == 1 ? "\(level) = \(sources[0])" : "\(level) = max(\(sources.joined(separator: ", ")))"
    }

    /// How tags without a class of their own came about.
    var tagDerivations: [String] { explanation.sources.filter { $0.level == nil }.map(\.sentence) }

    /// What the server does with a request that has no key where one is asked for.
    static let withoutKey = "none: refused with 401 invalid_api_key; with one (`--key NAME`) it goes on as told here"

    /// What becomes of the request, in one sentence.
    var outcome: String {
        if let error = prediction.error, ["model_not_allowed", "class_not_allowed"].contains(error) {
            return "refused for its key: \(prediction.status) \(error)"
        }
        return switch explanation.verdict.outcome {
        case .noRoute: "no route takes the request: \(prediction.status) \(prediction.error ?? "")"
        case .deny(let status, let message): "denied with \(status): \(message)"
        case .forward where !explanation.hasTarget:
            "no target is left: \(prediction.status) \(prediction.error ?? "")"
        case .forward where prediction.first == nil: "refused: \(prediction.status) \(prediction.error ?? "")"
        case .forward: "sent on"
        }
    }

    /// Providers that may see the request's class.
    var cleared: [String] {
        document.providers.filter { $0.isEnabled && $0.clearance.value >= explanation.verdict.level }.map(\.name.value)
    }

    /// Every rate limit and every pool of the route, with what the request takes of it.
    var limits: [String] {
        guard let route = explanation.route, !route.tiers.isEmpty else { return [] }
        let rates = route.settings.limits.map { name in
            let limit = document.rateLimits.first { $0.name.value == name.value }
            let state = situation.map { $0.spentLimits.contains(name.value) ? " spent" : "" } ?? ""
            return "\(name.value)\(state) (\(limit.map(described) ?? "unknown"))"
        }
        let budget = Budget(document: document)
        let target = (prediction.first ?? firstEligible).map { explanation.tiers[$0.tier][$0.member].target }
        let chain = budget.chain(of: route, requested: explanation.subject.draft.pool)
        let pools = chain.enumerated().map { index, pool in
            let amount = budget.reservation(explanation.subject, route, target, pool)
            let isLocal = target.map { document.providers[$0.provider].isLocal } ?? false
            let local = isLocal && pool.usd != nil && amount.nanoDollars == 0 ? " (local)" : ""
            return "\(index == 0 ? "pool" : "parent") \(pool.name.value): \(Budget.described(amount, pool))\(local)"
        }
        return rates + pools
    }

    private var firstEligible: Prediction.Chosen? {
        for (tier, members) in explanation.tiers.enumerated() {
            if let member = members.firstIndex(where: \.obstacles.isEmpty) {
                return Prediction.Chosen(tier: tier, member: member)
            }
        }
        return nil
    }

    private func described(_ limit: RateLimit) -> String {
        var words: [String] = []
        if let rate = limit.requests { words.append("\(Words.rate(rate.value)) requests") }
        if let rate = limit.tokens { words.append("\(Words.rate(rate.value)) tokens") }
        if let count = limit.concurrent { words.append("\(Words.count(count.value)) at a time") }
        let subject: String? = limit.by.map { by in
            switch by.value {
            case .key: "key"
            case .tenant: "tenant"
            case .ip: "ip"
            case .global: "global"
            case .header(let name): "header:\(name)"
            }
        }
        return words.joined(separator: ", ") + (subject.map { " by \($0)" } ?? "")
    }

    /// What holds whatever happens upstream.
    var bounds: String? {
        guard let settings = explanation.route?.settings, explanation.hasTarget else { return nil }
        let tries = settings.failover.maxTries
        let timeouts = settings.timeouts
        var words = "at most \(tries) upstream \(tries == 1 ? "try" : "tries"); "
        words += "connect \(Words.duration(timeouts.connectMilliseconds)), "
        if request.stream {
            words += "first byte \(Words.duration(timeouts.firstByteMilliseconds)), "
            words += "idle \(Words.duration(timeouts.idleMilliseconds)), "
        }
        return words + "total \(Words.duration(timeouts.totalMilliseconds))"
    }

    /// What the model that is asked can take, and an estimate of what the prompt takes of it.
    var window: String? {
        guard let chosen = prediction.first ?? firstEligible else { return nil }
        let target = explanation.tiers[chosen.tier][chosen.member].target
        guard let model = target.model ?? explanation.resolvedModel else { return nil }
        let facts = ModelTable(document, provider: target.provider).facts(of: Array(model.utf8))
        guard let context = facts.context else { return nil }
        let kind = ProviderKind.named(document.providers[target.provider].kind.value)
        let estimate = kind.map { TokenEstimate(tenthsPerToken: $0.tenthsPerToken) }
        let measured = explanation.subject.measure.flatMap { measure in
            estimate?.tokens(bytes: measure.textBytes, messages: measure.messages)
        }
        var words = "~\(Words.grouped(measured ?? request.tokens)) of \(Words.grouped(context)) tokens"
        if let output = facts.output { words += ", the answer at most \(Words.grouped(output))" }
        return words
    }

    /// Whether the answer's bytes stay inside the kernel, and why not.
    var copying: String? {
        guard let chosen = prediction.first ?? firstEligible else { return nil }
        let provider = document.providers[explanation.tiers[chosen.tier][chosen.member].target.provider]
        if let scan = explanation.route?.settings.scanResponses.value, scan != .none {
            return "scan_responses is \(scan.rawValue): the answer is held and read; streams are refused"
        }
        if document.listen.splice.value == "none" { return "listen.splice is none: bytes are copied" }
        if document.listen.hasTLS { return "the client speaks TLS: bytes are copied, not spliced" }
        if provider.isTLS { return "upstream is TLS: bytes are copied, not spliced" }
        return "upstream is plain HTTP: bytes are spliced, they stay inside the kernel"
    }

    /// A target's state, when it is known.
    func state(of member: Explanation.Member) -> [String] {
        guard let situation else { return [] }
        let provider = document.providers[member.target.provider]
        let name = provider.name.value
        var words = [situation.down.contains(name) ? "down" : "up"]
        let load = situation.inFlight[name] ?? 0
        words.append(provider.concurrent.map { "\(load)/\($0.value)" } ?? "\(load) in flight")
        if let latency = situation.latencies[member.name] ?? situation.latencies[name] {
            words.append("\(latency / 1_000) ms")
        }
        return words
    }
}
