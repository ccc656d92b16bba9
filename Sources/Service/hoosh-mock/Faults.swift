/// What may go wrong on purpose; each name is a value of `x-mock-fault`.
struct Faults: OptionSet {
    let rawValue: UInt64

    /// A name, what it does, and whether the answer ends broken by it.
    struct Entry {
        let name: String
        let fault: Faults
        let explanation: String
    }

    static let slowHead = Faults(rawValue: 1 << 0)
    static let lateFirstEvent = Faults(rawValue: 1 << 1)
    static let stall = Faults(rawValue: 1 << 2)
    static let cut = Faults(rawValue: 1 << 3)
    static let reset = Faults(rawValue: 1 << 4)
    static let closeBeforeHead = Faults(rawValue: 1 << 5)
    static let status = Faults(rawValue: 1 << 6)
    static let badChunk = Faults(rawValue: 1 << 7)
    static let extra = Faults(rawValue: 1 << 8)
    static let split = Faults(rawValue: 1 << 9)
    static let comments = Faults(rawValue: 1 << 10)
    static let crlf = Faults(rawValue: 1 << 11)
    static let noSpace = Faults(rawValue: 1 << 12)
    static let hugeEvent = Faults(rawValue: 1 << 13)
    static let hugeHead = Faults(rawValue: 1 << 14)
    static let badHead = Faults(rawValue: 1 << 15)
    static let doubleLength = Faults(rawValue: 1 << 16)
    static let lengthAndChunked = Faults(rawValue: 1 << 17)
    static let shortBody = Faults(rawValue: 1 << 18)
    static let noDone = Faults(rawValue: 1 << 19)
    static let errorEvent = Faults(rawValue: 1 << 20)
    static let closeWhileIdle = Faults(rawValue: 1 << 21)
    static let interim = Faults(rawValue: 1 << 22)
    static let noContent = Faults(rawValue: 1 << 23)
    static let http10 = Faults(rawValue: 1 << 24)
    static let trailers = Faults(rawValue: 1 << 25)
    static let chunkExtensions = Faults(rawValue: 1 << 26)

    /// Every name there is, in the order of `--help`.
    static let all: [Entry] = [
        Entry(name: "slow-head", fault: .slowHead, explanation: "the head comes x-mock-delay-ms late (default 1000)"),
        Entry(
            name: "late-first-event",
            fault: .lateFirstEvent,
            explanation: "the head at once, the body x-mock-delay-ms later (default 1000)"
        ),
        Entry(
            name: "stall",
            fault: .stall,
            explanation: "after x-mock-after events silent, until the peer closes or 60 s have passed"
        ),
        Entry(
            name: "cut",
            fault: .cut,
            explanation: "after x-mock-after events half of the next event, then FIN"
        ),
        Entry(
            name: "reset",
            fault: .reset,
            explanation: "after x-mock-after events RST; with 0 or without it before the head"
        ),
        Entry(name: "close-before-head", fault: .closeBeforeHead, explanation: "FIN instead of an answer"),
        Entry(
            name: "status",
            fault: .status,
            explanation: "an OpenAI error with x-mock-status (default 500) and x-mock-retry-after"
        ),
        Entry(
            name: "bad-chunk",
            fault: .badChunk,
            explanation: "after x-mock-after events a chunk whose size line is x-mock-chunk-line (default zz)"
        ),
        Entry(name: "extra", fault: .extra, explanation: "a second, fake response right after the end of the body"),
        Entry(
            name: "split",
            fault: .split,
            explanation: "every byte in a write of its own, x-mock-split-us apart (default 50)"
        ),
        Entry(name: "comments", fault: .comments, explanation: "a `: keepalive` comment after every event"),
        Entry(name: "crlf", fault: .crlf, explanation: "event lines end with CRLF"),
        Entry(name: "no-space", fault: .noSpace, explanation: "`data:{...}` without the space"),
        Entry(
            name: "huge-event",
            fault: .hugeEvent,
            explanation: "one event of x-mock-event-bytes (default 1 MiB)"
        ),
        Entry(
            name: "huge-head",
            fault: .hugeHead,
            explanation: "x-mock-head-bytes (default 1 MiB) of response headers"
        ),
        Entry(name: "bad-head", fault: .badHead, explanation: "a status line that is none: HTTP/1.1 2OO Fine"),
        Entry(name: "double-length", fault: .doubleLength, explanation: "two Content-Length headers that differ"),
        Entry(
            name: "length-and-chunked",
            fault: .lengthAndChunked,
            explanation: "Content-Length and Transfer-Encoding: chunked"
        ),
        Entry(
            name: "short-body",
            fault: .shortBody,
            explanation: "Content-Length says 100 bytes more than come before the FIN"
        ),
        Entry(name: "no-done", fault: .noDone, explanation: "the stream ends in order but without [DONE]"),
        Entry(
            name: "error-event",
            fault: .errorEvent,
            explanation: "after x-mock-after events data: {\"error\":...}, then a clean end without [DONE]"
        ),
        Entry(
            name: "close-while-idle",
            fault: .closeWhileIdle,
            explanation: "a whole keep-alive answer, then FIN after x-mock-idle-close-ms (default 0)"
        ),
        Entry(name: "interim", fault: .interim, explanation: "100 and 103 before the final head"),
        Entry(name: "no-content", fault: .noContent, explanation: "204 without a body"),
        Entry(name: "http10", fault: .http10, explanation: "an HTTP/1.0 answer that ends with the connection"),
        Entry(name: "trailers", fault: .trailers, explanation: "a chunked body with two trailer fields"),
        Entry(
            name: "chunk-extensions",
            fault: .chunkExtensions,
            explanation: "chunk sizes with leading zeros, capital digits and an extension"
        ),
    ]
}
