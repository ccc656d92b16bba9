import Foundation
import TestKit
import Testing

/// Answers to who asked for a stream whose type does not say that they are one, and the pool that pays for them.
@Suite struct UnlabelledTextTests {
    private static let words = String(repeating: "word ", count: 100)
    private static let body = "{\"model\":\"m\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"
    private static let event =
        "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\(words)\"}}]}\n\n"
    private static let whole =
        "{\"id\":\"c\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\""
        + String(repeating: words, count: 5) + "\"}}]}"
    private static let list =
        "["
        + Array(repeating: "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"\(words)\"}]}}]}", count: 6)
        .joined(separator: ",\r\n") + "]"

    private func station(_ kind: String, _ url: String, splice: String = "auto") throws -> Station {
        try Station(
            listen: "splice: \(splice)",
            providers: "  other: {kind: \(kind), url: \"\(url)\", key: env:APP_TOKEN, health: {mode: none}}",
            more: "pools: {team: {tokens: 300/day, reserve: {output: 1}, overrun: cut}}",
            routes: "  - {name: all, to: [other], pool: team}",
            environment: ["APP_TOKEN": "app-0123456789abcdef0123"]
        )
    }

    /// Tokens used of the pool once nothing is set aside any more.
    private func used(_ station: Station) throws -> Int {
        var line: [String: Any] = [:]
        _ = try eventually(seconds: 5) {
            let page = try object(station.connect().fetch("GET", "/v1/tokens/pools"))
            line = try #require((page["pools"] as? [[String: Any]])?.first)
            return line["reserved"] as? Int == 0
        }
        #expect(line["reserved"] as? Int == 0)
        return try #require(line["used"] as? Int)
    }

    @Test(
        arguments: [
            "", "text/plain", "application/octet-stream", "application/json", "application/x-ndjson",
            "text/event-stream, text/plain",
        ],
        ["always", "none"]
    ) func `events are cut whatever type they come with`(type: String, splice: String) throws {
        let upstream = try ScriptedUpstream { _ in
            ScriptedUpstream.Answer(
                pieces: ["\n", ": ready\n\n"] + Array(repeating: Self.event, count: 12) + ["data: [DONE]\n\n"],
                type: type
            )
        }
        let station = try station("openai-compatible", "\(upstream.url)/v1", splice: splice)
        let headers = [("content-type", "application/json")]
        let answer = try station.connect(timeoutSeconds: 30)
            .fetch("POST", "/v1/chat/completions", headers: headers, body: Self.body)
        #expect(answer.status == 200 && answer.ending == .complete, "\(answer.ending) \(answer.text.suffix(400))")
        #expect(answer.text.contains("\"x_hoosh\":{\"cut\":\"budget_exceeded\""), "\(answer.text.suffix(400))")
        #expect(answer.text.hasSuffix("data: [DONE]\n\n"))
        let count = answer.text.components(separatedBy: Self.words).count - 1
        #expect((1...2).contains(count), "\(count)")
        let used = try used(station)
        #expect(used <= 300 && used >= 125 * count, "\(used)")
    }

    @Test(arguments: [
        ("openai-compatible", "/v1/chat/completions", "application/json", whole),
        ("openai-compatible", "/v1/chat/completions", "text/plain", whole),
        ("openai-compatible", "/v1/chat/completions", "text/event-stream", whole),
        ("openai-compatible", "/v1/chat/completions", "", "<p>\(words)</p>"),
        ("openai-compatible", "/v1/chat/completions", "text/plain", words),
        ("google", "/v1beta/models/m:streamGenerateContent", "application/json", list),
    ]) func `what is no stream is charged by its size where one was asked for`(
        kind: String,
        path: String,
        type: String,
        told: String
    ) throws {
        for pieces in [[told], [String(told.prefix(1)), String(told.dropFirst())]] {
            let upstream = try ScriptedUpstream { _ in ScriptedUpstream.Answer(pieces: pieces, type: type) }
            let station = try station(kind, kind == "google" ? upstream.url : "\(upstream.url)/v1")
            let body = kind == "google" ? "{\"contents\":[{\"parts\":[{\"text\":\"hi\"}]}]}" : Self.body
            let headers = [("content-type", "application/json")]
            let answer = try station.connect(timeoutSeconds: 30).fetch("POST", path, headers: headers, body: body)
            #expect(answer.status == 200 && answer.ending == .complete, "\(answer.ending)")
            #expect(answer.text == told)
            let used = try used(station)
            #expect(used >= told.utf8.count / 4, "\(used) of \(told.utf8.count)")
        }
    }
}
