import Bytes
import Foundation
import JSON
import Testing
import WireCases

@Suite struct JSONScannerTests {
    private func isValid(_ bytes: [UInt8]) -> Bool {
        var scanner = JSONScanner()
        guard (try? scanner.skipValue(bytes.span)) != nil else { return false }
        return scanner.isAtEnd(bytes.span)
    }

    @Test(arguments: [
        "{}", "[]", " [ ] ", "[[]]", "{\"a\":[]}", "[1,2]", "0", "-0", "-1.5e+10", "1E5", "0e1", "0.0", "\"\"", "true",
        "null",
        "\"\\u00e4\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\u{7f}\"", "[\"\\ud800\"]",
        "{\"a\":{\"b\":[1,{\"c\":null}]},\"a\":2}",
        "\t\r\n [ 1 , 2 ] \n", "[1,[2,[3,[4]]],{}]", "{\"\":0}", "\"\u{1F600}\"", "[123456789012345678901234567890]",
    ]) func `what RFC 8259 allows is valid`(text: String) { #expect(isValid(Array(text.utf8))) }

    @Test(arguments: [
        "", " ", "{", "[", "]", "}", "{]", "[}", "[1,]", "[,1]", "[1,,2]", "[1 2]", "{,}", "{\"a\"}", "{\"a\":}",
        "{\"a\":1,}",
        "{\"a\" 1}", "{a:1}", "{1:1}", "{'a':1}", "01", "-", "-01", "+1", "1.", ".5", "1.e5", "1e", "1e+", "0x10",
        "NaN",
        "Infinity", "-Infinity", "tru", "TRUE", "nul", "\"", "\"a", "\"\\\"", "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"",
        "\"\t\"", "\"\n\"", "\"\u{0}\"", "[1]x", "{}{}", "1 2", "// c\n1", "/* */1", "[1}", "{\"a\":1]", "\u{feff}1",
        "\u{c}1",
        "\u{a0}1", "[\"a\"\"b\"]", "{\"a\":\"b\"\"c\":1}", "[true false]", "truex", "\"\\", "\"\\u",
        "{\"a\":1 \"b\":2}",
    ]) func `what it does not allow is refused`(text: String) { #expect(!isValid(Array(text.utf8))) }

    @Test func `depth is bounded`() {
        func nested(_ depth: Int, _ open: String, _ close: String) -> [UInt8] {
            Array((String(repeating: open, count: depth) + String(repeating: close, count: depth)).utf8)
        }
        #expect(isValid(nested(256, "[", "]")))
        #expect(!isValid(nested(257, "[", "]")))
        #expect(!isValid(nested(100_000, "[", "]")))
        #expect(!isValid(Array(String(repeating: "{\"a\":", count: 100_000).utf8)))
        #expect(
            isValid(Array((String(repeating: "[{\"a\":", count: 128) + "1" + String(repeating: "}]", count: 128)).utf8))
        )
    }

    @Test func `a fault names its byte`() {
        var scanner = JSONScanner()
        let bytes = Array("{\"a\": tru}".utf8)
        do {
            try scanner.skipValue(bytes.span)
            Issue.record("broken JSON was taken")
        } catch { #expect(error.offset == 6) }
    }

    @Test func `long strings end at their first quote, wherever it stands`() throws {
        for count in 0..<40 {
            for filler in ["a", "\u{e4}", "\\n", "\\\\"] {
                let text = "\"" + String(repeating: filler, count: count) + "\"tail"
                var scanner = JSONScanner()
                let bytes = Array(text.utf8)
                let (inner, isEscaped) = try scanner.skipString(bytes.span)
                #expect(scanner.position == bytes.count - 4)
                #expect(inner.range == 1..<(bytes.count - 5))
                #expect(isEscaped == (filler.hasPrefix("\\") && count > 0))
            }
        }
    }

    /// Foundation's reader takes more than the standard in a few places, which the cases leave out: loose commas,
    /// a byte order mark, other encodings; and it wants valid UTF-8, paired surrogates and numbers that fit a Double.
    @Test func `validity agrees with Foundation on mutated documents`() {
        let documents = [
            "{\"model\":\"gpt-4o\",\"stream\":true,\"max_tokens\":12,\"messages\":[{\"role\":\"user\",\"content\":\"hi \\\"x\\\"\\n\"}]}",
            "[0,-1,2.5,1e3,-4E-2,[[]],{},{\"a\":{\"b\":[null,true,false]}}]", "\"text with \\u00e4 and \\t\"",
        ]
        let alphabet = Array("{}[]\",:\\ue0123456789-+.truefalsn \t\n".utf8)
        var dice = Dice(seed: 6)
        var valid = 0
        for round in 0..<30_000 {
            let bytes = dice.mutated(Array(documents[round % documents.count].utf8), alphabet: alphabet)
            guard bytes.allSatisfy({ $0 > 0 && $0 < 0x80 }) else { continue }
            let mine = isValid(bytes)
            let theirs =
                (try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)) != nil
            if mine { valid += 1 }
            let text = String(decoding: bytes, as: UTF8.self)
            if mine != theirs, !text.contains("\\ud"), !isBeyondDouble(text), !hasLooseComma(text) {
                Issue.record("\(mine) here, \(theirs) in Foundation: \(text)")
                return
            }
        }
        #expect(valid > 1_000)
    }

    /// Foundation takes a comma before the end of an array or object.
    private func hasLooseComma(_ text: String) -> Bool {
        let plain = text.filter { !$0.isWhitespace }
        return plain.contains(",]") || plain.contains(",}")
    }

    /// Foundation refuses numbers that a Double cannot hold.
    private func isBeyondDouble(_ text: String) -> Bool {
        text.split { !"0123456789eE+-.".contains($0) }.contains { word in
            guard let value = Double(word) else { return false }
            return value.isInfinite || (value == 0 && word.contains { "123456789".contains($0) })
        }
    }

    @Test func `mutated documents break no claim`() {
        let base = Array(
            "{\"model\":\"a\\u0062c\",\"stream\":false,\"max_tokens\":5,\"usage\":{\"prompt_tokens\":3},\"x\":[1,{}]}"
                .utf8
        )
        var dice = Dice(seed: 7)
        for _ in 0..<30_000 {
            let bytes = dice.mutated(base, alphabet: Array("{}[]\",:\\u006dmodelstream0123 \t".utf8))
            if let violation = WireCheck.json.violation(bytes) {
                Issue.record("\(violation): \(String(decoding: bytes, as: UTF8.self))")
                return
            }
        }
    }
}

@Suite struct ObjectFieldsTests {
    @Test func `members are found by name, the first one counts`() {
        let bytes = Array(
            "{ \"a\" : 1, \"b\":\"x\\ny\", \"c\": {\"a\": 2}, \"a\": 3, \"big\": 12345678901234567 }".utf8
        )
        #expect(ObjectFields.integerValue(of: "a", in: bytes.span) == 1)
        #expect(ObjectFields.stringValue(of: "b", in: bytes.span) == Array("x\\ny".utf8))
        #expect(ObjectFields.value(of: "c", in: bytes.span).map { Array(bytes[$0]) } == Array("{\"a\": 2}".utf8))
        #expect(ObjectFields.integerValue(of: "big", in: bytes.span) == 12_345_678_901_234_567)
        #expect(ObjectFields.value(of: "d", in: bytes.span) == nil)
        #expect(ObjectFields.integerValue(of: "b", in: bytes.span) == nil)
        #expect(ObjectFields.stringValue(of: "a", in: bytes.span) == nil)
    }

    @Test(
        arguments: [("0", 0), ("17", 17), ("-1", nil), ("1.0", nil), ("1e3", nil), ("999999999999999999", nil)]
            as [(String, Int?)]
    )
    func `only whole numbers of moderate size are integers`(text: String, value: Int?) {
        #expect(ObjectFields.integer(Array(text.utf8).span) == value)
    }

    @Test func `objects of an array are given one by one, up to what is broken`() {
        func ids(_ text: String) -> [[UInt8]] {
            var found: [[UInt8]] = []
            let bytes = Array(text.utf8)
            ObjectFields.forEachElement(of: bytes.span) {
                found.append(ObjectFields.stringValue(of: "id", in: $0) ?? [])
            }
            return found
        }
        #expect(ids("[{\"id\":\"a\"}, 1, {\"id\":\"b\"},{}]") == [Array("a".utf8), Array("b".utf8), []])
        #expect(ids("[{\"id\":\"a\"},{\"id\":") == [Array("a".utf8)])
        #expect(ids("{\"id\":\"a\"}").isEmpty)
        #expect(ids("[]").isEmpty)
        #expect(ids("").isEmpty)
    }
}

@Suite struct JSONTextTests {
    @Test(arguments: [
        ("plain", "plain"), ("\\\"\\\\\\/\\b\\f\\n\\r\\t", "\"\\/\u{8}\u{c}\n\r\t"),
        ("\\u00e4\\u20AC", "\u{e4}\u{20ac}"),
        ("\\ud83d\\ude00", "\u{1F600}"), ("\\ud83d", "\u{fffd}"), ("\\ud83dx", "\u{fffd}x"),
        ("\\ude00\\ud83d", "\u{fffd}\u{fffd}"),
        ("\\ud83d\\u0041", "\u{fffd}A"), ("\\u0000", "\u{0}"),
    ]) func `escapes become what they stand for`(text: String, plain: String) {
        #expect(JSONText.unescape(Array(text.utf8).span) == Array(plain.utf8))
    }

    @Test func `escaping agrees with Foundation's reading`() throws {
        for byte in UInt8(0)...127 {
            let inner = JSONText.escaped([0x61, byte])
            let text = Data([0x5b, 0x22] + inner + [0x22, 0x5d])
            let read = try JSONSerialization.jsonObject(with: text) as? [String]
            #expect(read == ["a" + String(Unicode.Scalar(byte))])
        }
    }
}
