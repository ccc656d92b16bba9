import Foundation
import TestKit
import Testing

/// Answers that are read before their client gets them.
@Suite struct AnswerScanTests {
    private static let secret = "078-05-1120"
    private static let messages = "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]"

    /// What the provider says, in the form that is asked for.
    private static func script(_ question: ScriptedUpstream.Question) -> ScriptedUpstream.Answer {
        if question.text.contains("\"unasked\"") {
            return .init("data: {\"choices\":[{\"delta\":{\"content\":\"x\"}}]}\n\n", type: "text/event-stream")
        }
        if question.text.contains("\"told\"") {
            return .init(
                "{\"id\":\"078-05-1120\",\"object\":\"chat.completion\",\"created\":1795279944,\"model\":\"m\",\"choices\":[{"
                    + "\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"ok\"},\"logprobs\":{\"content\":[{\"token\":"
                    + "\"078-\",\"bytes\":[48,55,56,45]},{\"token\":\"05-1120\"}]},\"finish_reason\":\"stop\"}]}"
            )
        }
        if question.text.contains("\"cited\"") {
            return .init(
                "{\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"ok\"},\"finish_reason\":\"stop\"}],"
                    + "\"citations\":[\"https://a/078-05-1120\"]}"
            )
        }
        let said = question.text.contains("clean") ? "nothing" : "his number is 078-05-\\u0031120, mind"
        if question.target.hasSuffix("/messages") {
            return .init(
                "{\"id\":\"m\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"m\",\"content\":"
                    + "[{\"type\":\"text\",\"text\":\"\(said)\"}],\"stop_reason\":\"end_turn\",\"stop_sequence\":null,"
                    + "\"usage\":{\"input_tokens\":3,\"output_tokens\":5}}"
            )
        }
        if question.target.hasSuffix("/speech") { return .init("ID3 078-05-1120", type: "audio/mpeg") }
        return .init(
            "{\"id\":\"c\",\"object\":\"chat.completion\",\"created\":1795279944,\"model\":\"m\",\"choices\":[{\"index\":0,"
                + "\"message\":{\"role\":\"assistant\",\"content\":\"\(said)\",\"tool_calls\":[{\"id\":\"call_1\",\"type\":"
                + "\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"a\\\":\\\"\(secret)\\\"}\"}}]},"
                + "\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":5,\"total_tokens\":8}}"
        )
    }

    private struct Place {
        let upstream: ScriptedUpstream
        let station: Station

        init(_ action: String) throws {
            upstream = try ScriptedUpstream(AnswerScanTests.script)
            station = try Station(
                providers: "  open: {kind: openai-compatible, url: \"\(upstream.url)/v1\", health: {mode: none}}\n"
                    + "  claude: {kind: anthropic, url: \"\(upstream.url)\", key: env:A_KEY, health: {mode: none}}",
                more: "privacy: {rules: [{tag: pii, builtin: [ssn, phone_us]}]}",
                routes: "  - {name: free, match: {model: free}, to: [open]}\n"
                    + "  - {name: claude, match: {model: claude}, to: [claude], scan_responses: \(action)}\n"
                    + "  - {name: all, to: [open], scan_responses: \(action)}",
                environment: ["A_KEY": "a-0123456789abcdef0123"]
            )
        }

        func ask(_ model: String, _ path: String = "/v1/chat/completions", _ rest: String = "") throws -> Response {
            try station.connect().fetch(
                "POST",
                path,
                headers: [("content-type", "application/json"), ("anthropic-version", "2023-06-01")],
                body: "{\"model\":\"\(model)\",\"max_tokens\":9,\(AnswerScanTests.messages)\(rest)}"
            )
        }
    }

    @Test func `what is found in an answer is replaced, in every format, and nothing else`() throws {
        let place = try Place("redact")
        let free = try place.ask("free")
        #expect(free.text.contains(Self.secret) && free["x-hoosh-answer"] == nil)
        let direct = try place.ask("m")
        #expect(direct.status == 200 && direct["x-hoosh-answer"] == "redacted", "\(direct.text)")
        let expected = free.text.replacingOccurrences(of: "078-05-\\u0031120", with: "[PII]")
            .replacingOccurrences(of: Self.secret, with: "[PII]")
        #expect(direct.text == expected)
        #expect(direct.text.contains("1795279944"))
        for (model, path) in [
            ("claude", "/v1/chat/completions"), ("claude", "/v1/messages"), ("m", "/v1/messages"),
            ("m", "/v1/chat/completions"),
        ] {
            let answer = try place.ask(model, path)
            #expect(answer.status == 200 && answer["x-hoosh-answer"] == "redacted", "\(answer.text)")
            #expect(answer.text.contains("[PII]") && !answer.text.contains("078-05"), "\(answer.text)")
            _ = try object(answer)
        }
    }

    @Test func `deny keeps the answer back, which is paid for`() throws {
        let place = try Place("deny")
        try expectError(place.ask("m"), 403, code: "answer_blocked")
        try expectError(place.ask("claude"), 403, code: "answer_blocked")
        let page = try MetricsPage(place.station.ask("/metrics").text)
        #expect(page.value("hoosh_answers_blocked_total") == 2)
        #expect(page.value("hoosh_tokens_total", ["type": "completion", "source": "provider"]) == 10)
    }

    @Test func `text that is told in pieces or by strange members is read as well`() throws {
        let open = try Place("redact")
        let told = try open.ask("told")
        #expect(told.status == 200 && told["x-hoosh-answer"] == "redacted", "\(told.text)")
        #expect(told.text.contains("\"logprobs\":null") && told.text.contains("\"id\":\"078-05-1120\""), "\(told.text)")
        let cited = try open.ask("cited")
        #expect(cited["x-hoosh-answer"] == "redacted" && cited.text.contains("https://a/[PII]"), "\(cited.text)")
        try expectError(open.ask("unasked"), 403, code: "answer_blocked")
        let shut = try Place("deny")
        for model in ["told", "cited", "unasked"] {
            try expectError(shut.ask(model), 403, code: "answer_blocked")
        }
    }

    @Test func `streams are refused there, and vectors and sound pass`() throws {
        let place = try Place("redact")
        let stream = try place.ask("m", "/v1/chat/completions", ",\"stream\":true")
        let error = try expectError(stream, 400, code: "stream_not_scanned")
        #expect(error.param == "stream")
        #expect(try place.ask("m", "/api/chat").status == 400, "Ollama's clients stream unless they say otherwise")
        #expect(place.upstream.questions.isEmpty)
        let speech = try place.station.connect().fetch(
            "POST",
            "/v1/audio/speech",
            headers: [("content-type", "application/json")],
            body: "{\"model\":\"m\",\"input\":\"x\",\"voice\":\"v\"}"
        )
        #expect(speech.status == 200 && speech.text.contains("078-05"))
    }
}
