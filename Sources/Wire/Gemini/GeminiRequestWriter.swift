import Conversation
import JSON

extension GeminiRequest {
    /// Writes a body; model and streaming go into the path.
    ///
    /// Messages of the system, wherever they stand, become the system instruction, since Gemini has no such turn.
    ///
    /// - Throws: what cannot be said to Gemini without changing what it means.
    package static func write(
        _ request: ChatRequest,
        _ terms: RequestTerms
    ) throws(ConversationFault) -> WrittenRequest {
        var contents = GeminiContentWriter(isLate: GeminiModels.isLate(terms.model))
        for (index, message) in request.messages.enumerated() { try contents.add(message, index) }
        var writer = JSONWriter()
        writer.beginObject()
        contents.write(to: &writer)
        var rest = GeminiRestWriter(request, terms, dropped: contents.dropped)
        try rest.write(to: &writer)
        writer.endObject()
        return WrittenRequest(body: writer.bytes, dropped: rest.dropped)
    }
}

/// Writes turns, each when it is known to be whole.
struct GeminiContentWriter {
    private enum Speaker { case user, model, functions }

    /// Members that were left out.
    private(set) var dropped: [String] = []
    private let isLate: Bool
    private var system = JSONWriter()
    private var hasSystem = false
    private var contents = JSONWriter()
    private var speaker: Speaker?
    /// The first call of a turn needs its seal.
    private var turnHasCall = false
    private var names: [JSONString: JSONString] = [:]

    init(isLate: Bool) {
        self.isLate = isLate
        contents.beginArray()
        system.beginArray()
    }

    /// Writes what was added.
    mutating func write(to writer: inout JSONWriter) {
        close()
        contents.endArray()
        system.endArray()
        writer.key("contents")
        writer.raw(contents.bytes[...])
        guard hasSystem else { return }
        writer.key("systemInstruction")
        writer.beginObject()
        writer.key("parts")
        writer.raw(system.bytes[...])
        writer.endObject()
    }

    mutating func add(_ message: ChatMessage, _ index: Int) throws(ConversationFault) {
        if message.name != nil { drop("name") }
        switch message.role {
        case .system, .developer: try addSystem(message, index)
        case .assistant: try addAnswer(message, index)
        case .user, .tool:
            for (place, part) in message.parts.enumerated() {
                guard case .toolResult(let result) = part else { continue }
                open(.functions)
                try write(result, "messages[\(index)].content[\(place)]")
            }
            let rest = message.parts.enumerated().filter { !$0.element.isToolResult }
            guard !rest.isEmpty || message.parts.isEmpty else { return }
            close()
            open(.user)
            for (place, part) in rest { try write(part, "messages[\(index)].content[\(place)]") }
            if rest.isEmpty { GeminiParts.writeText("", to: &contents) }
        }
    }

    private mutating func addSystem(_ message: ChatMessage, _ index: Int) throws(ConversationFault) {
        for (place, part) in message.parts.enumerated() {
            guard case .text(let text) = part else {
                throw ConversationFault(
                    "Gemini takes nothing but text from the system",
                    parameter: "messages[\(index)].content[\(place)]"
                )
            }
            hasSystem = true
            GeminiParts.writeText(text, to: &system)
        }
    }

    private mutating func addAnswer(_ message: ChatMessage, _ index: Int) throws(ConversationFault) {
        var hasForeign = false
        let parts = GeminiSeals.settle(message.parts, hasForeign: &hasForeign)
        if hasForeign { drop("signature") }
        if !parts.isEmpty { open(.model) }
        for settled in parts {
            switch settled.part {
            case .text(let text): GeminiParts.writeText(text, seal: settled.seal, to: &contents)
            case .toolCall(let call):
                names[call.id] = call.name
                writeCall(call, settled.seal)
            case .reasoning(var thought):
                thought.signature = settled.seal
                GeminiParts.writeThought(thought, to: &contents)
            default: try write(settled.part, "messages[\(index)].content[\(settled.place)]")
            }
        }
    }

    /// Calls that no Gemini made carry the word Google gives for them
    /// (https://ai.google.dev/gemini-api/docs/thought-signatures, "Transferring history from other models").
    private mutating func writeCall(_ call: ToolCall, _ seal: JSONString?) {
        let foreign: JSONString? = isLate && !turnHasCall ? "skip_thought_signature_validator" : nil
        turnHasCall = true
        GeminiParts.writeCall(
            id: call.id,
            name: call.name,
            arguments: ArgumentsObject.wrapped(call.arguments),
            seal: seal ?? foreign,
            to: &contents
        )
    }

    private mutating func write(_ result: ToolResult, _ path: String) throws(ConversationFault) {
        guard let name = result.name ?? names[result.callID], !name.isEmpty else {
            throw ConversationFault(
                "there is no call with the id \"\(result.callID.text)\" before this answer to it",
                parameter: path
            )
        }
        var media: [(Int, Media)] = []
        let text = try GeminiContentWriter.text(of: result, path, &media)
        contents.beginObject()
        contents.key("functionResponse")
        contents.beginObject()
        if !result.callID.isEmpty {
            contents.key("id")
            contents.string(result.callID)
        }
        contents.key("name")
        contents.string(name)
        contents.key("response")
        GeminiFunctionAnswer.write(text, isError: result.isError, to: &contents)
        if isLate, !media.isEmpty {
            contents.key("parts")
            contents.beginArray()
            for (place, item) in media { try write(item, "\(path).content[\(place)]") }
            contents.endArray()
        }
        contents.endObject()
        contents.endObject()
        // Before generation 3 a function's answer has no parts of its own: they stand beside it.
        if !isLate { for (place, item) in media { try write(item, "\(path).content[\(place)]") } }
    }

    private static func text(
        of result: ToolResult,
        _ path: String,
        _ media: inout [(Int, Media)]
    ) throws(ConversationFault) -> JSONString {
        var text: JSONString?
        for (place, part) in result.parts.enumerated() {
            switch part {
            case .text(let piece), .refusal(let piece):
                text = text.map { $0 + JSONString(spelled: [0x5c, 0x6e]) + piece } ?? piece
            case .media(let item): media.append((place, item))
            case .other(_, let node):
                let piece = JSONString(plain: Array(node.source))
                text = text.map { $0 + JSONString(spelled: [0x5c, 0x6e]) + piece } ?? piece
            default:
                throw ConversationFault(
                    "a tool's answer can hold text, images and documents",
                    parameter: "\(path).content[\(place)]"
                )
            }
        }
        return text ?? ""
    }

    private mutating func write(_ part: ChatPart, _ path: String) throws(ConversationFault) {
        switch part {
        case .text(let text), .refusal(let text): GeminiParts.writeText(text, to: &contents)
        case .media(let media): try write(media, path)
        case .reasoning(let thought): GeminiParts.writeThought(thought, to: &contents)
        case .other(let kind, let node) where GeminiParts.ownKinds.contains(kind): contents.node(node)
        case .other(let kind, _):
            throw ConversationFault("Gemini has no part of the kind \(kind)", parameter: path)
        case .toolCall:
            throw ConversationFault("calls of tools belong into messages of the assistant", parameter: path)
        case .toolResult:
            throw ConversationFault("answers of tools belong into messages of their own", parameter: path)
        }
    }

    private mutating func write(_ media: Media, _ path: String) throws(ConversationFault) {
        if let detail = media.detail, detail != "auto" { drop("detail") }
        if media.title != nil { drop("filename") }
        try GeminiParts.writeMedia(media, path, to: &contents)
    }

    private mutating func open(_ next: Speaker) {
        if speaker == next { return }
        close()
        speaker = next
        turnHasCall = false
        contents.beginObject()
        contents.key("role")
        if next == .model { contents.string("model" as StaticString) } else { contents.string("user" as StaticString) }
        contents.key("parts")
        contents.beginArray()
    }

    private mutating func close() {
        guard speaker != nil else { return }
        speaker = nil
        contents.endArray()
        contents.endObject()
    }

    private mutating func drop(_ name: String) { if !dropped.contains(name) { dropped.append(name) } }
}
