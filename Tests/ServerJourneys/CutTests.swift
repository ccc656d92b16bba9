import Foundation
import TestKit
import Testing

/// Streams that their budget ends, in each dialect, passed on and translated.
@Suite struct CutTests {
    /// Who is asked how, of what kind the provider is, and what the stream's end has to have.
    private struct Cut {
        let path: String
        let kind: String
        let body: String
        let ending: [String]
    }

    private static let messages = "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]"
    private static let cuts = [
        Cut(
            path: "/v1/chat/completions",
            kind: "openai-compatible",
            body: chatBody(stream: true),
            ending: ["\"finish_reason\":\"length\"", "data: [DONE]"]
        ),
        Cut(
            path: "/v1/messages",
            kind: "anthropic",
            body: "{\"model\":\"mock-small\",\"max_tokens\":20,\"stream\":true,\(messages)}",
            ending: ["content_block_stop", "\"stop_reason\":\"max_tokens\"", "message_stop"]
        ),
        Cut(
            path: "/v1/messages",
            kind: "openai-compatible",
            body: "{\"model\":\"mock-small\",\"max_tokens\":20,\"stream\":true,\(messages)}",
            ending: ["content_block_stop", "\"stop_reason\":\"max_tokens\"", "message_stop"]
        ),
        Cut(
            path: "/v1/chat/completions",
            kind: "anthropic",
            body: chatBody(stream: true),
            ending: ["\"finish_reason\":\"length\"", "data: [DONE]"]
        ),
        Cut(
            path: "/v1/responses",
            kind: "anthropic",
            body: "{\"model\":\"mock-small\",\"stream\":true,\"input\":\"hi\"}",
            ending: ["response.output_text.done", "event: response.incomplete", "\"reason\":\"max_output_tokens\""]
        ),
        Cut(
            path: "/v1beta/models/mock-small:streamGenerateContent?alt=sse",
            kind: "openai-compatible",
            body: "{\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"hi\"}]}]}",
            ending: ["\"finishReason\":\"MAX_TOKENS\""]
        ),
        Cut(
            path: "/api/chat",
            kind: "ollama",
            body: "{\"model\":\"mock-small\",\(messages)}",
            ending: ["\"done\":true", "\"done_reason\":\"length\""]
        ),
        // A provider that counts zero until its last event.
        Cut(
            path: "/v1beta/models/mock-small:streamGenerateContent?alt=sse",
            kind: "google",
            body: "{\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"hi\"}]}]}",
            ending: ["\"finishReason\":\"MAX_TOKENS\""]
        ),
        Cut(
            path: "/v1/messages",
            kind: "google",
            body: "{\"model\":\"mock-small\",\"max_tokens\":20,\"stream\":true,\(messages)}",
            ending: ["content_block_stop", "\"stop_reason\":\"max_tokens\"", "message_stop"]
        ),
        Cut(
            path: "/api/chat",
            kind: "openai-compatible",
            body: "{\"model\":\"mock-small\",\(messages)}",
            ending: ["\"done\":true", "\"done_reason\":\"length\""]
        ),
    ]

    @Test(arguments: cuts.indices)
    func `a stream that outgrows its budget ends in its dialect where the pool cuts`(index: Int) throws {
        let cut = Self.cuts[index]
        let mock = try MockUpstream(models: ["mock-small"])
        let bases = ["anthropic": "", "ollama": "", "google": "/v1beta"]
        let base = mock.url + (bases[cut.kind] ?? "/v1")
        let station = try Station(
            providers: "  other: {kind: \(cut.kind), url: \"\(base)\", key: env:APP_TOKEN, health: {mode: none}, "
                + "pass_headers: [x-mock-*]}",
            more: "pools: {team: {tokens: 400/day, reserve: {output: 50}, overrun: cut}}",
            routes: "  - {name: all, to: [other], pool: team}",
            environment: ["APP_TOKEN": "app-0123456789abcdef0123"]
        )
        let connection = try station.connect()
        let answer = try connection.fetch(
            "POST",
            cut.path,
            headers: [
                ("x-mock-events", "3000"), ("x-mock-gap-us", "300"), ("anthropic-version", "2023-06-01"),
                ("content-type", "application/json"), ("x-mock-event-bytes", "400"),
            ],
            body: cut.body
        )
        #expect(answer.status == 200, "\(answer.text.suffix(600))")
        let end = answer.text
        #expect(answer.ending == .complete, "\(cut.path) \(cut.kind): \(end)")
        for piece in cut.ending { #expect(end.contains(piece), "\(cut.path) \(cut.kind) \(piece): \(end)") }
        #expect(end.contains("\"x_hoosh\":{\"cut\":\"budget_exceeded\",\"pool\":\"team\""), "\(end)")
        #expect(!answer.text.contains("\"error\":{"))
        let line = try settled(station)
        #expect(line["reserved"] as? Int == 0)
        #expect(line["used"] as? Int ?? 0 >= 200)
        let page = try MetricsPage(station.ask("/metrics").text)
        #expect(page.value("hoosh_pool_reservations_total", ["pool": "team", "result": "cut"]) == 1)
        // The connection goes on: the answer was whole.
        #expect(try connection.fetch("GET", "/v1/tokens/pools").status == 200)
    }

    @Test(arguments: [7, 8]) func `who leaves before the provider has counted pays for what came`(index: Int) throws {
        let cut = Self.cuts[index]
        let mock = try MockUpstream(models: ["mock-small"])
        let station = try Station(
            providers: "  other: {kind: \(cut.kind), url: \"\(mock.url)/v1beta\", key: env:APP_TOKEN, "
                + "health: {mode: none}, pass_headers: [x-mock-*]}",
            more: "pools: {team: {tokens: 1M/day}}",
            routes: "  - {name: all, to: [other], pool: team}",
            environment: ["APP_TOKEN": "app-0123456789abcdef0123"]
        )
        let connection = try station.connect()
        let headers = [
            ("x-mock-events", "3000"), ("x-mock-gap-us", "2000"), ("anthropic-version", "2023-06-01"),
            ("content-type", "application/json"), ("x-mock-event-bytes", "400"),
        ]
        try connection.request("POST", cut.path, headers: headers, body: cut.body)
        func events() -> Int {
            String(decoding: connection.buffer, as: UTF8.self).components(separatedBy: "data: ").count
        }
        while events() < 110, connection.fill() == nil {}
        connection.reset()
        let line = try settled(station)
        #expect(line["reserved"] as? Int == 0)
        // Each event has a word at least.
        #expect(line["used"] as? Int ?? 0 >= 90, "\(line)")
    }

    /// Waits until nothing is set aside in the pool any more.
    private func settled(_ station: Station) throws -> [String: Any] {
        var found: [String: Any] = [:]
        for _ in 0..<200 {
            let answer = try station.connect().fetch("GET", "/v1/tokens/pools")
            found = try #require((try object(answer)["pools"] as? [[String: Any]])?.first)
            if found["reserved"] as? Int == 0 { return found }
            usleep(20_000)
        }
        return found
    }
}
