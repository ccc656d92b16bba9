import Bytes
import Conversation
import HTTP
import Loop
import Speech

/// Carries the samples of a WAV file to a client that asked for them without a head (`response_format: pcm`).
///
/// The answer's head waits until the file's has been read, since its Content-Type names the rate. Loop only.
package final class WaveStripper: Carrier {
    /// The answer's head without its type and without the empty line.
    private var head: [UInt8]
    private var walker: BodyWalker
    /// The client gets chunks; an HTTP/1.0 client gets bytes until the connection closes.
    private let writesChunks: Bool
    /// A size line that has come in part.
    private var carried: [UInt8] = []
    /// Samples on their way, or the file's head as far as it has come.
    private var samples: [UInt8] = []
    private var chunk: [UInt8] = []
    /// Samples still to come, nil before the file's head is whole; what stands behind them is no sound.
    private var left: Int?
    private var bodyEnds = false

    /// `head` is composed without a Content-Type.
    package init(head: UnsafeRawBufferPointer, framing: BodyFraming, writesChunks: Bool) {
        self.head = Array(head.dropLast(2))
        self.writesChunks = writesChunks
        walker = BodyWalker(framing)
        super.init()
        if framing == .none || framing == .length(0) { bodyEnds = true }
    }

    package override var isClean: Bool { hasEnded && carried.isEmpty }

    package override func begin(
        head: UnsafeRawBufferPointer,
        body: UnsafeMutableRawBufferPointer,
        to client: Socket
    ) -> PumpOutcome { take(body, to: client) ?? .waiting }

    package override func run(from upstream: Socket, to client: Socket, loop: EventLoop) -> PumpOutcome {
        var reads = 0
        while true {
            if let stop = flushKept(to: client) { return stop }
            if hasEnded { return .ended }
            if bodyEnds {
                if let stop = endBody(to: client) { return stop }
                continue
            }
            guard upstream.mayRead, client.mayWrite else { return .waiting }
            reads += 1
            if reads > Pump.windowsPerTurn { return .yield }
            let offset = carried.count
            if offset > 0 { carried.withUnsafeBytes { loop.scratch.copyMemory(from: $0) } }
            switch upstream.receive(into: UnsafeMutableRawBufferPointer(rebasing: loop.scratch[offset...])) {
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

    /// Takes bytes off the wire and writes the samples among them.
    private func take(_ bytes: UnsafeMutableRawBufferPointer, to client: Socket) -> PumpOutcome? {
        let span = bytes.bindMemory(to: UInt8.self).span
        var position = 0
        do {
            walking: while true {
                switch try walker.next(span, at: &position) {
                case .payload(let range):
                    samples.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[range]))
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
        if left == nil, let stop = takeFileHead() { return stop }
        guard left != nil else { return nil }
        return writeSamples(endsBody: false, to: client)
    }

    private func takeFileHead() -> PumpOutcome? {
        let read = samples
        switch WaveHead.find(read.span) {
        case .more: return nil
        case .none: return .broken("answered with what is no WAV file")
        case .found(let file):
            guard file.bits == 16 else { return .broken("answered with samples of \(file.bits) bits, not 16") }
            samples.removeFirst(file.start)
            left = file.count ?? .max
            let type = "content-type: audio/pcm;rate=\(file.rate);channels=\(file.channels)\r\n\r\n"
            head += Array(type.utf8)
            head.withUnsafeBytes { hold($0) }
            head = []
            return nil
        }
    }

    private func endBody(to client: Socket) -> PumpOutcome? {
        guard left != nil else { return .broken("ended before its WAV file had begun") }
        hasEnded = true
        let stop = writeSamples(endsBody: true, to: client)
        releaseHead()
        return stop
    }

    private func writeSamples(endsBody: Bool, to client: Socket) -> PumpOutcome? {
        let count = min(samples.count, left ?? 0)
        if left != .max { left = (left ?? 0) - count }
        chunk.removeAll(keepingCapacity: true)
        if count > 0 {
            if writesChunks { chunk += Array("\(String(count, radix: 16))\r\n".utf8) }
            chunk += samples[..<count]
            if writesChunks { chunk += [0x0d, 0x0a] }
        }
        samples.removeAll(keepingCapacity: true)
        if endsBody, writesChunks { chunk += Array("0\r\n\r\n".utf8) }
        return chunk.withUnsafeBytes { write($0, to: client) }
    }
}
