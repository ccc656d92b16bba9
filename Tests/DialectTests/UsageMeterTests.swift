import Bytes
import Conversation
import Dialect
import Foundation
import Testing

@Suite struct UsageMeterTests {
    /// The meter after this text in pieces of `size` bytes.
    private func meter(_ format: ChatFormat?, _ text: String, isStream: Bool = true, size: Int = 1 << 20) -> UsageMeter
    {
        var meter = UsageMeter(format, isStream: isStream)
        let bytes = Array(text.utf8)
        var start = 0
        while start < bytes.count {
            let end = min(bytes.count, start + size)
            let piece = Array(bytes[start..<end])
            meter.take(piece.span, isLast: end == bytes.count)
            start = end
        }
        meter.finish()
        return meter
    }

    private func data(_ events: String...) -> String { events.map { "data: \($0)\n\n" }.joined() }

    private static let chat = """
        data: {"id":"1","choices":[{"index":0,"delta":{"role":"assistant","content":"Hé\\n"}}],"usage":null}

        data: {"id":"1","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"call_1","function":{"name":"f","arguments":"{\\"a\\":1}"}}]}}],"usage":null}

        data: {"id":"1","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":null}

        data: {"id":"1","choices":[],"usage":{"prompt_tokens":9,"completion_tokens":0,"total_tokens":9,"prompt_tokens_details":{"cached_tokens":4},"completion_tokens_details":{"reasoning_tokens":0}}}

        data: [DONE]


        """

    @Test(arguments: [1, 2, 3, 5, 8, 13, 64, 1_000]) func `OpenAI's last event counts, zero too`(size: Int) {
        let meter = meter(.chat, Self.chat, size: size)
        #expect(meter.usage?.input == 9 && meter.usage?.output == 0 && meter.usage?.cachedInput == 4)
        #expect(meter.usage?.reasoning == 0 && meter.countsOutput)
        // Four bytes of text with an escape resolved, and seven of arguments.
        #expect(meter.tally.textBytes == 4 + 7)
    }

    /// Sixty events of twenty bytes, and a usage object in some of them; the stream is not at its end.
    private func told(_ format: ChatFormat, usage: (Int) -> String?) -> String {
        let events = (0..<60).map { number in
            let text = #""text":"word word word word ""#
            let usage = usage(number)
            switch format {
            case .gemini:
                let said = usage.map { #","usageMetadata":\#($0)"# } ?? ""
                return #"{"candidates":[{"content":{"parts":[{\#(text)}]}}]\#(said)}"#
            case .responses where number == 0:
                return #"{"type":"response.created","response":{"id":"r","usage":\#(usage ?? "null")}}"#
            case .responses: return #"{"type":"response.output_text.delta","delta":"word word word word "}"#
            case .ollama:
                let said = usage.map { ",\($0.dropFirst().dropLast())" } ?? ""
                return #"{"message":{"role":"assistant","content":"word word word word "},"done":false\#(said)}"#
            default:
                return #"{"choices":[{"delta":{"content":"word word word word "}}],"usage":\#(usage ?? "null")}"#
            }
        }
        return events.map { format == .ollama ? "\($0)\n" : "data: \($0)\n\n" }.joined()
    }

    @Test(arguments: [1, 64, 100_000]) func `what comes behind an early count is counted as well`(size: Int) {
        let cases: [(ChatFormat, Int, (Int) -> String?)] = [
            (.gemini, 300, { _ in #"{"promptTokenCount":5,"candidatesTokenCount":0,"totalTokenCount":5}"# }),
            (.gemini, 300, { _ in #"{"promptTokenCount":5,"thoughtsTokenCount":20,"totalTokenCount":25}"# }),
            (.gemini, 296, { $0 == 0 ? #"{"candidatesTokenCount":1,"totalTokenCount":6}"# : nil }),
            (.chat, 296, { $0 == 0 ? #"{"prompt_tokens":5,"completion_tokens":1}"# : nil }),
            (.chat, 300, { _ in #"{"prompt_tokens":5,"completion_tokens":0,"total_tokens":5}"# }),
            (.responses, 295, { _ in #"{"input_tokens":5,"output_tokens":0,"total_tokens":5}"# }),
            (.ollama, 300, { _ in #"{"prompt_eval_count":5,"eval_count":1}"# }),
            // Who counts along is believed.
            (.gemini, 240, { #"{"candidatesTokenCount":\#(4 * ($0 + 1)),"totalTokenCount":9}"# }),
            (.chat, 180, { #"{"prompt_tokens":5,"completion_tokens":\#(3 * ($0 + 1)),"total_tokens":9}"# }),
        ]
        for (number, (format, tokens, usage)) in cases.enumerated() {
            let meter = meter(format, told(format, usage: usage), size: size)
            #expect(abs(meter.tally.outputTokens - tokens) <= 5, "\(number): \(meter.tally.outputTokens)")
            #expect(!meter.hasEnded, "\(number)")
        }
    }

    @Test func `a count behind all text is the last word of a stream that ended, and of no other`() {
        func tokens(_ text: String, ends: Bool) -> Int {
            var meter = meter(.chat, text, size: 100)
            if ends { meter.end() }
            return meter.tally.outputTokens
        }
        let zeros = told(.chat) { _ in #"{"prompt_tokens":5,"completion_tokens":0}"# }
        #expect(tokens(zeros, ends: true) == 0)
        #expect(tokens(zeros, ends: false) == 300)
        let first = told(.chat) { $0 == 0 ? #"{"prompt_tokens":5,"completion_tokens":1}"# : nil }
        #expect(tokens(first, ends: true) == 296)
    }

    @Test(arguments: [1, 7, 1_000]) func `Anthropic's counts go on from what was said before`(size: Int) {
        let text = data(
            #"{"type":"message_start","message":{"id":"m","content":[],"usage":{"input_tokens":3,"cache_read_input_tokens":10,"cache_creation_input_tokens":20,"output_tokens":1}}}"#,
            #"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"abcde"}}"#
        )
        let begun = meter(.messages, text, size: size)
        #expect(begun.usage?.input == 33 && begun.usage?.output == 1 && !begun.countsOutput)
        #expect(begun.tally.textBytes == 5)
        let whole = meter(
            .messages,
            text
                + data(
                    #"{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":12}}"#,
                    #"{"type":"message_stop"}"#,
                    #"{"type":"message_delta","delta":{},"usage":{"output_tokens":99}}"#
                ),
            size: size
        )
        #expect(whole.usage?.input == 33 && whole.usage?.output == 12 && whole.countsOutput && whole.hasEnded)
        #expect(whole.usage?.cachedInput == 10 && whole.usage?.cacheWrite == 20)
    }

    @Test(arguments: [1, 3, 17, 1_000]) func `the open block is known where it is watched`(size: Int) {
        func open(_ events: String...) -> Int? {
            var meter = UsageMeter(.messages, isStream: true)
            meter.watchesEnd = true
            let bytes = Array(events.map { "event: x\ndata: \($0)\n\n" }.joined().utf8)
            for start in stride(from: 0, to: bytes.count, by: size) {
                let piece = Array(bytes[start..<min(bytes.count, start + size)])
                meter.take(piece.span)
            }
            #expect(meter.isBetweenLines)
            return meter.openBlock
        }
        let start = #"{"type":"content_block_start","index":12,"content_block":{"type":"text","text":""}}"#
        let delta = #"{"type":"content_block_delta","index":12,"delta":{"type":"text_delta","text":"\"index\":5"}}"#
        let stop = #"{"type":"content_block_stop","index":12}"#
        #expect(open(#"{"type":"message_start","message":{"usage":{"input_tokens":3}}}"#) == nil)
        #expect(open(start) == 12)
        #expect(open(start, delta) == 12)
        #expect(open(start, delta, stop) == nil)
        #expect(open(start, stop, #"{"type":"content_block_start","index":13,"content_block":{}}"#, "{}") == 13)
    }

    @Test(arguments: ["completed", "incomplete", "failed"]) func `each end of a response counts`(end: String) {
        for size in [1, 9, 5_000] {
            let meter = meter(
                .responses,
                data(
                    #"{"type":"response.created","response":{"id":"r","usage":null}}"#,
                    #"{"type":"response.output_text.delta","delta":"word"}"#,
                    #"{"type":"response.\#(end)","response":{"id":"r","output":[],"usage":{"input_tokens":5,"input_tokens_details":{"cached_tokens":2},"output_tokens":7,"output_tokens_details":{"reasoning_tokens":3},"total_tokens":12}}}"#
                ),
                size: size
            )
            #expect(meter.usage?.input == 5 && meter.usage?.output == 7 && meter.usage?.reasoning == 3)
            #expect(meter.hasEnded && meter.tally.textBytes == 4)
        }
    }

    @Test(arguments: [1, 50, 40_000]) func `the end of a response is found however large the response is`(size: Int) {
        let words = String(repeating: "word \\\"usage\\\":{\\\"input_tokens\\\":1} ", count: 4_000)
        let meter = meter(
            .responses,
            data(
                #"{"type":"response.completed","response":{"output":[{"text":"\#(words)"}],"usage":{"input_tokens":5,"output_tokens":7},"metadata":{}}}"#
            ),
            size: size
        )
        #expect(meter.usage?.input == 5 && meter.usage?.output == 7)
    }

    @Test(arguments: [1, 33, 1_000]) func `Gemini's last event counts, thoughts added to the output`(size: Int) {
        let meter = meter(
            .gemini,
            data(
                #"{"candidates":[{"content":{"parts":[{"text":"a"}]}}],"usageMetadata":{"promptTokenCount":4,"candidatesTokenCount":1,"totalTokenCount":5}}"#,
                #"{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{"usageMetadata":{"promptTokenCount":1}}}}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":4,"toolUsePromptTokenCount":2,"candidatesTokenCount":8,"thoughtsTokenCount":5,"cachedContentTokenCount":3,"totalTokenCount":19}}"#
            ),
            size: size
        )
        #expect(meter.usage?.input == 6 && meter.usage?.output == 13 && meter.usage?.reasoning == 5)
        #expect(meter.usage?.cachedInput == 3 && meter.usage?.total == 19)
    }

    @Test(arguments: [1, 20, 1_000]) func `Ollama's last line counts`(size: Int) {
        let lines = """
            {"model":"m","message":{"role":"assistant","content":"abc","thinking":"de"},"done":false}
            {"model":"m","message":{"role":"assistant","content":"","tool_calls":[{"function":{"name":"f","arguments":{"a":1}}}]},"done":false}
            {"model":"m","message":{"role":"assistant","content":""},"done":true,"done_reason":"stop","prompt_eval_count":26,"eval_count":0}
            """
        let counted = meter(.ollama, lines, size: size)
        #expect(counted.usage?.input == 26 && counted.usage?.output == 0 && counted.countsOutput && counted.hasEnded)
        #expect(counted.tally.textBytes == 5 + 7)
        let answer = meter(
            .ollama,
            "{\"done\":true,\"eval_count\":12,\"prompt_eval_count\":3}",
            isStream: false,
            size: size
        )
        #expect(answer.usage?.input == 3 && answer.usage?.output == 12)
    }

    @Test func `what Groq counts beside its own id counts, and nothing after the end does`() {
        let groq = meter(
            .chat,
            data(
                #"{"choices":[{"delta":{},"finish_reason":"stop"}],"x_groq":{"id":"req","usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7}}}"#
            )
        )
        #expect(groq.usage?.input == 3 && groq.usage?.output == 4)
        let late = meter(.chat, "data: [DONE]\n\n" + data(#"{"choices":[],"usage":{"prompt_tokens":3}}"#))
        #expect(late.usage == nil)
        let talk = meter(.chat, data(#"{"choices":[{"delta":{"content":"\"usage\":{\"prompt_tokens\":3}"}}]}"#))
        #expect(talk.usage == nil)
        let spaced = meter(.chat, data(#"{"choices" : [ ], "usage" : { "prompt_tokens" : 3 } }"#))
        #expect(spaced.usage?.input == 3)
    }

    @Test(arguments: [1, 100, 4_000, 6_000, 1 << 20]) func `a whole answer is searched to its end`(size: Int) {
        let words = String(repeating: "word ", count: 4_000)
        let text =
            #"{"choices":[{"message":{"content":"\#(words)"}}],"usage":{"prompt_tokens":3,"completion_tokens":4}}"#
        #expect(meter(.chat, text, isStream: false, size: size).usage?.output == 4)
        #expect(meter(nil, text, isStream: false, size: size).usage?.output == 4)
    }

    @Test func `bytes that went by unseen are no part of a line`() {
        var meter = UsageMeter(.ollama, isStream: true)
        let first = Array("{\"prompt_eval_count\":1,".utf8)
        meter.take(first.span)
        meter.skip()
        let rest = Array("9,\"eval_count\":5}\n{\"done\":true,\"eval_count\":8}\n".utf8)
        meter.take(rest.span)
        #expect(meter.usage?.output == 8 && meter.usage?.input == nil)
    }
}

@Suite struct StreamUsageTests {
    private func asked(_ body: String) throws -> String? {
        let bytes = Array(body.utf8)
        let shape = try RequestShape.read(bytes.span)
        guard let edit = StreamUsage.edit(bytes.span, options: shape.streamOptions) else { return nil }
        let text = Array("\(edit.bytes)".utf8)
        return String(decoding: bytes[..<edit.place.lowerBound] + text + bytes[edit.place.upperBound...], as: UTF8.self)
    }

    @Test(
        arguments: [
            (#"{"stream":true}"#, #"{"stream":true,"stream_options":{"include_usage":true}}"#),
            (#"{"stream":true } "#, #"{"stream":true ,"stream_options":{"include_usage":true}} "#),
            (#"{"stream_options":null,"stream":true}"#, #"{"stream_options":{"include_usage":true},"stream":true}"#),
            (#"{"stream_options":{},"stream":true}"#, #"{"stream_options":{"include_usage":true},"stream":true}"#),
            (
                #"{"stream_options": { "include_obfuscation":false},"stream":true}"#,
                #"{"stream_options": {"include_usage":true, "include_obfuscation":false},"stream":true}"#
            ),
            (
                #"{"stream_options":{"x":1,"include_usage" : false},"stream":true}"#,
                #"{"stream_options":{"x":1,"include_usage" : true},"stream":true}"#
            ), (#"{"stream_options":{"include_usage":true},"stream":true}"#, nil), (#"{"stream_options":[]}"#, nil),
        ] as [(String, String?)]
    ) func `one member is added and nothing else changes`(body: String, wanted: String?) throws {
        #expect(try asked(body) == wanted)
    }

    @Test func `two of them are seen`() throws {
        let bytes = Array(#"{"stream_options":{},"stream_\u006fptions":{"include_usage":true}}"#.utf8)
        #expect(try RequestShape.read(bytes.span).repeatsStreamOptions)
    }

    @Test func `events with nothing but usage are left out, and nothing else`() {
        let usage = #"data: {"choices":[],"usage":{"prompt_tokens":1}}"# + "\r\n\r\n"
        let text = #"data: {"choices":[{"delta":{"content":"x"}}],"usage":{"prompt_tokens":1}}"# + "\n\n"
        let carriages = #"data: {"choices":[],"usage":{"prompt_tokens":1}}"# + "\r\r"
        let filter = #"data: {"choices":[],"prompt_filter_results":[],"usage":null}"# + "\n\n"
        for (events, left) in [
            (text + usage + "data: [DONE]\n\n", text + "data: [DONE]\n\n"), (usage, ""), (carriages + text, text),
            (filter + text, filter + text),
            (": ping\n\n" + usage + text, ": ping\n\n" + text), (String(usage.dropLast(2)), ""),
        ] {
            let kept = StreamUsage.withoutBareEvents(Array(events.utf8))
            #expect(String(decoding: kept, as: UTF8.self) == left)
        }
    }
}
