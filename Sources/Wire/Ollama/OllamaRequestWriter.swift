import Conversation
import JSON

extension OllamaRequest {
    /// Members that only Ollama has, written as they stood.
    private static let ownMembers = ["keep_alive", "truncate", "shift"]

    /// Writes a body.
    ///
    /// Seals of thoughts are left out: each is worth something to its own provider only.
    ///
    /// - Throws: what cannot be said to Ollama without changing what it means.
    package static func write(
        _ request: ChatRequest,
        _ terms: RequestTerms
    ) throws(ConversationFault) -> WrittenRequest {
        var writer = JSONWriter()
        var messages = OllamaMessageWriter()
        writer.beginObject()
        writer.key("model")
        writer.string(terms.model)
        writer.key("messages")
        writer.beginArray()
        for (index, message) in request.messages.enumerated() { try messages.write(message, index, to: &writer) }
        writer.endArray()
        var dropped = messages.dropped
        try writeTools(request, &dropped, &writer)
        writer.key("stream")
        writer.bool(terms.streams)
        switch request.format {
        case .json:
            writer.key("format")
            writer.string("json" as StaticString)
        case .schema(_, let schema, _):
            writer.key("format")
            writer.node(schema)
        case .text, nil: break
        }
        writeThinking(request, terms, &dropped, &writer)
        if let wants = request.sampling.wantsLogProbabilities {
            writer.key("logprobs")
            writer.bool(wants)
        }
        if let top = request.sampling.topLogProbabilities {
            writer.key("top_logprobs")
            writer.number(top)
        }
        OllamaOptions.write(request, to: &writer)
        for member in request.extras where !member.key.hasPrefix("options.") {
            if ownMembers.contains(member.key) {
                writer.key(member.key)
                writer.node(member.value)
            } else {
                dropped.append(member.key)
            }
        }
        writer.endObject()
        if let count = request.sampling.count, count != 1 { dropped.append("n") }
        if request.user != nil { dropped.append("user") }
        if request.allowsParallelCalls == false { dropped.append("parallel_tool_calls") }
        return WrittenRequest(body: writer.bytes, dropped: dropped)
    }

    /// Ollama cannot be told which tool to call; where none may be called, none is offered.
    private static func writeTools(
        _ request: ChatRequest,
        _ dropped: inout [String],
        _ writer: inout JSONWriter
    ) throws(ConversationFault) {
        switch request.toolChoice {
        case ToolChoice.none?: return
        case .required, .function: dropped.append("tool_choice")
        case .auto, nil: break
        }
        guard !request.tools.isEmpty else { return }
        writer.key("tools")
        writer.beginArray()
        for (index, tool) in request.tools.enumerated() {
            guard tool.builtIn == nil else {
                throw ConversationFault(
                    "Ollama does not have the tool \"\(tool.name.text)\"; leave it out for this model",
                    parameter: "tools[\(index)]"
                )
            }
            if tool.isStrict == true, !dropped.contains("strict") { dropped.append("strict") }
            writeTool(tool, &writer)
        }
        writer.endArray()
    }

    private static func writeTool(_ tool: ToolDefinition, _ writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("type")
        writer.string("function" as StaticString)
        writer.key("function")
        writer.beginObject()
        writer.key("name")
        writer.string(tool.name)
        if let description = tool.description {
            writer.key("description")
            writer.string(description)
        }
        writer.key("parameters")
        if let parameters = tool.parameters, parameters.isObject, !parameters.members.isEmpty {
            writer.node(parameters)
        } else {
            writer.raw("{\"type\":\"object\",\"properties\":{}}")
        }
        writer.endObject()
        writer.endObject()
    }

    /// Levels are for gpt-oss; all others are told whether to think (https://docs.ollama.com/capabilities/thinking).
    private static func writeThinking(
        _ request: ChatRequest,
        _ terms: RequestTerms,
        _ dropped: inout [String],
        _ writer: inout JSONWriter
    ) {
        guard let reasoning = request.reasoning else { return }
        let effort = reasoning.effort?.text.lowercased()
        let isOff = reasoning.isEnabled == false || reasoning.budgetTokens == 0 || effort == "none"
        let asks = reasoning.isEnabled == true || reasoning.budgetTokens != nil || effort != nil
        if let budget = reasoning.budgetTokens, budget > 0 { dropped.append("thinking.budget_tokens") }
        guard isOff || asks else { return }
        writer.key("think")
        if isOff { return writer.bool(false) }
        guard let effort else { return writer.bool(true) }
        guard takesLevels(terms.model) else {
            dropped.append("reasoning_effort")
            return writer.bool(true)
        }
        switch effort {
        case "minimal": writer.string("low" as StaticString)
        case "xhigh", "max": writer.string("high" as StaticString)
        default: writer.string(effort)
        }
    }

    private static func takesLevels(_ model: JSONString) -> Bool {
        let word = Array("gpt-oss".utf8)
        let name = model.plain
        return name.indices.contains { name[$0...].starts(with: word) }
    }
}

/// Writes messages.
struct OllamaMessageWriter {
    /// Members that were left out.
    private(set) var dropped: [String] = []
    private var names: [JSONString: JSONString] = [:]

    init() {}

    mutating func write(
        _ message: ChatMessage,
        _ index: Int,
        to writer: inout JSONWriter
    ) throws(ConversationFault) {
        if message.name != nil { drop("name") }
        for (place, part) in message.parts.enumerated() {
            guard case .toolResult(let result) = part else { continue }
            try write(result, "messages[\(index)].content[\(place)]", &writer)
        }
        let onlyResults =
            !message.parts.isEmpty && message.parts.allSatisfy { if case .toolResult = $0 { true } else { false } }
        guard !onlyResults else { return }
        var pieces = OllamaPieces()
        for (place, part) in message.parts.enumerated() {
            if case .toolResult = part { continue }
            try pieces.add(part, "messages[\(index)].content[\(place)]")
        }
        noteMedia(message.parts)
        writer.beginObject()
        writer.key("role")
        switch message.role {
        case .system, .developer: writer.string("system" as StaticString)
        case .user, .tool: writer.string("user" as StaticString)
        case .assistant: writer.string("assistant" as StaticString)
        }
        pieces.write(to: &writer)
        writeCalls(pieces.calls, &writer)
        writer.endObject()
    }

    private mutating func writeCalls(_ calls: [ToolCall], _ writer: inout JSONWriter) {
        guard !calls.isEmpty else { return }
        writer.key("tool_calls")
        writer.beginArray()
        for (index, call) in calls.enumerated() {
            names[call.id] = call.name
            OllamaAnswer.writeCall(
                id: call.id,
                index: index,
                name: call.name,
                arguments: ArgumentsObject.wrapped(call.arguments),
                to: &writer
            )
        }
        writer.endArray()
    }

    private mutating func write(
        _ result: ToolResult,
        _ path: String,
        _ writer: inout JSONWriter
    ) throws(ConversationFault) {
        var pieces = OllamaPieces()
        for (place, part) in result.parts.enumerated() { try pieces.add(part, "\(path).content[\(place)]") }
        guard pieces.calls.isEmpty else {
            throw ConversationFault("a tool's answer cannot hold calls", parameter: path)
        }
        noteMedia(result.parts)
        if result.isError { drop("is_error") }
        writer.beginObject()
        writer.key("role")
        writer.string("tool" as StaticString)
        pieces.write(to: &writer)
        if let name = result.name ?? names[result.callID], !name.isEmpty {
            writer.key("tool_name")
            writer.string(name)
        }
        if !result.callID.isEmpty {
            writer.key("tool_call_id")
            writer.string(result.callID)
        }
        writer.endObject()
    }

    private mutating func noteMedia(_ parts: [ChatPart]) {
        for case .media(let media) in parts {
            if let detail = media.detail, detail != "auto" { drop("detail") }
            if media.title != nil { drop("filename") }
        }
    }

    private mutating func drop(_ name: String) { if !dropped.contains(name) { dropped.append(name) } }
}

/// The pieces of a message, which Ollama has apart by kind.
struct OllamaPieces {
    private var text: JSONString?
    private var thinking: JSONString?
    private var images: [JSONString] = []
    private(set) var calls: [ToolCall] = []

    init() {}

    /// Texts stand one per line.
    mutating func add(_ part: ChatPart, _ path: String) throws(ConversationFault) {
        switch part {
        case .text(let piece), .refusal(let piece): text = OllamaPieces.line(text, piece)
        case .reasoning(let thought):
            if !thought.text.isEmpty { thinking = thinking.map { $0 + thought.text } ?? thought.text }
        case .toolCall(let call): calls.append(call)
        case .media(let media): try add(media, path)
        case .toolResult:
            throw ConversationFault("answers of tools belong into messages of their own", parameter: path)
        case .other(let kind, _):
            throw ConversationFault("Ollama has no part of the kind \(kind)", parameter: path)
        }
    }

    private static func line(_ text: JSONString?, _ piece: JSONString) -> JSONString {
        guard let text else { return piece }
        return text + JSONString(spelled: [0x5c, 0x6e]) + piece
    }

    private mutating func add(_ media: Media, _ path: String) throws(ConversationFault) {
        switch (media.kind, media.source) {
        case (.image, .data(_, let base64)): images.append(base64)
        case (.image, .url(let address)):
            guard let base64 = OllamaPieces.data(of: address) else {
                throw ConversationFault(
                    "Ollama does not fetch images: send the image itself as a data: URL with base64",
                    parameter: path
                )
            }
            images.append(base64)
        case (.document, .text(let piece)): text = OllamaPieces.line(text, piece)
        case (.image, _):
            throw ConversationFault(
                "an image that was uploaded to another provider cannot be given to Ollama: send its data",
                parameter: path
            )
        default:
            throw ConversationFault("Ollama takes text and images, no \(media.kind)", parameter: path)
        }
    }

    /// The base64 of a `data:` address (RFC 2397).
    private static func data(of address: JSONString) -> JSONString? {
        let plain = address.plain
        guard plain.starts(with: Array("data:".utf8)), let comma = plain.firstIndex(of: 0x2c),
            plain[..<comma].reversed().starts(with: Array(";base64".utf8.reversed()))
        else { return nil }
        return JSONString(plain: Array(plain[(comma + 1)...]))
    }

    func write(to writer: inout JSONWriter) {
        writer.key("content")
        writer.string(text ?? "")
        if let thinking {
            writer.key("thinking")
            writer.string(thinking)
        }
        guard !images.isEmpty else { return }
        writer.key("images")
        writer.beginArray()
        for image in images { writer.string(image) }
        writer.endArray()
    }
}
