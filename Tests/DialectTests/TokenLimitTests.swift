import Dialect
import Foundation
import Testing

/// Requests held to so many tokens.
@Suite struct TokenLimitTests {
    private func held(_ body: String, _ format: ChatFormat, _ most: Int = 100, newest: Bool = false) throws -> String {
        var bytes = Array(body.utf8)
        let edits = TokenLimit.edits(bytes.span, as: format, most: most, newestWord: newest)
        for edit in edits.sorted(by: { $0.place.lowerBound > $1.place.lowerBound }) {
            bytes.replaceSubrange(edit.place, with: edit.bytes)
        }
        _ = try JSONSerialization.jsonObject(with: Data(bytes))
        // What was changed asks for no change.
        #expect(TokenLimit.edits(bytes.span, as: format, most: most, newestWord: newest).isEmpty)
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func `what asks for more gets the limit, and what asks for less stays`() throws {
        #expect(try held(#"{"a": 1, "max_tokens" : 900 }"#, .chat) == #"{"a": 1, "max_tokens" : 100 }"#)
        #expect(try held(#"{"max_tokens":100}"#, .messages) == #"{"max_tokens":100}"#)
        #expect(try held(#"{"max_tokens":7}"#, .completions) == #"{"max_tokens":7}"#)
        #expect(try held(#"{"max_output_tokens":101}"#, .responses) == #"{"max_output_tokens":100}"#)
        #expect(
            try held(#"{"max_tokens":5,"max_completion_tokens":101}"#, .chat)
                == #"{"max_tokens":5,"max_completion_tokens":100}"#
        )
    }

    @Test func `a name in disguise and what is no number are no way around it`() throws {
        #expect(try held(#"{"max_t\u006fkens":900}"#, .chat) == #"{"max_t\u006fkens":100}"#)
        #expect(try held(#"{"max_tokens":null}"#, .chat) == #"{"max_tokens":100}"#)
        #expect(try held(#"{"max_tokens":"900"}"#, .chat) == #"{"max_tokens":100}"#)
        #expect(try held(#"{"max_tokens":1e9}"#, .chat) == #"{"max_tokens":100}"#)
        #expect(try held(#"{"options":{"num_predict":0}}"#, .ollama) == #"{"options":{"num_predict":100}}"#)
        #expect(try held(#"{"options":{"num_predict":-1}}"#, .ollama) == #"{"options":{"num_predict":100}}"#)
    }

    @Test func `every name that a server reads is held below the limit`() throws {
        for name in [
            "n_predict", "num_predict", "max_new_tokens", "maxOutputTokens", "max_output_tokens",
            "max_completion_tokens",
        ] {
            for said in ["1000000", "0", "-1", "-2", "1e9", #""900""#] {
                #expect(
                    try held(#"{"max_tokens":1,"\#(name)":\#(said)}"#, .chat) == #"{"max_tokens":1,"\#(name)":100}"#
                )
            }
            #expect(try held(#"{"max_tokens":1,"\#(name)":7}"#, .chat) == #"{"max_tokens":1,"\#(name)":7}"#)
        }
        // A server that does not know the name goes by its own.
        #expect(try held(#"{"n_predict":7}"#, .completions) == #"{"n_predict":7,"max_tokens":100}"#)
        #expect(
            try held(#"{"n_predict":-1}"#, .responses) == #"{"n_predict":100,"max_output_tokens":100}"#
        )
        #expect(
            try held(#"{"options":{"num_predict":900},"max_tokens":9}"#, .chat)
                == #"{"options":{"num_predict":100},"max_tokens":9}"#
        )
        #expect(
            try held(#"{"options":{},"options":{"num_predict":5,"n_predict":500},"n_predict":-1}"#, .ollama)
                == #"{"options":{"num_predict":100},"options":{"num_predict":5,"n_predict":100},"n_predict":100}"#
        )
        // Nothing is said by `null`, so what another name says stays what it is.
        let null = #"{"max_completion_tokens":null,"n_predict":null,"max_tokens":5}"#
        #expect(try held(null, .chat, newest: true) == null)
    }

    @Test func `what does not say gets the limit`() throws {
        #expect(try held(#"{"model":"m"}"#, .chat) == #"{"model":"m","max_tokens":100}"#)
        #expect(try held(#"{"model":"m"}"#, .chat, newest: true) == #"{"model":"m","max_completion_tokens":100}"#)
        #expect(try held("{}", .responses) == #"{"max_output_tokens":100}"#)
        #expect(
            try held(#"{"contents":[]}"#, .gemini) == #"{"contents":[],"generationConfig":{"maxOutputTokens":100}}"#
        )
        #expect(
            try held(#"{"generation_config":{"topK":3}}"#, .gemini)
                == #"{"generation_config":{"topK":3,"maxOutputTokens":100}}"#
        )
        #expect(try held(#"{"generationConfig":{}}"#, .gemini) == #"{"generationConfig":{"maxOutputTokens":100}}"#)
        #expect(try held(#"{"options":null}"#, .generate) == #"{"options":{"num_predict":100}}"#)
        #expect(
            try held(#"{"generationConfig":{"max_output_tokens":400}}"#, .gemini)
                == #"{"generationConfig":{"max_output_tokens":100}}"#
        )
    }

    @Test func `what is no object stays`() {
        for text in ["[]", "", "{", "7"] {
            let bytes = Array(text.utf8)
            #expect(TokenLimit.edits(bytes.span, as: .chat, most: 1, newestWord: false).isEmpty)
        }
    }

    @Test func `a cost stands in the usage of a body of ours`() {
        func told(_ body: String) -> String {
            String(decoding: CostMember.added(12, to: Array(body.utf8)), as: UTF8.self)
        }
        #expect(told(#"{"usage":{"a":1},"b":2}"#) == #"{"usage":{"a":1,"cost_micro_usd":12},"b":2}"#)
        #expect(told(#"{"usage":{ }}"#) == #"{"usage":{ "cost_micro_usd":12}}"#)
        #expect(told(#"{"usage":null}"#) == #"{"usage":null}"#)
        #expect(told("{}") == "{}")
    }
}
