import Foundation
import TestKit
import Testing

/// What things cost, over sockets.
@Suite struct CostTests {
    private static let priced = "price: {input: 2, output: 8}"

    @Test func `a whole answer says what it cost, and the book knows by whom`() throws {
        let station = try Station(provider: Self.priced)
        let answer = try station.chat()
        let usage = try #require(try object(answer)["usage"] as? [String: Int])
        let cost = 2 * (usage["prompt_tokens"] ?? 0) + 8 * (usage["completion_tokens"] ?? 0)
        #expect(answer["x-hoosh-cost-micro-usd"] == "\(cost)")
        let streamed = try station.chat(
            body: "{\"model\":\"mock-small\",\"stream\":true,\"stream_options\":{\"include_usage\":true},"
                + "\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}"
        )
        #expect(streamed["x-hoosh-cost-micro-usd"] == nil)
        var sums: [String: Any] = [:]
        for _ in 0..<100 {
            sums = try object(station.ask("/v1/costs?by=provider,model,day"))
            if sums["total_requests"] as? Int == 2 { break }
            usleep(20_000)
        }
        let records = try #require(sums["records"] as? [[String: Any]])
        #expect(records.count == 1)
        #expect(records.first?["provider"] as? String == "mock")
        #expect(records.first?["model"] as? String == "mock-small")
        #expect((sums["total_cost_micro_usd"] as? Int ?? 0) > cost)
        let page = try MetricsPage(station.ask("/metrics").text)
        #expect(
            page.value("hoosh_cost_micro_usd_total", ["provider": "mock"])
                == Double(sums["total_cost_micro_usd"] as? Int ?? -1)
        )
        #expect(try object(station.ask("/v1/costs/reset", "POST"))["status"] as? String == "reset")
        #expect(try object(station.ask("/v1/costs"))["total_requests"] as? Int == 0)
        #expect(
            try MetricsPage(station.ask("/metrics").text).value("hoosh_cost_micro_usd_total", ["provider": "mock"])
                == page.value("hoosh_cost_micro_usd_total", ["provider": "mock"])
        )
        try expectError(station.ask("/v1/costs?by=colour"), 400)
    }

    @Test func `clients are told what something would cost, and which model is the cheapest`() throws {
        let station = try Station(
            provider: "models: [gpt-4o, gpt-4o-mini], price: {\"gpt-4o\": {input: 2.5, output: 10}, "
                + "gpt-4o-mini: {input: 0.15, output: 0.6}}",
            more: "models: {aliases: {fast: gpt-4o-mini}}"
        )
        func ask(_ path: String, _ body: String) throws -> Response {
            try station.connect().fetch("POST", path, headers: [("content-type", "application/json")], body: body)
        }
        let estimate = try object(
            ask("/v1/cost/estimate", "{\"model\":\"fast\",\"input_tokens\":1000,\"output_tokens\":100}")
        )
        #expect(estimate["estimated_cost_micro_usd"] as? Int == 210)
        #expect(estimate["estimated_cost_usd"] as? String == "0.000210")
        let best = try object(
            ask("/v1/cost/recommend", "{\"input_tokens\":1000,\"max_output_tokens\":100,\"has_vision\":true}")
        )
        #expect(best["model"] as? String == "gpt-4o-mini")
        try expectError(ask("/v1/cost/recommend", "{\"input_tokens\":900000}"), 404, code: "model_not_found")
        try expectError(ask("/v1/cost/estimate", "{\"model\":\"nobody's\"}"), 404, code: "model_not_found")
        try expectError(ask("/v1/cost/estimate", "{\"input_tokens\":1}"), 400, code: "missing_model")
    }

    @Test func `columns may be asked for as any library writes them, and stand there once`() throws {
        let station = try Station(provider: Self.priced)
        _ = try station.chat()
        #expect(try eventually { try object(station.ask("/v1/costs"))["total_requests"] as? Int == 1 })
        for query in ["by=provider%2Cmodel", "by=provider,model,provider", "x=1&by=provider,model"] {
            let text = try station.ask("/v1/costs?\(query)").text
            #expect(
                text.contains("\"records\":[{\"provider\":\"mock\",\"model\":\"mock-small\",\"requests\":1,"),
                "\(text)"
            )
        }
    }

    @Test func `no page in a browser changes anything`() throws {
        let station = try Station(provider: Self.priced, more: "cache: {mode: exact}")
        #expect(try station.whenKept(station.chat()).status == 200)
        let origin: Headers = [("origin", "http://localhost:8089"), ("content-type", "text/plain")]
        for path in ["/v1/cache/invalidate", "/v1/costs/reset", "/v1/admin/reload"] {
            let answer = try fetch(station.admin, "POST", path, headers: origin, body: "{\"all\":true}")
            try expectError(answer, 403, code: "forbidden")
        }
        #expect(try object(station.ask("/v1/cache/stats"))["entries"] as? Int == 1)
    }

    @Test func `the strategy cost asks the cheapest`() throws {
        let other = try MockUpstream(models: ["mock-small"])
        let station = try Station(
            provider: Self.priced,
            providers: "  cheap: {kind: openai-compatible, url: \"\(other.url)/v1\", health: {mode: none}, "
                + "price: {input: 1, output: 9}}",
            routes: "  - {name: all, to: [[mock, cheap]], strategy: cost}"
        )
        let short =
            "{\"model\":\"mock-small\",\"max_tokens\":1,\"messages\":[{\"role\":\"user\",\"content\":\"\(String(repeating: "word ", count: 50))\"}]}"
        #expect(try station.chat(body: short)["x-hoosh-provider"] == "cheap")
        let long =
            "{\"model\":\"mock-small\",\"max_tokens\":1000,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"
        #expect(try station.chat(body: long)["x-hoosh-provider"] == "mock")
    }

    @Test func `an estimate goes by the price that the request would be charged at`() throws {
        let other = try MockUpstream(models: ["mock-small"])
        let station = try Station(
            provider: "models: [mock-small, mock-large], \(Self.priced)",
            providers: "  cheap: {kind: openai-compatible, url: \"\(other.url)/v1\", health: {mode: none}, "
                + "price: {input: 0.5, output: 1}}",
            routes: """
                  - {name: closed, match: {model: "closed*"}, deny: {status: 403, message: "not here"}}
                  - {name: team, match: {headers: {x-team: legal}}, to: [{provider: mock, price: {input: 4, output: 4}}]}
                  - {name: long, match: {tokens: "5k..100k"}, to: [{provider: mock, price: {input: 7, output: 7}}]}
                  - {name: other, match: {model: mock-other}, to: [{provider: mock, model: mock-large, price: {input: 3, output: 3}}]}
                  - {name: all, to: [{provider: mock, price: {mock-small: {input: 1, output: 1}}}, cheap]}
                """
        )
        func estimate(_ model: String, _ more: String = "", headers: Headers = []) throws -> [String: Any] {
            let body = "{\"model\":\"\(model)\",\"input_tokens\":1000,\"output_tokens\":0\(more)}"
            let answer = try station.connect().fetch("POST", "/v1/cost/estimate", headers: headers, body: body)
            #expect(answer.status == 200, "\(answer.text)")
            return try object(answer)
        }
        func cost(_ answer: [String: Any]) -> Int? { answer["estimated_cost_micro_usd"] as? Int }
        #expect(try cost(estimate("mock-small")) == 1_000)
        #expect(
            try cost(estimate("mock-large")) == 2_000,
            "what the target has no price for costs what its provider says"
        )
        #expect(try cost(estimate("mock-other")) == 3_000)
        #expect(try cost(estimate("mock-small", headers: [("x-team", "legal")])) == 4_000)
        #expect(try cost(estimate("mock-small", ",\"provider\":\"cheap\"")) == 500)
        // Only a later tier has it.
        #expect(try estimate("elsewhere")["provider"] as? String == "cheap")
        let long = "{\"model\":\"mock-small\",\"input_tokens\":10000}"
        #expect(try cost(object(station.connect().fetch("POST", "/v1/cost/estimate", body: long))) == 70_000)
        let denied = try station.connect().fetch("POST", "/v1/cost/estimate", body: "{\"model\":\"closed-1\"}")
        try expectError(denied, 403, code: "route_forbidden")
        // It is what is charged.
        for headers: Headers in [[], [("x-team", "legal")]] {
            let answer = try station.chat(headers: headers)
            let usage = try #require(try object(answer)["usage"] as? [String: Int])
            let price = headers.isEmpty ? 1 : 4
            #expect(answer["x-hoosh-cost-micro-usd"] == "\(price * (usage["total_tokens"] ?? 0))")
        }
    }

    @Test func `what is recommended is what the routes make the cheapest`() throws {
        let station = try Station(
            provider: "models: [gpt-4o, gpt-4o-mini], price: {\"gpt-4o\": {input: 2.5, output: 10}, "
                + "gpt-4o-mini: {input: 0.15, output: 0.6}}",
            routes: """
                  - {name: closed, match: {headers: {x-team: legal}, model: gpt-4o-mini}, deny: {}}
                  - {name: own, match: {model: gpt-4o}, to: [{provider: mock, price: {input: 0.1, output: 0.1}}]}
                  - {name: all, to: [mock]}
                """
        )
        func best(_ headers: Headers = [], _ body: String = "{\"input_tokens\":1000}") throws -> Response {
            try station.connect().fetch("POST", "/v1/cost/recommend", headers: headers, body: body)
        }
        let found = try object(best())
        #expect(found["model"] as? String == "gpt-4o" && found["estimated_cost_micro_usd"] as? Int == 100)
        #expect(try object(best([("x-team", "legal")]))["model"] as? String == "gpt-4o")
    }

    @Test func `an answer from the cache says that it cost nothing`() throws {
        let station = try Station(
            provider: Self.priced,
            more: "cache: {mode: exact, stream: replay}"
        )
        let chat = chatBody()
        let messages =
            "{\"model\":\"mock-small\",\"max_tokens\":5,\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}"
        let requests = [
            ("/v1/chat/completions", chat, false), ("/v1/chat/completions", chatBody(stream: true), false),
            ("/v1/messages", messages, true),
        ]
        for (path, body, isOurs) in requests {
            func ask() throws -> Response { try station.whenKept(station.connect().fetch("POST", path, body: body)) }
            let first = try ask()
            #expect(first["x-hoosh-cache"] == "MISS" && first["x-hoosh-cost-micro-usd"] != "0")
            let again = try ask()
            #expect(again["x-hoosh-cache"] == "HIT" && again["x-hoosh-cost-micro-usd"] == "0", "\(path)")
            guard isOurs else {
                #expect(again.body == first.body, "what passes unchanged is replayed unchanged")
                continue
            }
            func cost(_ answer: Response) throws -> Int? {
                (try object(answer)["usage"] as? [String: Any])?["cost_micro_usd"] as? Int
            }
            #expect(try cost(first) == first["x-hoosh-cost-micro-usd"].flatMap { Int($0) })
            #expect(try cost(again) == 0 && uncosted(again) == uncosted(first))
        }
    }
}
