import Foundation
import TestKit
import Testing

/// Which provider a request goes to, and what that provider is sent.
@Suite struct RoutingTests {
    // MARK: The model

    /// The only bytes that change are those of the model's value.
    @Test(
        arguments: [
            "{\"model\":\"gpt-x\",\"messages\":[]}",
            "{ \"messages\" : [ ] ,\r\n\t\"model\" :\t\"gpt-x\"  }",
            "{\"model\":\"gpt\\u002dx\",\"messages\":[{\"role\":\"user\",\"content\":\"model \\\"gpt-x\\\"\"}]}",
            "{\"messages\":[{\"role\":\"user\",\"content\":\"zwölf 🦉\"}],\"x\":{\"model\":\"gpt-x\"},\"model\":\"gpt-x\"}",
        ],
        ["length", "chunked"]
    )
    func `a rewritten model changes only its own bytes`(body: String, framing: String) throws {
        let journey = try Journey(routes: "  - {name: all, to: [\"first/meta/llama \\\"3\\\"\"]}")
        let client = try journey.connect()
        let count = String(body.utf8.count, radix: 16)
        let how =
            framing == "length"
            ? "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
            : "Transfer-Encoding: chunked\r\n\r\n\(count)\r\n\(body)\r\n0\r\n\r\n"
        try client.send(
            "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\(how)"
        )
        #expect(client.readResponse(to: "POST").status == 200)
        let seen = try journey.mock.lastEnded()
        let spelled = body.contains("gpt\\u002dx") ? "\"gpt\\u002dx\"" : "\"gpt-x\""
        let place = try #require(body.range(of: spelled, options: body.hasSuffix("\"gpt-x\"}") ? .backwards : []))
        let expected = body.replacingCharacters(in: place, with: "\"meta/llama \\\"3\\\"\"")
        #expect(seen.body == expected)
        #expect(seen.values("content-length") == ["\(expected.utf8.count)"])
        #expect(seen.values("transfer-encoding").isEmpty)
    }

    @Test func `the model at the end of a large body is rewritten`() throws {
        let journey = try Journey(routes: "  - {name: all, to: [first/other-name]}")
        let filling = String(repeating: "word ", count: 1_200_000)
        let start = "{\"messages\":[{\"role\":\"user\",\"content\":\"\(filling)\"}],"
        let body = start + "\"model\":\"m\"}"
        let got = try journey.connect().fetch("POST", "/v1/chat/completions", body: body)
        #expect(got.status == 200)
        #expect(got.text.contains("\"model\":\"other-name\""), "the mock gives back the model it read")
        let seen = try journey.mock.lastEnded()
        #expect(seen.bodyBytes == body.utf8.count + 9)
        #expect(body.hasPrefix(seen.body))
    }

    @Test func `without a rewrite the body is untouched`() throws {
        let journey = try Journey()
        let body = "{ \"z\":1e400,\"model\" : \"a\\/b\", \"stream\":false, \"unknown\":[[{}]], \"messages\":[] }\n"
        #expect(try journey.connect().fetch("POST", "/v1/chat/completions", body: body).status == 200)
        #expect(try journey.mock.lastEnded().body == body)
    }

    @Test func `an alias becomes its model before routing`() throws {
        let journey = try Journey(
            upstreams: 2,
            routes: "  - {name: big, match: {model: \"big-*\"}, to: [second]}\n  - {name: rest, to: [first]}",
            top: "models: {aliases: {fast: big-one}}"
        )
        let got = try journey.chat(stream: false, model: "fast")
        #expect(got.provider == "second" && got["x-hoosh-route"] == "big")
        #expect(try journey.mocks[1].lastEnded().body == chatBody(model: "big-one"))
        #expect(try journey.chat(model: "slow").provider == "first")
        let models = try fetch(journey.address, "GET", "/v1/models").text
        #expect(models.contains("\"fast\"") && models.contains("\"first\"") && models.contains("\"second\""))
    }

    @Test func `an unknown model is told which are known`() throws {
        let journey = try Journey(
            providers: ["models: [\"llama*\"]"],
            routes: "  - {name: llama, match: {model: \"llama*\"}, to: [first]}"
        )
        let got = try journey.chat(model: "gpt-9")
        #expect(got.status == 404 && got.errorCode == "model_not_found")
        #expect(got.errorMessage.contains("gpt-9") && got.errorMessage.contains("llama*"))
        #expect(try journey.mock.counters().requests == 0)
    }

    @Test func `an unknown model is told which the providers list when the file names none`() throws {
        let journey = try Journey(routes: "  - {name: llama, match: {model: \"llama*\"}, to: [first]}")
        let got = try journey.chat(model: "gpt-9")
        #expect(got.status == 404 && got.errorCode == "model_not_found")
        #expect(got.errorMessage.contains("Known: first."), "\(got.errorMessage)")
    }

    // MARK: Matches

    @Test func `header, stream, path and method decide in the order of the file`() throws {
        let routes = """
              - {name: blocked, match: {headers: {x-team: "evil*"}}, deny: {status: 451, message: "not for you"}}
              - {name: team, match: {headers: {x-team: "re:blue|green"}}, to: [second]}
              - {name: streams, match: {stream: true, api: chat}, to: [third]}
              - {name: files, match: {path: "/v1/files/*", method: DELETE}, to: [second]}
              - {name: rest, to: [first]}
            """
        let journey = try Journey(upstreams: 3, routes: routes)
        let denied = try journey.chat(headers: [("X-Team", "evil-one")])
        #expect(denied.status == 451 && denied.errorMessage == "not for you")
        #expect(try journey.chat(headers: [("X-Team", "green")])["x-hoosh-route"] == "team")
        #expect(try journey.chat(headers: [("x-team", "blueish")])["x-hoosh-route"] == "streams", "anchored")
        #expect(try journey.chat(stream: false)["x-hoosh-route"] == "rest")
        let client = try journey.connect()
        #expect(try client.fetch("DELETE", "/v1/files/abc")["x-hoosh-route"] == "files")
        #expect(try client.fetch("GET", "/v1/files/abc")["x-hoosh-route"] == "rest")
        #expect(try journey.mocks[1].requests().map(\.method) == ["POST", "DELETE"])
    }

    @Test func `groups take the providers that serve the model in their order`() throws {
        let journey = try Journey(
            upstreams: 3,
            providers: ["models: [\"a*\"]", "models: [\"a*\", \"b*\"]", "locality: remote"],
            routes:
                "  - {name: near, match: {headers: {x-near: \"1\"}}, to: [local]}\n  - {name: rest, to: [remote, any]}"
        )
        let near = [("x-near", "1")]
        #expect(try journey.chat(model: "a1", headers: near).provider == "first")
        #expect(try journey.chat(model: "b1", headers: near).provider == "second")
        #expect(try journey.chat(model: "c1", headers: near).status == 404)
        #expect(try journey.chat(model: "a1").provider == "third")
        #expect(try journey.chat(model: "b1", [("status", "500"), ("for", "third")]).provider == "second")
    }

    // MARK: Paths and fields

    @Test(
        arguments: [
            ("groq", "", "/openai/v1/chat/completions?a=b"), ("google", "", "/v1beta/openai/chat/completions?a=b"),
            ("openrouter", "", "/api/v1/chat/completions?a=b"), ("openai", "", "/v1/chat/completions?a=b"),
            ("openai-compatible", "/odd/place", "/odd/place/chat/completions?a=b"),
            ("vllm", "/prefix", "/prefix/v1/chat/completions?a=b"),
        ]
    )
    func `each kind keeps its API at its own place`(kind: String, base: String, path: String) throws {
        let mock = try MockUpstream()
        let journey = try Journey(
            mocks: [mock],
            more: "  kind: {kind: \(kind), url: \"\(mock.url)\(base)\", key: env:K, health: {mode: none}}",
            routes: "  - {name: all, to: [kind]}",
            environment: ["K": "secret-of-the-provider"]
        )
        _ = try journey.connect().fetch("POST", "/v1/chat/completions?a=b", body: chatBody())
        let seen = try mock.lastEnded()
        #expect(seen.path == path)
        #expect(seen.headers.contains { $0[1].hasSuffix("secret-of-the-provider") })
    }

    @Test func `credentials and fields of the client's connection stop at the proxy`() throws {
        let journey = try Journey(providers: ["key: env:K"], environment: ["K": "provider-key"])
        let mine: Headers = [
            ("Authorization", "Bearer client-key"), ("X-Api-Key", "client-key"), ("api-key", "client-key"),
            ("x-goog-api-key", "client-key"), ("Cookie", "client-key"), ("Proxy-Authorization", "Basic client-key"),
            ("Connection", "keep-alive, X-Private"), ("X-Private", "client-key"), ("Keep-Alive", "timeout=9"),
            ("TE", "trailers"), ("Proxy-Connection", "keep-alive"), ("Upgrade", "websocket"),
            ("Accept-Encoding", "gzip"), ("X-Request-Id", "my-own-id"), ("OpenAI-Organization", "org"),
            ("X-Stainless-Lang", "swift"), ("User-Agent", "test"),
        ]
        let got = try journey.chat(stream: false, headers: mine)
        #expect(got.status == 200)
        #expect(got["x-request-id"] == "my-own-id")
        let seen = try journey.mock.lastEnded()
        #expect(!seen.headers.contains { $0[1].contains("client-key") })
        #expect(seen.values("authorization") == ["Bearer provider-key"])
        for name in ["x-private", "keep-alive", "te", "proxy-connection", "upgrade", "cookie"] {
            #expect(seen.values(name).isEmpty, "\(name)")
        }
        #expect(seen.values("accept-encoding") == ["identity"])
        #expect(seen.values("x-request-id") == ["my-own-id"])
        #expect(seen.values("openai-organization") == ["org"])
        #expect(seen.values("x-stainless-lang") == ["swift"])
        #expect(seen.values("host") == ["\(journey.mock.address)"])
        #expect(!got.text.contains("provider-key"))
        let page = try fetch(journey.admin, "GET", "/metrics").text + fetch(journey.admin, "GET", "/readyz").text
        #expect(!page.contains("provider-key"))
    }
}
