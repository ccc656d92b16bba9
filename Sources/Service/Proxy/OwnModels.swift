import Arrival
import Bytes
import Conversation
import Dialect
import HTTP
import Translation

/// What the server tells of models itself: the merged list in the form of whoever asks.
enum OwnModels {
    /// Answers paths of Ollama's and Gemini's APIs, and Groq's spelling of OpenAI's; false for others.
    static func serve(_ session: Session, _ path: String) -> Bool {
        switch path {
        case "/api/version", "/api/ps", "/api/tags":
            guard ClientPaths.allow(session, .get, .head, "GET, HEAD") else { return true }
            switch path {
            case "/api/version": answer(session, ModelListTranslation.ollamaVersion())
            case "/api/ps": answer(session, ModelListTranslation.ollamaRunning())
            default: list(session)
            }
            return true
        case "/api/show":
            guard ClientPaths.allow(session, .post, .post, "POST") else { return true }
            show(session)
            return true
        case "/v1beta/models", "/v1alpha/models", "/openai/v1/models":
            guard ClientPaths.allow(session, .get, .head, "GET, HEAD") else { return true }
            list(session)
            return true
        default: break
        }
        for place in ["/v1beta/models/", "/v1alpha/models/"] where path.hasPrefix(place) {
            guard !session.reader.surface.isVerb, path.utf8.count > place.utf8.count else { return false }
            guard ClientPaths.allow(session, .get, .head, "GET, HEAD") else { return true }
            one(session, decoded(path.utf8.dropFirst(place.utf8.count)), requestID: nil)
            return true
        }
        return false
    }

    /// Gives the models that the caller may ask for.
    private static func known(_ session: Session, _ done: @escaping ([ListedModel]) -> Void) {
        let caller = session.caller
        let aliases = session.worker.snapshot.configuration.aliases
        session.worker.local.models.list { models in
            done(caller.key?.models == nil ? models : models.filter { caller.mayKnow($0.id, aliases) })
        }
    }

    /// Answers with the list of all models, or the page of it that is asked for.
    static func list(_ session: Session) {
        session.awaitAnswer()
        let format = form(session)
        let query = session.query
        known(session) { [weak session] models in
            do throws(ConversationFault) {
                let body = try ModelListTranslation.write(models, as: format, query: query)
                session?.answer(200, "application/json", body)
            } catch {
                session?.refuse(Refusal(400, "invalid_request", error.description, param: error.parameter))
            }
        }
    }

    /// Answers a question about one model, by `/v1/models/NAME`; `catalog` is no model but the list with all that is known.
    static func one(_ session: Session, requestID: [UInt8]?) {
        let path = session.path.utf8.dropFirst(session.reader.surface.dropped + "/v1/models/".utf8.count)
        let id = decoded(path)
        guard id == "catalog" else { return one(session, id, requestID: requestID) }
        session.awaitAnswer()
        known(session) { [weak session] models in
            let body = ModelListTranslation.catalogue(models)
            session?.answer(200, "application/json", body, requestID: requestID)
        }
    }

    private static func show(_ session: Session) {
        let reader = session.reader
        let body = Array(
            UnsafeRawBufferPointer(rebasing: session.requestBytes[reader.headBytes..<reader.consumedBytes])
        )
        guard let id = ModelListTranslation.shown(body), !id.isEmpty else {
            return session.refuse(Refusal(400, "missing_model", "the body names no `model`", param: "model"))
        }
        one(session, id, requestID: nil)
    }

    private static func one(_ session: Session, _ id: String, requestID: [UInt8]?) {
        session.awaitAnswer()
        let format = form(session)
        known(session) { [weak session] models in
            // Ollama's names end in `:latest` where nothing else is said.
            let found = models.first { $0.id == id } ?? models.first { format == .ollama && $0.id == id + ":latest" }
            guard let found else {
                let known = ClientPaths.known(models.map(\.id))
                let message = "there is no model `\(id.prefix(128))`. \(known)"
                session?.refuse(Refusal(404, "model_not_found", message, param: "model"), requestID: requestID)
                return
            }
            let body = ModelListTranslation.write(found, as: format)
            session?.answer(200, "application/json", body, requestID: requestID)
        }
    }

    private static func answer(_ session: Session, _ body: [UInt8]) {
        session.answer(200, "application/json", body)
    }

    private static func form(_ session: Session) -> ModelListFormat {
        switch session.reader.surface.format {
        case .messages: .anthropic
        case .gemini: .gemini
        case .ollama, .generate: .ollama
        case .chat, .completions, .responses: .openAI
        }
    }

    /// A path's rest, %XX resolved.
    private static func decoded(_ text: Substring.UTF8View) -> String {
        var result: [UInt8] = []
        var rest = Array(text)[...]
        while let byte = rest.popFirst() {
            if byte == 0x25, rest.count >= 2, let high = ASCII.hexValue(rest[rest.startIndex]),
                let low = ASCII.hexValue(rest[rest.startIndex + 1])
            {
                result.append(UInt8(high << 4 | low))
                rest = rest.dropFirst(2)
            } else {
                result.append(byte)
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
