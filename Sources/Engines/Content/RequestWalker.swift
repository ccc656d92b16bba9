import Bytes
import JSON

/// A place in a body that holds text.
struct TextPiece {
    enum Kind {
        case string, name
        /// A whole number of eight digits or more, however it is spelled: cards and accounts may be written without quotes.
        case number
    }
    let kind: Kind
    /// Its bytes, without quotes.
    let range: Range<Int>
    let isEscaped: Bool
    /// The escapes of the body itself.
    var kinds: Escape.Kinds? { isEscaped ? .json : nil }
}

/// Takes what a walk over a body comes upon.
protocol TextReader {
    /// Takes one piece; `path` says where it stands.
    mutating func read(_ piece: TextPiece, _ bytes: Span<UInt8>, _ path: BodyPath)
    /// Takes the texts of one message that is written in parts, which providers join.
    mutating func read(joined pieces: [TextPiece], _ bytes: Span<UInt8>, _ path: BodyPath)
    /// Something cannot be looked at: pictures, sound, files.
    mutating func sawOpaque()
    /// There is text that cannot be read: tokens by their numbers.
    mutating func sawUnreadable()
    /// Takes what tells an answer's text a second time, which can only be left out.
    mutating func read(shadow: ShadowText, at range: Range<Int>, _ bytes: Span<UInt8>, _ path: BodyPath)
}

extension TextReader {
    mutating func read(shadow: ShadowText, at range: Range<Int>, _ bytes: Span<UInt8>, _ path: BodyPath) {}
}

/// Where a walk stands.
struct BodyPath {
    enum Step {
        case member(Range<Int>, isEscaped: Bool, APIWords.Traits)
        case index(Int)
    }
    var steps: [Step] = []

    /// `messages[0].content`.
    func text(_ bytes: Span<UInt8>) -> String {
        var text = ""
        for step in steps {
            switch step {
            case .member(let range, let isEscaped, _):
                let raw = bytes.extracting(range)
                let name = isEscaped ? JSONText.unescape(raw) : raw.indices.map { raw[$0] }
                text += (text.isEmpty ? "" : ".") + String(decoding: name, as: UTF8.self)
            case .index(let index): text += "[\(index)]"
            }
        }
        return text
    }

    /// What is known of the member whose value, or whose list, this is.
    var traits: APIWords.Traits {
        for step in steps.reversed() { if case .member(_, _, let traits) = step { return traits } }
        return []
    }

    /// True for a member that stands where providers put their own, in an answer.
    var isEnvelope: Bool {
        guard case .member? = steps.last else { return false }
        return steps.dropLast().allSatisfy { step in
            guard case .member(_, _, let traits) = step else { return true }
            return traits.contains(.envelope)
        }
    }
}

/// Walks a body once, strictly, and shows every string, member name and long number to a reader.
///
/// Every string counts, wherever it stands, unless it is known to be no text; so a field that a provider adds tomorrow is
/// looked at today.
struct RequestWalker<Reader: TextReader> {
    var reader: Reader
    /// `privacy.scan.fields`: top-level members that are looked at; nil is all.
    private let names: Set<String>?
    private var scanner = JSONScanner()
    private var path = BodyPath()
    /// Texts of the parts of one message.
    private var parts: [TextPiece] = []
    /// Where the object begins that the last part stands in, and the one that is being read.
    private var (lastPart, object) = (-1, -1)
    private var sawTokens = false
    /// What providers add to an answer is no text.
    private let isAnswer: Bool

    init(_ reader: Reader, names: Set<String>?, isAnswer: Bool = false) {
        self.reader = reader
        self.names = names
        self.isAnswer = isAnswer
        // Numbers of tokens in an answer are the provider's own.
        sawTokens = isAnswer
    }

    /// Reads the value that is the whole text.
    mutating func whole(_ bytes: Span<UInt8>) throws(JSONFault) {
        try value(bytes)
        guard scanner.isAtEnd(bytes) else {
            throw JSONFault(offset: scanner.position, message: "something stands behind the value")
        }
    }

    private mutating func value(_ bytes: Span<UInt8>) throws(JSONFault) {
        scanner.skipSpace(bytes)
        guard scanner.position < bytes.count else {
            throw JSONFault(offset: scanner.position, message: "the text ends where a value should be")
        }
        switch bytes[scanner.position] {
        case UInt8(ascii: "\""): take(try piece(.string, bytes), bytes)
        case UInt8(ascii: "{"): try members(bytes)
        case UInt8(ascii: "["): try elements(bytes)
        default:
            let start = scanner.position
            let kind = try scanner.skipValue(bytes)
            guard kind == .number else { return }
            if path.traits.contains(.tokens) { noteToken(bytes) }
            guard scanner.position - start >= 8, !isProviders(bytes.extracting(start..<scanner.position)) else {
                return
            }
            number(start..<scanner.position, bytes)
        }
    }

    private mutating func piece(_ kind: TextPiece.Kind, _ bytes: Span<UInt8>) throws(JSONFault) -> TextPiece {
        let (range, isEscaped) = try scanner.skipString(bytes)
        return TextPiece(kind: kind, range: range.range, isEscaped: isEscaped)
    }

    private func checkDepth() throws(JSONFault) {
        guard path.steps.count < JSONScanner.depthLimit else {
            throw JSONFault(offset: scanner.position, message: "more than 256 levels")
        }
    }

    /// True at the end of a container that begins here and holds nothing.
    private mutating func isEmpty(_ end: UInt8, _ bytes: Span<UInt8>) throws(JSONFault) -> Bool {
        scanner.skipSpace(bytes)
        guard scanner.position < bytes.count, bytes[scanner.position] == end else { return false }
        try scanner.expect(end, "", bytes)
        return true
    }

    /// True when a comma stood here.
    private mutating func hasMore(_ bytes: Span<UInt8>) throws(JSONFault) -> Bool {
        scanner.skipSpace(bytes)
        guard scanner.position < bytes.count, bytes[scanner.position] == UInt8(ascii: ",") else { return false }
        try scanner.expect(UInt8(ascii: ","), "", bytes)
        return true
    }

    private mutating func members(_ bytes: Span<UInt8>) throws(JSONFault) {
        try checkDepth()
        let outer = object
        defer { object = outer }
        object = scanner.position
        try scanner.expect(UInt8(ascii: "{"), "an object should begin here", bytes)
        if try isEmpty(UInt8(ascii: "}"), bytes) { return }
        let isSchema = path.traits.contains(.properties)
        repeat {
            scanner.skipSpace(bytes)
            let name = try piece(.name, bytes)
            scanner.skipSpace(bytes)
            try scanner.expect(UInt8(ascii: ":"), "a colon is missing after a key", bytes)
            if path.steps.isEmpty, isPassedOver(name, bytes) {
                try scanner.skipValue(bytes)
                continue
            }
            var traits = traits(of: name, bytes)
            if !traits.contains(.known) { reader.read(name, bytes, path) }
            // What a schema's author calls a property says nothing about the request.
            if isSchema { traits = traits.intersection(.known) }
            path.steps.append(.member(name.range, isEscaped: name.isEscaped, traits))
            if traits.contains(.media) { noteMedia(bytes) }
            if try !isShadow(traits, bytes) { try value(bytes) }
            path.steps.removeLast()
        } while try hasMore(bytes)
        try scanner.expect(UInt8(ascii: "}"), "a comma or the end is missing here", bytes)
    }

    private func traits(of name: TextPiece, _ bytes: Span<UInt8>) -> APIWords.Traits {
        guard name.isEscaped else {
            let raw = bytes.extracting(name.range)
            return isAnswer ? AnswerWords.traits(of: raw) : APIWords.traits(of: raw)
        }
        let plain = JSONText.unescape(bytes.extracting(name.range))
        return isAnswer ? AnswerWords.traits(of: plain.span) : APIWords.traits(of: plain.span)
    }

    /// Passes and shows what tells the text again, if it stands here: a list that is not empty, or an object of probabilities.
    private mutating func isShadow(_ traits: APIWords.Traits, _ bytes: Span<UInt8>) throws(JSONFault) -> Bool {
        guard isAnswer, traits.contains(.shadow), path.isEnvelope else { return false }
        scanner.skipSpace(bytes)
        let start = scanner.position
        guard start < bytes.count else { return false }
        if bytes[start] == UInt8(ascii: "{") {
            guard case .member(let name, false, _)? = path.steps.last,
                Scan.find("ogprobs", in: bytes.extracting(name)) != nil
            else { return false }
        } else {
            guard bytes[start] == UInt8(ascii: "[") else { return false }
            var after = JSONScanner(at: start + 1)
            after.skipSpace(bytes)
            if after.position < bytes.count, bytes[after.position] == UInt8(ascii: "]") { return false }
        }
        try scanner.skipValue(bytes)
        let range = start..<scanner.position
        reader.read(shadow: try ShadowText(bytes.extracting(range)), at: range, bytes, path)
        return true
    }

    /// True for what a provider says of an answer, such as its id.
    private func isProviders(_ raw: Span<UInt8>) -> Bool {
        guard isAnswer, path.isEnvelope else { return false }
        return AnswerWords.isNoText(raw, path.traits)
    }

    private func isPassedOver(_ name: TextPiece, _ bytes: Span<UInt8>) -> Bool {
        guard let names else { return false }
        return !names.contains(String(decoding: JSONText.unescape(bytes.extracting(name.range)), as: UTF8.self))
    }

    private mutating func elements(_ bytes: Span<UInt8>) throws(JSONFault) {
        try checkDepth()
        try scanner.expect(UInt8(ascii: "["), "an array should begin here", bytes)
        if try isEmpty(UInt8(ascii: "]"), bytes) { return }
        let outer = parts
        parts = []
        var index = 0
        repeat {
            path.steps.append(.index(index))
            try value(bytes)
            path.steps.removeLast()
            index += 1
        } while try hasMore(bytes)
        try scanner.expect(UInt8(ascii: "]"), "a comma or the end is missing here", bytes)
        // A number that is split over two parts is whole again where it is read.
        if parts.count > 1 { reader.read(joined: parts, bytes, path) }
        parts = outer
    }

    // MARK: Strings and numbers

    private mutating func number(_ range: Range<Int>, _ bytes: Span<UInt8>) {
        let text = bytes.extracting(range)
        let isPlain = text.indices.allSatisfy { ASCII.isDigit(text[$0]) || text[$0] == UInt8(ascii: "-") }
        if !isPlain {
            guard WholeNumber.mayBe(text), let number = WholeNumber(text) else { return }
            if number.isTooLarge { return reader.sawUnreadable() }
        }
        reader.read(TextPiece(kind: .number, range: range, isEscaped: false), bytes, path)
    }

    /// A number in a list where an API takes text, or tokens in its place: of the request itself, or of one in a batch.
    private mutating func noteToken(_ bytes: Span<UInt8>) {
        guard !sawTokens, case .index? = path.steps.last else { return }
        guard let place = path.steps.lastIndex(where: { if case .member = $0 { true } else { false } }) else { return }
        for step in path.steps[..<place] {
            guard case .member(let range, _, _) = step else { continue }
            let name = bytes.extracting(range)
            guard ASCII.equals(name, "requests") || ASCII.equals(name, "body") || ASCII.equals(name, "params") else {
                return
            }
        }
        sawTokens = true
        reader.sawUnreadable()
    }

    private mutating func take(_ piece: TextPiece, _ bytes: Span<UInt8>) {
        let traits = path.traits
        let raw = bytes.extracting(piece.range)
        if traits.contains(.kind) {
            noteKind(raw)
            if APIWords.isKind(raw) || isAnswer && AnswerWords.isKind(raw) { return }
        }
        if isProviders(raw) { return }
        if isData(piece, raw, traits) {
            reader.sawOpaque()
            // A key or a token is short; what is longer is a picture, or as good as one, where no text is expected.
            if raw.count > Self.dataLimitBytes, !traits.contains(.speech) { return head(of: piece, raw, bytes) }
        }
        reader.read(piece, bytes, path)
        guard isPart(traits) else { return }
        if case .member? = path.steps.last {
            // Of two texts of one part nobody knows which is joined with its neighbours.
            if lastPart == object { reader.sawUnreadable() }
            lastPart = object
        }
        parts.append(piece)
    }

    /// Shows what a data URL says before its comma: its parameters are text.
    private mutating func head(of piece: TextPiece, _ raw: Span<UInt8>, _ bytes: Span<UInt8>) {
        guard ASCII.starts(raw, with: "data:"), let comma = Scan.find(UInt8(ascii: ","), in: raw) else { return }
        let start = piece.range.lowerBound
        reader.read(TextPiece(kind: .string, range: start..<(start + comma), isEscaped: piece.isEscaped), bytes, path)
    }

    /// Base64 up to this long is looked at as text, too.
    private static var dataLimitBytes: Int { 4_096 }

    /// One of several texts that are read as one.
    private func isPart(_ traits: APIWords.Traits) -> Bool {
        switch path.steps.last {
        case .member(_, _, let own)?:
            guard own.contains(.text), path.steps.count >= 2, case .index = path.steps[path.steps.count - 2] else {
                return false
            }
            return true
        case .index?: return traits.contains(.pieces)
        case nil: return false
        }
    }

    /// Pictures, sound and files as text: data URLs (RFC 2397), or base64 where such is expected.
    private func isData(_ piece: TextPiece, _ raw: Span<UInt8>, _ traits: APIWords.Traits) -> Bool {
        if ASCII.starts(raw, with: "data:") {
            guard let comma = Scan.find(UInt8(ascii: ","), in: raw), comma < 256,
                Scan.find(";base64", in: raw.extracting(..<comma)) != nil
            else { return false }
            for index in 5..<comma where !Self.isOfMediaType(raw[index]) { return false }
            return Self.isBase64(raw.extracting((comma + 1)...), forURLs: false)
        }
        return traits.contains(.data) && raw.count > 64 && Self.isBase64(raw, forURLs: true)
    }

    private static func isOfMediaType(_ byte: UInt8) -> Bool { ASCII.isToken(byte) || "/;=\\".utf8.contains(byte) }

    /// Slashes may be escaped; `-` and `_` stand only where libraries write base64 for URLs (RFC 4648 §5).
    private static func isBase64(_ text: Span<UInt8>, forURLs: Bool) -> Bool {
        for index in text.indices {
            let byte = text[index]
            if ASCII.isLetter(byte) || ASCII.isDigit(byte) { continue }
            switch byte {
            case 0x2b, 0x2f, 0x3d: continue
            case 0x2d where forURLs, 0x5f where forURLs: continue
            case 0x5c where index + 1 < text.count && [0x2f, 0x6e, 0x72].contains(text[index + 1]): continue
            default: return false
            }
        }
        return true
    }

    // MARK: What cannot be read

    /// Members that hold a picture or sound, whatever they are called inside.
    private mutating func noteMedia(_ bytes: Span<UInt8>) {
        scanner.skipSpace(bytes)
        guard scanner.position < bytes.count else { return }
        switch bytes[scanner.position] {
        case UInt8(ascii: "n"): break
        case UInt8(ascii: "["):
            // An empty list holds nothing.
            var after = JSONScanner(at: scanner.position + 1)
            after.skipSpace(bytes)
            if after.position < bytes.count, bytes[after.position] != UInt8(ascii: "]") { reader.sawOpaque() }
        default: reader.sawOpaque()
        }
    }

    /// The `type` of a part: OpenAI's chat and responses, Anthropic's messages.
    private mutating func noteKind(_ text: Span<UInt8>) {
        guard path.steps.count > 2 else { return }
        let isOpaque =
            ASCII.equals(text, "image_url") || ASCII.equals(text, "input_image") || ASCII.equals(text, "image")
            || ASCII.equals(text, "input_audio") || ASCII.equals(text, "audio") || ASCII.equals(text, "file")
            || ASCII.equals(text, "input_file") || ASCII.equals(text, "document")
        if isOpaque { reader.sawOpaque() }
    }
}
