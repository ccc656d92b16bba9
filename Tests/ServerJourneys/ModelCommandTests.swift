import Foundation
import TestKit
import Testing

/// What can be done to the models of a provider: `/v1/models/pull`, `/v1/models/delete`, and Synapse's.
@Suite struct ModelCommandTests {
    private static let progress = ["{\"status\":\"pulling\"}\n", "{\"completed\":5}\n", "{\"status\":\"success\"}\n"]

    private static func script(_ question: ScriptedUpstream.Question) -> ScriptedUpstream.Answer {
        question.target == "/api/pull" && !question.text.contains("false")
            ? ScriptedUpstream.Answer(pieces: progress, type: "application/x-ndjson")
            : ScriptedUpstream.Answer("{\"asked\": \"\(question.method) \(question.target)\"}")
    }

    private final class Place {
        let ollama: ScriptedUpstream
        let spare: ScriptedUpstream
        let synapse: ScriptedUpstream
        let station: Station

        init(routes: String = "  - {name: all, to: [mock, one, two, trainer]}") throws {
            ollama = try ScriptedUpstream(ModelCommandTests.script)
            spare = try ScriptedUpstream(ModelCommandTests.script)
            synapse = try ScriptedUpstream(ModelCommandTests.script)
            station = try Station(
                providers: """
                      one: {kind: ollama, url: "\(ollama.url)", health: {mode: none}}
                      two: {kind: ollama, url: "\(spare.url)", health: {mode: none}}
                      trainer: {kind: synapse, url: "\(synapse.url)", health: {mode: none}}
                    """,
                routes: routes
            )
        }

        func ask(_ path: String, _ body: String, _ method: String = "POST") throws -> Response {
            try station.connect().fetch(method, path, body: body)
        }
    }

    @Test func `a pull goes to the first Ollama, and its progress comes line by line`() throws {
        let place = try Place()
        for path in ["/v1/models/pull", "/api/pull"] {
            let response = try place.ask(path, "{\"model\": \"llama\", \"insecure\": true}")
            #expect(response.status == 200 && response["content-type"] == "application/x-ndjson")
            #expect(response.text == Self.progress.joined())
            #expect(response.ending == .complete && response["x-hoosh-provider"] == "one")
        }
        let seen = try #require(place.ollama.questions.first)
        #expect(seen.method == "POST" && seen.target == "/api/pull")
        #expect(seen.text == "{\"model\":\"llama\",\"insecure\":true}")
        let whole = try place.ask("/v1/models/pull", "{\"model\": \"llama\", \"stream\": false}")
        #expect(whole.text.contains("asked"))
    }

    @Test func `who shall do it can be named`() throws {
        let place = try Place()
        let response = try place.ask("/v1/models/delete", "{\"model\": \"llama\", \"provider\": \"two\"}")
        #expect(response.status == 200 && response["x-hoosh-provider"] == "two")
        let seen = try #require(place.spare.questions.first)
        #expect(seen.method == "DELETE" && seen.target == "/api/delete" && seen.text == "{\"model\":\"llama\"}")
        #expect(place.ollama.questions.isEmpty)
        let missed = try expectError(
            try place.ask("/v1/models/delete", "{\"model\": \"llama\", \"provider\": \"trainer\"}"),
            404,
            code: "no_provider"
        )
        #expect(missed.message.contains("trainer") && missed.message.contains("ollama"))
    }

    @Test func `a training is asked about by its name, whatever that holds`() throws {
        let place = try Place()
        _ = try place.ask("/v1/training/status", "{\"job_id\": \"a/../b HTTP/1.1\\r\\nx: y?q#\"}")
        let seen = try #require(place.synapse.questions.first)
        #expect(seen.method == "GET" && seen.body.isEmpty && seen.headers["x"] == nil)
        #expect(seen.target == "/v1/training/a%2F..%2Fb%20HTTP%2F1.1%0D%0Ax%3A%20y%3Fq%23")
        for job in ["", ".", ".."] {
            let body = "{\"job_id\": \"\(job)\"}"
            try expectError(try place.ask("/v1/training/status", body), 400, code: "missing_job_id")
        }
        let synced = try place.ask("/v1/catalog/sync", "{}")
        #expect(synced.status == 200 && synced.text.contains("POST /v1/catalog/sync"))
    }

    @Test func `what changes something is asked of one provider once`() throws {
        let place = try Place(routes: "  - {name: all, to: [dead, two]}".replacingOccurrences(of: "dead", with: "one"))
        let broken = try Station(
            providers: """
                  dead: {kind: ollama, url: "http://127.0.0.1:1", health: {mode: none}}
                  two: {kind: ollama, url: "\(place.spare.url)", health: {mode: none}}
                """,
            routes: "  - {name: all, to: [dead, two]}"
        )
        let response = try broken.connect().fetch("POST", "/v1/models/delete", body: "{\"model\": \"llama\"}")
        #expect(response.status == 502)
        #expect(place.spare.questions.isEmpty)
    }

    @Test func `routes decide about commands as about any request`() throws {
        let denied = try Place(
            routes: "  - {name: no, match: {path: \"/v1/models/*\"}, deny: {status: 403, message: hands off}}\n"
                + "  - {name: all, to: [one]}"
        )
        for path in ["/v1/models/pull", "/api/pull"] {
            let response = try denied.ask(path, "{\"model\": \"llama\"}")
            #expect(response.status == 403 && response.text.contains("hands off"))
        }
        #expect(try denied.ask("/api/delete", "{\"model\": \"llama\"}", "DELETE").status == 403)
        let elsewhere = try Place(routes: "  - {name: all, to: [mock]}")
        try expectError(try elsewhere.ask("/v1/models/pull", "{\"model\": \"llama\"}"), 404, code: "no_provider")
        #expect(denied.ollama.questions.isEmpty && elsewhere.ollama.questions.isEmpty)
    }

    @Test func `what is missing or no JSON is said`() throws {
        let place = try Place()
        try expectError(try place.ask("/v1/models/pull", "{}"), 400, code: "missing_model")
        try expectError(try place.ask("/v1/models/pull", "{"), 400, code: "invalid_json")
        try expectError(try place.ask("/v1/models/pull", "{\"name\": \"x\"}"), 400, code: "missing_model")
        #expect(try place.ask("/v1/models/pull", "{\"model\": \"m\"}", "PUT").status == 405)
    }
}
