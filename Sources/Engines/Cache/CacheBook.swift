import Bytes
import Synchronization

/// What a cache has done since the process began.
package struct CacheCounts: Equatable, Sendable {
    /// Answered from what was kept.
    package var hits = 0
    /// Answered with the answer to a question that is alike.
    package var alike = 0
    /// Could not be compared, since the embedder gave no vector in time.
    package var embedderFailures = 0
    /// Answered with what another was waiting for anyway.
    package var shared = 0
    /// Asked a provider.
    package var misses = 0
    /// Went past the cache because the client said so.
    package var bypasses = 0
    package var stores = 0
    package var evictions = 0
    package var expirations = 0
    package var invalidations = 0
    package var savedPromptTokens = 0
    package var savedCompletionTokens = 0
    /// Of the hits, those that another proxy had left in the store.
    package var storeHits = 0
    /// The store had nothing.
    package var storeMisses = 0
    /// The store did not answer in time, or what it had was none of ours.
    package var storeErrors = 0
    /// Answers that were left in the store.
    package var storeWrites = 0
    /// Answers that were not: too large, too many, or the store took none.
    package var storeSkips = 0

    package init() {}

    package mutating func add(_ other: CacheCounts) {
        hits += other.hits
        alike += other.alike
        embedderFailures += other.embedderFailures
        shared += other.shared
        misses += other.misses
        bypasses += other.bypasses
        stores += other.stores
        evictions += other.evictions
        expirations += other.expirations
        invalidations += other.invalidations
        savedPromptTokens.add(bounded: other.savedPromptTokens)
        savedCompletionTokens.add(bounded: other.savedCompletionTokens)
        storeHits += other.storeHits
        storeMisses += other.storeMisses
        storeErrors += other.storeErrors
        storeWrites += other.storeWrites
        storeSkips += other.storeSkips
    }
}

/// What a cache holds and has done.
package struct CacheReport: Equatable, Sendable {
    package var limits: CacheLimits
    package var entries: Int
    package var bytes: Int
    /// Questions being answered, and requests that wait for that.
    package var inFlight: Int
    package var waiting: Int
    package var counts: CacheCounts

    /// Nothing at all.
    package static let empty = CacheReport(
        limits: CacheLimits(entries: 0, bytes: 0),
        entries: 0,
        bytes: 0,
        inFlight: 0,
        waiting: 0,
        counts: CacheCounts()
    )

    package mutating func add(_ other: CacheReport) {
        limits = CacheLimits(
            entries: limits.entries.addingReportingOverflow(other.limits.entries).partialValue,
            bytes: limits.bytes + other.limits.bytes
        )
        entries += other.entries
        bytes += other.bytes
        inFlight += other.inFlight
        waiting += other.waiting
        counts.add(other.counts)
    }
}

/// The caches of the process: one for all routes, and one for each route that has limits of its own.
///
/// Outlives every configuration: a reload finds the answers that are kept. Any thread.
package final class CacheBook: Sendable {
    private let shelves = Mutex<[String: CacheShelf]>([:])
    private let news = Mutex(StoreNews())

    package init() {}

    /// The shelf of that name, with these limits from now on; the empty name is the one for all routes.
    package func shelf(_ name: String, _ limits: CacheLimits) -> CacheShelf {
        let shelf = shelves.withLock { shelves in
            if let known = shelves[name] { return known }
            let new = CacheShelf(limits)
            shelves[name] = new
            return new
        }
        if shelf.limits != limits { shelf.apply(limits) }
        return shelf
    }

    /// Empties and forgets the shelves that no configuration names any more.
    package func keep(only names: Set<String>) {
        let gone = shelves.withLock { shelves in
            let gone = shelves.filter { !names.contains($0.key) }
            for name in gone.keys { shelves[name] = nil }
            return Array(gone.values)
        }
        for shelf in gone { _ = shelf.invalidate { _ in true } }
    }

    /// What may be taken out at once.
    package enum Choice: Equatable, Sendable {
        case all
        case model(String)
        case key(String)
        case tenant(String)
    }

    /// Lets go of the answers that fit; answers how many those were.
    package func invalidate(_ choice: Choice) -> Int {
        all.reduce(0) { sum, shelf in
            sum
                + shelf.invalidate { answer in
                    switch choice {
                    case .all: true
                    case .model(let name): answer.model.elementsEqual(name.utf8)
                    case .key(let name): answer.owner == .key(name)
                    case .tenant(let name): answer.owner == .tenant(name)
                    }
                }
        }
    }

    /// Remembers what this process puts into the list of invalidations.
    package func tell(_ entry: String) { news.withLock { $0.tell(entry) } }

    /// Lets go of what others have invalidated, by the list of that, the newest first.
    package func read(_ entries: [String]) {
        switch news.withLock({ $0.read(entries) }) {
        case .everything: _ = invalidate(.all)
        case .some(let choices): for choice in choices { _ = invalidate(choice) }
        }
    }

    /// The sum over all shelves.
    package func report(now: Int64) -> CacheReport {
        all.reduce(into: .empty) { $0.add($1.report(now: now)) }
    }

    private var all: [CacheShelf] { shelves.withLock { Array($0.values) } }
}
