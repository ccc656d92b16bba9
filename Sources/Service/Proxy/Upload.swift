import Arrival
import Bytes
import HTTP
import Loop

/// The rest of an upload on its way from the client's socket to the upstream's.
///
/// Nothing but what the upstream did not take is held, and while something is held the client is not read. Loop only.
struct Upload {
    private var walker: BodyWalker
    private let isChunked: Bool
    private var left: Int
    private var held: [UInt8] = []
    private var heldStart = 0
    private let loop: EventLoop
    /// Bytes beyond the gathered part were taken from the client: the request cannot be repeated.
    private(set) var hasMoved = false
    /// All of it was taken from the client and given to the upstream.
    private(set) var isComplete = false
    private var hasReadAll = false
    /// Bytes came behind the upload in the same read; they were dropped, so the client's connection must end.
    private(set) var hasExcess = false

    /// What follows the last byte; nil when the upload goes on as the client frames it.
    private var ending: [UInt8]?

    /// The client's connection stands at the end of this request.
    var mayKeepClient: Bool { isComplete && !hasExcess }

    enum Outcome {
        case waiting, complete, yield
        case clientFailed
        case upstreamFailed
        case malformed(HTTPFault)
    }

    /// `bytes`: the request's, as gathered.
    init(_ reader: RequestReader, _ bytes: UnsafeMutableRawBufferPointer, loop: EventLoop) {
        walker = reader.uploadWalker
        partial = Array(UnsafeRawBufferPointer(rebasing: bytes[reader.unwalked]))
        self.loop = loop
        if case .length(let count) = reader.head.framing {
            isChunked = false
            left = count - reader.bodyBytes
        } else {
            isChunked = true
            left = 0
        }
    }

    /// Begins a try.
    ///
    /// - Parameter ending: set when what was gathered has been sent in another form: then chunks are made anew, and this
    ///   follows the last byte.
    mutating func goesOn(ending: [UInt8]?) { self.ending = ending }

    /// Bytes as one chunk.
    static func chunk(_ payload: some Collection<UInt8>) -> [UInt8] {
        payload.isEmpty ? [] : Array("\(String(payload.count, radix: 16))\r\n".utf8) + payload + [0x0d, 0x0a]
    }

    /// An upload's beginning without the chunks around it; the reader has checked them.
    static func payload(of chunks: Span<UInt8>) -> [UInt8] {
        var payload: [UInt8] = []
        var walker = BodyWalker(.chunked)
        var position = 0
        while case .payload(let range)? = try? walker.next(chunks, at: &position) {
            for index in range { payload.append(chunks[index]) }
        }
        return payload
    }

    /// What stands around the payload of chunks besides their sizes: extensions and trailers (RFC 9112 §7.1).
    ///
    /// It travels on with them; empty where there is none.
    static func frame(of chunks: Span<UInt8>) -> [UInt8] {
        var frame: [UInt8] = []
        var walker = BodyWalker(.chunked)
        var position = 0
        var end = 0
        while case .payload(let range)? = try? walker.next(chunks, at: &position) {
            for index in end..<range.lowerBound { frame.append(chunks[index]) }
            end = range.upperBound
        }
        for index in end..<chunks.count { frame.append(chunks[index]) }
        let isPlain = frame.allSatisfy { $0 == 0x0d || $0 == 0x0a || ASCII.hexValue($0) != nil }
        return isPlain ? [] : frame
    }

    /// Moves what can be moved.
    mutating func run(from client: Socket, to upstream: Socket) -> Outcome {
        for _ in 0..<16 {
            if let stop = flush(to: upstream) { return stop }
            if hasReadAll {
                isComplete = true
                return .complete
            }
            guard client.mayRead, upstream.mayWrite else { return .waiting }
            let limit = isChunked ? loop.scratch.count : min(left, loop.scratch.count)
            let room = UnsafeMutableRawBufferPointer(rebasing: loop.scratch[..<limit])
            let couldBeMore = !isChunked
            switch client.receive(into: room) {
            case .moved(let count):
                // The read was bounded by the upload's end, so a full one says nothing about what is behind it.
                if couldBeMore, count == limit { client.mayRead = true }
                hasMoved = true
                if let outcome = pass(UnsafeMutableRawBufferPointer(rebasing: room[..<count]), to: upstream) {
                    return outcome
                }
            case .wouldBlock: return .waiting
            case .ended, .failed: return .clientFailed
            }
        }
        return .yield
    }

    private mutating func pass(_ arrived: UnsafeMutableRawBufferPointer, to upstream: Socket) -> Outcome? {
        var bytes = arrived
        if isChunked {
            var payload: [UInt8] = []
            do { payload = try check(bytes) } catch { return .malformed(error) }
            // Of what stands behind the last chunk nothing may reach the upstream: it is another request.
            let excess = hasReadAll ? partial.count : 0
            hasExcess = excess > 0
            if let ending {
                var chunks = Upload.chunk(payload)
                if hasReadAll { chunks += Upload.chunk(ending) + Array("0\r\n\r\n".utf8) }
                return chunks.withUnsafeBytes { give($0, to: upstream) }
            }
            bytes = UnsafeMutableRawBufferPointer(rebasing: arrived[..<(arrived.count - excess)])
        } else {
            left -= bytes.count
            hasReadAll = left == 0
        }
        if let failed = give(UnsafeRawBufferPointer(bytes), to: upstream) { return failed }
        if hasReadAll, !isChunked, let ending { ending.withUnsafeBytes { hold($0) } }
        return nil
    }

    /// Sends, and holds what is not taken.
    private mutating func give(_ bytes: UnsafeRawBufferPointer, to upstream: Socket) -> Outcome? {
        guard !bytes.isEmpty else { return nil }
        switch upstream.send(bytes, more: false) {
        case .moved(let count):
            if count < bytes.count { hold(UnsafeRawBufferPointer(rebasing: bytes[count...])) }
        case .wouldBlock: hold(bytes)
        case .ended, .failed: return .upstreamFailed
        }
        return nil
    }

    /// The chunks travel on as they are, once they are seen to be chunks; an incomplete size line is carried over.
    ///
    /// - Returns: what is in them, when chunks are made anew.
    private mutating func check(_ bytes: UnsafeMutableRawBufferPointer) throws(HTTPFault) -> [UInt8] {
        var payload: [UInt8] = []
        partial += Array(bytes)
        var position = 0
        var walked = walker
        defer { walker = walked }
        walking: while true {
            let step = try walked.next(partial.span, at: &position)
            switch step {
            case .payload(let range):
                if ending != nil { payload += partial[range] }
            case .more: break walking
            case .end:
                hasReadAll = true
                break walking
            }
        }
        partial.removeFirst(position)
        return payload
    }

    private var partial: [UInt8] = []

    private mutating func hold(_ bytes: UnsafeRawBufferPointer) {
        held.append(contentsOf: bytes)
    }

    private mutating func flush(to upstream: Socket) -> Outcome? {
        while heldStart < held.count {
            guard upstream.mayWrite else { return .waiting }
            let result = held.withUnsafeBytes {
                upstream.send(UnsafeRawBufferPointer(rebasing: $0[heldStart...]), more: false)
            }
            switch result {
            case .moved(let count): heldStart += count
            case .wouldBlock: return .waiting
            case .ended, .failed: return .upstreamFailed
            }
        }
        held.removeAll(keepingCapacity: true)
        heldStart = 0
        return nil
    }
}

extension Exchange {
    /// Carries the upload on; the answer is awaited once it is out, and read early when it comes early.
    func moveUpload() {
        guard phase == .uploading, let upstream else { return }
        let outcome = upload?.run(from: session, to: upstream) ?? .complete
        switch outcome {
        case .waiting: break
        case .yield: loop.again(self)
        case .complete:
            phase = .awaitingHead
            if upstream.mayRead { readAnswer() }
        case .clientFailed: session.abort()
        case .malformed(let fault):
            endTry(failed: nil)
            ledger.status = fault.status
            settle(refusing: Refusal(fault))
            session.refuse(Refusal(fault), requestID: requestID)
        case .upstreamFailed:
            readEarlyAnswer()
        }
    }
}
