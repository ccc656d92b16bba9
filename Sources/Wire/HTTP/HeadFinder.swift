import Bytes

/// Looks for the end of a head in bytes that come in pieces.
///
/// Remembers how far it looked, so a head that comes byte by byte costs no more than one that comes at once. Refuses
/// at sight what no later byte can mend: bare LF and CR, NUL and other control bytes, too much. So a client that speaks
/// TLS or another protocol to us learns it at once, not when its time is up.
package struct HeadFinder {
    /// What it has come to.
    package enum Answer: Equatable {
        case incomplete
        /// The head is this long, with its last empty line (and empty lines before a request).
        case complete(length: Int)
        case refused(HTTPFault)
    }

    /// Which kind of head.
    package enum Kind { case request, response }

    private let kind: Kind
    /// Bytes that need not be looked at again; 0 while nothing has come.
    package private(set) var lookedAt = 0
    private var lineStart = 0
    private var isFirstLine = true

    /// Begins before the first byte of a head.
    package init(_ kind: Kind = .request) { self.kind = kind }

    /// Looks at all bytes that have arrived, from the beginning of the head.
    package mutating func advance(_ bytes: Span<UInt8>) -> Answer {
        while true {
            let hit = Scan.control(in: bytes, from: lookedAt)
            lookedAt = hit
            // Sizes first, so that the answer does not depend on how the bytes were cut.
            if isFirstLine, hit - lineStart >= HeadLimits.startLineBytes { return tooLongLine }
            if hit >= limit - 1 { return tooLarge }
            guard hit < bytes.count else { return .incomplete }
            guard bytes[hit] == 0x0d else {
                if bytes[hit] == 0x09 {
                    lookedAt = hit + 1
                    continue
                }
                return .refused(HeadFinder.control(bytes[hit]))
            }
            let end = hit + 1
            guard end < bytes.count else { return .incomplete }
            guard bytes[end] == 0x0a else { return .refused(.malformed("a CR without LF")) }
            lookedAt = end + 1
            let isEmpty = hit == lineStart
            if isEmpty, isFirstLine {
                // A few empty lines before a request line are to be ignored (RFC 9112 §2.2).
                guard kind == .request, end < 8 else { return .refused(.malformed("empty lines before the head")) }
                lineStart = lookedAt
                continue
            }
            isFirstLine = false
            if isEmpty { return .complete(length: lookedAt) }
            lineStart = lookedAt
        }
    }

    private static func control(_ byte: UInt8) -> HTTPFault {
        byte == 0x0a ? .malformed("a line ends in LF without CR") : .malformed("a control byte in the head")
    }

    private var limit: Int { kind == .request ? HeadLimits.requestBytes : HeadLimits.responseBytes }

    private var tooLarge: Answer {
        .refused(HTTPFault(431, "headers_too_large", "the head is larger than 64 KiB"))
    }

    private var tooLongLine: Answer {
        kind == .request
            ? .refused(HTTPFault(414, "uri_too_long", "the request line is longer than 8 KiB"))
            : .refused(.malformed("the status line is longer than 8 KiB"))
    }
}
