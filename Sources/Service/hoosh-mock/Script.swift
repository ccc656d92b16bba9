/// One thing a connection does while it answers.
struct Step {
    enum Act: UInt8 {
        /// Writes `count` bytes from `offset`, `repeats` times, each in a write of its own.
        case send
        /// Waits for `nanoseconds`.
        case pause
        /// Lets other connections have a turn.
        case turn
        /// Stays silent until the peer goes or `nanoseconds` have passed, then closes.
        case stall
        /// Ends our direction; for TLS with the closing alert.
        case finish
        /// Ends our direction; for TLS without a word.
        case cut
        /// Sends a reset.
        case reset
        /// Has answered in full and waits for the next request.
        case keep
    }

    var act: Act
    var offset = 0
    var count = 0
    var repeats = 1
    /// Events that are out when this was written once.
    var events = 0
    /// Where in the bytes the time of sending goes, 19 digits; below 0 for none.
    var stamp = -1
    /// True when each write waits for the gap of the script.
    var isPaced = false
    var nanoseconds: Int64 = 0
}

/// A whole answer, head and faults included: bytes, and what to do with them.
final class Script {
    let bytes: [UInt8]
    let steps: [Step]
    let gapNanoseconds: Int64
    /// The time between single bytes; nil when they go out together.
    let splitNanoseconds: Int64?
    /// The faults whose doing it is when this ends broken; empty for an answer that is sound.
    let fault: String
    /// The usage that a whole answer tells, and under which name it is added up.
    var usage: Usage?
    var account = ""

    init(bytes: [UInt8], steps: [Step], gapNanoseconds: Int64, splitNanoseconds: Int64?, fault: String) {
        self.bytes = bytes
        self.steps = steps
        self.gapNanoseconds = gapNanoseconds
        self.splitNanoseconds = splitNanoseconds
        self.fault = fault
    }
}

/// The body of an answer before it is framed: bytes, in pieces that are written together.
struct Payload {
    struct Piece {
        var offset: Int
        var count: Int
        var repeats = 1
        var events = 0
        var stamp = -1
        var isPaced = false
        /// True for what comes after the last content event.
        var isTail = false
        /// True for what goes out in the same write as what is before it.
        var joins = false
    }

    var text = ByteText()
    var pieces: [Piece] = []
    /// What `error-event` sends; empty for OpenAI's.
    var errorEvent: [UInt8] = []
    /// What it says that it took; nil when it says nothing of that.
    var usage: Usage?

    var totalBytes: Int { pieces.reduce(0) { $0 + $1.count * $1.repeats } }

    /// Takes what was added to `text` since `start` as one piece.
    mutating func close(
        from start: Int,
        repeats: Int = 1,
        events: Int,
        stamp: Int = -1,
        isPaced: Bool = true,
        isTail: Bool = false,
        joins: Bool = false
    ) {
        guard text.count > start, repeats > 0 else { return }
        pieces.append(
            Piece(
                offset: start,
                count: text.count - start,
                repeats: repeats,
                events: events,
                stamp: stamp,
                isPaced: isPaced,
                isTail: isTail,
                joins: joins
            )
        )
    }

    /// Puts `count` neighbours each into one piece.
    mutating func coalesce(_ count: Int) {
        guard count > 1 else { return }
        var merged: [Piece] = []
        var held = 0
        for piece in pieces {
            if piece.repeats == 1, held > 0, held < count, let last = merged.last,
                last.offset + last.count == piece.offset
            {
                merged[merged.count - 1].count += piece.count
                merged[merged.count - 1].events += piece.events
                held += 1
            } else {
                merged.append(piece)
                held = piece.repeats == 1 ? 1 : 0
            }
        }
        pieces = merged
    }

    /// Cuts the whole into pieces of `size` bytes, wherever that falls.
    mutating func rechunk(_ size: Int) {
        var flat = ByteText()
        flat.reserve(totalBytes)
        var ends: [(offset: Int, events: Int)] = []
        for piece in pieces {
            for _ in 0..<piece.repeats {
                text.bytes.withUnsafeBytes { flat.add(raw: part($0, piece.offset..<piece.offset + piece.count)) }
                ends.append((flat.count, piece.events))
            }
        }
        var cut: [Piece] = []
        var next = 0
        var offset = 0
        while offset < flat.count {
            var piece = Piece(offset: offset, count: min(size, flat.count - offset), isPaced: true)
            offset += piece.count
            while next < ends.count, ends[next].offset <= offset {
                piece.events += ends[next].events
                next += 1
            }
            cut.append(piece)
        }
        text = flat
        pieces = cut
    }
}
