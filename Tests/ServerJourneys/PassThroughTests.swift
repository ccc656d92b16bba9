import TestKit
import Testing

/// Endpoints that the proxy knows nothing of but the way: they reach the provider as they came.
@Suite struct PassThroughTests {
    private final class Place {
        let upstream: ScriptedUpstream
        let station: Station

        init() throws {
            upstream = try ScriptedUpstream { question in
                ScriptedUpstream.Answer("{\"id\": \"x\",  \"asked\": \"\(question.method)\"}")
            }
            station = try Station(
                providers: "  up: {kind: openai-compatible, url: \"\(upstream.url)/v1\", health: {mode: none}}",
                routes: "  - {name: all, to: [up]}"
            )
        }
    }

    @Test(
        arguments: [
            ("POST", "/v1/rerank", "{ \"model\":\"m\", \"query\": \"q\", \"documents\": [\"a\"] }"),
            ("POST", "/v1/moderations", "{ \"input\":\"a\" }"),
            ("POST", "/v1/images/generations", "{ \"model\": \"m\",\"prompt\": \"p\" }"),
            ("POST", "/v1/batches", "{ \"input_file_id\": \"f\", \"endpoint\": \"/v1/chat/completions\" }"),
            ("POST", "/v1/batches/b1/cancel", "{}"),
            ("POST", "/v1/uploads", "{ \"purpose\": \"batch\", \"bytes\": 5 }"),
            ("POST", "/v1/uploads/u1/complete", "{ \"part_ids\": [\"p\"] }"),
            ("POST", "/v1/responses/r1/cancel", "{ \"model\": \"m\"}"),
            ("GET", "/v1/responses/r1?include[]=x&stream=false", nil), ("DELETE", "/v1/responses/r1", nil),
            ("GET", "/v1/responses/r1/input_items?limit=5", nil),
            ("GET", "/v1/files?purpose=batch&limit=2", nil), ("GET", "/v1/files/f1", nil),
            ("GET", "/v1/files/f1/content", nil), ("DELETE", "/v1/files/f1", nil),
            ("GET", "/v1/batches?after=b", nil), ("GET", "/v1/batches/b1", nil), ("DELETE", "/v1/models/ft:m:x", nil),
        ] as [(String, String, String?)]
    )
    func `method, path, query and body arrive as they were sent`(method: String, path: String, body: String?) throws {
        let place = try Place()
        let response = try place.station.connect().fetch(method, path, headers: [("openai-beta", "x")], body: body)
        #expect(response.status == 200, "\(response.text)")
        #expect(response.text == "{\"id\": \"x\",  \"asked\": \"\(method)\"}")
        let seen = try #require(place.upstream.questions.first)
        #expect(seen.method == method && seen.target == path && seen.text == body ?? "")
        #expect(seen.headers["openai-beta"] == "x")
    }

    @Test(
        arguments: [
            ("/v1/messages/batches", #"{"model":"m","requests":[{"params":{"model":"dear","max_tokens":9}}]}"#),
            ("/v1/messages/batches", #"{"requests":[]}"#), ("/v1/messages/batches/b/cancel", #"{"model":"m"}"#),
            ("/v1/models/m:batchGenerateContent", #"{"batch":{}}"#),
            ("/v1/models/m%3AbatchGenerateContent", #"{"batch":{}}"#),
            ("/v1/models/m:asyncBatchEmbedContent", #"{"batch":{}}"#),
            ("/v1/batches", #"{"model":"m","requests":[]}"#),
            ("/v1beta/models/m:batchEmbedContents", #"{"requests":[{"model":"models/m"},{"model":"models/dear"}]}"#),
            ("/v1beta/models/m:embedContent", #"{"mod\u0065l":"models/dear"}"#),
        ]
    )
    func `requests within a request are not passed on`(path: String, body: String) throws {
        let place = try Place()
        let response = try place.station.connect().fetch("POST", path, body: body)
        #expect(response.text.contains("another `model`") || response.text.contains("/v1/batch`"), "\(response.text)")
        #expect(response.status == 400, "\(response.text)")
        #expect(place.upstream.questions.isEmpty)
    }

    @Test(arguments: [#"{"model":"m","Model":"dear"}"#, #"{"model":"m","model":"dear"}"#, #"{"MODEL":"dear"}"#])
    func `a model that is named in two ways passes nowhere`(body: String) throws {
        let place = try Place()
        for path in ["/v1/images/generations", "/v1/rerank"] {
            let response = try place.station.connect().fetch("POST", path, body: body)
            #expect(response.status == 400 && response.text.lowercased().contains("has `model`"), "\(response.text)")
        }
        #expect(place.upstream.questions.isEmpty)
    }

    @Test func `a public provider sees only the fields that it knows`() throws {
        let upstream = try ScriptedUpstream { _ in ScriptedUpstream.Answer("{}") }
        let place = "url: \"\(upstream.url)\", key: env:KEY, health: {mode: none}"
        let station = try Station(
            providers: "  fast: {kind: groq, \(place)}\n  wide: {kind: groq, \(place), pass_headers: [x-team, x-tr*]}",
            routes: "  - {name: wide, match: {model: wide}, to: [wide]}\n  - {name: all, to: [fast]}",
            environment: ["KEY": "provider-key"]
        )
        let fields: Headers = [
            ("x-forwarded-for", "10.1.2.3"), ("x-privacy", "public"), ("x-team", "red"), ("x-trace-id", "t"),
            ("openai-organization", "org"), ("groq-beta", "b"), ("user-agent", "app"), ("traceparent", "00-1-2-01"),
            ("cookie", "c=1"), ("x-api-key", "client"), ("idempotency-key", "i"),
        ]
        for model in ["m", "wide"] {
            let body = "{\"model\": \"\(model)\", \"messages\": []}"
            let response = try station.connect().fetch("POST", "/v1/chat/completions", headers: fields, body: body)
            #expect(response.status == 200, "\(response.text)")
        }
        let always: Set<String> = [
            "host", "authorization", "content-type", "content-length", "accept-encoding", "x-request-id", "groq-beta",
            "user-agent", "traceparent", "idempotency-key",
        ]
        let seen = upstream.questions.map { Set($0.headers.keys.map { $0.lowercased() }) }
        #expect(seen.count == 2 && seen.first == always && seen.last == always.union(["x-team", "x-trace-id"]))
    }

    @Test(arguments: ["/v1/files", "/v1/images/edits", "/v1/images/variations", "/v1/uploads/u1/parts"])
    func `forms arrive byte for byte`(path: String) throws {
        let place = try Place()
        let form =
            "--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nm\r\n--b\r\nContent-Disposition: form-data; "
            + "name=\"file\"; filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\n"
            + String(repeating: "\u{1}PNG\r\n", count: 30_000) + "\r\n--b--\r\n"
        let type = "multipart/form-data; boundary=b"
        let response = try place.station.connect().fetch("POST", path, headers: [("content-type", type)], body: form)
        #expect(response.status == 200, "\(response.text)")
        let seen = try #require(place.upstream.questions.first)
        #expect(seen.target == path && seen.headers["content-type"] == type && seen.text == form)
    }
}
