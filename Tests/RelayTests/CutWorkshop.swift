import Conversation
import Dialect
import Glibc
import HTTP
import JSON
import Loop
import Relay
import Testing
import Translation
import WireCases

/// One pump between two pairs of sockets, and what its client got.
final class CutWorkshop {
    let pump: Pump
    let loop = EventLoop()
    private let upstream: Socket
    private let client: Socket
    private let provider: Int32
    private let reader: Int32
    private(set) var received: [UInt8] = []
    private var room = [UInt8](repeating: 0, count: 65_536)

    init(_ pump: Pump) {
        self.pump = pump
        let (first, second) = (CutWorkshop.pair(), CutWorkshop.pair())
        upstream = Socket(Descriptor(adopting: first.0), loop: loop)
        provider = first.1
        client = Socket(Descriptor(adopting: second.0), loop: loop)
        reader = second.1
    }

    deinit {
        close(provider)
        close(reader)
    }

    private static func pair() -> (Int32, Int32) {
        var ends: [Int32] = [0, 0]
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        #expect(socketpair(AF_UNIX, kind, 0, &ends) == 0)
        return (ends[0], ends[1])
    }

    /// Sends a piece as the provider and lets the pump move it; answers what that came to.
    func move(_ piece: ArraySlice<UInt8>) -> PumpOutcome {
        var start = piece.startIndex
        while start < piece.endIndex {
            let end = min(start + 32_768, piece.endIndex)
            let sent = piece[start..<end].withUnsafeBytes { send(provider, $0.baseAddress, $0.count, 0) }
            #expect(sent == end - start)
            start = end
            let outcome = run()
            guard outcome == .waiting else { return outcome }
        }
        return .waiting
    }

    /// The provider closes its connection.
    func end() -> PumpOutcome {
        shutdown(provider, Int32(SHUT_WR))
        return run()
    }

    private func run() -> PumpOutcome {
        upstream.mayRead = true
        var outcome = PumpOutcome.yield
        for _ in 0..<2_000 {
            client.mayWrite = true
            outcome = pump.run(from: upstream, to: client, loop: loop)
            drain()
            if outcome == .yield { continue }
            if outcome == .waiting, !client.mayWrite || pump.isHolding || upstream.mayRead { continue }
            break
        }
        if outcome == .cut { finish() }
        return outcome
    }

    /// Delivers what the pump still keeps.
    func finish() {
        for _ in 0..<1_000 {
            client.mayWrite = true
            if pump.finishHolding(to: client, loop: loop) == .ended { break }
            drain()
        }
        drain()
    }

    private func drain() {
        while true {
            let count = room.withUnsafeMutableBytes { recv(reader, $0.baseAddress, $0.count, 0) }
            guard count > 0 else { return }
            received += room[..<count]
        }
    }

    /// The body without chunks; nil when those are not whole.
    static func payload(ofChunks bytes: [UInt8]) -> [UInt8]? {
        var (payload, rest) = ([UInt8](), bytes[...])
        while true {
            guard let line = rest.firstIndex(of: 0x0a) else { return nil }
            let digits = rest[rest.startIndex..<line].dropLast().prefix { $0 != 0x3b }
            guard let size = Int(String(decoding: digits, as: UTF8.self), radix: 16) else { return nil }
            rest = rest[(line + 1)...]
            guard rest.count >= size + 2 else { return nil }
            payload += rest.prefix(size)
            rest = rest.dropFirst(size + 2)
            if size == 0 { return rest.isEmpty ? payload : nil }
        }
    }
}

/// What a provider streams, and how.
struct CutStream {
    var events: [[UInt8]] = []
    var texts: [Int] = []
    let framing: BodyFraming
    var pieces: [ArraySlice<UInt8>] = []

    var payload: [UInt8] { Array(events.joined()) }

    /// * `framing`: 0 chunks, 1 until the end of the connection, 2 of known length.
    init(_ dice: inout Dice, framing: Int, hasLarge: Bool) {
        for number in 0..<(20 + dice.roll(40)) {
            let isLarge = hasLarge && dice.isLucky(8)
            let text = dice.isLucky(9) ? 0 : isLarge ? 3_900 + dice.roll(6_000) : 1 + dice.roll(80)
            let end = ["\n", "\r\n", "\r"][dice.isLucky(3) ? dice.roll(3) : 0]
            let line =
                text == 0
                ? ": ping \(number)"
                : "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\(String(repeating: "x", count: text))\"}}]}"
            // A line of its own ends with LF for the meter to see it.
            events.append(Array((text == 0 ? line + "\n" : line + (end == "\r" ? "\n" : end) + end).utf8))
            texts.append(text)
        }
        let payload = Array(events.joined())
        var bytes = payload
        switch framing {
        case 0:
            self.framing = .chunked
            bytes = []
            var start = 0
            for cut in dice.cuts(payload.count) where cut > start {
                bytes += Array("\(String(cut - start, radix: 16))\(dice.isLucky(5) ? ";a=b" : "")\r\n".utf8)
                bytes += payload[start..<cut] + [0x0d, 0x0a]
                start = cut
            }
            bytes += Array("0\r\n\r\n".utf8)
        case 1: self.framing = .untilClose
        default: self.framing = .length(payload.count)
        }
        var start = 0
        var places = dice.cuts(bytes.count)
        if dice.isLucky(2) { places = Array(stride(from: 37, to: bytes.count, by: 37)) + [bytes.count] }
        for place in places where place > start {
            pieces.append(bytes[start..<place])
            start = place
        }
    }

    /// Where the first `count` events end, and the tokens of their texts.
    func end(of count: Int) -> (bytes: Int, tokens: Int) {
        (events[..<count].reduce(0) { $0 + $1.count }, (texts[..<count].reduce(0, +) + 3) / 4)
    }
}
