import Conversation
import Dialect
import HTTP
import JSON
import Loop
import Relay
import Testing
import Translation
import WireCases

/// Streams that their budget ends, at the pump: between two events, the last of which is paid for.
@Suite struct PumpCutTests {
    private func cut() -> StreamCut {
        StreamCut(
            requestID: "1",
            model: JSONString(plain: Array("m".utf8)),
            created: 1,
            usage: TokenUsage(),
            wantsUsage: false,
            code: "budget_exceeded",
            pool: "team",
            message: "enough"
        )
    }

    /// Pays for so many tokens and no more, a few at a time.
    private func budget(of tokens: Int, format: ChatFormat = .chat) -> StreamBudget {
        weak var made: StreamBudget?
        let budget = StreamBudget(paidTokens: 0, paidPromptTokens: 0, format: format) { tally, isExact in
            for more in isExact ? [tally.outputTokens] : [tally.outputTokens + 16, tally.outputTokens]
            where more <= tokens {
                made?.paidTokens = more
                return nil
            }
            return self.cut()
        }
        made = budget
        return budget
    }

    private func pump(
        _ framing: BodyFraming,
        _ mode: SpliceMode,
        unwraps: Bool = false,
        drops: Bool = false
    ) -> Pump {
        Pump(
            framing: framing,
            isEventStream: true,
            mode: mode,
            unwrapsChunks: unwraps,
            meter: UsageMeter(.chat, isStream: true),
            dropsUsage: drops
        )
    }

    @Test(arguments: 0..<360)
    func `the client sees the whole events that are paid for, then the end`(seed: Int) throws {
        var dice = Dice(seed: UInt64(seed))
        let kind = seed % 6
        let stream = CutStream(&dice, framing: [0, 0, 1, 2, 0, 0][kind], hasLarge: dice.isLucky(3))
        let mode: SpliceMode = [.always, .auto, .never][dice.roll(3)]
        let pump = pump(stream.framing, mode, unwraps: kind == 4, drops: kind == 5)
        let paid = dice.roll(stream.end(of: stream.events.count).tokens * 5 / 4)
        let budget = budget(of: paid)
        pump.pay(with: budget)
        let workshop = CutWorkshop(pump)
        var outcome = PumpOutcome.waiting
        for piece in stream.pieces where outcome == .waiting { outcome = workshop.move(piece) }
        if outcome == .waiting { outcome = workshop.end() }
        workshop.finish()
        var payload = workshop.received
        let hasChunks = stream.framing == .chunked && kind != 4
        if hasChunks {
            let plain = CutWorkshop.payload(ofChunks: payload)
            payload = try #require(plain, "\(String(decoding: payload, as: UTF8.self))")
        }
        if outcome == .ended {
            let isWhole = payload == stream.payload
            #expect(isWhole)
            // What is left when all is paid for but the end of what was large.
            #expect(stream.end(of: stream.events.count).tokens <= paid || stream.texts.contains { $0 > 3_800 })
            return
        }
        let word = Array("data: {\"x_hoosh\":".utf8)
        let text = String(decoding: payload, as: UTF8.self)
        // Of a known length nothing can be said that does not fit.
        if kind != 3 || outcome != .uncuttable {
            #expect(outcome == .cut)
            #expect(text.contains("\"finish_reason\":\"length\""))
            #expect(text.hasSuffix("\n\n") && text.contains("data: [DONE]\n\n"))
        }
        if kind == 3, outcome == .cut { #expect(payload.count == stream.payload.count) }
        let own = payload.indices.first { payload[$0...].starts(with: word) } ?? payload.count
        let count = try #require(
            (0...stream.events.count).first { stream.end(of: $0).bytes == own },
            "\(own) of \(text.suffix(600))"
        )
        let isSame = payload[..<own] == stream.payload[..<own]
        #expect(isSame)
        // One that is too large to be held back may be half out when it turns out not to be paid for.
        let isLarge = count > 0 && stream.texts[count - 1] > 3_800
        #expect(stream.end(of: isLarge ? count - 1 : count).tokens <= paid, "\(count) events")
        let isMore = count < stream.events.count && stream.end(of: count + 1).tokens > paid
        let comments = stream.texts[count...].prefix { $0 == 0 }.count
        let isLater = count + comments < stream.events.count && stream.end(of: count + comments + 1).tokens > paid
        #expect(isMore || isLater || isLarge, "\(count) events of \(stream.events.count) for \(paid)")
        #expect(pump.tally.outputTokens == stream.end(of: count).tokens)
    }

    @Test(arguments: [SpliceMode.always, .never])
    func `an event that is half out and does not end leaves nothing to say`(mode: SpliceMode) {
        let pump = pump(.untilClose, mode)
        pump.pay(with: budget(of: 10))
        let workshop = CutWorkshop(pump)
        var outcome = workshop.move(Array("data: {\"choices\":[{\"delta\":{\"content\":\"".utf8)[...])
        let part = [UInt8](repeating: 0x78, count: 5_000)
        for _ in 0..<400 where outcome == .waiting { outcome = workshop.move(part[...]) }
        #expect(outcome == .uncuttable)
        // The client got its beginning, and not much more than the limit.
        #expect(workshop.received.count < StreamBudget.lateBytesLimit + 200_000)
        #expect(!String(decoding: workshop.received, as: UTF8.self).contains("x_hoosh"))
    }

    @Test(arguments: [SpliceMode.always, .auto, .never])
    func `an error is an event of its own even when half of a large event is out`(mode: SpliceMode) {
        let pump = pump(.untilClose, mode)
        let workshop = CutWorkshop(pump)
        let half = Array("data: {\"choices\":[{\"delta\":{\"content\":\"".utf8) + [UInt8](repeating: 0x78, count: 6_000)
        #expect(workshop.move(half[...]) == .waiting)
        #expect(workshop.move([UInt8](repeating: 0x79, count: 100)[...]) == .waiting)
        let error = Array("data: {\"error\":{}}\n\n".utf8)
        #expect(pump.endBroken(with: ChatFault(kind: .server, status: 0, message: "gone"), as: error))
        workshop.finish()
        #expect(String(decoding: workshop.received, as: UTF8.self).hasSuffix("\n\ndata: {\"error\":{}}\n\n"))
    }

    @Test(arguments: 0..<60)
    func `lines are cut between lines`(seed: Int) throws {
        var dice = Dice(seed: UInt64(seed))
        var lines: [String] = []
        var texts: [Int] = []
        for _ in 0..<40 {
            let text = 1 + dice.roll(60)
            texts.append(text)
            lines.append(
                "{\"message\":{\"role\":\"assistant\",\"content\":\"\(String(repeating: "x", count: text))\"}}\n"
            )
        }
        let paid = dice.roll(texts.reduce(0, +) / 4)
        let pump = Pump(
            framing: .untilClose,
            isEventStream: false,
            mode: [.always, .auto, .never][seed % 3],
            unwrapsChunks: false,
            meter: UsageMeter(.ollama, isStream: true)
        )
        pump.pay(with: budget(of: paid, format: .ollama))
        let workshop = CutWorkshop(pump)
        let bytes = Array(lines.joined().utf8)
        var (outcome, start) = (PumpOutcome.waiting, 0)
        for place in dice.cuts(bytes.count) where outcome == .waiting && place > start {
            outcome = workshop.move(bytes[start..<place])
            start = place
        }
        #expect(outcome == .cut)
        let got = String(decoding: workshop.received, as: UTF8.self).split(separator: "\n").map { $0 + "\n" }
        let own = try #require(got.last)
        #expect(own.contains("\"x_hoosh\"") && own.contains("\"done\":true"))
        let count = got.count - 1
        #expect(got.dropLast().map(String.init) == Array(lines[..<count]))
        #expect((texts[..<count].reduce(0, +) + 3) / 4 <= paid)
        #expect((texts[...count].reduce(0, +) + 3) / 4 > paid)
    }
}
