import Budgets
import Glibc
import Limits
import Routing
import SharedPools
import TestKit
import Testing

/// Limits that a real Redis counts for several proxies.
@Suite(.serialized, .enabled(if: RedisServer.isInstalled, "\(RedisServer.missing)"))
struct SharedLimitTests {
    @Test func `rates and requests at a time are counted for all`() throws {
        let server = try RedisServer()
        let station = try StoreStation(server)
        for isSliding in [false, true] {
            var limit = LimitSettings("rate\(isSliding)", by: .key)
            limit.requests = LimitSettings.Flow(5, perSeconds: 3_600)
            limit.tokens = LimitSettings.Flow(3_600_000, perSeconds: 3_600)
            limit.burst = 5
            limit.isSliding = isSliding
            let payment = station.payment([], limits: [limit], tokens: 100, who: "a")
            for turn in 0..<5 {
                let name = StoreStation.newName()
                guard case .reserved(_, let told) = station.reserve(name, payment, Amount()) else {
                    Issue.record("refused in turn \(turn)")
                    return
                }
                #expect(told.requests?.limit == 5)
                #expect(told.requests?.remaining == 4 - turn)
                station.store.settle(name, payment, nil, tokens: 40)
            }
            guard case .refused(let excess) = station.reserve("x", payment, Amount()) else {
                Issue.record("the sixth is let in")
                return
            }
            #expect(excess.limit == limit.name && excess.quantity == .requests && excess.remaining == 0)
            #expect(excess.retryNanoseconds > 0 && excess.retryNanoseconds <= 4_500_000_000_000)
            // Somebody else has his own.
            let other = station.payment([], limits: [limit], tokens: 100, who: "b")
            guard case .reserved = station.reserve("y\(isSliding)", other, Amount()) else {
                Issue.record("another one is refused")
                return
            }
            station.store.withdraw("y\(isSliding)", other)
            station.settle()
            guard case .reserved(_, let told) = station.reserve("z\(isSliding)", other, Amount()) else { continue }
            #expect(told.requests?.remaining == 4)
        }
        var few = LimitSettings("few", by: .global)
        few.concurrent = 2
        let payment = station.payment([], limits: [few], tokens: 0)
        _ = station.reserve("c1", payment, Amount())
        _ = station.reserve("c2", payment, Amount())
        guard case .refused(let excess) = station.reserve("c3", payment, Amount()) else {
            Issue.record("three at a time")
            return
        }
        #expect(excess.quantity == .concurrent && excess.amount == 2)
        station.store.settle("c1", payment, nil, tokens: 0)
        station.settle()
        guard case .reserved = station.reserve("c4", payment, Amount()) else {
            Issue.record("a place is not free again")
            return
        }
    }

    @Test func `what a sliding window takes back it takes out of the part that has it`() throws {
        let server = try RedisServer()
        let station = try StoreStation(server)
        var limit = LimitSettings("slow", by: .global)
        limit.tokens = LimitSettings.Flow(100, perSeconds: 4)
        limit.isSliding = true
        func pays(_ tokens: Int, _ name: String) -> Bool {
            let payment = station.payment([], limits: [limit], tokens: tokens)
            guard case .reserved = station.reserve(name, payment, Amount()) else { return false }
            return true
        }
        #expect(pays(100, "long"))
        usleep(3_000_000)
        station.store.settle("long", station.payment([], limits: [limit], tokens: 100), nil, tokens: 10)
        station.settle()
        #expect(pays(90, "next"))
        usleep(1_600_000)
        // The first has left; the 90 of the last four seconds are still there.
        #expect(pays(10, "third"))
        #expect(!pays(85, "fourth"))
    }

    @Test func `what has flown off is not given back once more`() throws {
        let server = try RedisServer()
        let station = try StoreStation(server)
        var limit = LimitSettings("slow", by: .global)
        limit.tokens = LimitSettings.Flow(300, perSeconds: 3)
        limit.burst = 300
        func payment(_ tokens: Int) -> SharedPayment { station.payment([], limits: [limit], tokens: tokens) }
        func pays(_ tokens: Int, _ name: String) -> Bool {
            guard case .reserved = station.reserve(name, payment(tokens), Amount()) else { return false }
            return true
        }
        #expect(pays(300, "held"))
        usleep(3_200_000)
        #expect(pays(300, "next"))
        station.store.settle("next", payment(300), nil, tokens: 300)
        station.store.settle("held", payment(300), nil, tokens: 0)
        station.settle()
        #expect(!pays(290, "third"))
        // What still counts is given back.
        usleep(3_200_000)
        #expect(pays(300, "fourth"))
        station.store.settle("fourth", payment(300), nil, tokens: 10)
        station.settle()
        #expect(pays(290, "fifth"))
    }
}
