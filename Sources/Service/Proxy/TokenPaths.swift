import Bytes
import Budgets
import HTTP
import Identity
import JSON
import Routing

/// `/v1/tokens/*`: budgets that clients draw on themselves, by the pools their key may name (docs/budgets.md).
enum TokenPaths {
    /// How long a reservation lasts that says nothing of it, and how long it may, seconds.
    static let standardSeconds = 600
    static let longestSeconds = 86_400

    struct Fault: Error { let refusal: Refusal }

    /// What a body asks for.
    struct Order {
        let node: JSONNode

        init(_ session: Session) throws(Fault) {
            let reader = session.reader
            guard reader.isJSON, reader.bodyBytes > 0 else {
                let message = "send the body as Content-Type: application/json"
                throw Fault(refusal: Refusal(415, "unsupported_media_type", message))
            }
            let bytes = Array(session.requestBytes[reader.headBytes..<reader.consumedBytes])
            do { node = try JSONNode.parse(bytes) } catch {
                let message = "the body is not valid JSON: \(error.message) (byte \(error.offset))"
                throw Fault(refusal: Refusal(400, "invalid_json", message))
            }
            guard node.isObject else {
                throw Fault(refusal: Refusal(400, "invalid_json", "the body should be a JSON object"))
            }
            var seen: Set<String> = []
            for member in node.members where !seen.insert(member.key).inserted {
                let name = String(member.key.prefix(64))
                let message = "the body has `\(name)` more than once: send it once"
                throw Fault(refusal: Refusal(400, "invalid_request", message, param: name))
            }
        }

        /// A whole number from 0 to `most`; nil when the body has none.
        func count(_ name: String, most: Int = Amount.limit) throws(Fault) -> Int? {
            guard let value = node[name], !value.isNull else { return nil }
            guard let number = value.integer, (0...most).contains(number) else {
                let message = "`\(name)` is a whole number from 0 to \(most)"
                throw Fault(refusal: Refusal(400, "invalid_request", message, param: name))
            }
            return number
        }

        func text(_ name: String) throws(Fault) -> String {
            guard let text = node[name]?.string?.text, !text.isEmpty else {
                throw Fault(refusal: Refusal(400, "invalid_request", "the body names no `\(name)`", param: name))
            }
            return text
        }

        /// What is needed or was used: `tokens`, `cost_micro_usd`, `requests`.
        func amount(tokens word: String) throws(Fault) -> Amount {
            let (tokens, micro) = (try count(word), try count("cost_micro_usd", most: Amount.limit / 1_000))
            let requests = try count("requests")
            guard tokens != nil || micro != nil || requests != nil else {
                throw Fault(refusal: Refusal(400, "invalid_request", "the body names no `\(word)`", param: word))
            }
            return Amount(tokens: tokens ?? 0, nanodollars: (micro ?? 0) * 1_000, requests: requests ?? 0)
        }
    }

    /// Serves the request that stands in the session.
    static func serve(_ session: Session, _ action: OwnTokens) {
        let bytes = session.requestBytes.bindMemory(to: UInt8.self).span
        let counted = session.worker.snapshot.governance.countedFields
        if let field = RequestJudge.repeated(counted, session.reader.head, bytes) {
            let message = "accounts are told apart by `\(field)`, which this request has more than once: send it once"
            return session.refuse(Refusal(400, "repeated_header", message, param: field))
        }
        if action == .pools {
            guard ClientPaths.allow(session, .get, .head, "GET, HEAD") else { return }
            if let store = session.worker.store { return list(session, store) }
            return list(session)
        }
        guard ClientPaths.allow(session, .post, .post, "POST") else { return }
        do throws(Fault) {
            let order = try Order(session)
            if let store = session.worker.store { return try serve(session, action, order, store) }
            switch action {
            case .check: try check(session, order)
            case .reserve: try reserve(session, order)
            case .commit: try settle(session, order, releases: false)
            case .release: try settle(session, order, releases: true)
            case .report: try report(session, order)
            case .pools: break
            }
        } catch { session.refuse(error.refusal) }
    }

    // MARK: Actions

    private static func check(_ session: Session, _ order: Order) throws(Fault) {
        let (pool, books) = try pool(session, order)
        let payer = Payer(session: session)
        let outcome = books.check(
            pool.number,
            try order.amount(tokens: "tokens"),
            now: WallClock.milliseconds(),
            subject: { payer.name($0) }
        )
        switch outcome {
        case .success(let standing):
            answer(session, ["\"allowed\":true"] + members(standing))
        case .failure(.exhausted(let lack)): answer(session, ["\"allowed\":false"] + members(lack))
        case .failure(.crowded(let name, let moment)): throw crowded(name, moment)
        }
    }

    private static func reserve(_ session: Session, _ order: Order) throws(Fault) {
        let (pool, books) = try pool(session, order)
        let seconds = min(max(try order.count("ttl_seconds") ?? standardSeconds, 1), longestSeconds)
        let payer = Payer(session: session)
        let now = WallClock.milliseconds()
        let (name, outcome) = books.reserveNamed(
            pool.number,
            try order.amount(tokens: "tokens"),
            owner: payer.owner,
            expires: now + seconds * 1_000,
            now: now,
            subject: { payer.name($0) }
        )
        switch outcome {
        case .reserved(_, let standing):
            let made = ["\"reserved\":true", "\"id\":\(quoted(name ?? ""))", "\"expires_in\":\(seconds)"]
            answer(session, made + members(standing))
        case .exhausted(let lack): answer(session, ["\"reserved\":false"] + members(lack))
        case .crowded(let name, let moment): throw crowded(name, moment)
        }
    }

    private static func settle(_ session: Session, _ order: Order, releases: Bool) throws(Fault) {
        let id = try order.text("id")
        let actual = releases ? nil : try spent(session, order, "tokens")
        let word = releases ? "released" : "committed"
        let books = session.worker.snapshot.governance.books.pools
        let owner = Payer(session: session).owner
        defer { session.worker.shared.state?.note() }
        switch books.settle(named: id, owner: owner, actual, now: WallClock.milliseconds()) {
        case .done(let pool, let charged):
            answer(session, ["\"\(word)\":true", "\"pool\":\(quoted(pool))"] + short(actual, charged))
        // Twice is once: who asks again after a lost answer learns that it was done.
        case .again(let pool): answer(session, ["\"\(word)\":false", "\"pool\":\(quoted(pool))", "\"settled\":true"])
        case .unknown: throw Fault(refusal: unknownReservation)
        }
    }

    static let unknownReservation = Refusal(
        404,
        "reservation_not_found",
        "there is no such reservation of this client: it was never made, or has expired",
        param: "id"
    )

    static func crowded(_ pool: String, _ moment: Int) -> Fault {
        Fault(refusal: Refusal.crowded(pool: pool, retryMilliseconds: moment))
    }

    static func pool(_ session: Session, _ order: Order) throws(Fault) -> (Governance.Pool, PoolBook) {
        let governance = session.worker.snapshot.governance
        let name = try order.text("pool")
        guard let position = governance.poolPositions[name] else { throw Fault(refusal: Refusal.unknownPool(name)) }
        guard session.mayName(name) else { throw Fault(refusal: Refusal.foreignPool(name)) }
        return (governance.pools[position], governance.books.pools)
    }

    // MARK: Answers

    static func members(_ standing: Standing) -> [String] {
        var members: [String] = []
        if let tokens = standing.tokens { members.append("\"available\":\(tokens)") }
        if let dollars = standing.nanodollars { members.append("\"available_micro_usd\":\(dollars / 1_000)") }
        if let requests = standing.requests { members.append("\"available_requests\":\(requests)") }
        return members
    }

    static func members(_ lack: Shortfall) -> [String] {
        var members: [String] = []
        switch lack.quantity {
        case .tokens: members.append("\"available\":\(lack.remaining)")
        case .nanodollars: members.append("\"available_micro_usd\":\(lack.remaining / 1_000)")
        case .requests: members.append("\"available_requests\":\(lack.remaining)")
        }
        members.append("\"exhausted\":\(quoted(lack.pool))")
        if let moment = lack.retryMilliseconds {
            members.append("\"retry_after\":\(max((moment - WallClock.milliseconds() + 999) / 1_000, 1))")
        }
        return members
    }

    private static func list(_ session: Session) {
        let payer = Payer(session: session)
        let books = session.worker.snapshot.governance.books.pools
        let pools = books.report(now: WallClock.milliseconds()) { payer.name($0) }
        let own = pools.filter { session.mayName($0.name) }.map(PoolText.json)
        answer(session, ["\"pools\":[\(own.joined(separator: ","))]"])
    }

    static func answer(_ session: Session, _ members: [String]) {
        session.answer(200, "application/json", Array("{\(members.joined(separator: ","))}".utf8))
    }

    static func quoted(_ text: String) -> String {
        "\"\(String(decoding: JSONText.escaped(Array(text.utf8)), as: UTF8.self))\""
    }
}

/// What clients may do with budgets themselves.
enum OwnTokens { case check, reserve, commit, release, report, pools }

/// Pools as JSON.
enum PoolText {
    /// One pool with the accounts that it was asked for; of one account its tokens stand at the top, as hoosh says them.
    static func json(_ pool: PoolReport) -> String {
        var members = ["\"name\":\(TokenPaths.quoted(pool.name))"]
        members.append("\"per\":\(TokenPaths.quoted(pool.per?.word ?? "shared"))")
        if let parent = pool.parent { members.append("\"parent\":\(TokenPaths.quoted(parent))") }
        let tokens = pool.accounts.first?.lines.first { $0.quantity == .tokens }
        if let tokens, pool.accounts.count == 1 { members += numbers(tokens) }
        let accounts = pool.accounts.map { account in
            let lines = account.lines.map { line in
                "\(TokenPaths.quoted(word(line.quantity))):{\(numbers(line).joined(separator: ","))}"
            }
            let subject = pool.per == nil ? [] : ["\"subject\":\(TokenPaths.quoted(account.subject))"]
            return "{\((subject + lines).joined(separator: ","))}"
        }
        members.append("\"accounts\":[\(accounts.joined(separator: ","))]")
        return "{\(members.joined(separator: ","))}"
    }

    static func word(_ quantity: Quantity) -> String {
        switch quantity {
        case .tokens: "tokens"
        case .nanodollars: "micro_usd"
        case .requests: "requests"
        }
    }

    private static func numbers(_ line: PoolReport.Line) -> [String] {
        let scale = line.quantity == .nanodollars ? 1_000 : 1
        return [
            "\"capacity\":\(line.capacity / scale)", "\"used\":\(line.used / scale)",
            "\"reserved\":\(line.reserved / scale)", "\"available\":\(max(line.remaining, 0) / scale)",
            "\"resets_at\":\(line.resetsMilliseconds / 1_000)",
        ]
    }
}
