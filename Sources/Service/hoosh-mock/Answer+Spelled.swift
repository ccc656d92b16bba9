/// Answers in the formats of other providers than OpenAI.
extension Answer {
    /// How this endpoint spells; nil for OpenAI's format.
    func spelling(_ facts: BodyFacts, _ controls: Controls) -> (any Spelling)? {
        let named = facts.model.isEmpty ? worker.journal.models[0] : string(facts.model)
        switch endpoint {
        case .messages, .countTokens:
            return MessagesSpelling(id: hash, model: named, lines: EventLines(controls))
        case .generateContent, .streamGenerateContent, .geminiCountTokens, .geminiEmbed, .geminiEmbedBatch:
            return GeminiSpelling(id: hash, model: head.geminiModel ?? named, lines: EventLines(controls))
        case .ollamaChat, .ollamaEmbed: return OllamaSpelling(model: named, isChat: true)
        case .ollamaGenerate: return OllamaSpelling(model: named, isChat: false)
        default: return nil
        }
    }

    /// The same for the same body.
    private var hash: String {
        var out = ByteText()
        out.add(hex: bodyHash, digits: 16)
        return String(decoding: out.bytes, as: UTF8.self)
    }

    private func string(_ range: Range<Int>) -> String { String(decoding: part(body, range), as: UTF8.self) }

    /// A generation, whole or streamed.
    func spelled(_ spelling: any Spelling, _ facts: BodyFacts, _ controls: Controls) -> Script {
        var usage = Usage(prompt: wordCount(part(body, facts.lastText)))
        let isStreaming =
            switch endpoint {
            case .streamGenerateContent: true
            // Ollama streams unless it is told not to.
            case .ollamaChat, .ollamaGenerate: facts.isStreaming || !facts.saysStream
            default: facts.isStreaming
            }
        if callsTool(facts) {
            usage.completion = 3
            let content = AnswerContent.call(string(facts.toolName))
            guard isStreaming else { return whole(spelling, content, usage, controls) }
            return play(spelling, content, usage, spelling.call(string(facts.toolName)), controls)
        }
        let sentence = String(decoding: sentence(facts), as: UTF8.self)
        let content = AnswerContent.text(sentence)
        let words = words(sentence)
        usage.completion = words.count
        guard isStreaming else { return whole(spelling, content, usage, controls) }
        if controls.eventCount != nil || controls.eventBytes != nil || controls.faults.contains(.hugeEvent) {
            return sized(spelling, usage, controls)
        }
        return play(spelling, content, usage, words.map { spelling.delta($0) }, controls)
    }

    private func whole(
        _ spelling: any Spelling,
        _ content: AnswerContent,
        _ usage: Usage,
        _ controls: Controls
    ) -> Script {
        var out = ByteText()
        out.add(text: spelling.whole(content, usage))
        return json(out, controls, usage: usage)
    }

    /// The words, each with the space before it.
    private func words(_ sentence: String) -> [String] {
        var words: [String] = []
        for byte in sentence.unicodeScalars {
            if byte == " " || words.isEmpty { words.append("") }
            words[words.count - 1].unicodeScalars.append(byte)
        }
        return words
    }

    // MARK: Streams

    private func play(
        _ spelling: any Spelling,
        _ content: AnswerContent,
        _ usage: Usage,
        _ events: [String],
        _ controls: Controls
    ) -> Script {
        var payload = Payload()
        add(spelling.before(content, usage), to: &payload)
        for event in events {
            let start = payload.text.count
            payload.text.add(text: event)
            payload.close(from: start, events: 1)
        }
        return finish(spelling, &payload, content, usage, controls)
    }

    /// Events of one size, as many as asked for: the same bytes over and over.
    private func sized(_ spelling: any Spelling, _ prompt: Usage, _ controls: Controls) -> Script {
        let isHuge = controls.faults.contains(.hugeEvent)
        let count = controls.eventCount ?? (isHuge ? 1 : 16)
        let size = controls.eventBytes ?? (isHuge ? 1 << 20 : 180)
        var payload = Payload()
        let content = AnswerContent.text("")
        add(spelling.before(content, prompt), to: &payload)
        // A byte that no JSON text has marks the place of the content.
        let frame = Array(spelling.delta("\0").utf8)
        let place = frame.firstIndex(of: 0) ?? frame.count
        var held = ByteText()
        let stamp = controls.isStamped ? held.count + place + 1 : -1
        held.add(bytes: Array(frame[..<place]))
        if controls.isStamped {
            held.add("@")
            held.fill(StreamShape.stampBytes - 1, with: UInt8(ascii: "0"))
        }
        held.fill(size - held.count - (frame.count - place - 1))
        held.add(bytes: Array(frame[(place + 1)...]))
        let together = min(controls.coalesce, max(count, 1))
        func close(_ events: Int, _ repeats: Int) {
            guard events > 0, repeats > 0 else { return }
            let start = payload.text.count
            for _ in 0..<events { payload.text.add(bytes: held.bytes) }
            payload.close(from: start, repeats: repeats, events: events, stamp: stamp)
        }
        close(together, count / together)
        close(count % together, 1)
        var plain = controls
        plain.coalesce = 1
        return finish(spelling, &payload, content, Usage(prompt: prompt.prompt, completion: count), plain)
    }

    private func add(_ events: [String], to payload: inout Payload) {
        let start = payload.text.count
        for event in events { payload.text.add(text: event) }
        payload.close(from: start, events: 0, isPaced: false)
    }

    private func finish(
        _ spelling: any Spelling,
        _ payload: inout Payload,
        _ content: AnswerContent,
        _ usage: Usage,
        _ controls: Controls
    ) -> Script {
        payload.usage = usage
        payload.errorEvent = Array(spelling.errorEvent("hoosh-mock was asked to fail here").utf8)
        for (index, event) in spelling.after(content, usage).dropLast(controls.faults.contains(.noDone) ? 1 : 0)
            .enumerated()
        {
            let start = payload.text.count
            payload.text.add(text: event)
            payload.close(from: start, events: 0, isTail: true, joins: index > 0)
        }
        return stream(payload, controls, type: spelling.streamType)
    }

    // MARK: Small answers

    /// Tokens are words, as in the usage.
    func tokenCount(_ name: StaticString, _ facts: BodyFacts, _ controls: Controls) -> Script {
        var out = ByteText()
        out.add("{\"")
        out.add(name)
        out.add("\":")
        out.add(number: wordCount(part(body, facts.lastText)))
        out.add("}\n")
        return json(out, controls)
    }

    /// `POST /api/embed`: the vectors of `/v1/embeddings` in Ollama's shape.
    func ollamaEmbeddings(_ facts: BodyFacts, _ controls: Controls) -> Script {
        var out = ByteText()
        out.add("{\"model\":")
        out.add(quoted: facts.model.isEmpty ? worker.journal.models[0] : string(facts.model))
        out.add(",\"embeddings\":[")
        for (index, input) in facts.inputs.enumerated() {
            if index > 0 { out.add(",") }
            addVector(part(body, input), facts, isBase64: false, &out)
        }
        let words = facts.inputs.reduce(0) { $0 + wordCount(part(body, $1)) }
        out.add(text: "],\"total_duration\":1000000,\"load_duration\":1000000,\"prompt_eval_count\":\(words)}\n")
        return json(out, controls)
    }

    /// `:embedContent` and `:batchEmbedContents`: the same in Gemini's shape.
    func geminiEmbeddings(_ facts: BodyFacts, _ controls: Controls) -> Script {
        let isBatch = endpoint == .geminiEmbedBatch
        var out = ByteText()
        out.add(text: isBatch ? "{\"embeddings\":[" : "{\"embedding\":")
        for (index, input) in facts.inputs.enumerated() where isBatch || index == 0 {
            if index > 0 { out.add(",") }
            out.add("{\"values\":")
            addVector(part(body, input), facts, isBase64: false, &out)
            out.add("}")
        }
        out.add(text: isBatch ? "]}\n" : "}\n")
        return json(out, controls)
    }

    /// `GET /api/tags`.
    func tags(_ controls: Controls) -> Script {
        var out = ByteText()
        out.add("{\"models\":[")
        for (index, model) in worker.journal.models.enumerated() {
            if index > 0 { out.add(",") }
            out.add("{\"name\":")
            out.add(quoted: model)
            out.add(",\"model\":")
            out.add(quoted: model)
            out.add(",\"modified_at\":\"2023-11-14T22:13:20Z\",\"size\":1,\"digest\":\"mock\",\"details\":{}}")
        }
        out.add("]}\n")
        return json(out, controls)
    }
}
