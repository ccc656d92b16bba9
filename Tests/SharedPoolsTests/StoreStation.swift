import Budgets
import Glibc
import Limits
import Loop
import Routing
import SharedPools
import Synchronization
import TestKit

/// One loop with a store, turned by the test's own thread.
final class StoreStation {
    let loop = EventLoop()
    let store: SharedStore
    let health: StoreHealth
    private static let names = Atomic<Int>(0)

    /// Why the store was lost, each time.
    let reasons: Reasons

    final class Reasons: Sendable {
        private let list = Mutex<[String]>([])
        var all: [String] { list.withLock { $0 } }
        func append(_ reason: String) { list.withLock { $0.append(reason) } }
    }

    convenience init(_ server: RedisServer, lease: Int = 60_000, timeout: Int = 5_000) throws {
        try self.init(at: server.url, lease: lease, timeout: timeout)
    }

    init(at url: String, lease: Int = 60_000, timeout: Int = 5_000) throws {
        let reasons = Reasons()
        self.reasons = reasons
        health = StoreHealth { if let reason = $0 { reasons.append(reason) } }
        var settings = SharedStore.Settings(try RedisAddress(url), timeoutMilliseconds: timeout)
        settings.leaseMilliseconds = lease
        store = SharedStore(settings, loop: loop, health: health)
        store.start()
    }

    deinit { store.stop() }

    /// Turns the loop until something holds; false when that takes a minute.
    @discardableResult
    func turn(until condition: () -> Bool) -> Bool {
        let end = loop.now + 60_000_000_000
        while !condition() {
            guard loop.now < end else { return false }
            loop.turn()
        }
        return true
    }

    static func newName() -> String { "n\(names.add(1, ordering: .relaxed).newValue)" }

    func payment(
        _ pools: [PoolSettings],
        limits: [LimitSettings] = [],
        tokens: Int = 0,
        who: String = ""
    ) -> SharedPayment {
        store.payment(
            pools: pools,
            limits: limits,
            tokens: tokens,
            now: Self.milliseconds,
            pool: { _ in who },
            limit: { _ in who }
        )
    }

    static var milliseconds: Int {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return time.tv_sec * 1_000 + time.tv_nsec / 1_000_000
    }

    func reserve(_ id: String, _ payment: SharedPayment, _ need: Amount, goesOn: Bool = false) -> SharedReservation {
        var found: SharedReservation?
        store.reserve(id, payment, need, goesOn: goesOn) { found = $0 }
        turn { found != nil }
        return found ?? .failed(.late)
    }

    func check(_ payment: SharedPayment) -> Standing? {
        var found: SharedReservation?
        store.check(payment, Amount()) { found = $0 }
        turn { found != nil }
        if case .reserved(let standing, _)? = found { return standing }
        return nil
    }

    func resize(_ id: String, _ payment: SharedPayment, _ needs: [Amount], mustFit: Bool) -> SharedChange {
        var found: SharedChange?
        store.resize(id, payment, to: needs, mustFit: mustFit) { found = $0 }
        turn { found != nil }
        return found ?? .failed(.late)
    }

    /// Waits until every settlement is confirmed.
    func settle() { turn { store.isQuiet } }
}
