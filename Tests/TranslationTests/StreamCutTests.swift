import Bytes
import Conversation
import Dialect
import Foundation
import JSON
import Testing
import Translation

/// The end of streams that the gateway ends before their provider does.
@Suite struct StreamCutTests {
    private var cut: StreamCut {
        var usage = TokenUsage()
        usage.input = 7
        usage.output = 40
        return StreamCut(
            requestID: "r1",
            model: "m",
            created: 1,
            usage: usage,
            wantsUsage: true,
            code: "budget_exceeded",
            pool: "team",
            message: "it is \"spent\""
        )
    }

    private func events(_ bytes: [UInt8]) throws -> [[String: Any]] {
        try String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline).compactMap { line in
            guard let start = line.firstIndex(of: "{") else { return nil }
            return try JSONSerialization.jsonObject(with: Data(line[start...].utf8)) as? [String: Any]
        }
    }

    @Test(arguments: [ChatFormat.chat, .completions, .responses, .messages, .gemini, .ollama, .generate])
    func `each format says once that it was cut and why, in JSON`(format: ChatFormat) throws {
        let found = try events(cut.ending(as: format))
        let marked = found.filter { $0["x_hoosh"] != nil }
        #expect(marked.count == 1)
        let mark = try #require(marked.first?["x_hoosh"] as? [String: String])
        #expect(mark == ["cut": "budget_exceeded", "pool": "team", "message": "it is \"spent\""])
        #expect(!found.contains { $0["error"] is [String: Any] })
    }

    @Test func `OpenAI's end has the reason, the counts the client asked for, and no role`() throws {
        let text = String(decoding: cut.ending(as: .chat), as: UTF8.self)
        #expect(text.hasSuffix("data: [DONE]\n\n") && !text.contains("role"))
        let found = try events(Array(text.utf8))
        #expect(found.count == 2)
        let choice = try #require((found[0]["choices"] as? [[String: Any]])?.first)
        #expect(choice["finish_reason"] as? String == "length")
        #expect((found[1]["usage"] as? [String: Int])?["total_tokens"] == 47)
    }

    @Test func `Anthropic's open block is closed, and no other`() throws {
        var cut = self.cut
        #expect(
            try events(cut.ending(as: .messages)).map { $0["type"] as? String } == ["message_delta", "message_stop"]
        )
        cut.openBlock = 3
        let found = try events(cut.ending(as: .messages))
        #expect(found.first?["type"] as? String == "content_block_stop" && found.first?["index"] as? Int == 3)
        #expect((found[1]["delta"] as? [String: Any])?["stop_reason"] as? String == "max_tokens")
        #expect((found[1]["usage"] as? [String: Int])?["output_tokens"] == 40)
        // What has been said why it ends is not said again.
        cut.hasReason = true
        cut.openBlock = nil
        let last = try events(cut.ending(as: .messages))
        #expect(last.count == 1 && last[0]["type"] as? String == "message_stop" && last[0]["x_hoosh"] != nil)
    }

    @Test func `a translated stream is ended where it stands, each choice that is open`() throws {
        let terms = AnswerTerms(requestID: "r1", model: "m", created: 1, wantsStreamUsage: false)
        let stream = StreamTranslation(from: .chat, to: .chat, terms)
        func chunk(_ choice: Int, _ rest: String) -> String {
            "data: {\"id\":\"c\",\"choices\":[{\"index\":\(choice),\(rest)}]}\n\n"
        }
        let text =
            chunk(0, "\"delta\":{\"content\":\"a\"}") + chunk(1, "\"delta\":{\"content\":\"b\"}")
            + chunk(0, "\"delta\":{},\"finish_reason\":\"stop\"")
        let bytes = Array(text.utf8)
        try stream.take(bytes.span)
        stream.cut(cut)
        var said: [UInt8] = []
        stream.withOutput { output in said = output.indices.map { output[$0] } }
        let ends = try events(said).compactMap { event -> String? in
            guard let choice = (event["choices"] as? [[String: Any]])?.first,
                let word = choice["finish_reason"] as? String, let index = choice["index"] as? Int
            else { return nil }
            return "\(index) \(word) \(event["x_hoosh"] != nil)"
        }
        #expect(ends == ["0 stop false", "1 length true"])
        #expect(String(decoding: said, as: UTF8.self).hasSuffix("data: [DONE]\n\n"))
    }
}
