/// How the events of one kind of stream are spelled.
struct StreamShape {
    enum Family { case chat, completions, responses }

    let family: Family
    let id: [UInt8]
    let model: [UInt8]
    let lineEnd: [UInt8]
    let hasSpace: Bool
    let hasComments: Bool

    /// Digits of a stamp, and the sign before them.
    static let stampBytes = 20
    static let created = 1_700_000_000

    // MARK: Frames

    func open(_ out: inout ByteText, _ name: StaticString) {
        if family == .responses, name.utf8CodeUnitCount > 0 {
            out.add("event: ")
            out.add(name)
            out.add(bytes: lineEnd)
        }
        out.add("data:")
        if hasSpace { out.add(" ") }
    }

    func close(_ out: inout ByteText) {
        out.add(bytes: lineEnd)
        out.add(bytes: lineEnd)
        if hasComments { addComment(&out) }
    }

    private func addComment(_ out: inout ByteText) {
        out.add(": keepalive")
        out.add(bytes: lineEnd)
        out.add(bytes: lineEnd)
    }

    // MARK: Content

    /// Everything before the content of a content event; `order` counts them from 0.
    func openDelta(_ out: inout ByteText, order: Int) {
        open(&out, "response.output_text.delta")
        switch family {
        case .chat:
            addChunkHead(&out, "chat.completion.chunk")
            out.add("{\"index\":0,\"delta\":{")
            if order == 0 { out.add("\"role\":\"assistant\",") }
            out.add("\"content\":\"")
        case .completions:
            addChunkHead(&out, "text_completion")
            out.add("{\"index\":0,\"text\":\"")
        case .responses:
            out.add("{\"type\":\"response.output_text.delta\",\"sequence_number\":")
            out.add(number: order + 4)
            out.add(",\"item_id\":\"msg_mock\",\"output_index\":0,\"content_index\":0,\"logprobs\":[],\"delta\":\"")
        }
    }

    /// Everything after the content, the empty line included.
    func closeDelta(_ out: inout ByteText) {
        switch family {
        case .chat: out.add("\"},\"logprobs\":null,\"finish_reason\":null}]}")
        case .completions: out.add("\",\"logprobs\":null,\"finish_reason\":null}]}")
        case .responses: out.add("\"}")
        }
        close(&out)
    }

    /// Up to the inside of the delta object of a chat chunk.
    func openToolDelta(_ out: inout ByteText) {
        open(&out, "")
        addChunkHead(&out, "chat.completion.chunk")
        out.add("{\"index\":0,\"delta\":{")
    }

    /// Up to the inside of the choices of a whole answer.
    func openWhole(_ out: inout ByteText) {
        addChunkHead(&out, family == .chat ? "chat.completion" : "text_completion")
    }

    private func openShortDelta(_ out: inout ByteText) {
        open(&out, "")
        switch family {
        case .chat: out.add("{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"")
        case .completions: out.add("{\"choices\":[{\"text\":\"")
        case .responses: out.add("{\"type\":\"response.output_text.delta\",\"delta\":\"")
        }
    }

    private func closeShortDelta(_ out: inout ByteText) {
        switch family {
        case .chat: out.add("\"}}]}")
        case .completions: out.add("\"}]}")
        case .responses: out.add("\"}")
        }
        close(&out)
    }

    /// A content event of exactly `size` bytes, as whole as that allows; gives the place of its stamp, or -1.
    func addSizedDelta(_ out: inout ByteText, order: Int, size: Int, isStamped: Bool) -> Int {
        let least = isStamped ? StreamShape.stampBytes : 0
        var comment = ByteText()
        if hasComments { addComment(&comment) }
        let size = size + comment.count
        var frame = ByteText()
        openDelta(&frame, order: order)
        closeDelta(&frame)
        var isShort = false
        if frame.count + least > size {
            isShort = true
            frame = ByteText()
            openShortDelta(&frame)
            closeShortDelta(&frame)
        }
        guard frame.count + least <= size else {
            frame = ByteText()
            open(&frame, "")
            close(&frame)
            open(&out, "")
            out.fill(size - frame.count)
            close(&out)
            return -1
        }
        var stamp = -1
        if isShort { openShortDelta(&out) } else { openDelta(&out, order: order) }
        if isStamped {
            out.add("@")
            stamp = out.count
            out.fill(StreamShape.stampBytes - 1, with: UInt8(ascii: "0"))
        }
        out.fill(size - frame.count - least)
        if isShort { closeShortDelta(&out) } else { closeDelta(&out) }
        return stamp
    }

    // MARK: Before and after the content

    /// What a stream of responses says before its text.
    func addPrelude(_ payload: inout Payload) {
        guard family == .responses else { return }
        let start = payload.text.count
        open(&payload.text, "response.created")
        payload.text.add("{\"type\":\"response.created\",\"sequence_number\":0,\"response\":")
        addResponse(&payload.text, text: nil, usage: nil)
        payload.text.add("}")
        close(&payload.text)
        open(&payload.text, "response.in_progress")
        payload.text.add("{\"type\":\"response.in_progress\",\"sequence_number\":1,\"response\":")
        addResponse(&payload.text, text: nil, usage: nil)
        payload.text.add("}")
        close(&payload.text)
        open(&payload.text, "response.output_item.added")
        payload.text.add("{\"type\":\"response.output_item.added\",\"sequence_number\":2,\"output_index\":0,\"item\":")
        payload.text.add("{\"id\":\"msg_mock\",\"type\":\"message\",\"status\":\"in_progress\",\"role\":\"assistant\",")
        payload.text.add("\"content\":[]}}")
        close(&payload.text)
        open(&payload.text, "response.content_part.added")
        payload.text.add("{\"type\":\"response.content_part.added\",\"sequence_number\":3,\"item_id\":\"msg_mock\",")
        payload.text.add("\"output_index\":0,\"content_index\":0,")
        payload.text.add("\"part\":{\"type\":\"output_text\",\"text\":\"\",\"annotations\":[],\"logprobs\":[]}}")
        close(&payload.text)
        payload.close(from: start, events: 0, isPaced: false)
    }

    /// Finish, usage and `[DONE]`, each an event, all in one write.
    func addTail(_ payload: inout Payload, finish: StaticString, usage: Usage?, text: [UInt8], hasDone: Bool) {
        var start = payload.text.count
        func next(joins: Bool) {
            payload.close(from: start, events: 0, isTail: true, joins: joins)
            start = payload.text.count
        }
        if family == .responses {
            addResponsesTail(&payload.text, usage ?? Usage(), text)
            return next(joins: false)
        }
        open(&payload.text, "")
        addChunkHead(&payload.text, family == .chat ? "chat.completion.chunk" : "text_completion")
        payload.text.add(text: family == .chat ? "{\"index\":0,\"delta\":{}," : "{\"index\":0,\"text\":\"\",")
        payload.text.add("\"logprobs\":null,\"finish_reason\":\"")
        payload.text.add(finish)
        payload.text.add("\"}]}")
        close(&payload.text)
        next(joins: false)
        if let usage {
            open(&payload.text, "")
            addChunkHead(&payload.text, family == .chat ? "chat.completion.chunk" : "text_completion")
            payload.text.add("],\"usage\":")
            usage.add(to: &payload.text)
            payload.text.add("}")
            close(&payload.text)
            next(joins: true)
        }
        guard hasDone else { return }
        open(&payload.text, "")
        payload.text.add("[DONE]")
        payload.text.add(bytes: lineEnd)
        payload.text.add(bytes: lineEnd)
        next(joins: true)
    }

    private func addResponsesTail(_ out: inout ByteText, _ usage: Usage, _ text: [UInt8]) {
        let order = usage.completion + 4
        func head(_ name: StaticString, _ number: Int) {
            open(&out, name)
            out.add("{\"type\":\"")
            out.add(name)
            out.add("\",\"sequence_number\":")
            out.add(number: number)
        }
        head("response.output_text.done", order)
        out.add(",\"item_id\":\"msg_mock\",\"output_index\":0,\"content_index\":0,\"logprobs\":[],\"text\":\"")
        out.add(bytes: text)
        out.add("\"}")
        close(&out)
        head("response.content_part.done", order + 1)
        out.add(",\"item_id\":\"msg_mock\",\"output_index\":0,\"content_index\":0,\"part\":")
        out.add("{\"type\":\"output_text\",\"annotations\":[],\"logprobs\":[],\"text\":\"")
        out.add(bytes: text)
        out.add("\"}}")
        close(&out)
        head("response.output_item.done", order + 2)
        out.add(",\"output_index\":0,\"item\":")
        addItem(&out, text)
        out.add("}")
        close(&out)
        head("response.completed", order + 3)
        out.add(",\"response\":")
        addResponse(&out, text: text, usage: usage)
        out.add("}")
        close(&out)
    }

    private func addChunkHead(_ out: inout ByteText, _ object: StaticString) {
        out.add("{\"id\":\"")
        out.add(bytes: id)
        out.add("\",\"object\":\"")
        out.add(object)
        out.add("\",\"created\":")
        out.add(number: StreamShape.created)
        out.add(",\"model\":\"")
        out.add(bytes: model)
        out.add("\",\"choices\":[")
    }

    // MARK: The response object

    private func addItem(_ out: inout ByteText, _ text: [UInt8]) {
        out.add("{\"id\":\"msg_mock\",\"type\":\"message\",\"status\":\"completed\",\"role\":\"assistant\",")
        out.add("\"content\":[{\"type\":\"output_text\",\"annotations\":[],\"logprobs\":[],\"text\":\"")
        out.add(bytes: text)
        out.add("\"}]}")
    }

    /// The object of the responses API; without a text it is still in progress.
    func addResponse(_ out: inout ByteText, text: [UInt8]?, usage: Usage?) {
        out.add("{\"id\":\"")
        out.add(bytes: id)
        out.add("\",\"object\":\"response\",\"created_at\":")
        out.add(number: StreamShape.created)
        out.add(text: ",\"status\":\"\(text == nil ? "in_progress" : "completed")\",\"error\":null,")
        out.add("\"incomplete_details\":null,\"instructions\":null,\"metadata\":{},\"model\":\"")
        out.add(bytes: model)
        out.add("\",\"parallel_tool_calls\":true,\"temperature\":1.0,\"tool_choice\":\"auto\",\"tools\":[],")
        out.add("\"top_p\":1.0,\"output\":[")
        if let text { addItem(&out, text) }
        out.add("],\"usage\":")
        if let usage {
            out.add("{\"input_tokens\":")
            out.add(number: usage.prompt)
            out.add(",\"input_tokens_details\":{\"cached_tokens\":0},\"output_tokens\":")
            out.add(number: usage.completion)
            out.add(",\"output_tokens_details\":{\"reasoning_tokens\":0},\"total_tokens\":")
            out.add(number: usage.prompt + usage.completion)
            out.add("}")
        } else {
            out.add("null")
        }
        out.add("}")
    }
}

/// Token counts: words of the prompt, events of the answer.
struct Usage {
    var prompt = 0
    var completion = 0

    func add(to out: inout ByteText) {
        out.add("{\"prompt_tokens\":")
        out.add(number: prompt)
        out.add(",\"completion_tokens\":")
        out.add(number: completion)
        out.add(",\"total_tokens\":")
        out.add(number: prompt + completion)
        out.add("}")
    }
}
