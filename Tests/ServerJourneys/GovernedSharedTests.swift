import Foundation
import Glibc
import Synchronization
import TestKit
import Testing

/// The same load on two proxies that share a Redis server: together they have what one would have.
///
/// `HOOSH_GOVERNED_REQUESTS=10000 HOOSH_GOVERNED_IN_FLIGHT=4000` is the long run.
@Suite(.serialized, .enabled(if: RedisServer.isInstalled, "\(RedisServer.missing)"))
struct GovernedSharedTests {
    private static func wish(_ policy: String = "deny") -> GovernedLaboratory.Wish {
        var wish = GovernedLoadTests.wish()
        wish.onStoreError = policy
        wish.proxies = 2
        // Thousands at once on a busy machine are more than one Redis answers in a few seconds.
        if GovernedLoadTests.isLong { wish.storeTimeout = "60s" } else { (wish.count, wish.inFlight) = (900, 200) }
        return wish
    }

    private func tell(_ laboratory: GovernedLaboratory, _ outcome: GovernedOutcome) throws {
        guard GovernedLoadTests.isLong else { return }
        print(laboratory.summary(outcome))
        for member in laboratory.members {
            let page = try MetricsPage(fetch(member.admin, "GET", "/metrics").text)
            let calls = page.samples.filter { $0.name == "hoosh_store_calls_total" }
            print(calls.map { "\($0.labels["result"] ?? ""): \(Int($0.value))" }.joined(separator: ", "))
        }
    }

    @Test(arguments: [false, true])
    func `two proxies on one Redis charge what the provider reported, and let in no more than one would`(
        isRough: Bool
    )
        throws
    {
        var wish = Self.wish()
        wish.isRough = isRough
        let laboratory = try GovernedLaboratory(wish)
        var outcome = GovernedOutcome()
        let watched = Mutex<[String]>([])
        try laboratory.send(0..<wish.count, into: &outcome) {
            let found = try laboratory.watch(until: laboratory.wish.count)
            watched.withLock { $0 = found }
        }
        try tell(laboratory, outcome)
        let faults = watched.withLock { $0 } + (try laboratory.judge(outcome))
        #expect(faults.isEmpty, "\(faults.count): \(faults.prefix(9).joined(separator: "\n"))")
        let kinds = outcome.kinds
        #expect(kinds["denied"] == nil, "\(kinds)")
        if isRough {
            for kind in ["200", "left", "broken", "500", "502"] { #expect(kinds[kind] ?? 0 > 0, "\(kind): \(kinds)") }
            return
        }
        #expect(kinds["200"] ?? 0 > wish.count / 3, "\(kinds)")
        for limit in GovernedLoadTests.limits {
            #expect(kinds["429 gateway \(limit)"] ?? 0 > 0, "\(limit): \(kinds)")
        }
    }

    @Test(arguments: ["deny", "local_share", "open"])
    func `while Redis is held or gone what the file says for that holds, and in the end all is charged once`(
        policy: String
    )
        throws
    {
        var wish = Self.wish(policy)
        wish.isRough = true
        wish.storeTimeout = "300ms"
        if !GovernedLoadTests.isLong { (wish.count, wish.inFlight) = (700, 150) }
        let laboratory = try GovernedLaboratory(wish)
        var outcome = GovernedOutcome()
        let longest = Mutex(0.0)
        try laboratory.send(0..<wish.count, into: &outcome) {
            let seconds = try laboratory.outages()
            longest.withLock { $0 = seconds }
        }
        try tell(laboratory, outcome)
        let faults = try laboratory.judge(outcome, outageSeconds: longest.withLock { $0 })
        #expect(faults.isEmpty, "\(faults.count): \(faults.prefix(9).joined(separator: "\n"))")
        let kinds = outcome.kinds
        #expect(kinds["200"] ?? 0 > 0, "\(kinds)")
        #expect((kinds["denied"] ?? 0 > 0) == (policy == "deny"), "\(kinds)")
        for alone in ["local_share", "open"] {
            #expect((kinds["200 \(alone)"] ?? 0 > 0) == (policy == alone), "\(kinds)")
        }
    }

    @Test func `a proxy that is killed leaves what ends by itself, and the other goes on`() throws {
        let wish = Self.wish()
        let laboratory = try GovernedLaboratory(wish)
        let server = try #require(laboratory.server)
        var outcome = GovernedOutcome()
        let isGone = Atomic(false)
        let killed = Mutex<Int64>(0)
        let part = wish.count * 6 / 10
        try laboratory.send(
            0..<part,
            into: &outcome,
            isGone: { $0 == 1 && isGone.load(ordering: .relaxed) },
            while: {
                laboratory.wait(answered: laboratory.wish.count * 2 / 10)
                isGone.store(true, ordering: .relaxed)
                let moment = try laboratory.kill(1)
                killed.withLock { $0 = moment }
            }
        )
        let killedAt = killed.withLock { $0 }
        #expect(try laboratory.settle(only: 0).isEmpty)
        let left = try GovernedStore(server)
        #expect(left.faults.isEmpty, "\(left.faults)")
        // What ran at it holds what it had set aside, and what had ended just before: no more does.
        let ran = outcome.answers.filter {
            outcome.proxies[$0.key] == 1 && $0.value.sent <= killedAt && $0.value.ended > killedAt - 1_000_000_000
        }
        #expect(left.open <= ran.count && (left.open > 0 || GovernedLoadTests.isLong), "\(left.open) of \(ran.count)")
        try laboratory.endLeases(waits: GovernedLoadTests.isLong)
        try laboratory.start(1)
        laboratory.send(part..<wish.count, into: &outcome)
        try tell(laboratory, outcome)
        // Redis confirms a settlement as soon as it can, which is later where thousands ask at once.
        let grace: Int64 = GovernedLoadTests.isLong ? 5_000_000_000 : 1_000_000_000
        let faults = try laboratory.settle() + laboratory.judge(outcome, killedAt: killedAt, dead: 1, grace: grace)
        #expect(faults.isEmpty, "\(faults.count): \(faults.prefix(9).joined(separator: "\n"))")
        let others = outcome.answers.filter { outcome.proxies[$0.key] == 0 || $0.value.sent > killedAt }
        #expect(others.count > wish.count / 2)
        for answer in others.values where answer.ending != .complete || ![200, 429].contains(answer.status) {
            // Whoever was sent while it died may not have been answered.
            if answer.sent > killedAt + 500_000_000 || answer.ending == .complete { Issue.record("\(answer)") }
        }
    }

    @Test func `proxies that forget those who left would keep their budgets in Redis, and this would see it`() throws {
        var wish = Self.wish()
        wish.isRough = true
        wish.damage = "departures"
        wish.count = 200
        wish.inFlight = 100
        let laboratory = try GovernedLaboratory(wish)
        var outcome = GovernedOutcome()
        laboratory.send(0..<wish.count, into: &outcome)
        let faults = try laboratory.judge(outcome, patienceSeconds: 3)
        #expect(faults.contains { $0.contains("reservations are open") }, "\(faults.prefix(5))")
        #expect(faults.contains { $0.contains("holds ht") }, "\(faults.prefix(5))")
    }
}
