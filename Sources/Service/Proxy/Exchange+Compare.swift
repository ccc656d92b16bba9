import Cache
import Dialect
import Loop

// Answers to questions that are alike (docs/cache.md): asked for when no equal one is kept.
extension Exchange {
    /// How this request is compared; nil when it may not be.
    ///
    /// The embedder is cleared here, before anything of the request is made ready for it, and once more where it is
    /// connected to.
    func comparer(_ policy: RouteCache, _ wish: CacheWish) -> SemanticCache? {
        guard let semantic = policy.semantic, wish.mayRead, !wish.wantsOnlyKept, AlikeQuestion.shape(request) != nil,
            snapshot.clearances[semantic.provider].admits(request.level, tags: request.tags)
        else { return nil }
        return semantic
    }

    /// Begins to compare; false when the request is none to be compared, and is asked as any other.
    func compares(_ semantic: SemanticCache, _ question: CacheQuestion, _ wish: CacheWish) -> Bool {
        let reader = session.reader
        let body = Array(UnsafeRawBufferPointer(rebasing: bytes[reader.headBytes..<reader.consumedBytes]))
        guard let shape = AlikeQuestion.shape(request),
            let alike = AlikeQuestion(body, shape, limitBytes: semantic.textBytes),
            let partition = try? question.partition(of: alike, embedder: semantic.identity)
        else {
            cache.policy?.shelf.foundNoneAlike(isFailure: false)
            return false
        }
        let comparison = Comparison(partition: partition, wish: wish)
        cache.comparison = comparison
        phase = .comparing
        waitDeadline = loop.now + semantic.timeoutNanoseconds
        arm()
        let inbox = loop.inbox
        let asker = LoopBound(WeakExchange(self))
        var sender = Sender(of: session, origin: .cache)
        sender.errand = Errand(for: request, snapshot, plan: semantic.plan, pool: grant.pool)
        let order = ItemOrder(
            batch: "",
            request: Comparison.request(alike.text, model: semantic.model, requestID: requestID),
            sender: sender
        ) { answer in
            // Later, so that nothing of this request runs inside of the call.
            inbox.post { asker.value.exchange?.embedded(answer) }
        }
        comparison.call = worker.run(order)
        return true
    }

    /// The embedder has answered.
    private func embedded(_ answer: ItemAnswer?) {
        guard phase == .comparing, let comparison = cache.comparison, let policy = cache.policy,
            let semantic = policy.semantic
        else { return }
        comparison.call = nil
        waitDeadline = .max
        guard let vector = Comparison.vector(of: answer) else { return goOn(isFailure: true) }
        comparison.vector = vector
        let mark = AlikeMark(partition: comparison.partition, vector: vector)
        let found = policy.shelf.alike(
            mark,
            threshold: semantic.threshold,
            comparison.wish,
            ttl: policy.ttlNanoseconds,
            now: loop.now
        )
        guard let (answer, similarity) = found else { return goOn(isFailure: nil) }
        cache.similarity = similarity
        cache.flight?.share(answer, similarity: similarity)
        cache.flight = nil
        replay(answer)
    }

    /// The embedder takes too long.
    func comparedTooLong() {
        cache.comparison?.call?.drop()
        cache.comparison?.call = nil
        goOn(isFailure: true)
    }

    /// Nothing that is alike is kept, or nobody can tell: the provider is asked.
    private func goOn(isFailure: Bool?) {
        if let isFailure { cache.policy?.shelf.foundNoneAlike(isFailure: isFailure) }
        waitDeadline = .max
        phase = .idle
        askProviders()
    }
}

extension AlikeQuestion {
    /// How a request carries its messages; nil for what is not compared.
    fileprivate static func shape(_ request: RoutedRequest) -> Shape? {
        switch request.format {
        case .chat, .messages, .ollama: .messages
        case .responses: .input
        case .gemini: .contents
        case .completions, .generate, nil: nil
        }
    }
}
