import Bytes
import EventStream
import JSON
import Testing

@Suite struct `JSON nodes, walks and writers` {
    @Test func `a tree keeps the spelling of texts, numbers and whole values`() throws {
        let text = #" {"a":[1.50, -2e3,"x\u00e9\n"],"\u0062":{"c": null, "d":true},"a2":17}"#
        let node = try JSONNode.parse(Array(text.utf8))
        #expect(node["a"]?.elements?[0].number.map { String(decoding: $0, as: UTF8.self) } == "1.50")
        #expect(node["a"]?.elements?[2].string?.text == "xé\n")
        #expect(node["b"]?["c"]?.isNull == true)
        #expect(node["b"]?["d"]?.bool == true)
        #expect(node["a2"]?.integer == 17)
        #expect(node["b"].map { String(decoding: $0.source, as: UTF8.self) } == #"{"c": null, "d":true}"#)
        #expect(node["missing"] == nil)
    }

    @Test(arguments: ["", "{", "[1,]", "{\"a\" 1}", "{\"a\":1}}", "nul", "[1 2]", "\"\u{1}\""])
    func `what is no JSON makes no tree`(text: String) {
        #expect(throws: JSONFault.self) { try JSONNode.parse(Array(text.utf8)) }
    }

    @Test func `depth is bounded`() throws {
        let deep = String(repeating: "[", count: 256) + String(repeating: "]", count: 256)
        #expect(throws: Never.self) { try JSONNode.parse(Array(deep.utf8)) }
        #expect(throws: JSONFault.self) { try JSONNode.parse(Array("[\(deep)]".utf8)) }
    }

    @Test func `a writer sets commas and escapes`() throws {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("a")
        writer.beginArray()
        writer.number(-120)
        writer.string("q\"\u{1}é" as String)
        writer.null()
        writer.endArray()
        writer.key("b" as String)
        writer.raw("{}")
        writer.key("c")
        writer.string(JSONString(spelled: Array(#"x\n"#.utf8)[...]))
        writer.endObject()
        #expect(String(decoding: writer.bytes, as: UTF8.self) == #"{"a":[-120,"q\"\u0001é",null],"b":{},"c":"x\n"}"#)
        _ = try JSONNode.parse(writer.bytes)
    }

    @Test func `a walk names each member's place`() throws {
        let bytes = Array(#"{"x":{"y":[1,"two"]},"z":"end"}"#.utf8)
        var seen: [String] = []
        let span = bytes.span
        try JSONWalk.members(of: .whole(span), in: span) { key, value throws(JSONFault) in
            seen.append(String(decoding: bytes[key.range], as: UTF8.self))
            if JSONWalk.isKey(key, "z", in: span) {
                seen.append(String(decoding: bytes[value.text.range], as: UTF8.self))
            }
            guard value.kind == .object else { return }
            try JSONWalk.members(of: value, in: span) { _, list throws(JSONFault) in
                try JSONWalk.elements(of: list, in: span) { element throws(JSONFault) in
                    seen.append(String(decoding: bytes[element.range.range], as: UTF8.self))
                }
            }
        }
        #expect(seen == ["x", "1", "\"two\"", "z", "end"])
    }
}

@Suite struct `Framers of translated streams` {
    struct Fault: Error {}

    static func events(_ pieces: [[UInt8]]) throws -> [String] {
        var framer = EventFramer()
        var seen: [String] = []
        for piece in pieces {
            try framer.take(piece.span, tooLarge: Fault()) { name, data throws(Fault) in
                seen.append(
                    String(decoding: name.indices.map { name[$0] }, as: UTF8.self) + "|"
                        + String(decoding: data.indices.map { data[$0] }, as: UTF8.self)
                )
            }
        }
        return seen
    }

    static let stream = Array(
        "\u{feff}: hello\r\ndata: one\r\n\r\nevent: named\ndata:two\ndata: three\n\nevent: empty\n\nid: 4\rdata\r\rdata: é\n\n"
            .utf8
    )
    static let expected = ["|one", "named|two\nthree", "|", "|é"]

    @Test func `events are the same wherever the stream is cut`() throws {
        #expect(try Self.events([Self.stream]) == Self.expected)
        #expect(try Self.events(Self.stream.map { [$0] }) == Self.expected)
        for cut in Self.stream.indices {
            #expect(try Self.events([Array(Self.stream[..<cut]), Array(Self.stream[cut...])]) == Self.expected)
        }
    }

    @Test func `lines are the same wherever the body is cut, and the last may lack its end`() throws {
        let body = Array("{\"a\":1}\r\n\n{\"b\":2}\n{\"c\":3}".utf8)
        for cut in body.indices {
            var framer = LineFramer()
            var seen: [String] = []
            for piece in [body[..<cut], body[cut...]] {
                try framer.take(Array(piece).span, tooLarge: Fault()) { line throws(Fault) in
                    seen.append(String(decoding: line.indices.map { line[$0] }, as: UTF8.self))
                }
            }
            try framer.finish { line throws(Fault) in
                seen.append(String(decoding: line.indices.map { line[$0] }, as: UTF8.self))
            }
            #expect(seen == ["{\"a\":1}", "{\"b\":2}", "{\"c\":3}"])
        }
    }

    @Test func `an event beyond the limit is refused`() throws {
        var framer = EventFramer()
        let piece = [UInt8](repeating: 0x61, count: 1 << 20)
        #expect(throws: Fault.self) {
            for _ in 0..<9 { try framer.take(piece.span, tooLarge: Fault()) { _, _ throws(Fault) in } }
        }
    }
}
