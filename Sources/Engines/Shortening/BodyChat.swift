import Dialect
import JSON

/// A chat as it stands in a body: its turns, what counts beside them, and the texts that may be made shorter.
///
/// Reads leniently: what it does not know counts as text and stays as it is. Only a body whose turns cannot be told apart
/// is none: whoever must read it says what is wrong with it.
struct BodyChat {
    /// The elements of the list of turns.
    let elements: [JSONNode]
    /// One for each element.
    let turns: [Turn]
    /// Strings that people and models wrote; the element they stand in, nil for those outside of the list.
    let texts: [(element: Int?, node: JSONNode)]
    let besideBytes: Int
    let besideMessages: Int

    init?(_ body: [UInt8], _ format: ChatFormat) {
        guard let node = try? JSONNode.parse(body), node.isObject else { return nil }
        let (list, systems): (String, Set<String>) =
            switch format {
            case .gemini: ("contents", ["systemInstruction", "system_instruction"])
            case .messages: ("messages", ["system"])
            case .chat, .ollama, .completions, .responses, .generate: ("messages", [])
            }
        let lists = node.members.filter { $0.key == list }
        // Of two lists the provider may read the other.
        guard lists.count == 1, let elements = lists[0].value.elements else { return nil }
        self.elements = elements
        turns = elements.map { format == .gemini ? Turn(content: $0) : Turn(message: $0) }
        var texts: [(element: Int?, node: JSONNode)] = []
        var bytes = 0
        var messages = 0
        for member in node.members where !member.value.isNull {
            if systems.contains(member.key) {
                bytes += TextWeight.bytes(member.value)
                messages += 1
                texts += BodyText.system(member.value).map { (nil, $0) }
            } else if member.key == "tools" || member.key == "functions" {
                bytes += member.value.source.count
            }
        }
        for (place, element) in elements.enumerated() {
            texts += BodyText.turn(element, format, isLast: place == elements.count - 1).map { (place, $0) }
        }
        self.texts = texts
        besideBytes = bytes
        besideMessages = messages
    }
}

// MARK: Turns

extension Turn {
    /// A message of OpenAI's, Anthropic's or Ollama's.
    init(message node: JSONNode) {
        bytes = TextWeight.bytes(node)
        let content = node["content"]
        switch node["role"]?.string?.text {
        case "system", "developer": isSystem = true
        case "tool", "function":
            let name = (node["tool_name"] ?? node["name"])?.string?.plain ?? []
            ties.append(.result(id: node["tool_call_id"]?.string?.plain ?? [], name: name))
        case "user": begins = content?.isNull == false && content?.elements?.isEmpty != true
        default: break
        }
        for call in node["tool_calls"]?.elements ?? [] {
            let name = (call["function"] ?? call)["name"]?.string?.plain ?? []
            ties.append(.call(id: call["id"]?.string?.plain ?? [], name: name))
        }
        if let call = node["function_call"], call.isObject {
            ties.append(.call(id: [], name: call["name"]?.string?.plain ?? []))
        }
        for block in content?.elements ?? [] {
            switch block["type"]?.string?.text {
            case "tool_use": ties.append(.call(id: block["id"]?.string?.plain ?? [], name: []))
            case "tool_result":
                begins = false
                ties.append(.result(id: block["tool_use_id"]?.string?.plain ?? [], name: []))
            case "text", "image", "document": break
            default: if let tie = Turn.tie(ofOwn: block) { ties.append(tie) }
            }
        }
    }

    /// A content of Gemini's.
    init(content node: JSONNode) {
        bytes = TextWeight.bytes(node)
        let parts = node["parts"].map { $0.elements ?? [$0] } ?? []
        let role = node["role"]?.string?.text ?? "user"
        isSystem = role == "system"
        begins = ["user", "function", ""].contains(role) && !parts.isEmpty
        for part in parts {
            if let call = part["functionCall"] ?? part["function_call"] {
                ties.append(.call(id: call["id"]?.string?.plain ?? [], name: call["name"]?.string?.plain ?? []))
            }
            if let answer = part["functionResponse"] ?? part["function_response"] {
                begins = false
                ties.append(.result(id: answer["id"]?.string?.plain ?? [], name: answer["name"]?.string?.plain ?? []))
            }
        }
    }
}

// MARK: Weight

/// Bytes of text in a piece of a body, whatever its format; what is not known counts.
enum TextWeight {
    /// What a call is given and gives back counts as it is spelled.
    private static let verbatim: Set<String> = ["input", "args", "arguments", "response"]
    /// Words of the format, names of calls, seals, and media.
    private static let weightless: Set<String> = [
        "type", "role", "id", "call_id", "tool_call_id", "tool_use_id", "cache_control", "signature",
        "thoughtSignature",
        "thought_signature", "image_url", "video_url", "audio_url", "input_audio", "file", "file_data", "images",
        "inlineData", "inline_data", "fileData", "file_data", "mime_type", "media_type", "detail",
    ]

    static func bytes(_ node: JSONNode) -> Int {
        switch node.value {
        case .string(let text): TokenEstimate.bytes(text)
        case .array(let elements): elements.reduce(0) { $0 + bytes($1) }
        case .object(let members): bytes(members, isText: node["type"]?.string == "text")
        case .number, .bool, .null: 0
        }
    }

    private static func bytes(_ members: [JSONNode.Member], isText: Bool) -> Int {
        members.reduce(0) { sum, member in
            let value = member.value
            if weightless.contains(member.key) { return sum }
            // Base64, but for a document that is plain text; and where it is to be found.
            if (member.key == "data" || member.key == "url"), value.string != nil, !isText { return sum }
            if verbatim.contains(member.key), value.string == nil { return sum + value.source.count }
            return sum + bytes(value)
        }
    }
}

// MARK: Texts

/// Finds the strings that may be made shorter: those of which nothing is known that depends on how they are spelled.
enum BodyText {
    private static let messageMembers: Set<String> = [
        "role", "content", "name", "tool_calls", "function_call", "cache_control",
    ]
    private static let partMembers: Set<String> = ["type", "text", "cache_control"]
    private static let textTypes: Set<String> = ["text", "input_text", "output_text"]
    private static let ownTypes: Set<String> = [
        "text", "image", "image_url", "document", "tool_use", "input_audio", "file",
    ]

    /// What the system is told beside the turns: a text, blocks of text, or Gemini's parts.
    static func system(_ node: JSONNode) -> [JSONNode] {
        if node.string != nil { return [node] }
        if let parts = node["parts"] { return gemini(parts) }
        return blocks(node.elements ?? [])
    }

    /// Of a turn; a last turn of the model's is one that it goes on with.
    ///
    /// None of a turn with anything that is sealed, signed, counted by places in the text, or not known.
    static func turn(_ node: JSONNode, _ format: ChatFormat, isLast: Bool) -> [JSONNode] {
        let role = node["role"]?.string?.text ?? ""
        if isLast, role == "assistant" || role == "model" { return [] }
        if format == .gemini { return node["parts"].map(gemini) ?? [] }
        guard ["system", "developer", "user", "assistant"].contains(role), isPlain(node, messageMembers) else {
            return []
        }
        for call in node["tool_calls"]?.elements ?? [] where call["extra_content"] != nil { return [] }
        guard let content = node["content"] else { return [] }
        if content.string != nil { return [content] }
        let elements = content.elements ?? []
        guard elements.allSatisfy({ ownTypes.contains($0["type"]?.string?.text ?? "") || isText($0) }) else {
            return []
        }
        return blocks(elements)
    }

    private static func blocks(_ elements: [JSONNode]) -> [JSONNode] {
        elements.compactMap { isText($0) && isPlain($0, partMembers) ? $0["text"] : nil }
    }

    private static func isText(_ part: JSONNode) -> Bool {
        textTypes.contains(part["type"]?.string?.text ?? "") && part["text"]?.string != nil
    }

    private static func gemini(_ parts: JSONNode) -> [JSONNode] {
        let parts = parts.elements ?? [parts]
        let seals = ["thought", "thoughtSignature", "thought_signature"]
        guard !parts.contains(where: { part in seals.contains { part[$0] != nil } }) else { return [] }
        return parts.compactMap { part in
            part.members.count == 1 && part["text"]?.string != nil ? part["text"] : nil
        }
    }

    /// True when it has only these members, each once; nulls are as if they were not there.
    private static func isPlain(_ node: JSONNode, _ known: Set<String>) -> Bool {
        var seen: Set<String> = []
        return node.members.allSatisfy { member in
            seen.insert(member.key).inserted && (member.value.isNull || known.contains(member.key))
        }
    }
}
