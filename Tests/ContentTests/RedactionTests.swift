import Content
import Foundation
import Testing

/// What stands in place of what rules find.
struct RedactionTests {
    @Test func `finds are replaced and every other byte stays`() throws {
        let policy = try policy(redacts: true)
        #expect(policy.redacted(#"{"messages": [{"content": "hi"}]}"#) == #"{"messages": [{"content": "hi"}]}"#)
        #expect(
            policy.redacted(#"{ "input" : "\u00e4 a\u0040b.de, 078-05-1120\n" , "n":1}"#)
                == #"{ "input" : "\u00e4 [EMAIL], [PII]\n" , "n":1}"#
        )
        #expect(
            policy.redacted(#"{"content": [{"text": "no: 078-0"}, {"type": "image_url"}, {"text": "5-1120."}]}"#)
                == #"{"content": [{"text": "no: [PII]"}, {"type": "image_url"}, {"text": "."}]}"#
        )
        #expect(policy.redacted(#"{"card": 4111111111111111}"#) == #"{"card": "[PII]"}"#)
        #expect(policy.redacted(#"{"content": "FALCON a@b.de"}"#) == #"{"content": "FALCON [EMAIL]"}"#)
        #expect(policy.redacted(#"{"content": "[EMAIL]"}"#) == #"{"content": "[EMAIL]"}"#)
    }

    @Test func `JSON within strings stays JSON`() throws {
        let policy = try policy(redacts: true)
        #expect(
            policy.redacted(#"{"arguments": "{\"to\": \"a\\u0040b.de\", \"card\": 4111111111111111}"}"#)
                == #"{"arguments": "{\"to\": \"[EMAIL]\", \"card\": \"[PII]\"}"}"#
        )
        // The find begins with the name of the member.
        #expect(
            policy.redacted(#"{"arguments": "{\"api_key\": \"abcdefgh0123456789ab\"}"}"#)
                == #"{"arguments": "{\"api_key\": \"[KEY]\"}"}"#
        )
    }

    @Test func `where nothing can be replaced nothing goes on`() throws {
        let policy = try policy(redacts: true)
        #expect(policy.redacted(#"{"a@b.de": 1}"#) == nil)
        #expect(policy.redacted(#"{"arguments": "{\"a@b.de\": 1}"}"#) == nil)
        #expect(policy.redacted(#"{"model": "a@b.de"}"#) == nil)
        #expect(policy.redacted(#"{"input": "x"}"#, target: "/v1/x?to=a%40b.de") == nil)
        #expect(policy.redacted(#"{"input": "a@b.de"}"#, target: "/v1/a@b.de") == nil)
        #expect(policy.redacted("{") == nil)
        #expect(policy.redacted("a@b.de", type: "text/plain") == nil)
        #expect(policy.redacted("a", type: "text/plain") == "a")
        let short = try ContentTests.policy(redacts: true) { $0.maxBytes = 4 }
        #expect(short.redacted(#"{"input": "12345"}"#) == nil)
        let slow = ContentPolicy(
            [ContentRule(pattern: try ContentPattern(parsing: "^(a+)+$", matchLimit: 1_000), replacement: [0x5b])],
            ContentPolicy.Settings()
        )
        #expect(slow.redacted("{\"input\": \"\(String(repeating: "a", count: 2_000))b\"}") == nil)
    }

    /// A value of a random body; strings hold what is looked for, spelled in many ways.
    private func value(_ depth: Int) -> Any {
        switch Int.random(in: 0..<(depth > 0 ? 7 : 4)) {
        case 0, 1: return [randomText(), "a@b.de", randomCard(), "é 078-05-1120 \"x\"\\"].randomElement() ?? ""
        case 2: return Int.random(in: 0...9_999_999)
        case 3:
            let inner = ["to": "\(randomProse()) a@b.de", "n": 1] as [String: Any]
            return json(inner)
        case 4: return (0..<3).map { _ in value(depth - 1) }
        case 5: return (0..<3).map { _ in ["type": "text", "text": value(0)] }
        default: return ["content": value(depth - 1), "input": value(depth - 1)]
        }
    }

    private func json(_ value: Any) -> String {
        let data = try? JSONSerialization.data(withJSONObject: value, options: [.fragmentsAllowed])
        let text = String(decoding: data ?? Data(), as: UTF8.self)
        return Bool.random() ? text.replacingOccurrences(of: "@", with: "\\u0040") : text
    }

    @Test func `a redacted body is JSON of the same shape, and nothing is found in it`() throws {
        let policy = try policy(redacts: true)
        let plain = try ContentTests.policy()
        func shape(_ value: Any) -> String {
            switch value {
            case let list as [Any]: "[\(list.map(shape).joined(separator: ","))]"
            case let object as [String: Any]:
                "{\(object.sorted { $0.key < $1.key }.map { "\($0.key):\(shape($0.value))" }.joined(separator: ","))}"
            default: "x"
            }
        }
        var changed = 0
        for _ in 0..<400 {
            let body = json(["messages": value(3), "input": value(2)])
            guard let redacted = policy.redacted(body) else { continue }
            changed += redacted == body ? 0 : 1
            let before = try JSONSerialization.jsonObject(with: Data(body.utf8))
            let after = try JSONSerialization.jsonObject(with: Data(redacted.utf8))
            #expect(shape(before) == shape(after), "\(body)\n\(redacted)")
            let left = plain.words(redacted).split(separator: " ").filter { $0 != "2" }
            #expect(left.isEmpty, "\(left)\n\(body)\n\(redacted)")
        }
        #expect(changed > 200)
    }
}
