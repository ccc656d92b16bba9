import Bytes

/// What a process has in a store that others share, so that it never fills that up.
struct LentAnswers {
    private var items: [(until: Int64, bytes: Int)] = []
    private var start = 0
    private var bytes = 0

    /// Takes one more down if it is within bounds; what is over counts no more.
    mutating func take(_ size: Int, until: Int64, now: Int64, _ limits: CacheLimits) -> Bool {
        while start < items.count, items[start].until <= now {
            bytes -= items[start].bytes
            start += 1
        }
        if start > 64, start * 2 > items.count {
            items.removeFirst(start)
            start = 0
        }
        guard items.count - start < limits.entries, bytes + size <= limits.bytes else { return false }
        items.append((until, size))
        bytes += size
        return true
    }
}

// Answers that proxies give to one another (docs/cache.md).
extension CacheShelf {
    /// A store had the answer, which one request is given.
    ///
    /// * `wasMiss`: the request has been counted as one already.
    package func foundInStore(_ answer: CachedAnswer, wasMiss: Bool) {
        count { counts in
            counts.hits += 1
            counts.storeHits += 1
            if wasMiss { counts.misses -= 1 }
            counts.savedPromptTokens.add(bounded: answer.promptTokens)
            counts.savedCompletionTokens.add(bounded: answer.completionTokens)
        }
    }

    /// A store had nothing, or was of no use; a miss, unless it is or will be counted as such elsewhere.
    package func foundNoneInStore(isFailure: Bool, isMiss: Bool) {
        count { counts in
            if isFailure { counts.storeErrors += 1 } else { counts.storeMisses += 1 }
            if isMiss { counts.misses += 1 }
        }
    }

    /// An answer was left in a store, or was not.
    package func left(inStore isThere: Bool) {
        count { counts in
            if isThere { counts.storeWrites += 1 } else { counts.storeSkips += 1 }
        }
    }
}
