import Bytes
import Conversation
import Dialect
import HTTP
import Loop
import Translation

/// Carries a stream that is said anew in the client's dialect.
///
/// Reads, takes the framing off, lets the translation turn events, and writes all that one read came to as one chunk. The
/// same back pressure as the pump's: while the client has not taken what is kept, nothing is read. Loop only.
package final class Translator: Carrier {
    private let stream: StreamTranslation
    private var walker: BodyWalker
    /// The client gets chunks; an HTTP/1.0 client gets bytes until the connection closes.
    private let writesChunks: Bool
    /// Fields that follow the last chunk, each with its line end.
    package var trailer: (() -> [UInt8])?
    /// A size line that has come in part.
    private var carried: [UInt8] = []
    /// That was not looked at yet.
    private var hasUnread = false
    private let room: ChunkRoom

    package init(_ stream: StreamTranslation, framing: BodyFraming, writesChunks: Bool, room: ChunkRoom) {
        self.stream = stream
        self.room = room
        self.writesChunks = writesChunks
        walker = BodyWalker(framing)
        super.init()
        if framing == .none || framing == .length(0) { bodyEnds = true }
    }

    /// The upstream's body is complete, but what follows from that is not written yet.
    private var bodyEnds = false

    package override var events: Int { stream.events }
    package override var isClean: Bool { hasEnded && carried.isEmpty }
    package override var endedWell: Bool { stream.failure == nil }
    package override var sawEnd: Bool { true }

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
        return take(body, to: client) ?? .waiting
    }

    package override func run(from upstream: Socket, to client: Socket, loop: EventLoop) -> PumpOutcome {
        var reads = 0
        while true {
            if let stop = flushKept(to: client) { return stop }
            if hasEnded { return .ended }
            if let outcome = endPaid() { return outcome }
            if bodyEnds {
                if let stop = endBody(to: client) { return stop }
                continue
            }
            guard upstream.mayRead || hasUnread, client.mayWrite, readLimit() > 0 else { return .waiting }
            reads += 1
            if reads > Pump.windowsPerTurn { return .yield }
            let offset = carried.count
            if offset > 0 { carried.withUnsafeBytes { loop.scratch.copyMemory(from: $0) } }
            let end = min(loop.scratch.count, offset + readLimit())
            let isUnread = hasUnread
            hasUnread = false
            let room = UnsafeMutableRawBufferPointer(rebasing: loop.scratch[offset..<end])
            switch isUnread ? .moved(0) : upstream.receive(into: room) {
            case .moved(let count):
                carried.removeAll(keepingCapacity: true)
                let read = UnsafeMutableRawBufferPointer(rebasing: loop.scratch[..<(offset + count)])
                if let stop = take(read, to: client) { return stop }
            case .wouldBlock: return .waiting
            case .ended:
                guard walker.payloadLeft == .max else {
                    return .broken("closed the connection before the end of the body")
                }
                bodyEnds = true
            case .failed: return .broken("reset the connection in the middle of the body")
            }
        }
    }

    /// So many bytes may be read at once.
    private func readLimit(waiting: Int = 0) -> Int {
        budget?.readable(tally, waiting: stream.heldBytes + carried.count + waiting) ?? StreamBudget.readsAll
    }

    /// Takes bytes off the wire and writes what they come to.
    private func take(_ bytes: UnsafeMutableRawBufferPointer, to client: Socket) -> PumpOutcome? {
        let span = bytes.bindMemory(to: UInt8.self).span
        var position = 0
        do {
            walking: while true {
                switch try walker.next(span, at: &position) {
                case .payload(let range):
                    do { try stream.take(span.extracting(range)) } catch {
                        guard !stream.isStopped else { break walking }
                        return fault(error, to: client)
                    }
                case .more:
                    carried = Array(UnsafeRawBufferPointer(rebasing: bytes[position...]))
                    break walking
                case .end:
                    bodyEnds = true
                    hasExtra = position < bytes.count
                    break walking
                }
            }
        } catch { return .broken(error.message.description) }
        return said(to: client)
    }

    private func count() {
        tally = stream.tally
        if stream.isComplete, stream.failure == nil { tally.end() }
    }

    /// Writes what the translation has said; an error before the first byte leaves the way open to another provider.
    private func said(to client: Socket) -> PumpOutcome? {
        count()
        if let failure = stream.failure, !hasWritten { return .reported(failure) }
        guard stream.outputCount > 0 else { return nil }
        fillChunk(endsBody: false)
        return writeChunk(to: client)
    }

    private func fault(_ fault: EventFault, to client: Socket) -> PumpOutcome {
        // What was whole before it goes out first.
        if let stop = said(to: client) { return stop }
        return .broken(fault.description)
    }

    /// The upstream is done: the dialect's own end, and the last chunk.
    private func endBody(to client: Socket) -> PumpOutcome? {
        do { try stream.end() } catch { return fault(error, to: client) }
        count()
        if let failure = stream.failure, !hasWritten { return .reported(failure) }
        fillChunk(endsBody: true)
        hasEnded = true
        if room.chunk.isEmpty { releaseHead() }
        return writeChunk(to: client)
    }

    private func writeChunk(to client: Socket) -> PumpOutcome? {
        room.chunk.withUnsafeBytes { write($0, to: client) }
    }

    /// Moves what was said to the room's chunk, framed for the client.
    private func fillChunk(endsBody: Bool) {
        room.clear()
        let count = stream.outputCount
        if writesChunks, count > 0 {
            for shift in stride(from: (63 - count.leadingZeroBitCount) / 4 * 4, through: 0, by: -4) {
                let digit = UInt8(truncatingIfNeeded: count >> shift & 15)
                room.chunk.append(digit < 10 ? 0x30 + digit : 0x57 + digit)
            }
            room.chunk += [0x0d, 0x0a]
        }
        room.chunk.reserveCapacity(room.chunk.count + count + 8)
        stream.withOutput { output in
            Scan.append(output, to: &room.chunk)
            tee?(output)
        }
        if writesChunks, count > 0 { room.chunk += [0x0d, 0x0a] }
        guard writesChunks, endsBody else { return }
        let fields = trailer?() ?? []
        room.chunk += Array("0\r\n".utf8) + fields + [0x0d, 0x0a]
    }

    package override var isEnding: Bool { bodyEnds || stream.isComplete }

    /// Lets a budget pay for what goes by, and end it; to be called before its first byte.
    package func pay(with budget: StreamBudget) {
        self.budget = budget
        stream.mayGoOn = { [unowned budget] tally in
            guard let cut = budget.refuses(tally) else { return true }
            budget.cut = cut
            return false
        }
    }

    /// Ends the stream in the client's dialect once the budget has said so.
    private func endPaid() -> PumpOutcome? {
        guard let budget, var cut = budget.cut, !hasEnded, stream.failure == nil else { return nil }
        guard stream.isStopped || !isEnding else { return nil }
        count()
        cut.usage.output = tally.outputTokens
        if let input = usage?.input { cut.usage.input = input }
        stream.cut(cut)
        fillChunk(endsBody: true)
        releaseHead()
        room.chunk.withUnsafeBytes { keep($0) }
        return .cut
    }

    /// Says the error in the client's dialect; the caller closes, so the stream never looks complete.
    package override func endBroken(with fault: ChatFault, as event: [UInt8]) -> Bool {
        guard !hasEnded else { return false }
        stream.fail(fault)
        fillChunk(endsBody: false)
        room.chunk.withUnsafeBytes { keep($0) }
        return true
    }
}

/// Where one loop's translators put the chunk they write: what the client does not take at once is kept elsewhere.
package final class ChunkRoom {
    /// Room that is not given back, bytes.
    private static let keptBytes = 64 * 1024

    fileprivate var chunk: [UInt8] = []

    package init() {}

    fileprivate func clear() {
        if chunk.capacity > ChunkRoom.keptBytes { chunk = [] } else { chunk.removeAll(keepingCapacity: true) }
    }
}
