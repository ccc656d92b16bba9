/// Reads JSON in place, as far as the mock needs it; tolerant of what follows the value.
struct JSONCursor {
    let bytes: UnsafeRawBufferPointer
    private(set) var at = 0
    private(set) var isBroken = false
    private var depth = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    mutating func peek() -> UInt8 {
        while at < bytes.count {
            let byte = bytes[at]
            if byte != 0x20, byte != 0x0a, byte != 0x0d, byte != 0x09 { return byte }
            at += 1
        }
        return 0
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard peek() == byte else { return false }
        at += 1
        return true
    }

    private mutating func fail() {
        isBroken = true
        at = bytes.count
    }

    /// The inside of a string, escapes as they are.
    mutating func string() -> Range<Int> {
        guard take(UInt8(ascii: "\"")) else {
            fail()
            return 0..<0
        }
        let start = at
        while at < bytes.count {
            switch bytes[at] {
            case UInt8(ascii: "\""):
                at += 1
                return start..<(at - 1)
            case UInt8(ascii: "\\"): at += 2
            default: at += 1
            }
        }
        fail()
        return 0..<0
    }

    mutating func members(_ visit: (inout JSONCursor, Range<Int>) -> Void) {
        depth += 1
        guard depth < 64, take(UInt8(ascii: "{")) else { return fail() }
        if !take(UInt8(ascii: "}")) {
            repeat {
                let key = string()
                guard take(UInt8(ascii: ":")) else { return fail() }
                visit(&self, key)
            } while take(UInt8(ascii: ","))
            guard take(UInt8(ascii: "}")) else { return fail() }
        }
        depth -= 1
    }

    mutating func elements(_ visit: (inout JSONCursor) -> Void) {
        depth += 1
        guard depth < 64, take(UInt8(ascii: "[")) else { return fail() }
        if !take(UInt8(ascii: "]")) {
            repeat { visit(&self) } while take(UInt8(ascii: ","))
            guard take(UInt8(ascii: "]")) else { return fail() }
        }
        depth -= 1
    }

    mutating func skip() {
        switch peek() {
        case UInt8(ascii: "{"): members { cursor, _ in cursor.skip() }
        case UInt8(ascii: "["): elements { $0.skip() }
        case UInt8(ascii: "\""): _ = string()
        default:
            let start = at
            while at < bytes.count, JSONCursor.isScalar(bytes[at]) { at += 1 }
            if at == start { fail() }
        }
    }

    /// True for the letter that only `true` begins with.
    mutating func isTrue() -> Bool {
        let claim = peek() == UInt8(ascii: "t")
        skip()
        return claim
    }

    func raw(_ range: Range<Int>) -> UnsafeRawBufferPointer { part(bytes, range) }

    func isKey(_ range: Range<Int>, _ literal: StaticString) -> Bool { isSame(raw(range), literal) }

    private static func isScalar(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "+"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}

/// What a request body asks for: ranges of its bytes, strings with their escapes as they came.
struct BodyFacts {
    var isObject = false
    var model = 0..<0
    var isStreaming = false
    /// True when `stream` was said; Ollama streams without.
    var saysStream = false
    var includesUsage = false
    var toolName = 0..<0
    var lastRole = 0..<0
    var lastText = 0..<0
    /// True when the last message brings what a tool said and has no role that says so (Anthropic, Gemini).
    var isToolResult = false
    /// True when `lastText` is JSON of its own and no string's inside.
    var lastTextIsJSON = false
    /// The bytes of each input of an embeddings request.
    var inputs: [Range<Int>] = []
    var wantsBase64 = false

    init() {}

    init(_ body: UnsafeRawBufferPointer) {
        var cursor = JSONCursor(body)
        guard cursor.peek() == UInt8(ascii: "{") else { return }
        cursor.members { cursor, key in
            if cursor.isKey(key, "model"), cursor.peek() == UInt8(ascii: "\"") {
                model = cursor.string()
            } else if cursor.isKey(key, "stream") {
                isStreaming = cursor.isTrue()
                saysStream = true
            } else if cursor.isKey(key, "stream_options"), cursor.peek() == UInt8(ascii: "{") {
                cursor.members { cursor, key in
                    if cursor.isKey(key, "include_usage") { includesUsage = cursor.isTrue() } else { cursor.skip() }
                }
            } else if cursor.isKey(key, "encoding_format") {
                let start = cursor.at
                cursor.skip()
                wantsBase64 = isSame(cursor.raw(start..<cursor.at), "\"base64\"")
            } else if cursor.isKey(key, "messages"), cursor.peek() == UInt8(ascii: "[") {
                cursor.elements { readMessage(&$0) }
            } else if cursor.isKey(key, "contents"), cursor.peek() == UInt8(ascii: "[") {
                cursor.elements { readTurn(&$0) }
            } else if cursor.isKey(key, "content"), cursor.peek() == UInt8(ascii: "{") {
                readEmbedded(&cursor)
            } else if cursor.isKey(key, "requests"), cursor.peek() == UInt8(ascii: "[") {
                cursor.elements { cursor in
                    guard cursor.peek() == UInt8(ascii: "{") else { return cursor.skip() }
                    cursor.members { cursor, key in
                        let isContent = cursor.isKey(key, "content") && cursor.peek() == UInt8(ascii: "{")
                        isContent ? readEmbedded(&cursor) : cursor.skip()
                    }
                }
            } else if cursor.isKey(key, "tools"), cursor.peek() == UInt8(ascii: "[") {
                cursor.elements { readTool(&$0) }
            } else if cursor.isKey(key, "input") || cursor.isKey(key, "prompt") {
                readInput(&cursor)
            } else {
                cursor.skip()
            }
        }
        isObject = !cursor.isBroken
    }

    private mutating func readMessage(_ cursor: inout JSONCursor) {
        guard cursor.peek() == UInt8(ascii: "{") else { return cursor.skip() }
        forgetTurn()
        cursor.members { cursor, key in
            if cursor.isKey(key, "role"), cursor.peek() == UInt8(ascii: "\"") {
                lastRole = cursor.string()
            } else if cursor.isKey(key, "content") {
                readContent(&cursor)
            } else {
                cursor.skip()
            }
        }
    }

    private mutating func forgetTurn() {
        lastRole = 0..<0
        lastText = 0..<0
        isToolResult = false
        lastTextIsJSON = false
    }

    /// One of Gemini's `contents`: of its parts the last text, or the last response of a function, counts.
    private mutating func readTurn(_ cursor: inout JSONCursor) {
        guard cursor.peek() == UInt8(ascii: "{") else { return cursor.skip() }
        forgetTurn()
        cursor.members { cursor, key in
            if cursor.isKey(key, "role"), cursor.peek() == UInt8(ascii: "\"") {
                lastRole = cursor.string()
            } else if cursor.isKey(key, "parts"), cursor.peek() == UInt8(ascii: "[") {
                cursor.elements { readPart(&$0) }
            } else {
                cursor.skip()
            }
        }
    }

    /// What Gemini shall embed.
    private mutating func readEmbedded(_ cursor: inout JSONCursor) {
        readTurn(&cursor)
        inputs.append(lastText)
    }

    private mutating func readPart(_ cursor: inout JSONCursor) {
        guard cursor.peek() == UInt8(ascii: "{") else { return cursor.skip() }
        cursor.members { cursor, key in
            if cursor.isKey(key, "text"), cursor.peek() == UInt8(ascii: "\"") {
                lastText = cursor.string()
                lastTextIsJSON = false
            } else if cursor.isKey(key, "functionResponse"), cursor.peek() == UInt8(ascii: "{") {
                isToolResult = true
                cursor.members { cursor, key in
                    _ = cursor.peek()
                    let start = cursor.at
                    cursor.skip()
                    guard cursor.isKey(key, "response") else { return }
                    lastText = start..<cursor.at
                    lastTextIsJSON = true
                }
            } else {
                cursor.skip()
            }
        }
    }

    /// A string, or parts of which the last text counts.
    private mutating func readContent(_ cursor: inout JSONCursor) {
        switch cursor.peek() {
        case UInt8(ascii: "\""): lastText = cursor.string()
        case UInt8(ascii: "["):
            cursor.elements { cursor in
                guard cursor.peek() == UInt8(ascii: "{") else { return cursor.skip() }
                cursor.members { cursor, key in
                    if cursor.isKey(key, "text"), cursor.peek() == UInt8(ascii: "\"") {
                        lastText = cursor.string()
                    } else if cursor.isKey(key, "tool_use_id") {
                        isToolResult = true
                        cursor.skip()
                    } else if cursor.isKey(key, "content") {
                        readContent(&cursor)
                    } else {
                        cursor.skip()
                    }
                }
            }
        default: cursor.skip()
        }
    }

    private mutating func readTool(_ cursor: inout JSONCursor) {
        guard toolName.isEmpty, cursor.peek() == UInt8(ascii: "{") else { return cursor.skip() }
        cursor.members { cursor, key in
            if cursor.isKey(key, "function"), cursor.peek() == UInt8(ascii: "{") {
                cursor.members { cursor, key in
                    readToolName(&cursor, key)
                }
            } else if cursor.isKey(key, "functionDeclarations") || cursor.isKey(key, "function_declarations"),
                cursor.peek() == UInt8(ascii: "[")
            {
                cursor.elements { readTool(&$0) }
            } else {
                readToolName(&cursor, key)
            }
        }
    }

    /// The first name counts: OpenAI's inside `function`, Anthropic's and Gemini's on the tool itself.
    private mutating func readToolName(_ cursor: inout JSONCursor, _ key: Range<Int>) {
        if toolName.isEmpty, cursor.isKey(key, "name"), cursor.peek() == UInt8(ascii: "\"") {
            toolName = cursor.string()
        } else {
            cursor.skip()
        }
    }

    /// `input` of embeddings and responses, `prompt` of completions: text, texts, tokens, or messages.
    private mutating func readInput(_ cursor: inout JSONCursor) {
        switch cursor.peek() {
        case UInt8(ascii: "\""):
            lastText = cursor.string()
            inputs.append(lastText)
        case UInt8(ascii: "["):
            let start = cursor.at
            var isTokens = false
            cursor.elements { cursor in
                let start = cursor.at
                switch cursor.peek() {
                case UInt8(ascii: "\""):
                    lastText = cursor.string()
                    inputs.append(lastText)
                case UInt8(ascii: "{"): readMessage(&cursor)
                case UInt8(ascii: "["):
                    cursor.skip()
                    inputs.append(start..<cursor.at)
                default:
                    cursor.skip()
                    isTokens = true
                }
            }
            if isTokens { inputs = [start..<cursor.at] }
        default: cursor.skip()
        }
    }
}
