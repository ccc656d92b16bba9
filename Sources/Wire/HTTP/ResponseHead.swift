import Bytes

/// The head of one response, as places in the bytes it was read from.
package final class ResponseHead {
    /// 100 to 599.
    package private(set) var status = 0
    /// The phrase behind the status; may be empty.
    package private(set) var reason = TextRange.absent
    /// 0 or 1, of HTTP/1.x.
    package private(set) var versionMinor = 1
    /// All fields in the order they came.
    package private(set) var fields: [Field] = []
    /// How the body ends.
    package private(set) var framing = BodyFraming.none
    /// The upstream will take another request over this connection.
    package private(set) var keepsAlive = true
    /// The body is `text/event-stream`.
    package private(set) var isEventStream = false
    /// The Content-Type is `application/json`.
    package func isJSON(in bytes: Span<UInt8>) -> Bool {
        guard let field = fields.first(where: { $0.id == .contentType }) else { return false }
        let value = bytes.extracting(field.value.range)
        return value.count >= 16 && ASCII.equalsIgnoringCase(value.extracting(..<16), "application/json")
    }
    /// Content-Length as it was sent, also where no body follows.
    package private(set) var declaredLength: Int?
    /// The Connection field names fields besides its own words.
    package private(set) var namesConnectionFields = false

    /// Makes room for a usual head.
    package init() { fields.reserveCapacity(24) }

    /// Forgets the last response.
    package func reset() {
        fields.removeAll(keepingCapacity: true)
        status = 0
        reason = .absent
        versionMinor = 1
        framing = .none
        keepsAlive = true
        isEventStream = false
        declaredLength = nil
        namesConnectionFields = false
    }

    /// Reads a head whose end `HeadFinder(.response)` has found.
    ///
    /// Needs the request's method, since HEAD answers have no body (RFC 9112 §6.3).
    ///
    /// - Throws: what is wrong with it; the status of the fault is of no meaning here.
    package func parse(_ bytes: Span<UInt8>, length: Int, for method: Method) throws(HTTPFault) {
        reset()
        guard let lineEnd = Scan.find(0x0a, in: bytes) else { throw .malformed("no status line") }
        try statusLine(bytes, lineEnd - 1)
        let summary = try FieldReader.read(bytes, from: lineEnd + 1, to: length, into: &fields, isRequest: false)
        declaredLength = summary.contentLength
        namesConnectionFields = summary.namesConnectionFields
        keepsAlive = !summary.saysClose && (versionMinor == 1 || summary.saysKeepAlive)
        for field in fields where field.id == .contentType {
            let value = bytes.extracting(field.value.range)
            var end = 0
            while end < value.count, value[end] != 0x3b, value[end] != 0x20, value[end] != 0x09 { end += 1 }
            isEventStream = ASCII.equalsIgnoringCase(value.extracting(..<end), "text/event-stream")
        }
        let hasBody = method != .head && status >= 200 && status != 204 && status != 304
        if !hasBody {
            framing = .none
            // A 204 that announces a body may send it after all, and the next answer would be read from it.
            let announces = summary.hasTransferEncoding || (summary.contentLength ?? 0) > 0
            if announces, method != .head, status == 204 { keepsAlive = false }
        } else if summary.hasTransferEncoding {
            guard versionMinor == 1 else { throw .malformed("Transfer-Encoding in HTTP/1.0") }
            framing = .chunked
        } else if let count = summary.contentLength {
            framing = .length(count)
        } else {
            framing = .untilClose
            keepsAlive = false
        }
    }

    private func statusLine(_ bytes: Span<UInt8>, _ end: Int) throws(HTTPFault) {
        let line = bytes.extracting(..<end)
        guard line.count >= 12, ASCII.starts(line, with: "HTTP/1."), line[7] == 0x30 || line[7] == 0x31,
            line[8] == 0x20, ASCII.isDigit(line[9]), ASCII.isDigit(line[10]), ASCII.isDigit(line[11]),
            line[9] != 0x30, line[9] <= 0x35, line.count == 12 || line[12] == 0x20
        else { throw .malformed("a malformed status line") }
        versionMinor = Int(line[7] - 0x30)
        status = Int(line[9] - 0x30) * 100 + Int(line[10] - 0x30) * 10 + Int(line[11] - 0x30)
        let start = min(13, line.count)
        for index in start..<line.count {
            guard ASCII.isFieldText(line[index]) else {
                throw .malformed("a control byte in the reason phrase")
            }
        }
        reason = TextRange(start: Int32(start), count: Int32(line.count - start))
    }

    /// How long the upstream asks to wait before another try, in milliseconds; nil when it does not say.
    ///
    /// `retry-after-ms` (OpenAI), `x-ms-retry-after-ms` (Azure), then `retry-after` in seconds or as a date
    /// (RFC 9110 §10.2.3).
    ///
    /// `nowSeconds` is the time of day in seconds since 1970, for dates.
    package func retryAfterMilliseconds(in bytes: Span<UInt8>, nowSeconds: Int64) -> Int? {
        var fallback: Int?
        for field in fields {
            let value = bytes.extracting(field.value.range)
            switch field.id {
            case .retryAfterMilliseconds, .azureRetryAfterMilliseconds:
                if let number = Decimal.thousandths(value) { return min(number / 1_000, ResponseHead.longestWait) }
            case .retryAfter:
                if let number = Decimal.thousandths(value) {
                    fallback = number
                } else if let date = HTTPDate.secondsSince1970(value, nowSeconds: nowSeconds) {
                    fallback = Int(min(max(0, date - nowSeconds), 86_400)) * 1_000
                }
            default: break
            }
        }
        return fallback.map { min($0, ResponseHead.longestWait) }
    }

    /// A day, milliseconds: whoever asks for more is taken to have asked for this.
    private static let longestWait = 86_400_000
}

/// Plain decimal numbers, as Retry-After has them.
enum Decimal {
    /// Reads `1.5` as 1500; nil when it is no such number.
    ///
    /// What is absurdly large is a million years.
    static func thousandths(_ text: Span<UInt8>) -> Int? {
        var whole = 0
        var position = 0
        while position < text.count, ASCII.isDigit(text[position]) {
            whole = min(whole * 10 + Int(text[position] - 0x30), 31_536_000_000_000)
            position += 1
        }
        guard position > 0 else { return nil }
        var result = whole * 1_000
        guard position < text.count else { return result }
        guard text[position] == 0x2e else { return nil }
        var unit = 100
        for index in (position + 1)..<text.count {
            guard ASCII.isDigit(text[index]) else { return nil }
            result += unit * Int(text[index] - 0x30)
            unit /= 10
        }
        return result
    }
}
