import Bytes
import Dialect
import EventStream
import HTTP
import Loop

// Leaving out the event with the counts that the client did not ask for.
extension Pump {
    /// Where a window of copied bytes begins.
    struct WindowStart {
        let walker: BodyWalker
        let bareEvents: Int

        init(_ pump: Pump) {
            walker = pump.walker
            bareEvents = pump.meter?.bareEvents ?? 0
        }
    }

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
    func emit(
        _ bytes: UnsafeMutableRawBufferPointer,
        _ result: (window: Int, compacted: Int),
        _ start: WindowStart,
        to client: Socket
    ) -> PumpOutcome? {
        let plain = UnsafeRawBufferPointer(rebasing: bytes[..<result.compacted])
        guard dropsUsage else { return write(plain, to: client) }
        let hasBare = (meter?.bareEvents ?? 0) > start.bareEvents
        guard isRecoding else {
            guard hasBare else { return write(plain, to: client) }
            let kept = StreamUsage.withoutBareEvents(Array(plain))
            return kept.withUnsafeBytes { write($0, to: client) }
        }
        let isWhole = start.walker.isBetweenChunks && (walker.isBetweenChunks || walker.isPastChunks)
        if isWhole, !hasBare { return write(plain, to: client) }
        return recode(plain, start, hasBare).withUnsafeBytes { write($0, to: client) }
    }

    /// The payload of a window in one chunk of ours, and the end of the body as the upstream wrote it.
    private func recode(_ window: UnsafeRawBufferPointer, _ start: WindowStart, _ hasBare: Bool) -> [UInt8] {
        let bytes = Array(window)
        let span = bytes.span
        var there = start.walker
        var position = 0
        var payload: [UInt8] = []
        var rest = 0
        while case .payload(let range) = try? there.next(span, at: &position) {
            payload += bytes[range]
            rest = range.upperBound
        }
        var framed = Pump.chunk(hasBare ? StreamUsage.withoutBareEvents(payload) : payload)
        if chunksLength {
            if hasEnded { framed += Array("0\r\n\r\n".utf8) }
        } else if start.walker.isPastChunks {
            framed += bytes
        } else if there.isPastChunks {
            // The end of the chunk before is ours already.
            if rest > 0 || start.walker.owesChunkEnd { rest += 2 }
            framed += bytes[rest...]
        }
        return framed
    }

    /// A payload as one chunk; nothing for none, which would be the last.
    static func chunk(_ payload: [UInt8]) -> [UInt8] {
        guard !payload.isEmpty else { return [] }
        return Array(String(payload.count, radix: 16).utf8) + [0x0d, 0x0a] + payload + [0x0d, 0x0a]
    }
}
