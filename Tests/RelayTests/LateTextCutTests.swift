import Conversation
import Dialect
import HTTP
import JSON
import Loop
import Relay
import Testing
import Translation
import WireCases

/// Streams that go on behind what they said of their end, until the budget ends them.
@Suite struct LateTextCutTests {
    private struct Case {
        let format: ChatFormat
        /// What comes first, with four bytes of text.
        let events: [String]
        /// What is said of the end.
        let end: [String]
        /// A hundred bytes of text.
        let late: String
        /// All that is said behind what is paid for.
        let ending: [String]
    }

    private static let text = String(repeating: "word ", count: 20)

    private static func event(_ data: String, _ name: String = "") -> String {
        (name.isEmpty ? "" : "event: \(name)\n") + "data: \(data)\n\n"
    }

    private static func anthropic(_ type: String, _ rest: String = "") -> String {
        event("{\"type\":\"\(type)\"\(rest)}", type)
    }

    private static func delta(_ text: String) -> String {
        anthropic("content_block_delta", ",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"\(text)\"}")
    }

    private static func chat(_ text: String) -> String {
        event("{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\(text)\"}}]}")
    }

    private static func line(_ text: String, _ rest: String = "\"done\":false") -> String {
        "{\"message\":{\"role\":\"assistant\",\"content\":\"\(text)\"},\(rest)}\n"
    }

    private static func response(_ text: String) -> String {
        event("{\"type\":\"response.output_text.delta\",\"delta\":\"\(text)\"}", "response.output_text.delta")
    }

    private static let begun = [
        anthropic("message_start", ",\"message\":{\"content\":[],\"stop_reason\":null,\"usage\":{\"input_tokens\":5}}"),
        anthropic("content_block_start", ",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}"),
        delta("text"),
    ]

    private static func reason(_ reason: String) -> String {
        anthropic("message_delta", ",\"delta\":{\"stop_reason\":\(reason)},\"usage\":{\"output_tokens\":1}")
    }

    private static let cases = [
        Case(format: .chat, events: [chat("text")], end: [event("[DONE]")], late: chat(text), ending: []),
        // Several of these may come, and the one without a reason is not the last.
        Case(
            format: .messages,
            events: begun,
            end: [reason("null")],
            late: delta(text),
            ending: ["content_block_stop", "\"stop_reason\":\"max_tokens\"", "message_stop"]
        ),
        Case(
            format: .messages,
            events: begun,
            end: [anthropic("content_block_stop", ",\"index\":0"), reason("\"end_turn\"")],
            late: anthropic("ping") + delta(text),
            ending: ["message_stop"]
        ),
        Case(
            format: .messages,
            events: begun,
            end: [reason("\"end_turn\""), anthropic("message_stop")],
            late: delta(text),
            ending: []
        ),
        Case(format: .messages, events: begun, end: [anthropic("message_stop")], late: delta(text), ending: []),
        Case(
            format: .responses,
            events: [response("text")],
            end: [
                event(
                    "{\"type\":\"response.completed\",\"response\":{\"usage\":{\"input_tokens\":5,\"output_tokens\":1}}}"
                )
            ],
            late: response(text),
            ending: []
        ),
        Case(
            format: .responses,
            events: [response("text")],
            end: [event("{\"type\":\"response.failed\",\"response\":{\"usage\":null}}")],
            late: response(text),
            ending: []
        ),
        Case(
            format: .ollama,
            events: [line("text")],
            end: [line("", "\"done\":true,\"prompt_eval_count\":5,\"eval_count\":1")],
            late: line(text),
            ending: []
        ),
        Case(format: .ollama, events: [line("text")], end: [line("", "\"done\":true")], late: line(text), ending: []),
    ]

    /// Pays for so many tokens and no more.
    private func budget(of tokens: Int, _ format: ChatFormat) -> StreamBudget {
        weak var made: StreamBudget?
        let budget = StreamBudget(paidTokens: 0, paidPromptTokens: 100, format: format) { tally, _ in
            guard tally.outputTokens > tokens else {
                made?.paidTokens = tally.outputTokens
                return nil
            }
            return StreamCut(
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
        made = budget
        return budget
    }

    @Test(arguments: cases.indices, [SpliceMode.always, .auto, .never])
    func `what comes behind the end goes out as long as it is paid for, and then all ends`(index: Int, mode: SpliceMode)
        throws
    {
        let stream = Self.cases[index]
        for seed in 0..<40 {
            var dice = Dice(seed: UInt64(seed))
            let framing: BodyFraming = [.chunked, .untilClose][seed % 2]
            var meter = UsageMeter(stream.format, isStream: true)
            meter.watchesEnd = true
            let pump = Pump(
                framing: framing,
                isEventStream: !stream.format.streamsLines,
                mode: mode,
                unwrapsChunks: false,
                meter: meter
            )
            // One token for what comes first, and twenty-five for each that is late.
            let count = dice.roll(4)
            pump.pay(with: budget(of: 1 + 25 * count + dice.roll(25), stream.format))
            let workshop = CutWorkshop(pump)
            let events = stream.events + stream.end + Array(repeating: stream.late, count: 8)
            var bytes = Array(events.joined().utf8)
            if framing == .chunked {
                bytes = events.flatMap { Array("\(String($0.utf8.count, radix: 16))\r\n\($0)\r\n".utf8) }
            }
            // The provider says no more, and does not end its body either.
            var (outcome, start) = (PumpOutcome.waiting, 0)
            for place in dice.cuts(bytes.count) + [bytes.count] where outcome == .waiting && place > start {
                outcome = workshop.move(bytes[start..<place])
                start = place
            }
            #expect(outcome == .cut, "\(index) \(seed)")
            workshop.finish()
            let plain = framing == .chunked ? CutWorkshop.payload(ofChunks: workshop.received) : workshop.received
            let got = String(decoding: try #require(plain, "\(index) \(seed)"), as: UTF8.self)
            let pings = stream.late.hasPrefix("event: ping") ? [Self.anthropic("ping")] : []
            let paid = stream.events + stream.end + Array(repeating: stream.late, count: count) + pings
            #expect(got.hasPrefix(paid.joined()), "\(index) \(seed): \(got)")
            // A chunk that had begun is filled with line ends.
            let rest = got.dropFirst(paid.joined().count).drop(while: \.isNewline)
            #expect(rest.isEmpty == stream.ending.isEmpty, "\(index) \(seed): \(rest)")
            for piece in stream.ending { #expect(rest.contains(piece), "\(index) \(seed): \(rest)") }
            // What is late opens the block again that it belongs to.
            let opens = stream.ending == ["message_stop"] && count > 0
            #expect(rest.components(of: "event:") == stream.ending.count + (opens ? 1 : 0), "\(rest)")
            if !stream.ending.isEmpty { #expect(rest.contains("\"x_hoosh\":{\"cut\":\"budget_exceeded\"")) }
            #expect(pump.tally.outputTokens == 1 + 25 * count, "\(index) \(seed): \(pump.tally)")
        }
    }

    @Test(arguments: [SpliceMode.always, .never]) func `a body of known length is filled with nothing`(mode: SpliceMode)
    {
        for stream in [Self.cases[0], Self.cases[7]] {
            let events = stream.events + stream.end + Array(repeating: stream.late, count: 8)
            let bytes = Array(events.joined().utf8)
            var meter = UsageMeter(stream.format, isStream: true)
            meter.watchesEnd = true
            let pump = Pump(
                framing: .length(bytes.count),
                isEventStream: !stream.format.streamsLines,
                mode: mode,
                unwrapsChunks: false,
                meter: meter
            )
            pump.pay(with: budget(of: 1, stream.format))
            let workshop = CutWorkshop(pump)
            #expect(workshop.move(bytes[...]) == .cut)
            workshop.finish()
            let said = (stream.events + stream.end).joined()
            let rest = String(repeating: "\n", count: bytes.count - said.utf8.count)
            #expect(String(decoding: workshop.received, as: UTF8.self) == said + rest)
        }
    }
}

extension Substring {
    /// How often a word stands in it.
    fileprivate func components(of word: String) -> Int {
        split(separator: word, omittingEmptySubsequences: false).count - 1
    }
}
