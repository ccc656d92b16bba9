import Dialect
import HTTP
import Loop

extension Pump {
    /// Ends a broken event stream with an event of our own, so that the client's SDK raises an error.
    ///
    /// The bytes go out as payload within the framing the client was promised: the rest of an open chunk is filled
    /// first. No last chunk follows: the caller closes the connection, and the stream never looks complete. False
    /// when nothing can be said without lying about the framing; then only closing is left. With `endsBody` the stream is
    /// to look complete, and the last chunk follows; the event may then be empty, when the stream has said its own.
    func endStream(with event: [UInt8], endsBody: Bool = false) -> Bool {
        guard isEventStream || endsBody, owed == 0, !hasEnded else { return false }
        // What is held is dropped: the client stands where the whole ends. Part of a size line may not have gone out.
        guard held > 0 || partialLine.isEmpty else { return false }
        var text: [UInt8] = []
        if isInside, isEventStream { text += Array("\n\n".utf8) }
        text += event
        let walker = held > 0 ? wholeWalker : walker
        let lastChunk = endsBody ? Array("0\r\n\r\n".utf8) : []
        if endsBody, !walker.isChunked, !unwrapsChunks, !isRecoding, walker.payloadLeft != .max {
            // The length was told: what is left of it is filled, where that is not much.
            guard (text.count...Pump.fillingBytes).contains(walker.payloadLeft) else { return false }
        }
        // So is what is left of a chunk, which may be as large as a provider likes to say.
        let isHuge = walker.isChunked && !unwrapsChunks && !isRecoding && walker.payloadLeft > Pump.fillingBytes
        guard !isHuge || !endsBody else { return false }
        takeBackPipe()
        held = 0
        if isRecoding {
            // Our own chunks are whole, so the client stands between two.
            text = Pump.chunk(text) + lastChunk
            text.withUnsafeBytes { keep($0) }
            return true
        }
        if unwrapsChunks || walker.payloadLeft == .max || isHuge && text.count < walker.payloadLeft {
            text.withUnsafeBytes { keep($0) }
            return true
        }
        let rest = walker.payloadLeft
        guard walker.isChunked else {
            guard rest >= text.count else { return false }
            if endsBody { text = filled(text, rest) }
            text.withUnsafeBytes { keep($0) }
            return true
        }
        var framed: [UInt8] = []
        if rest > 0 {
            let filling = Array(filled(text, rest).prefix(rest))
            framed += filling + [0x0d, 0x0a]
            text = Array(text.dropFirst(rest))
        } else if walker.owesChunkEnd {
            framed += [0x0d, 0x0a]
        }
        framed += Pump.chunk(text) + lastChunk
        framed.withUnsafeBytes { keep($0) }
        return true
    }

    /// As much as may be filled to end a body of known length.
    private static let fillingBytes = 65_536

    /// Makes an event as long as what it shall fill: blank lines are no events, and behind a line's JSON spaces are nothing.
    private func filled(_ text: [UInt8], _ count: Int) -> [UInt8] {
        guard text.count < count else { return text }
        if isEventStream || text.isEmpty { return text + Array(repeating: 0x0a, count: count - text.count) }
        return Array(text.dropLast()) + Array(repeating: 0x20, count: count - text.count) + [0x0a]
    }

    /// Brings what is in the pipe back to memory, so that something may follow it.
    private func takeBackPipe() {
        guard let pipe, pipe.count > 0 else { return }
        let count = releasable
        pipe.drain(into: &takenBack)
        takenBack.withUnsafeBytes { keep(UnsafeRawBufferPointer(rebasing: $0[..<min(count, takenBack.count)])) }
        takenBack = []
    }
}
