import Conversation
import Dialect
import Foundation
import Testing
import Translation

/// Calls of a stream as clients get them whose dialect has one block after the other, or whole calls.
@Suite struct `Order of calls` {
    private func said(_ chunks: [String], to client: ChatFormat = .messages) throws -> (text: String, fault: ChatFault?)
    {
        let stream = StreamTranslation(from: .chat, to: client, `Translated streams`.terms)
        var text = ""
        for chunk in chunks {
            let bytes = Array("data: \(chunk)\n\n".utf8)
            try stream.take(bytes.span)
        }
        try stream.end()
        stream.withOutput { output in text = String(decoding: output.indices.map { output[$0] }, as: UTF8.self) }
        return (text, stream.failure)
    }

    private func chunk(_ delta: String) -> String { #"{"id":"c","choices":[{"index":0,"delta":{\#(delta)}}]}"# }

    private func call(_ index: Int, _ members: String, _ arguments: String) -> String {
        let quoted = arguments.replacingOccurrences(of: "\"", with: "\\\"")
        return chunk(#""tool_calls":[{"index":\#(index)\#(members),"function":{"arguments":"\#(quoted)"}}]"#)
    }

    private func begin(_ index: Int, _ name: String) -> String {
        chunk(#""tool_calls":[{"index":\#(index),"id":"id\#(index)","function":{"name":"\#(name)","arguments":""}}]"#)
    }

    private let end = #"{"id":"c","choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}"#

    /// The blocks, by Anthropic's rule: start, deltas, stop, one after the other.
    private func blocks(_ text: String) throws -> [String] {
        var blocks: [String] = []
        var open: Int?
        for line in text.split(separator: "\n") where line.hasPrefix("data: ") {
            let event = try #require(
                try JSONSerialization.jsonObject(with: Data(line.dropFirst(6).utf8)) as? [String: Any]
            )
            let index = event["index"] as? Int
            switch event["type"] as? String {
            case "content_block_start":
                #expect(open == nil && index == blocks.count)
                open = index
                let block = event["content_block"] as? [String: Any]
                blocks.append((block?["name"] as? String ?? block?["type"] as? String ?? "?") + ":")
            case "content_block_delta":
                #expect(open == index)
                let delta = event["delta"] as? [String: Any]
                blocks[blocks.count - 1] += (delta?["partial_json"] ?? delta?["text"]) as? String ?? ""
            case "content_block_stop":
                #expect(open == index)
                open = nil
            default: break
            }
        }
        #expect(open == nil)
        return blocks
    }

    @Test func `calls whose arguments come by turns are said one after the other`() throws {
        let told = try said([
            begin(0, "f"), begin(1, "g"), call(0, "", "{\"x\":"), call(1, "", "{\"y\":"), chunk(#""content":"so""#),
            call(0, "", "\"}{\"}"), call(1, "", "2}"), end,
        ])
        #expect(try blocks(told.text) == ["f:{\"x\":\"}{\"}", "g:{\"y\":2}", "text:so"])
    }

    @Test func `a call without arguments holds up the next until the end only`() throws {
        let told = try said([begin(0, "f"), begin(1, "g"), call(1, "", "{}"), begin(2, "h"), end])
        #expect(try blocks(told.text) == ["f:", "g:{}", "h:"])
    }

    @Test func `calls that come one after the other are said at once`() throws {
        let stream = StreamTranslation(from: .chat, to: .messages, `Translated streams`.terms)
        let chunks = [begin(0, "f"), call(0, "", "{\"a\":{}}"), begin(1, "g"), call(1, "", "{\"b")]
        let bytes = Array(chunks.map { "data: \($0)\n\n" }.joined().utf8)
        try stream.take(bytes.span)
        var text = ""
        stream.withOutput { output in text = String(decoding: output.indices.map { output[$0] }, as: UTF8.self) }
        #expect(text.contains(#""partial_json":"{\"b""#))
    }

    @Test(arguments: [ChatFormat.messages, .gemini, .ollama])
    func `more calls than may be held are an error of the stream`(client: ChatFormat) throws {
        let told = try said((0...4_096).map { call($0, #","id":"i\#($0)""#, "{}") } + [end], to: client)
        #expect(told.fault?.message.text == "the provider sent more than 4,096 calls in one answer")
        #expect(told.text.contains("more than 4,096 calls"))
    }

    @Test(arguments: [ChatFormat.gemini, .ollama])
    func `more arguments than may be held are an error of the stream`(client: ChatFormat) throws {
        let piece = String(repeating: "a", count: 1 << 20)
        let told = try said([begin(0, "f")] + (0...8).map { _ in call(0, "", piece) } + [end], to: client)
        #expect(told.fault?.message.text == "the provider sent more than 8 MiB of arguments in one answer")
        #expect(!told.text.contains("aaaa"))
    }
}
