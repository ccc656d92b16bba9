import Bytes
import Cache
import Dialect
import HTTP
import JSON
import Loop
import Relay

/// What the cache has to do with one request.
struct CacheUse: Starting {
    /// The route's cache was asked, and had nothing.
    var hasMissed = false
    var policy: RouteCache?
    var owner = CacheQuestion.Owner.everybody
    /// This request finds the answer out, for all who ask the same.
    var flight: CacheFlight?
    /// Another does.
    var ticket: CacheTicket?
    var recorder: AnswerRecorder?
    /// What the head says of the body that is taken down.
    var fields: [UInt8] = []
    var replay: CacheReplay?
    /// What a store is asked that other proxies leave answers in; nil where there is none.
    var search: StoreSearch?
    /// Whether a question that is alike was answered already.
    var comparison: Comparison?
    /// How much alike the question is whose answer is given; nil for an equal one.
    var similarity: Float?

    /// What the access log calls it; empty for a request that no cache was asked about.
    var word: StaticString {
        guard replay != nil else { return hasMissed ? "miss" : "" }
        return similarity == nil ? "hit" : "semantic"
    }
}

// Answers that are kept (docs/cache.md): asked for before anything is paid, taken down while they go by.
extension Exchange {
    /// Asks the route's cache; true when it answers, or somebody else is asking already.
    func isAnsweredByCache() -> Bool {
        guard session.errand == nil, let policy = snapshot.caches[request.route],
            let question = cacheQuestion(policy)
        else { return false }
        let wish = cacheWish
        let reader = session.reader
        let span = bytes.bindMemory(to: UInt8.self).span
        guard let key = try? question.key(body: span.extracting(reader.headBytes..<reader.consumedBytes)) else {
            return false
        }
        let inbox = loop.inbox
        let waiter = LoopBound(WeakExchange(self))
        let comparer = comparer(policy, wish)
        let search = search(policy, key, question, wish, comparer)
        let outcome = policy.shelf.ask(
            key,
            wish,
            ttl: policy.ttlNanoseconds,
            now: loop.now,
            compares: comparer != nil || search != nil
        ) { news in
            inbox.post { waiter.value.exchange?.hear(news) }
        }
        cache.policy = policy
        cache.owner = question.owner
        cache.search = search
        switch outcome {
        case .hit(let answer):
            replay(answer)
            return true
        case .lead(let flight):
            cache.hasMissed = true
            cache.flight = flight
            if let search { return fetch(search) }
            return comparer.map { compares($0, question, wish) } ?? false
        case .wait(let ticket):
            cache.hasMissed = true
            cache.ticket = ticket
            phase = .sharing
            // As long as anybody would wait for a first byte; then it asks by itself.
            waitDeadline = loop.now + Int64(plan.timeouts.firstByteMilliseconds) * 1_000_000
            arm()
            return true
        case .none:
            guard wish.wantsOnlyKept, !wish.isBypass else { return false }
            if let search { return fetch(search) }
            refuseUnkept()
            return true
        }
    }

    /// The client wants no other answer than one that is kept.
    func refuseUnkept() {
        ledger.status = 504
        settle()
        let message = "no answer to this request is kept, and `Cache-Control: only-if-cached` wants no other"
        session.refuse(Refusal(504, "not_cached", message), requestID: requestID)
    }

    /// What the answer depends on; nil for a request whose answer is never kept.
    private func cacheQuestion(_ policy: RouteCache) -> CacheQuestion? {
        let reader = session.reader
        switch request.action {
        case .chat, .embed: break
        case .countTokens, .pass, .manage: return nil
        }
        guard head.method == .post, reader.isJSON, reader.bodyBytes > 0, upload == nil,
            request.level <= policy.maxLevel, policy.keepsStreams || !request.streams, !isStateful
        else { return nil }
        let isAuthenticating = snapshot.configuration.access.isBearer
        let owner = CacheQuestion.Owner.of(
            scope: policy.scope,
            key: caller.key?.name,
            tenant: caller.tenant,
            isAuthenticating: isAuthenticating
        )
        guard let owner else { return nil }
        let query = request.dialect == .gemini ? geminiQuery : session.query
        var question = CacheQuestion(
            owner: owner,
            route: policy.route,
            level: request.level,
            tags: request.tags,
            method: Array(session.method.utf8),
            path: Array("\(session.path)?\(query)".utf8),
            model: request.model,
            streams: request.streams
        )
        let span = bytes.bindMemory(to: UInt8.self).span
        for field in head.fields where CacheFields.counts(span.extracting(field.name.range)) {
            let name = bytes[field.name.range].map { ASCII.lower($0) }
            question.fields.append((name, Array(bytes[field.value.range])))
        }
        return question
    }

    /// True for a response that goes on in the background or belongs to a conversation: it is not all there is.
    private var isStateful: Bool {
        guard request.format == .responses else { return false }
        let reader = session.reader
        let body = Array(UnsafeRawBufferPointer(rebasing: bytes[reader.headBytes..<reader.consumedBytes]))
        guard let node = try? JSONNode.parse(body) else { return true }
        return node["background"]?.bool == true || node["conversation"].map { !$0.isNull } ?? false
    }

    var cacheWish: CacheWish {
        var wish = CacheWish()
        let span = bytes.bindMemory(to: UInt8.self).span
        for field in head.fields {
            let name = span.extracting(field.name.range)
            if ASCII.equalsIgnoringCase(name, "cache-control") {
                wish.take(cacheControl: span.extracting(field.value.range))
            } else if ASCII.equalsIgnoringCase(name, "x-hoosh-cache") {
                wish.take(ownField: span.extracting(field.value.range))
            }
        }
        return wish
    }

    // MARK: Waiting for another

    /// Whoever found the answer out is done.
    ///
    /// News that comes too late is let go of, and a flight in it passes to the next.
    func hear(_ news: CacheShelf.News) {
        guard phase == .sharing else { return }
        cache.ticket = nil
        waitDeadline = .max
        switch news {
        case .answer(let answer): if !isTooOld(answer) { return replay(answer) }
        case .alike(let answer, let similarity):
            cache.similarity = similarity
            return replay(answer)
        case .lead(let flight):
            cache.flight = flight
            if let search = cache.search {
                search.isMiss = true
                _ = fetch(search)
                return
            }
        case .alone: break
        }
        phase = .idle
        askProviders()
    }

    /// It takes too long: this request is asked on its own, and its answer is not kept.
    func waitedForOther() {
        cache.ticket?.leave()
        cache.ticket = nil
        phase = .idle
        askProviders()
    }

    // MARK: Taking down

    /// Has an answer taken down while the carrier passes it on.
    func record(_ pump: Carrier, _ contentType: StaticString?) {
        guard cache.flight != nil, let policy = cache.policy, answer.status == 200 else { return }
        // The head last read stands at the beginning of scratch until the body is carried.
        noteFields(worker.answerHead, UnsafeRawBufferPointer(loop.scratch), contentType)
        cache.recorder = AnswerRecorder(limitBytes: policy.bodyLimitBytes)
        pump.tee = { [unowned self] bytes in cache.recorder?.take(bytes, at: loop.now) }
    }

    /// What the client is told of the body, for those who get it later.
    private func noteFields(_ head: ResponseHead, _ bytes: UnsafeRawBufferPointer, _ contentType: StaticString?) {
        var fields: [UInt8] = []
        func put(_ name: String, _ value: [UInt8]) { fields += Array("\(name): ".utf8) + value + [0x0d, 0x0a] }
        for field in head.fields {
            let isType = field.id == .contentType && contentType == nil
            guard isType || field.id == .contentEncoding else { continue }
            put(isType ? "content-type" : "content-encoding", Array(bytes[field.value.range]))
        }
        if let contentType, contentType.utf8CodeUnitCount > 0 { put("content-type", Array("\(contentType)".utf8)) }
        if let dropped = restated?.dropped, !dropped.isEmpty {
            put("x-hoosh-dropped-params", Array(dropped.prefix(1_024)))
        }
        if let context = restated?.context, !context.isEmpty { put("x-hoosh-context", context) }
        cache.fields = fields
    }

    /// The answer is complete: keeps it, and gives it to all who wait.
    func keepAnswer() {
        guard cache.flight != nil, let recorder = cache.recorder, let pump else { return }
        guard !recorder.hasOverflowed, pump.endedWell, saysItsEnd(pump, recorder.body) else { return letOthersAsk() }
        keep(recorder.body, recorder.marks, pump.usage?.input ?? 0, pump.usage?.output ?? 0)
    }

    /// The same for an answer that was read as a whole.
    func keep(gathered saved: SavedAnswer) {
        guard cache.flight != nil, let policy = cache.policy, saved.head.status == 200 else { return }
        guard saved.body.count <= policy.bodyLimitBytes else { return letOthersAsk() }
        saved.headBytes.withUnsafeBytes { noteFields(saved.head, $0, saved.contentType) }
        // Whoever gets it again pays nothing.
        keep(withCost(saved, 0).body, [], gatheredUsage?.input ?? 0, gatheredUsage?.output ?? 0)
    }

    private func keep(_ body: [UInt8], _ marks: [CachedAnswer.Mark], _ prompt: Int, _ completion: Int) {
        guard let flight = cache.flight, let policy = cache.policy else { return }
        cache.flight = nil
        cache.recorder = nil
        let answer = CachedAnswer(
            body: body,
            fields: cache.fields,
            createdNanoseconds: loop.now,
            marks: policy.keepsPace ? marks : [],
            owner: cache.owner,
            model: request.model,
            provider: snapshot.configuration.providers[providerIndex].name,
            promptTokens: prompt,
            completionTokens: completion,
            alike: cache.comparison?.mark
        )
        flight.finish(answer, ttl: policy.ttlNanoseconds)
        leaveInStore(answer, policy)
    }

    /// True when a stream says that it is whole, in its own words: a body that does not was cut, however it is framed.
    private func saysItsEnd(_ pump: Carrier, _ body: [UInt8]) -> Bool {
        guard request.streams, restated?.answer == nil else { return answer.framing != .untilClose || pump.sawEnd }
        let mark: StaticString
        switch request.format {
        case .chat, .completions: return pump.sawEnd
        case .messages: mark = "message_stop"
        case .responses: mark = "response.completed"
        case .gemini: mark = "finishReason"
        case .ollama, .generate: mark = "\"done\":true"
        case nil: return answer.framing != .untilClose
        }
        return Scan.find(mark, in: body.span) != nil
    }

    private func letOthersAsk() {
        cache.flight?.release()
        cache.flight = nil
        cache.recorder = nil
    }

    /// The exchange is over: what was not kept was no answer for others.
    func leaveCache() {
        guard $cache.isUsed else { return }
        cache.ticket?.leave()
        cache.ticket = nil
        cache.comparison?.call?.drop()
        cache.comparison?.call = nil
        // An answer that says no is no reason to ask once more for each who waits.
        if (400..<500).contains(ledger.status), ledger.status != 429, !ledger.clientLeft { cache.flight?.release() }
        cache.flight = nil
        cache.recorder = nil
    }
}
