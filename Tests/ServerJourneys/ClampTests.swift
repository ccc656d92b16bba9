import Foundation
import TestKit
import Testing

/// Answers held to so many tokens, and what they cost where it is told.
@Suite struct ClampTests {
    private static let key = ["A_KEY": "a-0123456789abcdef0123"]
    private static let messages = "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]"

    /// What each provider is asked, by the path of the client's request.
    @Test func `the least of target, route and provider holds, in every format`() throws {
        let mock = try MockUpstream(models: ["mock-small"])
        let station = try Station(
            provider: "max_tokens: 300",
            providers: "  claude: {kind: anthropic, url: \"\(mock.url)\", key: env:A_KEY, health: {mode: none}}\n"
                + "  llama: {kind: ollama, url: \"\(mock.url)\", health: {mode: none}}",
            routes: "  - {name: llama, match: {model: llama}, max_tokens: 50, to: [llama]}\n"
                + "  - {name: claude, match: {model: claude}, max_tokens: 200, to: [{provider: claude, max_tokens: 150}]}\n"
                + "  - {name: all, max_tokens: 200, to: [{provider: mock, max_tokens: 400}]}",
            models: ["mock-small", "claude", "llama"],
            environment: Self.key
        )
        func ask(_ path: String, _ body: String) throws -> (Response, [String: Any]) {
            let upstream = body.contains("mock-small") ? station.mock : mock
            let answer = try station.connect().fetch(
                "POST",
                path,
                headers: [("content-type", "application/json"), ("anthropic-version", "2023-06-01")],
                body: body
            )
            #expect(answer.status == 200, "\(answer.text)")
            let seen = try #require(try upstream.requests().last)
            return (answer, try JSONSerialization.jsonObject(with: Data(seen.body.utf8)) as? [String: Any] ?? [:])
        }
        let chat = "/v1/chat/completions"
        var (answer, asked) = try ask(chat, "{\"model\":\"mock-small\",\"max_tokens\":9000,\(Self.messages)}")
        #expect(asked["max_tokens"] as? Int == 200 && answer["x-hoosh-clamped"] == "max_tokens=200")
        (answer, asked) = try ask(chat, "{\"model\":\"mock-small\",\"max_tokens\":20,\(Self.messages)}")
        #expect(asked["max_tokens"] as? Int == 20 && answer["x-hoosh-clamped"] == nil)
        (answer, asked) = try ask(chat, "{\"model\":\"mock-small\",\(Self.messages)}")
        #expect(asked["max_tokens"] as? Int == 200 && answer["x-hoosh-clamped"] == "max_tokens=200")
        (answer, asked) = try ask(chat, "{\"model\":\"claude\",\"max_tokens\":9000,\(Self.messages)}")
        #expect(asked["max_tokens"] as? Int == 150 && answer["x-hoosh-clamped"] == "max_tokens=150")
        (answer, asked) = try ask("/v1/messages", "{\"model\":\"claude\",\"max_tokens\":151,\(Self.messages)}")
        #expect(asked["max_tokens"] as? Int == 150)
        (answer, asked) = try ask("/api/chat", "{\"model\":\"llama\",\"stream\":false,\(Self.messages)}")
        #expect((asked["options"] as? [String: Int])?["num_predict"] == 50)
        #expect(answer["x-hoosh-clamped"] == "max_tokens=50")
    }

    @Test func `a budget sets aside what may be asked for, not what is wished`() throws {
        let station = try Station(
            more: "pools: {team: {tokens: 1k/day}}",
            routes: "  - {name: all, max_tokens: 100, pool: team, to: [mock]}"
        )
        let answer = try station.chat(body: "{\"model\":\"mock-small\",\"max_tokens\":1000000,\(Self.messages)}")
        #expect(answer.status == 200, "\(answer.text)")
        let left = Int(answer["x-hoosh-budget-remaining-tokens"] ?? "") ?? 0
        #expect(left > 800 && left <= 900)
    }

    @Test func `another server's name for the limit passes neither it nor the budget`() throws {
        let mock = try MockUpstream(models: ["llama"])
        let station = try Station(
            providers: "  ll: {kind: llamacpp, url: \"\(mock.url)\", health: {mode: none}}",
            more: "pools: {team: {tokens: 10k/day}, free: {tokens: 10k/day, reserve: {output: 700}}}",
            routes: "  - {name: held, match: {model: llama}, max_tokens: 100, pool: team, to: [ll]}\n"
                + "  - {name: all, pool: free, to: [mock]}"
        )
        func ask(_ model: String, _ limits: String) throws -> (Response, [String: Any]) {
            let answer = try station.chat(body: "{\"model\":\"\(model)\",\(limits),\(Self.messages)}")
            #expect(answer.status == 200, "\(answer.text)")
            let seen = try #require(try (model == "llama" ? mock : station.mock).requests().last)
            return (answer, try JSONSerialization.jsonObject(with: Data(seen.body.utf8)) as? [String: Any] ?? [:])
        }
        func left(_ answer: Response) -> Int { Int(answer["x-hoosh-budget-remaining-tokens"] ?? "") ?? -1 }
        for said in [1_000_000, -1, -2] {
            let (answer, asked) = try ask("llama", "\"max_tokens\":1,\"n_predict\":\(said)")
            #expect(asked["max_tokens"] as? Int == 1 && asked["n_predict"] as? Int == 100)
            #expect(answer["x-hoosh-clamped"] == "max_tokens=100")
        }
        // Without a clamp the larger name is what is set aside; and of none, or of no limit, `reserve.output`.
        let before = left(try ask("mock-small", "\"max_tokens\":1").0)
        #expect(before > 9_900)
        let most = left(try ask("mock-small", "\"max_tokens\":1,\"n_predict\":5000").0)
        #expect(most < 5_000 && most > 4_500, "\(most)")
        let open = left(try ask("mock-small", "\"max_tokens\":1,\"n_predict\":-1").0)
        #expect(open > 8_900 && open < 9_300, "\(open)")
    }

    @Test func `a target has a price of its own`() throws {
        let station = try Station(
            provider: "price: {input: 2, output: 8}",
            routes: "  - {name: all, to: [{provider: mock, price: {input: 20, output: 80}}]}"
        )
        let answer = try station.chat()
        let usage = try #require(try object(answer)["usage"] as? [String: Any])
        let (input, output) = (usage["prompt_tokens"] as? Int ?? 0, usage["completion_tokens"] as? Int ?? 0)
        #expect(answer["x-hoosh-cost-micro-usd"] == "\(20 * input + 80 * output)")
    }

    @Test func `translated answers tell their cost in the body, in a trailer, and in a batch`() throws {
        let mock = try MockUpstream(models: ["claude"])
        let station = try Station(
            providers: "  claude: {kind: anthropic, url: \"\(mock.url)\", key: env:A_KEY, health: {mode: none}, "
                + "price: {input: 1000, output: 2000}}",
            routes: "  - {name: all, to: [claude]}",
            environment: Self.key
        )
        let answer = try station.chat(model: "claude")
        let usage = try #require(try object(answer)["usage"] as? [String: Any])
        let cost = try #require(usage["cost_micro_usd"] as? Int, "\(answer.text)")
        #expect(cost > 0 && answer["x-hoosh-cost-micro-usd"] == "\(cost)")

        func stream(_ te: String) throws -> (text: String, head: Response) {
            let client = try station.connect()
            let body = chatBody(model: "claude", stream: true)
            try client.send(
                "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n\(te)Connection: close\r\n"
                    + "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
            )
            let head = client.readResponse(to: "POST")
            return (head.text, head)
        }
        let told = try stream("TE: gzip, Trailers;q=1\r\n")
        #expect(told.head.ending == .complete && told.head["trailer"] == "x-hoosh-cost-micro-usd")
        let untold = try stream("")
        #expect(untold.head.ending == .complete && untold.head["trailer"] == nil)
        let raw = try station.connect()
        let body = chatBody(model: "claude", stream: true)
        try raw.send(
            "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nTE: trailers\r\nConnection: close\r\n"
                + "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
        )
        let bytes = String(decoding: raw.readToEnd().bytes, as: UTF8.self)
        let trailer = try #require(bytes.components(separatedBy: "\r\n0\r\n").last)
        #expect(trailer.hasPrefix("x-hoosh-cost-micro-usd: ") && trailer.hasSuffix("\r\n\r\n"), "\(bytes.suffix(200))")
        let sums = try object(station.ask("/v1/costs"))
        #expect((sums["total_cost_micro_usd"] as? Int ?? 0) > cost)
        #expect(!trailer.contains(": 0\r"))

        let batch = try station.connect().fetch(
            "POST",
            "/v1/batch",
            headers: [("content-type", "application/json")],
            body: "{\"requests\":[{\"model\":\"claude\",\(Self.messages)}]}"
        )
        let result = try #require((try object(batch)["results"] as? [[String: Any]])?.first)
        #expect(result["cost_micro_usd"] as? Int ?? 0 > 0, "\(batch.text)")
    }
}
