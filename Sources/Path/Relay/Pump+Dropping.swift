import Bytes
import Dialect
import EventStream
import HTTP
import Loop

// Leaving out the event with the counts that the client did not ask for.
extension Pump {
    /// The client's chunks are not always the upstream's: after each window it stands between two of them.
    var isRecoding: Bool { dropsUsage && !unwrapsChunks && (walker.isChunked || chunksLength) }

    /// Whether what was looked at may pass as it is: whole events in whole chunks, and no usage among them.
    ///
    /// A provider that writes each event as a chunk has all of its stream but the end spliced. Anything else is read, and
    /// goes out in chunks of ours: the size of a chunk must not have been told before all that is in it was seen.
    func passesWhole(_ seen: UnsafeMutableRawBufferPointer) -> Bool {
        guard !chunksLength, !walker.isChunked || walker.isBetweenChunks else { return false }
        let span = seen.bindMemory(to: UInt8.self).span
        var walker = walker
        var scanner = scanner
        var position = 0
        walking: while true {
            switch try? walker.next(span, at: &position) {
            case .payload(let range):
                _ = scanner.scan(span.extracting(range))
                guard scanner.isAtBoundary else { return false }
            case .more: break walking
            case .end: return !StreamUsage.mayHoldBareEvent(span)
            case nil: return false
            }
        }
        guard position == span.count, !walker.isChunked || walker.isBetweenChunks else { return false }
        return !StreamUsage.mayHoldBareEvent(span)
    }

    /// Writes a window of copied bytes, without the usage that the client did not ask for.
    ///
    /// `start` is the framing where the window begins.
    func emit(
        _ bytes: UnsafeMutableRawBufferPointer,
        upTo window: Int,
        _ start: BodyWalker,
        to client: Socket
    ) -> PumpOutcome? {
        let plain = UnsafeRawBufferPointer(rebasing: bytes[..<unwrap(bytes, upTo: window, from: start)])
        if tee != nil { show(plain, start) }
        guard dropsUsage else { return write(plain, to: client) }
        let whole = Array(plain)
        guard isRecoding else {
            guard StreamUsage.mayHoldBareEvent(whole.span) else { return write(plain, to: client) }
            return StreamUsage.withoutBareEvents(whole).withUnsafeBytes { write($0, to: client) }
        }
        var there = start
        var position = 0
        var payload: [UInt8] = []
        var rest = 0
        while case .payload(let range) = try? there.next(whole.span, at: &position) {
            payload += whole[range]
            rest = range.upperBound
        }
        let holds = StreamUsage.mayHoldBareEvent(payload.span)
        if !holds, start.isBetweenChunks, there.isBetweenChunks || there.isPastChunks {
            return write(plain, to: client)
        }
        var framed = Pump.chunk(holds ? StreamUsage.withoutBareEvents(payload) : payload)
        if chunksLength {
            if hasEnded { framed += Array("0\r\n\r\n".utf8) }
        } else if start.isPastChunks {
            framed += whole
        } else if there.isPastChunks {
            // The end of the chunk before is ours already; the end of the body goes out as the upstream wrote it.
            if rest > 0 || start.owesChunkEnd { rest += 2 }
            framed += whole[rest...]
        }
        return framed.withUnsafeBytes { write($0, to: client) }
    }

    /// Shows a window of copied bytes to the tee, as the client gets it but for the framing.
    private func show(_ plain: UnsafeRawBufferPointer, _ start: BodyWalker) {
        let whole = Array(plain)
        var payload: [UInt8] = []
        if unwrapsChunks {
            payload = whole
        } else {
            var there = start
            var position = 0
            while case .payload(let range) = try? there.next(whole.span, at: &position) { payload += whole[range] }
        }
        if dropsUsage, StreamUsage.mayHoldBareEvent(payload.span) { payload = StreamUsage.withoutBareEvents(payload) }
        tee?(payload.span)
    }

    /// A payload as one chunk; nothing for none, which would be the last.
    static func chunk(_ payload: [UInt8]) -> [UInt8] {
        guard !payload.isEmpty else { return [] }
        return Array(String(payload.count, radix: 16).utf8) + [0x0d, 0x0a] + payload + [0x0d, 0x0a]
    }
}
