import Arrival
import Bytes
import Content
import Dialect
import HTTP

/// Where the text of a request is, for content rules.
struct RequestContent {
    private let facts: ContentBody
    private let target: Range<Int>
    private let body: Range<Int>
    /// Chunks stand around what is in the buffer.
    private let isChunked: Bool

    /// `bytes`: the request's, as gathered.
    init(_ reader: RequestReader, _ bytes: Span<UInt8>) {
        let head = reader.head
        let end = head.query.isAbsent ? head.path.range.upperBound : head.query.range.upperBound
        // A method that nobody knows travels on, too.
        target = (head.method == .other ? head.methodText : head.path).range.lowerBound..<end
        body = reader.headBytes..<reader.consumedBytes
        isChunked = head.framing == .chunked && !reader.isJSON
        var type: [UInt8] = []
        if let field = head.fields.first(where: { $0.id == .contentType }) {
            type = field.value.range.map { bytes[$0] }
        }
        var facts = ContentBody(reader.isJSON ? .json : .other(contentType: type))
        // Of two types an upstream may take the other.
        let types = head.fields.count { $0.id == .contentType }
        facts.isEncoded = head.hasContentCoding(in: bytes) || types > 1
        // And what is read here as UTF-8 it may read by the encoding that the type names.
        if reader.isJSON, ContentBody.isForeignJSON(type.span) { facts.isEncoded = true }
        facts.isCut = reader.streamsRest
        facts.isSound = reader.endpoint == .transcriptions || reader.endpoint == .translations
        self.facts = facts
    }

    /// Looks at all of it.
    func read(_ policy: ContentPolicy, _ bytes: Span<UInt8>) -> ContentReading {
        let path = bytes.extracting(target)
        guard isChunked else { return policy.read(target: path, body: bytes.extracting(body), facts) }
        let payload = Upload.payload(of: bytes.extracting(body))
        var facts = facts
        facts.frame = Upload.frame(of: bytes.extracting(body))
        return policy.read(target: path, body: payload.span, facts)
    }

    /// What becomes of it where a rule replaces what it finds.
    func redaction(_ policy: ContentPolicy, _ reading: ContentReading, _ bytes: Span<UInt8>) -> Redaction {
        policy.redaction(of: reading, target: bytes.extracting(target), body: bytes.extracting(body), facts)
    }
}

// Requests whose text is changed before they go on (`privacy.rules[].redact`).
extension Session {
    /// Replaces what rules want replaced; false when that cannot be done, and nothing may go on.
    func redact(_ policy: ContentPolicy, _ reading: ContentReading?) -> Bool {
        guard policy.redacts, let reading, let buffer else { return true }
        let span = buffer.bytes.bindMemory(to: UInt8.self).span
        switch RequestContent(reader, span).redaction(policy, reading, span) {
        case .none: return true
        case .impossible: return false
        case .body(let bytes):
            reader.replaceBody(in: buffer, with: bytes)
            return true
        }
    }

    /// What a client reads whose request cannot be changed as the rules want: never what was found, or where.
    static let redactionRefusal = Refusal(
        403,
        "redaction_impossible",
        "rules of this proxy replace parts of requests, and in this one that cannot be done"
    )
}
