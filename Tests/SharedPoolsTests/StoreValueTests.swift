import Budgets
import SharedPools
import TestKit
import Testing

/// Values that proxies leave for one another in a real Redis.
@Suite(.serialized, .enabled(if: RedisServer.isInstalled, "\(RedisServer.missing)"))
struct StoreValueTests {
    private func find(_ station: StoreStation, _ name: String, _ generations: [String] = []) -> SharedStore.Found? {
        var found: Result<SharedStore.Found, StoreFault>?
        station.store.find(name, generations: generations, mostBytes: 200_000) { found = $0 }
        station.turn { found != nil }
        return try? found?.get()
    }

    private func give(_ station: StoreStation, _ name: String, _ value: [UInt8], milliseconds: Int64) -> Bool {
        var isThere: Bool?
        guard station.store.give(name, value, milliseconds: milliseconds, done: { isThere = $0 }) else { return false }
        station.turn { isThere != nil }
        return isThere == true
    }

    @Test func `any bytes are found as they were left, for as long as was said`() throws {
        let server = try RedisServer()
        let station = try StoreStation(server)
        let other = try StoreStation(server)
        station.turn { station.store.isReady }
        var random = SystemRandomNumberGenerator()
        let values: [[UInt8]] = [
            [], [0], [0xff, 0, 13, 10], Array("text".utf8), (0...255).map { UInt8($0) },
            (0..<200_000).map { _ in UInt8.random(in: 0...255, using: &random) },
        ]
        for (number, value) in values.enumerated() {
            #expect(give(station, "v\(number)", value, milliseconds: 50_000))
            let found = try #require(find(other, "v\(number)", ["a", "b"]))
            #expect(found.value == value && found.stamps == [[], []])
            #expect(found.leftMilliseconds > 0 && found.leftMilliseconds <= 50_000)
        }
        let none = try #require(find(other, "none"))
        #expect(none.value == nil && none.leftMilliseconds < 1 && none.stamps.isEmpty)
        #expect(give(station, "long", Array(repeating: 1, count: 200_001), milliseconds: 50_000))
        #expect(find(other, "long")?.value == [])
        #expect(!give(station, "large", Array(repeating: 1, count: SharedStore.givenLimit + 1), milliseconds: 9))
    }

    @Test func `a generation that is begun anew is seen at once, and told in the end`() throws {
        let server = try RedisServer()
        let station = try StoreStation(server)
        let other = try StoreStation(server)
        var told: [[String]] = []
        other.store.follow(every: 1_000_000, length: 3, wanted: { true }, { told.append($0) })
        #expect(give(other, "v", [1], milliseconds: 50_000) || find(other, "v") != nil)
        for number in 0..<5 {
            var isDone: Bool?
            let before = find(other, "v", ["one", "two"])?.stamps
            station.store.begin(["one"], token: "t\(number)", entry: "e\(number)", length: 3) { isDone = $0 }
            station.turn { isDone != nil }
            #expect(isDone == true)
            let after = find(other, "v", ["one", "two"])?.stamps
            #expect(before != after && after == [Array("t\(number)".utf8), []])
        }
        #expect(other.turn { told.last == ["e4", "e3", "e2"] })
    }

    @Test func `a server that is away or held is a fault in time`() throws {
        let server = try RedisServer()
        let station = try StoreStation(server, timeout: 100)
        station.turn { station.store.isReady }
        server.hold()
        for _ in 0..<8 { #expect(find(station, "v") == nil) }
        // The breaker is open: nothing more is given either.
        #expect(!station.store.give("v", [1], milliseconds: 9) { _ in })
        server.goOn()
        #expect(station.turn { find(station, "v") != nil })
        server.stop()
        #expect(station.turn { !station.store.isReady })
        #expect(find(station, "v") == nil && !station.store.give("v", [1], milliseconds: 9) { _ in })
    }
}
