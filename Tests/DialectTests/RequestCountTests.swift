import Dialect
import Testing

/// How much an answer may have, as budgets set it aside: by any spelling, never less than a provider may read.
@Suite struct RequestCountTests {
    @Test(
        arguments: [
            (#"{"max_tokens":2000}"#, 2_000), (#"{"max_tokens":2e3}"#, 2_000), (#"{"max_tokens":2000.0}"#, 2_000),
            (#"{"max_tokens":1999.2}"#, 2_000), (#"{"max_tokens":4611686018427387904}"#, 1 << 31),
            (#"{"max_tokens":1e400}"#, 1 << 31), (#"{"max_tokens":99999999999999999999999}"#, 1 << 31),
            (#"{"max_completion_tokens":1,"max_tokens":2000}"#, 2_000),
            (#"{"max_tokens":2000,"max_completion_tokens":1}"#, 2_000), (#"{"max_output_tokens":7}"#, 7),
            (#"{"generationConfig":{"maxOutputTokens":2000}}"#, 2_000),
            (#"{"generation_config":{"max_output_tokens":2000}}"#, 2_000),
            (#"{"generationConfig":{"maxOutp\u0075tTokens":2000}}"#, 2_000),
            (#"{"options":{"num_predict":2000}}"#, 2_000), (#"{"options":{"num_predict":-1}}"#, nil),
            (#"{"max_tokens":1,"n_predict":2000}"#, 2_000), (#"{"n_predict":2000,"max_tokens":1}"#, 2_000),
            (#"{"max_tokens":1,"n_predict":-1}"#, nil), (#"{"n_predict":-2,"max_tokens":1}"#, nil),
            (#"{"max_tokens":1,"n_predict":null}"#, 1), (#"{"max_tokens":1,"num_predict":2000}"#, 2_000),
            (#"{"max_new_tokens":2000,"max_tokens":1}"#, 2_000), (#"{"maxOutputTokens":2000}"#, 2_000),
            (#"{"max_tokens":1,"options":{"n_predict":2000}}"#, 2_000),
            (#"{"max_tokens":1,"options":{"num_predict":-1}}"#, nil),
            (#"{"max_tokens":1,"options":{"num_predict":0}}"#, nil), (#"{"max_tokens":0}"#, nil),
            (#"{"max_tokens":0.0,"n_predict":5}"#, nil), (#"{"max_tokens":"2000"}"#, nil),
            (#"{"max_tokens":null}"#, nil), ("{}", nil),
        ] as [(String, Int?)]
    ) func `the most tokens of an answer are read by any name`(body: String, tokens: Int?) throws {
        #expect(try RequestShape.read(Array(body.utf8).span).maxTokens == tokens)
    }

    @Test func `a limit that stands there twice is refused, by any name`() {
        for name in ["max_tokens", "n_predict", "num_predict", "max_new_tokens", "max_completion_tokens"] {
            do {
                _ = try RequestShape.read(Array(#"{"\#(name)":1,"\#(name)":2}"#.utf8).span)
                Issue.record("taken: \(name)")
            } catch { #expect(error.parameter == name) }
        }
    }

    @Test(arguments: [
        (#"{"n":10}"#, 10), (#"{"best_of":3,"n":2}"#, 3), (#"{"generationConfig":{"candidateCount":4}}"#, 4),
        (#"{"prompt":["a","b",[1,2]],"n":5}"#, 15), (#"{"prompt":[1,2,3]}"#, 1), (#"{"prompt":"a"}"#, 1),
        (#"{"prompt":[ ]}"#, 1), (#"{"n":0}"#, 1), (#"{"n":1e300,"prompt":["a","b"]}"#, 1 << 32), ("{}", 1),
    ]) func `answers are counted, for each prompt of a list`(body: String, answers: Int) throws {
        #expect(try RequestShape.read(Array(body.utf8).span).answers == answers)
    }

    @Test func `definitions are set aside, and are no part of what routes compare`() {
        let text = #"{"messages":[{"content":"12345678"}],"tools":[{"function":{"description":"x"}}]}"#
        let measure = RequestMeasure.of(Array(text.utf8).span)
        #expect(measure.tokens == 6)
        #expect(measure.promptTokens == (8 + #"[{"function":{"description":"x"}}]"#.utf8.count) / 4 + 4)
        let schema = #"{"response_format":{"type":"json_schema","json_schema":{"schema":{"type":"object"}}}}"#
        #expect(RequestMeasure.of(Array(schema.utf8).span).promptTokens > 15)
        let own = #"{"generationConfig":{"responseSchema":{"type":"OBJECT","description":"0123456789"}}}"#
        #expect(RequestMeasure.of(Array(own.utf8).span).promptTokens > 8)
        #expect(RequestMeasure.of(Array(#"{"tools":[]}"#.utf8).span).promptTokens == 0)
    }

    @Test func `of an event larger than a line that is kept, all counts as text`() {
        var meter = UsageMeter(.chat, isStream: true)
        let text = String(repeating: "word ", count: 20_000)
        let event = Array("data: {\"choices\":[{\"delta\":{\"content\":\"\(text)\"}}]}\n\n".utf8)
        var start = 0
        while start < event.count {
            let piece = Array(event[start..<min(start + 1_000, event.count)])
            start += piece.count
            meter.take(piece.span, isLast: start == event.count)
        }
        meter.finish()
        #expect(abs(meter.tally.textBytes - text.utf8.count) < 200, "\(meter.tally.textBytes)")
    }
}
