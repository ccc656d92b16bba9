import Content
import Foundation
import Routing
import Testing

/// Text that is spelled in another way than it is meant: typography, escapes, encodings.
struct SpellingTests {
    /// JSON with a text in a message.
    private func message(_ text: String) throws -> String {
        let data = try JSONSerialization.data(
            withJSONObject: ["messages": [["role": "user", "content": "look: \(text) thanks"]]]
        )
        return String(decoding: data, as: UTF8.self)
    }

    // MARK: Typography

    @Test(
        arguments: [
            "4111\u{a0}1111\u{a0}1111\u{a0}1111", "4111\u{202f}1111\u{2009}1111\u{3000}1111",
            "4111\u{2013}1111\u{2013}1111\u{2013}1111", "4111\u{2014}1111\u{2011}1111\u{2212}1111",
            "４１１１１１１１１１１１１１１１", "４１１１　１１１１　１１１１　１１１１", "4111\u{200b}1111\u{200d}1111\u{feff}1111",
            "41\u{ad}11 1111 1111 11\u{ad}11", "٤١١١١١١١١١١١١١١١", "४१११ ११११ ११११ ११११", "𝟒𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏",
            "⁴¹¹¹¹¹¹¹¹¹¹¹¹¹¹¹", "④①①①①①①①①①①①①①①①", "4111·1111·1111·1111", "4111•1111•1111•1111",
            "4\u{336}1\u{336}1\u{336}1\u{336}111111111111", "4\u{fe0f}\u{20e3}111111111111111",
            "4111\u{0}1111\u{1}1111\u{7f}1111",
            "078\u{2013}05\u{2013}1120", "078\u{a0}05\u{a0}1120", "０７８-０５-１１２０", "0\u{200b}78-05-11\u{2060}20",
            "078\u{2011}05\u{2011}1120", "\u{e0030}\u{e0037}\u{e0038}-05-1120", "078\u{ff0d}05\u{ff0d}1120",
        ]
    )
    func `numbers are found whatever typography made of them`(text: String) throws {
        #expect(try policy().words(message(text)) == "1", "\(text)")
        let redacted = try #require(try policy(redacts: true).redacted(message(text)))
        #expect(redacted.contains("look: [PII] thanks"), "\(redacted)")
    }

    @Test func `keys and addresses are found whatever typography made of them`() throws {
        let key = "sk-proj-" + random(40)
        let forms: [(String, String)] = [
            (key.replacingOccurrences(of: "-", with: "\u{2011}"), "3"),
            (key.map { "\($0)\u{200b}" }.joined(), "3"),
            (key.replacingOccurrences(of: "proj", with: "pr\u{ad}oj"), "3"),
            (key.replacingOccurrences(of: "sk-", with: "sk\u{2013}"), "3"),
            (String(String.UnicodeScalarView(key.unicodeScalars.map { Unicode.Scalar($0.value + 0xfee0) ?? $0 })), "3"),
            (
                String(String.UnicodeScalarView(key.unicodeScalars.map { Unicode.Scalar($0.value + 0xe0000) ?? $0 })),
                "3"
            ),
            ("jane＠corp.example", "0"), ("jane@corp。example", "0"), ("ja\u{200b}ne@\u{2060}corp\u{200b}.example", "0"),
            ("ＦＡＬＣＯＮ", "2"), ("fal\u{ad}con", "2"), ("𝐟𝐚𝐥𝐜𝐨𝐧", "2"), ("ⓕⓐⓛⓒⓞⓝ", "2"),
        ]
        for (text, expected) in forms { #expect(try policy().words(message(text)) == expected, "\(text)") }
    }

    @Test func `plain text of other languages is left alone`() throws {
        for text in [
            "Größe 12 – 15 cm, „so“ …", "価格は１２３４円です。", "שלום – 12", "Москва 2024", "१२३ रुपये", "a\u{301}b\u{fe0f}",
            "4111 1111 1111 111\u{00b9}2", "٠٧٨-٠٠-١١٢٠",
        ] { #expect(try policy().words(message(text)) == "", "\(text)") }
    }

    @Test func `every digit, space and dash of Unicode is folded`() throws {
        let rule = ContentRule(pattern: try ContentPattern(parsing: #"<7>|<->|< >|<>"#))
        let scanner = ContentScanner([rule])
        for value in UInt32(0x80)...0x1ffff {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let properties = scalar.properties
            let isSeven = properties.numericType == .decimal && properties.numericValue == 7
            let isSpace = properties.generalCategory == .spaceSeparator
            let isDash = properties.generalCategory == .dashPunctuation
            guard isSeven || isSpace || isDash || properties.isDefaultIgnorableCodePoint else { continue }
            #expect(!scanner.scan("<\(scalar)>").isEmpty, "\(String(value, radix: 16))")
        }
    }

    @Test func `places of what is folded are those of the text`() throws {
        let scanner = ContentScanner([ContentRule(builtins: [.ssn])])
        let text = "é: ０７８\u{2013}05\u{2013}1120\u{200b}."
        let whole = Array(text.utf8)
        let range = try #require(scanner.scan(text).first?.range)
        #expect(String(decoding: whole[range], as: UTF8.self) == "０７８\u{2013}05\u{2013}1120")
        #expect(scanner.scanAll(text).map(\.range) == [range])
    }

    @Test func `any bytes at all are folded without harm`() {
        let scanner = ContentScanner(Builtin.allCases.map { ContentRule(builtins: [$0]) })
        let leads: [UInt8] = [0xc2, 0xe2, 0xef, 0xf0, 0xf3, 0x80, 0xa0, 0xad, 0x00, 0x39, 0xff]
        for _ in 0..<2_000 {
            let bytes = (0..<Int.random(in: 0...40)).map { _ in leads.randomElement() ?? 0 }
            _ = scanner.scanAll(bytes.span)
            let text = bytes + Array(" 078\u{2013}05\u{2013}1120 ".utf8) + bytes
            #expect(scanner.scan(text.span).contains { $0.source == .builtin(.ssn) }, "\(bytes)")
        }
    }

    // MARK: Escapes of others than JSON

    @Test(
        arguments: [
            "https://x.example/?q=078%2D05%2D1120", "%30%37%38-05-1120", "078%252D05%252D1120",
            "%2530%2537%2538-05-1120",
            "078&#45;05&#x2d;1120", "078&ndash;05&ndash;1120", "078&nbsp;05&nbsp;1120", "078&amp;#45;05-1120",
            "078\\x2d05\\x2d1120", "4111%201111%201111%201111",
            "4111%C2%A01111%C2%A01111%C2%A01111",
            "%5Cu0030%5Cu0037%5Cu0038-05-1120", "{\"u\": \"https://x/?k=078%2D05%2D1120\"}",
            "{\"u\": \"\\u0030%37\\u0038%2D05-1120\"}",
        ]
    )
    func `escapes of URLs, HTML and program text are resolved, in JSON and within one another`(text: String) throws {
        #expect(try policy().words(message(text)) == "1", "\(text)")
        let redacted = try #require(try policy(redacts: true).redacted(message(text)), "\(text)")
        #expect(redacted.contains("[PII]") && !redacted.contains("1120") && !redacted.contains("1111"), "\(redacted)")
        #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(redacted.utf8)) }
    }

    @Test func `a picture's address is text`() throws {
        let key = "sk-proj-" + random(30)
        let address = "https://x.example/?k=" + key.replacingOccurrences(of: "-", with: "%2D")
        let body = #"{"messages": [{"content": [{"type": "image_url", "image_url": {"url": "\#(address)"}}]}]}"#
        #expect(try policy().words(body) == "3 opaque")
        #expect(try policy(redacts: true).redacted(body)?.contains("k=[KEY]") == true)
    }

    @Test func `percent signs in plain text do no harm`() throws {
        for text in ["100% of 5%, 20%2", "%", "%%%%", "a&b;c&#;&#x;&#xffffff;&", "%zz%4", "C:\\new\\x", "50%25 off"] {
            #expect(try policy().words(message(text)) == "", "\(text)")
        }
        var text = "078%2D05-1120"
        for depth in 1...10 {
            let isError = try policy().words(message(text)).contains("error")
            #expect(isError == (depth > 7), "\(depth)")
            text = text.replacingOccurrences(of: "%", with: "%25")
        }
    }

    @Test func `a pattern still sees text with its percent signs`() throws {
        let rule = ContentRule(pattern: try ContentPattern(parsing: #"code%41\d"#))
        let policy = ContentPolicy([rule], ContentPolicy.Settings())
        #expect(try policy.words(message("code%411")) == "0")
        #expect(policy.words(#"{"input": "code\u0025411"}"#) == "0")
    }

    // MARK: JSON

    @Test func `whole numbers are read however they are spelled`() throws {
        let zeros = String(repeating: "0", count: 200_000)
        for number in [
            "4111111111111111", "4111111111111111.0", "4.111111111111111e15", "0.4111111111111111E+16",
            "-4111111111111111.0", "4111111111111111.5", "4111111111111111.\(zeros)", "4111111111111111.\(zeros)7",
            "4111111111111111\(zeros)e-200000", "0.\(zeros)4111111111111111e200016", "411111111111111.1e\(zeros)1",
            "4111111111111111e-\(zeros)", "41111111111111119e-1",
        ] {
            let body = #"{"metadata": {"n": \#(number)}}"#
            #expect(try policy().words(body) == "1", "\(number.prefix(80))")
            #expect(try policy(redacts: true).redacted(body) == #"{"metadata": {"n": "[PII]"}}"#)
        }
        for number in [
            "0.4111111111111111", "4.111111111111111e99", "-0.000000e0", "1.00000e400", "1.7976931348623157e308",
            "4111111111111111e-99999999999999999999", "0e99999999999999999999", "4111111.111111111",
        ] {
            #expect(try policy().words(#"{"metadata": {"n": \#(number)}}"#) == "", "\(number)")
        }
    }

    @Test func `a number larger than any reader takes cannot be read`() throws {
        for number in [
            "4111111111111111e401", "4111111111111111e99999999999999999999",
            "1.\(String(repeating: "0", count: 9))e500",
        ] { #expect(try policy().words(#"{"metadata": {"n": \#(number)}}"#) == "error", "\(number)") }
    }

    @Test func `tokens by their numbers cannot be read`() throws {
        for body in [
            #"{"input": [[1, 2, 3]]}"#, #"{"input": [1, 2]}"#, #"{"prompt": [[15496, 11]]}"#,
            #"{"context": [1, 2, 3]}"#,
            #"{"requests": [{"body": {"input": [[5]]}}]}"#, #"{"prompt_token_ids": [5, 6]}"#,
        ] { #expect(try policy().words(body) == "error", "\(body)") }
        for body in [
            #"{"input": ["a", "b"]}"#, #"{"logit_bias": {"50256": -100}}"#, #"{"input": [{"n": [1, 2]}]}"#,
            #"{"n": {"input": [1, 2]}}"#,
            #"{"messages": [{"content": [{"type": "tool_use", "input": {"tokens": [1, 2]}}]}]}"#, #"{"seed": 5}"#,
        ] { #expect(try policy().words(body) == "", "\(body)") }
        var facts = ContentBody(.json)
        facts.isAnswer = true
        let (answer, path) = (Array(#"{"response": "hi", "context": [1, 2]}"#.utf8), [UInt8]())
        #expect(try !policy().read(target: path.span, body: answer.span, facts).isUnreadable)
    }

    @Test func `parts are joined up to the last byte that is looked at, and none is taken for another`() throws {
        func body(_ parts: [String]) -> String { #"{"content": [\#(parts.joined(separator: ", "))]}"# }
        let split = [#"{"text": "my 078-05"}"#, #"{"text": "-1120 "}"#]
        for limit in 15...17 {
            let policy = try policy { $0.maxBytes = limit }
            #expect(policy.words(body(split)) == "1", "\(limit)")
        }
        #expect(try policy { $0.maxBytes = 14 }.words(body(split)) == "over")
        #expect(try policy().words(body([#"{"text": "078-05", "text": "x078-05"}"#, split[1]])) == "error")
        #expect(try policy().words(body([#"{"text": "078-05", "a": {"text": "x"}}"#, split[1]])) == "1")
    }

    @Test func `a key in a data URL's place is no base64`() throws {
        let long = "data:image/png;base64,sk-proj-\(random(40))" + String(repeating: "A", count: 5_000)
        #expect(try policy().words(#"{"image_url": {"url": "\#(long)"}}"#) == "3 opaque")
    }

    @Test func `the parameters of a data URL are text, however long it is`() throws {
        let long = "data:text/plain;name=sk-proj-\(random(40));base64," + String(repeating: "A", count: 6_000)
        #expect(try policy().words(#"{"image_url": {"url": "\#(long)"}}"#) == "3 opaque")
        let redacted = try #require(try policy(redacts: true).redacted(#"{"url": "\#(long)"}"#))
        #expect(!redacted.contains("sk-proj") && redacted.contains(";base64,AAAA"), "\(redacted.prefix(120))")
    }

    @Test func `references of HTML are read as browsers read them`() throws {
        for text in [
            "4111&NonBreakingSpace;1111&NonBreakingSpace;1111&nbsp1111", "4111&ZeroWidthSpace;1111&zwj;1111&shy1111",
            "4111&#45;1111&#x2d;1111&#0000000045;1111", "078&#8209;05&hyphen;1120",
        ] { #expect(try policy().words(message(text)) == "1", "\(text)") }
        #expect(try policy().words(message("fal&#99on")) == "2")
        #expect(try policy().words(message("&#999999999999999999999999999999;&#x;&#;&nb")) == "")
    }

    @Test func `a short data URL is read where none belongs`() throws {
        #expect(try policy().words(#"{"metadata": {"note": "data:;base64,falcon"}}"#) == "2 opaque")
    }

    @Test func `lines of a batch are read each for itself`() throws {
        let line =
            #"{"custom_id": "1", "body": {"messages": [{"content": [{"text": "078-05"}, {"text": "-1120"}]}]}}"#
        #expect(try policy().words("\(line)\n\n\(line)\r\n", type: "application/jsonl") == "1")
        #expect(try policy().words("{\"a\": 1}\nno JSON, a\\u0040b.de", type: "application/jsonl") == "0")
    }

    @Test func `JSON in another encoding than UTF-8 is foreign`() {
        func isForeign(_ type: String) -> Bool { ContentBody.isForeignJSON(Array(type.utf8).span) }
        #expect(!isForeign("application/json") && !isForeign("application/json; charset=\"UTF-8\""))
        #expect(!isForeign("application/json;charset=ISO-8859-1"))
        #expect(isForeign("application/json; charset=utf-7") && isForeign("application/json; charset=utf-16"))
        #expect(isForeign("application/json; charset=utf-8; charset=utf-7") && isForeign("x; charset*=utf-8''utf-7"))
    }

    // MARK: Forms

    /// A form with one part; the bytes of its value as they are.
    private func words(_ head: String, _ value: [UInt8], before: String = "") throws -> String {
        let bytes =
            Array("\(before)--XX\r\nContent-Disposition: form-data; name=\"prompt\"\(head)\r\n\r\n".utf8) + value
            + Array("\r\n--XX--\r\n".utf8)
        let path = Array("/v1/x".utf8)
        let facts = ContentBody(.other(contentType: Array("multipart/form-data; boundary=XX".utf8)))
        let reading = try policy().read(target: path.span, body: bytes.span, facts)
        var words = reading.fired.enumerated().filter(\.element).map { "\($0.offset)" }
        if reading.isUnreadable { words.append("error") }
        if reading.hasOpaqueParts { words.append("opaque") }
        return words.joined(separator: " ")
    }

    private func wide(_ text: String, isLittle: Bool = true, width: Int = 2) -> [UInt8] {
        text.utf8.flatMap { byte in
            let zeros = [UInt8](repeating: 0, count: width - 1)
            return isLittle ? [byte] + zeros : zeros + [byte]
        }
    }

    @Test func `parts in other encodings are decoded`() throws {
        let ssn = "078-05-1120"
        func type(_ charset: String) -> String { "\r\nContent-Type: text/plain; charset=\(charset)" }
        #expect(try words(type("utf-16le"), wide(ssn)) == "1")
        #expect(try words(type("UTF-16"), [0xfe, 0xff] + wide(ssn, isLittle: false)) == "1")
        #expect(try words(type("\"utf-16be\""), wide(ssn, isLittle: false)) == "1")
        #expect(try words(type("utf-32"), wide(ssn, width: 4)) == "1")
        #expect(try words(type("iso-8859-1"), Array("Gr".utf8) + [0xf6, 0xdf, 0x65, 0x20] + Array(ssn.utf8)) == "1")
        #expect(
            try words(type("windows-1252"), Array("078".utf8) + [0x96] + Array("05".utf8) + [0x96] + Array("1120".utf8))
                == "1"
        )
        #expect(try words(type("iso-8859-1"), [0x66, 0xe4, 0x68, 0x69, 0x67]) == "")
        #expect(try words(type("utf-8"), Array("fähig".utf8)) == "")
        // A mark says it as well.
        #expect(try words("", [0xff, 0xfe] + wide(ssn)) == "1")
        // Named by another part.
        let named = "--XX\r\nContent-Disposition: form-data; name=\"_charset_\"\r\n\r\nutf-16\r\n"
        #expect(try words("", wide(ssn), before: named) == "1")
    }

    @Test func `packed parts are unpacked`() throws {
        let secret = Array("so 078-05-1120!".utf8)
        func packed(_ carrier: String) -> String { "\r\nContent-Transfer-Encoding: \(carrier)" }
        #expect(try words(packed("base64"), Array(Data(secret).base64EncodedString().utf8)) == "1")
        #expect(
            try words(packed("BASE64"), Array(Data(secret).base64EncodedString(options: .lineLength64Characters).utf8))
                == "1"
        )
        #expect(try words(packed("quoted-printable"), Array("=30=378-0=\r\n5=2D1120".utf8)) == "1")
        #expect(try words(packed("8bit"), secret) == "1")
        let both = "\r\nContent-Type: text/plain; charset=utf-16" + packed("base64")
        #expect(try words(both, Array(Data(wide("078-05-1120")).base64EncodedString().utf8)) == "1")
        let sound = "; filename=\"a.wav\"\r\nContent-Type: audio/wav" + packed("base64")
        #expect(try words(sound, Array(Data([0xff, 0x00, 0x80]).base64EncodedString().utf8)) == "opaque")
    }

    @Test func `what cannot be decoded is an error`() throws {
        let text = Array("hello".utf8)
        for head in [
            "\r\nContent-Type: text/plain; charset=utf-7", "\r\nContent-Type: text/plain; charset=ibm037",
            "\r\nContent-Type: text/plain; charset=utf-8; charset=utf-16", "\r\nContent-Transfer-Encoding: x-uuencode",
            "\r\nContent-Transfer-Encoding: 7bit\r\nContent-Transfer-Encoding: base64", "\r\nContent-Encoding: gzip",
            "\r\nContent-Type: text/plain;\r\n charset=utf-7", "\r\nContent-Type: multipart/mixed; boundary=YY",
            "\r\ncontent-type : text/plain; charset = 'utf-7'", "; x=\"=?utf-8?B?MDc4?=\"",
            "\r\nContent-Type: message/rfc822",
        ] { #expect(try words(head, text) == "error", "\(head)") }
        #expect(try words("", [0x66, 0xe4, 0x68]) == "error")
        #expect(try words("\r\nContent-Transfer-Encoding: base64", Array("not base64!".utf8)) == "error")
        #expect(try words("\r\nContent-Transfer-Encoding: quoted-printable", Array("=zz".utf8)) == "error")
        // Sound stays what it was.
        #expect(try words("; filename=\"a.wav\"", [0xff, 0x00]) == "opaque")
        #expect(try words("\r\nContent-Type: audio/wav", [0xff, 0x00]) == "opaque")
        #expect(try words("; filename=\"a.txt\"\r\nContent-Type: text/plain", [0xff, 0x00]) == "error opaque")
    }

    @Test func `plain bodies say their encoding, too`() throws {
        let policy = try policy()
        #expect(
            policy.words(
                "0\u{0}7\u{0}8\u{0}-\u{0}0\u{0}5\u{0}-\u{0}1\u{0}1\u{0}2\u{0}0\u{0}",
                type: "text/plain; charset=utf-16"
            ) == "1"
        )
        #expect(policy.words("+ADA-78-05-1120", type: "text/plain; charset=utf-7") == "error")
    }
}
