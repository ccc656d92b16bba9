import Conversation
import JSON

/// `input` of a request of the Responses API.
///
/// What the model said is spread over items there: thinking, messages and calls that follow one another are one turn.
struct ItemReader {
    private(set) var messages: [ChatMessage] = []

    mutating func take(_ input: JSONNode, _ request: inout ChatRequest) throws(ConversationFault) {
        if let text = input.string {
            messages.append(ChatMessage(role: .user, parts: [.text(text)]))
            return
        }
        guard let items = input.elements else { throw Wanted.wrong("input", "a text or a list of items") }
        guard !items.isEmpty else {
            throw ConversationFault("`input` is empty: at least one item is needed", parameter: "input")
        }
        for (index, item) in items.enumerated() {
            let path = "input[\(index)]"
            try take(item: try Wanted.object(item, path), path, &request)
        }
    }

    private mutating func take(
        item: JSONNode,
        _ path: String,
        _ request: inout ChatRequest
    ) throws(ConversationFault) {
        // Messages may leave their type out; so may references, which have an id and no role.
        let type = item["type"]?.string?.text ?? (item["role"] == nil ? "item_reference" : "message")
        switch type {
        case "message": try take(message: item, path)
        case "reasoning": take(reasoning: item, &request)
        case "function_call":
            let call = ToolCall(
                id: try Wanted.required(item, "call_id", path),
                name: try Wanted.required(item, "name", path),
                arguments: OpenAICall.arguments(item["arguments"])
            )
            append([.toolCall(call)])
        case "function_call_output": try take(output: item, path)
        case "item_reference":
            throw ResponsesRequest.needsOpenAI("`\(path)` refers to an item that the provider keeps", path)
        case "web_search_call":
            if !request.dropped.contains(type) { request.dropped.append(type) }
        default:
            throw ResponsesRequest.needsOpenAI("`\(path)` has the type \"\(type)\"", path)
        }
    }

    /// Adds to the model's turn.
    private mutating func append(_ parts: [ChatPart]) {
        if let last = messages.indices.last, messages[last].role == .assistant {
            messages[last].parts += parts
        } else {
            messages.append(ChatMessage(role: .assistant, parts: parts))
        }
    }

    // MARK: Messages

    private mutating func take(message: JSONNode, _ path: String) throws(ConversationFault) {
        let role = try Wanted.required(message, "role", path)
        guard let content = message["content"], !content.isNull else {
            throw Wanted.wrong("\(path).content", "a text or a list of parts")
        }
        let parts = try ItemReader.parts(content, "\(path).content")
        switch role.text {
        case "system": messages.append(ChatMessage(role: .system, parts: parts))
        case "developer": messages.append(ChatMessage(role: .developer, parts: parts))
        case "user": messages.append(ChatMessage(role: .user, parts: parts))
        case "assistant": append(parts)
        default: throw Wanted.wrong("\(path).role", "one of system, developer, user, assistant")
        }
    }

    private static func parts(_ node: JSONNode, _ path: String) throws(ConversationFault) -> [ChatPart] {
        if let text = node.string { return [.text(text)] }
        guard let elements = node.elements else { throw Wanted.wrong(path, "a text or a list of parts") }
        var parts: [ChatPart] = []
        for (index, element) in elements.enumerated() {
            let path = "\(path)[\(index)]"
            let type = try Wanted.required(try Wanted.object(element, path), "type", path)
            parts.append(try part(element, type.text, path))
        }
        return parts
    }

    private static func part(_ node: JSONNode, _ type: String, _ path: String) throws(ConversationFault) -> ChatPart {
        switch type {
        case "input_text", "output_text", "text", "summary_text", "reasoning_text":
            return .text(try Wanted.required(node, "text", path))
        case "refusal": return .refusal(try Wanted.required(node, "refusal", path))
        case "input_image":
            let detail = node["detail"]?.string
            if let url = node["image_url"]?.string ?? node["image_url"]?["url"]?.string {
                guard let source = DataURL.source(url, isImage: true) else {
                    throw Wanted.wrong("\(path).image_url", "a URL, or a data URL with data")
                }
                return .media(Media(kind: .image, source: source, detail: detail))
            }
            let id = try Wanted.required(node, "file_id", path)
            return .media(Media(kind: .image, source: .file(id), detail: detail))
        case "input_file":
            if let url = node["file_url"]?.string {
                guard let source = DataURL.source(url) else {
                    throw Wanted.wrong("\(path).file_url", "a URL, or a data URL with data")
                }
                return .media(Media(kind: .document, source: source, title: node["filename"]?.string))
            }
            guard let media = ContentReader.file(node) else {
                throw Wanted.wrong(path, "a file with `file_data`, `file_url` or `file_id`")
            }
            return .media(media)
        case "input_audio":
            guard let audio = node["input_audio"], let data = audio["data"]?.string else {
                throw Wanted.wrong("\(path).input_audio", "an object with `data` and `format`")
            }
            return .media(Media(kind: .audio, source: ContentReader.sound(data, audio["format"]?.string)))
        default:
            throw Wanted.wrong("\(path).type", "one of input_text, input_image, input_file, input_audio, output_text")
        }
    }

    // MARK: Results

    private mutating func take(output item: JSONNode, _ path: String) throws(ConversationFault) {
        let id = try Wanted.required(item, "call_id", path)
        guard let output = item["output"], !output.isNull else {
            throw Wanted.wrong("\(path).output", "a text or a list of parts")
        }
        let parts: [ChatPart]
        if output.isObject {
            // Some clients give the value itself.
            parts = [.text(JSONString(plain: Array(output.source)))]
        } else {
            parts = try ItemReader.parts(output, "\(path).output")
        }
        let result = ToolResult(callID: id, name: item["name"]?.string, parts: parts)
        messages.append(ChatMessage(role: .tool, parts: [.toolResult(result)]))
    }

    // MARK: Thinking

    private mutating func take(reasoning item: JSONNode, _ request: inout ChatRequest) {
        let seal = ThinkingSeal(item["encrypted_content"]?.string)
        if case .ofCall(let id, let signature) = seal {
            sign(call: id, signature)
            return
        }
        let texts = ((item["summary"]?.elements ?? []) + (item["content"]?.elements ?? [])).compactMap {
            $0["text"]?.string
        }
        var part = ReasoningPart(text: JSONString.joined(texts, by: "\n"))
        switch seal {
        case .signature(let text): part.signature = text
        case .redacted(let text): part.redacted = text
        case .foreign:
            if !request.dropped.contains("encrypted_content") { request.dropped.append("encrypted_content") }
        case .none, .ofCall: break
        }
        if !part.text.isEmpty || part.signature != nil || part.redacted != nil { append([.reasoning(part)]) }
    }

    private mutating func sign(call id: JSONString, _ signature: JSONString) {
        guard let last = messages.indices.last else { return }
        for (index, part) in messages[last].parts.enumerated() {
            guard case .toolCall(var call) = part, call.id == id else { continue }
            call.signature = signature
            messages[last].parts[index] = .toolCall(call)
        }
    }
}

/// `encrypted_content` of an item of thinking, in which we put what the provider must get back.
///
/// A signature stands behind `signature:`, thinking that only the provider can read behind `redacted:`, and the seal of a
/// call behind `call:` and the call's id. What has no such word is OpenAI's own, and nobody else can use it.
enum ThinkingSeal {
    case none
    case signature(JSONString)
    case redacted(JSONString)
    case ofCall(JSONString, JSONString)
    case foreign

    static let signatureMark = JSONString("signature:")
    static let redactedMark = JSONString("redacted:")
    static let callMark = JSONString("call:")

    init(_ content: JSONString?) {
        guard let content, !content.isEmpty else {
            self = .none
            return
        }
        let spelled = content.spelled
        if spelled.starts(with: ThinkingSeal.signatureMark.spelled) {
            self = .signature(JSONString(spelled: spelled.dropFirst(ThinkingSeal.signatureMark.spelled.count)))
        } else if spelled.starts(with: ThinkingSeal.redactedMark.spelled) {
            self = .redacted(JSONString(spelled: spelled.dropFirst(ThinkingSeal.redactedMark.spelled.count)))
        } else if spelled.starts(with: ThinkingSeal.callMark.spelled),
            let colon = spelled.dropFirst(ThinkingSeal.callMark.spelled.count).lastIndex(of: 0x3a)
        {
            let id = spelled[(spelled.startIndex + ThinkingSeal.callMark.spelled.count)..<colon]
            self = .ofCall(JSONString(spelled: id), JSONString(spelled: spelled[(colon + 1)...]))
        } else {
            self = .foreign
        }
    }
}
