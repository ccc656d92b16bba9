/// Answers with text: chat, completions and responses, whole or as a stream.
extension Answer {
    /// Says what this is and repeats the question.
    ///
    /// Inside a JSON string: the question comes with its escapes.
    func sentence(_ facts: BodyFacts) -> [UInt8] {
        var out = ByteText()
        if isSame(part(body, facts.lastRole), "tool") || facts.isToolResult {
            out.add("The tool said: ")
        } else {
            out.add("This is hoosh-mock, an embedded test upstream that runs no model. You said: ")
        }
        if facts.lastTextIsJSON {
            var quoted = ByteText()
            quoted.add(quoted: String(decoding: part(body, facts.lastText), as: UTF8.self))
            out.add(bytes: Array(quoted.bytes.dropFirst().dropLast()))
        } else {
            out.add(raw: part(body, facts.lastText))
        }
        return out.bytes
    }

    func callsTool(_ facts: BodyFacts) -> Bool {
        guard !facts.toolName.isEmpty, !facts.isToolResult, isSame(part(body, facts.lastRole), "user") else {
            return false
        }
        let words: StaticString = "call the tool"
        let asked = part(body, facts.lastText)
        guard asked.count >= words.utf8CodeUnitCount else { return false }
        return (0...(asked.count - words.utf8CodeUnitCount)).contains {
            hasPrefixIgnoringCase(part(asked, $0..<asked.count), words)
        }
    }

    func text(_ family: StreamShape.Family, _ facts: BodyFacts, _ controls: Controls) -> Script {
        let shape = StreamShape(
            family: family,
            id: identity(family),
            model: facts.model.isEmpty ? Array(worker.journal.models[0].utf8) : Array(part(body, facts.model)),
            lineEnd: controls.faults.contains(.crlf) ? [0x0d, 0x0a] : [0x0a],
            hasSpace: !controls.faults.contains(.noSpace),
            hasComments: controls.faults.contains(.comments)
        )
        var usage = Usage(prompt: wordCount(part(body, facts.lastText)))
        if family == .chat, callsTool(facts) {
            return facts.isStreaming
                ? streamCall(shape, facts, usage, controls) : wholeCall(shape, facts, usage, controls)
        }
        if facts.isStreaming {
            if controls.isRandom { return random(shape, controls) }
            if controls.eventCount != nil || controls.eventBytes != nil || controls.faults.contains(.hugeEvent) {
                return sized(shape, facts, usage, controls)
            }
            return words(shape, facts, usage, controls)
        }
        let sentence = sentence(facts)
        usage.completion = sentence.withUnsafeBytes { wordCount($0) }
        return whole(shape, sentence, usage, controls)
    }

    /// The same for the same body, so that an answer through a proxy can be compared byte for byte.
    private func identity(_ family: StreamShape.Family) -> [UInt8] {
        var out = ByteText()
        switch family {
        case .chat: out.add("chatcmpl-")
        case .completions: out.add("cmpl-")
        case .responses: out.add("resp_")
        }
        out.add(hex: bodyHash, digits: 16)
        return out.bytes
    }

    var bodyHash: UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in body.prefix(4096) { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return (hash ^ UInt64(bodyCount)) &* 0x100_0000_01b3
    }

    func wordCount(_ text: UnsafeRawBufferPointer) -> Int {
        text.isEmpty ? 0 : text.reduce(1) { $0 + ($1 == 0x20 ? 1 : 0) }
    }

    // MARK: Streams

    /// One event per word, the space before each kept with it.
    private func words(_ shape: StreamShape, _ facts: BodyFacts, _ usage: Usage, _ controls: Controls) -> Script {
        let sentence = sentence(facts)
        var payload = Payload()
        shape.addPrelude(&payload)
        var order = 0
        var start = 0
        while start < sentence.count {
            let end = sentence[(start + 1)...].firstIndex(of: 0x20) ?? sentence.count
            let from = payload.text.count
            shape.openDelta(&payload.text, order: order)
            sentence.withUnsafeBytes { payload.text.add(raw: part($0, start..<end)) }
            shape.closeDelta(&payload.text)
            payload.close(from: from, events: 1)
            order += 1
            start = end
        }
        return finish(shape, &payload, order, usage, sentence, facts, controls)
    }

    /// Events of one size, as many as asked for; the same bytes over and over after the first.
    private func sized(_ shape: StreamShape, _ facts: BodyFacts, _ usage: Usage, _ controls: Controls) -> Script {
        let isHuge = controls.faults.contains(.hugeEvent)
        let count = controls.eventCount ?? (isHuge ? 1 : 16)
        let size = controls.eventBytes ?? (isHuge ? 1 << 20 : 180)
        var payload = Payload()
        shape.addPrelude(&payload)
        func add(order: Int, together: Int, repeats: Int) {
            guard together > 0, repeats > 0 else { return }
            let from = payload.text.count
            var stamp = -1
            for index in 0..<together {
                let place = shape.addSizedDelta(
                    &payload.text,
                    order: order + index,
                    size: size,
                    isStamped: controls.isStamped && index == 0
                )
                if index == 0, place >= 0 { stamp = place - from }
            }
            payload.close(from: from, repeats: repeats, events: together, stamp: stamp)
        }
        // The first differs: it has the role.
        let first = min(count, controls.coalesce)
        let rest = count - first
        add(order: 0, together: first, repeats: 1)
        add(order: 1, together: controls.coalesce, repeats: rest / controls.coalesce)
        add(order: 1, together: rest % controls.coalesce, repeats: 1)
        var plain = controls
        plain.coalesce = 1
        return finish(shape, &payload, count, usage, [], facts, plain)
    }

    private func finish(
        _ shape: StreamShape,
        _ payload: inout Payload,
        _ events: Int,
        _ usage: Usage,
        _ text: [UInt8],
        _ facts: BodyFacts,
        _ controls: Controls,
        reason: StaticString = "stop"
    ) -> Script {
        var usage = usage
        usage.completion = events
        payload.usage = facts.includesUsage || shape.family == .responses ? usage : nil
        shape.addTail(
            &payload,
            finish: reason,
            usage: payload.usage,
            text: text,
            hasDone: !controls.faults.contains(.noDone)
        )
        return stream(payload, controls)
    }

    private func random(_ shape: StreamShape, _ controls: Controls) -> Script {
        var events = RandomEvents(seed: controls.seed)
        let payload = events.payload(
            count: controls.eventCount,
            model: String(decoding: shape.model, as: UTF8.self),
            hasDone: !controls.faults.contains(.noDone)
        )
        return stream(payload, controls)
    }

    // MARK: Tool calls

    private static let argumentParts: [StaticString] = ["{\\\"input\\\":", "\\\"mock\\\"}"]

    private func streamCall(_ shape: StreamShape, _ facts: BodyFacts, _ usage: Usage, _ controls: Controls) -> Script {
        var payload = Payload()
        for order in 0...Answer.argumentParts.count {
            let from = payload.text.count
            shape.openToolDelta(&payload.text)
            if order == 0 {
                payload.text.add("\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"index\":0,")
                payload.text.add("\"id\":\"call_mock\",\"type\":\"function\",\"function\":{\"name\":\"")
                payload.text.add(raw: part(body, facts.toolName))
                payload.text.add("\",\"arguments\":\"")
            } else {
                payload.text.add("\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"")
                payload.text.add(Answer.argumentParts[order - 1])
            }
            payload.text.add("\"}}]},\"logprobs\":null,\"finish_reason\":null}]}")
            shape.close(&payload.text)
            payload.close(from: from, events: 1)
        }
        return finish(shape, &payload, 3, usage, [], facts, controls, reason: "tool_calls")
    }

    private func wholeCall(_ shape: StreamShape, _ facts: BodyFacts, _ usage: Usage, _ controls: Controls) -> Script {
        var out = ByteText()
        shape.openWhole(&out)
        out.add(
            "{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"call_mock\","
        )
        out.add("\"type\":\"function\",\"function\":{\"name\":\"")
        out.add(raw: part(body, facts.toolName))
        out.add("\",\"arguments\":\"")
        for part in Answer.argumentParts { out.add(part) }
        out.add("\"}}]},\"logprobs\":null,\"finish_reason\":\"tool_calls\"}],\"usage\":")
        let told = Usage(prompt: usage.prompt, completion: 3)
        told.add(to: &out)
        out.add("}\n")
        return json(out, controls, usage: told)
    }

    // MARK: Whole answers

    private func whole(_ shape: StreamShape, _ text: [UInt8], _ usage: Usage, _ controls: Controls) -> Script {
        var out = ByteText()
        switch shape.family {
        case .responses: shape.addResponse(&out, text: text, usage: usage)
        case .chat:
            shape.openWhole(&out)
            out.add("{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"")
            out.add(bytes: text)
            out.add("\"},\"logprobs\":null,\"finish_reason\":\"stop\"}],\"usage\":")
            usage.add(to: &out)
            out.add("}")
        case .completions:
            shape.openWhole(&out)
            out.add("{\"index\":0,\"text\":\"")
            out.add(bytes: text)
            out.add("\",\"logprobs\":null,\"finish_reason\":\"stop\"}],\"usage\":")
            usage.add(to: &out)
            out.add("}")
        }
        out.add("\n")
        return json(out, controls, usage: usage)
    }

    // MARK: Embeddings

    static let dimension = 8

    func embeddings(_ facts: BodyFacts, _ controls: Controls) -> Script {
        var out = ByteText()
        out.add("{\"object\":\"list\",\"data\":[")
        for (index, input) in facts.inputs.enumerated() {
            if index > 0 { out.add(",") }
            out.add("{\"object\":\"embedding\",\"index\":")
            out.add(number: index)
            out.add(",\"embedding\":")
            addVector(part(body, input), facts, isBase64: facts.wantsBase64, &out)
            out.add("}")
        }
        out.add("],\"model\":\"")
        if facts.model.isEmpty {
            out.add(text: worker.journal.models[0])
        } else {
            out.add(raw: part(body, facts.model))
        }
        let words = facts.inputs.reduce(0) { $0 + wordCount(part(body, $1)) }
        out.add(text: "\",\"usage\":{\"prompt_tokens\":\(words),\"total_tokens\":\(words)}}\n")
        return json(out, controls, usage: Usage(prompt: words))
    }

    /// Numbers from -1 to 1 in steps of 1/1000, drawn from a hash of the input.
    ///
    /// A model whose name begins with `bag` adds up what it draws for each word: texts with many words in common are near.
    func addVector(_ input: UnsafeRawBufferPointer, _ facts: BodyFacts, isBase64: Bool, _ out: inout ByteText) {
        let thousandths: [Int]
        if part(body, facts.model).starts(with: "bag".utf8) {
            thousandths = Answer.bag(input)
        } else {
            thousandths = Answer.numbers(input[...], Answer.dimension)
        }
        if isBase64 {
            var bytes: [UInt8] = []
            for number in thousandths {
                let bits = (Float(number) / 1000).bitPattern
                for shift in stride(from: 0, to: 32, by: 8) { bytes.append(UInt8(truncatingIfNeeded: bits >> shift)) }
            }
            out.add("\"")
            out.add(base64: bytes)
            out.add("\"")
            return
        }
        out.add("[")
        for (index, number) in thousandths.enumerated() {
            if index > 0 { out.add(",") }
            out.add(text: "\(Double(number) / 1000)")
        }
        out.add("]")
    }

    private static func numbers(_ text: Slice<UnsafeRawBufferPointer>, _ count: Int) -> [Int] {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in text { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        var dice = Dice(hash)
        return (0..<count).map { _ in dice.roll(2001) - 1000 }
    }

    /// The sum over the words, whatever their order and what stands between them.
    private static func bag(_ text: UnsafeRawBufferPointer) -> [Int] {
        var sums = [Int](repeating: 0, count: 64)
        var start = 0
        for end in 0...text.count where end == text.count || !isLetter(text[end]) {
            if end > start {
                for (index, number) in numbers(text[start..<end], 64).enumerated() { sums[index] += number }
            }
            start = end + 1
        }
        return sums
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (0x61...0x7a).contains(byte | 0x20) || (0x30...0x39).contains(byte) || byte >= 0x80
    }
}
