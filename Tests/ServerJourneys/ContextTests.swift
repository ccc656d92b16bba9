import Foundation
import TestKit
import Testing

@Suite struct ContextTests {
    private static let compacting = """
          - {name: short, match: {model: small}, to: [mock], context: {compact: {at: 50%, keep_last: 2}}}
          - {name: thin, match: {model: prose}, to: [mock], context: {compress: whitespace}}
          - {name: unknown, match: {model: unheard-of}, to: [mock], context: {compact: {at: 1%, keep_last: 1}}}
          - {name: all, to: [mock]}
        """

    private func station(kind: String = "") throws -> Station {
        try Station(
            providers: """
                  claude: {kind: anthropic, url: "http://127.0.0.1:1", key: "env:KEY"}
                """,
            more: "models: {facts: {small: {context: 400}}}",
            routes: Self.compacting,
            environment: ["KEY": "k"]
        )
    }

    /// Turns of about 55 tokens each.
    private func body(_ model: String, _ count: Int, extra: String = "") -> String {
        let words = String(repeating: "words ", count: 33)
        var messages = ["{\"role\": \"system\", \"content\": \"rules\"}"]
        for number in 0..<count {
            messages.append("{\"role\": \"user\", \"content\": \"question \(number) \(words)\"}")
            messages.append(
                "{\"role\": \"assistant\", \"content\": null, \"tool_calls\": [{\"id\": \"c\(number)\", \"type\": \"function\", "
                    + "\"function\": {\"name\": \"f\", \"arguments\": \"{\\\"a\\\":  \(number)}\"}}]}"
            )
            messages.append(
                "{\"role\": \"tool\", \"tool_call_id\": \"c\(number)\", \"content\": \"result  \(number)\"}"
            )
            messages.append("{\"role\": \"assistant\", \"content\": \"answer \(number)\"}")
        }
        return "{\"model\":  \"\(model)\", \(extra)\"messages\": [\(messages.joined(separator: ", "))]}"
    }

    private func seen(_ station: Station) throws -> [[String: Any]] {
        let last = try #require(try station.mock.requests().last)
        let object = try JSONSerialization.jsonObject(with: Data(last.body.utf8)) as? [String: Any]
        return try #require(object?["messages"] as? [[String: Any]])
    }

    @Test func `a chat near its window loses its oldest turns, and is told so`() throws {
        let station = try station()
        let response = try station.chat(body: body("small", 12, extra: "\"x_own\": 7, "))
        #expect(response.status == 200, "\(response.text)")
        let told = try #require(response["x-hoosh-context"])
        #expect(told.hasPrefix("compacted; dropped_messages=") && told.contains("from_tokens="))
        let messages = try seen(station)
        #expect(messages.first?["content"] as? String == "rules")
        #expect(messages[1]["role"] as? String == "user" && messages.last?["content"] as? String == "answer 11")
        let calls = messages.compactMap { ($0["tool_calls"] as? [[String: Any]])?.first?["id"] as? String }
        #expect(calls == messages.compactMap { $0["tool_call_id"] as? String } && !calls.isEmpty)
        let sent = try #require(try station.mock.requests().last)
        #expect(sent.body.contains("x_own") && sent.path == "/v1/chat/completions")
        #expect(sent.body.contains("{\\\"a\\\":  11}"), "arguments stay as they were spelled")
    }

    @Test func `a chat that is short, one of an unknown model and one of another route pass byte for byte`() throws {
        let station = try station()
        for (model, count) in [("small", 1), ("unheard-of", 12), ("mock-small", 12)] {
            let sent = body(model, count)
            let response = try station.chat(body: sent)
            #expect(response.status == 200 && response["x-hoosh-context"] == nil)
            #expect(try station.mock.requests().last?.body == sent)
        }
    }

    @Test func `prose loses its spaces, tools and code keep theirs`() throws {
        let station = try station()
        let sent = """
            {"model": "prose", "messages": [
             {"role": "user", "content": "Please look at this text. I wrote it just now. \\n\\n\\n\\nIt has a block of code. You find that right below it.\\n\\n```\\na  =  1\\n\\n\\n\\nb\\n```"},
             {"role": "assistant", "content": null, "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{\\"a\\":   1}"}}]},
             {"role": "tool", "tool_call_id": "c", "content": "some  result  with  many  spaces"}]}
            """
        let response = try station.chat(body: sent)
        #expect(
            response["x-hoosh-context"]?.hasPrefix("compressed; saved_bytes=3; from_tokens=") == true,
            "\(response.head)"
        )
        let messages = try seen(station)
        #expect(
            messages[0]["content"] as? String
                == "Please look at this text. I wrote it just now.\n\nIt has a block of code. You find that right below it.\n\n```\na  =  1\n\n\n\nb\n```"
        )
        #expect(messages[2]["content"] as? String == "some  result  with  many  spaces")
        let plain = "{\"model\": \"prose\", \"messages\": [{\"role\": \"user\", \"content\": \"Nothing to do here.\"}]}"
        #expect(try station.chat(body: plain)["x-hoosh-context"] == nil)
        #expect(try station.mock.requests().last?.body == plain)
    }

    @Test func `a stream of a shortened chat is the client's own, without usage it did not ask for`() throws {
        let station = try station()
        let response = try station.chat(body: body("small", 12, extra: "\"stream\": true, "))
        #expect(response["x-hoosh-context"] != nil && response["content-type"]?.hasPrefix("text/event-stream") == true)
        #expect(try station.mock.requests().last?.body.contains("include_usage") == false)
    }

    @Test func `a translated chat is shortened too, and an answer's limit is the model's own`() throws {
        let mock = try MockUpstream(models: ["claude-sonnet-4-5"])
        let station = try Station(
            providers:
                "  claude: {kind: anthropic, url: \"\(mock.url)\", key: \"env:KEY\", context: 400, health: {mode: none}, pass_headers: [x-mock-*]}",
            routes: "  - {name: all, to: [claude], context: {compact: {at: 60%, keep_last: 1}}}",
            environment: ["KEY": "k"]
        )
        let response = try station.chat(body: body("claude-sonnet-4-5", 12))
        #expect(response.status == 200, "\(response.text)")
        #expect(response["x-hoosh-context"]?.hasPrefix("compacted;") == true)
        let sent = try #require(try mock.requests().last)
        #expect(sent.path == "/v1/messages" && sent.body.contains("\"max_tokens\":64000"), "\(sent.body.prefix(200))")
        #expect(!sent.body.contains("question 0") && sent.body.contains("question 11"))
    }

    @Test func `turns that stay are the client's own bytes, with the model and the count that the route wants`() throws
    {
        let station = try Station(
            more: "models: {aliases: {tiny: mock-small}, facts: {mock-small: {context: 400}}}",
            routes: """
                  - {name: all, to: [mock], usage: exact, context: {compact: {at: 50%, keep_last: 2}}}
                """
        )
        let rest =
            "{\"role\":\"user\", \"vendor\":1.0e0,\"content\":[{\"type\":\"text\",\"text\":\"b\",\"cache_control\":{\"type\":\"ephemeral\"}},"
            + "{\"type\":\"weird\",\"v\":1}]} , {\"role\":\"user\",\"content\":null}"
        let gone = "{\"role\":\"user\",\"content\":\"\(String(repeating: "words ", count: 200))\"},"
        let start = "{ \"stream\":true,\"messages\" : [ "
        let end = " ], \"model\" : "
        let response = try station.chat(body: start + gone + rest + end + "\"tiny\"}")
        #expect(response.status == 200, "\(response.text)")
        #expect(response["x-hoosh-context"]?.hasPrefix("compacted; dropped_messages=1;") == true, "\(response.head)")
        #expect(response["x-hoosh-dropped-params"] == nil)
        let sent = try #require(try station.mock.requests().last?.body)
        #expect(sent == start + rest + end + "\"mock-small\",\"stream_options\":{\"include_usage\":true}}")
        #expect(!response.text.contains("\"usage\":{"), "the client did not ask to be told")
    }

    @Test func `a chat whose turns cannot be told apart goes as it came, and that is told`() throws {
        let station = try station()
        let sent =
            "{\"model\": \"small\", \"messages\": []  , \"messages\": [{\"role\": \"user\", \"content\": \"x\"}]}"
        let response = try station.chat(body: sent)
        #expect(response["x-hoosh-context"] == "unchanged; reason=unreadable")
        #expect(try station.mock.requests().last?.body == sent)
    }
}
