import Bytes
import Conversation
import Dialect
import EventStream
import HTTP
import Translation

// Ending a stream where its budget does: between two events, of which the last is paid for.
extension Pump {
    /// Everything that walking a window changes, for one that the budget does not pay for.
    private struct Mark {
        let walker: BodyWalker
        let wholeWalker: BodyWalker
        let scanner: EventScanner
        let meter: UsageMeter?
        let held: Int
        let partialLine: [UInt8]
        let isInside: Bool
        let hasExtra: Bool
        let tally: StreamTally
        let whole: (StreamTally, Int?, StreamEnd)?
    }

    private var mark: Mark {
        Mark(
            walker: walker,
            wholeWalker: wholeWalker,
            scanner: scanner,
            meter: meter,
            held: held,
            partialLine: partialLine,
            isInside: isInside,
            hasExtra: hasExtra,
            tally: tally,
            whole: budget.map { ($0.wholeTally, $0.wholeBlock, $0.wholeSaid) }
        )
    }

    private func restore(_ mark: Mark) {
        (walker, wholeWalker, scanner, meter) = (mark.walker, mark.wholeWalker, mark.scanner, mark.meter)
        (held, partialLine, isInside) = (mark.held, mark.partialLine, mark.isInside)
        (hasEnded, hasExtra, fault) = (false, mark.hasExtra, nil)
        if let budget, let whole = mark.whole { (budget.wholeTally, budget.wholeBlock, budget.wholeSaid) = whole }
        tally = mark.tally
    }

    /// As `look`, but takes no more than is paid for.
    func lookPaid(at bytes: UnsafeMutableRawBufferPointer, known: Int) throws(HTTPFault) -> Int {
        if opening.isOpen { decideOpening(by: bytes) }
        guard let budget else { return try look(at: bytes, known: known) }
        let mark = mark
        if budget.cut == nil {
            let taken = try look(at: bytes, known: known)
            guard let paid = paidBytes(of: bytes, since: mark, budget) else { return taken }
            restore(mark)
            guard paid > 0 else { return 0 }
            return try look(at: UnsafeMutableRawBufferPointer(rebasing: bytes[..<paid]), known: known)
        }
        let late = UnsafeMutableRawBufferPointer(rebasing: bytes[..<endOfEvent(in: bytes)])
        let taken = try look(at: late, known: known)
        budget.lateBytes += taken
        return taken
    }

    /// As `step`, but goes no further than is paid for.
    func stepPaid(over bytes: UnsafeMutableRawBufferPointer) throws(HTTPFault) -> Int {
        if opening.isOpen { decideOpening(by: bytes) }
        guard let budget else { return try step(over: bytes) }
        let mark = mark
        if budget.cut == nil {
            let window = try step(over: bytes)
            guard let paid = paidBytes(of: bytes, since: mark, budget) else { return window }
            restore(mark)
            guard paid > 0 else { return 0 }
            return try step(over: UnsafeMutableRawBufferPointer(rebasing: bytes[..<paid]))
        }
        let late = UnsafeMutableRawBufferPointer(rebasing: bytes[..<endOfEvent(in: bytes)])
        let window = try step(over: late)
        budget.lateBytes += window
        return window
    }

    /// Ends the stream in its dialect once the budget has said so and the client stands between two events.
    ///
    /// What the stream has said itself of its end is not said again.
    func endPaid() -> PumpOutcome? {
        guard let budget, var cut = budget.cut, owed == 0, !hasEnded, fault == nil else { return nil }
        guard !isInside else { return budget.lateBytes > StreamBudget.lateBytesLimit ? .uncuttable : nil }
        let said = held > 0 ? budget.wholeSaid : self.said(meter, scanner)
        cut.hasReason = said == .reason
        cut.openBlock = held > 0 ? budget.wholeBlock : meter?.openBlock
        if held > 0 { tally = budget.wholeTally }
        cut.sequence = events
        cut.usage.output = tally.outputTokens
        if let input = usage?.input { cut.usage.input = input }
        releaseHead()
        return endStream(with: said == .ended ? [] : cut.ending(as: budget.format), endsBody: true) ? .cut : .uncuttable
    }

    /// What a stream has said of its end; an error is one too.
    func said(_ meter: UsageMeter?, _ scanner: EventScanner) -> StreamEnd {
        if scanner.sawDone || scanner.sawError || meter?.hasEnded == true { return .ended }
        return meter?.hasReason == true ? .reason : .open
    }

    /// How much of a window that was walked is paid for, up to the end of an event; nil when all of it is.
    ///
    /// Looks at one event after the other only when there is not enough for all of them, which is once in a stream.
    private func paidBytes(
        of bytes: UnsafeMutableRawBufferPointer,
        since mark: Mark,
        _ budget: StreamBudget
    ) -> Int? {
        guard let refusal = budget.refuses(tally), var meter = mark.meter else { return nil }
        let span = bytes.bindMemory(to: UInt8.self).span
        var (walker, scanner, mustFinish) = (mark.walker, mark.scanner, mark.isInside)
        var (position, end) = (0, 0)
        var lastText = (mark.held > 0 ? mark.whole?.0 : nil)?.textBytes ?? mark.tally.textBytes
        while case .payload(let range) = try? walker.next(span, at: &position) {
            let payload = span.extracting(..<range.upperBound)
            var start = range.lowerBound
            while start < range.upperBound {
                let stop = EventScanner.endOfLine(payload, from: start) ?? range.upperBound
                let line = payload.extracting(start..<stop)
                _ = scanner.scan(line)
                meter.take(line)
                start = stop
                guard scanner.isAtBoundary else { continue }
                let tally = meter.tally
                // An end that says nothing else is not worth to be kept back: the provider has counted already.
                let isEnd =
                    said(meter, scanner) != .open && tally.textBytes == lastText && budget.format != .gemini
                if !isEnd, let cut = budget.refuses(tally, isExact: true) {
                    budget.cut = cut
                    return mustFinish ? stop : end
                }
                (end, lastText, mustFinish) = (stop, tally.textBytes, false)
            }
        }
        // What is not whole waits here, unless it is too large for that.
        guard isInside else { return nil }
        budget.cut = refusal
        return mustFinish ? nil : end
    }

    /// Where the event ends that the client stands in; the end of the window if it does not end there.
    private func endOfEvent(in bytes: UnsafeMutableRawBufferPointer) -> Int {
        let span = bytes.bindMemory(to: UInt8.self).span
        var (walker, scanner, position) = (walker, scanner, 0)
        while case .payload(let range) = try? walker.next(span, at: &position) {
            let payload = span.extracting(..<range.upperBound)
            var start = range.lowerBound
            while start < range.upperBound {
                let stop = EventScanner.endOfLine(payload, from: start) ?? range.upperBound
                _ = scanner.scan(payload.extracting(start..<stop))
                if scanner.isAtBoundary { return stop }
                start = stop
            }
        }
        return bytes.count
    }
}
