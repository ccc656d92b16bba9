import Foundation
import TestKit
import Testing

// Whether the books of the proxies, what the mock has reported, and what clients saw agree.
extension GovernedLaboratory {
    /// Everything that does not, in words; ends the proxies.
    ///
    /// * `outageSeconds`: how long the store was away, at most.
    func judge(
        _ outcome: GovernedOutcome,
        patienceSeconds: Double = 60,
        outageSeconds: Double = 0
    ) throws -> [String] {
        var faults = try settle(seconds: patienceSeconds)
        var books = try GovernedBooks(self)
        faults += books.faults
        let usage = try mock.usage()
        for member in members where try member.program.stop() != 0 {
            faults.append("a proxy did not end well: \(member.program.errors)")
        }
        faults += try books.readAudit(self)
        var charges: [Int: GovernedCharge] = [:]
        for (number, answer) in outcome.answers {
            let request = request(number)
            let account = usage[request.name] ?? MockUpstream.Account()
            let line = books.audit[request.name]
            charges[number] = line?.charge
            let words =
                "\(request.path) \(request.model)\(request.streams ? " stream" : "") \(request.controls.dropFirst())"
            faults += check(request, answer, account, line)
                .map { "\(request.name) (\(request.pool)) \($0): \(words): \(answer)" }
        }
        faults += compare(charges, books) + overshoot(charges, outcome, outageSeconds) + haste(outcome, outageSeconds)
        return faults
    }

    // MARK: One request

    private func check(
        _ request: GovernedRequest,
        _ answer: GovernedOutcome.Answer,
        _ account: MockUpstream.Account,
        _ line: GovernedBooks.Line?
    ) -> [String] {
        var faults: [String] = []
        let charge = line?.charge
        let price = Self.price(of: request.model, isRough: wish.isRough)
        let told = GovernedCharge(
            input: account.promptTokens,
            output: account.completionTokens,
            microDollars: account.promptTokens * price.input + account.completionTokens * price.output
        )
        if let limitedBy = answer.limitedBy {
            if answer.status != 429 { faults.append("limited without 429") }
            if !limitedBy.hasPrefix("gateway ") { faults.append("limited by \(limitedBy)") }
            if (answer.retryAfter ?? 0) < 1 { faults.append("no retry-after") }
            let isBudget = pools[String(limitedBy.dropFirst(8))] != nil
            let code = isBudget ? "budget_exceeded" : "rate_limit_exceeded"
            if request.path != "/v1/messages", answer.code != code { faults.append("not \(code)") }
            if account.requests != 0 { faults.append("was forwarded") }
        }
        if answer.wasDenied {
            if wish.onStoreError != "deny" { faults.append("was denied") }
            if account.answered > 0 { faults.append("was served") }
        }
        if let store = answer.store, store != wish.onStoreError { faults.append("went on as \(store) says") }
        switch answer.ending {
        case .complete where answer.status == 200 && account.answered > 0 && !answer.wasCut:
            if charge != told { faults.append("charged \(String(describing: charge)), reported \(told)") }
        case .complete where answer.status >= 400:
            if let charge { faults.append("charged \(charge) for nothing") }
        default:
            if !wish.isRough { faults.append("not answered") }
            faults += bounds(request, answer, account, charge, told)
        }
        if !wish.isRough, answer.status != 200, answer.limitedBy == nil, !answer.wasDenied {
            faults.append("neither served nor limited")
        }
        return faults
    }

    /// Of an answer that broke off or was left: no less is charged than was delivered, and no more than was sent.
    private func bounds(
        _ request: GovernedRequest,
        _ answer: GovernedOutcome.Answer,
        _ account: MockUpstream.Account,
        _ charge: GovernedCharge?,
        _ told: GovernedCharge
    ) -> [String] {
        let charged = charge?.microDollars ?? 0
        let body = request.streams ? 180 * account.eventsSent : 2 * request.body.utf8.count + 4_096
        let most = max(told.microDollars, request.promptEstimate + (body + 3) / 4)
        // Events tell by themselves; what a whole answer took may stand in what came of it.
        var least = request.streams ? answer.textBytes / 4 : min(answer.textBytes, 1)
        if account.answered > 0, !answer.wasCut { least = min(least, told.microDollars) }
        if charged > most { return ["charged \(charged), at most \(most) was sent"] }
        if charged < least { return ["charged \(charged), at least \(least) was delivered"] }
        if answer.status == 200, answer.textBytes > 0, charged == 0 { return ["had something for nothing"] }
        return account.requests == 0 && charged > 0 ? ["charged \(charged), though nobody was asked"] : []
    }

    // MARK: All together

    /// Sums of what was charged, and what stands in the books.
    private func compare(_ charges: [Int: GovernedCharge], _ books: GovernedBooks) -> [String] {
        var faults: [String] = []
        var sums: [String: (requests: Int, charge: GovernedCharge)] = [:]
        var costs = sums
        func add(_ charge: GovernedCharge, to sum: inout (requests: Int, charge: GovernedCharge)?) {
            var new = sum ?? (0, GovernedCharge())
            new.requests += 1
            new.charge.input += charge.input
            new.charge.output += charge.output
            new.charge.microDollars += charge.microDollars
            sum = new
        }
        for (number, charge) in charges {
            let request = request(number)
            for pool in pools.chain(request.pool) {
                add(charge, to: &sums[pool])
                add(charge, to: &sums["\(pool) of \(request.key.name)"])
                add(charge, to: &sums["\(pool) of \(request.key.tenant)"])
            }
            add(charge, to: &costs["\(request.pool) \(request.key.name) \(request.model)"])
        }
        for pool in pools.all {
            let sum = sums[pool.name] ?? (0, GovernedCharge())
            let wanted = [
                ("tokens", pool.tokens, sum.charge.tokens), ("micro_usd", pool.microDollars, sum.charge.microDollars),
                ("requests", pool.requests, sum.requests),
            ]
            for (word, capacity, spent) in wanted where capacity != nil {
                let used = books.used(pool.name, word)
                if used != spent { faults.append("\(pool.name) has \(used) \(word) used, \(spent) were charged") }
            }
        }
        for key in GovernedRequest.keys {
            for (pool, subject) in [("wide", key.name), ("team", key.tenant)] {
                let spent = sums["\(pool) of \(subject)"]?.charge.tokens ?? 0
                let used = books.own[key.name]?[pool] ?? 0
                if used != spent { faults.append("\(key.name) is told \(used) of \(pool), \(spent) were charged") }
            }
        }
        for name in Set(costs.keys).union(books.costs.keys) {
            let (one, other) = (costs[name] ?? (0, GovernedCharge()), books.costs[name] ?? (0, GovernedCharge()))
            if one != other { faults.append("costs of \(name): \(other), charged: \(one)") }
        }
        return faults
    }

    /// No budget is overspent by more than what running answers took beyond what was set aside for them (docs/budgets.md).
    ///
    /// While a store is away, `local_share` lets proxies together spend less than one budget more (docs/state.md), `open` any.
    private func overshoot(
        _ charges: [Int: GovernedCharge],
        _ outcome: GovernedOutcome,
        _ outageSeconds: Double
    ) -> [String] {
        var faults: [String] = []
        if outageSeconds > 0, wish.onStoreError == "open" { return [] }
        let budgets = outageSeconds > 0 && wish.onStoreError == "local_share" ? 2 : 1
        // What ended while the store was away is told to it afterwards.
        let late = 1_000_000_000 + Int64(outageSeconds * 1e9)
        for pool in pools.all {
            let paid = charges.filter { pools.chain(request($0.key).pool).contains(pool.name) }
            let spent = [
                ("tokens", pool.tokens, paid.values.reduce(0) { $0 + $1.tokens }),
                ("micro_usd", pool.microDollars, paid.values.reduce(0) { $0 + $1.microDollars }),
                ("requests", pool.requests, paid.count),
            ]
            // Whoever was let in last came after this; what had ended by then was counted when it was let in.
            let last = (paid.keys.compactMap { outcome.answers[$0]?.sent }.max() ?? 0) - late
            let overrun =
                !pool.more.contains("output: 8")
                ? 0
                : paid.filter { (outcome.answers[$0.key]?.ended ?? 0) >= last }.values
                    .reduce(0) { $0 + max($1.tokens - 8, 0) }
            for (word, capacity, sum) in spent {
                guard let capacity, sum > capacity * budgets + overrun else { continue }
                faults.append("\(pool.name) has spent \(sum) of \(capacity) \(word); \(overrun) more may be overrun")
            }
        }
        return faults
    }

    /// No key has had more of `brisk` than three at once and one a second, at all proxies together.
    private func haste(_ outcome: GovernedOutcome, _ outageSeconds: Double) -> [String] {
        if outageSeconds > 0, wish.onStoreError != "deny" { return [] }
        return GovernedRequest.keys.compactMap { key in
            let mine = outcome.answers.filter {
                let request = request($0.key)
                return request.model == "brisk-small" && request.key.name == key.name
            }
            let served = mine.values.count(where: { $0.status == 200 })
            let first = mine.values.map(\.sent).min() ?? 0
            let last = mine.values.map(\.ended).max() ?? 0
            let most = 3 + Int(last - first) / 1_000_000_000 + 1
            return served > most ? "\(key.name) had \(served) of brisk, at most \(most) may be" : nil
        }
    }

    /// After a kill in the middle of a load: what stands in the file is no more than was reported, and lacks no more than what
    /// ended in the last moments (docs/state.md: a batch every 500 ms; twice that, for a machine that has more to do).
    ///
    /// * `dead`: the proxy that was killed.
    /// * `grace`: how long before that an answer may have ended and not be written down, nanoseconds.
    func judge(
        _ outcome: GovernedOutcome,
        killedAt: Int64,
        dead: Int = 0,
        grace: Int64 = 1_000_000_000
    ) throws -> [String] {
        let books = try GovernedBooks(self)
        let usage = try mock.usage()
        var most: [String: (tokens: Int, requests: Int)] = [:]
        var least = most
        for (number, answer) in outcome.answers {
            let request = request(number)
            guard let account = usage[request.name], account.answered > 0 else { continue }
            let tokens = account.promptTokens + account.completionTokens
            let isSafe =
                answer.ended < killedAt - grace || answer.sent > killedAt || outcome.proxies[number] != dead
            let isOld = answer.ending == .complete && isSafe
            for pool in pools.chain(request.pool) {
                most[pool, default: (0, 0)].tokens += tokens
                most[pool, default: (0, 0)].requests += 1
                if isOld { least[pool, default: (0, 0)].tokens += tokens }
                if isOld { least[pool, default: (0, 0)].requests += 1 }
            }
        }
        return books.faults
            + pools.all.flatMap { pool in
                let (low, high) = (least[pool.name] ?? (0, 0), most[pool.name] ?? (0, 0))
                var faults: [String] = []
                let (tokens, requests) = (books.used(pool.name, "tokens"), books.used(pool.name, "requests"))
                if pool.tokens != nil, !(low.tokens...high.tokens).contains(tokens) {
                    faults.append("\(pool.name) has \(tokens) tokens used, not \(low.tokens) to \(high.tokens)")
                }
                if pool.requests != nil, !(low.requests...high.requests).contains(requests) {
                    faults.append("\(pool.name) has \(requests) requests used, not \(low.requests) to \(high.requests)")
                }
                return faults
            }
    }

    /// A line for whoever runs the long load.
    func summary(_ outcome: GovernedOutcome) -> String {
        let kinds = outcome.kinds.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: ", ")
        let rate = Int(Double(outcome.answers.count) / max(outcome.seconds, 0.001))
        return
            "\(outcome.answers.count) requests, \(outcome.peak) at once, \(Int(outcome.seconds)) s (\(rate)/s): \(kinds)"
    }
}
