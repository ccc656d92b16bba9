import Bytes

/// Reads the field lines of a head, which `HeadFinder` has shown to end in CRLF each.
///
/// The rules are those of RFC 9112 §5; what older parsers let pass (folded lines, white space before the colon, bare
/// control bytes) is refused, because two parsers that differ on it can be set against each other.
enum FieldReader {
    /// What the fields say about the connection and the body.
    struct Summary {
        var contentLength: Int?
        var isChunked = false
        var hasTransferEncoding = false
        var saysClose = false
        var saysKeepAlive = false
        var hostCount = 0
        var hasUpgrade = false
        var hasExpect = false
        /// The Connection field names other fields (RFC 9110 §7.6.1).
        var namesConnectionFields = false
        var connectionOptions = 0
    }

    /// Reads `[start, end)`, which ends with the empty line.
    static func read(
        _ bytes: Span<UInt8>,
        from start: Int,
        to end: Int,
        into fields: inout [Field],
        isRequest: Bool
    ) throws(HTTPFault) -> Summary {
        var summary = Summary()
        var position = start
        while position < end - 2 {
            guard let lineEnd = Scan.find(0x0a, in: bytes, from: position) else { break }
            let field = try line(bytes, position, lineEnd - 1)
            guard fields.count < HeadLimits.fields else {
                throw HTTPFault(431, "too_many_headers", "the head has more than 128 fields")
            }
            fields.append(field)
            if field.id != .other { try note(field, bytes, isRequest, &summary) }
            position = lineEnd + 1
        }
        guard !(summary.hasTransferEncoding && summary.contentLength != nil) else {
            throw .malformed("both Content-Length and Transfer-Encoding")
        }
        return summary
    }

    private static func line(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) throws(HTTPFault) -> Field {
        var position = start
        while position < end, ASCII.isToken(bytes[position]) { position += 1 }
        guard position > start else {
            let isFolded = bytes[start] == 0x20 || bytes[start] == 0x09
            throw .malformed(isFolded ? "a folded field line" : "a field line without a name")
        }
        guard position < end, bytes[position] == 0x3a else {
            throw .malformed("a field name with a byte that no name may have, or without a colon")
        }
        let name = TextRange(start: Int32(start), count: Int32(position - start))
        var first = position + 1
        while first < end, bytes[first] == 0x20 || bytes[first] == 0x09 { first += 1 }
        var last = end
        while last > first, bytes[last - 1] == 0x20 || bytes[last - 1] == 0x09 { last -= 1 }
        let value = bytes.extracting(..<last)
        var control = Scan.control(in: value, from: first)
        while control < last {
            guard bytes[control] == 0x09 else { throw .malformed("a field value with a control byte") }
            control = Scan.control(in: value, from: control + 1)
        }
        return Field(
            name: name,
            value: TextRange(start: Int32(first), count: Int32(last - first)),
            id: KnownField.recognise(bytes.extracting(start..<position))
        )
    }

    private static func note(
        _ field: Field,
        _ bytes: Span<UInt8>,
        _ isRequest: Bool,
        _ summary: inout Summary
    ) throws(HTTPFault) {
        let value = bytes.extracting(field.value.range)
        switch field.id {
        case .contentLength:
            guard summary.contentLength == nil else { throw .malformed("more than one Content-Length") }
            summary.contentLength = try length(value)
        case .transferEncoding:
            // Only `chunked`, once: we pass on no other coding (RFC 9112 §6.1).
            guard !summary.hasTransferEncoding else { throw .malformed("more than one Transfer-Encoding") }
            summary.hasTransferEncoding = true
            guard ASCII.equalsIgnoringCase(value, "chunked") else {
                throw .malformed("a Transfer-Encoding other than chunked")
            }
            summary.isChunked = true
        case .connection: try connection(value, &summary)
        case .host: summary.hostCount += 1
        case .upgrade: summary.hasUpgrade = true
        case .expect where isRequest:
            guard ASCII.equalsIgnoringCase(value, "100-continue") else {
                throw HTTPFault(417, "expectation_failed", "an expectation other than 100-continue")
            }
            summary.hasExpect = true
        default: break
        }
    }

    /// A length is digits and nothing else (RFC 9110 §8.6).
    private static func length(_ value: Span<UInt8>) throws(HTTPFault) -> Int {
        guard !value.isEmpty, value.count <= 18 else { throw .malformed("a malformed Content-Length") }
        var result = 0
        for index in value.indices {
            guard ASCII.isDigit(value[index]) else { throw .malformed("a malformed Content-Length") }
            result = result * 10 + Int(value[index] - 0x30)
        }
        return result
    }

    private static func connection(_ value: Span<UInt8>, _ summary: inout Summary) throws(HTTPFault) {
        var left = HeadLimits.connectionOptions - summary.connectionOptions
        HopByHop.forEachOption(of: value) { option in
            left -= 1
            guard left >= 0 else { return }
            if ASCII.equalsIgnoringCase(option, "close") {
                summary.saysClose = true
            } else if ASCII.equalsIgnoringCase(option, "keep-alive") {
                summary.saysKeepAlive = true
            } else {
                summary.namesConnectionFields = true
            }
        }
        summary.connectionOptions = HeadLimits.connectionOptions - left
        guard left >= 0 else { throw HTTPFault(431, "too_many_headers", "Connection lists more than 32 options") }
    }
}
