import Bytes

/// Looks for the end of a head in bytes that come in pieces.
///
/// Remembers how far it looked, so a head that comes byte by byte costs no more than one that comes at once. Refuses
/// at sight what no later byte can mend: bare LF, too much.
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
    /// Bytes looked at so far; 0 while nothing has come.
    package private(set) var lookedAt = 0
    private var lineStart = 0
    private var isFirstLine = true

    package init(_ kind: Kind = .request) { self.kind = kind }

    /// Looks at all bytes that have arrived, from the beginning of the head.
    package mutating func advance(_ bytes: Span<UInt8>) -> Answer {
        while let end = Scan.find(0x0a, in: bytes, from: lookedAt) {
            // In the order in which bytes coming one by one would show it, so that splits do not change the answer.
            if isFirstLine, end - lineStart > HeadLimits.startLineBytes { return tooLongLine }
            if end >= limit { return tooLarge }
            lookedAt = end + 1
            guard end > lineStart, bytes[end - 1] == 0x0d else {
                return .refused(.malformed("a line ends in LF without CR"))
            }
            let isEmpty = end - 1 == lineStart
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
        lookedAt = bytes.count
        if isFirstLine, bytes.count - lineStart > HeadLimits.startLineBytes { return tooLongLine }
        if bytes.count >= limit { return tooLarge }
        return .incomplete
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
