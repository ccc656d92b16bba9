import Bytes
import Dialect
import Foundation
import Testing
import WireCases

@Suite struct RequestMeasureTests {
    private func measure(_ text: String) -> RequestMeasure {
        let bytes = Array(text.utf8)
        return RequestMeasure.of(bytes.span)
    }

    @Test(
        arguments: [
            (#"{"model":"m","messages":[{"role":"user","content":"12345678"}]}"#, 8, 1),
            (#"{"messages":[{"content":"1234"},{"content":[{"type":"text","text":"5678"}]}]}"#, 8, 2),
            (
                #"{"messages":[{"content":null,"tool_calls":[{"id":"x","function":{"name":"n","arguments":"{\"a\":1}"}}]}]}"#,
                7, 1
            ),
            (#"{"prompt":"abcd"}"#, 4, 0), (#"{"prompt":["abcd","ef"]}"#, 6, 0), (#"{"prompt":[1,2,3]}"#, 12, 0),
            (#"{"prompt":[[1,2],[3]],"suffix":"ab"}"#, 14, 0), (#"{"input":["abc","d"],"model":"e"}"#, 4, 0),
            (#"{"instructions":"ab","input":"cdef"}"#, 6, 0),
            (#"{"input":[{"role":"user","content":[{"type":"input_text","text":"abc"}]}]}"#, 3, 1),
            (#"{"input":[{"type":"function_call_output","call_id":"c","output":"abcde"}]}"#, 5, 1),
            (#"{"system":"abc","messages":[{"role":"user","content":"d"}]}"#, 4, 1),
            (#"{"system":[{"type":"text","text":"abc"}],"messages":[]}"#, 3, 0),
            (#"{"messages":[{"content":[{"type":"tool_use","name":"n","input":{"a":1}}]}]}"#, 7, 1),
            (#"{"messages":[{"content":[{"type":"tool_result","content":[{"type":"text","text":"xyz"}]}]}]}"#, 3, 1),
            (#"{"messages":[{"content":"\u0041\n\"\ud83d\ude00\u00e9"}]}"#, 9, 1),
            (#"{"m\u0065ssages":[{"content":"ab"}]}"#, 2, 1),
            (
                #"{"messages":[{"content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]}]}"#,
                0, 1
            ),
            (#"{"contents":[{"role":"user","parts":[{"text":"abc"},{"text":"de"}]},{"parts":[]}]}"#, 5, 2),
            (#"{"systemInstruction":{"parts":[{"text":"abc"}]},"contents":[]}"#, 3, 0),
            (#"{"contents":[{"parts":[{"functionCall":{"name":"n","args":{"a":1}}}]}]}"#, 7, 1),
            (#"{"contents":[{"parts":[{"functionResponse":{"name":"n","response":{"b":2}}}]}]}"#, 7, 1),
            (#"{"contents":[{"parts":[{"inlineData":{"mimeType":"image/png","data":"AAAA"}}]}]}"#, 0, 1),
            (#"{"tools":[{"function":{"description":"long"}}],"messages":[]}"#, 0, 0), ("{}", 0, 0),
        ]
    ) func `text and messages are counted wherever an API puts them`(text: String, bytes: Int, messages: Int) {
        let measure = measure(text)
        #expect(measure.textBytes == bytes)
        #expect(measure.messages == messages)
        #expect(measure.tokens == bytes / 4 + 4 * messages)
    }

    @Test(
        arguments: [
            (#"{"tools":[{"type":"function"}]}"#, .tools), (#"{"functions":[{}]}"#, .tools), (#"{"tools":[ ]}"#, []),
            (#"{"tools":null}"#, []), (#"{"messages":[{"content":[{"type":"image_url"}]}]}"#, .vision),
            (#"{"input":[{"content":[{"type":"input_image"}]}]}"#, .vision),
            (#"{"messages":[{"content":[{"type":"image","source":{"data":"AAAA"}}]}]}"#, .vision),
            (#"{"messages":[{"images":["AAAA"]}]}"#, .vision),
            (#"{"messages":[{"content":[{"type":"input_audio"}]}]}"#, .audio),
            (#"{"modalities":["text","audio"]}"#, .audio), (#"{"modalities":["text"]}"#, []),
            (#"{"response_format":{"type":"json_schema","json_schema":{}}}"#, .jsonSchema),
            (#"{"response_format":{"type":"json_object"}}"#, []),
            (#"{"text":{"format":{"type":"json_schema"}}}"#, .jsonSchema),
            (#"{"output_config":{"format":{"type":"json_schema"}}}"#, .jsonSchema),
            (#"{"metadata":{"type":"json_schema","tools":[1]}}"#, []),
            (#"{"contents":[{"parts":[{"inlineData":{"mimeType":"image/png","data":"AAAA"}}]}]}"#, .vision),
            (#"{"contents":[{"parts":[{"file_data":{"mime_type":"audio/mp3"}}]}]}"#, .audio),
            (#"{"generationConfig":{"responseJsonSchema":{"type":"object"}}}"#, .jsonSchema),
            (#"{"generationConfig":{"responseSchema":null,"responseModalities":["AUDIO"]}}"#, .audio),
            (#"{"format":{"type":"object"},"prompt":"x","images":["AAAA"]}"#, [.jsonSchema, .vision]),
            (#"{"format":"json"}"#, []),
            (#"{"messages":[{"content":"\"type\":\"image_url\""}]}"#, []),
            (#"{"tools":[1],"response_format":{"type":"json_schema"}}"#, [.tools, .jsonSchema]),
        ] as [(String, RequestMeasure.Features)]
    ) func `features are those the request uses`(text: String, features: RequestMeasure.Features) {
        #expect(measure(text).features == features)
    }

    @Test(arguments: ["", "no json", "{\"messages\":[}", "[1]", "{} {}", "{\"prompt\":\"abc"])
    func `what is no JSON object counts wholly as text`(text: String) {
        let measure = measure(text)
        #expect(measure.textBytes == text.utf8.count && measure.messages == 0 && measure.features.isEmpty)
    }

    @Test func `a deep body neither overflows nor counts twice`() {
        let deep =
            "{\"input\":" + String(repeating: "[", count: 250) + "\"abcd\"" + String(repeating: "]", count: 250) + "}"
        #expect(measure(deep).textBytes == 0)
        let parts = String(repeating: "{\"content\":", count: 200) + "\"abcd\"" + String(repeating: "}", count: 200)
        #expect(measure("{\"messages\":[\(parts)]}").messages == 1)
    }

    /// A request of random contents, spelled by Foundation, with what it should measure.
    private func randomRequest(_ dice: inout some RandomNumberGenerator) -> (
        object: [String: Any], text: Int, messages: Int
    ) {
        let letters = ["a", "é", "\n", "\"", "\\", "😀", "ß", "/", "{", "]"]
        func word(_ dice: inout some RandomNumberGenerator) -> String {
            (0..<Int.random(in: 0...12, using: &dice)).map { _ in letters.randomElement(using: &dice) ?? "" }.joined()
        }
        var text = 0
        var messages: [[String: Any]] = []
        for _ in 0..<Int.random(in: 0...4, using: &dice) {
            if Bool.random(using: &dice) {
                let content = word(&dice)
                text += content.utf8.count
                messages.append(["role": word(&dice), "content": content])
            } else {
                let parts = (0..<Int.random(in: 0...3, using: &dice)).map { _ in word(&dice) }
                text += parts.reduce(0) { $0 + $1.utf8.count }
                messages.append(["content": parts.map { ["type": "text", "text": $0, "id": word(&dice)] }])
            }
        }
        let object: [String: Any] = ["messages": messages, "user": word(&dice), "model": word(&dice)]
        return (object, text, messages.count)
    }

    @Test func `random requests measure the same however they are spelled`() throws {
        var dice = SystemRandomNumberGenerator()
        for _ in 0..<400 {
            let (object, text, messages) = randomRequest(&dice)
            let spellings: [JSONSerialization.WritingOptions] = [
                [], .prettyPrinted, .sortedKeys, .withoutEscapingSlashes,
            ]
            for spelling in spellings {
                let bytes = [UInt8](try JSONSerialization.data(withJSONObject: object, options: spelling))
                let measure = RequestMeasure.of(bytes.span)
                #expect(measure.textBytes == text && measure.messages == messages)
                let cut = Array(bytes.prefix(Int.random(in: 0..<bytes.count)))
                #expect(RequestMeasure.of(cut.span).textBytes == cut.count)
            }
        }
    }
}
