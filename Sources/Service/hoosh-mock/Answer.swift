/// Makes the answer to one request.
struct Answer {
    let head: RequestHead
    let endpoint: Endpoint
    let body: UnsafeRawBufferPointer
    let bodyCount: Int
    let sequence: Int
    let connection: Int
    let worker: Worker

    /// The script to play; never fails, since a refusal is an answer as well.
    func script() -> Script {
        if let problem = head.controls.problem { return refusal(400, problem, Controls()) }
        switch endpoint {
        case .record: return json(worker.journal.record(), Controls())
        case .counters: return json(worker.journal.counters(), Controls())
        case .usage: return json(worker.journal.usage(), Controls())
        case .reset:
            worker.journal.reset()
            return json(Answer.done, Controls())
        case .defaults:
            worker.journal.setDefaults(head.controls)
            return json(Answer.done, Controls())
        default: break
        }
        var controls = worker.journal.effective(head.controls)
        if controls.status != nil { controls.faults.insert(.status) }
        if controls.faults.contains(.status) {
            return refusal(controls.status ?? 500, "hoosh-mock was asked to fail", controls)
        }
        if let id = controls.replay, head.isPOST { return replay(id, controls) }
        switch endpoint {
        case .models: return models(controls)
        case .tags: return tags(controls)
        case .health: return json(Answer.healthy, controls)
        case .unknown:
            return refusal(404, "hoosh-mock knows no \(head.methodText) \(head.targetText)", controls)
        case .echo: return echo(controls)
        case .inference: return inference(controls)
        case .synthesize: return synthesis(controls)
        case .mcp: return tools(controls)
        default: return generation(controls)
        }
    }

    private func generation(_ controls: Controls) -> Script {
        let facts = BodyFacts(body)
        guard facts.isObject else { return refusal(400, "the body is no JSON object", controls) }
        if let bytes = controls.bodyBytes, !facts.isStreaming { return sizedJSON(bytes, controls) }
        if let spelling = spelling(facts, controls) {
            switch endpoint {
            case .countTokens: return tokenCount("input_tokens", facts, controls)
            case .geminiCountTokens: return tokenCount("totalTokens", facts, controls)
            case .ollamaEmbed: return ollamaEmbeddings(facts, controls)
            case .geminiEmbed, .geminiEmbedBatch: return geminiEmbeddings(facts, controls)
            default: return spelled(spelling, facts, controls)
            }
        }
        switch endpoint {
        case .embeddings: return embeddings(facts, controls)
        case .completions: return text(.completions, facts, controls)
        case .responses: return text(.responses, facts, controls)
        default: return text(.chat, facts, controls)
        }
    }

    // MARK: Small answers

    private static let done = literal("{\"ok\":true}\n")
    private static let healthy = literal("{\"status\":\"ok\"}\n")

    private static func literal(_ text: StaticString) -> ByteText {
        var out = ByteText()
        out.add(text)
        return out
    }

    private func models(_ controls: Controls) -> Script {
        var out = ByteText()
        out.add("{\"object\":\"list\",\"data\":[")
        for (index, model) in worker.journal.models.enumerated() {
            if index > 0 { out.add(",") }
            out.add("{\"id\":")
            out.add(quoted: model)
            out.add(",\"object\":\"model\",\"created\":")
            out.add(number: StreamShape.created)
            out.add(",\"owned_by\":\"hoosh-mock\"}")
        }
        out.add("]}\n")
        return json(out, controls)
    }

    func echo(_ controls: Controls) -> Script {
        var out = ByteText()
        out.add("{\"method\":")
        out.add(quoted: head.methodText)
        out.add(",\"path\":")
        out.add(quoted: head.targetText)
        out.add(",\"body_bytes\":")
        out.add(number: bodyCount)
        out.add("}\n")
        return json(out, controls)
    }

    /// A JSON text of exactly so many bytes, or the smallest there is.
    private func sizedJSON(_ size: Int, _ controls: Controls) -> Script {
        var out = ByteText()
        out.reserve(size)
        let end: StaticString = "\"},\"finish_reason\":\"stop\"}]}"
        if size >= 160 {
            out.add("{\"id\":\"chatcmpl-mock\",\"object\":\"chat.completion\",\"choices\":[{\"index\":0,\"message\":")
            out.add("{\"role\":\"assistant\",\"content\":\"")
            out.fill(size - out.count - end.utf8CodeUnitCount)
            out.add(end)
        } else if size >= 2 {
            out.add("\"")
            out.fill(size - 2)
            out.add("\"")
        } else {
            out.fill(size, with: UInt8(ascii: "1"))
        }
        return json(out, controls)
    }

    /// The recording of that name, framed anew.
    private func replay(_ id: String, _ controls: Controls) -> Script {
        let recording: Recording
        do throws(Recording.Missing) {
            recording = try Recording(id, in: worker.corpus)
        } catch {
            return refusal(404, error.text, controls)
        }
        var payload = recording.payload
        if recording.isStream { payload.coalesce(controls.coalesce) }
        if let size = controls.chunkBytes { payload.rechunk(size) }
        return compose(recording.status, recording.fields, payload, controls, isStream: recording.isStream)
    }

    // MARK: Ways out

    func json(
        _ out: ByteText,
        _ controls: Controls,
        status: Int = 200,
        session: Bool = false,
        usage: Usage? = nil
    ) -> Script {
        var payload = Payload()
        payload.usage = usage
        payload.text = out
        payload.close(from: 0, events: 1, isPaced: false, joins: true)
        if let size = controls.chunkBytes { payload.rechunk(size) }
        var fields = ByteText()
        fields.add("Content-Type: application/json\r\n")
        if session { fields.add(text: "Mcp-Session-Id: session-\(sequence)\r\n") }
        if status >= 400, let seconds = controls.retryAfter { fields.add(text: "Retry-After: \(seconds)\r\n") }
        return compose(status, fields, payload, controls, isStream: false)
    }

    func stream(
        _ payload: Payload,
        _ controls: Controls,
        type: StaticString = "text/event-stream; charset=utf-8"
    ) -> Script {
        var payload = payload
        if !controls.isRandom {
            payload.coalesce(controls.coalesce)
            if let size = controls.chunkBytes { payload.rechunk(size) }
        }
        var fields = ByteText()
        fields.add("Content-Type: ")
        fields.add(type)
        fields.add("\r\nCache-Control: no-cache\r\n")
        return compose(200, fields, payload, controls, isStream: true)
    }

    func compose(
        _ status: Int,
        _ fields: ByteText,
        _ payload: Payload,
        _ controls: Controls,
        isStream: Bool
    ) -> Script {
        var fields = fields
        if sequence > 0 {
            fields.add("X-Mock-Seq: ")
            fields.add(number: sequence)
            fields.add("\r\nX-Mock-Connection: ")
            fields.add(number: connection)
            fields.add("\r\n")
        }
        var composer = Composer(
            controls,
            isHTTP10: head.isHTTP10,
            keepsAlive: head.keepsAlive,
            isHEAD: head.isHEAD,
            gapNanoseconds: worker.gapNanoseconds
        )
        let script = composer.compose(status: status, fields: fields, payload: payload, isStream: isStream)
        script.usage = payload.usage
        script.account = head.controls.account
        return script
    }

    private func refusal(_ status: Int, _ message: String, _ controls: Controls) -> Script {
        if let failed = soundFailure(status, message, controls) { return failed }
        var out = Answer.error(status, message)
        if let spelling = spelling(BodyFacts(body), controls) {
            out = ByteText()
            out.add(text: spelling.error(status, message))
        }
        return json(out, controls, status: status)
    }

    /// The answer to what is no request; the connection ends with it.
    static func brokenRequest() -> Script {
        var payload = Payload()
        payload.text = error(400, "hoosh-mock cannot read this request")
        payload.close(from: 0, events: 0, isPaced: false, joins: true)
        var composer = Composer(Controls(), isHTTP10: false, keepsAlive: false, isHEAD: false, gapNanoseconds: 0)
        return composer.compose(status: 400, fields: ByteText(), payload: payload, isStream: false)
    }

    private static func error(_ status: Int, _ message: String) -> ByteText {
        var out = ByteText()
        out.add("{\"error\":{\"message\":")
        out.add(quoted: message)
        out.add(",\"type\":")
        let kind =
            switch status {
            case 401: "authentication_error"
            case 403: "permission_error"
            case 404: "not_found_error"
            case 429: "rate_limit_error"
            case 400..<500: "invalid_request_error"
            default: "server_error"
            }
        out.add(quoted: kind)
        out.add(",\"param\":null,\"code\":")
        out.add(quoted: status == 429 ? "rate_limit_exceeded" : "mock_\(status)")
        out.add("}}\n")
        return out
    }
}
