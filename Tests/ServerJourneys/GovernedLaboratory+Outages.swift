import Foundation
import Synchronization
import TestKit

// What goes wrong in the middle of a load with the Redis server that proxies share, and who looks at it meanwhile.
extension GovernedLaboratory {
    /// Sends requests while a thread of its own does something else.
    func send(
        _ numbers: Range<Int>,
        into outcome: inout GovernedOutcome,
        isGone: (Int) -> Bool = { _ in false },
        while work: @escaping @Sendable () throws -> Void
    ) throws {
        let failure = Mutex<(any Error)?>(nil)
        let group = DispatchGroup()
        group.enter()
        Thread.detachNewThread {
            do { try work() } catch {
                failure.withLock { $0 = error }
                self.server?.goOn()
            }
            self.gate.store(.max, ordering: .relaxed)
            group.leave()
        }
        send(numbers, into: &outcome, isGone: isGone)
        group.wait()
        if let error = failure.withLock({ $0 }) { throw error }
    }

    /// Waits until so many requests are over.
    func wait(answered count: Int) {
        _ = eventually(seconds: 280) { answered.load(ordering: .relaxed) >= count }
    }

    /// Looks at Redis until so many requests are over: whether at any moment reservations are what accounts hold.
    func watch(until count: Int) throws -> [String] {
        guard let server else { return [] }
        var faults: [String] = []
        while answered.load(ordering: .relaxed) < count, faults.isEmpty {
            faults = try GovernedStore(server).faults
            // It looks at every reservation, and nobody else is answered meanwhile.
            usleep(UInt32(max(wish.inFlight, 200)) * 500)
        }
        return faults
    }

    /// Holds Redis, and later ends it and starts it again; the longest that it was away, in seconds.
    func outages() throws -> Double {
        guard let server else { return 0 }
        wait(answered: wish.count / 10)
        let held = try outage({ server.hold() }, { server.goOn() })
        gate.store(begun.load(ordering: .relaxed) + wish.count / 10, ordering: .relaxed)
        _ = eventually(seconds: 20) { begun.load(ordering: .relaxed) >= gate.load(ordering: .relaxed) }
        let ended = try outage({ server.stop() }, { try server.startAgain() })
        return max(held, ended)
    }

    /// Some requests come while it is away; others wait until all loops have it again.
    private func outage(_ begin: () -> Void, _ end: () throws -> Void) throws -> Double {
        let start = monotonicNanoseconds()
        gate.store(begun.load(ordering: .relaxed) + wish.count * 15 / 100, ordering: .relaxed)
        begin()
        usleep(700_000)
        _ = eventually(seconds: 5) { begun.load(ordering: .relaxed) >= gate.load(ordering: .relaxed) }
        try end()
        let isBack = try eventually(seconds: 30) {
            try members.allSatisfy {
                try MetricsPage(fetch($0.admin, "GET", "/metrics").text).value("hoosh_store_up") == 1
            }
        }
        if !isBack { throw TestKitFailure("the store does not come back") }
        return Double(monotonicNanoseconds() - start) / 1e9
    }

    /// Lets the leases of whoever is dead end; `waits` for them instead of moving their ends.
    func endLeases(waits: Bool) throws {
        guard let server else { return }
        if !waits {
            let script =
                "for _, n in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do redis.call('ZINCRBY', KEYS[1], -60000, n) end"
            _ = try server.command("EVAL", script, "1", "{hoosh}:x")
        }
        let isOver = try eventually(seconds: 100) {
            // Whoever asks takes off what is over.
            _ = try fetch(
                members[0].address,
                "GET",
                "/v1/tokens/pools",
                headers: [("authorization", "Bearer \(GovernedRequest.keys[0].token)")]
            )
            return try GovernedStore(server).leftovers.isEmpty
        }
        if !isOver { throw TestKitFailure("\(try GovernedStore(server).leftovers)") }
    }
}
