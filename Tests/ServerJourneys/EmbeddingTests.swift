import Foundation
import TestKit
import Testing

/// Embeddings asked for in every dialect, of providers of every dialect.
@Suite struct EmbeddingTests {
    private static func answer(_ question: ScriptedUpstream.Question) -> ScriptedUpstream.Answer {
        let body = (try? JSONSerialization.jsonObject(with: Data(question.body))) as? [String: Any] ?? [:]
        if question.target.hasSuffix(":batchEmbedContents") {
            let count = (body["requests"] as? [Any])?.count ?? 0
            let list = (0..<count).map { "{\"values\": [\($0), 0.5]}" }.joined(separator: ",")
            return ScriptedUpstream.Answer("{\"embeddings\": [\(list)], \"usageMetadata\": {\"promptTokenCount\": 7}}")
        }
        if question.target.hasSuffix(":embedContent") {
            return ScriptedUpstream.Answer("{\"embedding\": {\"values\": [0, 0.5]}}")
        }
        if question.target == "/api/embed" {
            let count = (body["input"] as? [Any])?.count ?? 1
            let list = (0..<count).map { "[\($0), 0.5]" }.joined(separator: ",")
            return ScriptedUpstream.Answer(
                "{\"model\": \"m\", \"embeddings\": [\(list)], \"prompt_eval_count\": 7}"
            )
        }
        if question.target == "/api/embeddings" { return ScriptedUpstream.Answer("{\"embedding\": [0, 0.5]}") }
        let count = body["input"] is String ? 1 : (body["input"] as? [Any])?.count ?? 0
        let list = (0..<count).map { "{\"object\":\"embedding\",\"index\":\($0),\"embedding\":[\($0),0.5]}" }
        return ScriptedUpstream.Answer(
            "{\"object\":\"list\",\"model\":\"m\",\"data\":[\(list.joined(separator: ","))],"
                + "\"usage\":{\"prompt_tokens\":7,\"total_tokens\":7}}"
        )
    }

    /// One proxy before one provider of the kind.
    private struct Place {
        let upstream: ScriptedUpstream
        let station: Station

        init(kind: String, models: String = "") throws {
            upstream = try ScriptedUpstream(EmbeddingTests.answer)
            station = try Station(
                providers:
                    "  up: {kind: \(kind), url: \"\(upstream.url)\", health: {mode: none}}",
                more: models,
                routes: "  - {name: all, to: [up]}"
            )
        }

        func ask(_ path: String, _ body: String) throws -> Response {
            try station.connect().fetch("POST", path, body: body)
        }
    }

    /// The vectors of an answer, whatever its dialect.
    private func vectors(_ response: Response) throws -> [[Double]] {
        let body = try object(response)
        if let data = body["data"] as? [[String: Any]] { return data.compactMap { $0["embedding"] as? [Double] } }
        if let one = body["embedding"] as? [Double] { return [one] }
        if let one = body["embedding"] as? [String: Any] { return [one["values"] as? [Double] ?? []] }
        if let list = body["embeddings"] as? [[Double]] { return list }
        return (body["embeddings"] as? [[String: Any]] ?? []).compactMap { $0["values"] as? [Double] }
    }

    private static let clients: [(path: String, body: String, count: Int)] = [
        ("/v1/embeddings", "{\"model\": \"m\", \"input\": \"a\"}", 1),
        ("/v1/embeddings", "{\"model\": \"m\", \"input\": [\"a\", \"b\", \"c\"], \"dimensions\": 2}", 3),
        ("/api/embed", "{\"model\": \"m\", \"input\": [\"a\", \"b\"]}", 2),
        ("/api/embeddings", "{\"model\": \"m\", \"prompt\": \"a\"}", 1),
        ("/v1beta/models/m:embedContent", "{\"content\": {\"parts\": [{\"text\": \"a\"}]}}", 1),
        (
            "/v1beta/models/m:batchEmbedContents",
            "{\"requests\": [{\"model\": \"models/m\", \"content\": {\"parts\": [{\"text\": \"a\"}]}},"
                + "{\"model\": \"models/m\", \"content\": {\"parts\": [{\"text\": \"b\"}]}}]}", 2
        ),
    ]

    @Test(arguments: ["openai-compatible", "ollama", "google", "vllm", "mistral"])
    func `every client gets its vectors from every kind of provider`(kind: String) throws {
        let place = try Place(kind: kind)
        for (path, body, count) in Self.clients {
            let response = try place.ask(path, body)
            #expect(response.status == 200, "\(kind) \(path): \(response.text)")
            #expect(try vectors(response) == (0..<count).map { [Double($0), 0.5] }, "\(kind) \(path)")
            let asked = try #require(place.upstream.questions.last).target
            let own = ["ollama": "/api/embed", "google": "/v1beta/models/m:"][kind] ?? "/v1/embeddings"
            #expect(
                asked.hasPrefix(own) || (kind != "openai-compatible" && asked == "/v1beta/openai/embeddings")
                    || (kind == "ollama" && asked == "/v1/embeddings"),
                "\(kind) \(path): \(asked)"
            )
        }
    }

    @Test func `the same dialect passes byte for byte`() throws {
        let bodies: [(kind: String, path: String, body: String)] = [
            ("openai-compatible", "/v1/embeddings", "{ \"input\" : [1, 2,3], \"model\":\"m\", \"own\": {} }"),
            ("ollama", "/api/embed", "{ \"model\":\"m\", \"input\": \"a\" , \"truncate\": false}"),
            ("google", "/v1beta/models/m:embedContent", "{ \"content\": {\"parts\": [{\"text\": \"a\"}]} }"),
        ]
        for (kind, path, body) in bodies {
            let place = try Place(kind: kind)
            let response = try place.ask(path, body)
            #expect(response.status == 200)
            let seen = try #require(place.upstream.questions.last)
            #expect(seen.text == body && seen.target == path)
        }
    }

    @Test func `numbers come in the encoding that was asked for`() throws {
        let place = try Place(kind: "ollama")
        let response = try place.ask(
            "/v1/embeddings",
            "{\"model\": \"m\", \"input\": [\"a\", \"b\"], \"encoding_format\": \"base64\", \"user\": \"u\"}"
        )
        // OpenAI's embeddings pass to Ollama's imitation of them, so the encoding is its business; Gemini's is ours.
        #expect(response.status == 200)
        let google = try Place(kind: "ollama").ask(
            "/v1beta/models/m:batchEmbedContents",
            "{\"requests\": [{\"content\": {\"parts\": [{\"text\": \"a\"}]}, \"taskType\": \"CLUSTERING\"}]}"
        )
        #expect(google["x-hoosh-dropped-params"] == "taskType")
    }

    @Test func `what is counted shows in the metrics and in the answer`() throws {
        let place = try Place(kind: "google")
        let response = try place.ask("/api/embed", "{\"model\": \"m\", \"input\": [\"a\", \"b\"]}")
        #expect(try object(response)["prompt_eval_count"] as? Int == 7)
        let page = try MetricsPage(try place.station.ask("/metrics").text)
        #expect(page.value("hoosh_tokens_total", ["provider": "up", "type": "prompt"]) == 7)
    }

    @Test func `tokens pass to who takes them, and are refused for who does not`() throws {
        let body = "{\"model\": \"m\", \"input\": [[1, 2], [3]]}"
        #expect(try Place(kind: "vllm").ask("/v1/embeddings", body).status == 200)
        let refused = try Place(kind: "google").ask("/api/embed", "{\"model\": \"m\", \"input\": [[1]]}")
        #expect(refused.status == 400)
    }

    @Test func `a model of another name stands in Gemini's path and in its body`() throws {
        let place = try Place(kind: "google", models: "models: {aliases: {fast: real}}")
        let response = try place.ask(
            "/v1beta/models/fast:embedContent",
            "{\"model\": \"models/fast\", \"content\": {\"parts\": [{\"text\": \"a\"}]}}"
        )
        #expect(try vectors(response) == [[0, 0.5]])
        let seen = try #require(place.upstream.questions.last)
        #expect(seen.target == "/v1beta/models/real:batchEmbedContents")
        #expect(seen.text.contains("models/real") && !seen.text.contains("fast"))
    }

    @Test func `who has no embeddings is not asked`() throws {
        for kind in ["anthropic", "deepseek", "groq"] {
            let place = try Place(kind: kind)
            try expectError(try place.ask("/v1/embeddings", "{\"model\": \"m\", \"input\": \"a\"}"), 404)
            #expect(place.upstream.questions.allSatisfy { !$0.target.contains("embed") })
        }
    }
}
