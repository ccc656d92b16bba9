import Conversation
import JSON

/// Reads parts, of requests and answers alike (https://ai.google.dev/api/caching#Part).
enum GeminiParts {
    /// Kinds of parts that only Gemini knows.
    static let ownKinds = ["executableCode", "codeExecutionResult", "toolCall", "toolResponse"]

    /// Appends what a part says.
    ///
    /// A seal on anything but a call or a thought becomes a piece of its own behind it, without text. Nothing is appended for a part without anything known.
    /// The seal of a call in an answer stands before the call, too, as a thought without text: so it comes back by clients
    /// whose dialect has no seals on calls.
    static func append(_ part: JSONNode, to parts: inout [ChatPart], isAnswer: Bool = false) {
        let seal = part.field("thoughtSignature")?.string.map(sealed)
        if let text = part.field("text")?.string {
            if part.field("thought")?.bool == true { return parts.append(thought(text, seal)) }
            if !text.isEmpty || seal == nil { parts.append(.text(text)) }
        } else if let call = part.field("functionCall") {
            if let seal, isAnswer { parts.append(.reasoning(ReasoningPart(text: "", signature: seal))) }
            return parts.append(.toolCall(self.call(call, seal)))
        } else if let answer = part.field("functionResponse") {
            parts.append(.toolResult(result(answer)))
        } else if let data = part.field("inlineData") {
            parts.append(.media(inline(data)))
        } else if let file = part.field("fileData") {
            parts.append(.media(self.file(file)))
        } else if let kind = ownKinds.first(where: { part.field($0) != nil }) {
            return parts.append(.other(kind: kind, part))
        } else if let kind = part.members.first(where: { $0.value.isObject })?.key {
            return parts.append(.other(kind: GeminiName.camel(kind), part))
        }
        if let seal { parts.append(.reasoning(ReasoningPart(text: "", signature: seal))) }
    }

    /// A seal, or data, in the alphabet of RFC 4648 §4: Google's Python library sends back what it was given in that of §5.
    static func sealed(_ text: JSONString) -> JSONString {
        let plain = text.plain
        guard plain.contains(0x2d) || plain.contains(0x5f), SealText.isWhole(plain) else { return text }
        return JSONString(plain: plain.map { $0 == 0x2d ? 0x2b : $0 == 0x5f ? 0x2f : $0 })
    }

    private static func thought(_ text: JSONString, _ seal: JSONString?) -> ChatPart {
        guard text.isEmpty, let data = seal.flatMap(GeminiRedaction.data) else {
            return .reasoning(ReasoningPart(text: text, signature: seal))
        }
        return .reasoning(ReasoningPart(text: "", redacted: data))
    }

    private static func call(_ node: JSONNode, _ seal: JSONString?) -> ToolCall {
        ToolCall(
            id: node.field("id")?.string ?? "",
            name: node.field("name")?.string ?? "",
            arguments: node.field("args").map { Array($0.source) } ?? Array("{}".utf8),
            signature: seal
        )
    }

    private static func result(_ node: JSONNode) -> ToolResult {
        var result = ToolResult(
            callID: node.field("id")?.string ?? "",
            name: node.field("name")?.string ?? "",
            parts: []
        )
        if let response = node.field("response") {
            let (text, isError) = GeminiFunctionAnswer.text(response)
            result.isError = isError
            if !text.isEmpty { result.parts.append(.text(text)) }
        }
        for part in node.field("parts")?.elements ?? [] { append(part, to: &result.parts) }
        return result
    }

    private static func inline(_ node: JSONNode) -> Media {
        let type = node.field("mimeType")?.string ?? "application/octet-stream"
        return Media(
            kind: GeminiMedia.kind(ofType: type),
            // Google's Python library sends pictures in the alphabet of RFC 4648 §5.
            source: .data(type: type, base64: node.field("data")?.string.map(sealed) ?? ""),
            title: node.field("displayName")?.string
        )
    }

    private static func file(_ node: JSONNode) -> Media {
        let address = node.field("fileUri")?.string ?? ""
        let type = node.field("mimeType")?.string ?? GeminiMedia.type(ofAddress: address) ?? ""
        return Media(
            kind: GeminiMedia.kind(ofType: type),
            source: GeminiMedia.isUploaded(address) ? .file(address) : .url(address),
            title: node.field("displayName")?.string
        )
    }
}

/// Whether a text may be a seal: base64 (RFC 4648), which Google's libraries decode.
enum SealText {
    /// Whether it is nothing but base64 of either alphabet, padded or not.
    static func isWhole(_ text: [UInt8]) -> Bool {
        let digits = text.prefix { $0 != 0x3d }
        return !digits.isEmpty && digits.count % 4 != 1 && text.count - digits.count <= 2
            && text[digits.endIndex...].allSatisfy { $0 == 0x3d } && digits.allSatisfy(isDigit)
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x41...0x5a, 0x61...0x7a, 0x30...0x39, 0x2b, 0x2f, 0x2d, 0x5f: true
        default: false
        }
    }
}

/// Thinking that only its provider can read, as a Gemini client carries it: in the seal of a thought without text, behind
/// a word that is base64 itself, since the libraries of Google decode seals.
enum GeminiRedaction {
    private static let mark = Array("redacted".utf8)

    /// The seal that carries it; nil when it is not base64.
    static func seal(_ data: JSONString) -> JSONString? {
        let plain = data.plain
        return SealText.isWhole(plain) ? JSONString(plain: mark + plain) : nil
    }

    /// What a seal carries; nil when it is a seal.
    static func data(_ seal: JSONString) -> JSONString? {
        let plain = seal.plain
        return plain.starts(with: mark) ? JSONString(plain: Array(plain.dropFirst(mark.count))) : nil
    }
}
