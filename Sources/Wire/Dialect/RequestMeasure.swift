import Bytes
import JSON

/// How large a prompt is and what a request makes use of: what `match.tokens` and `match.features` test.
///
/// One pass over the body, nothing built. The estimate is bytes of text / 4, and 4 more for each message
/// (`routes.md` 2.6): the same in the proxy, in `explain` and in tests.
package struct RequestMeasure: Equatable, Sendable {
    /// What a request makes use of, in the order of the routes' `features` words.
    package struct Features: OptionSet, Hashable, Sendable {
        package let rawValue: UInt8
        package init(rawValue: UInt8) { self.rawValue = rawValue }
        /// Definitions of tools or functions.
        package static let tools = Features(rawValue: 1)
        /// An image among the parts of a message.
        package static let vision = Features(rawValue: 2)
        /// Sound among the parts of a message, or asked for as an answer.
        package static let audio = Features(rawValue: 4)
        /// An answer that must follow a JSON schema.
        package static let jsonSchema = Features(rawValue: 8)
    }

    /// Bytes of text, escapes resolved; a token id counts as four.
    package private(set) var textBytes = 0
    /// Objects in `messages`, or in `input` where that is a list.
    package private(set) var messages = 0
    /// What it makes use of.
    package private(set) var features: Features = []

    private init() {}

    /// Bytes of the definitions of tools and of the schema an answer must follow.
    package private(set) var definitionBytes = 0

    /// The prompt estimate, as `match.tokens` tests it: of what is said.
    package var tokens: Int { textBytes / 4 + 4 * messages }

    /// The same with the definitions, which the model reads too: what budgets and limits set aside.
    package var promptTokens: Int { (textBytes + definitionBytes) / 4 + 4 * messages }

    /// Measures a body in OpenAI's, Anthropic's, Gemini's or Ollama's format.
    ///
    /// Text is what stands in `messages`, `contents`, `prompt`, `input`, `instructions`, `system` and `suffix`: parts, what
    /// tools were given and gave back; never the bytes of images or sound. What is no JSON object counts wholly as text.
    package static func of(_ body: Span<UInt8>) -> RequestMeasure {
        var measure = RequestMeasure()
        var scanner = JSONScanner()
        do { try measure.readBody(&scanner, body) } catch {
            measure = RequestMeasure()
            measure.textBytes = body.count
        }
        return measure
    }

    // MARK: The body

    private mutating func readBody(_ scanner: inout JSONScanner, _ bytes: Span<UInt8>) throws(JSONFault) {
        try RequestMeasure.members(&scanner, bytes) { (scanner, key) throws(JSONFault) in
            switch key {
            case .list: try readText(&scanner, bytes, role: .list)
            case .text: try readText(&scanner, bytes, role: .part)
            case .tools:
                scanner.skipSpace(bytes)
                let start = scanner.position
                guard try isFilled(&scanner, bytes) else { break }
                features.insert(.tools)
                definitionBytes += scanner.position - start
            case .format:
                scanner.skipSpace(bytes)
                let start = scanner.position
                try readFormat(&scanner, bytes, levels: 2)
                definitionBytes += scanner.position - start
            case .modalities: try readModalities(&scanner, bytes)
            case .generation: try readGeneration(&scanner, bytes)
            case .images: if try isFilled(&scanner, bytes) { features.insert(.vision) }
            case .innerFormat:
                // Ollama's: a schema, or the word `json`.
                let isSchema = RequestMeasure.peek(&scanner, bytes) == 0x7b
                let start = scanner.position
                try scanner.skipValue(bytes)
                guard isSchema else { break }
                features.insert(.jsonSchema)
                definitionBytes += scanner.position - start
            default: try scanner.skipValue(bytes)
            }
        }
        if scanner.isAtEnd(bytes) { return }
        // Space was passed, so none stands here.
        try scanner.expect(0x20, "something stands behind the object", bytes)
    }

    /// Passes an array or another value; true when it is a list with something in it.
    private func isFilled(_ scanner: inout JSONScanner, _ bytes: Span<UInt8>) throws(JSONFault) -> Bool {
        scanner.skipSpace(bytes)
        let start = scanner.position
        let kind = try scanner.skipValue(bytes)
        guard kind == .array else { return false }
        var inner = JSONScanner(at: start + 1)
        inner.skipSpace(bytes)
        return bytes[inner.position] != 0x5d
    }

    /// `response_format`, `text.format` or `output_config.format` with `type: json_schema`.
    private mutating func readFormat(
        _ scanner: inout JSONScanner,
        _ bytes: Span<UInt8>,
        levels: Int
    ) throws(JSONFault) {
        guard levels > 0, RequestMeasure.peek(&scanner, bytes) == 0x7b else {
            try scanner.skipValue(bytes)
            return
        }
        try RequestMeasure.members(&scanner, bytes) { (scanner, key) throws(JSONFault) in
            switch key {
            case .type:
                let value = try RequestMeasure.stringValue(&scanner, bytes)
                if let value, RequestMeasure.isExactly(bytes.extracting(value.range), "json_schema") {
                    features.insert(.jsonSchema)
                }
            case .innerFormat: try readFormat(&scanner, bytes, levels: levels - 1)
            default: try scanner.skipValue(bytes)
            }
        }
    }

    /// Gemini's `generationConfig`.
    private mutating func readGeneration(_ scanner: inout JSONScanner, _ bytes: Span<UInt8>) throws(JSONFault) {
        guard RequestMeasure.peek(&scanner, bytes) == 0x7b else {
            try scanner.skipValue(bytes)
            return
        }
        try RequestMeasure.members(&scanner, bytes) { (scanner, key) throws(JSONFault) in
            switch key {
            case .schema:
                let start = scanner.position
                guard try scanner.skipValue(bytes) == .object else { break }
                features.insert(.jsonSchema)
                definitionBytes += scanner.position - start
            case .modalities: try readModalities(&scanner, bytes)
            default: try scanner.skipValue(bytes)
            }
        }
    }

    /// Gemini's `inlineData` and `fileData`: `mimeType` says what it is.
    private mutating func readBlob(_ scanner: inout JSONScanner, _ bytes: Span<UInt8>) throws(JSONFault) {
        guard RequestMeasure.peek(&scanner, bytes) == 0x7b else {
            try scanner.skipValue(bytes)
            return
        }
        try RequestMeasure.members(&scanner, bytes) { (scanner, key) throws(JSONFault) in
            guard key == .mediaType, let value = try RequestMeasure.stringValue(&scanner, bytes) else {
                if key != .mediaType { try scanner.skipValue(bytes) }
                return
            }
            let type = bytes.extracting(value.range)
            if ASCII.starts(type, with: "image/") { features.insert(.vision) }
            if ASCII.starts(type, with: "audio/") { features.insert(.audio) }
        }
    }

    /// `modalities: ["text", "audio"]`.
    private mutating func readModalities(_ scanner: inout JSONScanner, _ bytes: Span<UInt8>) throws(JSONFault) {
        guard RequestMeasure.peek(&scanner, bytes) == 0x5b else {
            try scanner.skipValue(bytes)
            return
        }
        try RequestMeasure.elements(&scanner, bytes) { (scanner) throws(JSONFault) in
            let value = try RequestMeasure.stringValue(&scanner, bytes)
            if let value, RequestMeasure.isAudio(bytes.extracting(value.range)) { features.insert(.audio) }
        }
    }

    /// OpenAI's word, and Gemini's.
    private static func isAudio(_ word: Span<UInt8>) -> Bool { isExactly(word, "audio") || isExactly(word, "AUDIO") }

    // MARK: Text

    /// What a value may be where text is read.
    private enum Role {
        /// `messages` or `input`: objects in its list are messages.
        case list
        /// A content or a part of one.
        case part
    }

    /// Levels of lists and objects that are looked into; real requests have six.
    private static let depthLimit = 12

    private mutating func readText(
        _ scanner: inout JSONScanner,
        _ bytes: Span<UInt8>,
        role: Role,
        depth: Int = 0
    ) throws(JSONFault) {
        guard depth < RequestMeasure.depthLimit else {
            try scanner.skipValue(bytes)
            return
        }
        switch RequestMeasure.peek(&scanner, bytes) {
        case 0x22:
            let (text, isEscaped) = try scanner.skipString(bytes)
            textBytes += isEscaped ? RequestMeasure.plainCount(bytes.extracting(text.range)) : Int(text.count)
        case 0x5b:
            try RequestMeasure.elements(&scanner, bytes) { (scanner) throws(JSONFault) in
                if role == .list, RequestMeasure.peek(&scanner, bytes) == 0x7b { messages += 1 }
                if try readTokenID(&scanner, bytes) { return }
                try readText(&scanner, bytes, role: .part, depth: depth + 1)
            }
        case 0x7b: try readPart(&scanner, bytes, depth: depth)
        default: try scanner.skipValue(bytes)
        }
    }

    /// Prompts may be lists of token ids: each is a token.
    private mutating func readTokenID(_ scanner: inout JSONScanner, _ bytes: Span<UInt8>) throws(JSONFault) -> Bool {
        guard let first = RequestMeasure.peek(&scanner, bytes), ASCII.isDigit(first) else { return false }
        try scanner.skipValue(bytes)
        textBytes += 4
        return true
    }

    private mutating func readPart(
        _ scanner: inout JSONScanner,
        _ bytes: Span<UInt8>,
        depth: Int
    ) throws(JSONFault) {
        try RequestMeasure.members(&scanner, bytes) { (scanner, key) throws(JSONFault) in
            switch key {
            case .type:
                if let value = try RequestMeasure.stringValue(&scanner, bytes) {
                    notePart(bytes.extracting(value.range))
                }
            case .images: if try isFilled(&scanner, bytes) { features.insert(.vision) }
            case .content, .text, .format: try readText(&scanner, bytes, role: .part, depth: depth + 1)
            case .list: try readArguments(&scanner, bytes)
            case .blob: try readBlob(&scanner, bytes)
            default: try scanner.skipValue(bytes)
            }
        }
    }

    /// A tool's arguments: a text, or JSON that reaches the model as text.
    private mutating func readArguments(_ scanner: inout JSONScanner, _ bytes: Span<UInt8>) throws(JSONFault) {
        if RequestMeasure.peek(&scanner, bytes) == 0x22 { return try readText(&scanner, bytes, role: .part) }
        let start = scanner.position
        try scanner.skipValue(bytes)
        textBytes += scanner.position - start
    }

    /// The `type` of a part: OpenAI's chat and responses, Anthropic's messages.
    private mutating func notePart(_ type: Span<UInt8>) {
        if RequestMeasure.isExactly(type, "image_url") || RequestMeasure.isExactly(type, "input_image")
            || RequestMeasure.isExactly(type, "image")
        {
            features.insert(.vision)
        } else if RequestMeasure.isExactly(type, "input_audio") || RequestMeasure.isExactly(type, "audio") {
            features.insert(.audio)
        }
    }
}
