import Costs
import Decision
import Routing

/// A target that a request for a model may be sent to, with what it costs there.
struct CostOffer {
    /// Position of the provider in the snapshot.
    let provider: Int
    let target: Target
    /// The model that it is asked for.
    let model: [UInt8]
    let price: Price
}

/// Where requests for models would go, so that an estimate goes by the prices that they would be charged at.
///
/// The routes are asked as if the request had come: by its fields, caller, class and size.
struct CostOffers {
    enum Answer {
        /// By tier of the route's plan, in the order in which tiers are asked.
        case tiers([[CostOffer]])
        /// The route says no.
        case denied(Refusal)
        /// The request cannot be asked about as it stands.
        case refused(Refusal)
        case unrouted
    }

    private let session: Session
    private let size: RequestJudge.Foretold

    /// * `tokens`: of the prompt; `sees`: whether images are part of it.
    init(_ session: Session, tokens: Int, sees: Bool) {
        self.session = session
        size = RequestJudge.Foretold(tokens: tokens, features: sees ? FeatureSet(.vision) : [])
    }

    /// Who serves a model, in chats if anybody does, else in embeddings.
    func of(_ model: [UInt8]) -> Answer {
        let chats = of(model, .chat, "/v1/chat/completions")
        if case .tiers(let tiers) = chats, !tiers.isEmpty { return chats }
        if case .refused = chats { return chats }
        let others = of(model, .embeddings, "/v1/embeddings")
        if case .tiers(let tiers) = others, !tiers.isEmpty { return others }
        return chats
    }

    /// Who serves a model in chats.
    func ofChats(_ model: [UInt8]) -> Answer { of(model, .chat, "/v1/chat/completions") }

    private func of(_ model: [UInt8], _ api: API, _ path: StaticString) -> Answer {
        let local = session.worker.local
        let snapshot = local.snapshot
        let verdict = local.judge.judge(
            RequestJudge.Subject(
                api: api,
                routedPath: path,
                model: model,
                streams: false,
                requestID: session.requestID(),
                caller: session.caller,
                foretold: size
            ),
            session.reader,
            session.requestBytes.bindMemory(to: UInt8.self).span
        )
        if let field = verdict.repeatedField {
            let message = "the configuration asks about `\(field)`, which this request has more than once: send it once"
            return .refused(Refusal(400, "repeated_header", message, param: field))
        }
        guard let route = verdict.route else { return .unrouted }
        switch snapshot.program.routes[route].action {
        case .deny(let status, let message): return .denied(Refusal(status, "route_forbidden", message))
        case .forward(let plans):
            let plan = plans[Int(verdict.level.rawValue)]
            let tiers = plan.tiers.map { tier in
                tier.targets.compactMap { target -> CostOffer? in
                    let asked = target.modelBytes ?? model
                    guard target.deniedTags & verdict.tags == 0,
                        snapshot.configuration.providers[target.provider].serves(model: asked.span, api: api),
                        let price = snapshot.governance.price(of: target, asked)
                    else { return nil }
                    return CostOffer(provider: target.provider, target: target, model: asked, price: price)
                }
            }
            return .tiers(tiers.filter { !$0.isEmpty })
        }
    }
}
