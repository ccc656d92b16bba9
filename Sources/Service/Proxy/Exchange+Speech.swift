import Bytes
import Conversation
import Dialect
import Forwarding
import HTTP
import Loop
import Providers
import Relay
import Routing
import Speech
import Translation

// Sound in and out: transcriptions and translations by whisper.cpp, speech by Piper, and what has to be changed on the
// way to those who are asked as OpenAI is.
extension Exchange {
    /// True for the endpoints that this part sees to.
    var isAboutSound: Bool {
        switch request.api {
        case .transcriptions, .translations, .speech: true
        default: false
        }
    }

    /// Says the request as the target's provider wants it; false when it cannot be asked, and another is.
    func restateSound(_ target: Target, _ provider: Provider) -> Bool {
        do throws(ConversationFault) {
            let said = request.api == .speech ? try spoken(target, provider) : try heard(target, provider)
            if let said { restated = said }
            return true
        } catch {
            unsayable[target.provider] = error
            nextTry()
            return false
        }
    }

    /// Errors of speech servers, said as OpenAI says them.
    private var faults: AnswerTranslation {
        AnswerTranslation(
            from: .chat,
            to: .chat,
            AnswerTerms(
                requestID: String(decoding: requestID, as: UTF8.self),
                model: "",
                created: 0,
                wantsStreamUsage: false
            )
        )
    }

    // MARK: Speech

    private func spoken(_ target: Target, _ provider: Provider) throws(ConversationFault) -> Restated? {
        guard provider.kind.speech == .piper else { return nil }
        guard head.method == .post else { throw ConversationFault("a voice of Piper is asked with POST") }
        guard session.reader.isJSON else {
            throw ConversationFault("send the body as Content-Type: application/json")
        }
        let asked = try SpeechRequest(gatheredPayload)
        let path = provider.speechPath(atRoot: local.pools[target.provider].speaksAtRoot)
        var restated = Restated(
            head: UpstreamHead.Restatement(path: Array(path.utf8), format: .chat, isTranslated: true),
            body: asked.piperBody(voice: target.modelBytes),
            dropped: Array(asked.dropped.joined(separator: ", ").utf8),
            answer: nil
        )
        restated.faults = faults
        restated.sound = asked.format == .pcm ? .samples : .wav
        return restated
    }

    /// Piper 1.3 knows no `/synthesize`: it is asked at `/` from now on.
    func asksPiperAtRoot() -> Bool {
        guard answer.status == 404, request.api == .speech, let restated, restated.sound != nil, let pool, let target,
            !pool.speaksAtRoot
        else { return false }
        pool.speaksAtRoot = true
        guard restateSound(target, pool.provider) else { return true }
        upstream?.user = nil
        upstream?.close()
        upstream = nil
        resetAnswer()
        connect(pool)
        return true
    }

    // MARK: Transcriptions and translations

    private func heard(_ target: Target, _ provider: Provider) throws(ConversationFault) -> Restated? {
        let isWhisper = provider.kind.speech == .whisper
        guard head.method == .post else {
            if isWhisper { throw ConversationFault("whisper.cpp's server is asked with POST") }
            return nil
        }
        let type = contentType
        let path = Array((isWhisper ? provider.speechPath() : openAIPath(provider)).utf8)
        var changed: Restated?
        switch AudioBody(contentType: type.span) {
        case .raw: changed = wrapped(target, isWhisper, path, type)
        case .form:
            let payload = gatheredPayload
            let form = MultipartForm(payload.span, contentType: type.span)
            changed =
                isWhisper
                ? forWhisper(payload, form, path) : try forOpenAI(target, payload, form, path)
        case .other:
            if isWhisper { throw ConversationFault("send a form with the sound as its `file`", parameter: "file") }
        }
        guard isWhisper, var changed else { return changed }
        changed.faults = faults
        changed.sound = .text
        return changed
    }

    /// The client's path and query at the provider; hoosh's name for it is OpenAI's.
    private func openAIPath(_ provider: Provider) -> String {
        guard !session.reader.surface.isTranscribe else {
            return provider.targetPrefix.path(for: "/v1/audio/transcriptions")
        }
        let path = String(session.path.dropFirst(session.reader.surface.dropped))
        let type = contentType
        let keepsQuery = !session.query.isEmpty && AudioBody(contentType: type.span) != .raw
        return provider.targetPrefix.path(for: keepsQuery ? "\(path)?\(session.query)" : path)
    }

    private func forWhisper(_ payload: [UInt8], _ form: MultipartForm?, _ path: [UInt8]) -> Restated {
        let translates = request.api == .translations
        let beginning = form.map { TranscriptionForm.forWhisper(payload, $0, translates: translates) }
        return passing(
            path,
            beginning: translates ? beginning : nil,
            dropped: form.map(TranscriptionForm.droppedByWhisper) ?? []
        )
    }

    private func forOpenAI(
        _ target: Target,
        _ payload: [UInt8],
        _ form: MultipartForm?,
        _ path: [UInt8]
    ) throws(ConversationFault) -> Restated? {
        let isTranscribe = session.reader.surface.isTranscribe
        let model = target.modelBytes ?? (request.isAliased ? request.model : nil)
        let needsModel = isTranscribe && request.model.isEmpty
        if let form, let wanted = model ?? (needsModel ? Exchange.usualModel : nil) {
            guard let beginning = TranscriptionForm.naming(wanted, payload, form) else {
                throw ConversationFault("the form's `model` cannot be told from its beginning", parameter: "model")
            }
            return passing(path, beginning: beginning)
        }
        return isTranscribe ? passing(path, beginning: nil) : nil
    }

    /// OpenAI's name for it, for clients that name none.
    private static let usualModel = Array("whisper-1".utf8)

    /// A sound without a form around it gets one.
    private func wrapped(_ target: Target, _ isWhisper: Bool, _ path: [UInt8], _ type: [UInt8]) -> Restated {
        // Nobody can know it beforehand and put an end of it into a sound.
        let random =
            String(UInt64.random(in: .min ... .max), radix: 16) + String(UInt64.random(in: .min ... .max), radix: 16)
        let boundary = Array("hoosh-\(random)".utf8)
        var fields: [(name: String, value: [UInt8])] = []
        let items = QueryItems.read(Array(session.query.utf8).span)
        if isWhisper {
            if request.api == .translations {
                fields.append(("translate", Array("true".utf8)))
                if !items.contains(where: { $0.name == "language" }) { fields.append(("language", Array("auto".utf8))) }
            }
        } else {
            let model = modelBytes(target)
            fields.append(("model", model.isEmpty ? Exchange.usualModel : model))
        }
        let front = TranscriptionForm.wrapping(items: items, fields: fields, contentType: type.span, boundary: boundary)
        return passing(
            path,
            beginning: front + gatheredPayload,
            ending: TranscriptionForm.ending(boundary: boundary),
            contentType: Array("multipart/form-data; boundary=".utf8) + boundary
        )
    }

    /// The client's upload goes on behind another beginning.
    ///
    /// `beginning` stands in place of what was gathered, without chunks; nil leaves that as it is. `ending` comes behind
    /// the upload's last byte.
    private func passing(
        _ path: [UInt8],
        beginning: [UInt8]?,
        ending: [UInt8] = [],
        contentType: [UInt8]? = nil,
        dropped: [String] = []
    ) -> Restated {
        var body = beginning
        if let beginning {
            if !session.reader.streamsRest {
                body = beginning + ending
            } else if head.framing == .chunked {
                body = Upload.chunk(beginning)
            }
        }
        var restated = Restated(
            head: UpstreamHead.Restatement(path: path, format: .chat, isTranslated: false, contentType: contentType),
            body: body,
            dropped: Array(dropped.joined(separator: ", ").utf8),
            answer: nil
        )
        restated.ending = beginning == nil ? nil : ending
        return restated
    }

    // MARK: What was gathered

    private var contentType: [UInt8] {
        guard let field = head.fields.first(where: { $0.id == .contentType }) else { return [] }
        return Array(UnsafeRawBufferPointer(rebasing: bytes[field.value.range]))
    }

    /// The body as far as it was gathered, without chunks.
    private var gatheredPayload: [UInt8] {
        let reader = session.reader
        let body = UnsafeRawBufferPointer(rebasing: bytes[reader.headBytes..<reader.consumedBytes])
        guard head.framing == .chunked, !reader.isJSON else { return Array(body) }
        return Upload.payload(of: body.bindMemory(to: UInt8.self).span)
    }

    // MARK: The answer

    /// Begins to pass on what a speech server answers; false when it is none of that.
    func beginSound(_ length: Int, _ seen: UnsafeMutableRawBufferPointer) -> Bool {
        guard let sound = restated?.sound else { return false }
        // No sound is JSON, and a text may be an error.
        let isJSON = worker.answerHead.isJSON(in: seen.bindMemory(to: UInt8.self).span)
        guard sound == .samples || isJSON || answer.status >= 400 else { return false }
        guard answer.status < 400, !isJSON else {
            save(length, seen, gathers: true)
            return true
        }
        let writesChunks = head.versionMinor > 0
        closesClient = !writesChunks || !session.keepsAlive
        var writer = ByteWriter(worker.outgoing)
        ClientHead.write(
            &writer,
            head: worker.answerHead,
            bytes: seen.bindMemory(to: UInt8.self).span,
            framing: writesChunks ? .chunked : .untilClose,
            connection: connectionField,
            marks: marks,
            contentType: ""
        )
        guard !writer.overflowed else {
            tryFailed(.malformed, "sent a head larger than the proxy passes on")
            return true
        }
        let pump = WaveStripper(head: writer.written, framing: answer.framing, writesChunks: writesChunks)
        let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
        start(pump, head: nothing, body: UnsafeMutableRawBufferPointer(rebasing: seen[length...]))
        return true
    }

    /// Delivers a speech server's JSON as it came, if it is no error: whisper.cpp reports those with status 200, too.
    ///
    /// - Throws: that it is none of what was asked for.
    func heardWhole(_ told: SavedAnswer, _ translation: AnswerTranslation) throws(EventFault) {
        if let fault = translation.reported(in: told.body) { throw EventFault(reported: fault) }
        guard restated?.sound == .text else { throw EventFault("answered with JSON in place of a sound") }
        var told = told
        told.translation = nil
        deliverGathered(told)
    }

    /// The Content-Type of a sound or its text, where the server says another: both say `text/html` for what is none.
    func soundType(_ bytes: Span<UInt8>) -> StaticString? {
        switch restated?.sound {
        case .wav: return "audio/wav"
        case .text:
            guard let field = worker.answerHead.fields.first(where: { $0.id == .contentType }) else { return nil }
            return ASCII.equalsIgnoringCase(bytes.extracting(field.value.range).extracting(first: 9), "text/html")
                ? "text/plain; charset=utf-8" : nil
        case .samples, nil: return nil
        }
    }
}
