import Budgets
import Loop

/// Settlements that Redis has not confirmed yet.
struct Outbox {
    struct Letter {
        let words: [String]
        let born: Int64
    }

    /// Older ones are given up: by then their reservations have long expired.
    static let ageNanoseconds: Int64 = 300_000_000_000
    static let limit = 65_536
    /// So many are on their way at once.
    static let window = 1_024

    var letters = Line<Letter>()
    var underway = 0
}

// What is not waited for.
extension SharedStore {
    /// Charges what a request used, or gives all back where there is nothing to charge.
    ///
    /// * `tokens`: what limits count in the end.
    package func settle(_ id: String, _ payment: SharedPayment, _ actual: Amount?, tokens: Int) {
        let charge = actual.map { ",\"actual\":\(SharedStore.json($0))" } ?? ""
        let order =
            "{\"op\":\"settle\"\(charge),\"tok\":\(max(tokens, 0)),\"k\":\(payment.tokens)"
            + ",\"a\":\(payment.accounts),\"l\":\(payment.rates)}"
        post(id, order, payment)
    }

    /// The request was not served after all: nothing of it counts.
    package func withdraw(_ id: String, _ payment: SharedPayment) {
        let order =
            "{\"op\":\"settle\",\"undo\":1,\"tok\":0,\"k\":0,\"a\":\(payment.accounts),\"l\":\(payment.rates)}"
        post(id, order, payment)
    }

    /// Charges what was let in without the store.
    package func owe(_ id: String, _ payment: SharedPayment, _ actual: Amount, tokens: Int) {
        let order =
            "{\"op\":\"settle\",\"late\":1,\"actual\":\(SharedStore.json(actual)),\"tok\":\(max(tokens, 0)),\"k\":0"
            + ",\"a\":\(payment.accounts),\"l\":\(payment.rates)}"
        post(id, order, payment)
    }

    private func post(_ id: String, _ order: String, _ payment: SharedPayment) {
        held.remove(id)
        let keys = [base + "x", base + "r:" + id] + payment.keys
        outbox.letters.append(Outbox.Letter(words: ["\(keys.count)"] + keys + [order, base], born: loop.now))
        health.waiting.add(1, ordering: .relaxed)
        if outbox.letters.count > Outbox.limit {
            outbox.letters.removeFirst()
            gone(isLost: true)
        }
        flush()
    }

    private func gone(isLost: Bool) {
        health.waiting.subtract(1, ordering: .relaxed)
        if isLost { health.lost.add(1, ordering: .relaxed) }
    }

    /// Sends what waits.
    func flush() {
        while state == .ready, outbox.underway < Outbox.window, let letter = outbox.letters.first {
            if loop.now - letter.born > Outbox.ageNanoseconds {
                outbox.letters.removeFirst()
                gone(isLost: true)
                continue
            }
            let taken = tell(letter.words) { [weak self] reply in self?.confirmed(letter, reply) }
            guard taken else { return }
            outbox.letters.removeFirst()
            outbox.underway += 1
        }
    }

    private func confirmed(_ letter: Outbox.Letter, _ reply: RedisReply?) {
        outbox.underway -= 1
        switch Result(catching: { () throws(StoreFault) in try SharedReply(reply) }) {
        case .success(let reply):
            serverMilliseconds = reply.milliseconds
            gone(isLost: false)
        // Asked once more with the next tick: done twice is done once.
        case .failure: outbox.letters.append(letter)
        }
        // Not from within an answer: the connection is in use.
        if whenFinished != nil { loop.again(self) }
    }

    /// Tells the store which reservations are alive.
    func renew() {
        renewsAt = loop.now + Int64(settings.leaseMilliseconds) * 1_000_000 / 4
        var rest = Array(held)[...]
        while !rest.isEmpty {
            let ids = rest.prefix(500).map { "\"\($0)\"" }.joined(separator: ",")
            rest = rest.dropFirst(500)
            let order = "{\"op\":\"renew\",\"ttl\":\(settings.leaseMilliseconds),\"ids\":[\(ids)]}"
            guard tell(["2", base + "x", base + "r:", order, base], { _ in }) else { return }
        }
    }

    static func json(_ amount: Amount) -> String { "[\(amount.tokens),\(amount.nanodollars),\(amount.requests)]" }
}
