import Bytes
import Conversation
import Decision
import Dialect
import Forwarding
import HTTP
import Identity
import JSON
import Loop
import Ollama
import Providers
import Relay
import Routing
import Translation

/// A try's request where it is not the client's own: said in another format, or for another path.
struct Restated {
    let head: UpstreamHead.Restatement
    /// Nil when the client's body goes out.
    var body: [UInt8]?
    /// Members that could not be said, for `x-hoosh-dropped-params`.
    var dropped: [UInt8]
    /// How the answer is said to the client; nil when it passes as it is.
    let answer: AnswerTranslation?
    /// The same for an answer that is embeddings.
    var embeddings: EmbeddingTranslation?
    /// How errors are said to the client, where only they are said anew.
    var faults: AnswerTranslation?
    /// Set when the upload goes on behind a beginning of ours: what follows its last byte.
    var ending: [UInt8]?
    /// Set when a speech server is asked: what its answer is.
    var sound: Sound?

    /// What of the client's body is another, where it goes out and is made shorter.
    var changes: [BodyEdit] = []
    /// What was done to a long chat, for `x-hoosh-context`.
    var context: [UInt8] = []

    enum Sound { case wav, samples, text }
}

// Providers that are asked in another format than the client's.
extension Exchange {
    /// Says the request as the provider wants it; false when it cannot be asked.
    ///
    /// What cannot be read at all is the client's fault and ends the exchange; what this provider has no words for leaves
    /// the way open to others.
    func restate(_ target: Target, _ provider: Provider) -> Bool {
        restated = nil
        if isAboutSound { return restateSound(target, provider) }
        switch request.action {
        case .chat, .pass: break
        case .countTokens: return restateCount(target, provider)
        case .embed(let format): return restateEmbeddings(target, provider, format)
        case .manage(let command): return restateCommand(provider, command)
        }
        guard let client = request.format, let format = provider.format(for: client) else { return true }
        if format == client {
            if let short = shortenedInPlace(target, provider, format) {
                restated = short
                return true
            }
            // Its place is not where OpenAI's libraries ask, so the provider's URL may not stand in front of it as it is.
            if [.gemini, .ollama, .generate].contains(format) { restated = passed(target, provider, format) }
            return true
        }
        do throws(ConversationFault) {
            let chat: ChatRequest
            if let known = self.chat { chat = known } else { chat = try readChat(client) }
            self.chat = chat
            if client.streamsLines, OllamaLoad.isAsked(chat) {
                answerLoad(isChat: client == .ollama, chat)
                return false
            }
            let (terms, path) = asked(target, provider, format)
            let short = shortened(target, provider, client)
            let written: WrittenRequest
            do { written = try RequestTranslation.write(clamp(short?.0 ?? chat, for: target), as: format, terms) } catch
            {
                unsayable[target.provider] = error
                nextTry()
                return false
            }
            restated = Restated(
                head: UpstreamHead.Restatement(path: path, format: format, isTranslated: true),
                body: written.body,
                dropped: Array(written.dropped.joined(separator: ", ").utf8),
                answer: AnswerTranslation(from: format, to: client, answerTerms(chat))
            )
            if let report = short?.1 { restated?.context = Array(report.field.utf8) }
            return true
        } catch {
            refuseUnreadable(error)
            return false
        }
    }

    /// The client's body goes out as it is, but for the model, to the path that the provider has for its format.
    func passed(_ target: Target, _ provider: Provider, _ format: ChatFormat) -> Restated {
        let model = String(decoding: modelBytes(target), as: UTF8.self)
        var path = provider.path(of: format, model: model, streams: request.streams)
        if format == .gemini { path = String(path.prefix { $0 != "?" }) + geminiQuery }
        return Restated(
            head: UpstreamHead.Restatement(path: Array(path.utf8), format: format, isTranslated: false),
            body: nil,
            dropped: [],
            answer: nil
        )
    }

    /// The client's query without its key, which is for us.
    var geminiQuery: String {
        let query = Array(session.query.utf8)
        let kept = QueryKey.removed(from: query.span)
        return kept.isEmpty ? "" : "?" + String(decoding: kept, as: UTF8.self)
    }

    /// Ollama's clients ask for a model without saying anything to have it loaded: there is nothing to be asked of others.
    private func answerLoad(isChat: Bool, _ chat: ChatRequest) {
        endTry(failed: nil)
        ledger.status = 200
        settle()
        let body = OllamaLoad.answer(isChat: isChat, answerTerms(chat)) + [0x0a]
        session.answer(200, request.streams ? "application/x-ndjson" : "application/json", body, requestID: requestID)
    }

    func readChat(_ format: ChatFormat) throws(ConversationFault) -> ChatRequest {
        let reader = session.reader
        return try RequestTranslation.read(
            Array(UnsafeRawBufferPointer(rebasing: bytes[reader.headBytes..<reader.consumedBytes])),
            as: format
        )
    }

    func asked(_ target: Target, _ provider: Provider, _ format: ChatFormat) -> (RequestTerms, [UInt8]) {
        let model = modelBytes(target)
        var terms = RequestTerms(model: JSONString(plain: model), streams: request.streams)
        terms.wantsStreamUsage = provider.kind.takesStreamOptions
        terms.limitsCompletion = provider.kind.knowsNewestWords
        terms.knowsDeveloper = provider.kind.knowsNewestWords
        terms.knowsTextLists = provider.kind.knowsNewestWords
        terms.knowsOpenSampling = provider.kind.knowsOpenSampling
        terms.thinking = provider.kind.thinking
        terms.words = provider.kind.words
        terms.efforts = provider.kind.thinkingWords(of: model)
        let name = String(decoding: model, as: UTF8.self)
        terms.defaultMaxTokens = RequestTranslation.defaultMaxTokens(of: name)
        if let most = snapshot.modelTables[target.provider].facts(of: model).output { terms.defaultMaxTokens = most }
        return (terms, Array(provider.path(of: format, model: name, streams: request.streams).utf8))
    }

    private func answerTerms(_ chat: ChatRequest) -> AnswerTerms {
        var terms = answerTerms
        terms.wantsStreamUsage = chat.wantsStreamUsage
        terms.wantsFunctionCall = chat.usesFunctions
        terms.wantsList =
            request.format == .gemini && request.streams && !session.query.split(separator: "&").contains("alt=sse")
        return terms
    }

    /// What an answer's writer must know, whatever is answered.
    var answerTerms: AnswerTerms {
        AnswerTerms(
            requestID: String(decoding: requestID, as: UTF8.self),
            model: JSONString(plain: request.model),
            created: Int(WallClock.seconds()),
            wantsStreamUsage: false
        )
    }

    func refuseUnreadable(_ fault: ConversationFault) {
        endTry(failed: nil)
        ledger.status = 400
        let refusal = Refusal(400, "invalid_request", fault.description, param: fault.parameter)
        settle(refusing: refusal)
        session.refuse(refusal, requestID: requestID)
    }

    // MARK: The answer

    /// The head of an answer in another format has come: its stream is translated as it goes by, all else as a whole.
    func beginRestated(_ length: Int, _ seen: UnsafeMutableRawBufferPointer, _ translation: AnswerTranslation) {
        let span = seen.bindMemory(to: UInt8.self).span
        guard request.streams, answer.status == 200, !worker.answerHead.isJSON(in: span) else {
            return gather(length, seen)
        }
        let writesChunks = head.versionMinor > 0
        closesClient = !writesChunks || !session.keepsAlive
        var writer = ByteWriter(worker.outgoing)
        var marks = marks
        let tellsCost = writesChunks && takesTrailers && target.flatMap { price(of: $0) } != nil
        if tellsCost { marks.fields += Array("trailer: x-hoosh-cost-micro-usd\r\n".utf8) }
        ClientHead.write(
            &writer,
            head: worker.answerHead,
            bytes: span,
            framing: writesChunks ? .chunked : .untilClose,
            connection: connectionField,
            marks: marks,
            contentType: translation.streamType
        )
        guard !writer.overflowed else { return tryFailed(.malformed, "sent a head larger than the proxy passes on") }
        streamHead = Array(UnsafeRawBufferPointer(rebasing: seen[..<length]))
        let stream = StreamTranslation(from: translation.upstream, to: translation.client, translation.terms)
        let pump = Translator(
            stream,
            framing: answer.framing,
            writesChunks: writesChunks,
            room: worker.chunkRoom
        )
        if tellsCost { pump.trailer = { [weak self] in self?.costTrailer ?? [] } }
        if let budget = streamBudget { pump.pay(with: budget) }
        record(pump, translation.streamType)
        start(pump, head: writer.written, body: UnsafeMutableRawBufferPointer(rebasing: seen[length...]))
    }

    /// Reads the whole answer before anything of it is said.
    private func gather(_ length: Int, _ seen: UnsafeMutableRawBufferPointer) {
        save(length, seen, gathers: true)
    }

    /// Names the member when the provider gave fewer answers than it was asked for.
    private func noteCount(_ given: Int) {
        guard let chat, let wanted = chat.sampling.count, given < wanted, let dropped = restated?.dropped else {
            return
        }
        let name = RequestTranslation.countName(of: chat)
        let isNamed = String(decoding: dropped, as: UTF8.self).split(separator: ", ").contains(Substring(name))
        if !isNamed { restated?.dropped = dropped + (dropped.isEmpty ? [] : [0x2c, 0x20]) + Array(name.utf8) }
    }

    /// The whole answer is here: says it to the client, or goes on to another provider if it makes no sense.
    func gathered() {
        guard let saved else { return giveUp() }
        guard let translation = saved.translation else { return heldWhole(saved) }
        var told = saved
        if saved.head.status < 400 {
            do {
                if restated?.sound != nil { return try heardWhole(told, translation) }
                if let embeddings = restated?.embeddings {
                    (told.body, gatheredUsage) = try embeddings.tell(saved.body)
                    told.contentType = "application/json"
                } else {
                    let answer = try translation.read(saved.body)
                    gatheredUsage = answer.usage
                    gatheredBytes = saved.body.count
                    noteCount(answer.choices.count)
                    told.body =
                        request.streams
                        ? StreamTranslation.replay(answer, translation) : translation.write(answer)
                    told.contentType = request.streams ? translation.streamType : "application/json"
                }
                told.translation = nil
            } catch {
                self.saved = nil
                if let fault = error.reported ?? translation.reported(in: saved.body) {
                    return answerReported(fault, saved)
                }
                return tryFailed(.malformed, error.description)
            }
        }
        deliverGathered(told)
    }

    /// Delivers an answer that came whole.
    func deliverGathered(_ told: SavedAnswer) {
        ledger.provider = providerIndex
        priceGathered()
        commit()
        recordTotal()
        endLoad()
        guard let told = scanned(told) else { return blockAnswer() }
        keep(gathered: told)
        deliver(withCost(told, knownCost))
    }
}
