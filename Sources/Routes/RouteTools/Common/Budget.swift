import Compiler
import Costs
import Dialect
import RouteModel
import Routing

/// What one request takes from budgets, worked out before anything is sent (`routes.md` 2.7, pools and streaming).
struct Budget {
    /// An amount in every unit that a pool may count.
    struct Amount: Equatable {
        var tokens = 0
        var nanoDollars = 0
        var requests = 0
        /// False when a price is unknown, so that the dollars are no more than a lower bound.
        var isPriced = true
    }

    let document: RouteDocument

    /// The pool that a route charges, and all its parents; a request may name one of the allowed.
    func chain(of route: RouteEntry, requested: String?) -> [Pool] {
        let name: String?
        switch route.settings.pool.value {
        case .none: name = nil
        case .named(let pool): name = pool
        case .fromRequest(let allowed, let standard):
            name =
                requested.flatMap { wanted in allowed.contains { $0.value == wanted } ? wanted : nil }
                ?? standard?.value
        }
        var chain: [Pool] = []
        var next = name
        while let name = next, let pool = document.pools.first(where: { $0.name.value == name }),
            !chain.contains(where: { $0.name.value == name })
        {
            chain.append(pool)
            next = pool.parent?.value
        }
        return chain
    }

    /// What is reserved when a request is admitted: the prompt's estimate and the output it may have, with a margin.
    func reservation(_ subject: DescribedRequest, _ route: RouteEntry, _ target: TargetEntry?, _ pool: Pool) -> Amount {
        let provider = target.map { document.providers[$0.provider] }
        let limits = [route.settings.maxTokens.value, target?.maxTokens?.value, provider?.maxTokens?.value]
        let each = limits.compactMap(\.self).reduce(subject.maxTokens ?? pool.reservedOutput.value, min)
        let output = RequestShape.product(each, subject.answers)
        let input = subject.measure?.promptTokens ?? subject.request.tokens
        let tokens = (input + output) * (10_000 + pool.reserveMargin.value) / 10_000
        var amount = Amount(tokens: tokens, requests: 1)
        guard let target, let provider else { return amount }
        let model = target.model ?? subject.request.model
        if let price = PriceTable(provider, target: target.prices).price(of: Array((model ?? "").utf8)) {
            let dollars = price.mostNanodollars(input: input, output: output)
            amount.nanoDollars = dollars + dollars * pool.reserveMargin.value / 10_000
        } else {
            amount.isPriced = false
        }
        return amount
    }

    /// True when a pool has room for an amount beside what is used of it.
    static func fits(_ amount: Amount, beside used: Amount, in pool: Pool) -> Bool {
        func fits(_ rate: Located<Rate>?, _ used: Int, _ amount: Int) -> Bool {
            rate.map { used + amount <= $0.value.amount } ?? true
        }
        return fits(pool.tokens, used.tokens, amount.tokens)
            && fits(pool.usd, used.nanoDollars, amount.nanoDollars)
            && fits(pool.requests, used.requests, amount.requests)
    }

    /// `reserves 1,010 of 2,000,000 tokens/day per key`.
    static func described(_ amount: Amount, _ pool: Pool) -> String {
        var parts: [String] = []
        if let rate = pool.tokens?.value {
            parts.append(
                "\(Words.grouped(amount.tokens)) of \(Words.grouped(rate.amount)) tokens/\(rate.unit.rawValue)"
            )
        }
        if let rate = pool.usd?.value {
            let price = amount.isPriced ? Words.money(amount.nanoDollars) : "an unknown price"
            let part = "\(price) of \(Words.money(rate.amount))"
            parts.append("\(part) USD/\(rate.unit.rawValue)")
        }
        if let rate = pool.requests?.value {
            parts.append("\(amount.requests) of \(Words.grouped(rate.amount)) requests/\(rate.unit.rawValue)")
        }
        return "reserves \(parts.joined(separator: ", "))" + (pool.per.value.map { " per \($0.word)" } ?? "")
    }
}
