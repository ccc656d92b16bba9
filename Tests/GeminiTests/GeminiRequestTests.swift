import CodecKit
import Conversation
import Foundation
import Gemini
import JSON
import Testing

func node(_ text: String) throws -> JSONNode { try JSONNode.parse(Array(text.utf8)) }

/// Reads a body, and writes it for a model of Gemini's.
func rewritten(_ body: String, model: JSONString = "gemini-3-pro-preview") throws -> (NSDictionary, [String]) {
    let request = try GeminiRequest.read(try node(body))
    let written = try GeminiRequest.write(request, RequestTerms(model: model, streams: false))
    return (try object(written.body), written.dropped)
}

@Suite struct GeminiRequestTests {
    /// https://ai.google.dev/gemini-api/docs/function-calling, with a seal as in …/docs/thought-signatures.
    private let weather = """
        {"contents":[
          {"role":"user","parts":[{"text":"What's the temperature in London?"}]},
          {"role":"model","parts":[{"functionCall":{"name":"get_current_temperature","args":{"location":"London"}},
            "thoughtSignature":"AcBdEfGhIjKl"}]},
          {"role":"user","parts":[{"functionResponse":{"name":"get_current_temperature","response":{"temperature":"15"}}}]}
        ],"tools":[{"functionDeclarations":[{"name":"get_current_temperature","description":"Gets it.",
          "parameters":{"type":"OBJECT","properties":{"location":{"type":"STRING","nullable":true,"minLength":"1"}},
          "required":["location"]}}]}]}
        """

    @Test func `a loop of calls is read, with ids for those that have none`() throws {
        let request = try GeminiRequest.read(try node(weather))
        #expect(request.messages.map(\.role) == [.user, .assistant, .tool])
        guard case .toolCall(let call) = request.messages[1].parts.first,
            case .toolResult(let result) = request.messages[2].parts.first
        else {
            Issue.record("no call, or no answer")
            return
        }
        #expect(call.id == "call_0" && result.callID == "call_0")
        #expect(call.signature == "AcBdEfGhIjKl")
        #expect(String(decoding: call.arguments, as: UTF8.self) == "{\"location\":\"London\"}")
        #expect(result.name == "get_current_temperature")
        guard case .text(let text) = result.parts.first else {
            Issue.record("no text")
            return
        }
        #expect(text.text == "{\"temperature\":\"15\"}")
        let schema = try object(try #require(request.tools.first?.parameters).source.map { $0 })
        #expect(
            schema
                == (try object(
                    """
                    {"type":"object","properties":{"location":{"type":["string","null"],"minLength":1}},
                    "required":["location"]}
                    """
                ))
        )
    }

    @Test func `a loop of calls is written as it was, with the whole schema`() throws {
        let (body, dropped) = try rewritten(weather)
        #expect(dropped.isEmpty)
        let contents = try #require(body["contents"] as? [NSDictionary])
        #expect(
            contents[1]
                == (try object(
                    """
                    {"role":"model","parts":[{"functionCall":{"id":"call_0","name":"get_current_temperature",
                    "args":{"location":"London"}},"thoughtSignature":"AcBdEfGhIjKl"}]}
                    """
                ))
        )
        #expect(
            contents[2]
                == (try object(
                    """
                    {"role":"user","parts":[{"functionResponse":{"id":"call_0","name":"get_current_temperature",
                    "response":{"temperature":"15"}}}]}
                    """
                ))
        )
        let tools = try #require(body["tools"] as? [NSDictionary])
        let functions = try #require(tools.first?["functionDeclarations"] as? [NSDictionary])
        #expect(functions.first?["parameters"] == nil && functions.first?["parametersJsonSchema"] != nil)
    }

    @Test func `the protocol's own spelling is read as well`() throws {
        let request = try GeminiRequest.read(
            try node(
                """
                {"system_instruction":{"parts":[{"text":"Be kind."}]},
                 "contents":{"parts":{"inline_data":{"mime_type":"image/png","data":"QUJD"}}},
                 "generation_config":{"max_output_tokens":"12","stop_sequences":["x"],"top_k":3,
                   "thinking_config":{"thinking_budget":-1,"include_thoughts":true},"response_mime_type":"application/json",
                   "response_schema":{"type":"ARRAY","items":{"type":"INTEGER"}},"media_resolution":"LOW"},
                 "tool_config":{"function_calling_config":{"mode":"any","allowed_function_names":["f"]}},
                 "safety_settings":[{"category":"c","threshold":"t"}],"cached_content":"cachedContents/1"}
                """
            )
        )
        #expect(request.messages.map(\.role) == [.system, .user])
        guard case .media(let media) = request.messages[1].parts.first,
            case .data(let type, let base64) = media.source
        else {
            Issue.record("no picture")
            return
        }
        #expect(media.kind == .image && type == "image/png" && base64 == "QUJD")
        #expect(request.sampling.maxTokens == 12 && request.sampling.stop == ["x"])
        #expect(request.sampling.topK.map { Array($0) } == Array("3".utf8))
        #expect(request.reasoning?.budgetTokens == -1 && request.reasoning?.isShown == true)
        #expect(request.toolChoice == .function("f"))
        guard case .schema(_, let schema, _) = request.format else {
            Issue.record("no schema")
            return
        }
        #expect(try object(Array(schema.source)) == object("{\"type\":\"array\",\"items\":{\"type\":\"integer\"}}"))
        #expect(
            request.extras.map(\.key) == ["generationConfig.mediaResolution", "safetySettings", "cachedContent"]
        )
        let written = try GeminiRequest.write(request, RequestTerms(model: "gemini-2.5-pro", streams: true))
        #expect(written.dropped.isEmpty)
        let config = try #require(try object(written.body)["generationConfig"] as? NSDictionary)
        #expect(config["mediaResolution"] as? String == "LOW" && config["maxOutputTokens"] as? Int == 12)
    }

    @Test(arguments: [
        ("{\"mode\":\"AUTO\"}", ToolChoice.auto), ("{\"mode\":\"NONE\"}", ToolChoice.none), ("{}", .auto),
        ("{\"mode\":\"ANY\"}", .required), ("{\"mode\":\"ANY\",\"allowedFunctionNames\":[\"a\"]}", .function("a")),
        ("{\"mode\":\"ANY\",\"allowedFunctionNames\":[\"a\",\"b\"]}", .required), ("{\"mode\":\"VALIDATED\"}", .auto),
    ]) func `every choice of tools is read, and written as it was meant`(config: String, choice: ToolChoice) throws {
        let body =
            "{\"contents\":[{\"parts\":[{\"text\":\"x\"}]}],\"toolConfig\":{\"functionCallingConfig\":\(config)}}"
        #expect(try GeminiRequest.read(try node(body)).toolChoice == choice)
        let written = try rewritten(body).0["toolConfig"] as? NSDictionary
        let again = try #require(written?["functionCallingConfig"] as? NSDictionary)
        let names = try object(config)["allowedFunctionNames"] as? [String]
        #expect(again["mode"] as? String == (try object(config)["mode"] as? String ?? "AUTO"))
        #expect(again["allowedFunctionNames"] as? [String] == names)
    }

    @Test(arguments: [
        ("none", "gemini-2.5-flash", "{\"thinkingBudget\":0}"),
        ("low", "gemini-2.5-flash", "{\"thinkingBudget\":1024}"),
        ("high", "gemini-2.5-pro", "{\"thinkingBudget\":24576}"),
        ("none", "gemini-3-pro", "{\"thinkingLevel\":\"minimal\"}"),
        ("medium", "gemini-3-pro", "{\"thinkingLevel\":\"medium\"}"),
        ("xhigh", "gemini-4", "{\"thinkingLevel\":\"high\"}"),
    ]) func `effort is a budget before generation 3 and a level since`(
        effort: String,
        model: String,
        config: String
    ) throws {
        var request = try GeminiRequest.read(try node("{\"contents\":[{\"parts\":[{\"text\":\"x\"}]}]}"))
        var reasoning = ReasoningRequest()
        reasoning.effort = JSONString(effort)
        request.reasoning = reasoning
        let written = try GeminiRequest.write(request, RequestTerms(model: JSONString(model), streams: false))
        let generation = try #require(try object(written.body)["generationConfig"] as? NSDictionary)
        #expect(generation["thinkingConfig"] as? NSDictionary == (try object(config)))
    }

    @Test(
        arguments: [
            ("[]", nil), ("{}", "contents"), ("{\"contents\":[]}", "contents"), ("{\"contents\":[3]}", "contents[0]"),
            ("{\"contents\":[{\"role\":\"assistant\",\"parts\":[]}]}", "contents[0].role"),
            ("{\"contents\":[{\"parts\":[3]}]}", "contents[0].parts[0]"),
            ("{\"contents\":[{\"parts\":[{\"text\":3}]}]}", "contents[0].parts[0]"),
            ("{\"contents\":[{}],\"generationConfig\":{\"temperature\":\"hot\"}}", "generationConfig.temperature"),
            (
                "{\"contents\":[{}],\"tools\":[{\"functionDeclarations\":[{}]}]}",
                "tools[0].functionDeclarations[0].name"
            ),
            (
                "{\"contents\":[{}],\"toolConfig\":{\"functionCallingConfig\":{\"mode\":\"X\"}}}",
                "toolConfig.functionCallingConfig.mode"
            ),
        ] as [(String, String?)]
    ) func `a body that is wrong is refused where it is`(body: String, parameter: String?) throws {
        let body = try node(body)
        do throws(ConversationFault) {
            _ = try GeminiRequest.read(body)
            Issue.record("was read")
        } catch {
            #expect(error.parameter == parameter)
        }
    }
}
