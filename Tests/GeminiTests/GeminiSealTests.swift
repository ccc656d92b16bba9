import Anthropic
import CodecKit
import Conversation
import Foundation
import Gemini
import JSON
import OpenAI
import Testing

/// Seals of Gemini's must come back to Gemini by clients of other dialects, who return what they were given.
@Suite struct GeminiSealTests {
    private let answer = """
        {"candidates":[{"content":{"parts":[{"text":"Look it up.","thought":true},{"text":"One moment."},
          {"functionCall":{"name":"f","args":{"a":1}},"thoughtSignature":"AcBdEfGhIjKlMnOp"},
          {"functionCall":{"name":"g","args":{}}}],"role":"model"},"finishReason":"STOP","index":0}]}
        """

    /// The model's parts of the next request, as Gemini gets them.
    private func parts(_ request: ChatRequest) throws -> [NSDictionary] {
        let written = try GeminiRequest.write(request, RequestTerms(model: "gemini-3-pro", streams: false))
        let contents = try object(written.body)["contents"] as? [NSDictionary] ?? []
        return contents.first { $0["role"] as? String == "model" }?["parts"] as? [NSDictionary] ?? []
    }

    private func expectSeals(_ parts: [NSDictionary]) {
        let calls = parts.filter { $0["functionCall"] != nil }
        #expect(calls.map { $0["thoughtSignature"] as? String } == ["AcBdEfGhIjKlMnOp", nil])
        #expect(parts.filter { $0["thoughtSignature"] != nil }.count == 1)
        #expect(parts.contains { $0["text"] as? String == "One moment." && $0["thought"] == nil })
    }

    private func openAI(_ message: Any) throws -> ChatRequest {
        let calls = (message as? NSDictionary)?["tool_calls"] as? [NSDictionary] ?? []
        let results = calls.map { ["role": "tool", "tool_call_id": $0["id"] ?? "", "content": "ok"] as NSDictionary }
        let body: NSDictionary = [
            "model": "m", "messages": [["role": "user", "content": "hi"] as NSDictionary, message] + results,
        ]
        let bytes = [UInt8](try JSONSerialization.data(withJSONObject: body))
        return try OpenAIRequest.read(try JSONNode.parse(bytes))
    }

    private func anthropic(_ content: [Any]) throws -> ChatRequest {
        let calls = content.compactMap { $0 as? NSDictionary }.filter { $0["type"] as? String == "tool_use" }
        let results = calls.map {
            ["type": "tool_result", "tool_use_id": $0["id"] ?? "", "content": "ok"] as NSDictionary
        }
        let body: NSDictionary = [
            "model": "m", "max_tokens": 9,
            "messages": [
                ["role": "user", "content": "hi"] as NSDictionary,
                ["role": "assistant", "content": content] as NSDictionary,
                ["role": "user", "content": results] as NSDictionary,
            ],
        ]
        let bytes = [UInt8](try JSONSerialization.data(withJSONObject: body))
        return try AnthropicRequest.read(try JSONNode.parse(bytes))
    }

    @Test func `a call's seal comes back by clients of OpenAI's`() throws {
        let written = try object(OpenAIAnswer.write(try GeminiAnswer.read(try node(answer)), .sample))
        let message = try #require((written["choices"] as? [NSDictionary])?.first?["message"])
        try expectSeals(parts(try openAI(message)))
    }

    @Test func `a call's seal comes back by clients of OpenAI's who know its documented place alone`() throws {
        let written = try object(OpenAIAnswer.write(try GeminiAnswer.read(try node(answer)), .sample))
        let message = try #require((written["choices"] as? [NSDictionary])?.first?["message"] as? NSDictionary)
        let bare = message.mutableCopy() as? NSMutableDictionary ?? [:]
        for key in message.allKeys.compactMap({ $0 as? String }) where !["role", "content", "tool_calls"].contains(key)
        {
            bare.removeObject(forKey: key)
        }
        try expectSeals(parts(try openAI(bare)))
    }

    @Test func `a call's seal comes back by clients of Anthropic's`() throws {
        let written = try object(AnthropicAnswer.write(try GeminiAnswer.read(try node(answer)), .sample))
        try expectSeals(parts(try anthropic(try #require(written["content"] as? [Any]))))
    }

    /// What Anthropic's libraries make of a stream.
    private func accumulate(_ stream: [UInt8]) throws -> [NSDictionary] {
        var blocks: [NSMutableDictionary] = []
        var inputs: [Int: String] = [:]
        for line in String(decoding: stream, as: UTF8.self).split(separator: "\n") where line.hasPrefix("data: ") {
            let event = try object(String(line.dropFirst(6)))
            let index = event["index"] as? Int ?? 0
            if let block = event["content_block"] as? NSDictionary {
                blocks.append(block.mutableCopy() as? NSMutableDictionary ?? [:])
            } else if let delta = event["delta"] as? NSDictionary, event["index"] != nil {
                for key in ["text", "thinking", "signature"] {
                    guard let piece = delta[key] as? String else { continue }
                    blocks[index][key] = (blocks[index][key] as? String ?? "") + piece
                }
                if let piece = delta["partial_json"] as? String { inputs[index, default: ""] += piece }
            }
        }
        for (index, text) in inputs { blocks[index]["input"] = try object(text.isEmpty ? "{}" : text) }
        return blocks
    }

    @Test func `a call's seal comes back by streaming clients of Anthropic's`() throws {
        let event = answer.split(separator: "\n").joined()
        let stream = try Feeding.translate(
            Array("data: \(event)\n\n".utf8),
            .events,
            from: GeminiStreamReader.self,
            to: AnthropicStreamWriter.self
        )
        try expectSeals(parts(try anthropic(try accumulate(stream))))
    }

    @Test func `a text's seal comes back on it`() throws {
        let answer = """
            {"candidates":[{"content":{"parts":[{"text":"Hm.","thought":true},
              {"text":"Done.","thoughtSignature":"AcBdEfGhIjKlMnOp"}]},"finishReason":"STOP"}]}
            """
        let read = try GeminiAnswer.read(try node(answer))
        let expected = try object("{\"text\":\"Done.\",\"thoughtSignature\":\"AcBdEfGhIjKlMnOp\"}")
        let claude = try object(AnthropicAnswer.write(read, .sample))
        #expect(try parts(try anthropic(try #require(claude["content"] as? [Any]))).last == expected)
    }

    /// Seals as recorded from Anthropic begin so; Gemini refuses them, and Anthropic refuses Gemini's.
    private let anthropics = "EoQDCm0IDhgCKkCDzGs2kL2PgnDCZU/nM2wG2P1VAAAA"
    private let googles = "EpwICpkIAXLI2nxlU6gsWZaZHRYkX1orzuM8vSUFAAAA"

    @Test func `a seal of Anthropic's does not go to Gemini, and the call gets Google's word instead`() throws {
        let content: [NSDictionary] = [
            ["type": "thinking", "thinking": "Hm.", "signature": anthropics],
            ["type": "tool_use", "id": "t1", "name": "f", "input": [:] as NSDictionary],
        ]
        let request = try anthropic(content)
        let parts = try parts(request)
        #expect(parts.first == (["text": "Hm.", "thought": true] as NSDictionary))
        #expect(parts.last?["thoughtSignature"] as? String == "skip_thought_signature_validator")
        let written = try GeminiRequest.write(request, RequestTerms(model: "gemini-3-pro", streams: false))
        #expect(written.dropped.contains("signature"))
    }

    @Test func `whose seal it is shows in its first bytes`() {
        #expect(Seal.isAnthropics(JSONString(anthropics)) && !Seal.isGoogles(JSONString(anthropics)))
        #expect(Seal.isGoogles(JSONString(googles)) && !Seal.isAnthropics(JSONString(googles)))
        for other in ["", "x", "c2VjcmV0", "not base64!", "skip_thought_signature_validator"] as [JSONString] {
            #expect(!Seal.isAnthropics(other) && !Seal.isGoogles(other))
        }
    }

    @Test func `every recorded seal is known for whose it is`() throws {
        guard
            let corpus = Corpus.load(apis: [
                "gemini.generateContent", "gemini.streamGenerateContent", "anthropic.messages",
            ])
        else { return #expect(!Corpus.isRequired) }
        var counts = [0, 0]
        for recording in corpus.recordings {
            let isGoogles = recording.api.hasPrefix("gemini")
            let key = isGoogles ? "\"thoughtSignature\":" : "\"signature\":"
            let text = String(decoding: recording.response, as: UTF8.self)
            for piece in text.components(separatedBy: key).dropFirst() {
                let seal = piece.split(separator: "\"", maxSplits: 2, omittingEmptySubsequences: false)
                guard seal.count == 3, seal[0].allSatisfy(\.isWhitespace), seal[1].utf8.count > 100 else { continue }
                let value = JSONString(spelled: Array(seal[1].utf8)[...])
                // One fixture of an SDK's authors is no seal at all.
                if value.text.hasPrefix("c3ludGhldGlj") { continue }
                #expect(Seal.isGoogles(value) == isGoogles, "\(recording.id)")
                #expect(Seal.isAnthropics(value) == !isGoogles, "\(recording.id)")
                counts[isGoogles ? 0 : 1] += 1
            }
        }
        print("Seals: \(counts[0]) of Google's, \(counts[1]) of Anthropic's")
    }

    @Test func `a seal that nobody knows stands on no part for Gemini, and is told as dropped`() throws {
        let request = try anthropic([
            ["type": "thinking", "thinking": "hm", "signature": "c29tZWJvZHkgZWxzZSdzIHNlYWw="] as NSDictionary,
            ["type": "tool_use", "id": "a", "name": "f", "input": [:] as NSDictionary] as NSDictionary,
        ])
        let sealed = try parts(request).compactMap { $0["thoughtSignature"] as? String }
        #expect(!sealed.contains("c29tZWJvZHkgZWxzZSdzIHNlYWw="))
        let written = try GeminiRequest.write(request, RequestTerms(model: "gemini-3-pro", streams: false))
        #expect(written.dropped.contains("signature"))
    }
}
