/// The budgets of a governed proxy: what the route file says, and what the accounts are checked by.
struct GovernedPools: Sendable {
    struct Pool: Sendable {
        let name: String
        var parent: String?
        var tokens: Int?
        /// Millionths of a dollar.
        var microDollars: Int?
        var requests: Int?
        var more = ""
    }

    let all: [Pool]

    /// Budgets that a load of so many requests exhausts about half way, beside some that last.
    init(for count: Int) {
        let many = 1_000_000_000
        all = [
            Pool(name: "org", microDollars: many, requests: many),
            Pool(name: "team", parent: "org", tokens: many, more: "per: tenant"),
            Pool(name: "wide", parent: "team", tokens: many, more: "per: key"),
            Pool(name: "exact", parent: "org", tokens: count * 6 + 5_000),
            Pool(name: "tight", parent: "org", tokens: count * 6 + 5_000, more: "reserve: {output: 8}"),
            Pool(name: "cutting", parent: "org", tokens: count * 6 + 5_000, more: "reserve: {output: 8}, overrun: cut"),
            Pool(name: "dollars", parent: "org", microDollars: count * 30 + 20_000),
            Pool(name: "few", parent: "org", requests: count / 20 + 1, more: "window: sliding"),
        ]
    }

    subscript(name: String) -> Pool? { all.first { $0.name == name } }

    /// A pool with all that pay with it.
    func chain(_ name: String) -> [String] {
        var chain: [String] = []
        var next: String? = name
        while let pool = next {
            chain.append(pool)
            next = self[pool]?.parent
        }
        return chain
    }

    var yaml: String {
        all.map { pool in
            var keys: [String] = []
            if let tokens = pool.tokens { keys.append("tokens: \(tokens)/month") }
            if let money = pool.microDollars { keys.append("usd: \(Self.dollars(money))/month") }
            if let requests = pool.requests { keys.append("requests: \(requests)/month") }
            if let parent = pool.parent { keys.append("parent: \(parent)") }
            if !pool.more.isEmpty { keys.append(pool.more) }
            return "  \(pool.name): {\(keys.joined(separator: ", "))}\n"
        }.joined()
    }

    private static func dollars(_ micro: Int) -> String {
        "\(micro / 1_000_000).\(String(micro % 1_000_000 + 1_000_000).dropFirst())"
    }
}
