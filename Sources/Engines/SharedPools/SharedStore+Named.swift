import Budgets
import Routing

// Reservations that clients make and settle themselves, and what they see of pools.
extension SharedStore {
    /// What became of a client's wish to settle a reservation.
    package enum Settled: Sendable {
        case done(pool: String, charged: Amount)
        /// It was settled before; nothing happens.
        case again(pool: String)
        /// There is none of this name that this client made, or it has expired.
        case unknown
        case failed(StoreFault)
    }

    /// Sets an amount aside under a name that nobody can guess, until it is settled or its time is over.
    package func reserveNamed(
        _ payment: SharedPayment,
        _ need: Amount,
        owner: String,
        seconds: Int,
        done: @escaping (_ name: String, SharedReservation) -> Void
    ) {
        var random = SystemRandomNumberGenerator()
        let name = SharedStore.hexadecimal(random.next()) + SharedStore.hexadecimal(random.next())
        let order =
            "{\"op\":\"reserve\",\"need\":\(SharedStore.json(need)),\"k\":0,\"ttl\":\(seconds * 1_000)"
            + ",\"o\":\(SharedStore.quoted("o" + owner)),\"p\":\(SharedStore.quoted(payment.pools.first?.name ?? ""))"
            + ",\"a\":\(payment.accounts),\"l\":[]}"
        let call = ask(order, keys: [base + "x", base + "r:" + name] + payment.keys) { result in
            done(name, SharedStore.reservation(result, payment))
        }
        if call.done != nil { call.takeBack = { [weak self] in self?.withdraw(name, payment) } }
    }

    /// Commits what a client says it used, or releases when it says nothing; once, and for its owner only.
    package func settleNamed(
        _ name: String,
        owner: String,
        _ actual: Amount?,
        done: @escaping (Settled) -> Void
    ) {
        guard name.utf8.count == 32, name.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
        else { return done(.unknown) }
        let charge = actual.map { ",\"actual\":\(SharedStore.json($0))" } ?? ""
        let order = "{\"op\":\"settle\"\(charge),\"o\":\(SharedStore.quoted("o" + owner))}"
        _ = ask(order, keys: [base + "x", base + "r:" + name]) { result in
            switch result {
            case .failure(let fault): done(.failed(fault))
            case .success(let reply):
                switch reply.word {
                case "done":
                    let charged = Amount(tokens: reply[1], nanodollars: reply[2], requests: reply[3])
                    done(.done(pool: reply.text ?? "", charged: charged))
                case "again": done(.again(pool: reply.text ?? ""))
                default: done(.unknown)
                }
            }
        }
    }

    /// Charges what was used without a reservation; it may go below zero.
    package func debit(_ payment: SharedPayment, _ actual: Amount, done: @escaping (SharedReservation) -> Void) {
        var random = SystemRandomNumberGenerator()
        let name = SharedStore.hexadecimal(random.next()) + SharedStore.hexadecimal(random.next())
        let order =
            "{\"op\":\"settle\",\"actual\":\(SharedStore.json(actual)),\"tok\":0,\"k\":0"
            + ",\"a\":\(payment.accounts),\"l\":[]}"
        _ = ask(order, keys: [base + "x", base + "r:" + name] + payment.keys) { result in
            switch result {
            case .failure(let fault): done(.failed(fault))
            case .success(let reply): done(.reserved(reply.standing(), .init()))
            }
        }
    }

    /// One account of each pool: what was spent, and what is set aside.
    package func report(
        _ payment: SharedPayment,
        done: @escaping (Result<[PoolReport], StoreFault>) -> Void
    ) {
        let order = "{\"op\":\"report\",\"a\":\(payment.accounts)}"
        _ = ask(order, keys: [base + "x", base + "r:"] + payment.keys) { result in
            done(result.map { SharedStore.reports($0, payment) })
        }
    }

    private static func reports(_ reply: SharedReply, _ payment: SharedPayment) -> [PoolReport] {
        zip(payment.pools, lines(reply, payment)).map { pool, lines in
            let subject = pool.per.map { payment.subject($0) } ?? ""
            return PoolReport(pool, [PoolReport.Account(subject: subject, lines: lines)])
        }
    }

    /// Accounts of anybody: what was spent of each, and what is set aside.
    package func report(
        accounts: [(pool: PoolSettings, subject: String)],
        now: Int,
        done: @escaping (Result<[[PoolReport.Line]], StoreFault>) -> Void
    ) {
        let payment = SharedPayment(
            pools: accounts.map(\.pool),
            limits: [],
            tokens: 0,
            base: base,
            words: ("[\(accounts.map { words.pool($0.pool, now: now) }.joined(separator: ","))]", "[]"),
            payers: accounts.map(\.subject),
            subjects: []
        )
        let order = "{\"op\":\"report\",\"a\":\(payment.accounts)}"
        _ = ask(order, keys: [base + "x", base + "r:"] + payment.keys) { result in
            done(result.map { SharedStore.lines($0, payment) })
        }
    }

    /// By position of the account.
    private static func lines(_ reply: SharedReply, _ payment: SharedPayment) -> [[PoolReport.Line]] {
        var lines = payment.pools.map { _ in [PoolReport.Line]() }
        for start in stride(from: 0, to: reply.numbers.count - 5, by: 6) {
            guard lines.indices.contains(reply[start] - 1), let quantity = Quantity(rawValue: reply[start + 1] - 1)
            else { continue }
            lines[reply[start] - 1].append(
                PoolReport.Line(
                    quantity: quantity,
                    capacity: reply[start + 2],
                    used: reply[start + 3],
                    reserved: reply[start + 4],
                    resetsMilliseconds: reply[start + 5]
                )
            )
        }
        return lines
    }

    private static func hexadecimal(_ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// A text as JSON.
    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": result += "\\\(scalar)"
            case "\0"..." ":
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
