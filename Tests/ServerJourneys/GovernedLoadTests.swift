import Foundation
import TestKit
import Testing

/// Budgets, limits and prices under load: what the provider reported is what the books have, whatever went wrong.
///
/// `HOOSH_GOVERNED_REQUESTS=10000 HOOSH_GOVERNED_IN_FLIGHT=4000` is the long run.
@Suite(.serialized) struct GovernedLoadTests {
    private static func setting(_ name: String) -> Int? {
        ProcessInfo.processInfo.environment[name].flatMap(Int.init)
    }

    private static func wish() -> GovernedLaboratory.Wish {
        var wish = GovernedLaboratory.Wish()
        wish.count = setting("HOOSH_GOVERNED_REQUESTS") ?? wish.count
        wish.inFlight = setting("HOOSH_GOVERNED_IN_FLIGHT") ?? wish.inFlight
        if let seed = setting("HOOSH_GOVERNED_SEED") { wish.seed = UInt64(seed) }
        return wish
    }

    private func run(_ laboratory: GovernedLaboratory) -> GovernedOutcome {
        var outcome = GovernedOutcome()
        laboratory.send(0..<laboratory.wish.count, into: &outcome)
        if Self.setting("HOOSH_GOVERNED_REQUESTS") != nil { print(laboratory.summary(outcome)) }
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
        for limit in ["brisk", "words", "swarm", "exact", "tight", "dollars", "few"] {
            #expect(kinds["429 gateway \(limit)"] ?? 0 > 0, "\(limit): \(kinds)")
        }
    }

    @Test func `clients that leave pay for what was delivered, what fails costs nothing, and nothing stays set aside`()
        throws
    {
        var wish = Self.wish()
        wish.isRough = true
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
}
