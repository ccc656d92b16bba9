import CLinux
import Glibc

/// The head of a request as the mock sees it: tolerant, for it is the proxy that is tested.
struct RequestHead {
    var bytes: [UInt8] = []
    var method = 0..<0
    var target = 0..<0
    var isHTTP10 = false
    var keepsAlive = true
    var contentLength = 0
    var isChunked = false
    var expectsContinue = false
    var controls = Controls()

    /// Reads a head that ends with an empty line; nil when its first line makes no sense.
    init?(_ raw: UnsafeRawBufferPointer) {
        var at = 0
        var isFirst = true
        guard let base = raw.baseAddress else { return nil }
        while at < raw.count, let found = memchr(base + at, 0x0a, raw.count - at) {
            let next = UnsafeRawPointer(found) - base + 1
            var end = next - 1
            if end > at, raw[end - 1] == 0x0d { end -= 1 }
            if isFirst {
                guard readRequestLine(raw, at..<end) else { return nil }
                isFirst = false
            } else if end > at {
                readField(part(raw, at..<end))
            }
            at = next
        }
        guard !isFirst else { return nil }
        bytes = Array(raw)
    }

    private mutating func readRequestLine(_ raw: UnsafeRawBufferPointer, _ line: Range<Int>) -> Bool {
        guard let first = raw[line].firstIndex(of: 0x20), let last = raw[line].lastIndex(of: 0x20), first < last else {
            return false
        }
        method = line.lowerBound..<first
        target = (first + 1)..<last
        isHTTP10 = isSame(part(raw, (last + 1)..<line.upperBound), "HTTP/1.0")
        keepsAlive = !isHTTP10
        return !method.isEmpty && !target.isEmpty
    }

    private mutating func readField(_ line: UnsafeRawBufferPointer) {
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return }
        let name = part(line, 0..<colon)
        var start = colon + 1
        while start < line.count, line[start] == 0x20 || line[start] == 0x09 { start += 1 }
        var end = line.count
        while end > start, line[end - 1] == 0x20 || line[end - 1] == 0x09 { end -= 1 }
        let value = part(line, start..<end)
        switch name.count {
        case 14 where isSameIgnoringCase(name, "content-length"): contentLength = max(0, Int(text(value)) ?? 0)
        case 17 where isSameIgnoringCase(name, "transfer-encoding"): isChunked = true
        case 10 where isSameIgnoringCase(name, "connection"):
            if isSameIgnoringCase(value, "close") { keepsAlive = false }
            if isSameIgnoringCase(value, "keep-alive") { keepsAlive = true }
        case 6 where isSameIgnoringCase(name, "expect"): expectsContinue = hasPrefixIgnoringCase(value, "100-")
        default:
            guard hasPrefixIgnoringCase(name, "x-mock-") else { return }
            controls.take(text(part(name, 7..<name.count)).lowercased(), text(value))
        }
    }

    /// True when the answer has no body (RFC 9110 §9.3.2).
    var isHEAD: Bool { bytes.withUnsafeBytes { isSame(part($0, method), "HEAD") } }
    var isPOST: Bool { bytes.withUnsafeBytes { isSame(part($0, method), "POST") } }
    /// Method and target as text.
    var methodText: String { bytes.withUnsafeBytes { text(part($0, method)) } }
    var targetText: String { bytes.withUnsafeBytes { text(part($0, target)) } }
    /// The model that stands in a path of Gemini's: `models/NAME:verb`.
    var geminiModel: String? {
        let path = targetText.prefix { $0 != "?" }
        guard let colon = path.lastIndex(of: ":"), let slash = path[..<colon].lastIndex(of: "/") else { return nil }
        return String(path[path.index(after: slash)..<colon])
    }
}

/// Reads requests off a connection: head, then a body of known length or in chunks (RFC 9112 §7.1).
struct RequestReader {
    enum Outcome { case needsMore, isComplete, isBroken }

    private enum Phase { case head, length(Int), chunkSize, chunk(Int), chunkEnd, trailer }

    static let headLimitBytes = 1 << 20
    static let keptBodyLimitBytes = 128 << 20

    private(set) var head: RequestHead?
    /// The body when it did not come in one go with its head.
    private(set) var body: [UInt8] = []
    /// The body when it did: a range of what was fed last.
    private(set) var wholeBody: Range<Int>?
    private(set) var bodyCount = 0
    private var phase = Phase.head

    /// True between a head that expects `100 Continue` and its body.
    var owesContinue: Bool {
        guard let head, head.expectsContinue, bodyCount == 0 else { return false }
        return true
    }

    /// Takes what it can of `view` from `at` on, moving `at`.
    mutating func feed(_ view: UnsafeRawBufferPointer, _ at: inout Int) -> Outcome {
        if case .head = phase {
            while at < view.count, view[at] == 0x0d || view[at] == 0x0a { at += 1 }
            let rest = part(view, at..<view.count)
            guard let end = RequestReader.endOfHead(rest) else {
                return rest.count > RequestReader.headLimitBytes ? .isBroken : .needsMore
            }
            guard let parsed = RequestHead(part(rest, 0..<end)) else { return .isBroken }
            at += end
            if parsed.isChunked {
                phase = .chunkSize
            } else if parsed.contentLength <= view.count - at {
                wholeBody = at..<(at + parsed.contentLength)
                bodyCount = parsed.contentLength
                at += parsed.contentLength
                head = parsed
                return .isComplete
            } else {
                phase = .length(parsed.contentLength)
                body.reserveCapacity(min(parsed.contentLength, RequestReader.keptBodyLimitBytes))
            }
            head = parsed
        }
        return feedBody(view, &at)
    }

    private mutating func feedBody(_ view: UnsafeRawBufferPointer, _ at: inout Int) -> Outcome {
        while true {
            switch phase {
            case .head: return .isBroken
            case .length(let left):
                let count = min(left, view.count - at)
                keep(part(view, at..<(at + count)))
                at += count
                phase = .length(left - count)
                return left == count ? .isComplete : .needsMore
            case .chunkSize:
                guard let line = RequestReader.line(view, &at) else { return .needsMore }
                let digits = text(line).prefix { $0.isHexDigit }
                guard let size = Int(digits, radix: 16), size >= 0 else { return .isBroken }
                phase = size == 0 ? .trailer : .chunk(size)
            case .chunk(let left):
                let count = min(left, view.count - at)
                keep(part(view, at..<(at + count)))
                at += count
                guard left == count else {
                    phase = .chunk(left - count)
                    return .needsMore
                }
                phase = .chunkEnd
            case .chunkEnd:
                guard RequestReader.line(view, &at) != nil else { return .needsMore }
                phase = .chunkSize
            case .trailer:
                guard let line = RequestReader.line(view, &at) else { return .needsMore }
                if line.isEmpty { return .isComplete }
            }
        }
    }

    private mutating func keep(_ bytes: UnsafeRawBufferPointer) {
        bodyCount += bytes.count
        if body.count < RequestReader.keptBodyLimitBytes { body.append(contentsOf: bytes) }
    }

    private static func line(_ view: UnsafeRawBufferPointer, _ at: inout Int) -> UnsafeRawBufferPointer? {
        guard let feed = view[at...].firstIndex(of: 0x0a) else { return nil }
        var end = feed
        if end > at, view[end - 1] == 0x0d { end -= 1 }
        defer { at = feed + 1 }
        return part(view, at..<end)
    }

    private static func endOfHead(_ view: UnsafeRawBufferPointer) -> Int? {
        guard let base = view.baseAddress else { return nil }
        guard let found = clinux_find(base, view.count, "\r\n\r\n", 4) else { return nil }
        return UnsafeRawPointer(found) - base + 4
    }
}
