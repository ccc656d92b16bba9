import Conversation
import Dialect
import Foundation
import JSON
import Testing
import Translation

/// Streams of every format a provider may answer in, said in every format a client may want.
@Suite struct `Translated streams` {
    /// What a stream tells, put together.
    struct Told: Equatable {
        var text = ""
        var reasoning = ""
        var calls: [String] = []
        var finish: FinishReason?
        var input: Int?
        var output: Int?
        var hasEnded = false
    }

    static let askable: [ChatFormat] = [.chat, .messages, .gemini, .ollama]
    static let terms = AnswerTerms(requestID: "r1", model: "asked", created: 1_700_000_000, wantsStreamUsage: true)

    /// The same answer in each format: text with an escape and a character beyond ASCII, one call, usage.
    static func stream(_ format: ChatFormat) -> [UInt8] {
        let text: String
        switch format {
        case .messages:
            text = """
                event: message_start
                data: {"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":11,"output_tokens":1}}}

                event: content_block_start
                data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}

                event: ping
                data: {"type":"ping"}

                event: content_block_delta
                data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hello \\"wörld\\"\\n"}}

                event: content_block_stop
                data: {"type":"content_block_stop","index":0}

                event: content_block_start
                data: {"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"toolu_1","name":"weather","input":{}}}

                event: content_block_delta
                data: {"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\\"city\\":"}}

                event: content_block_delta
                data: {"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"\\"Oslo\\"}"}}

                event: content_block_stop
                data: {"type":"content_block_stop","index":1}

                event: message_delta
                data: {"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"output_tokens":7}}

                event: message_stop
                data: {"type":"message_stop"}


                """
        case .gemini:
            text = """
                data: {"candidates":[{"content":{"parts":[{"text":"Hello \\"wörld\\"\\n"}],"role":"model"},"index":0}],"modelVersion":"m","responseId":"x"}

                data: {"candidates":[{"content":{"parts":[{"functionCall":{"name":"weather","args":{"city":"Oslo"}}}],"role":"model"},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":11,"candidatesTokenCount":7,"totalTokenCount":18},"modelVersion":"m","responseId":"x"}


                """
        case .ollama:
            text = """
                {"model":"m","created_at":"2026-01-01T00:00:00Z","message":{"role":"assistant","content":"Hello \\"wörld\\"\\n"},"done":false}
                {"model":"m","created_at":"2026-01-01T00:00:00Z","message":{"role":"assistant","content":"","tool_calls":[{"function":{"name":"weather","arguments":{"city":"Oslo"}}}]},"done":false}
                {"model":"m","created_at":"2026-01-01T00:00:00Z","message":{"role":"assistant","content":""},"done":true,"done_reason":"stop","prompt_eval_count":11,"eval_count":7}

                """
        default:
            text = """
                data: {"id":"c1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}

                data: {"id":"c1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"Hello \\"wörld\\"\\n"},"finish_reason":null}]}

                data: {"id":"c1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"call_1","type":"function","function":{"name":"weather","arguments":""}}]},"finish_reason":null}]}

                data: {"id":"c1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\\"city\\":\\"Oslo\\"}"}}]},"finish_reason":null}]}

                data: {"id":"c1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}

                data: {"id":"c1","object":"chat.completion.chunk","created":1,"model":"m","choices":[],"usage":{"prompt_tokens":11,"completion_tokens":7,"total_tokens":18}}

                data: [DONE]


                """
        }
        return Array(text.utf8)
    }

    /// Translates pieces; the client's bytes.
    static func translate(_ pieces: [[UInt8]], from upstream: ChatFormat, to client: ChatFormat) throws -> [UInt8] {
        let stream = StreamTranslation(from: upstream, to: client, terms)
        var result: [UInt8] = []
        func drain() { stream.withOutput { output in result += output.indices.map { output[$0] } } }
        for piece in pieces {
            try stream.take(piece.span)
            drain()
        }
        try stream.end()
        drain()
        return result
    }

    /// What a stream in a format tells, as Foundation reads it where the format is OpenAI's, else by way of OpenAI's.
    static func told(_ bytes: [UInt8], in format: ChatFormat) throws -> Told {
        let chat = format == .chat ? bytes : try translate([bytes], from: format, to: .chat)
        var told = Told()
        var arguments: [Int: (name: String, text: String)] = [:]
        for line in String(decoding: chat, as: UTF8.self).split(separator: "\n") where line.hasPrefix("data: ") {
            let data = line.dropFirst(6)
            if data == "[DONE]" {
                told.hasEnded = true
                continue
            }
            let chunk = try #require(try JSONSerialization.jsonObject(with: Data(data.utf8)) as? [String: Any])
            if let usage = chunk["usage"] as? [String: Any] {
                told.input = usage["prompt_tokens"] as? Int
                told.output = usage["completion_tokens"] as? Int
            }
            for choice in chunk["choices"] as? [[String: Any]] ?? [] {
                let delta = choice["delta"] as? [String: Any] ?? [:]
                told.text += delta["content"] as? String ?? ""
                for call in delta["tool_calls"] as? [[String: Any]] ?? [] {
                    let index = try #require(call["index"] as? Int)
                    let function = call["function"] as? [String: Any] ?? [:]
                    arguments[index, default: ("", "")].name += function["name"] as? String ?? ""
                    arguments[index, default: ("", "")].text += function["arguments"] as? String ?? ""
                }
                switch choice["finish_reason"] as? String {
                case "tool_calls": told.finish = .toolCalls
                case "stop": told.finish = .stop
                case "length": told.finish = .length
                default: break
                }
            }
        }
        for (_, call) in arguments.sorted(by: { $0.key < $1.key }) {
            let object = try JSONSerialization.jsonObject(with: Data(call.text.utf8))
            let sorted = try JSONSerialization.data(withJSONObject: object, options: .sortedKeys)
            told.calls.append("\(call.name) \(String(decoding: sorted, as: UTF8.self))")
        }
        return told
    }

    static let expected = Told(
        text: "Hello \"wörld\"\n",
        calls: ["weather {\"city\":\"Oslo\"}"],
        finish: .toolCalls,
        input: 11,
        output: 7,
        hasEnded: true
    )

    @Test(arguments: askable, askable)
    func `every format says in every other what the provider said`(upstream: ChatFormat, client: ChatFormat) throws {
        let bytes = Self.stream(upstream)
        let whole = try Self.translate([bytes], from: upstream, to: client)
        #expect(try Self.told(whole, in: client) == Self.expected)
    }

    @Test(arguments: askable, ChatFormat.allCases)
    func `a translated stream is the same wherever the provider's is cut`(
        upstream: ChatFormat,
        client: ChatFormat
    ) throws {
        let bytes = Self.stream(upstream)
        let whole = try Self.translate([bytes], from: upstream, to: client)
        #expect(!whole.isEmpty)
        #expect(try Self.translate(bytes.map { [$0] }, from: upstream, to: client) == whole)
        for cut in stride(from: 1, to: bytes.count, by: 13) {
            let halves = [Array(bytes[..<cut]), Array(bytes[cut...])]
            #expect(try Self.translate(halves, from: upstream, to: client) == whole)
        }
    }

    @Test(arguments: askable, askable)
    func `a last event without its empty line is read as every SDK reads it`(
        upstream: ChatFormat,
        client: ChatFormat
    ) throws {
        let bytes = Self.stream(upstream)
        let whole = try Self.translate([bytes], from: upstream, to: client)
        var short = bytes
        while short.last == 0x0a {
            short.removeLast()
            #expect(try Self.translate([short], from: upstream, to: client) == whole)
        }
        #expect(try Self.translate([short + [0x0d]], from: upstream, to: client) == whole)
    }

    @Test(arguments: askable)
    func `a stream that ends before its last event is a fault`(upstream: ChatFormat) throws {
        let bytes = Self.stream(upstream)
        let stream = StreamTranslation(from: upstream, to: .chat, Self.terms)
        try stream.take(Array(bytes.prefix(bytes.count / 2)).span)
        #expect(throws: EventFault.self) { try stream.end() }
    }

    @Test(arguments: askable, ChatFormat.allCases)
    func `an error alone is an event that says it`(upstream: ChatFormat, client: ChatFormat) {
        let fault = ChatFault(kind: .overloaded, status: 0, message: "too \\\"busy\\\"")
        let text = String(decoding: StreamTranslation.error(fault, as: client, requestID: "r"), as: UTF8.self)
        #expect(text.contains("too"))
        #expect(text.utf8.last == 0x0a)
    }
}
