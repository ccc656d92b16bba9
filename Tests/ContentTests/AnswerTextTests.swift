import Content
import Foundation
import Testing

/// What is read of an answer, and what becomes of it.
struct AnswerTextTests {
    private static let secret = "FALCON-1234"

    private static func policy() throws -> ContentPolicy {
        ContentPolicy(
            [
                ContentRule(
                    pattern: try ContentPattern(parsing: #"falcon-\d{4}"#, flags: "i"),
                    replacement: Array("[PROJ]".utf8)
                ),
                ContentRule(builtins: [.creditCard, .email, .ssn], replacement: Array("[PII]".utf8)),
            ],
            ContentPolicy.Settings()
        )
    }

    /// The answer with what was found replaced; nil when that is impossible, and whether something was found.
    private static func outcome(_ body: String) throws -> (isFound: Bool, text: String?) {
        let policy = try policy()
        var facts = ContentBody(.json)
        facts.isAnswer = true
        let (target, bytes) = ([UInt8](), Array(body.utf8))
        let reading = policy.read(target: target.span, body: bytes.span, facts)
        guard reading.isWhole else { return (true, nil) }
        switch policy.redaction(of: reading, target: target.span, body: bytes.span, facts) {
        case .none: return (reading.fired.contains(true), body)
        case .impossible: return (true, nil)
        case .body(let bytes): return (true, String(decoding: bytes, as: UTF8.self))
        }
    }

    @Test(
        arguments: [
            #"{"choices":[],"citations":["https://a/@"]}"#, #"{"choices":[],"search_results":[{"title":"x @ y"}]}"#,
            #"{"choices":[],"foo":{"bar":[{"baz":"@"}]}}"#, #"{"content":[],"stop_sequence":"@"}"#,
            #"{"data":[{"revised_prompt":"@"}]}"#, #"{"choices":[{"message":{"executed_tools":[{"output":"@"}]}}]}"#,
            #"{"candidates":[{"groundingMetadata":{"webSearchQueries":["@"]}}]}"#, #"{"response":"@","thinking":"@"}"#,
            // What a model says is text, whatever it calls it.
            #"{"content":[{"type":"tool_use","id":"a","input":{"id":"@","model":"@","created":"@"}}]}"#,
            #"{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{"id":"@"}}}]}}]}"#,
            #"{"foo":{"id":"@","object":"@"}}"#, #"{"object":"@"}"#, #"{"id":"to @"}"#, #"{"created":"@"}"#,
            #"{"metadata":{"id":"@"}}"#,
        ]
    )
    func `every string is read, whatever it is called`(shape: String) throws {
        let body = shape.replacingOccurrences(of: "@", with: Self.secret)
        let (isFound, text) = try Self.outcome(body)
        #expect(isFound)
        #expect(text == shape.replacingOccurrences(of: "@", with: "[PROJ]"))
    }

    @Test func `ids, models, times, words and what is sealed are no text`() throws {
        let sealed = String(repeating: "aB3d", count: 30) + "FALCON-1234"
        for body in [
            #"{"id":"FALCON-1234","model":"m/FALCON-1234:1","system_fingerprint":"FALCON-1234","object":"chat.completion"}"#,
            #"{"choices":[{"message":{"tool_calls":[{"id":"FALCON-1234","type":"function"}]}}]}"#,
            #"{"output":[{"id":"FALCON-1234","call_id":"FALCON-1234","status":"completed","type":"message"}]}"#,
            #"{"created":4111111111111111,"total_duration":4111111111111111,"created_at":"4111-11-11T11:11:11.411111111Z"}"#,
            #"{"content":[{"type":"thinking","thinking":"x","signature":"\#(sealed)"}]}"#,
            #"{"candidates":[{"content":{"parts":[{"text":"x","thoughtSignature":"\#(sealed)"}]}}]}"#,
        ] {
            let (isFound, text) = try Self.outcome(body)
            #expect(!isFound && text == body, "\(body)")
        }
        #expect(try Self.outcome(#"{"number":4111111111111111}"#).text == #"{"number":"[PII]"}"#)
    }

    @Test func `a find in the name of a member is refused`() throws {
        for body in [#"{"FALCON-1234":1}"#, #"{"content":[{"input":{"FALCON-1234":1}}]}"#] {
            #expect(try Self.outcome(body).text == nil)
        }
    }

    private static func json(_ value: Any) throws -> String {
        String(decoding: try JSONSerialization.data(withJSONObject: value, options: [.sortedKeys]), as: UTF8.self)
    }

    /// Answers of every dialect that give tokens, with pieces told in the chosen ones, in alternatives, or as bytes only.
    private static func told(_ pieces: [String], content: String) throws -> [String] {
        let bytes = pieces.map { ["token": "?", "bytes": $0.utf8.map(Int.init), "logprob": -0.5] as [String: Any] }
        let tokens = pieces.map { ["token": $0, "logprob": -0.5] as [String: Any] }
        let other = ["token": "z", "logprob": -0.1] as [String: Any]
        let tops = tokens.map { ["token": "x", "logprob": -1, "top_logprobs": [other, $0]] as [String: Any] }
        let named = pieces.map { ["x": -1, $0: -2] as [String: Any] }
        var bodies: [String] = []
        for list in [tokens, bytes, tops] {
            bodies.append(try json(["choices": [["message": ["content": content], "logprobs": ["content": list]]]]))
            bodies.append(try json(["choices": [["message": ["content": content], "logprobs": ["refusal": list]]]]))
            bodies.append(
                try json(["output": [["content": [["type": "output_text", "text": content, "logprobs": list]]]]])
            )
            bodies.append(try json(["message": ["content": content], "logprobs": list]))
        }
        bodies.append(
            try json(["choices": [["text": content, "logprobs": ["tokens": pieces, "text_offset": [0, 1]]]]])
        )
        if pieces.count == 1 {
            bodies.append(try json(["choices": [["text": content, "logprobs": ["top_logprobs": named]]]]))
        }
        bodies.append(try json(["candidates": [["content": content, "logprobsResult": ["chosenCandidates": tokens]]]]))
        let ranks = tokens.map { ["candidates": [other, $0]] }
        bodies.append(try json(["candidates": [["content": content, "logprobsResult": ["topCandidates": ranks]]]]))
        bodies.append(
            try json(["text": content, "words": pieces.map { ["word": $0, "start": 0, "end": 1] as [String: Any] }])
        )
        return bodies
    }

    @Test func `tokens are one text, and are left out when something is found`() throws {
        for pieces in [["FALC", "ON", "-12", "34"], [Self.secret], ["say F", "ALCON-1234 now"]] {
            for content in ["ok", "it is \(Self.secret)"] {
                for body in try Self.told(pieces, content: content) {
                    let (isFound, text) = try Self.outcome(body)
                    #expect(isFound, "\(body)")
                    let left = try #require(text, "\(body)")
                    #expect(!left.contains("\"ALC") && !left.contains("FALC") && !left.contains("-12"), "\(left)")
                    #expect(!left.contains("[70,65,76"), "\(left)")
                    #expect(left.contains("[]") || left.contains("null"), "\(left)")
                    _ = try JSONSerialization.jsonObject(with: Data(left.utf8))
                }
            }
        }
    }

    @Test func `tokens that hold nothing stay, and go with a text that is replaced`() throws {
        for body in try Self.told(["all", " is", " well"], content: "ok") {
            let (isFound, text) = try Self.outcome(body)
            #expect(!isFound && text == body)
        }
        for body in try Self.told(["all", " is", " well"], content: Self.secret) {
            let text = try #require(try Self.outcome(body).text)
            #expect(text.contains("[PROJ]") && !text.contains("well") && !text.contains("[32,119,101"), "\(text)")
        }
        let numbers = #"{"response":"FALCON-1234","context":[37,1677,8083],"x":[1]}"#
        #expect(try Self.outcome(numbers).text == #"{"response":"[PROJ]","context":[],"x":[1]}"#)
        let clean = #"{"response":"ok","context":[37,1677,8083]}"#
        #expect(try Self.outcome(clean).text == clean)
    }

    @Test func `words with times are read as a sentence, too`() throws {
        let words = ["078", "05", "1120"].map { ["word": $0] }
        let (isFound, text) = try Self.outcome(try Self.json(["text": "x", "words": words]))
        #expect(isFound && text == #"{"text":"x","words":[]}"#)
    }

    @Test func `whatever a damaged list of tokens looks like, reading it ends`() throws {
        let whole = try Self.told(["FALC", "ON-1234"], content: "x")[0]
        for count in 0..<whole.utf8.count {
            let cut = String(decoding: Array(whole.utf8).prefix(count), as: UTF8.self)
            #expect(try Self.outcome(cut).text == (count == 0 ? "" : nil))
        }
        let deep =
            #"{"choices":[{"logprobs":"# + String(repeating: "[", count: 5_000) + String(repeating: "]", count: 5_000)
            + "}]}"
        #expect(try Self.outcome(deep).text == nil)
        for odd in [#"[[[]],{},{"a":{}},"x",1,null,true]"#, #"{"token":{"token":"FALC"},"bytes":[1.5,-1,999,"x"]}"#] {
            let body = #"{"choices":[{"logprobs":\#(odd)}]}"#
            #expect(try Self.outcome(body).text == body)
        }
    }
}
