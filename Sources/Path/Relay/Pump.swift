import Dialect
import EventStream
import HTTP
import Loop

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

/// What a turn of the pump came to.
package enum PumpOutcome: Equatable {
    /// Nothing can move before the next edge of either socket.
    case waiting
    /// This stream had its share of the turn; call again later in the loop.
    case yield
    /// The body is complete and delivered.
    case ended
    /// The upstream broke off or broke the framing.
    case broken(StaticText)
    /// The client's socket failed.
    case clientGone
}

/// A fixed sentence that can be compared.
package struct StaticText: Equatable, CustomStringConvertible {
    package let text: StaticString
    package init(_ text: StaticString) { self.text = text }
    package static func == (left: StaticText, right: StaticText) -> Bool { left.description == right.description }
    package var description: String { text.description }
}

/// Carries one response body from the upstream to the client.
///
/// Looks at what has arrived without taking it, lets the framer and the event scanner say how much of it is whole,
/// and splices exactly that: looking never owns a byte, forwarding never touches one. Where splicing is not possible
/// (TLS, HTTP/1.0 clients, small windows under `auto`) the same windows are copied. Only what the client does not
/// take is kept, and while something is kept nothing more is read. Loop only; nothing is allocated per event.
package final class Pump {
    /// The framing as far as it was forwarded (plus `owed`).
    var walker: BodyWalker
    /// The events as far as they were forwarded; unused unless `isEventStream`.
    var scanner = EventScanner()
    let isEventStream: Bool
    private let mode: SpliceMode
    /// An HTTP/1.0 client gets the payload without the chunks around it.
    let unwrapsChunks: Bool

    /// Bytes of the last window that are still to be taken from the upstream.
    private(set) var owed = 0
    var pipe: Pipe?
    /// Head or copied bytes the client has not taken yet.
    private var heldHead: [UInt8] = []
    private var kept: [UInt8] = []
    private var keptStart = 0
    /// Filled only while a broken stream is being ended.
    var takenBack: [UInt8] = []
    /// Copied in, but not whole yet: an incomplete event or chunk-size line.
    ///
    /// Copy path only.
    private var carried: [UInt8] = []
    package internal(set) var hasEnded = false
    /// What is wrong with the framing right behind the last window.
    var fault: HTTPFault?

    /// Body bytes handed to the client's socket, by the way they took.
    package private(set) var bytesSpliced = 0
    package private(set) var bytesCopied = 0
    /// Events forwarded.
    package var events: Int { scanner.events }
    /// The last usage object seen.
    package internal(set) var usage: UsageShape?

    /// Events up to this size reach the client whole or not at all, so that a broken stream can end with an event of
    /// our own.
    ///
    /// Larger ones are forwarded as they come.
    static let wholeEventBytes = 4_096
    /// Windows one stream may move before the others have their turn.
    static let windowsPerTurn = 16

    package init(framing: BodyFraming, isEventStream: Bool, mode: SpliceMode, unwrapsChunks: Bool) {
        walker = BodyWalker(framing)
        self.isEventStream = isEventStream
        self.mode = unwrapsChunks ? .never : mode
        self.unwrapsChunks = unwrapsChunks
        hasEnded = framing == .none || framing == .length(0)
    }

    /// True while bytes wait here for the client.
    package var isHolding: Bool { keptStart < kept.count || (pipe?.count ?? 0) > 0 }

    /// True when nothing was read that the client did not get: then the upstream connection may be kept.
    package var isClean: Bool { hasEnded && carried.isEmpty && owed == 0 }

    /// Bytes stood behind the end of the body: the connection is then of no further use.
    package internal(set) var hasExtra = false

    // MARK: Feeding

    /// Keeps bytes for the client ahead of everything else.
    func keep(_ bytes: UnsafeRawBufferPointer) {
        guard !bytes.isEmpty else { return }
        if keptStart == kept.count {
            kept.removeAll(keepingCapacity: true)
            keptStart = 0
        }
        kept.append(contentsOf: bytes)
    }

    /// Holds the composed head back until the first body bytes are ready to follow it (`routes.md` A9).
    package func hold(_ head: UnsafeRawBufferPointer) { heldHead = Array(head) }

    /// True once anything was given to the client's socket, or waits only for it: no other answer may follow.
    package private(set) var hasWritten = false

    /// Begins with body bytes that were read together with the head: one write takes both.
    package func begin(
        head: UnsafeRawBufferPointer,
        body: UnsafeMutableRawBufferPointer,
        to client: Socket
    ) -> PumpOutcome {
        heldHead = Array(head)
        let result: (window: Int, compacted: Int)
        do { result = try step(over: body, consuming: true) } catch { return .broken(StaticText(error.message)) }
        if result.window < body.count, !hasEnded {
            carried = Array(UnsafeRawBufferPointer(rebasing: body[result.window...]))
        }
        return write(UnsafeRawBufferPointer(rebasing: body[..<result.compacted]), to: client) ?? .waiting
    }

    /// The head goes out with what follows it in the same turn.
    private func releaseHead() {
        guard !heldHead.isEmpty else { return }
        let head = heldHead
        heldHead = []
        hasWritten = true
        head.withUnsafeBytes { keep($0) }
    }

    // MARK: Turning

    /// Moves what can be moved.
    package func run(from upstream: Socket, to client: Socket, loop: EventLoop) -> PumpOutcome {
        var windows = 0
        while true {
            if let stop = flush(to: client, loop: loop) { return stop }
            if let fault, owed == 0 {
                release(loop)
                return .broken(StaticText(fault.message))
            }
            if hasEnded, owed == 0 {
                guard heldHead.isEmpty else {
                    releaseHead()
                    continue
                }
                release(loop)
                return .ended
            }
            guard upstream.mayRead, client.mayWrite else {
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
        while keptStart < kept.count {
            // What is in the pipe follows at once: the kernel may join both in one segment.
            let more = (pipe?.count ?? 0) > 0
            let result = kept.withUnsafeBytes {
                client.send(UnsafeRawBufferPointer(rebasing: $0[keptStart...]), more: more)
            }
            switch result {
            case .moved(let count): keptStart += count
            case .wouldBlock: return .waiting
            case .ended, .failed: return .clientGone
            }
        }
        if !kept.isEmpty {
            kept = []
            keptStart = 0
        }
        guard let pipe else { return nil }
        while pipe.count > 0 {
            switch pipe.empty(to: client.number) {
            case .moved(let count): bytesSpliced += count
            case .wouldBlock:
                client.mayWrite = false
                return .waiting
            case .ended, .failed: return .clientGone
            }
        }
        return nil
    }

    private func release(_ loop: EventLoop) {
        guard let pipe = pipe.take() else { return }
        loop.pipes.giveBack(pipe)
    }

    /// Gives up: whatever is in the pipe is closed with it.
    package func abandon(_ loop: EventLoop) { release(loop) }

    private func spliceOwed(from upstream: Socket, loop: EventLoop) -> PumpOutcome? {
        guard let pipe = pipe ?? loop.pipes.borrow() else { return copyOwed(from: upstream, loop: loop) }
        self.pipe = pipe
        switch pipe.fill(from: upstream.number, limit: min(owed, SparePipes.sizeBytes)) {
        case .moved(let count):
            owed -= count
            return nil
        case .wouldBlock:
            upstream.mayRead = false
            return nil
        case .ended: return .broken(StaticText("closed the connection in the middle of the body"))
        case .failed: return .broken(StaticText("reset the connection in the middle of the body"))
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
            bytesCopied += count
            keep(UnsafeRawBufferPointer(rebasing: part[..<count]))
            return nil
        case .wouldBlock: return nil
        case .ended: return .broken(StaticText("closed the connection in the middle of the body"))
        case .failed: return .broken(StaticText("reset the connection in the middle of the body"))
        }
    }

    /// Looks at or takes what is there, up to the next whole window.
    private func advance(from upstream: Socket, to client: Socket, loop: EventLoop) -> PumpOutcome? {
        if mode != .never, upstream.canSplice, carried.isEmpty { return lookAndSplice(from: upstream, loop: loop) }
        return readAndCopy(from: upstream, to: client, loop: loop)
    }

    private func lookAndSplice(from upstream: Socket, loop: EventLoop) -> PumpOutcome? {
        if !isEventStream, walker.payloadLeft >= Pump.blindBytes, walker.payloadLeft != .max {
            // Large plain payload of known length: nothing in it needs to be seen.
            owed = min(walker.payloadLeft, 1 << 30)
            releaseHead()
            skip(owed)
            return nil
        }
        // Of a plain body only the framing matters: look at little, and splice the rest unseen.
        let limit = isEventStream ? loop.scratch.count : Pump.blindBytes
        let room = UnsafeMutableRawBufferPointer(rebasing: loop.scratch[..<limit])
        switch upstream.peek(into: room) {
        case .moved(let count):
            let seen = UnsafeMutableRawBufferPointer(rebasing: room[..<count])
            let window: Int
            do { window = try step(over: seen, consuming: false).window } catch {
                return .broken(StaticText(error.message))
            }
            if count < limit {
                // All that had arrived was seen; the poller tells of anything newer.
                upstream.mayRead = upstream.peerEnded
                if window == 0, upstream.peerEnded { return lastBytes(seen, from: upstream, loop: loop) }
            } else if window == 0 {
                return .broken(StaticText("sent a frame larger than the proxy can look at"))
            }
            return take(window, of: seen, from: upstream, loop: loop)
        case .wouldBlock: return nil
        case .ended: return upstreamEnded()
        case .failed: return .broken(StaticText("reset the connection in the middle of the body"))
        }
    }

    /// The upstream has ended behind bytes that are not whole: a body that ends so takes them, another is broken.
    private func lastBytes(
        _ seen: UnsafeMutableRawBufferPointer,
        from upstream: Socket,
        loop: EventLoop
    ) -> PumpOutcome? {
        guard walker.payloadLeft == .max else {
            return .broken(StaticText("closed the connection before the end of the body"))
        }
        return take(seen.count, of: seen, from: upstream, loop: loop)
    }

    /// Forwards a window that was looked at: by pipe, or copied when it is small and the mode says so.
    private func take(
        _ window: Int,
        of seen: UnsafeMutableRawBufferPointer,
        from upstream: Socket,
        loop: EventLoop
    ) -> PumpOutcome? {
        guard window > 0 else { return nil }
        releaseHead()
        guard mode == .auto, window < SpliceMode.crossoverBytes, window <= seen.count else {
            owed = window
            let couldRead = upstream.mayRead
            if let outcome = spliceOwed(from: upstream, loop: loop) { return outcome }
            if owed > 0 { upstream.mayRead = true } else { upstream.mayRead = couldRead }
            return nil
        }
        let part = UnsafeMutableRawBufferPointer(rebasing: seen[..<window])
        let couldRead = upstream.mayRead
        guard case .moved(let count) = upstream.receive(into: part), count == window else {
            return .broken(StaticText("took back bytes it had sent"))
        }
        upstream.mayRead = couldRead
        bytesCopied += window
        keep(UnsafeRawBufferPointer(part))
        return nil
    }

    private func upstreamEnded() -> PumpOutcome? {
        guard walker.payloadLeft == .max else {
            return .broken(StaticText("closed the connection before the end of the body"))
        }
        // A body that ends with the connection (RFC 9112 §6.3): this is its end.
        if !carried.isEmpty {
            bytesCopied += carried.count
            carried.withUnsafeBytes { keep($0) }
            carried = []
        }
        hasEnded = true
        return nil
    }

    private func readAndCopy(from upstream: Socket, to client: Socket, loop: EventLoop) -> PumpOutcome? {
        let scratch = loop.scratch
        let offset = carried.count
        if offset > 0 { carried.withUnsafeBytes { scratch.copyMemory(from: $0) } }
        switch upstream.receive(into: UnsafeMutableRawBufferPointer(rebasing: scratch[offset...])) {
        case .moved(let count):
            let all = UnsafeMutableRawBufferPointer(rebasing: scratch[..<(offset + count)])
            let result: (window: Int, compacted: Int)
            do { result = try step(over: all, consuming: true) } catch {
                return .broken(StaticText(error.message))
            }
            if result.window < all.count, !hasEnded {
                guard all.count < scratch.count || result.window > 0 else {
                    return .broken(StaticText("sent a frame larger than the proxy can look at"))
                }
                carried = Array(UnsafeRawBufferPointer(rebasing: all[result.window...]))
            } else if !carried.isEmpty {
                carried.removeAll(keepingCapacity: true)
            }
            return write(UnsafeRawBufferPointer(rebasing: all[..<result.compacted]), to: client)
        case .wouldBlock: return nil
        case .ended: return upstreamEnded()
        case .failed: return .broken(StaticText("reset the connection in the middle of the body"))
        }
    }

    private func write(_ bytes: UnsafeRawBufferPointer, to client: Socket) -> PumpOutcome? {
        guard !bytes.isEmpty else { return nil }
        bytesCopied += bytes.count
        guard !heldHead.isEmpty else {
            switch client.send(bytes, more: false) {
            case .moved(let count): keep(UnsafeRawBufferPointer(rebasing: bytes[count...]))
            case .wouldBlock: keep(bytes)
            case .ended, .failed: return .clientGone
            }
            return nil
        }
        let head = heldHead
        heldHead = []
        hasWritten = true
        return head.withUnsafeBytes { first -> PumpOutcome? in
            switch client.send(first, bytes) {
            case .moved(let count):
                if count < first.count { keep(UnsafeRawBufferPointer(rebasing: first[count...])) }
                keep(UnsafeRawBufferPointer(rebasing: bytes[max(0, count - first.count)...]))
            case .wouldBlock:
                keep(first)
                keep(bytes)
            case .ended, .failed: return .clientGone
            }
            return nil
        }
    }
}
