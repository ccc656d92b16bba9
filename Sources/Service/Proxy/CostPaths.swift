import Bytes
import Costs
import Dialect
import HTTP
import Identity
import JSON
import Providers
import Routing
import Zones

/// What things cost: estimates for clients, sums for the admin (docs/costs.md).
enum CostPaths {
    // MARK: Clients

    /// `POST /v1/cost/estimate`: what so many tokens of a model cost where a request for it would be sent.
    static func estimate(_ session: Session) {
        guard let node = body(session) else { return }
        guard let model = node["model"]?.string, !model.isEmpty else {
            return session.refuse(Refusal(400, "missing_model", "the body names no `model`", param: "model"))
        }
        guard let input = count(session, node, "input_tokens"), let output = count(session, node, "output_tokens"),
            let cached = count(session, node, "cached_tokens")
        else { return }
        let snapshot = session.worker.snapshot
        let asked = model.plain
        let real = snapshot.configuration.resolvedAlias(of: asked.span) ?? asked
        let wanted = node["provider"]?.string?.text
        guard session.caller.mayKnow(model.text, snapshot.configuration.aliases) else {
            return session.refuse(
                Refusal(403, "model_not_allowed", "this key may not ask for that model", param: "model")
            )
        }
        guard cached <= input else {
            let message = "`cached_tokens` are a part of `input_tokens`, which are fewer"
            return session.refuse(Refusal(400, "invalid_request", message, param: "cached_tokens"))
        }
        let tokens = SpentTokens(input: input, cached: cached, output: output)
        let providers = snapshot.configuration.providers
        var found: [(provider: String, cost: Int)] = []
        switch CostOffers(session, tokens: input, sees: false).of(real) {
        case .tiers(let tiers):
            // Later tiers are asked only when the first has failed.
            let offers = wanted == nil ? tiers.first ?? [] : tiers.flatMap(\.self)
            found = offers.map { (providers[$0.provider].name, $0.price.nanodollars(tokens)) }
        case .refused(let refusal): return session.refuse(refusal)
        case .denied(let refusal) where wanted == nil: return session.refuse(refusal)
        case .denied, .unrouted: break
        }
        if let wanted {
            found.removeAll { $0.provider != wanted }
            if found.isEmpty, let cost = cost(of: real, tokens, at: wanted, snapshot) { found = [(wanted, cost)] }
        }
        guard let best = found.min(by: { $0.cost < $1.cost }) else {
            let message = "no route leads a request for `\(model.text.prefix(80))` to somebody who has a price for it"
            return session.refuse(Refusal(404, "model_not_found", message, param: "model"))
        }
        answer(session, model: model.text, best.provider, best.cost, tokens)
    }

    /// What a model costs at a provider that no route leads this request to.
    private static func cost(of model: [UInt8], _ tokens: SpentTokens, at name: String, _ snapshot: Snapshot) -> Int? {
        let providers = snapshot.configuration.providers
        guard let index = providers.firstIndex(where: { $0.name == name }) else { return nil }
        let serves = [API.chat, .embeddings].contains { providers[index].serves(model: model.span, api: $0) }
        return serves ? snapshot.governance.providers[index].prices.price(of: model)?.nanodollars(tokens) : nil
    }

    /// `POST /v1/cost/recommend`: the cheapest model that can do it, of those that providers list by name.
    static func recommend(_ session: Session) {
        guard let node = body(session) else { return }
        guard let input = count(session, node, "input_tokens"), let output = count(session, node, "max_output_tokens")
        else { return }
        let vision = node["has_vision"]
        guard vision == nil || vision?.isNull == true || vision?.bool != nil else {
            let message = "`has_vision` is true or false"
            return session.refuse(Refusal(400, "invalid_request", message, param: "has_vision"))
        }
        let sees = vision?.bool ?? false
        let snapshot = session.worker.snapshot
        let aliases = snapshot.configuration.aliases
        let tokens = SpentTokens(input: input, output: output)
        let providers = snapshot.configuration.providers
        let offers = CostOffers(session, tokens: input, sees: sees)
        var seen: Set<String> = []
        var best: (model: String, provider: String, cost: Int)?
        for name in providers.filter(\.isEnabled).flatMap({ ($0.models ?? []).flatMap(\.exactTexts) }) {
            guard seen.insert(name).inserted, session.caller.mayKnow(name, aliases) else { continue }
            let asked = Array(name.utf8)
            let real = snapshot.configuration.resolvedAlias(of: asked.span) ?? asked
            guard case .tiers(let tiers) = offers.ofChats(real) else { continue }
            // Later tiers are asked only when the first has failed: it is the first that has to be able to do it.
            for offer in tiers.first ?? [] {
                let facts = snapshot.modelTables[offer.provider].facts(of: offer.model)
                guard let context = facts.context, input + output <= context, output <= facts.output ?? .max,
                    output <= offer.target.maxTokens ?? .max, !sees || facts.inputs?.contains(.image) == true
                else { continue }
                let cost = offer.price.nanodollars(tokens)
                if best.map({ cost < $0.cost }) ?? true { best = (name, providers[offer.provider].name, cost) }
            }
        }
        guard let best else {
            let message =
                "no model that a provider lists by name, and that a route leads to, is known to be able to do this, and "
                + "has a price"
            return session.refuse(Refusal(404, "model_not_found", message))
        }
        answer(session, model: best.model, best.provider, best.cost, tokens)
    }

    private static func answer(
        _ session: Session,
        model: String,
        _ provider: String,
        _ cost: Int,
        _ tokens: SpentTokens
    ) {
        let body =
            "{\"model\":\(TokenPaths.quoted(model)),\"provider\":\(TokenPaths.quoted(provider)),"
            + "\"input_tokens\":\(tokens.input),\"output_tokens\":\(tokens.output),"
            + "\"estimated_cost_micro_usd\":\(cost / 1_000),\"estimated_cost_usd\":\"\(Money.dollars(cost))\","
            + "\"prices_as_of\":\"\(BuiltinPrices.date)\"}"
        session.answer(200, "application/json", Array(body.utf8))
    }

    private static func body(_ session: Session) -> JSONNode? {
        guard ClientPaths.allow(session, .post, .post, "POST") else { return nil }
        let reader = session.reader
        guard reader.isJSON, reader.bodyBytes > 0 else {
            let message = "send the body as Content-Type: application/json"
            session.refuse(Refusal(415, "unsupported_media_type", message))
            return nil
        }
        do { return try JSONNode.parse(Array(session.requestBytes[reader.headBytes..<reader.consumedBytes])) } catch {
            let message = "the body is not valid JSON: \(error.message) (byte \(error.offset))"
            session.refuse(Refusal(400, "invalid_json", message))
            return nil
        }
    }

    /// A count of tokens; 0 when the body has none, nil when it is refused.
    private static func count(_ session: Session, _ node: JSONNode, _ name: String) -> Int? {
        guard let value = node[name], !value.isNull else { return 0 }
        if let number = value.integer, (0...1 << 40).contains(number) { return number }
        session.refuse(Refusal(400, "invalid_request", "`\(name)` is a whole number from 0 on", param: name))
        return nil
    }

    // MARK: Admin

    /// The columns that lines can be told apart by.
    private static let columns = ["day", "provider", "model", "key", "pool"]

    /// `GET /v1/costs?by=provider,model`: what was spent since the last reset, by provider unless something else is asked.
    ///
    /// A column that is named twice stands in the answer once: an object has no two members of one name.
    static func sums(_ session: Session) {
        var wanted = ["provider"]
        for item in QueryItems.read(Array(session.query.utf8).span) where item.name == "by" {
            wanted = String(decoding: item.value, as: UTF8.self).split(separator: ",").map(String.init)
        }
        if wanted == ["all"] { wanted = columns }
        var seen: Set<String> = []
        wanted = wanted.filter { seen.insert($0).inserted }
        if let wrong = wanted.first(where: { !columns.contains($0) }) {
            let message = "`by` takes \(columns.joined(separator: ", ")) or `all`, not `\(wrong.prefix(40))`"
            return session.refuse(Refusal(400, "invalid_request", message, param: "by"))
        }
        let (records, since) = session.worker.snapshot.governance.books.costs.report()
        var total = CostSum()
        var groups: [[String]: CostSum] = [:]
        var order: [[String]] = []
        for record in records {
            total.add(record.sum)
            let group = wanted.map { value($0, of: record.key) }
            if groups[group] == nil { order.append(group) }
            groups[group, default: CostSum()].add(record.sum)
        }
        let lines = order.map { group in
            let names = zip(wanted, group).map { "\"\($0)\":\(TokenPaths.quoted($1))" }
            return "{\((names + numbers(groups[group] ?? CostSum(), "")).joined(separator: ","))}"
        }
        let members =
            ["\"since\":\(since)"] + numbers(total, "total_")
            + ["\"prices_as_of\":\"\(BuiltinPrices.date)\"", "\"records\":[\(lines.joined(separator: ","))]"]
        session.answer(200, "application/json", Array("{\(members.joined(separator: ","))}".utf8))
    }

    private static func value(_ column: String, of key: CostKey) -> String {
        switch column {
        // The date alone: days are UTC's.
        case "day": String(DateTime.text(key.day * 86_400).prefix(10))
        case "provider": key.provider
        case "model": key.model
        case "key": key.key
        default: key.pool
        }
    }

    private static func numbers(_ sum: CostSum, _ prefix: String) -> [String] {
        [
            "\"\(prefix)requests\":\(sum.requests)", "\"\(prefix)prompt_tokens\":\(sum.input)",
            "\"\(prefix)completion_tokens\":\(sum.output)", "\"\(prefix)cached_tokens\":\(sum.cached)",
            "\"\(prefix)cache_write_tokens\":\(sum.cacheWrite)", "\"\(prefix)reasoning_tokens\":\(sum.reasoning)",
            "\"\(prefix)unpriced_requests\":\(sum.unpriced)", "\"\(prefix)cost_micro_usd\":\(sum.nanodollars / 1_000)",
            "\"\(prefix)cost_usd\":\"\(Money.dollars(sum.nanodollars))\"",
        ]
    }

    /// `POST /v1/costs/reset`: begins anew; counters of metrics and budgets go on.
    static func reset(_ session: Session) {
        guard session.reader.head.method == .post else {
            return session.refuse(Refusal(405, "method_not_allowed", "this path takes POST only", allow: "POST"))
        }
        let costs = session.worker.snapshot.governance.books.costs
        let sum = costs.reset(nowSeconds: Int(WallClock.seconds()))
        Console.say(
            "costs were reset by the admin: \(sum.requests) requests, \(Money.dollars(sum.nanodollars)) dollars"
        )
        let members = ["\"status\":\"reset\""] + numbers(sum, "")
        session.answer(200, "application/json", Array("{\(members.joined(separator: ","))}".utf8))
    }
}
