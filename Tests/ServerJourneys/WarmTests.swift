import Foundation
import TestKit
import Testing

/// Questions that are asked before anybody does.
@Suite struct WarmTests {
    private func stats(_ station: Station) throws -> [String: Any] { try object(station.ask("/v1/cache/stats")) }

    /// Waits until all were asked; answers how it went.
    private func warmed(_ station: Station) throws -> [String: Any] {
        let deadline = Date(timeIntervalSinceNow: 60)
        while Date() < deadline {
            let warm = try stats(station)["warm"] as? [String: Any] ?? [:]
            if warm["running"] as? Bool == false, (warm["total"] as? Int ?? 0) > 0 { return warm }
            usleep(20_000)
        }
        throw TestKitFailure("it never became warm")
    }

    @Test func `what is asked before is kept for those who ask`() throws {
        let folder = try TemporaryFolder()
        let anthropic =
            #"{"endpoint":"/v1/messages","headers":{"anthropic-version":"2023-06-01"},"#
            + #""body":{"model":"mock-small","max_tokens":9,"messages":[{"role":"user","content":"third"}]}}"#
        let file = try folder.write(
            "questions.jsonl",
            "# the first\n\(chatBody(message: "first"))\n\n\(chatBody(stream: true, message: "second"))\n\(anthropic)\n"
        )
        let station = try Station(
            more: """
                cache:
                  mode: exact
                  stream: replay
                  warm:
                    requests:
                      - \(file)
                      - '\(chatBody(message: "inline"))'
                """
        )
        let warm = try warmed(station)
        #expect(warm["total"] as? Int == 4 && warm["asked"] as? Int == 4 && warm["failed"] as? Int == 0)
        for body in [
            chatBody(message: "first"), chatBody(stream: true, message: "second"), chatBody(message: "inline"),
        ] {
            let response = try station.connect().fetch("POST", "/v1/chat/completions", body: body)
            #expect(response.status == 200 && response["x-hoosh-cache"] == "HIT", "\(body)")
        }
        let message = try station.connect().fetch(
            "POST",
            "/v1/messages",
            headers: [("anthropic-version", "2023-06-01")],
            body: #"{"model":"mock-small","max_tokens":9,"messages":[{"role":"user","content":"third"}]}"#
        )
        #expect(message["x-hoosh-cache"] == "HIT", "\(message.text)")
        #expect(try station.forwarded == 4)
        // A reload asks again, and finds all of it kept.
        let reloaded = try station.ask("/v1/admin/reload", "POST")
        #expect(reloaded.status == 200)
        #expect(try warmed(station)["asked"] as? Int == 4)
        #expect(try station.forwarded == 4)
    }

    @Test func `it asks with its key, and answers are for who shares with that`() throws {
        let cache = "cache: {mode: exact, scope: tenant, warm: {key: one, requests: ['\(chatBody())']}}\n"
        let station = try Station(
            provider: "key: env:ONE",
            more: cache + ThreeKeys.section,
            environment: ThreeKeys.tokens
        )
        #expect(try warmed(station)["failed"] as? Int == 0)
        func ask(_ name: String) throws -> String? {
            try station.chat(headers: ThreeKeys.header(name))["x-hoosh-cache"]
        }
        #expect(try ask("TWO") == "HIT")
        #expect(try ask("THREE") == "MISS")
    }

    @Test func `readiness waits where that is wanted, and failures end it too`() throws {
        let station = try Station(
            more: "cache: {mode: exact, warm: {ready: true, requests: ['\(chatBody(model: "mock-none"))']}}",
            routes: "  - {name: some, match: {model: mock-small}, to: [mock]}"
        )
        #expect(try warmed(station)["failed"] as? Int == 1)
        #expect(try station.ask("/readyz").status == 200)
        try station.proxy.line(containing: "the cache is warm: 1 requests")
    }

    @Test(arguments: [
        ("requests: [nowhere.jsonl]", "cannot read"), ("requests: ['{\"a\":']", "no valid JSON"),
        ("requests: ['{\"endpoint\":\"/v1/models\"}']", "must be the path of a chat"),
        ("requests: ['{\"body\":{},\"headers\":{\"authorization\":\"x\"}}']", "credentials"),
    ])
    func `requests that cannot be asked are refused with the file`(warm: String, reason: String) throws {
        let folder = try TemporaryFolder()
        let text = """
            version: 1
            listen: {address: 127.0.0.1:0, admin: 127.0.0.1:0}
            cache: {mode: exact, warm: {\(warm)}}
            providers:
              mock: {kind: openai-compatible, url: "http://127.0.0.1:9/v1"}
            routes:
              - {name: all, to: [mock]}

            """
        let file = try folder.write("routes.yaml", text)
        let result = try run("hoosh-proxy", ["--routes", file])
        #expect(result.status != 0 && result.errors.contains(reason), "\(result.errors)")
    }
}
