import Dialect
import TestKit
import WireCases

/// One request of the load on a governed proxy: who asks for what, which budget pays, and what goes wrong with it.
struct GovernedRequest: Sendable {
    /// A client, with its tenant.
    struct Key: Sendable {
        let name: String
        let tenant: String
        var token: String { "\(name)-0123456789abcdef0123" }
        var variable: String { "\(name.uppercased())_TOKEN" }
    }

    static let keys = [
        Key(name: "ada", tenant: "acme"), Key(name: "bob", tenant: "acme"), Key(name: "eve", tenant: "umbrella"),
        Key(name: "ivo", tenant: "umbrella"),
    ]

    /// The name that the client and the mock know it by.
    let name: String
    let key: Key
    let pool: String
    let model: String
    let path: String
    let streams: Bool
    let body: String
    private(set) var controls: Headers = []
    private(set) var departure = LoadOrder.Departure.never

    /// * `isRough`: clients leave and upstreams fail.
    init(_ number: Int, seed: UInt64, isRough: Bool) {
        var dice = Dice(seed: seed &+ UInt64(number) &* 0x9e37_79b9_7f4a_7c15)
        name = "r\(number)"
        key = Self.keys[dice.roll(Self.keys.count)]
        let luck = dice.roll(100)
        switch luck {
        case 0..<12: model = "brisk-small"
        case 12..<26: model = "busy-small"
        case 26..<40: model = "claude-mock"
        case 40..<60: model = "plain-large"
        default: model = "plain-small"
        }
        let shares = ["wide", "wide", "wide", "exact", "tight", "dollars", "few", isRough ? "cutting" : "wide"]
        pool = luck < 26 ? "wide" : shares[dice.roll(shares.count)]
        streams = dice.roll(3) > 0
        let isAnthropic = dice.roll(4) == 0
        path = isAnthropic ? "/v1/messages" : "/v1/chat/completions"
        let words = dice.roll(12) == 0 ? 200 + dice.roll(1_200) : 1 + dice.roll(60)
        let message = (0..<words).map { "word\($0 % 10)" }.joined(separator: " ")
        let events = 1 + dice.roll(40)
        // Anthropic's clients always say it. Budgets that overrun are those of clients that do not.
        let saysMost = isAnthropic || pool != "tight" && pool != "cutting"
        // The mock answers with as many events, or the question and 14 words more.
        let most = (streams ? events * 40 : words + 14) + 50
        body =
            "{\"model\":\"\(model)\",\"pool\":\"\(pool)\",\"stream\":\(streams),"
            + (saysMost ? "\"max_tokens\":\(most)," : "")
            + "\"messages\":[{\"role\":\"user\",\"content\":\"\(message)\"}]}"
        controls = [("x-mock-account", name)]
        if streams {
            controls += [("x-mock-events", "\(events)"), ("x-mock-gap-us", "\(1_000 * (1 + dice.roll(15)))")]
        }
        var faults: [String] = []
        if dice.roll(3) == 0 {
            faults.append(streams ? "late-first-event" : "slow-head")
            controls.append(("x-mock-delay-ms", "\(20 + dice.roll(150))"))
        }
        if isRough { spoil(&dice, events, &faults) }
        if !faults.isEmpty { controls.append(("x-mock-fault", faults.joined(separator: ","))) }
    }

    private mutating func spoil(_ dice: inout Dice, _ events: Int, _ faults: inout [String]) {
        switch dice.roll(10) {
        case 0: departure = dice.roll(2) == 0 ? .atOnce : .afterMilliseconds(dice.roll(4))
        case 1: departure = .afterMilliseconds(5 + dice.roll(250))
        case 2: departure = .afterBytes(1 + dice.roll(6_000))
        case 3:
            controls.append(("x-mock-status", ["500", "503", "429", "404"][dice.roll(4)]))
            onlyOnce(&dice)
        case 4:
            faults.append(
                streams ? ["cut", "reset", "error-event"][dice.roll(3)] : ["cut", "short-body"][dice.roll(2)]
            )
            controls.append(("x-mock-after", "\(dice.roll(events))"))
            onlyOnce(&dice)
        case 5:
            faults.append("close-before-head")
            onlyOnce(&dice)
        default: break
        }
    }

    /// Sometimes only the first try fails, so that another follows.
    private mutating func onlyOnce(_ dice: inout Dice) {
        if dice.roll(2) == 0 { controls += [("x-mock-times", "1"), ("x-mock-key", name)] }
    }

    /// The prompt by its size, as the proxy measures it.
    var promptEstimate: Int {
        let bytes = Array(body.utf8)
        return RequestMeasure.of(bytes.span).tokens
    }

    /// As it goes over the wire.
    func order(server: Int) -> LoadOrder {
        var head = "POST \(path) HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        head += "Authorization: Bearer \(key.token)\r\nx-request-id: \(name)\r\n"
        for (name, value) in controls { head += "\(name): \(value)\r\n" }
        head += "Content-Length: \(body.utf8.count)\r\n\r\n"
        return LoadOrder(Array((head + body).utf8), departure: departure, server: server)
    }
}
