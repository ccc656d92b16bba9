import Content
import Testing

/// Which text of a request is looked at.
struct RequestTextTests {
    private func read(_ body: String, fields: Set<String>? = nil) throws -> RequestText {
        try RequestText(of: Array(body.utf8).span, fields: fields)
    }
    private func texts(_ body: String, fields: Set<String>? = nil) throws -> [String] {
        try read(body, fields: fields).fields.map { "\($0.path)=\(String(decoding: $0.text, as: UTF8.self))" }
    }

    @Test func `messages, parts and tools are read with their paths`() throws {
        #expect(
            try texts(
                """
                {"model": "secret-model", "messages": [{"role": "system", "content": "be kind"},
                 {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}], "name": "Jo"}],
                 "tools": [{"type": "function", "function": {"name": "f", "description": "d"}}], "stream": true}
                """
            ) == [
                "model=secret-model", "messages[0].content=be kind", "messages[1].content[0].text=a",
                "messages[1].content[1].text=b",
                "messages[1].content=ab", "messages[1].name=Jo", "tools[0].function.name=f",
                "tools[0].function.description=d",
            ]
        )
        #expect(try texts(#"{"prompt": ["x", "y"], "input": "z"}"#) == ["prompt[0]=x", "prompt[1]=y", "input=z"])
    }

    @Test func `escapes are resolved`() throws {
        #expect(try texts(#"{"input": "a\u0040b.de"}"#) == ["input=a@b.de"])
        #expect(try texts(#"{"inp\u0075t": "a"}"#) == ["input=a"])
    }

    @Test func `names that no API has and long numbers are text`() throws {
        #expect(
            try texts(#"{"metadata": {"to a@b.de": 1, "card": 4111111111111111, "n": 1234567, "x": 4.1111111e15}}"#)
                == [
                    "metadata=to a@b.de", "metadata=card", "metadata.card=4111111111111111", "metadata=x",
                    "metadata.x=4.1111111e15",
                ]
        )
        #expect(
            try texts(#"{"messages": [{"role": "falcon", "type": "text", "content": ["a", "b"]}]}"#) == [
                "messages[0].role=falcon", "messages[0].content[0]=a", "messages[0].content[1]=b",
                "messages[0].content=ab",
            ]
        )
        #expect(try texts(#"["x", {"text": "y"}]"#) == ["[0]=x", "[1].text=y"])
    }

    @Test func `what only looks like a data URL is text`() throws {
        let prose = "data: my number is 078-05-1120, " + String(repeating: "and so on ", count: 20)
        #expect(try texts(#"{"input": "\#(prose)"}"#) == ["input=\(prose)"])
        let other = "data:text/plain,078-05-1120"
        #expect(try texts(#"{"input": "\#(other)"}"#) == ["input=\(other)"])
        let token = "sk-" + String(repeating: "aB3", count: 40)
        #expect(try texts(#"{"arguments": {"data": "\#(token)"}}"#) == ["arguments.data=\(token)"])
        let schema = #"{"tools": [{"parameters": {"properties": {"images": {"type": "string"}}}}]}"#
        #expect(try !read(schema).hasOpaqueParts)
        #expect(try read(#"{"messages": [{"images": ["QUJD"]}]}"#).hasOpaqueParts)
        #expect(try !read(#"{"messages": [{"images": []}]}"#).hasOpaqueParts)
        // A message is text, even one that is spelled as a picture would be.
        let disguised = "data:;base64,AKIAIOSFODNN7EXAMPLE"
        #expect(
            try texts(#"{"messages": [{"role": "user", "content": "\#(disguised)"}]}"#).contains(
                "messages[0].content=\(disguised)"
            )
        )
        #expect(try texts(#"{"input": "\#(disguised)"}"#) == ["input=\(disguised)"])
        let escaped = String(repeating: #"QU\/D"#, count: 2_000)
        #expect(try texts(#"{"url": "data:image\/png;base64,\#(escaped)"}"#) == ["url=data:image/png;base64"])
    }

    @Test func `fields bound what is read`() throws {
        #expect(try texts(#"{"prompt": "x", "user": "u"}"#, fields: ["prompt"]) == ["prompt=x"])
        #expect(try texts(#"{"prompt": "x", "user": "u"}"#) == ["prompt=x", "user=u"])
    }

    @Test func `pictures, sound and files are opaque, and are no text`() throws {
        let (data, long) = (String(repeating: "QUJD", count: 40), String(repeating: "QUJD", count: 2_000))
        let picture = try read(
            #"{"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,\#(long)"}}]}]}"#
        )
        // What stands in front of the comma is text.
        #expect(picture.fields.map { String(decoding: $0.text, as: UTF8.self) } == ["data:image/png;base64"])
        #expect(picture.hasOpaqueParts)
        let sound = try read(
            #"{"messages": [{"content": [{"type": "input_audio", "input_audio": {"data": "\#(data)", "format": "wav"}}]}]}"#
        )
        #expect(sound.hasOpaqueParts)
        // What is short could be a token, too.
        #expect(
            sound.fields.map(\.path) == [
                "messages[0].content[0].input_audio.data", "messages[0].content[0].input_audio.format",
            ]
        )
        #expect(try !read(#"{"messages": [{"content": "data: none"}]}"#).hasOpaqueParts)
        #expect(try read(#"{"messages": [{"content": [{"type": "file", "file": {"file_id": "f"}}]}]}"#).hasOpaqueParts)
    }

    @Test(
        arguments: [
            "", "[", "{", #"{"a" 1}"#, #"{"a": "b"#, #"{"a": 1} x"#, "nul", #"{"a": "\x"}"#, #"{"a": [1,]}"#,
            #"{"a": {"b"}}"#,
            "{\"a\": \"\u{1}\"}", #"{"a": tru}"#,
        ]
    )
    func `what is no JSON is refused`(body: String) {
        #expect(throws: (any Error).self) { try read(body) }
    }

    @Test func `depth is bounded`() throws {
        func nested(_ depth: Int) -> String {
            #"{"a":"# + String(repeating: "[", count: depth) + String(repeating: "]", count: depth) + "}"
        }
        #expect(try read(nested(200)).fields.count == 1)
        #expect(throws: (any Error).self) { try read(nested(100_000)) }
    }

    @Test func `every string of a random body is read`() throws {
        for number in 0..<300 {
            var planted: [String] = []
            func value(_ depth: Int) -> String {
                switch Int.random(in: 0..<(depth > 0 ? 6 : 3)) {
                case 0, 1, 2:
                    planted.append("needle-\(number)-\(planted.count)")
                    let escaped = planted[planted.count - 1].map { Bool.random() ? String($0) : "\\u00" + hex($0) }
                        .joined()
                    return "\"\(escaped)\""
                case 3: return "[" + (0..<3).map { _ in value(depth - 1) }.joined(separator: ", ") + "]"
                case 4: return "{" + (0..<2).map { "\"k\($0)\": " + value(depth - 1) }.joined(separator: ",") + "}"
                default: return "-1.5e3"
                }
            }
            let body = "{\"messages\": \(value(4)), \"other\": \(value(3))}"
            let found = try read(body).fields.map { String(decoding: $0.text, as: UTF8.self) }
            #expect(Set(planted).isSubset(of: found), "\(body)")
        }
    }

    private func hex(_ character: Character) -> String {
        String(character.asciiValue ?? 0x3f, radix: 16).count == 2
            ? String(character.asciiValue ?? 0x3f, radix: 16) : "3f"
    }
}
