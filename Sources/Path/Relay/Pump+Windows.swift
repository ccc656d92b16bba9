import Bytes
import Dialect
import EventStream
import HTTP

extension Pump {
    /// From this much known payload on, a plain body is spliced unseen.
    static let blindBytes = 16 * 1024

    /// Walks bytes that have arrived, and moves framing and events on to the end of the window it answers.
    ///
    /// `consuming`: the bytes were taken from the socket and will be written from memory; then `compacted`
    /// says how many stand at the front to be written (fewer than the window when chunks are unwrapped).
    /// - Throws: what is wrong with the framing.
    func step(
        over bytes: UnsafeMutableRawBufferPointer,
        consuming: Bool
    ) throws(HTTPFault) -> (window: Int, compacted: Int) {
        let span = bytes.bindMemory(to: UInt8.self).span
        let start = walker
        var position = 0
        // The last place where the client may be left standing, should nothing more come.
        var whole = (window: 0, walker: walker, scanner: scanner)
        walking: while true {
            let next: BodyWalker.Step
            do { next = try walker.next(span, at: &position) } catch {
                // The framing stays where the client stands; whole events before the fault still go out.
                (walker, scanner) = (whole.walker, whole.scanner)
                guard whole.window > 0 else { throw error }
                fault = error
                noteUsage(span, whole.window)
                return (whole.window, unwrap(bytes, upTo: whole.window, from: start))
            }
            switch next {
            case .payload(let range):
                if isEventStream { scan(span, range, &whole) }
            case .more: break walking
            case .end:
                hasEnded = true
                hasExtra = position < bytes.count
                break walking
            }
        }
        if isEventStream, !hasEnded, !scanner.isAtBoundary, position - whole.window <= Pump.wholeEventBytes {
            (walker, scanner) = (whole.walker, whole.scanner)
            position = whole.window
        }
        noteUsage(span, position)
        return (position, unwrap(bytes, upTo: position, from: start))
    }

    /// Moves the payload within the window to the front, for a client that gets no chunks; answers how much that is.
    ///
    /// Nothing behind the window is touched: what is not whole yet will be walked again.
    private func unwrap(_ bytes: UnsafeMutableRawBufferPointer, upTo window: Int, from start: BodyWalker) -> Int {
        guard unwrapsChunks else { return window }
        let span = UnsafeMutableRawBufferPointer(rebasing: bytes[..<window]).bindMemory(to: UInt8.self).span
        var walker = start
        var position = 0
        var count = 0
        while case .payload(let range) = try? walker.next(span, at: &position) {
            move(bytes, range, to: count)
            count += range.count
        }
        return count
    }

    /// Scans payload for events, and remembers the state just after the last whole one.
    private func scan(
        _ span: Span<UInt8>,
        _ range: Range<Int>,
        _ whole: inout (window: Int, walker: BodyWalker, scanner: EventScanner)
    ) {
        let before = scanner
        guard let boundary = scanner.scan(span.extracting(range)) else { return }
        if boundary == range.count {
            whole = (range.upperBound, walker, scanner)
            return
        }
        // The segment ends inside an event: walk up to the boundary only, for the state to come back to.
        var scannerThere = before
        _ = scannerThere.scan(span.extracting(range.lowerBound..<(range.lowerBound + boundary)))
        var walkerThere = walker
        walkerThere.stepBack(range.count - boundary)
        whole = (range.lowerBound + boundary, walkerThere, scannerThere)
    }

    private func move(_ bytes: UnsafeMutableRawBufferPointer, _ range: Range<Int>, to offset: Int) {
        guard offset != range.lowerBound, let base = bytes.baseAddress else { return }
        (base + offset).copyMemory(from: base + range.lowerBound, byteCount: range.count)
    }

    /// Moves the framing past payload that goes by unseen.
    func skip(_ count: Int) {
        walker.skipPayload(count)
        if walker.isEnded { hasEnded = true }
    }

    /// Looks for a usage object in what goes out; of a large window only the end, where it stands.
    private func noteUsage(_ span: Span<UInt8>, _ window: Int) {
        guard window > 0 else { return }
        let start = window > Pump.usageBytes ? window - Pump.usageBytes : 0
        let part = span.extracting(start..<window)
        guard let found = UsageShape.findMember(in: part) else { return }
        usage = found
    }

    /// How far from the end of a window a usage object is looked for.
    static let usageBytes = 4_096
}
