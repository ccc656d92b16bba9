import Bytes
import Conversation

/// What a step of a stream adds to.
enum StreamPiece: Equatable {
    case text, thinking, signature, redacted
    case call(Int)
}

/// Pieces that wait until the call before them is whole; those of one call stand together.
struct HeldPieces: Sendable {
    struct Piece: Sendable {
        let kind: StreamPiece
        /// Of a call; spelled.
        var id: [UInt8] = []
        var name: [UInt8] = []
        /// Spelled; of a call its arguments.
        var text: [UInt8] = []
    }

    private var pieces: [Piece] = []
    private var bytes = 0
    private(set) var overflow: StaticString?

    var isEmpty: Bool { pieces.isEmpty }

    func holds(call index: Int) -> Bool { pieces.contains { $0.kind == .call(index) } }

    /// Holds a call that begins.
    mutating func begin(call index: Int, _ id: DeltaText, _ name: DeltaText, _ event: Span<UInt8>) {
        guard hasRoom(for: Int(id.range.count) + Int(name.range.count)) else { return }
        pieces.append(Piece(kind: .call(index), id: id.spelling(in: event), name: name.spelling(in: event)))
    }

    /// Holds a text: behind the last of its kind, or in the call it belongs to.
    mutating func append(_ kind: StreamPiece, _ text: DeltaText, _ event: Span<UInt8>) {
        guard hasRoom(for: Int(text.range.count)) else { return }
        let isCall = if case .call = kind { true } else { false }
        let last = pieces.count - 1
        let place = isCall ? pieces.lastIndex { $0.kind == kind } : last >= 0 && pieces[last].kind == kind ? last : nil
        guard let place, kind != .redacted, kind != .signature else {
            pieces.append(Piece(kind: kind, text: text.spelling(in: event)))
            return
        }
        pieces[place].text += text.spelling(in: event)
    }

    private mutating func hasRoom(for count: Int) -> Bool {
        bytes += count
        if bytes > GatheredCalls.limitBytes { overflow = GatheredCalls.tooManyBytes }
        if pieces.count >= GatheredCalls.limitCalls { overflow = GatheredCalls.tooManyCalls }
        return overflow == nil
    }

    /// Gives out all, in the order they began, and forgets them.
    mutating func release() -> [Piece] {
        defer {
            pieces = []
            bytes = 0
        }
        return pieces
    }

    /// Takes back what cannot be written yet either.
    mutating func restore(_ rest: ArraySlice<Piece>) {
        pieces = Array(rest)
        bytes = rest.reduce(0) { $0 + $1.id.count + $1.name.count + $1.text.count }
    }
}

/// Whether the arguments of a call, which come in pieces of text, are a whole object by now.
struct ArgumentsProgress: Sendable {
    private(set) var isComplete = false
    private var depth = 0
    private var isInText = false
    private var isEscapedInText = false
    /// Of the spelling, which has escapes of its own: 0 for none, 1 behind a `\`, then the digits of `\u` to come.
    private var escape = 0
    private var code: UInt32 = 0

    /// Takes a piece as it is spelled between quotes; one that is a value itself is whole.
    mutating func take(_ text: DeltaText, _ event: Span<UInt8>) {
        guard text.isSpelled else {
            isComplete = true
            return
        }
        for offset in text.range.range { take(spelled: event[offset]) }
    }

    private mutating func take(spelled byte: UInt8) {
        switch escape {
        case 0: if byte == 0x5c { escape = 1 } else { take(plain: byte) }
        case 1:
            escape = byte == 0x75 ? 5 : 0
            code = 0
            switch byte {
            case 0x75: break
            case 0x22, 0x2f, 0x5c: take(plain: byte)
            default: take(plain: 0x20)
            }
        default:
            code = code << 4 | UInt32(ASCII.hexValue(byte) ?? 0)
            escape -= 1
            guard escape == 1 else { return }
            escape = 0
            take(plain: code < 0x80 ? UInt8(code) : 0x78)
        }
    }

    private mutating func take(plain byte: UInt8) {
        if isInText {
            if isEscapedInText {
                isEscapedInText = false
            } else if byte == 0x5c {
                isEscapedInText = true
            } else if byte == 0x22 {
                isInText = false
            }
            return
        }
        switch byte {
        case 0x22: isInText = true
        case 0x7b, 0x5b: depth += 1
        case 0x7d, 0x5d:
            depth -= 1
            if depth <= 0 { isComplete = true }
        default: break
        }
    }
}
