import HTTP

/// What a server makes of a client's bytes: the finder, the head and the walker one after the other, as they are used.
enum Reading: Equatable {
    case accepted(head: Int, payload: [UInt8], end: Int)
    case refused(Int)
    case incomplete

    /// The status as the table of cases tells it: 200 for a whole request, nil for one that is not complete.
    var status: Int? {
        switch self {
        case .accepted: 200
        case .refused(let status): status
        case .incomplete: nil
        }
    }

    /// Reads bytes that arrive up to each of `cuts` in turn.
    static func request(_ bytes: [UInt8], cuts: [Int]) -> Reading {
        var finder = HeadFinder(.request)
        let head = RequestHead()
        var length = 0
        var body = BodyReading(.none, at: 0)
        do throws(HTTPFault) {
            for cut in cuts {
                let arrived = bytes.span.extracting(..<cut)
                if length == 0 {
                    switch finder.advance(arrived) {
                    case .incomplete: continue
                    case .refused(let fault): throw fault
                    case .complete(let found): length = found
                    }
                    try head.parse(arrived, length: length)
                    body = BodyReading(head.framing, at: length)
                }
                if try body.advance(arrived) {
                    return .accepted(head: length, payload: body.payload, end: body.position)
                }
            }
        } catch { return .refused(error.status) }
        return .incomplete
    }
}

/// One body read by `BodyWalker` from bytes that become more.
struct BodyReading {
    private(set) var walker: BodyWalker
    private(set) var position: Int
    private(set) var payload: [UInt8] = []

    init(_ framing: BodyFraming, at position: Int) {
        walker = BodyWalker(framing)
        self.position = position
    }

    /// Walks what has arrived; true when the body has ended.
    mutating func advance(_ bytes: Span<UInt8>) throws(HTTPFault) -> Bool {
        while true {
            switch try walker.next(bytes, at: &position) {
            case .payload(let range): for index in range { payload.append(bytes[index]) }
            case .more: return false
            case .end: return true
            }
        }
    }
}

/// The characters of a text as one byte each, U+0000 to U+00FF.
func latin(_ text: String) -> [UInt8] { text.unicodeScalars.map { UInt8($0.value) } }
