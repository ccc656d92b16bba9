import Conversation
import Dialect
import EventStream
import HTTP
import Loop
import Translation

/// How the pump may move bytes (`listen.splice`).
package enum SpliceMode: Sendable {
    /// Every window goes through a pipe.
    case always
    /// Windows below 4 KiB that were looked at anyway are copied, larger ones spliced.
    case auto
    /// Everything is copied.
    case never

    /// Below this a copy costs less than two splices (`docs/performance.md`).
    static let crossoverBytes = 4_096
}

/// Carries one response body from the upstream to the client.
///
/// Looks at what has arrived without taking it, lets the framer and the event scanner say how much of it is whole,
/// and splices it: looking never owns a byte, forwarding never touches one. What is not whole yet waits in the pipe,
/// not in the socket, whose window it would keep shut. Where splicing is not possible (TLS, HTTP/1.0 clients, small
/// windows under `auto`) the same windows are copied. Only what the client does not take is kept, and while something
/// is kept nothing more is read. Loop only; nothing is allocated per event.
package final class Pump: Carrier {
    /// The framing as far as it was forwarded (plus `owed`).
    var walker: BodyWalker
    /// The events as far as they were forwarded; unused unless `isEventStream`.
    var scanner = EventScanner()
    var isEventStream: Bool
    /// How the body begins, where its type may not say what it is.
    var opening: Opening
    /// Each line of the body is an event of its own, and looked at as such.
    var isOfLines = false
    /// The client stands inside an event, of which the beginning went out because it was large.
    var isInside = false
    private let mode: SpliceMode
    /// An HTTP/1.0 client gets the payload without the chunks around it.
    let unwrapsChunks: Bool

    /// Bytes that were looked at and are still to be taken from the upstream.
    private(set) var owed = 0
    var pipe: Pipe?
    /// The last bytes taken, which are not whole yet and wait in the pipe.
    var held = 0
    /// The framing where the whole ends, in front of what is held.
    var wholeWalker: BodyWalker
    /// Counts what goes by; nil for an answer that costs nothing.
    var meter: UsageMeter?
    /// The provider was asked to count although the client did not ask: the event with the counts is not passed on.
    let dropsUsage: Bool
    /// The client gets chunks of ours for a body whose length the provider told.
    let chunksLength: Bool
    /// A size line that has come in part: taken, and needed once more to be read with its rest.
    var partialLine: [UInt8] = []
    /// Filled only while a broken stream is being ended.
    var takenBack: [UInt8] = []
    /// Copied in, but not whole yet: an incomplete event or chunk-size line.
    ///
    /// Copy path only.
    private var carried: [UInt8] = []
    /// That was not looked at yet.
    private var hasUnread = false
    /// What is wrong with the framing right behind the last window.
    var fault: HTTPFault?

    /// Events up to this size reach the client whole or not at all, so that a broken stream can end with an event of
    /// our own.
    ///
    /// Larger ones are forwarded as they come.
    static let wholeEventBytes = 4_096
    /// Windows one stream may move before the others have their turn.
    static let windowsPerTurn = 16

    /// Begins before the first byte of a body.
    ///
    /// * `meter`: counts what goes by; nil counts nothing.
    /// * `dropsUsage`: leaves out events that carry usage and nothing else; a body of known length goes out in chunks then.
    /// * `isStreamAsked`: the client waits for events, whatever type the body has.
    package init(
        framing: BodyFraming,
        isEventStream: Bool,
        mode: SpliceMode,
        unwrapsChunks: Bool,
        meter: UsageMeter? = nil,
        dropsUsage: Bool = false,
        isStreamAsked: Bool = false
    ) {
        walker = BodyWalker(framing)
        wholeWalker = walker
        self.isEventStream = isEventStream
        opening = Opening(isOpen: isStreamAsked, isUnlabelled: isStreamAsked && !isEventStream)
        self.meter = meter
        self.dropsUsage = dropsUsage && isEventStream
        chunksLength = self.dropsUsage && !unwrapsChunks && !walker.isChunked && walker.payloadLeft != .max
        self.mode = unwrapsChunks ? .never : mode
        self.unwrapsChunks = unwrapsChunks
        super.init()
        // It may have read the whole body already.
        if let meter { tally = meter.tally }
        hasEnded = framing == .none || framing == .length(0)
    }

    /// Events forwarded.
    package override var events: Int { scanner.events }

    package override var endedWell: Bool { !scanner.sawError }
    package override var sawEnd: Bool { scanner.sawDone }

    /// True while bytes wait here for the client.
    package override var isHolding: Bool { keepsBytes || releasable > 0 }

    /// Bytes in the pipe that may go out.
    var releasable: Int {
        guard let pipe else { return 0 }
        return min(pipe.count, max(0, pipe.count + owed - held))
    }

    /// True when nothing was read that the client did not get: then the upstream connection may be kept.
    package override var isClean: Bool { hasEnded && carried.isEmpty && owed == 0 }

    /// Begins with body bytes that were read together with the head: one write takes both.
    package override func begin(
        head: UnsafeRawBufferPointer,
        body: UnsafeMutableRawBufferPointer,
        to client: Socket
    ) -> PumpOutcome {
        hold(head)
        guard readLimit(waiting: body.count) > 0 else {
            carried = Array(body)
            hasUnread = true
            return .waiting
        }
        let start = walker
        let window: Int
        do { window = try stepPaid(over: body) } catch { return .broken(error.message.description) }
        if window < body.count, !hasEnded {
            carried = Array(UnsafeRawBufferPointer(rebasing: body[window...]))
        }
        return emit(body, upTo: window, start, to: client) ?? .waiting
    }

    package override func endBroken(with fault: ChatFault, as event: [UInt8]) -> Bool { endStream(with: event) }

    package override var isEnding: Bool { hasEnded || scanner.sawDone || meter?.hasEnded == true }

    package override var measuresText: Bool { opening.measuresText(tally, scanner) }

    /// Where the client may be left standing matters.
    var keepsWhole: Bool { isEventStream || isOfLines }

    package override func finishHolding(to client: Socket, loop: EventLoop) -> PumpOutcome {
        if let stop = flush(to: client, loop: loop) { return stop }
        abandon(loop)
        return .ended
    }

    // MARK: Turning

    /// Moves what can be moved.
    package override func run(from upstream: Socket, to client: Socket, loop: EventLoop) -> PumpOutcome {
        var windows = 0
        while true {
            if let stop = flush(to: client, loop: loop) { return stop }
            if let fault, owed == 0 {
                release(loop)
                return .broken(fault.message.description)
            }
            if hasEnded, owed == 0 {
                guard !holdsHead else {
                    releaseHead()
                    continue
                }
                release(loop)
                return .ended
            }
            if let outcome = endPaid() { return outcome }
            guard upstream.mayRead || hasUnread, client.mayWrite, owed > 0 || readLimit() > 0 else {
                release(loop)
                return .waiting
            }
            windows += 1
            if windows > Pump.windowsPerTurn {
                release(loop)
                return .yield
            }
            let outcome =
                owed > 0
                ? spliceOwed(from: upstream, loop: loop)
                : advance(from: upstream, to: client, loop: loop)
            if let outcome { return outcome }
        }
    }

    /// Writes what is held; nil when nothing is held any more.
    func flush(to client: Socket, loop: EventLoop) -> PumpOutcome? {
        // What is in the pipe follows at once: the kernel may join both in one segment.
        if let stop = flushKept(to: client, more: releasable > 0) { return stop }
        guard let pipe else { return nil }
        while releasable > 0 {
            switch pipe.empty(to: client.number, limit: releasable) {
            case .moved(let count): bytesSpliced += count
            case .wouldBlock:
                client.mayWrite = false
                return .waiting
            case .ended, .failed: return .clientGone
            }
        }
        return nil
    }

    /// Lets others have the pipe, unless bytes wait in it.
    private func release(_ loop: EventLoop) {
        if pipe?.count == 0 { abandon(loop) }
    }

    /// Gives up: whatever is in the pipe is closed with it.
    package override func abandon(_ loop: EventLoop) {
        guard let pipe = pipe.take() else { return }
        loop.pipes.giveBack(pipe)
    }

    private func spliceOwed(from upstream: Socket, loop: EventLoop) -> PumpOutcome? {
        guard let pipe = pipe ?? loop.pipes.borrow() else { return copyOwed(from: upstream, loop: loop) }
        self.pipe = pipe
        switch pipe.fill(from: upstream.number, limit: min(owed, SparePipes.sizeBytes)) {
        case .moved(let count):
            owed -= count
            return nil
        case .wouldBlock where pipe.count > 0:
            // The pipe has no place left: what was held must go out after all.
            releaseHead()
            releaseHeld()
            return nil
        case .wouldBlock:
            upstream.mayRead = false
            return nil
        case .ended: return .broken("closed the connection in the middle of the body")
        case .failed: return .broken("reset the connection in the middle of the body")
        }
    }

    /// No pipe is free: the window is copied after all.
    private func copyOwed(from upstream: Socket, loop: EventLoop) -> PumpOutcome? {
        let part = UnsafeMutableRawBufferPointer(rebasing: loop.scratch[..<min(owed, loop.scratch.count)])
        switch upstream.receive(into: part) {
        case .moved(let count):
            // The window may end before what has arrived does, so a full read says nothing: ask again.
            upstream.mayRead = true
            owed -= count
            releaseHeld()
            releaseHead()
            bytesCopied += count
            keep(UnsafeRawBufferPointer(rebasing: part[..<count]))
            return nil
        case .wouldBlock: return nil
        case .ended: return .broken("closed the connection in the middle of the body")
        case .failed: return .broken("reset the connection in the middle of the body")
        }
    }

    /// What is not whole goes out all the same.
    private func releaseHeld() {
        guard held > 0 else { return }
        held = 0
        isInside = keepsWhole && !scanner.isAtBoundary
    }

    /// Looks at or takes what is there, up to the next whole window.
    private func advance(from upstream: Socket, to client: Socket, loop: EventLoop) -> PumpOutcome? {
        if mode != .never, upstream.canSplice, carried.isEmpty {
            return lookAndSplice(from: upstream, to: client, loop: loop)
        }
        return readAndCopy(from: upstream, to: client, loop: loop)
    }

    private func lookAndSplice(from upstream: Socket, to client: Socket, loop: EventLoop) -> PumpOutcome? {
        if !keepsWhole, !opening.isOpen, walker.payloadLeft >= Pump.blindBytes, walker.payloadLeft != .max {
            // Large plain payload of known length: nothing in it needs to be seen but its end, where usage stands.
            owed = min(walker.payloadLeft - (meter == nil ? 0 : UsageMeter.tailBytes), 1 << 30)
            releaseHead()
            skip(owed)
            return nil
        }
        // Of a plain body only the framing matters: look at little, and splice the rest unseen.
        let offset = partialLine.count
        let limit = min(keepsWhole ? loop.scratch.count : Pump.blindBytes, readLimit() + offset)
        if offset > 0 { partialLine.withUnsafeBytes { loop.scratch.copyMemory(from: $0) } }
        let room = UnsafeMutableRawBufferPointer(rebasing: loop.scratch[offset..<limit])
        switch upstream.peek(into: room) {
        case .moved(let count):
            // All that had arrived was seen; the poller tells of anything newer.
            if count < room.count { upstream.mayRead = upstream.peerEnded }
            let seen = UnsafeMutableRawBufferPointer(rebasing: loop.scratch[..<(offset + count)])
            // Where it is ended, the client has to stand between two chunks of ours.
            if dropsUsage, budget != nil || !passesWhole(seen) {
                upstream.mayRead = true
                return readAndCopy(from: upstream, to: client, loop: loop)
            }
            let taken: Int
            do { taken = try lookPaid(at: seen, known: offset) } catch { return .broken(error.message.description) }
            guard taken > 0 || budget?.cut == nil else { return nil }
            return take(taken, of: UnsafeMutableRawBufferPointer(rebasing: room[..<count]), from: upstream, loop: loop)
        case .wouldBlock: return nil
        case .ended: return upstreamEnded()
        case .failed: return .broken("reset the connection in the middle of the body")
        }
    }

    /// Takes bytes that were looked at: by pipe, or copied when they are few, whole, and the mode says so.
    private func take(
        _ count: Int,
        of seen: UnsafeMutableRawBufferPointer,
        from upstream: Socket,
        loop: EventLoop
    ) -> PumpOutcome? {
        owed = count
        let couldRead = upstream.mayRead
        if releasable > 0 || held < count { releaseHead() }
        guard mode == .auto, count < SpliceMode.crossoverBytes, held == 0, pipe?.count ?? 0 == 0 else {
            if let outcome = spliceOwed(from: upstream, loop: loop) { return outcome }
            upstream.mayRead = owed > 0 || couldRead
            return nil
        }
        let part = UnsafeMutableRawBufferPointer(rebasing: seen[..<count])
        guard case .moved(let moved) = upstream.receive(into: part), moved == count else {
            return .broken("took back bytes it had sent")
        }
        upstream.mayRead = couldRead
        owed = 0
        bytesCopied += count
        keep(UnsafeRawBufferPointer(part))
        return nil
    }

    private func upstreamEnded() -> PumpOutcome? {
        guard walker.payloadLeft == .max else {
            return .broken("closed the connection before the end of the body")
        }
        // A body that ends with the connection (RFC 9112 §6.3): this is its end, unless it stands inside an event.
        let isInside = held > 0 || !carried.isEmpty || !scanner.isAtBoundary
        let mayEnd = !isInside || scanner.sawDone || opening.isUnlabelled && events == 0
        guard !isEventStream || mayEnd else {
            return .broken("closed the connection in the middle of an event")
        }
        if !carried.isEmpty {
            bytesCopied += carried.count
            carried.withUnsafeBytes { keep($0) }
            carried = []
        }
        held = 0
        hasEnded = true
        finishMeter()
        return nil
    }

    /// So many bytes may be read at once.
    private func readLimit(waiting: Int = 0) -> Int {
        budget?.readable(tally, waiting: held + carried.count + waiting) ?? StreamBudget.readsAll
    }

    private func readAndCopy(from upstream: Socket, to client: Socket, loop: EventLoop) -> PumpOutcome? {
        let offset = carried.count
        let end = min(loop.scratch.count, offset + readLimit())
        let scratch = UnsafeMutableRawBufferPointer(rebasing: loop.scratch[..<end])
        if offset > 0 { carried.withUnsafeBytes { scratch.copyMemory(from: $0) } }
        let isUnread = hasUnread
        hasUnread = false
        let rest = UnsafeMutableRawBufferPointer(rebasing: scratch[offset...])
        switch isUnread ? .moved(0) : upstream.receive(into: rest) {
        case .moved(let count):
            let all = UnsafeMutableRawBufferPointer(rebasing: scratch[..<(offset + count)])
            let start = walker
            let window: Int
            do { window = try stepPaid(over: all) } catch { return .broken(error.message.description) }
            if window < all.count, !hasEnded {
                guard all.count < loop.scratch.count || window > 0 || budget?.cut != nil else {
                    return .broken("sent a frame larger than the proxy can look at")
                }
                carried = Array(UnsafeRawBufferPointer(rebasing: all[window...]))
            } else if !carried.isEmpty {
                carried.removeAll(keepingCapacity: true)
            }
            return emit(all, upTo: window, start, to: client)
        case .wouldBlock: return nil
        case .ended: return upstreamEnded()
        case .failed: return .broken("reset the connection in the middle of the body")
        }
    }
}
