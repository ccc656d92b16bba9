import Dialect
import Testing

@Suite struct RequestTrapTests {
    private func parameter(_ text: String) -> String? {
        do throws(RequestFault) { _ = try RequestShape.read(Array(text.utf8).span) } catch { return error.parameter }
        return nil
    }

    @Test(arguments: [
        ("{\"max_tokens\":1,\"max_tokens\":9}", "max_tokens"),
        ("{\"max_completion_tokens\":1,\"max_completion_tokens\":9}", "max_completion_tokens"),
        ("{\"max_output_tokens\":1,\"max_output_toke\\u006es\":9}", "max_output_tokens"),
    ])
    func `a limit of tokens that is given twice is refused by name`(_ text: String, _ name: String) {
        #expect(parameter(text) == name)
    }

    @Test(arguments: [
        (#"{"model":"m1","Model":"secret"}"#, "Model"), (#"{"MODEL":"secret","model":"m1"}"#, "MODEL"),
        (#"{"model":"m1","\u004dodel":"secret"}"#, "Model"), (#"{"STREAM":true}"#, "STREAM"),
        (#"{"max_tokens":1,"Max_Tokens":9999}"#, "Max_Tokens"), (#"{"N_predict":-1}"#, "N_predict"),
        (#"{"max_to\u212Aens":9}"#, "max_to\u{212A}ens"), (#"{"max_token\u017f":9}"#, "max_token\u{17f}"),
        ("{\"\u{17f}tream\":true}", "\u{17f}tream"), (#"{"options":{"num_predict":1},"OPTIONS":{}}"#, "OPTIONS"),
        (#"{"options":{"num_predict":1,"Num_Predict":9}}"#, "Num_Predict"), (#"{"N":100}"#, "N"),
        (#"{"generationConfig":{"maxoutputtokens":1}}"#, "maxoutputtokens"),
        (#"{"GenerationConfig":{}}"#, "GenerationConfig"), (#"{"Messages":[]}"#, "Messages"),
    ])
    func `a name in other letters is refused, as readers without regard to case take it`(_ text: String, _ name: String)
    {
        #expect(parameter(text) == name)
    }

    @Test(arguments: [
        #"{"generationConfig":{"maxOutputTokens":1,"candidateCount":2,"topK":3}}"#,
        #"{"generation_config":{"max_output_tokens":1,"candidate_count":2}}"#,
        #"{"systemInstruction":{},"safetySettings":[],"toolConfig":{},"cachedContent":"x","X-Model":"y"}"#,
        #"{"maxOutputTokens":1,"metadata":{"Model":"mine"},"options":{"Model":"mine"},"Mode":1,"ſ":1}"#,
    ])
    func `names that only look like one, or stand elsewhere, are taken`(_ text: String) {
        #expect(parameter(text) == nil)
    }

    @Test func `a name in other letters is told how it is spelled`() {
        do throws(RequestFault) {
            _ = try RequestShape.read(Array(#"{"MaxOutputTokens":1}"#.utf8).span)
            Issue.record("taken")
        } catch { #expect(error.description == "the body has `MaxOutputTokens`: spell it `maxOutputTokens`") }
    }

    @Test(arguments: [
        (#"{"requests":[{"model":"models/a"},{"model":"a"},{},7],"model":"a"}"#, false),
        (#"{"requests":[{"model":"models/a"},{"model":"models/b"}]}"#, true), (#"{"model":"b"}"#, true),
        (#"{"requests":[{"m\u006fdel":"b"}]}"#, true), (#"{"requests":[{"Model":"b"}]}"#, true),
        (#"{"requests":[{"model":7}]}"#, true), (#"{"requests":[{"model":null}]}"#, false), ("{}", false),
        (#"{"requests":[{"model":"a","model":"b"}]}"#, true), (#"{"requests":[],"requests":[{"model":"b"}]}"#, true),
    ])
    func `a model within requests is that of the path`(_ body: String, _ isAnother: Bool) {
        #expect(InnerRequests.nameAnother(than: Array("a".utf8).span, in: Array(body.utf8).span) == isAnother)
    }

    @Test func `a key with bytes that some readers drop is refused`() {
        let bytes = Array("{\"model\":\"a\",\"mo".utf8) + [0xff] + Array("del\":\"b\"}".utf8)
        #expect(throws: RequestFault.self) { _ = try RequestShape.read(bytes.span) }
    }
}
