import Bytes
import Dialect
import EventStream
import HTTP

extension Pump {
    /// From this much known payload on, a plain body is spliced unseen.
    static let blindBytes = 16 * 1024

    /// The last place where the client may be left standing, should nothing more come.
    struct Whole {
        /// Bytes up to there.
        var window = 0
        var walker: BodyWalker
        var scanner: EventScanner
    }

    /// Walks bytes that were looked at and will all be taken; answers how many to take.
    ///
    /// Sets `held` to what of them (and of those before) is not whole yet. The first `known` bytes are a partial size
    /// line that was taken before.
    ///
    /// - Throws: what is wrong with the framing.
    func look(at bytes: UnsafeMutableRawBufferPointer, known: Int) throws(HTTPFault) -> Int {
        let start = walker
        if held == 0 { noteWhole(scanner) }
        var whole = Whole(walker: walker, scanner: scanner)
        let position = try walk(bytes, &whole)
        if budget != nil, 0 < whole.window, whole.window < position {
            // What is held will perhaps never go out, so its texts may not count then.
            account(for: bytes, upTo: whole.window, from: start, seen: whole.scanner)
            noteWhole(whole.scanner)
            account(for: bytes, upTo: position, from: whole.walker, at: whole.window, seen: scanner)
        } else {
            account(for: bytes, upTo: position, from: start, seen: scanner)
        }
        if fault != nil || hasEnded {
            held = 0
            partialLine = []
            isInside = false
            return position - known
        }
        if position < bytes.count {
            partialLine = Array(UnsafeRawBufferPointer(rebasing: bytes[position...]))
        } else if !partialLine.isEmpty {
            partialLine = []
        }
        let tail = whole.window == 0 ? held + bytes.count - known : bytes.count - whole.window
        if !keepsWhole || scanner.isAtBoundary || tail > Pump.wholeEventBytes {
            whole = Whole(window: position, walker: walker, scanner: scanner)
        }
        if whole.window > 0 {
            held = bytes.count - whole.window
            wholeWalker = whole.walker
            isInside = keepsWhole && !whole.scanner.isAtBoundary
            if whole.window == position { noteWhole(scanner) }
        } else {
            held += bytes.count - known
        }
        return bytes.count - known
    }

    /// Walks bytes that were taken and will be written from memory; answers how many are whole and may be written.
    ///
    /// The state stays where the window ends; the rest is to be shown again.
    ///
    /// - Throws: what is wrong with the framing.
    func step(over bytes: UnsafeMutableRawBufferPointer) throws(HTTPFault) -> Int {
        let start = walker
        var whole = Whole(walker: walker, scanner: scanner)
        var position = try walk(bytes, &whole)
        let isLate = position - whole.window > Pump.wholeEventBytes
        if keepsWhole, !hasEnded, !scanner.isAtBoundary, !isLate {
            (walker, scanner) = (whole.walker, whole.scanner)
            position = whole.window
        }
        wholeWalker = walker
        isInside = keepsWhole && !hasEnded && !scanner.isAtBoundary
        account(for: bytes, upTo: position, from: start, seen: scanner)
        return position
    }

    /// Walks as far as the bytes are understood.
    ///
    /// A fault behind whole events is kept in `fault`, and the walk ends where they end: they still go out.
    private func walk(_ bytes: UnsafeMutableRawBufferPointer, _ whole: inout Whole) throws(HTTPFault) -> Int {
        let span = bytes.bindMemory(to: UInt8.self).span
        var position = 0
        while true {
            let next: BodyWalker.Step
            do { next = try walker.next(span, at: &position) } catch {
                (walker, scanner) = (whole.walker, whole.scanner)
                guard whole.window > 0 else { throw error }
                fault = error
                return whole.window
            }
            switch next {
            case .payload(let range):
                if keepsWhole { scan(span, range, &whole) }
            case .more: return position
            case .end:
                hasEnded = true
                hasExtra = position < bytes.count
                return position
            }
        }
    }

    /// Moves the payload within the window to the front, for a client that gets no chunks; answers how much that is.
    ///
    /// Nothing behind the window is touched: what is not whole yet will be walked again.
    func unwrap(_ bytes: UnsafeMutableRawBufferPointer, upTo window: Int, from start: BodyWalker) -> Int {
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
        _ whole: inout Whole
    ) {
        let before = scanner
        guard let boundary = scanner.scan(span.extracting(range)) else { return }
        if boundary == range.count {
            whole = Whole(window: range.upperBound, walker: walker, scanner: scanner)
            return
        }
        // The segment ends inside an event: walk up to the boundary only, for the state to come back to.
        var scannerThere = before
        _ = scannerThere.scan(span.extracting(range.lowerBound..<(range.lowerBound + boundary)))
        var walkerThere = walker
        walkerThere.stepBack(range.count - boundary)
        whole = Whole(window: range.lowerBound + boundary, walker: walkerThere, scanner: scannerThere)
    }

    private func move(_ bytes: UnsafeMutableRawBufferPointer, _ range: Range<Int>, to offset: Int) {
        guard offset != range.lowerBound, let base = bytes.baseAddress else { return }
        (base + offset).copyMemory(from: base + range.lowerBound, byteCount: range.count)
    }

    /// Moves the framing past payload that goes by unseen.
    func skip(_ count: Int) {
        walker.skipPayload(count)
        meter?.skip()
        if walker.isEnded { hasEnded = true }
    }

    /// Shows the meter the payload of what was walked: it is taken, and will not be shown again.
    ///
    /// * `seen`: the events up to its end.
    private func account(
        for bytes: UnsafeMutableRawBufferPointer,
        upTo end: Int,
        from start: BodyWalker,
        at first: Int = 0,
        seen: EventScanner
    ) {
        guard var meter, end > first else { return }
        // Two owners would copy what it carries.
        self.meter = nil
        let span = UnsafeMutableRawBufferPointer(rebasing: bytes[..<end]).bindMemory(to: UInt8.self).span
        var walker = start
        var position = first
        while case .payload(let range) = try? walker.next(span, at: &position) {
            meter.take(span.extracting(range), isLast: walker.isEnded)
        }
        if hasEnded { meter.finish() }
        if seen.sawDone || seen.sawError { meter.end(isWhole: !seen.sawError) }
        note(meter)
    }

    /// Remembers what had gone by where the client may be left standing.
    private func noteWhole(_ scanner: EventScanner) {
        guard let budget else { return }
        budget.wholeTally = tally
        budget.wholeBlock = meter?.openBlock
        budget.wholeSaid = said(meter, scanner)
    }

    /// The connection's end is the body's: a last line needs no end.
    func finishMeter() {
        guard var meter else { return }
        self.meter = nil
        meter.finish()
        note(meter)
    }

    private func note(_ meter: UsageMeter) {
        tally = meter.tally
        self.meter = meter
    }
}
