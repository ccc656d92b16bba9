import Foundation
import TestKit
import Testing

/// The merged list of models, in the form of whoever asks.
@Suite struct ModelListTests {
    /// Four providers, each with a list in its own format.
    private final class Places {
        let upstreams: [ScriptedUpstream]
        let station: Station

        init() throws {
            let openAI = try ScriptedUpstream { _ in
                ScriptedUpstream.Answer(
                    "{\"data\": [{\"id\": \"gpt\", \"created\": 5, \"owned_by\": \"me\"}, {\"id\": \"a/b\"}]}"
                )
            }
            let anthropic = try ScriptedUpstream { question in
                let isSecond = question.target.contains("after_id=claude-1")
                let id = isSecond ? "claude-2" : "claude-1"
                return ScriptedUpstream.Answer(
                    "{\"data\": [{\"type\": \"model\", \"id\": \"\(id)\", \"created_at\": \"2024-02-29T00:00:01Z\"}],"
                        + "\"has_more\": \(!isSecond), \"first_id\": \"\(id)\", \"last_id\": \"\(id)\"}"
                )
            }
            let gemini = try ScriptedUpstream { question in
                question.target.contains("pageToken=n%2F2")
                    ? ScriptedUpstream.Answer("{\"models\": [{\"name\": \"models/gemini-2\"}]}")
                    : ScriptedUpstream.Answer(
                        "{\"models\": [{\"name\": \"models/gemini-1\"}], \"nextPageToken\": \"n/2\"}"
                    )
            }
            let ollama = try ScriptedUpstream { _ in
                ScriptedUpstream.Answer(
                    "{\"models\": [{\"name\": \"llama:latest\", \"modified_at\": \"2024-02-29T01:00:01.5+01:00\","
                        + "\"size\": 42, \"digest\": \"d\", \"details\": {\"family\": \"llama\"}}]}"
                )
            }
            upstreams = [openAI, anthropic, gemini, ollama]
            let kinds = ["openai", "anthropic", "google", "ollama"]
            let lines = zip(kinds, upstreams).map { kind, upstream in
                "  \(kind): {kind: \(kind), url: \"\(upstream.url)\", key: env:KEY, "
                    + "health: {mode: none}}"
            }
            station = try Station(
                providers: lines.joined(separator: "\n"),
                more: "models: {aliases: {fast: gpt}}",
                routes: "  - {name: all, to: [\(kinds.joined(separator: ", "))]}",
                models: [],
                environment: ["KEY": "sk-test"]
            )
        }

        func ask(_ path: String, headers: Headers = [], body: String? = nil) throws -> Response {
            try station.connect().fetch(body == nil ? "GET" : "POST", path, headers: headers, body: body)
        }
    }

    private static let all = ["fast", "gpt", "a/b", "claude-1", "claude-2", "gemini-1", "gemini-2", "llama:latest"]

    @Test func `lists of every format, by all their pages, are one list in each format`() throws {
        let places = try Places()
        func ids(_ response: Response, _ list: String, _ name: String) throws -> [String] {
            let models = try #require(try object(response)[list] as? [[String: Any]])
            return models.compactMap { $0[name] as? String }.filter { !$0.hasSuffix("mock-small") }
        }
        #expect(try ids(try places.ask("/v1/models"), "data", "id") == Self.all)
        #expect(try ids(try places.ask("/openai/v1/models"), "data", "id") == Self.all)
        let version = [("anthropic-version", "2023-06-01")]
        let page = try places.ask("/v1/models", headers: version)
        #expect(try ids(page, "data", "id") == Self.all)
        #expect(try object(page)["has_more"] as? Bool == false)
        #expect(page.text.contains("\"created_at\":\"2024-02-29T00:00:01Z\""))
        let gemini = try ids(try places.ask("/v1beta/models"), "models", "name")
        #expect(gemini == Self.all.map { "models/\($0)" })
        let tags = try places.ask("/api/tags")
        #expect(try ids(tags, "models", "name") == Self.all)
        #expect(tags.text.contains("\"size\": 42"))
    }

    @Test func `each provider is asked in its own way, with its key where it wants it`() throws {
        let places = try Places()
        _ = try places.ask("/v1/models")
        let asked = places.upstreams.map { $0.questions.first }
        #expect(
            asked.map { $0?.target } == [
                "/v1/models", "/v1/models?limit=1000", "/v1beta/models?pageSize=1000", "/api/tags",
            ]
        )
        #expect(asked[0]?.headers["authorization"] == "Bearer sk-test")
        #expect(asked[1]?.headers["x-api-key"] == "sk-test" && asked[1]?.headers["anthropic-version"] != nil)
        #expect(asked[2]?.headers["x-goog-api-key"] == "sk-test" && asked[2]?.headers["authorization"] == nil)
    }

    @Test func `one model is told of in each shape, and an unknown one is missed in it`() throws {
        let places = try Places()
        let version = [("anthropic-version", "2023-06-01")]
        let one = try object(try places.ask("/v1/models/a%2Fb"))
        #expect(one["id"] as? String == "a/b" && one["object"] as? String == "model")
        #expect(try object(try places.ask("/v1/models/a/b"))["id"] as? String == "a/b")
        let claude = try object(try places.ask("/v1/models/claude-1", headers: version))
        #expect(claude["type"] as? String == "model" && claude["display_name"] as? String == "claude-1")
        let gemini = try object(try places.ask("/v1beta/models/gemini-1"))
        #expect(gemini["name"] as? String == "models/gemini-1")
        let shown = try object(try places.ask("/api/show", body: "{\"model\": \"llama\"}"))
        #expect((shown["details"] as? [String: Any])?["family"] as? String == "llama")
        try expectError(try places.ask("/v1/models/none"), 404, code: "model_not_found")
        let missed = try places.ask("/v1/models/none", headers: version)
        #expect(missed.status == 404)
        #expect((try object(missed)["error"] as? [String: Any])?["type"] as? String == "not_found_error")
        let none = try places.ask("/v1beta/models/none")
        #expect((try object(none)["error"] as? [String: Any])?["status"] as? String == "NOT_FOUND")
        let unseen = try places.ask("/api/show", body: "{\"model\": \"none\"}")
        #expect(try unseen.status == 404 && object(unseen)["error"] is String)
    }

    @Test func `the catalogue says who serves a model`() throws {
        let places = try Places()
        let data = try #require(try object(try places.ask("/v1/models/catalog"))["data"] as? [[String: Any]])
        let gpt = try #require(data.first { $0["id"] as? String == "gpt" })
        #expect(gpt["providers"] as? [String] == ["openai"] && gpt["owned_by"] as? String == "me")
    }

    @Test func `Ollama's clients learn a version and that nothing is known to run`() throws {
        let station = try Station()
        let connection = try station.connect()
        #expect(try object(try connection.fetch("GET", "/api/version"))["version"] is String)
        #expect(try object(try connection.fetch("GET", "/api/ps"))["models"] is [Any])
        #expect(try connection.fetch("DELETE", "/api/tags").status == 405)
    }

    @Test func `routes may deny the question for one model`() throws {
        let station = try Station(routes: "  - {name: no, match: {api: models}, deny: {status: 403, message: no}}")
        try expectError(try station.connect().fetch("GET", "/v1/models/mock-small"), 403, code: "route_forbidden")
    }

    @Test func `a list that is larger than may be is left out, and that is said`() throws {
        let model = "{\"id\": \"\(String(repeating: "m", count: 90))\"},"
        let large = try ScriptedUpstream { _ in
            ScriptedUpstream.Answer("{\"data\": [\(String(repeating: model, count: 50_000)){\"id\": \"last\"}]}")
        }
        let endless = try ScriptedUpstream { _ in
            ScriptedUpstream.Answer(
                "{\"data\": [{\"type\": \"model\", \"id\": \"a\"}], \"has_more\": true, \"last_id\": \"\(UInt64.random(in: 0 ... .max))\"}"
            )
        }
        let station = try Station(
            providers: """
                  large: {kind: openai, url: "\(large.url)", key: env:KEY, health: {mode: none}}
                  endless: {kind: anthropic, url: "\(endless.url)", key: env:KEY, health: {mode: none}}
                """,
            routes: "  - {name: all, to: [large, endless]}",
            models: [],
            environment: ["KEY": "sk-test"]
        )
        let response = try station.connect().fetch("GET", "/v1/models")
        #expect(response.status == 200 && !response.text.contains("mmm"))
        #expect(
            station.proxy.says(
                "models: large: a page of its list of models has more than 4 MiB; none of it is listed"
            )
        )
        #expect(
            station.proxy.says(
                "models: endless: its list of models has more than 20 pages; 20 models of it are listed"
            )
        )
    }
}
