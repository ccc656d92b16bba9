import Budgets
import Routing
import SharedPools
import Synchronization
import TestKit
import Testing

/// A server that says more than it was asked, or has forgotten what it was told.
@Suite(.serialized)
struct StrayReplyTests {
    private static let subscribed = "*3\r\n$9\r\nsubscribe\r\n$1\r\nx\r\n:1\r\n"
    private static let message = "*3\r\n$7\r\nmessage\r\n$1\r\nx\r\n$1\r\ny\r\n"
    private static let pushed = ">2\r\n$10\r\ninvalidate\r\n*0\r\n"
    private static let digest = "$40\r\n\(String(repeating: "a", count: 40))\r\n"
    private static let unasked = "it sent a reply that nobody asked for"

    /// A whole answer of the script.
    private static func done() -> String { "*2\r\n$2\r\nok\r\n:\(StoreStation.milliseconds)\r\n" }

    /// What the script is answered and why the store is lost by it; `OK` stands for the answer.
    static let strays: [(pieces: [String], reason: String)] = [
        (["OK:1\r\n"], unasked),
        ([":1\r\n:1\r\n"], unasked),
        (["OK", ":1\r\n"], unasked),
        (["OK:"], unasked),
        (["OK$-1\r\n"], unasked),
        (["OK-ERR boom\r\n"], unasked),
        (["OK", "-ERR boom\r\n"], "ERR boom"),
        (["OK\(subscribed)"], unasked),
        (["OK", subscribed], unasked),
        ([subscribed], unasked),
        ([message], unasked),
        (["OK", message], unasked),
        (["OK\(pushed)"], unasked),
        (["OK", pushed], unasked),
        ([pushed], "Protocol error"),
        (["OK", "\0\u{1}"], unasked),
    ]

    private func payment(_ station: StoreStation) -> SharedPayment {
        var pool = PoolSettings("p")
        pool.tokens = PoolSettings.Allowance(1_000_000, Window(.day))
        return station.payment([pool])
    }

    private func isServed(_ station: StoreStation) -> Bool {
        let answer = station.reserve(StoreStation.newName(), payment(station), Amount(tokens: 1))
        guard case .reserved = answer else { return false }
        return true
    }

    @Test(arguments: strays.indices)
    func `a reply too many costs the connection and no more`(_ index: Int) throws {
        let stray = Self.strays[index]
        let isBad = Flag(true)
        let server = try ScriptedRedis { words in
            guard words[0] == "EVALSHA" else { return [Self.digest] }
            guard isBad.isSet else { return [Self.done()] }
            return stray.pieces.map { $0.hasPrefix("OK") ? Self.done() + $0.dropFirst(2) : $0 }
        }
        let station = try StoreStation(at: server.url)
        station.turn { station.store.isReady }
        let answer = station.reserve(StoreStation.newName(), payment(station), Amount(tokens: 1))
        switch answer {
        case .failed(let fault): #expect(fault == .lost)
        case .reserved: #expect(stray.pieces.count == 2)
        case .exhausted, .refused, .crowded: Issue.record("\(answer)")
        }
        #expect(station.turn { !station.reasons.all.isEmpty })
        #expect(station.reasons.all.first?.hasPrefix(stray.reason) == true, "\(station.reasons.all)")
        isBad.clear()
        // It may be on its way to lose one more that was made meanwhile.
        #expect(station.turn { station.store.isReady && station.health.isUp && isServed(station) })
        withExtendedLifetime(server) {}
    }

    @Test(arguments: [
        ":1\r\n", "+OK\r\n", subscribed, message, pushed, "$-1\r\n", "-ERR max number of clients reached\r\n", "\0",
    ])
    func `who speaks before it is asked is no store`(_ greeting: String) throws {
        let isBad = Flag(true)
        let server = try ScriptedRedis(greeting: { isBad.isSet ? greeting : "" }) { words in
            [words[0] == "EVALSHA" ? Self.done() : Self.digest]
        }
        let station = try StoreStation(at: server.url)
        #expect(station.turn { !station.reasons.all.isEmpty })
        #expect(!isServed(station))
        isBad.clear()
        #expect(station.turn { station.store.isReady && station.health.isUp && isServed(station) })
        withExtendedLifetime(server) {}
    }

    @Test func `a server that forgets our script all the time is given it with each question`() throws {
        let wholes = Atomic<Int>(0)
        let server = try ScriptedRedis { words in
            switch words[0] {
            case "EVALSHA": return ["-NOSCRIPT No matching script. Please use EVAL.\r\n"]
            case "EVAL":
                wholes.add(1, ordering: .relaxed)
                return [Self.done()]
            default: return [Self.digest]
            }
        }
        let station = try StoreStation(at: server.url)
        station.turn { station.store.isReady }
        for _ in 0..<20 { #expect(isServed(station)) }
        #expect(wholes.load(ordering: .relaxed) == 20)
        #expect(station.reasons.all.isEmpty)
        withExtendedLifetime(server) {}
    }

    @Test(.enabled(if: RedisServer.isInstalled, "\(RedisServer.missing)"))
    func `nobody notices that the scripts were flushed, and nothing is charged twice`() throws {
        let server = try RedisServer()
        let station = try StoreStation(server)
        station.turn { station.store.isReady }
        let payment = payment(station)
        for round in 0..<40 {
            var (asked, served, settled) = (0, 0, 0)
            // Each settles at once, so that settlements meet a flushed server as well.
            while asked < 20 {
                let id = StoreStation.newName()
                station.store.reserve(id, payment, Amount(tokens: 5), goesOn: false) { outcome in
                    if case .reserved = outcome { served += 1 } else { Issue.record("\(outcome)") }
                    station.store.settle(id, payment, Amount(tokens: 3), tokens: 3)
                    settled += 1
                }
                asked += 1
                if asked == round % 20 { _ = try server.command("SCRIPT", "FLUSH") }
                if asked % 4 == 0 { station.loop.turn() }
            }
            #expect(try server.command("SCRIPT", "FLUSH").contains("OK"))
            #expect(station.turn { settled == 20 && station.store.isQuiet })
            #expect(served == 20)
        }
        #expect(station.check(payment)?.tokens == 1_000_000 - 40 * 20 * 3)
        #expect(station.store.heldCount == 0)
        #expect(station.reasons.all.isEmpty, "\(station.reasons.all)")
    }
}

/// Set until it is cleared.
private final class Flag: Sendable {
    private let value: Atomic<Bool>
    init(_ value: Bool) { self.value = Atomic(value) }
    var isSet: Bool { value.load(ordering: .relaxed) }
    func clear() { value.store(false, ordering: .relaxed) }
}
