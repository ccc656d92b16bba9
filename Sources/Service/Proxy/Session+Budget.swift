import Budgets
import Bytes
import Costs
import Dialect
import Identity
import Limits
import Routing
import SharedPools

// Rate limits and budgets at the door (`routes.md` 2.7: after the route, before anything is asked of a provider).
extension Session {
    /// What the body says that budgets ask about.
    struct Wish {
        /// The most tokens of one answer; nil when the body does not say.
        var maxTokens: Int?
        /// How many answers are asked for.
        var answers = 1
        /// The most that any target of its plan may be asked for.
        var mostTokens: Int?
        /// The pool by the name in the body.
        var pool: String?
        /// The place of that member in the body.
        var poolMember: Range<Int>?
        var repeatsPool = false
    }

    /// Counts the request and sets its budget aside; nil when the refusal is on its way, or it waits for room.
    func grant(_ order: GrantOrder) -> Grant? {
        let governance = order.local.snapshot.governance
        let route = governance.routes[order.request.route]
        let wish = order.wish
        var grant = Grant()
        guard !route.isFree else { return grant }
        if standsBehindOthers(order) { return nil }
        do throws(GrantFault) {
            // What is asked on behalf of another is paid by the same budget, and was counted by the limits with it.
            if let errand { grant.pool = errand.pool } else { try choosePool(route.pool, governance, wish, &grant) }
            let pool = grant.pool.map { governance.pools[$0] }
            if route.limitsTokens || pool?.countsTokens == true || pool?.countsMoney == true { measure(&grant) }
            let asked = wish.maxTokens ?? pool?.reservedOutput
            // A vector is no text: nothing comes on top of the prompt.
            let each = errand == nil ? wish.mostTokens.map { min(asked ?? $0, $0) } ?? asked ?? 0 : 0
            let output = RequestShape.product(each, wish.answers)
            let payer = Payer(session: self)
            grant.outputTokens = pool == nil ? 0 : output
            let need = pool.map { Amount(tokens: $0.withMargin(grant.promptTokens, output), requests: 1) }
            if let store = worker.store {
                grant.reserved = need ?? Amount()
                let limits = errand == nil ? route.sharedLimits : []
                grant.shared = share(store, limits, pool, tokens: grant.promptTokens + output)
                return grant
            }
            if errand == nil {
                try grant.count(route, governance, tokens: grant.promptTokens + output, now: loop.now) {
                    payer.name($0)
                }
            }
            if let pool, let need { try grant.reserve(pool, governance.books, need) { payer.name($0) } }
            return grant
        } catch {
            if let pass = grant.pass { governance.books.limits.withdraw(pass, now: Int(loop.now)) }
            if let retry = error.retryNanoseconds {
                if waitsAtDoor(order, retryNanoseconds: retry) { return nil }
                worker.shared.refusedForRoom.add(1, ordering: .relaxed)
            }
            leaveDoor()
            refuse(error.refusal, requestID: order.requestID)
            return nil
        }
    }

    /// What a shared store will be asked for the request.
    private func share(
        _ store: SharedStore,
        _ limits: [LimitSettings],
        _ pool: Governance.Pool?,
        tokens: Int
    ) -> SharedGrant {
        let payer = Payer(session: self)
        let payment = store.payment(
            pools: pool?.chain ?? [],
            limits: limits,
            tokens: tokens,
            now: WallClock.milliseconds(),
            pool: { payer.name($0) },
            limit: { payer.name($0) }
        )
        return SharedGrant(store, id: String(decoding: worker.newRequestID(), as: UTF8.self), payment)
    }

    private func choosePool(
        _ choice: Governance.Choice,
        _ governance: Governance,
        _ wish: Wish,
        _ grant: inout Grant
    ) throws(GrantFault) {
        switch choice {
        case .none: return
        case .one(let pool): grant.pool = pool
        case .request(let allowed, let standard):
            if wish.repeatsPool {
                throw GrantFault(refusal: Refusal(400, "repeated_pool", "the body has `pool` twice", param: "pool"))
            }
            grant.poolMember = wish.poolMember
            if wish.poolMember != nil, wish.pool == nil {
                throw GrantFault(refusal: Refusal(400, "missing_pool", "`pool` must be a text", param: "pool"))
            }
            guard let name = wish.pool else {
                guard let standard else {
                    let message = "this route asks for the member `pool` in the body: which budget pays"
                    throw GrantFault(refusal: Refusal(400, "missing_pool", message, param: "pool"))
                }
                grant.pool = standard
                return
            }
            guard let pool = allowed[name] else { throw GrantFault(refusal: Refusal.unknownPool(name)) }
            guard mayName(name) else { throw GrantFault(refusal: Refusal.foreignPool(name)) }
            grant.pool = pool
        }
    }

    /// True when the caller's key may draw on a pool that it names.
    func mayName(_ pool: String) -> Bool {
        guard let pools = caller.key?.pools, !pools.isEmpty else { return true }
        return pools.contains(pool)
    }

    /// Measures the prompt by its size.
    private func measure(_ grant: inout Grant) {
        guard reader.bodyBytes > 0, reader.isJSON, requestBytes.count >= reader.consumedBytes else { return }
        let span = requestBytes.bindMemory(to: UInt8.self).span
        grant.promptTokens = RequestMeasure.of(span.extracting(reader.headBytes..<reader.consumedBytes)).promptTokens
    }
}

extension Governance.Pool {
    /// Tokens to set aside for a prompt and its answer.
    func withMargin(_ prompt: Int, _ output: Int) -> Int {
        let (sum, overflows) = max(prompt, 0).addingReportingOverflow(max(output, 0))
        let tokens = overflows ? Amount.limit : min(sum, Amount.limit)
        return tokens + Int(Int128(tokens) * Int128(margin) / 10_000)
    }
}

extension Refusal {
    static func unknownPool(_ name: String) -> Refusal {
        Refusal(404, "pool_not_found", "there is no pool `\(String(name.prefix(80)))` for this request", param: "pool")
    }

    static func foreignPool(_ name: String) -> Refusal {
        Refusal(403, "pool_not_allowed", "this key may not draw on the pool `\(name)`", param: "pool")
    }

    /// A limit has no place left for one more subject.
    static func crowded(limit: String, retryNanoseconds: Int) -> Refusal {
        let milliseconds = max((retryNanoseconds + 999_999) / 1_000_000, 1)
        var refusal = crowded("rate_limit_exceeded", "the limit `\(limit)`", "subjects", milliseconds)
        refusal.fields += "retry-after-ms: \(milliseconds)\r\nx-hoosh-limited-by: gateway \(limit)\r\n"
        return refusal
    }

    /// A pool has no place left for one more subject, or reservation; the moment is of the clock on the wall.
    static func crowded(pool: String, retryMilliseconds: Int) -> Refusal {
        let milliseconds = max(retryMilliseconds - WallClock.milliseconds(), 1)
        let what = "subjects, or more open reservations,"
        var refusal = crowded("budget_exceeded", "the pool `\(pool)`", what, milliseconds)
        refusal.fields += "x-hoosh-limited-by: gateway \(pool)\r\n"
        return refusal
    }

    private static func crowded(_ code: String, _ who: String, _ what: String, _ milliseconds: Int) -> Refusal {
        let message =
            "\(who) of this gateway has more \(what) than it keeps; try again in \(Refusal.seconds(milliseconds))"
        var refusal = Refusal(429, code, message)
        refusal.mayRetry = true
        refusal.fields = "retry-after: \((milliseconds + 999) / 1_000)\r\n"
        return refusal
    }

    /// A limit of this gateway, or of one of its providers, lets nothing more in.
    init(_ excess: Excess) {
        let isProvider = excess.limit.hasPrefix(Governance.providerPrefix)
        let name = isProvider ? String(excess.limit.dropFirst(Governance.providerPrefix.count)) : excess.limit
        let what =
            switch excess.quantity {
            case .concurrent: "\(excess.amount) requests at a time"
            case .requests: "\(excess.amount) requests in \(excess.seconds) s"
            case .tokens: "\(excess.amount) tokens in \(excess.seconds) s"
            }
        let milliseconds = max((excess.retryNanoseconds + 999_999) / 1_000_000, 1)
        let who =
            isProvider ? "the provider `\(name)` may be asked" : "the limit `\(name)` of this gateway lets in"
        self.init(
            429,
            "rate_limit_exceeded",
            "\(who) \(what), \(excess.remaining) are left; try again in \(Refusal.seconds(milliseconds))"
        )
        mayRetry = true
        fields = "retry-after: \((milliseconds + 999) / 1_000)\r\nretry-after-ms: \(milliseconds)\r\n"
        fields += "x-hoosh-limited-by: \(isProvider ? "provider" : "gateway") \(name)\r\n"
        fields += excess.allowances.fields
    }

    /// A budget of this gateway cannot pay: asking again at once is of no use.
    init(_ lack: Shortfall) {
        let what =
            switch lack.quantity {
            case .tokens: ("\(lack.remaining) tokens", "\(lack.needed)", "\(lack.capacity)")
            case .requests: ("\(lack.remaining) requests", "\(lack.needed)", "\(lack.capacity)")
            case .nanodollars:
                (
                    "\(Money.dollars(lack.remaining)) dollars", Money.dollars(lack.needed),
                    Money.dollars(lack.capacity)
                )
            }
        var message = "the budget `\(lack.pool)` of this gateway has \(what.0) left of \(what.2)"
        message += ", this request needs \(what.1)"
        var fields = "x-hoosh-limited-by: gateway \(lack.pool)\r\nx-hoosh-budget-pool: \(lack.pool)\r\n"
        switch lack.quantity {
        case .tokens: fields += "x-hoosh-budget-remaining-tokens: \(lack.remaining)\r\n"
        case .requests: fields += "x-hoosh-budget-remaining-requests: \(lack.remaining)\r\n"
        case .nanodollars: fields += "x-hoosh-budget-remaining-micro-usd: \(lack.remaining / 1_000)\r\n"
        }
        if let moment = lack.retryMilliseconds {
            let seconds = max((moment - WallClock.milliseconds() + 999) / 1_000, 1)
            message += "; there is more in \(Refusal.seconds(seconds * 1_000))"
            fields += "retry-after: \(seconds)\r\nx-hoosh-budget-reset: \(seconds)\r\n"
        } else {
            message += ", which is more than it ever has"
        }
        self.init(429, "budget_exceeded", message)
        self.fields = fields
    }

    /// `1.25 s`, `6 min`, `3 h`.
    static func seconds(_ milliseconds: Int) -> String {
        switch milliseconds {
        case ..<60_000:
            let rest = String(milliseconds % 1_000 + 1_000).dropFirst()
            return milliseconds % 1_000 == 0 ? "\(milliseconds / 1_000) s" : "\(milliseconds / 1_000).\(rest) s"
        case ..<120_000: return "\((milliseconds + 999) / 1_000) s"
        case ..<7_200_000: return "\((milliseconds + 59_999) / 60_000) min"
        default: return "\((milliseconds + 3_599_999) / 3_600_000) h"
        }
    }
}

extension Allowances {
    /// The fields that OpenAI's clients know.
    var fields: String {
        String(decoding: ByteWriter.gather(room: 256) { write(to: &$0) }, as: UTF8.self)
    }

    /// The same, into memory that somebody else owns.
    func write(to text: inout ByteWriter) {
        if let requests {
            text.put(field: "x-ratelimit-limit-requests: ", requests.limit)
            text.put(field: "x-ratelimit-remaining-requests: ", requests.remaining)
            text.put("x-ratelimit-reset-requests: ")
            Allowances.write(duration: requests.resetNanoseconds, to: &text)
        }
        if let tokens {
            text.put(field: "x-ratelimit-limit-tokens: ", tokens.limit)
            text.put(field: "x-ratelimit-remaining-tokens: ", tokens.remaining)
            text.put("x-ratelimit-reset-tokens: ")
            Allowances.write(duration: tokens.resetNanoseconds, to: &text)
        }
    }

    /// `6m0s`, `1s`, `120ms`: as OpenAI spells them; and the field's end.
    private static func write(duration nanoseconds: Int, to text: inout ByteWriter) {
        let milliseconds = (nanoseconds + 999_999) / 1_000_000
        if milliseconds < 1_000 {
            text.put(decimal: milliseconds)
            return text.put("ms\r\n")
        }
        let seconds = (milliseconds + 999) / 1_000
        let (hours, minutes) = (seconds / 3_600, seconds / 60 % 60)
        if hours > 0 {
            text.put(decimal: hours)
            text.put("h")
        }
        if hours > 0 || minutes > 0 {
            text.put(decimal: minutes)
            text.put("m")
        }
        text.put(decimal: seconds % 60)
        text.put("s\r\n")
    }
}

extension ByteWriter {
    /// Writes a header field that ends with a number; `start` is all before it.
    mutating func put(field start: StaticString, _ number: Int) {
        put(start)
        put(decimal: number)
        put("\r\n")
    }
}

/// Money in words.
enum Money {
    /// Dollars with six decimals, from nano-dollars.
    static func dollars(_ nanodollars: Int) -> String {
        let micro = abs(nanodollars) / 1_000
        let rest = String(micro % 1_000_000 + 1_000_000).dropFirst()
        return "\(nanodollars < 0 && micro > 0 ? "-" : "")\(micro / 1_000_000).\(rest)"
    }
}
