import Cache
import Loop
import SharedPools

/// What one request asks of the store that other proxies leave answers in.
///
/// Loop only.
final class StoreSearch {
    /// In the store.
    let name: String
    let key: CacheKey
    let question: CacheQuestion
    let generations: [String]
    let wish: CacheWish
    let comparer: SemanticCache?
    /// The request has been counted as a miss.
    var isMiss = false
    /// Of the generations, when the store was asked; nil when it has not answered, and is told nothing either.
    var stamps: [[UInt8]]?

    init(_ key: CacheKey, salt: [UInt8], _ question: CacheQuestion, _ wish: CacheWish, _ comparer: SemanticCache?) {
        self.key = key
        self.question = question
        self.wish = wish
        self.comparer = comparer
        name = key.storedName(salt: salt)
        generations = CacheBook.Choice.generations(model: question.model, owner: question.owner)
    }
}

// Answers that proxies on one store give to one another (docs/cache.md).
extension Exchange {
    /// What the store would be asked; nil where it is none of the request's business.
    func search(
        _ policy: RouteCache,
        _ key: CacheKey,
        _ question: CacheQuestion,
        _ wish: CacheWish,
        _ comparer: SemanticCache?
    ) -> StoreSearch? {
        guard let salt = policy.sharedSalt, worker.store != nil, !wish.isBypass else { return nil }
        return StoreSearch(key, salt: salt, question, wish, comparer)
    }

    /// Asks the store, which answers within `state.timeout`, or a fault does; always true.
    ///
    /// Who wants no kept answer asks as well: what he gets is kept under the generations of now.
    func fetch(_ search: StoreSearch) -> Bool {
        guard let store = worker.store else { return false }
        phase = .fetching
        arm()
        store.find(
            search.name,
            generations: search.generations,
            mostBytes: StoredAnswer.mostBytes
        ) { [weak self] result in
            guard let self, self.phase == .fetching else { return }
            self.phase = .idle
            self.fetched(search, result)
        }
        return true
    }

    private func fetched(_ search: StoreSearch, _ result: Result<SharedStore.Found, StoreFault>) {
        guard let policy = cache.policy else { return askProviders() }
        var isFailure = false
        switch result {
        case .success(let found):
            search.stamps = found.stamps
            switch search.wish.mayRead ? read(found, search, policy) : nil {
            case .answer(let answer, let ttl) where !isTooOld(answer, policy):
                policy.shelf.foundInStore(answer, wasMiss: search.isMiss)
                cache.flight?.finish(fromStore: answer, ttl: ttl)
                cache.flight = nil
                return replay(answer)
            case .damaged: isFailure = true
            case .answer, .outdated, nil: break
            }
        case .failure: isFailure = true
        }
        if cache.flight == nil {
            policy.shelf.foundNoneInStore(isFailure: isFailure, isMiss: !search.isMiss)
            return refuseUnkept()
        }
        policy.shelf.foundNoneInStore(isFailure: isFailure, isMiss: !search.isMiss && search.comparer == nil)
        if let comparer = search.comparer, compares(comparer, search.question, search.wish) { return }
        askProviders()
    }

    private func read(_ found: SharedStore.Found, _ search: StoreSearch, _ policy: RouteCache) -> StoredAnswer.Reading?
    {
        guard let value = found.value else { return nil }
        let reading = StoredAnswer.decode(
            value,
            name: search.name,
            leftMilliseconds: found.leftMilliseconds,
            stamps: found.stamps,
            now: loop.now,
            owner: search.question.owner,
            model: search.question.model
        )
        // Nobody keeps more: it was made by somebody who may do more than we.
        if case .answer(let answer, _) = reading, answer.body.count > policy.bodyLimitBytes { return .damaged }
        return reading
    }

    /// True for an answer that is older than the client takes.
    func isTooOld(_ answer: CachedAnswer) -> Bool {
        guard let most = cacheWish.maxAgeNanoseconds else { return false }
        return (loop.now - answer.createdNanoseconds) / 1_000_000_000 > most / 1_000_000_000
    }

    private func isTooOld(_ answer: CachedAnswer, _ policy: RouteCache) -> Bool {
        loop.now - answer.createdNanoseconds > policy.ttlNanoseconds || isTooOld(answer)
    }

    /// Leaves an answer for other proxies; nobody waits for that.
    func leaveInStore(_ answer: CachedAnswer, _ policy: RouteCache) {
        guard let search = cache.search, let store = worker.store else { return }
        let shelf = policy.shelf
        let milliseconds = min(policy.ttlNanoseconds / 1_000_000, StoredAnswer.longestMilliseconds)
        // Without stamps nobody could tell whether it was invalidated since it was asked for.
        guard let stamps = search.stamps, milliseconds > 0, answer.sizeBytes <= StoredAnswer.mostBytes else {
            return shelf.left(inStore: false)
        }
        let value = StoredAnswer.encode(answer, name: search.name, stamps: stamps, ttlMilliseconds: milliseconds)
        let until = loop.now + milliseconds * 1_000_000
        let isTaken =
            value.count <= StoredAnswer.mostBytes && shelf.mayLend(value.count, until: until, now: loop.now)
            && store.give(search.name, value, milliseconds: milliseconds) { shelf.left(inStore: $0) }
        if !isTaken { shelf.left(inStore: false) }
    }
}
