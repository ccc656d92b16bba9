import Dialect
import Testing

/// What a stream says of its end, and what is counted of what comes behind it.
@Suite struct StreamEndTests {
    private static let text = "0123456789abcdef0123456789abcdef01234567"

    /// The meter after these events in pieces of `size` bytes.
    private func meter(_ format: ChatFormat, _ events: [String], size: Int = 1 << 20, watches: Bool = true)
        -> UsageMeter
    {
        var meter = UsageMeter(format, isStream: true)
        meter.watchesEnd = watches
        let lines = format == .ollama || format == .generate
        let bytes = Array(events.map { lines ? "\($0)\n" : "data: \($0)\n\n" }.joined().utf8)
        for start in stride(from: 0, to: bytes.count, by: size) {
            let piece = Array(bytes[start..<min(bytes.count, start + size)])
            meter.take(piece.span)
        }
        meter.finish()
        return meter
    }

    /// One event of forty bytes of text.
    private func delta(_ format: ChatFormat) -> String {
        switch format {
        case .messages:
            #"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"\#(Self.text)"}}"#
        case .responses: #"{"type":"response.output_text.delta","delta":"\#(Self.text)"}"#
        case .ollama: #"{"message":{"role":"assistant","content":"\#(Self.text)"},"done":false}"#
        case .generate: #"{"response":"\#(Self.text)","done":false}"#
        default: #"{"choices":[{"index":0,"delta":{"content":"\#(Self.text)"}}]}"#
        }
    }

    /// The events that end a stream with a count of ten.
    private func ending(_ format: ChatFormat) -> [String] {
        switch format {
        case .messages:
            [
                #"{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":10}}"#,
                #"{"type":"message_stop"}"#,
            ]
        case .responses:
            [#"{"type":"response.completed","response":{"id":"r","usage":{"input_tokens":5,"output_tokens":10}}}"#]
        case .ollama, .generate: [#"{"done":true,"prompt_eval_count":5,"eval_count":10}"#]
        default: [#"{"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":10}}"#, "[DONE]"]
        }
    }

    @Test(arguments: [ChatFormat.chat, .messages, .responses, .ollama, .generate], [1, 7, 64, 100_000])
    func `text behind the end counts beside what the provider counted, and no count does`(format: ChatFormat, size: Int)
    {
        for watches in [true, false] {
            let whole = meter(format, [delta(format)] + ending(format), size: size, watches: watches)
            #expect(whole.tally.outputTokens == 10 && whole.tally.textBytes == 40)
            #expect(whole.hasEnded == (format != .chat))
            let events = [delta(format)] + ending(format) + [delta(format), delta(format)]
            let late = meter(format, events, size: size, watches: watches)
            #expect(late.tally.outputTokens == 30 && late.tally.textBytes == 120, "\(format) \(late.tally)")
            guard format != .chat else { continue }
            let again = ending(format).map { $0.replacing(":10", with: ":1000") }
            #expect(meter(format, events + again, size: size, watches: watches).usage?.output == 10, "\(format)")
        }
    }

    @Test(arguments: [1, 7, 100_000]) func `who says that a stream of OpenAI's is over is not deaf to what follows`(
        size: Int
    ) {
        var meter = UsageMeter(.chat, isStream: true)
        let bytes = Array("data: [DONE]\n\ndata: \(delta(.chat))\n\n".utf8)
        for start in stride(from: 0, to: bytes.count, by: size) {
            let piece = Array(bytes[start..<min(bytes.count, start + size)])
            meter.take(piece.span)
            // As a pump does with every window behind `[DONE]`.
            if start + size > 12 { meter.end() }
        }
        #expect(meter.hasEnded && meter.tally.textBytes == 40)
    }

    @Test func `a text that talks about the end is none`() {
        let talk = #"{"choices":[{"delta":{"content":"data: [DONE]\n\ndata: [DONE]"}}]}"#
        let counted = meter(.chat, [talk] + ending(.chat))
        #expect(counted.usage?.output == 10)
        for (format, event) in [
            (.messages, #"{"type":"message_start","message":{"type":"message_stop","stop_reason":null}}"#),
            (.messages, #"{"type":"message_delta","delta":{"stop_reason":null},"usage":{"output_tokens":9}}"#),
            (.messages, #"{"type":"content_block_delta","delta":{"text":"\"message_stop\"","stop_reason":"x"}}"#),
            (.messages, #"{"type":"message_delta","delta":{"text":"x"},"stop_reason":"end_turn"}"#),
            (.responses, #"{"type":"response.created","response":{"metadata":{"type":"response.completed"}}}"#),
            (.responses, #"{"type":"response.output_text.done","text":"\"response.completed\""}"#),
            (.ollama, #"{"message":{"tool_calls":[{"function":{"arguments":{"done":true}}}]},"done":false}"#),
            (.chat, #"{"choices":[{"delta":{"content":"[DONE]"},"finish_reason":"stop"}]}"#),
            (.gemini, #"{"candidates":[{"finishReason":"STOP"}],"usageMetadata":{"candidatesTokenCount":1}}"#),
        ] as [(ChatFormat, String)] {
            for size in [1, 1_000] {
                let meter = meter(format, [event], size: size)
                #expect(!meter.hasEnded && !meter.hasReason, "\(event)")
            }
        }
    }

    @Test func `an end without a count is seen where ends are watched`() {
        for (format, event) in [
            (.messages, #"{"type":"message_stop"}"#),
            (.responses, #"{"response":{"id":"r","usage":null},"type": "response.completed"}"#),
            (.responses, #"{"type":"response.failed","response":{"error":{},"usage":null}}"#),
            (.responses, #"{"type":"response.incomplete","response":{}}"#),
            (.ollama, #"{"message":{"content":""},"done": true,"done_reason":"load"}"#),
            (.generate, #"{"done":true}"#),
        ] as [(ChatFormat, String)] {
            for size in [1, 1_000] {
                #expect(meter(format, [delta(format), event], size: size).hasEnded, "\(event)")
                #expect(!meter(format, [delta(format), event], size: size, watches: false).hasEnded, "\(event)")
            }
        }
        let reason = #"{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null}}"#
        let given = meter(.messages, [delta(.messages), reason])
        #expect(given.hasReason && !given.hasEnded)
    }

    @Test(arguments: [50, 4_096, 40_000, 1 << 20])
    func `the event that says all of the answer again is the end, however long, and no text`(size: Int) {
        let words = String(repeating: "word ", count: 20_000)
        let completed =
            #"{"type":"response.completed","response":{"output":[{"text":"\#(words)"}],"usage":{"input_tokens":5,"output_tokens":10}}}"#
        let responses = meter(.responses, [delta(.responses), completed], size: size)
        #expect(responses.hasEnded && responses.tally.textBytes == 40 && responses.tally.outputTokens == 10)
        let numbers = Array(repeating: "128000", count: 20_000).joined(separator: ",")
        let last = #"{"response":"abc","done":true,"context":[\#(numbers)],"prompt_eval_count":5,"eval_count":10}"#
        let generate = meter(.generate, [delta(.generate), last], size: size)
        #expect(generate.hasEnded && generate.tally.textBytes == 43 && generate.tally.outputTokens == 10)
        // What is long because of its text is text.
        let long = #"{"response":"\#(words)","done":true,"context":[],"eval_count":10}"#
        #expect(meter(.generate, [long], size: size).tally.textBytes >= words.utf8.count)
    }
}
