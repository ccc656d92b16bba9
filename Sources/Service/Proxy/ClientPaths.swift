import Compiler
import Arrival
import Bytes
import Decision
import Routing
import Dialect
import HTTP
import JSON
import Loop

/// The paths of the client listener: a few of our own, and routing for the rest of `/v1/`.
enum ClientPaths {
    /// Serves the request that stands in the session.
    static func serve(_ session: Session) {
        // Most requests are for an endpoint of the table and for none of our own paths.
        let surface = session.reader.surface
        if surface.action != .pass { return route(session) }
        switch surface.endpoint {
        case .models, .other: serveOwn(session)
        default: route(session)
        }
    }

    private static func serveOwn(_ session: Session) {
        let path = session.path
        if OwnModels.serve(session, path) { return }
        switch OwnPath.recognise(path) {
        case .batch: BatchPaths.serve(session)
        case .models:
            guard allow(session, .get, .head, "GET, HEAD") else { return }
            OwnModels.list(session)
        case .health:
            guard allow(session, .get, .head, "GET, HEAD") else { return }
            let count = session.worker.snapshot.configuration.providers.count
            // Anybody may ask; what runs here is for those who have a key.
            let isStranger = session.worker.snapshot.configuration.access.isBearer && session.caller.key == nil
            guard !isStranger else { return session.answer(200, "application/json", Array("{\"status\":\"ok\"}".utf8)) }
            let body = "{\"status\":\"ok\",\"version\":\"\(Version.current)\",\"providers_configured\":\(count)}"
            session.answer(200, "application/json", Array(body.utf8))
        case .providerHealth:
            guard allow(session, .get, .head, "GET, HEAD") else { return }
            session.answer(200, "application/json", Array(providerHealth(session.worker).utf8))
        case .toolList: ToolPaths.list(session)
        case .toolCall: ToolPaths.call(session)
        case .mcp: ToolPaths.speak(session)
        case .tokenCheck: TokenPaths.serve(session, .check)
        case .tokenReserve: TokenPaths.serve(session, .reserve)
        case .tokenCommit: TokenPaths.serve(session, .commit)
        case .tokenRelease: TokenPaths.serve(session, .release)
        case .tokenReport: TokenPaths.serve(session, .report)
        case .tokenPools: TokenPaths.serve(session, .pools)
        case .costEstimate: CostPaths.estimate(session)
        case .costRecommend: CostPaths.recommend(session)
        case nil:
            guard path.hasPrefix("/v1/") || session.reader.surface.dropped > 0 else {
                return session.refuse(
                    Refusal(404, "not_found", "there is nothing at \(shown(path)); the API begins with /v1/")
                )
            }
            route(session)
        }
    }

    /// Cut to a length that a message can bear.
    private static func shown(_ text: String) -> String { String(text.prefix(80)) }

    /// True when the method is one of two; else the answer is on its way.
    static func allow(_ session: Session, _ one: Method, _ other: Method, _ list: String) -> Bool {
        let method = session.reader.head.method
        if method == one || method == other { return true }
        session.refuse(
            Refusal(405, "method_not_allowed", "this path takes \(list) only", allow: list)
        )
        return false
    }

    private static func providerHealth(_ worker: Worker) -> String {
        // Names and states only: addresses stay on the admin listener.
        let rows = worker.snapshot.configuration.providers.enumerated().map { index, provider in
            let health = worker.snapshot.health[index]
            let status = provider.isEnabled ? (health.isUp ? "healthy" : "unhealthy") : "disabled"
            return "{\"provider\":\"\(provider.name)\",\"kind\":\"\(provider.kind.name)\",\"status\":\"\(status)\","
                + "\"consecutive_failures\":\(health.consecutiveFailures),\"in_flight\":\(health.inFlight)}"
        }
        return "{\"providers\":[\(rows.joined(separator: ","))]}"
    }

    /// A path with another spelling than ours.
    static let badPath = Refusal(
        400,
        "bad_path",
        "write the path plainly: no `//`, no `/` at the end, no %XX for a character that needs none"
    )

    // MARK: Routing

    private static func route(_ session: Session) {
        let reader = session.reader
        if reader.endpoint.takesOnlyPost || reader.surface.isTranscribe, reader.head.method != .post {
            return session.refuse(
                Refusal(405, "method_not_allowed", "this path takes POST only", allow: "POST")
            )
        }
        if reader.head.method == .other, session.method == RoutedRequests.refusedMethod {
            return session.refuse(Refusal(405, "method_not_allowed", "TRACE is not passed on", allow: "GET, POST"))
        }
        let span = session.requestBytes.bindMemory(to: UInt8.self).span
        guard PlainPath.holds(span.extracting(reader.head.path.range)) else {
            return session.refuse(badPath)
        }
        if let refusal = soundRefusal(session) { return session.refuse(refusal) }
        var subject: Subject
        do { subject = try Subject(session) } catch { return session.refuse(error.refusal) }
        if let refusal = session.innerRefusal(asked: subject.asked) { return session.refuse(refusal) }
        if reader.endpoint.needsModel, reader.head.method == .post, subject.model.isEmpty {
            return session.refuse(
                Refusal(400, "missing_model", "the body names no `model`", param: "model")
            )
        }
        if let errand = session.errand { return run(errand, session, subject) }
        guard mayAsk(session, subject.model, subject.asked) else { return }
        let surface = reader.surface
        let api = API(rawValue: reader.endpoint.rawValue) ?? .other
        let local = session.worker.local
        let requestID = session.requestID()
        let verdict = local.judge.judge(
            RequestJudge.Subject(
                api: api,
                routedPath: surface.routedPath,
                dropped: surface.dropped,
                model: subject.model,
                streams: subject.streams,
                requestID: requestID,
                caller: session.caller
            ),
            reader,
            span
        )
        if let field = verdict.repeatedField {
            let message = "the configuration asks about `\(field)`, which this request has more than once: send it once"
            return session.refuse(Refusal(400, "repeated_header", message, param: field), requestID: requestID)
        }
        guard maySend(session, verdict.level, requestID) else { return }
        guard let index = verdict.route else { return refuseUnrouted(session, subject) }
        session.worker.counters.classes[Int(verdict.level.rawValue)] += 1
        switch local.snapshot.program.routes[index].action {
        case .deny(let status, let message):
            session.refuse(Refusal(status, "route_forbidden", message), requestID: requestID)
        case .forward(let plans):
            if reader.asksForModel { return OwnModels.one(session, requestID: requestID) }
            if subject.streams, local.snapshot.answerScans[index] != .none {
                let message = "answers of this route are read before they go out: ask without `stream`"
                let refusal = Refusal(400, "stream_not_scanned", message, param: "stream")
                return session.refuse(refusal, requestID: requestID)
            }
            if local.snapshot.content.redacts {
                guard session.redact(local.snapshot.content, verdict.reading) else {
                    return session.refuse(Session.redactionRefusal, requestID: requestID)
                }
                // What stands behind a replacement has moved.
                do { subject = try Subject(session) } catch { return session.refuse(error.refusal) }
            }
            var request = RoutedRequest(
                route: index,
                planNumber: local.snapshot.planNumbers[index][Int(verdict.level.rawValue)],
                api: api,
                action: surface.action,
                dialect: surface.format,
                level: verdict.level,
                tags: verdict.tags,
                model: subject.model,
                isAliased: subject.isAliased,
                modelPlace: subject.place,
                streamOptions: subject.streamOptions,
                mayAskUsage: subject.mayAskUsage,
                streams: subject.streams
            )
            let plan = plans[Int(verdict.level.rawValue)]
            if case .manage(let command) = surface.action {
                do { try ManagementBody(session, command).complete(&request) } catch {
                    return session.refuse(error.refusal, requestID: requestID)
                }
            }
            request.maxTokens = subject.wish.maxTokens
            if surface.action == .chat { subject.wish.mostTokens = plan.mostTokens }
            session.admit(
                GrantOrder(request: request, wish: subject.wish, plan: plan, requestID: requestID, local: local)
            )
        }
    }

    /// A request on behalf of another goes where that one's route says.
    private static func run(_ errand: Errand, _ session: Session, _ subject: Subject) {
        let requestID = session.requestID()
        let reader = session.reader
        // After a reload its positions mean others.
        guard errand.snapshot === session.worker.snapshot else {
            let message = "the configuration has changed since this was asked"
            return session.refuse(Refusal(503, "no_healthy_upstream", message), requestID: requestID)
        }
        let request = RoutedRequest(
            route: errand.route,
            planNumber: errand.planNumber,
            api: API(rawValue: reader.endpoint.rawValue) ?? .other,
            action: reader.surface.action,
            dialect: reader.surface.format,
            level: errand.level,
            tags: errand.tags,
            model: subject.model,
            isAliased: subject.isAliased,
            modelPlace: subject.place,
            streamOptions: subject.streamOptions,
            mayAskUsage: subject.mayAskUsage,
            streams: subject.streams
        )
        let local = session.worker.local
        session.admit(
            GrantOrder(request: request, wish: subject.wish, plan: errand.plan, requestID: requestID, local: local)
        )
    }

    /// What is wrong with the body of a transcription by its head alone.
    private static func soundRefusal(_ session: Session) -> Refusal? {
        let reader = session.reader
        guard reader.endpoint == .transcriptions || reader.endpoint == .translations else { return nil }
        let span = session.requestBytes.bindMemory(to: UInt8.self).span
        let field = reader.head.fields.first { $0.id == .contentType }
        let body = field.map { AudioBody(contentType: span.extracting($0.value.range)) } ?? .other
        if body == .other, reader.surface.isTranscribe {
            let message = "send the sound as the body with its type (`audio/wav`), or a form with a `file`"
            return Refusal(415, "unsupported_media_type", message)
        }
        guard body == .raw, reader.head.hasContentCoding(in: span) else { return nil }
        return Refusal(415, "unsupported_media_type", "send the body without Content-Encoding")
    }

    /// No route takes the request: the answer names models that could be asked for instead, as the providers list them.
    private static func refuseUnrouted(_ session: Session, _ subject: Subject) {
        // As the whole list, what is in it is told whatever the routes take.
        if session.reader.asksForModel { return OwnModels.one(session, requestID: nil) }
        let model = String(decoding: subject.model.prefix(128), as: UTF8.self)
        guard !model.isEmpty else {
            return session.refuse(Refusal(404, "no_route", "no route takes this request"))
        }
        session.awaitAnswer()
        let caller = session.caller
        let aliases = session.worker.snapshot.configuration.aliases
        session.worker.local.models.names { [weak session] names in
            let own = names.filter { caller.mayKnow($0, aliases) }
            let message = "no route takes the model `\(model)`. \(known(own))"
            session?.refuse(Refusal(404, "model_not_found", message, param: "model"))
        }
    }

    /// A sentence that names what could be asked for.
    static func known(_ names: [String]) -> String {
        guard !names.isEmpty else { return "GET /v1/models lists what the providers serve." }
        return "Known: \(names.prefix(20).joined(separator: ", ")). GET /v1/models lists what the providers serve."
    }
}

/// What a request is about: its model and whether it streams.
private struct Subject {
    var model: [UInt8] = []
    /// The model by the name that the client used.
    var asked: [UInt8] = []
    var isAliased = false
    var place = TextRange.absent
    var streams = false
    var streamOptions = TextRange.absent
    var mayAskUsage = false
    var wish = Session.Wish()

    struct Fault: Error { let refusal: Refusal }

    init(_ session: Session) throws(Fault) {
        let reader = session.reader
        defer { resolveAlias(session) }
        // Progress is told line by line unless the client wants none.
        let tellsProgress = reader.surface.action == .manage(.pull)
        streams =
            reader.surface.streams
            ?? (tellsProgress || reader.surface.action == .chat && reader.surface.format.streamsLines)
        if !reader.surface.model.isAbsent {
            let path = reader.head.path
            let place = reader.surface.model.range
            model = Subject.decoded(session.requestBytes, Int(path.start) + place.lowerBound, place.count)
        }
        guard reader.bodyBytes > 0 else { return }
        let span = session.requestBytes.bindMemory(to: UInt8.self).span
        let body = span.extracting(reader.headBytes..<reader.consumedBytes)
        if reader.isJSON {
            try readJSON(body, reader)
        } else if let type = reader.head.fields.first(where: { $0.id == .contentType }) {
            let value = span.extracting(type.value.range)
            if reader.head.framing == .chunked {
                let payload = Upload.payload(of: body)
                try readForm(payload.span, value, session)
            } else {
                try readForm(body, value, session)
            }
        }
    }

    /// The model of a form; of a sound without a form the query may say it.
    private mutating func readForm(
        _ body: Span<UInt8>,
        _ contentType: Span<UInt8>,
        _ session: Session
    ) throws(Fault) {
        let reader = session.reader
        let isHeard = reader.endpoint == .transcriptions || reader.endpoint == .translations
        if isHeard, AudioBody(contentType: contentType) == .raw {
            let items = QueryItems.read(Array(session.query.utf8).span)
            model = items.last { $0.name == "model" }?.value ?? []
            return
        }
        let form = MultipartForm(body, contentType: contentType)
        let places = form?.values(of: "model") ?? []
        if places.count == 1 { model = places[0].map { body[$0] } }
        guard isHeard, places.count != 1, AudioBody(contentType: contentType) == .form else { return }
        // What cannot be seen here could still be asked of the provider, past the routes.
        if reader.streamsRest || form == nil || form?.has("model") == true {
            let message =
                "the form must name its `model` once, within its first 64 KiB: write it in front of the `file`"
            throw Fault(refusal: Refusal(400, "missing_model", message, param: "model"))
        }
    }

    private mutating func resolveAlias(_ session: Session) {
        asked = model
        guard let real = session.worker.snapshot.configuration.resolvedAlias(of: asked.span) else { return }
        model = real
        isAliased = true
    }

    /// A model's name out of a path, %XX resolved.
    private static func decoded(_ bytes: UnsafeMutableRawBufferPointer, _ start: Int, _ count: Int) -> [UInt8] {
        var result: [UInt8] = []
        var index = start
        while index < start + count {
            if bytes[index] == 0x25, index + 2 < start + count, let high = ASCII.hexValue(bytes[index + 1]),
                let low = ASCII.hexValue(bytes[index + 2])
            {
                result.append(UInt8(high << 4 | low))
                index += 3
            } else {
                result.append(bytes[index])
                index += 1
            }
        }
        return result
    }

    private mutating func readJSON(_ body: Span<UInt8>, _ reader: RequestReader) throws(Fault) {
        let shape: RequestShape
        do { shape = try RequestShape.read(body) } catch {
            // Of an endpoint that is only passed through, the body is the provider's business; the model is ours.
            guard reader.endpoint.takesOnlyJSON || error.hidesModel else { return }
            throw Fault(
                refusal: Refusal(400, "invalid_json", error.description, param: error.parameter)
            )
        }
        wish.maxTokens = shape.maxTokens
        wish.answers = shape.answers
        wish.poolMember = shape.poolMember
        wish.repeatsPool = shape.repeatsPool
        if !shape.pool.isAbsent {
            wish.pool = String(decoding: JSONText.unescape(body.extracting(shape.pool.range)), as: UTF8.self)
        }
        // Gemini has both in the path.
        guard reader.surface.streams == nil else { return }
        switch reader.surface.action {
        case .chat, .pass, .manage(.pull): streams = shape.saidStream ?? streams
        case .countTokens, .embed, .manage: break
        }
        place = shape.modelWithQuotes
        streamOptions = shape.streamOptions
        mayAskUsage = !shape.repeatsStreamOptions
        guard !shape.model.isAbsent else { return }
        let raw = body.extracting(shape.model.range)
        model = shape.modelIsEscaped ? JSONText.unescape(raw) : raw.indices.map { raw[$0] }
    }
}
