import Bytes
import JSON

/// Walks a body once, strictly, and collects its strings.
struct RequestWalker {
    private enum Step {
        case member(String)
        case index(Int)
    }

    /// JSON within strings of JSON, as tool arguments are: deeper ones are looked at as they stand.
    private static let nestingLimit = 2

    private(set) var fields: [RequestText.Field] = []
    private(set) var hasOpaqueParts = false

    private let names: Set<String>?
    private var scanner = JSONScanner()
    private var path: [Step] = []
    private var prefix = ""
    private var nesting = 0
    /// Texts of the parts of one message, which providers join.
    private var parts: [[UInt8]] = []

    init(names: Set<String>?) { self.names = names }

    /// Reads the object that is the whole text.
    mutating func object(_ bytes: Span<UInt8>) throws(JSONFault) {
        scanner.skipSpace(bytes)
        guard scanner.position < bytes.count, bytes[scanner.position] == UInt8(ascii: "{") else {
            throw JSONFault(offset: scanner.position, message: "the body should be a JSON object")
        }
        try value(bytes)
        guard scanner.isAtEnd(bytes) else {
            throw JSONFault(offset: scanner.position, message: "something stands behind the object")
        }
    }

    private mutating func value(_ bytes: Span<UInt8>) throws(JSONFault) {
        scanner.skipSpace(bytes)
        guard scanner.position < bytes.count else {
            throw JSONFault(offset: scanner.position, message: "the text ends where a value should be")
        }
        switch bytes[scanner.position] {
        case UInt8(ascii: "\""): take(try text(bytes))
        case UInt8(ascii: "{"): try members(bytes)
        case UInt8(ascii: "["): try elements(bytes)
        default: try scanner.skipValue(bytes)
        }
    }

    private mutating func text(_ bytes: Span<UInt8>) throws(JSONFault) -> [UInt8] {
        let (range, isEscaped) = try scanner.skipString(bytes)
        let raw = bytes.extracting(range.range)
        if isEscaped { return JSONText.unescape(raw) }
        return raw.withUnsafeBufferPointer { Array($0) }
    }

    private func checkDepth() throws(JSONFault) {
        guard path.count < JSONScanner.depthLimit else {
            throw JSONFault(offset: scanner.position, message: "more than 256 levels")
        }
    }

    private mutating func members(_ bytes: Span<UInt8>) throws(JSONFault) {
        try checkDepth()
        try scanner.expect(UInt8(ascii: "{"), "an object should begin here", bytes)
        scanner.skipSpace(bytes)
        if scanner.position < bytes.count, bytes[scanner.position] == UInt8(ascii: "}") {
            return try scanner.expect(UInt8(ascii: "}"), "", bytes)
        }
        while true {
            scanner.skipSpace(bytes)
            let name = String(decoding: try text(bytes), as: UTF8.self)
            scanner.skipSpace(bytes)
            try scanner.expect(UInt8(ascii: ":"), "a colon is missing after a key", bytes)
            if isPassedOver(name) {
                try scanner.skipValue(bytes)
            } else {
                path.append(.member(name))
                noteOpening(name, bytes)
                try value(bytes)
                path.removeLast()
            }
            scanner.skipSpace(bytes)
            guard scanner.position < bytes.count, bytes[scanner.position] == UInt8(ascii: ",") else { break }
            try scanner.expect(UInt8(ascii: ","), "", bytes)
        }
        try scanner.expect(UInt8(ascii: "}"), "a comma or the end is missing here", bytes)
    }

    /// The model is no text of a person's; other fields are left out only when the author says so.
    private func isPassedOver(_ name: String) -> Bool {
        guard path.isEmpty, nesting == 0 else { return false }
        return name == "model" || names.map { !$0.contains(name) } ?? false
    }

    private mutating func elements(_ bytes: Span<UInt8>) throws(JSONFault) {
        try checkDepth()
        try scanner.expect(UInt8(ascii: "["), "an array should begin here", bytes)
        scanner.skipSpace(bytes)
        if scanner.position < bytes.count, bytes[scanner.position] == UInt8(ascii: "]") {
            return try scanner.expect(UInt8(ascii: "]"), "", bytes)
        }
        let outer = parts
        parts = []
        var index = 0
        while true {
            path.append(.index(index))
            try value(bytes)
            path.removeLast()
            index += 1
            scanner.skipSpace(bytes)
            guard scanner.position < bytes.count, bytes[scanner.position] == UInt8(ascii: ",") else { break }
            try scanner.expect(UInt8(ascii: ","), "", bytes)
        }
        try scanner.expect(UInt8(ascii: "]"), "a comma or the end is missing here", bytes)
        // A number that is split over two parts is whole again where it is read.
        if parts.count > 1 { fields.append(RequestText.Field(path: written, text: Array(parts.joined()))) }
        parts = outer
    }

    // MARK: Strings

    private mutating func take(_ text: [UInt8]) {
        noteKind(text)
        if isStructure(text) { return }
        if isData(text) {
            hasOpaqueParts = true
            return
        }
        fields.append(RequestText.Field(path: written, text: text))
        if case .member("text")? = path.last, path.count >= 2, case .index = path[path.count - 2] { parts.append(text) }
        if nesting < Self.nestingLimit { lookInside(text) }
    }

    /// Words that say what an object is.
    private func isStructure(_ text: [UInt8]) -> Bool {
        guard case .member(let name)? = path.last, name == "role" || name == "type" else { return false }
        return text.count <= 32 && text.allSatisfy { $0 &- 0x61 < 26 || $0 == UInt8(ascii: "_") }
    }

    /// Pictures, sound and files as text: data URLs (RFC 2397), or base64 where such is expected.
    private func isData(_ text: [UInt8]) -> Bool {
        if ASCII.starts(text.span, with: "data:") { return text.count > 64 }
        guard case .member(let name)? = path.last, ["data", "file_data", "b64_json"].contains(name) else {
            return false
        }
        return text.count > 64
            && text.allSatisfy { byte in
                ASCII.isLetter(byte) || ASCII.isDigit(byte)
                    || [0x2b, 0x2f, 0x3d, 0x2d, 0x5f, 0x0a, 0x0d].contains(byte)
            }
    }

    /// Strings that are JSON themselves, with escapes of their own: the arguments of tool calls.
    private mutating func lookInside(_ text: [UInt8]) {
        guard let first = text.first, first == UInt8(ascii: "{") || first == UInt8(ascii: "["),
            text.contains(UInt8(ascii: "\\"))
        else { return }
        var inner = RequestWalker(names: nil)
        inner.prefix = written + ": "
        inner.nesting = nesting + 1
        // What is no JSON after all has been looked at as it stands.
        guard (try? inner.value(text.span)) != nil else { return }
        fields += inner.fields
        hasOpaqueParts = hasOpaqueParts || inner.hasOpaqueParts
    }

    private var written: String {
        var text = prefix
        for step in path {
            switch step {
            case .member(let name): text += text.count == prefix.count ? name : ".\(name)"
            case .index(let index): text += "[\(index)]"
            }
        }
        return text
    }

    // MARK: What cannot be read

    /// Fields that hold a picture or sound, whatever they are called inside.
    private mutating func noteOpening(_ name: String, _ bytes: Span<UInt8>) {
        guard name == "image_url" || name == "input_audio" else { return }
        scanner.skipSpace(bytes)
        if scanner.position < bytes.count, bytes[scanner.position] != UInt8(ascii: "n") { hasOpaqueParts = true }
    }

    /// The `type` of a part: OpenAI's chat and responses, Anthropic's messages.
    private mutating func noteKind(_ text: [UInt8]) {
        guard case .member("type")? = path.last, path.count > 2 else { return }
        switch String(decoding: text.prefix(32), as: UTF8.self) {
        case "image_url", "input_image", "image", "input_audio", "audio", "file", "input_file", "document":
            hasOpaqueParts = true
        default: break
        }
    }
}
