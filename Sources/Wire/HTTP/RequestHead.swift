import Bytes

/// The head of one request, as places in the bytes it was read from.
///
/// A class that is reset and used again, so that reading a head allocates nothing once it is warm.
package final class RequestHead {
    /// What is to be done.
    package private(set) var method = Method.other
    /// The method as it was sent.
    package private(set) var methodText = TextRange.absent
    /// The whole target as it was sent.
    package private(set) var target = TextRange.absent
    /// The target's path, and its query without the question mark.
    package private(set) var path = TextRange.absent
    /// After the question mark; absent without one.
    package private(set) var query = TextRange.absent
    /// 0 or 1, of HTTP/1.x.
    package private(set) var versionMinor = 1
    /// All fields in the order they came.
    package private(set) var fields: [Field] = []
    /// How the body ends.
    package private(set) var framing = BodyFraming.none
    /// The client wants to send more requests over this connection.
    package private(set) var keepsAlive = true
    /// The client waits for 100 Continue before it sends the body (RFC 9110 §10.1.1).
    package private(set) var expectsContinue = false
    /// There is an Upgrade field.
    package private(set) var hasUpgrade = false
    /// The Connection field names fields besides its own words.
    package private(set) var namesConnectionFields = false

    /// Makes room for a usual head.
    package init() { fields.reserveCapacity(24) }

    /// Forgets the last request.
    package func reset() {
        fields.removeAll(keepingCapacity: true)
        method = .other
        methodText = .absent
        target = .absent
        path = .absent
        query = .absent
        absoluteHost = .absent
        versionMinor = 1
        framing = .none
        keepsAlive = true
        expectsContinue = false
        hasUpgrade = false
        namesConnectionFields = false
    }

    /// Reads a head whose end `HeadFinder` has found.
    ///
    /// - Throws: what makes it no acceptable HTTP/1.1 request (RFC 9112 §3 and §5, RFC 9110 §7.2).
    package func parse(_ bytes: Span<UInt8>, length: Int) throws(HTTPFault) {
        reset()
        var start = 0
        while start + 1 < length, bytes[start] == 0x0d, bytes[start + 1] == 0x0a { start += 2 }
        guard let lineEnd = Scan.find(0x0a, in: bytes, from: start) else { throw .malformed("no request line") }
        try requestLine(bytes, start, lineEnd - 1)
        let summary = try FieldReader.read(bytes, from: lineEnd + 1, to: length, into: &fields, isRequest: true)
        try judge(summary, bytes)
    }

    private func requestLine(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) throws(HTTPFault) {
        var position = start
        // Any token may name a method, but all methods there are have capitals only, and `post` is `POST` to some
        // servers and nothing to others (RFC 9110 §9.1).
        while position < end, ASCII.isToken(bytes[position]), bytes[position] &- 0x61 >= 26 { position += 1 }
        guard position > start, position - start <= 32, position < end, bytes[position] == 0x20 else {
            throw .malformed("a malformed method")
        }
        methodText = TextRange(start: Int32(start), count: Int32(position - start))
        method = RequestHead.recognise(bytes.extracting(start..<position))
        let targetStart = position + 1
        position = targetStart
        while position < end, bytes[position] > 0x20, bytes[position] < 0x7f { position += 1 }
        guard position > targetStart, position < end, bytes[position] == 0x20 else {
            throw .malformed("a request target with a byte that none may have")
        }
        target = TextRange(start: Int32(targetStart), count: Int32(position - targetStart))
        try version(bytes.extracting((position + 1)..<end))
        try splitTarget(bytes)
    }

    private func version(_ text: Span<UInt8>) throws(HTTPFault) {
        guard text.count == 8, ASCII.starts(text, with: "HTTP/"), ASCII.isDigit(text[5]), text[6] == 0x2e,
            ASCII.isDigit(text[7])
        else { throw .malformed("a malformed protocol version") }
        guard text[5] == 0x31, text[7] <= 0x31 else {
            throw HTTPFault(505, "http_version_not_supported", "this listener speaks HTTP/1.1")
        }
        versionMinor = Int(text[7] - 0x30)
    }

    private static func recognise(_ text: Span<UInt8>) -> Method {
        // Methods are case-sensitive (RFC 9110 §9.1).
        func same(_ word: StaticString) -> Bool {
            text.count == word.utf8CodeUnitCount && ASCII.starts(text, with: word)
        }
        switch text.count {
        case 3: return same("GET") ? .get : same("PUT") ? .put : .other
        case 4: return same("POST") ? .post : same("HEAD") ? .head : .other
        case 5: return same("PATCH") ? .patch : .other
        case 6: return same("DELETE") ? .delete : .other
        case 7: return same("OPTIONS") ? .options : .other
        default: return .other
        }
    }

    /// Origin form, absolute form of our schemes, or `*` for OPTIONS (RFC 9112 §3.2).
    private func splitTarget(_ bytes: Span<UInt8>) throws(HTTPFault) {
        let range = target.range
        var start = range.lowerBound
        let text = bytes.extracting(range)
        if text[0] != 0x2f {
            if text.count == 1, text[0] == 0x2a {
                guard method == .options else { throw .malformed("`*` is a target for OPTIONS only") }
                path = target
                return
            }
            let scheme = ASCII.starts(text, with: "http://") ? 7 : ASCII.starts(text, with: "https://") ? 8 : 0
            guard scheme > 0 else { throw .malformed("a request target that is neither a path nor an http URL") }
            guard let slash = Scan.find(0x2f, in: text, from: scheme), slash > scheme else {
                throw .malformed("an absolute request target without host or path")
            }
            absoluteHost = TextRange(start: Int32(start + scheme), count: Int32(slash - scheme))
            start += slash
        }
        guard Scan.find(0x23, in: text) == nil else { throw .malformed("a fragment in the request target") }
        if let mark = Scan.find(0x3f, in: bytes.extracting(..<range.upperBound), from: start) {
            path = TextRange(start: Int32(start), count: Int32(mark - start))
            query = TextRange(start: Int32(mark + 1), count: Int32(range.upperBound - mark - 1))
        } else {
            path = TextRange(start: Int32(start), count: Int32(range.upperBound - start))
        }
        guard !RequestHead.hasDotSegment(bytes.extracting(path.range)) else {
            throw .malformed("a request target with the segment `.` or `..`")
        }
    }

    private var absoluteHost = TextRange.absent

    /// True for `/./`, `/../` and their spellings with `%2e`: the upstream would take another path than the route saw
    /// (RFC 3986 §5.2.4).
    private static func hasDotSegment(_ path: Span<UInt8>) -> Bool {
        var slash = Scan.find(0x2f, in: path)
        while let start = slash {
            var position = start + 1
            var dots = 0
            while position < path.count {
                if path[position] == 0x2e {
                    position += 1
                } else if position + 2 < path.count, path[position] == 0x25, path[position + 1] == 0x32,
                    path[position + 2] | 0x20 == 0x65
                {
                    position += 3
                } else {
                    break
                }
                dots += 1
            }
            if dots == 1 || dots == 2, position == path.count || path[position] == 0x2f { return true }
            slash = Scan.find(0x2f, in: path, from: position)
        }
        return false
    }

    private func judge(_ summary: FieldReader.Summary, _ bytes: Span<UInt8>) throws(HTTPFault) {
        guard summary.hostCount <= 1 else { throw .malformed("more than one Host") }
        guard summary.hostCount == 1 || versionMinor == 0 else { throw .malformed("no Host") }
        if let field = fields.first(where: { $0.id == .host }) { try checkHost(bytes.extracting(field.value.range)) }
        if !absoluteHost.isAbsent {
            let wanted = bytes.extracting(absoluteHost.range)
            try checkHost(wanted)
            for field in fields where field.id == .host {
                guard ASCII.equalsIgnoringCase(bytes.extracting(field.value.range), wanted) else {
                    throw .malformed("Host differs from the request target")
                }
            }
        }
        if summary.hasTransferEncoding {
            guard versionMinor == 1 else { throw .malformed("Transfer-Encoding in HTTP/1.0") }
            framing = .chunked
        } else if let count = summary.contentLength {
            framing = .length(count)
        }
        keepsAlive = !summary.saysClose && (versionMinor == 1 || summary.saysKeepAlive)
        expectsContinue = summary.hasExpect && versionMinor == 1
        hasUpgrade = summary.hasUpgrade
        namesConnectionFields = summary.namesConnectionFields
    }

    /// A name or address, maybe with a port (RFC 9110 §7.2, RFC 3986 §3.2.2); no user, no path, no list, not empty.
    private func checkHost(_ host: Span<UInt8>) throws(HTTPFault) {
        var position = 0
        if !host.isEmpty, host[0] == 0x5b {
            position = 1
            while position < host.count,
                ASCII.hexValue(host[position]) != nil || host[position] == 0x3a
                    || host[position] == 0x2e
            { position += 1 }
            guard position > 1, position < host.count, host[position] == 0x5d else { throw RequestHead.badHost }
            position += 1
        } else {
            while position < host.count, RequestHead.isHostName(host[position]) { position += 1 }
            guard position > 0 else { throw RequestHead.badHost }
        }
        guard position < host.count else { return }
        guard host[position] == 0x3a, host.count - position <= 6 else { throw RequestHead.badHost }
        for index in (position + 1)..<host.count {
            guard ASCII.isDigit(host[index]) else { throw RequestHead.badHost }
        }
    }

    private static let badHost = HTTPFault.malformed("a malformed Host")

    private static func isHostName(_ byte: UInt8) -> Bool {
        ASCII.isDigit(byte) || ASCII.isLetter(byte) || byte == 0x2d || byte == 0x2e || byte == 0x5f || byte == 0x25
            || byte == 0x7e
    }

    /// The value of the first field of a name given in lower case; absent when there is none.
    package func firstValue(of name: String, in bytes: Span<UInt8>) -> TextRange {
        for field in fields where ASCII.equalsIgnoringCase(bytes.extracting(field.name.range), name) {
            return field.value
        }
        return .absent
    }

    /// True when the body is compressed or otherwise coded, so that it cannot be read here.
    package func hasContentCoding(in bytes: Span<UInt8>) -> Bool {
        fields.contains {
            $0.id == .contentEncoding && !ASCII.equalsIgnoringCase(bytes.extracting($0.value.range), "identity")
        }
    }
}
