import Content
import Foundation
import Routing
import Testing

/// A policy with a few rules: e-mail 0, social security numbers 1, a project's name 2, keys 3.
func policy(redacts: Bool = false, _ change: (inout ContentPolicy.Settings) -> Void = { _ in }) throws -> ContentPolicy
{
    var settings = ContentPolicy.Settings()
    change(&settings)
    func replacement(_ tag: String) -> [UInt8]? { redacts ? Array("[\(tag)]".utf8) : nil }
    return ContentPolicy(
        [
            ContentRule(builtins: [.email], replacement: replacement("EMAIL")),
            ContentRule(builtins: [.ssn, .creditCard], replacement: replacement("PII")),
            ContentRule(pattern: try ContentPattern(parsing: #"\bfalcon\b"#, flags: "i")),
            ContentRule(builtins: [.apiKey], replacement: replacement("KEY")),
        ],
        settings
    )
}

extension ContentPolicy {
    /// The rules that fire, and the outcomes, as words.
    func words(_ body: String, target: String = "/v1/x", type: String? = nil, cut: Bool = false) -> String {
        let (path, bytes) = (Array(target.utf8), Array(body.utf8))
        var facts = ContentBody(type.map { .other(contentType: Array($0.utf8)) } ?? .json)
        facts.isCut = cut
        let reading = read(target: path.span, body: bytes.span, facts)
        var words = reading.fired.enumerated().filter(\.element).map { "\($0.offset)" }
        if reading.isOver { words.append("over") }
        if reading.isUnreadable { words.append("error") }
        if reading.hasOpaqueParts { words.append("opaque") }
        return words.joined(separator: " ")
    }

    func redacted(_ body: String, target: String = "/v1/x", type: String? = nil) -> String? {
        let (path, bytes) = (Array(target.utf8), Array(body.utf8))
        let facts = ContentBody(type.map { .other(contentType: Array($0.utf8)) } ?? .json)
        let reading = read(target: path.span, body: bytes.span, facts)
        switch redaction(of: reading, target: path.span, body: bytes.span, facts) {
        case .none: return body
        case .impossible: return nil
        case .body(let bytes): return String(decoding: bytes, as: UTF8.self)
        }
    }
}

/// How the text of a whole request is read.
struct PolicyTests {
    @Test func `rules fire on text wherever it stands`() throws {
        let policy = try policy()
        #expect(policy.words(#"{"messages": [{"role": "user", "content": "to a\u0040b.de"}]}"#) == "0")
        #expect(policy.words(#"{"messages": [{"content": [{"text": "078-05-"}, {"text": "1120"}]}]}"#) == "1")
        #expect(policy.words(#"{"tools": [{"input": {"a@b.de": {"card": 4111111111111111}}}]}"#) == "0 1")
        #expect(policy.words(#"{"arguments": " {\"to\": \"a\\u0040b.de\"}"}"#) == "0")
        #expect(policy.words(#"{"arguments": "\"{\\\"to\\\": \\\"a\\\\u0040b.de\\\"}\""}"#) == "0")
        #expect(policy.words(#"{"messages": [{"role": "Falcon", "content": "x"}]}"#) == "2")
        #expect(policy.words(#"{"model": "falcon", "messages": []}"#) == "2")
        #expect(policy.words(#"{"messages": [{"role": "user", "content": "nothing"}]}"#) == "")
        #expect(policy.words("") == "")
    }

    @Test func `escapes within escapes are resolved, and too many are an outcome`() throws {
        let policy = try policy()
        var text = "a\\u0040b.de"
        for depth in 1...12 {
            let expected = depth <= 8 ? "0" : "error"
            #expect(policy.words("{\"input\": \"\(text)\"}") == expected, "\(depth)")
            text = text.replacingOccurrences(of: "\\", with: "\\\\")
        }
    }

    @Test func `paths and queries are text`() throws {
        let policy = try policy()
        #expect(policy.words("", target: "/v1/users/a@b.de") == "0")
        #expect(policy.words("", target: "/v1/users/a%40b.de") == "0")
        #expect(policy.words("", target: "/v1/x?ssn=078-05-1120&to=a%40b.de") == "0 1")
        #expect(policy.words("", target: "/v1/x?note=my+falcon+here") == "2")
        let key = "AIza" + random(35)
        #expect(policy.words("", target: "/v1beta/models/m:generateContent?key=\(key)&alt=sse") == "")
        #expect(policy.words("", target: "/v1/x?key=\(key)") == "3")
    }

    @Test func `what cannot be read is an outcome`() throws {
        let policy = try policy { $0.maxBytes = 40 }
        #expect(policy.words("{\"a\": ") == "error")
        #expect(policy.words("{\"a\": \"\(String(repeating: "x", count: 41))\"}") == "over")
        #expect(
            policy.words(#"{"input": "a@b.de", "rest": "\#(String(repeating: "x", count: 50)) 078-05-1120"}"#)
                == "0 over"
        )
        #expect(policy.words("RIFF a@b.de", type: "audio/wav") == "0 opaque")
        #expect(policy.words("mail a@b.de", type: "text/plain") == "0")
        #expect(policy.words("{\"x\": \"a\\u0040b.de\"}", type: "text/plain") == "0")
        #expect(policy.words("to=a%40b.de", type: "application/x-www-form-urlencoded") == "0")
        #expect(policy.words("a\u{0}@\u{0}b\u{0}", type: "text/plain") == "error")
        #expect(policy.words("x", type: "text/plain", cut: true) == "over")
        let bytes: [UInt8] = [0xff, 0xfe, 0x41]
        let path = Array("/v1/x".utf8)
        func reading(_ change: (inout ContentBody) -> Void) -> ContentReading {
            var facts = ContentBody(.other(contentType: []))
            change(&facts)
            return policy.read(target: path.span, body: bytes.span, facts)
        }
        #expect(reading { _ in }.isUnreadable)
        #expect(reading { $0.isEncoded = true }.isUnreadable)
        #expect(reading { $0.isSound = true }.hasOpaqueParts)
        #expect(policy.level(of: reading { _ in }) == .restricted)
    }

    @Test func `forms are read part by part`() throws {
        let policy = try policy()
        func form(_ parts: [String], end: String = "--XX--\r\n") -> String {
            parts.map { "--XX\r\n\($0)\r\n" }.joined() + end
        }
        let type = "multipart/form-data; boundary=XX"
        func part(_ name: String, _ value: String, _ more: String = "") -> String {
            "Content-Disposition: form-data; name=\"\(name)\"\(more)\r\n\r\n\(value)"
        }
        #expect(policy.words(form([part("prompt", "a@b.de"), part("n", "1")]), type: type) == "0")
        #expect(policy.words(form([part("n", "1")]), type: type) == "")
        #expect(policy.words(form([part("f", "RIFF", "; filename=\"s.wav\"")]), type: type) == "opaque")
        #expect(policy.words(form([part("f", "x", "; filename=\"a@b.de\"")]), type: type) == "0 opaque")
        #expect(policy.words(form([part("f", "078-05-1120", "; FileName=\"s\"")]), type: type) == "1 opaque")
        #expect(
            policy.words(form([part("n", "1")], end: "--XX\r\nContent-Disposition: x\r\n\r\nhalf"), type: type)
                == "error"
        )
        #expect(policy.words("no form", type: type) == "error")
        #expect(policy.words(form([part("n", "1")]), type: "multipart/form-data") == "error")
        let bounded = try ContentTests.policy { $0.fields = ["prompt"] }
        #expect(bounded.words(form([part("prompt", "x"), part("n", "a@b.de")]), type: type) == "")
        #expect(bounded.words(#"{"prompt": "x", "user": "a@b.de"}"#) == "")
    }

    @Test func `without content rules nothing is read`() {
        let policy = ContentPolicy([ContentRule()], ContentPolicy.Settings())
        #expect(!policy.hasRules)
        #expect(policy.words("{") == "")
    }

    @Test func `a pattern that takes too long fires once`() throws {
        let policy = ContentPolicy(
            [ContentRule(pattern: try ContentPattern(parsing: "^(a+)+$", matchLimit: 1_000))],
            ContentPolicy.Settings()
        )
        let text = String(repeating: "a", count: 2_000) + "b"
        #expect(policy.words("[\((0..<50).map { _ in "\"\(text)\"" }.joined(separator: ","))]") == "0")
    }
}
