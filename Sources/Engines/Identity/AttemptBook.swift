import Synchronization

/// Wrong keys by where they came from: whoever guesses is left waiting.
///
/// An address that sent as many wrong keys as it may within a minute is shut out until the minute is over. Bounded: when the
/// book is full, those whose minute is over make room, then the one whose is over next. Times are nanoseconds of the caller's
/// clock. Any thread.
package final class AttemptBook: Sendable {
    /// Wrong keys that an address may send in a minute.
    package static let allowed = 20
    /// The minute.
    package static let periodNanoseconds: Int64 = 60_000_000_000
    /// Addresses that are kept apart.
    package static let addressLimit = 16_384

    private struct Count {
        var wrong: Int
        let began: Int64
    }

    private let counts = Mutex<[ClientAddress: Count]>([:])
    /// Addresses in the book, so that nobody takes the lock while it is empty.
    private let size = Atomic<Int>(0)

    package init() {}

    /// True when no address has sent a wrong key lately.
    package var isQuiet: Bool { size.load(ordering: .relaxed) == 0 }

    /// For how much longer an address is shut out, nanoseconds; nil when it is not.
    package func wait(for address: ClientAddress, now: Int64) -> Int64? {
        guard !isQuiet else { return nil }
        return counts.withLock { counts in
            guard let count = counts[address.network] else { return nil }
            let left = count.began + Self.periodNanoseconds - now
            guard left > 0 else {
                counts[address.network] = nil
                size.store(counts.count, ordering: .relaxed)
                return nil
            }
            return count.wrong >= Self.allowed ? left : nil
        }
    }

    /// Counts a wrong key.
    package func note(_ address: ClientAddress, now: Int64) {
        counts.withLock { counts in
            let key = address.network
            if let count = counts[key], count.began + Self.periodNanoseconds > now {
                counts[key] = Count(wrong: count.wrong + 1, began: count.began)
                return
            }
            if counts[key] == nil, counts.count >= Self.addressLimit {
                Self.makeRoom(in: &counts, now: now)
            }
            counts[key] = Count(wrong: 1, began: now)
            size.store(counts.count, ordering: .relaxed)
        }
    }

    /// A function of its own: within the closure Swift 6.3.1 with -O loses the error register (see `CacheShelf.report`).
    @inline(never)
    private static func makeRoom(in counts: inout [ClientAddress: Count], now: Int64) {
        counts = counts.filter { $0.value.began + periodNanoseconds > now }
        if counts.count >= addressLimit, let oldest = counts.min(by: { $0.value.began < $1.value.began }) {
            counts[oldest.key] = nil
        }
    }
}

extension ClientAddress {
    /// It is on this machine: many clients may share it.
    package var isLoopback: Bool {
        switch self {
        case .unix: true
        case .v4(let bits): bits >> 24 == 127
        case .v6(let high, let low): high == 0 && low == 1
        }
    }

    /// What counts as one client: an IPv4 address, or the 64 bits of an IPv6 one that name a network (RFC 4291 §2.5.4).
    fileprivate var network: ClientAddress {
        if case .v6(let high, _) = self, !isLoopback { return .v6(high, 0) }
        return self
    }
}
