import Dialect
import HTTP
import Loop

extension Pump {
    /// Ends a broken event stream with an event of our own, so that the client's SDK raises an error.
    ///
    /// The bytes go out as payload within the framing the client was promised: the rest of an open chunk is filled
    /// first. No last chunk follows: the caller closes the connection, and the stream never looks complete. False
    /// when nothing can be said without lying about the framing; then only closing is left.
    func endStream(with event: [UInt8]) -> Bool {
        guard isEventStream, owed == 0, !hasEnded else { return false }
        // What is held is dropped: the client stands where the whole ends. Part of a size line may not have gone out.
        guard held > 0 || partialLine.isEmpty else { return false }
        var text: [UInt8] = []
        if held == 0, !scanner.isAtBoundary { text += Array("\n\n".utf8) }
        text += event
        takeBackPipe()
        let walker = held > 0 ? wholeWalker : walker
        held = 0
        if isRecoding {
            // Our own chunks are whole, so the client stands between two.
            text = Pump.chunk(text)
            text.withUnsafeBytes { keep($0) }
            return true
        }
        if unwrapsChunks || walker.payloadLeft == .max {
            text.withUnsafeBytes { keep($0) }
            return true
        }
        let rest = walker.payloadLeft
        guard walker.isChunked else {
            guard rest >= text.count else { return false }
            text.withUnsafeBytes { keep($0) }
            return true
        }
        var framed: [UInt8] = []
        if rest > 0 {
            // Blank lines are no events: they fill what the event does not.
            let filling = Array(text.prefix(rest)) + Array(repeating: 0x0a, count: max(0, rest - text.count))
            framed += filling + [0x0d, 0x0a]
            text = Array(text.dropFirst(rest))
        } else if walker.owesChunkEnd {
            framed += [0x0d, 0x0a]
        }
        framed += Pump.chunk(text)
        framed.withUnsafeBytes { keep($0) }
        return true
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
