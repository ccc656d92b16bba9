import Bytes
import CodecKit
import Conversation
import Foundation
import Gemini
import JSON
import Ollama
import OpenAI
import Testing

@Suite struct OllamaStreamTests {
    private static let lines = [
        "{\"model\":\"q\",\"created_at\":\"2023-11-14T22:13:20Z\",\"message\":{\"role\":\"assistant\",\"content\":\"\",\"thinking\":\"Hm\"},\"done\":false}",
        "{\"model\":\"q\",\"created_at\":\"2023-11-14T22:13:20Z\",\"message\":{\"role\":\"assistant\",\"content\":\"a\\n\\\"ü\\\"\"},\"done\":false}",
        "{\"model\":\"q\",\"created_at\":\"2023-11-14T22:13:20Z\",\"message\":{\"role\":\"assistant\",\"content\":\"\",\"tool_calls\":["
            + "{\"id\":\"c1\",\"function\":{\"index\":0,\"name\":\"f\",\"arguments\":{\"a\":[1]}}},"
            + "{\"function\":{\"name\":\"g\",\"arguments\":{}}}]},\"done\":false}",
        "{\"model\":\"q\",\"created_at\":\"2023-11-14T22:13:20Z\",\"message\":{\"role\":\"assistant\",\"content\":\"\"},\"done\":true,"
            + "\"done_reason\":\"stop\",\"total_duration\":5,\"prompt_eval_count\":0,\"eval_count\":7}",
    ]

    private static var bytes: [UInt8] { Array(lines.joined(separator: "\n").utf8) }

    private static var expected: Gathered {
        var gathered = Gathered()
        gathered.model = "q"
        gathered.created = 1_700_000_000
        gathered.starts = 1
        gathered.reasoning = [0: "Hm"]
        gathered.text = [0: "a\n\"ü\""]
        var first = Gathered.Call()
        first.id = "c1"
        first.name = "f"
        first.arguments = "{\"a\":[1]}"
        var second = Gathered.Call()
        second.name = "g"
        second.arguments = "{}"
        gathered.calls = [0: [first, second]]
        gathered.finish = [0: .toolCalls]
        gathered.usage.input = 0
        gathered.usage.output = 7
        gathered.isEnded = true
        return gathered
    }

    @Test func `a stream is read the same whole, byte by byte, and cut anywhere`() throws {
        let bytes = OllamaStreamTests.bytes
        for pieces in [[bytes[...]], Feeding.bytewise(bytes)] + Feeding.cuts(bytes) {
            let (gathered, isComplete) = try Feeding.read(pieces, .lines, with: OllamaStreamReader.self)
            #expect(gathered == OllamaStreamTests.expected && isComplete)
        }
        let cut = Array(bytes.prefix(300))
        #expect(throws: FeedFault.self) { try Feeding.read([cut[...]], .lines, with: OllamaStreamReader.self) }
    }

    @Test func `what was written is read the same`() throws {
        let written = try Feeding.translate(
            OllamaStreamTests.bytes,
            .lines,
            from: OllamaStreamReader.self,
            to: OllamaStreamWriter.self
        )
        let (gathered, isComplete) = try Feeding.read([written[...]], .lines, with: OllamaStreamReader.self)
        #expect(gathered == OllamaStreamTests.expected && isComplete)
        for line in written.split(separator: 0x0a) { _ = try object(Array(line)) }
    }

    @Test func `a stream of generate has the text alone`() throws {
        let written = try Feeding.translate(
            OllamaStreamTests.bytes,
            .lines,
            from: OllamaStreamReader.self,
            to: OllamaGenerateStreamWriter.self
        )
        let lines = try written.split(separator: 0x0a).map { try object(Array($0)) }
        #expect(lines.compactMap { $0["thinking"] as? String } == ["Hm"])
        #expect(lines.map { $0["response"] as? String ?? "" }.joined().hasPrefix("a\n\"ü\""))
        #expect(lines.last?["done"] as? Bool == true && lines.last?["eval_count"] as? Int == 7)
        let (gathered, isComplete) = try Feeding.read([written[...]], .lines, with: OllamaStreamReader.self)
        #expect(isComplete && gathered.reasoning == [0: "Hm"])
    }

    @Test func `pieces of arguments in OpenAI's stream become an object`() throws {
        let chunk =
            "{\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":"
        let events = [
            "\(chunk){\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"index\":0,\"id\":\"c1\",\"type\":\"function\","
                + "\"function\":{\"name\":\"f\",\"arguments\":\"\"}}]},\"finish_reason\":null}]}",
            "\(chunk){\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"{\\\"a\\\"\"}}]},\"finish_reason\":null}]}",
            "\(chunk){\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\":\\\"\\u00fc\\\"}\"}}]},\"finish_reason\":null}]}",
            "\(chunk){},\"finish_reason\":\"tool_calls\"}]}", "[DONE]",
        ]
        let bytes = Array(events.map { "data: \($0)\n\n" }.joined().utf8)
        let written = try Feeding.translate(bytes, .events, from: OpenAIStreamReader.self, to: OllamaStreamWriter.self)
        let (gathered, _) = try Feeding.read([written[...]], .lines, with: OllamaStreamReader.self)
        #expect(try object(gathered.calls[0]?.first?.arguments ?? "") == ["a": "ü"])
        #expect(gathered.calls[0]?.first?.id == "c1" && gathered.finish == [0: .toolCalls])
    }

    @Test func `an error in the middle ends the stream`() throws {
        let bytes = Array("\(OllamaStreamTests.lines[0])\n{\"error\":\"model runner stopped\"}\n".utf8)
        let (gathered, isComplete) = try Feeding.read([bytes[...]], .lines, with: OllamaStreamReader.self)
        #expect(gathered.failure == "model runner stopped" && !isComplete)
        let written = try Feeding.translate(bytes, .lines, from: OllamaStreamReader.self, to: OllamaStreamWriter.self)
        let last = try object(Array(written.split(separator: 0x0a).last ?? []))
        #expect(last == ["error": "model runner stopped"])
    }

    @Test func `counts that Gemini says come out in the last line`() throws {
        let event =
            "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"x\"}]},\"finishReason\":\"MAX_TOKENS\"}],"
            + "\"usageMetadata\":{\"promptTokenCount\":3,\"candidatesTokenCount\":4,\"thoughtsTokenCount\":5}}"
        let written = try Feeding.translate(
            Array("data: \(event)\n\n".utf8),
            .events,
            from: GeminiStreamReader.self,
            to: OllamaStreamWriter.self
        )
        let last = try object(Array(written.split(separator: 0x0a).last ?? []))
        #expect(last["done_reason"] as? String == "length" && last["prompt_eval_count"] as? Int == 3)
        #expect(last["eval_count"] as? Int == 9 && last["model"] as? String == "asked-model")
        #expect(last["created_at"] as? String == "2023-11-14T22:13:20Z")
    }

    @Test(arguments: ["{", "x", "[1]"]) func `a line that is no object is a fault`(line: String) {
        let bytes = Array("\(line)\n".utf8)
        #expect(throws: FeedFault.self) { try Feeding.read([bytes[...]], .lines, with: OllamaStreamReader.self) }
    }
}

@Suite struct OllamaCorpusTests {
    private let corpus = Corpus.load(apis: ["ollama.chat", "ollama.generate"])

    private func recordings(_ matches: (Corpus.Recording) -> Bool) -> [Corpus.Recording] {
        #expect(corpus != nil || !Corpus.isRequired, "HOOSH_REAL=1 wants the corpus")
        return corpus?.recordings.filter(matches) ?? []
    }

    /// What Foundation finds in the lines of an answer.
    private func found(_ lines: [NSDictionary]) -> Gathered {
        var gathered = Gathered()
        for line in lines {
            let message = line["message"] as? NSDictionary ?? line
            let text = (message["content"] ?? line["response"]) as? String ?? ""
            if !text.isEmpty { gathered.text[0, default: ""] += text }
            if let thinking = message["thinking"] as? String { gathered.reasoning[0, default: ""] += thinking }
            for call in message["tool_calls"] as? [NSDictionary] ?? [] {
                let function = call["function"] as? NSDictionary
                var read = Gathered.Call()
                read.name = function?["name"] as? String ?? ""
                gathered.calls[0, default: []].append(read)
            }
            if line["done"] as? Bool == true {
                let isCut = line["done_reason"] as? String == "length"
                gathered.finish[0] = isCut ? .length : gathered.calls.isEmpty ? .stop : .toolCalls
            }
            gathered.usage.input = line["prompt_eval_count"] as? Int ?? gathered.usage.input
            gathered.usage.output = line["eval_count"] as? Int ?? gathered.usage.output
        }
        return gathered
    }

    private func expectEqual(_ read: Gathered, _ found: Gathered, _ id: String) {
        #expect(read.text == found.text && read.reasoning == found.reasoning, "\(id)")
        #expect(read.calls[0]?.map(\.name) == found.calls[0]?.map(\.name), "\(id)")
        #expect(read.finish == found.finish && read.usage == found.usage, "\(id)")
    }

    @Test func `every recorded stream is read as Foundation finds it, in any pieces`() throws {
        let all = recordings { $0.framing == "ndjson" && $0.status == 200 }
        for recording in all {
            let bytes = recording.response
            let found = found(try bytes.split(separator: 0x0a).map { try object(Array($0)) })
            let (whole, isComplete) = try Feeding.read([bytes[...]], .lines, with: OllamaStreamReader.self)
            #expect(isComplete)
            expectEqual(whole, found, recording.id)
            #expect(try Feeding.read(Feeding.bytewise(bytes), .lines, with: OllamaStreamReader.self).gathered == whole)
            for cut in Feeding.cuts(bytes) where bytes.count < 6_000 {
                #expect(
                    try Feeding.read(cut, .lines, with: OllamaStreamReader.self).gathered == whole,
                    "\(recording.id)"
                )
            }
            let written = try Feeding.translate(
                bytes,
                .lines,
                from: OllamaStreamReader.self,
                to: OllamaStreamWriter.self
            )
            let (again, _) = try Feeding.read([written[...]], .lines, with: OllamaStreamReader.self)
            expectEqual(again, found, recording.id + " again")
        }
        print("Ollama: read \(all.count) recorded streams")
    }

    @Test func `every recorded answer is read as Foundation finds it`() throws {
        let all = recordings { $0.framing == "json" && $0.status == 200 }
        for recording in all {
            let found = found([try object(recording.response)])
            let answer = try OllamaAnswer.read(try JSONNode.parse(recording.response))
            let parts = described(answer.choices[0].parts)
            #expect(
                parts.filter { $0.hasPrefix("text ") }.map { String($0.dropFirst(5)) }.first == found.text[0],
                "\(recording.id)"
            )
            #expect(
                parts.filter { $0.hasPrefix("thought ") }.map { String($0.dropFirst(8)) }.first == found.reasoning[0]
            )
            #expect(parts.filter { $0.hasPrefix("call ") }.count == found.calls[0]?.count ?? 0)
            #expect(answer.choices[0].finish == found.finish[0] && answer.usage == found.usage, "\(recording.id)")
            let again = try OllamaAnswer.read(try JSONNode.parse(OllamaAnswer.write(answer, .sample)))
            #expect(described(again.choices[0].parts) == parts, "\(recording.id)")
        }
        print("Ollama: read \(all.count) recorded answers")
    }

    @Test func `every recorded request and error is read`() throws {
        var count = 0
        for recording in recordings({ _ in true }) {
            if recording.status >= 400 {
                let fault = OllamaFault.read(status: recording.status, body: recording.response)
                #expect(fault.message.text == (try object(recording.response)["error"] as? String))
            }
            guard let bytes = recording.request else { continue }
            let body = try JSONNode.parse(bytes)
            let isChat = recording.api == "ollama.chat"
            let request = isChat ? try OllamaRequest.read(body) : try OllamaGenerateRequest.read(body)
            let written = try OllamaRequest.write(request, RequestTerms(model: request.model, streams: request.streams))
            let texts = try object(written.body)["messages"] as? [NSDictionary]
            let given = try object(bytes)
            let expected =
                (given["messages"] as? [NSDictionary])?.map { $0["content"] as? String } ?? [given["prompt"] as? String]
            #expect(texts?.map { $0["content"] as? String } == expected, "\(recording.id)")
            count += 1
        }
        print("Ollama: read \(count) recorded requests")
    }
}
