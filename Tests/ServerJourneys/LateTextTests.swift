import Foundation
import TestKit
import Testing

/// Streams that go on behind what they said of their end, and the pool that ends them.
@Suite struct LateTextTests {
    private struct Stream {
        let kind: String
        let path: String
        let body: String
        let type: String
        let before: [String]
        let late: String
        /// Behind the end that the provider said nothing is said; else this.
        let ending: [String]
    }

    private static func event(_ data: String, _ name: String = "") -> String {
        (name.isEmpty ? "" : "event: \(name)\n") + "data: \(data)\n\n"
    }

    private static func anthropic(_ type: String, _ rest: String) -> String {
        event("{\"type\":\"\(type)\"\(rest)}", type)
    }

    private static let words = String(repeating: "word ", count: 100)
    private static let asked = "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]"
    private static let piece = anthropic(
        "content_block_delta",
        ",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"\(words)\"}"
    )
    private static let delta = event(
        "{\"type\":\"response.output_text.delta\",\"item_id\":\"i\",\"delta\":\"\(words)\"}",
        "response.output_text.delta"
    )
    private static let line =
        "{\"model\":\"m\",\"message\":{\"role\":\"assistant\",\"content\":\"\(words)\"},\"done\":false}\n"
    private static let sse = "text/event-stream"

    private static let streams = [
        Stream(
            kind: "openai-compatible",
            path: "/v1/chat/completions",
            body: "{\"model\":\"m\",\"stream\":true,\(asked)}",
            type: sse,
            before: [event("[DONE]")],
            late: event("{\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\(words)\"}}]}"),
            ending: []
        ),
        Stream(
            kind: "anthropic",
            path: "/v1/messages",
            body: "{\"model\":\"m\",\"max_tokens\":1,\"stream\":true,\(asked)}",
            type: sse,
            before: [
                anthropic(
                    "message_start",
                    ",\"message\":{\"id\":\"m\",\"usage\":{\"input_tokens\":5,\"output_tokens\":1}}"
                ),
                anthropic("content_block_start", ",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}"),
                piece,
                anthropic("message_delta", ",\"delta\":{\"stop_reason\":null},\"usage\":{\"output_tokens\":9}"),
            ],
            late: piece,
            ending: ["content_block_stop", "\"stop_reason\":\"max_tokens\"", "message_stop", "\"x_hoosh\":{\"cut\":"]
        ),
        Stream(
            kind: "ollama",
            path: "/api/chat",
            body: "{\"model\":\"m\",\(asked)}",
            type: "application/x-ndjson",
            before: [line, "{\"model\":\"m\",\"done\":true,\"prompt_eval_count\":5,\"eval_count\":7}\n"],
            late: line,
            ending: []
        ),
        // Lines by the wrong type.
        Stream(
            kind: "ollama",
            path: "/api/chat",
            body: "{\"model\":\"m\",\(asked)}",
            type: sse,
            before: [line, "{\"model\":\"m\",\"done\":true,\"prompt_eval_count\":5,\"eval_count\":7}\n"],
            late: line,
            ending: []
        ),
        Stream(
            kind: "openai",
            path: "/v1/responses",
            body: "{\"model\":\"m\",\"stream\":true,\"input\":\"hi\"}",
            type: sse,
            before: [
                delta,
                event(
                    "{\"type\":\"response.completed\",\"response\":{\"id\":\"r\",\"usage\":"
                        + "{\"input_tokens\":5,\"output_tokens\":7,\"total_tokens\":12}}}",
                    "response.completed"
                ),
            ],
            late: delta,
            ending: []
        ),
    ]

    @Test(arguments: streams.indices, [false, true])
    func `text behind the end goes out as far as it is paid for, and the stream ends there`(index: Int, joined: Bool)
        throws
    {
        let stream = Self.streams[index]
        let events = stream.before + Array(repeating: stream.late, count: 10)
        let upstream = try ScriptedUpstream { _ in
            // One chunk may hold it all, which is then open where the stream ends.
            ScriptedUpstream.Answer(pieces: joined ? [events.joined(), "\n"] : events, type: stream.type)
        }
        let base = ["anthropic", "ollama"].contains(stream.kind) ? upstream.url : "\(upstream.url)/v1"
        let station = try Station(
            providers: "  other: {kind: \(stream.kind), url: \"\(base)\", key: env:APP_TOKEN, health: {mode: none}}",
            more: "pools: {team: {tokens: 400/day, reserve: {output: 1}, overrun: cut}}",
            routes: "  - {name: all, to: [other], pool: team}",
            environment: ["APP_TOKEN": "app-0123456789abcdef0123"]
        )
        let connection = try station.connect(timeoutSeconds: 30)
        let headers = [("anthropic-version", "2023-06-01"), ("content-type", "application/json")]
        let answer = try connection.fetch("POST", stream.path, headers: headers, body: stream.body)
        #expect(answer.status == 200 && answer.ending == .complete, "\(answer.ending) \(answer.text.suffix(400))")
        let said = stream.before.joined()
        #expect(answer.text.hasPrefix(said))
        var rest = answer.text.dropFirst(said.count)
        var late = 0
        while rest.hasPrefix(stream.late) {
            rest = rest.dropFirst(stream.late.count)
            late += 1
        }
        #expect((1...3).contains(late), "\(late)")
        #expect(stream.ending.isEmpty == rest.allSatisfy(\.isNewline), "\(rest)")
        for piece in stream.ending { #expect(rest.contains(piece), "\(rest)") }
        #expect(!answer.text.contains("\"error\""))
        // What went out is charged, and nothing is set aside any more, here or with the provider.
        var line: [String: Any] = [:]
        _ = try eventually(seconds: 5) {
            let page = try object(station.connect().fetch("GET", "/v1/tokens/pools"))
            line = try #require((page["pools"] as? [[String: Any]])?.first)
            return line["reserved"] as? Int == 0
        }
        let used = try #require(line["used"] as? Int)
        #expect(line["reserved"] as? Int == 0 && used <= 400 && used >= 125 * late, "\(line)")
        let page = try MetricsPage(station.ask("/metrics").text)
        #expect(page.value("hoosh_pool_reservations_total", ["pool": "team", "result": "cut"]) == 1)
        #expect(page.value("hoosh_upstream_requests_in_flight", ["provider": "other"]) == 0)
        // The client's connection goes on.
        #expect(try connection.fetch("GET", "/v1/tokens/pools").status == 200)
    }
}
