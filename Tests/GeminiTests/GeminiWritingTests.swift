import CodecKit
import Conversation
import Foundation
import Gemini
import JSON
import Testing

@Suite struct GeminiWritingTests {
    private let terms = RequestTerms(model: "gemini-3-flash", streams: false)

    private func written(_ messages: [ChatMessage], model: JSONString = "gemini-3-flash") throws -> (
        NSDictionary, [String]
    ) {
        var request = ChatRequest()
        request.messages = messages
        let written = try GeminiRequest.write(request, RequestTerms(model: model, streams: false))
        return (try object(written.body), written.dropped)
    }

    private func fault(_ messages: [ChatMessage]) -> ConversationFault? {
        do {
            _ = try written(messages)
            return nil
        } catch { return error as? ConversationFault }
    }

    @Test func `answers of parallel calls stand in one turn, and what the user adds in the next`() throws {
        let calls = ["a", "b"].map {
            ToolCall(id: JSONString($0), name: JSONString("f_\($0)"), arguments: Array("{}".utf8))
        }
        let (body, _) = try written([
            ChatMessage(role: .user, parts: [.text("go")]),
            ChatMessage(role: .assistant, parts: calls.map { .toolCall($0) }),
            ChatMessage(role: .tool, parts: [.toolResult(ToolResult(callID: "a", parts: [.text("one")]))]),
            ChatMessage(
                role: .tool,
                parts: [.toolResult(ToolResult(callID: "b", parts: [.text("no")], isError: true))]
            ),
            ChatMessage(role: .user, parts: [.text("and?")]),
        ])
        let contents = try #require(body["contents"] as? [NSDictionary])
        #expect(contents.map { $0["role"] as? String } == ["user", "model", "user", "user"])
        #expect(
            contents[2]
                == (try object(
                    """
                    {"role":"user","parts":[
                      {"functionResponse":{"id":"a","name":"f_a","response":{"output":"one"}}},
                      {"functionResponse":{"id":"b","name":"f_b","response":{"error":"no"}}}]}
                    """
                ))
        )
        // The first call of a turn that Gemini did not make carries Google's word for that; the second needs none.
        #expect(
            contents[1]
                == (try object(
                    """
                    {"role":"model","parts":[
                      {"functionCall":{"id":"a","name":"f_a","args":{}},
                       "thoughtSignature":"skip_thought_signature_validator"},
                      {"functionCall":{"id":"b","name":"f_b","args":{}}}]}
                    """
                ))
        )
    }

    @Test func `an answer of Anthropic's, in one message with more, comes before the rest`() throws {
        let call = ToolCall(id: "t", name: "f", arguments: Array("{}".utf8))
        let (body, _) = try written(
            [
                ChatMessage(role: .assistant, parts: [.toolCall(call)]),
                ChatMessage(
                    role: .user,
                    parts: [.text("x"), .toolResult(ToolResult(callID: "t", parts: [.text("y")]))]
                ),
            ],
            model: "gemini-2.5-flash"
        )
        let contents = try #require(body["contents"] as? [NSDictionary])
        let expected = """
            {"c":[{"role":"model","parts":[{"functionCall":{"id":"t","name":"f","args":{}}}]},
             {"role":"user","parts":[{"functionResponse":{"id":"t","name":"f","response":{"output":"y"}}}]},
             {"role":"user","parts":[{"text":"x"}]}]}
            """
        #expect(try object(expected)["c"] as? [NSDictionary] == contents)
    }

    @Test func `pictures in a function's answer stand within it since generation 3, beside it before`() throws {
        let call = ToolCall(id: "t", name: "f", arguments: Array("{}".utf8))
        let picture = Media(kind: .image, source: .data(type: "image/png", base64: "QUJD"))
        let messages = [
            ChatMessage(role: .assistant, parts: [.toolCall(call)]),
            ChatMessage(
                role: .tool,
                parts: [.toolResult(ToolResult(callID: "t", parts: [.text("{\"a\":1}"), .media(picture)]))]
            ),
        ]
        let inline = try object("{\"inlineData\":{\"mimeType\":\"image/png\",\"data\":\"QUJD\"}}")
        let late = try #require(try written(messages).0["contents"] as? [NSDictionary])
        let lateParts = try #require(late[1]["parts"] as? [NSDictionary])
        let answer = try #require(lateParts.first?["functionResponse"] as? NSDictionary)
        #expect(answer["parts"] as? [NSDictionary] == [inline] && lateParts.count == 1)
        #expect(answer["response"] as? NSDictionary == ["a": 1])
        let early = try #require(try written(messages, model: "gemini-2.5-pro").0["contents"] as? [NSDictionary])
        #expect((early[1]["parts"] as? [NSDictionary])?.last == inline)
    }

    @Test func `pictures in the other alphabet of base64, as Google's library sends them, are read in the usual one`()
        throws
    {
        let body = #"{"contents":[{"role":"user","parts":[{"inlineData":{"mimeType":"image/png","data":"-_8="}}]}]}"#
        let request = try GeminiRequest.read(try JSONNode.parse(Array(body.utf8)))
        guard case .media(let media)? = request.messages.first?.parts.first, case .data(_, let data) = media.source
        else {
            Issue.record("no picture in \(request.messages)")
            return
        }
        #expect(data.text == "+/8=")
    }

    @Test func `all that the system says becomes the instruction`() throws {
        let (body, dropped) = try written([
            ChatMessage(role: .system, parts: [.text("one")], name: "n"),
            ChatMessage(role: .user, parts: [.text("x")]),
            ChatMessage(role: .developer, parts: [.text("two")]),
        ])
        #expect(
            body["systemInstruction"] as? NSDictionary
                == (try object("{\"parts\":[{\"text\":\"one\"},{\"text\":\"two\"}]}"))
        )
        #expect((body["contents"] as? [NSDictionary])?.count == 1)
        #expect(dropped == ["name"])
    }

    @Test func `media are written as data or as files`() throws {
        func part(_ media: Media) throws -> NSDictionary? {
            let contents =
                try written([ChatMessage(role: .user, parts: [.media(media)])]).0["contents"] as? [NSDictionary]
            return (contents?.first?["parts"] as? [NSDictionary])?.first
        }
        let cases: [(Media.Source, String)] = [
            (
                .url("https://x.org/a.PNG?b=1"),
                "{\"fileData\":{\"mimeType\":\"image/png\",\"fileUri\":\"https://x.org/a.PNG?b=1\"}}"
            ),
            (.url("https://x.org/a"), "{\"fileData\":{\"fileUri\":\"https://x.org/a\"}}"),
            (.url("data:image/gif;base64,R0lG"), "{\"inlineData\":{\"mimeType\":\"image/gif\",\"data\":\"R0lG\"}}"),
            (
                .data(type: "application/pdf", base64: "JVBE"),
                "{\"inlineData\":{\"mimeType\":\"application/pdf\",\"data\":\"JVBE\"}}"
            ),
            (
                .file("https://generativelanguage.googleapis.com/v1beta/files/x"),
                "{\"fileData\":{\"fileUri\":\"https://generativelanguage.googleapis.com/v1beta/files/x\"}}"
            ),
            (.text("plain"), "{\"text\":\"plain\"}"),
        ]
        for (source, expected) in cases {
            #expect(try part(Media(kind: .image, source: source)) == (try object(expected)))
        }
    }

    @Test func `what Gemini has no words for is named`() throws {
        var request = ChatRequest()
        request.messages = [ChatMessage(role: .user, parts: [.text("x")])]
        request.sampling.minP = Array("0.1".utf8)[...]
        request.sampling.repeatPenalty = Array("1".utf8)[...]
        request.user = "me"
        request.allowsParallelCalls = false
        request.tools = [ToolDefinition(name: "f", isStrict: true)]
        request.extras = try node("{\"store\":true,\"logit_bias\":{},\"metadata\":1}").members
        let written = try GeminiRequest.write(request, terms)
        #expect(
            Set(written.dropped) == [
                "min_p", "repeat_penalty", "user", "parallel_tool_calls", "strict", "logit_bias", "metadata",
            ]
        )
    }

    @Test func `what cannot be left out is refused`() throws {
        let other = try node("{\"type\":\"x\"}")
        let cases: [(ChatMessage, String)] = [
            (
                ChatMessage(role: .user, parts: [.text("a"), .media(Media(kind: .document, source: .file("file-1")))]),
                "messages[0].content[1]"
            ),
            (ChatMessage(role: .user, parts: [.other(kind: "x", other)]), "messages[0].content[0]"),
            (
                ChatMessage(role: .tool, parts: [.toolResult(ToolResult(callID: "nobody", parts: []))]),
                "messages[0].content[0]"
            ),
            (
                ChatMessage(role: .system, parts: [.media(Media(kind: .image, source: .url("u")))]),
                "messages[0].content[0]"
            ),
        ]
        for (message, parameter) in cases { #expect(fault([message])?.parameter == parameter) }
        var request = ChatRequest()
        request.tools = [ToolDefinition(name: "web_search", builtIn: try node("{\"type\":\"web_search\"}"))]
        #expect(throws: ConversationFault.self) { try GeminiRequest.write(request, terms) }
    }

    @Test func `arguments an earlier model broke do not end the conversation`() throws {
        let call = ToolCall(id: "t", name: "f", arguments: Array("{\"a\": ".utf8))
        let (body, _) = try written([ChatMessage(role: .assistant, parts: [.toolCall(call)])])
        let parts = (body["contents"] as? [NSDictionary])?.first?["parts"] as? [NSDictionary]
        let written = (parts?.first?["functionCall"] as? NSDictionary)?["args"] as? NSDictionary
        #expect(written == ["arguments": "{\"a\": "])
    }
}
