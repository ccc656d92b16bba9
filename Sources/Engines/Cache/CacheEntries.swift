/// Answers by key, the one longest unused going first.
///
/// A list threaded through an array: nothing is searched, whatever the number of entries.
struct CacheEntries {
    private struct Slot {
        var key: CacheKey
        var answer: CachedAnswer?
        var expiresNanoseconds: Int64
        /// Towards the one used more lately; -1 at the end.
        var newer = -1
        var older = -1
    }

    private var slots: [Slot] = []
    private var free: [Int] = []
    private var index: [CacheKey: Int] = [:]
    private var newest = -1
    private var oldest = -1
    private(set) var bytes = 0
    /// The questions by what they mean.
    private(set) var alike = AlikeRows()

    var count: Int { index.count }

    /// The answer, which counts as used from now on; one that has expired is taken out instead.
    mutating func use(_ key: CacheKey, now: Int64) -> (answer: CachedAnswer?, hasExpired: Bool) {
        guard let place = index[key] else { return (nil, false) }
        guard now < slots[place].expiresNanoseconds else {
            remove(place)
            return (nil, true)
        }
        unlink(place)
        link(place)
        return (slots[place].answer, false)
    }

    /// Puts an answer in, in place of what was there; answers how many others had to go.
    mutating func put(_ key: CacheKey, _ answer: CachedAnswer, expires: Int64, limits: CacheLimits) -> Int {
        if let place = index[key] { remove(place) }
        guard answer.sizeBytes <= limits.bytes, limits.entries > 0 else { return 0 }
        let slot = Slot(key: key, answer: answer, expiresNanoseconds: expires)
        let place: Int
        if let spare = free.popLast() {
            place = spare
            slots[place] = slot
        } else {
            place = slots.count
            slots.append(slot)
        }
        index[key] = place
        bytes += answer.sizeBytes
        if let mark = answer.alike { alike.put(key, mark) }
        link(place)
        return shrink(to: limits)
    }

    /// Lets go of the longest unused until the rest is within bounds; answers how many those were.
    mutating func shrink(to limits: CacheLimits) -> Int {
        var gone = 0
        while oldest >= 0, count > limits.entries || bytes > limits.bytes {
            remove(oldest)
            gone += 1
        }
        return gone
    }

    /// Takes out what fits; answers how many those were.
    mutating func remove(where fits: (CachedAnswer, _ expires: Int64) -> Bool) -> Int {
        var gone = 0
        for place in slots.indices {
            guard let answer = slots[place].answer, fits(answer, slots[place].expiresNanoseconds) else { continue }
            remove(place)
            gone += 1
        }
        return gone
    }

    /// Takes out the answer to one question.
    mutating func drop(_ key: CacheKey) {
        if let place = index[key] { remove(place) }
    }

    /// The mark of what is kept for a question.
    func mark(of key: CacheKey) -> AlikeMark? { index[key].flatMap { slots[$0].answer?.alike } }

    private mutating func remove(_ place: Int) {
        unlink(place)
        if let mark = slots[place].answer?.alike { alike.remove(slots[place].key, mark) }
        bytes -= slots[place].answer?.sizeBytes ?? 0
        index[slots[place].key] = nil
        slots[place].answer = nil
        free.append(place)
    }

    private mutating func link(_ place: Int) {
        slots[place].newer = -1
        slots[place].older = newest
        if newest >= 0 { slots[newest].newer = place } else { oldest = place }
        newest = place
    }

    private mutating func unlink(_ place: Int) {
        let (newer, older) = (slots[place].newer, slots[place].older)
        if newer >= 0 { slots[newer].older = older } else { newest = older }
        if older >= 0 { slots[older].newer = newer } else { oldest = newer }
    }
}

/// How much a cache holds.
package struct CacheLimits: Equatable, Sendable {
    package var entries: Int
    package var bytes: Int

    package init(entries: Int, bytes: Int) {
        self.entries = entries
        self.bytes = bytes
    }

    /// The largest body that is taken down: one answer shall not push out all others.
    package var bodyBytes: Int { min(bytes / 4, 4 << 20) }
}
