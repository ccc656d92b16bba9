import Budgets
import Bytes
import Costs
import Limits
import Telemetry

/// Metrics of budgets, limits and costs; no subject is a label, since clients choose how many there are.
enum GovernanceMetrics {
    /// * `census`: what is known of a store that several proxies share; the process's own books are not used then.
    static func page(_ books: Books, _ census: StoreCensus?, now: Int64) -> String {
        var page = PrometheusText()
        let own = books.pools.report(now: WallClock.milliseconds())
        pools(census?.pools(own) ?? own, census != nil, &page)
        if let census { ages(own, census.ages(now: now), &page) }
        let limits = books.limits.report()
        self.limits(census?.limits(limits) ?? limits, isShared: census != nil, &page)
        costs(books.costs.totals(), &page)
        return page.text
    }

    private static func ages(_ pools: [PoolReport], _ ages: [String: Int64], _ page: inout PrometheusText) {
        if ages.isEmpty { return }
        page.family("hoosh_pool_age_seconds", "gauge", "How long ago the shared store said what a pool has spent.")
        for pool in pools {
            guard let age = ages[pool.name] else { continue }
            page.sample("hoosh_pool_age_seconds", [("pool", pool.name)], "\(Double(age / 1_000_000) / 1_000)")
        }
    }

    private static func pools(_ pools: [PoolReport], _ isShared: Bool, _ page: inout PrometheusText) {
        if pools.isEmpty { return }
        // Who is counted elsewhere as well is known here once he has asked here.
        let whose = isShared ? " at all proxies, of the subjects that asked this one." : ", all subjects together."
        func each(_ name: String, _ help: String, _ value: (PoolReport.Line) -> Int) {
            page.family(name, "gauge", help)
            for pool in pools {
                for quantity in Quantity.allCases {
                    let lines = pool.accounts.flatMap(\.lines).filter { $0.quantity == quantity }
                    if lines.isEmpty { continue }
                    let scale = quantity == .nanodollars ? 1_000 : 1
                    // The capacity is everybody's alike; what was used is added up.
                    let sum = lines.reduce(0) { $0.plus(bounded: value($1) / scale) }
                    let labels = [("pool", pool.name), ("quantity", PoolText.word(quantity))]
                    page.sample(name, labels, "\(sum)")
                }
            }
        }
        each("hoosh_pool_used", "Spent in the running windows of a pool\(whose)") { $0.used }
        each("hoosh_pool_reserved", "Set aside for running requests\(whose)") { $0.reserved }
        each("hoosh_pool_capacity", "Allowed in a window, all known subjects together.") { $0.capacity }
        page.family("hoosh_pool_subjects", "gauge", "Subjects of a pool that are kept apart.")
        for pool in pools { page.sample("hoosh_pool_subjects", [("pool", pool.name)], "\(pool.accounts.count)") }
        page.family("hoosh_pool_reservations_total", "counter", "What became of reservations, by pool.")
        for pool in pools {
            let counts = [
                ("made", pool.counts.reserved), ("refused", pool.counts.refused), ("cut", pool.counts.cut),
                ("expired", pool.counts.expired),
            ]
            for (word, count) in counts {
                page.sample("hoosh_pool_reservations_total", [("pool", pool.name), ("result", word)], "\(count)")
            }
        }
        page.family("hoosh_pool_committed_tokens_total", "counter", "Tokens charged to a pool.")
        for pool in pools {
            page.sample("hoosh_pool_committed_tokens_total", [("pool", pool.name)], "\(pool.counts.committed.tokens)")
        }
    }

    private static func limits(_ limits: [LimitReport], isShared: Bool, _ page: inout PrometheusText) {
        if limits.isEmpty { return }
        let here = isShared ? " at this proxy." : "."
        page.family("hoosh_limit_requests_total", "counter", "Requests that a limit let in or refused\(here)")
        for limit in limits {
            page.sample(
                "hoosh_limit_requests_total",
                [("limit", limit.name), ("result", "admitted")],
                "\(limit.admitted)"
            )
            page.sample(
                "hoosh_limit_requests_total",
                [("limit", limit.name), ("result", "refused")],
                "\(limit.refused)"
            )
        }
        page.family("hoosh_limit_running", "gauge", "Requests running under a limit\(here)")
        for limit in limits { page.sample("hoosh_limit_running", [("limit", limit.name)], "\(limit.running)") }
        if isShared { return }
        page.family("hoosh_limit_subjects", "gauge", "Subjects of a limit that are kept apart.")
        for limit in limits { page.sample("hoosh_limit_subjects", [("limit", limit.name)], "\(limit.subjects)") }
    }

    private static func costs(_ totals: [(provider: String, sum: CostSum)], _ page: inout PrometheusText) {
        if totals.isEmpty { return }
        page.family("hoosh_cost_micro_usd_total", "counter", "What answers cost, in millionths of a dollar.")
        for (provider, sum) in totals {
            page.sample("hoosh_cost_micro_usd_total", [("provider", provider)], "\(sum.nanodollars / 1_000)")
        }
        page.family("hoosh_unpriced_requests_total", "counter", "Answers whose price nobody knows.")
        for (provider, sum) in totals {
            page.sample("hoosh_unpriced_requests_total", [("provider", provider)], "\(sum.unpriced)")
        }
    }
}
