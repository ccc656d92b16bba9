import Foundation
import Synchronization
import TestKit
import Testing

/// Budgets, limits and prices under load: what the provider reported is what the books have, whatever went wrong.
///
/// `HOOSH_GOVERNED_REQUESTS=10000 HOOSH_GOVERNED_IN_FLIGHT=4000` is the long run.
@Suite(.serialized) struct GovernedLoadTests {
    private static func setting(_ name: String) -> Int? {
        ProcessInfo.processInfo.environment[name].flatMap(Int.init)
    }

    /// Somebody has asked for another size than the usual one.
    static var isLong: Bool { setting("HOOSH_GOVERNED_REQUESTS") != nil }

    /// What a load has to come up against; in a long one on a busy machine the speed of it decides about the others.
    static var limits: [String] {
        isLong
            ? ["words", "exact", "tight", "dollars"] : ["brisk", "words", "swarm", "exact", "tight", "dollars", "few"]
    }

    static func wish() -> GovernedLaboratory.Wish {
        var wish = GovernedLaboratory.Wish()
        wish.count = setting("HOOSH_GOVERNED_REQUESTS") ?? wish.count
        wish.inFlight = setting("HOOSH_GOVERNED_IN_FLIGHT") ?? wish.inFlight
        if let seed = setting("HOOSH_GOVERNED_SEED") { wish.seed = UInt64(seed) }
        return wish
    }

    private func run(_ laboratory: GovernedLaboratory) -> GovernedOutcome {
        var outcome = GovernedOutcome()
        laboratory.send(0..<laboratory.wish.count, into: &outcome)
        if Self.isLong { print(laboratory.summary(outcome)) }
        return outcome
    }

    @Test func `what is charged is what the provider reported, and nobody is let in beyond a budget or a limit`() throws
    {
        let laboratory = try GovernedLaboratory(Self.wish())
        let outcome = run(laboratory)
        let faults = try laboratory.judge(outcome)
        #expect(faults.isEmpty, "\(faults.count): \(faults.prefix(9).joined(separator: "\n"))")
        let kinds = outcome.kinds
        // It was a load that some of each had to be refused of.
        #expect(kinds["200"] ?? 0 > laboratory.wish.count / 3, "\(kinds)")
        for limit in Self.limits {
            #expect(kinds["429 gateway \(limit)"] ?? 0 > 0, "\(limit): \(kinds)")
        }
    }

    @Test(arguments: [false, true])
    func `clients that leave pay for what was delivered, what fails costs nothing, and nothing stays set aside`(
        isKept: Bool
    )
        throws
    {
        var wish = Self.wish()
        wish.isRough = true
        wish.isKept = isKept
        let laboratory = try GovernedLaboratory(wish)
        let outcome = run(laboratory)
        let faults = try laboratory.judge(outcome)
        #expect(faults.isEmpty, "\(faults.count): \(faults.prefix(9).joined(separator: "\n"))")
        let kinds = outcome.kinds
        for kind in ["200", "left", "broken", "500", "502"] { #expect(kinds[kind] ?? 0 > 0, "\(kind): \(kinds)") }
    }

    @Test func `a proxy that forgets those who left would keep their budgets, and this would see it`() throws {
        var wish = Self.wish()
        wish.isRough = true
        wish.damage = "departures"
        wish.count = 200
        wish.inFlight = 100
        let laboratory = try GovernedLaboratory(wish)
        let faults = try laboratory.judge(run(laboratory), patienceSeconds: 3)
        #expect(faults.contains { $0.contains("hoosh_pool_reserved") }, "\(faults.prefix(5))")
        #expect(faults.contains { $0.contains("hoosh_limit_running") }, "\(faults.prefix(5))")
    }

    @Test func `with an SQLite file a kill loses nothing that rests, and of a load no more than the last batch`() throws
    {
        var wish = Self.wish()
        wish.isKept = true
        let laboratory = try GovernedLaboratory(wish)
        var outcome = GovernedOutcome()
        laboratory.send(0..<wish.count / 2, into: &outcome)
        #expect(try laboratory.settle().isEmpty)
        let before = try GovernedBooks(laboratory)
        // Several batches.
        usleep(2_000_000)
        try laboratory.kill(0)
        try laboratory.start(0)
        let after = try GovernedBooks(laboratory)
        for pool in laboratory.pools.all {
            for quantity in ["tokens", "micro_usd", "requests"] {
                #expect(after.used(pool.name, quantity) == before.used(pool.name, quantity), "\(pool.name) \(quantity)")
            }
        }
        #expect(after.costs.mapValues(\.charge) == before.costs.mapValues(\.charge))
        // In the middle of the other half.
        let killed = Mutex<Int64>(0)
        let group = DispatchGroup()
        group.enter()
        Thread.detachNewThread {
            usleep(1_500_000)
            killed.withLock { $0 = (try? laboratory.kill(0)) ?? 0 }
            group.leave()
        }
        laboratory.send(wish.count / 2..<wish.count, into: &outcome)
        group.wait()
        try laboratory.start(0)
        let faults = try laboratory.judge(outcome, killedAt: killed.withLock { $0 })
        #expect(faults.isEmpty, "\(faults.joined(separator: "\n"))")
        if Self.isLong { print(laboratory.summary(outcome)) }
    }
}
