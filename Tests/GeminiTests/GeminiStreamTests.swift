import Bytes
import CodecKit
import Conversation
import Foundation
import Gemini
import JSON
import Ollama
import Testing

@Suite struct GeminiStreamTests {
    private static let events = [
        "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"Hm \\\"a\\\"\",\"thought\":true}],\"role\":\"model\"},\"index\":0}],"
            + "\"usageMetadata\":{\"promptTokenCount\":5,\"totalTokenCount\":5},\"modelVersion\":\"gemini-x\",\"responseId\":\"r1\"}",
        "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"Hel\"},{\"text\":\"lo [}]\"}],\"role\":\"model\"},\"index\":0}],"
            + "\"responseId\":\"r1\"}",
        "{\"candidates\":[{\"content\":{\"parts\":[{\"functionCall\":{\"name\":\"f\",\"args\":{\"a\":\"\\u00e4\"}},"
            + "\"thoughtSignature\":\"bGVk\"},{\"functionCall\":{\"id\":\"i2\",\"name\":\"g\"}}],\"role\":\"model\"},"
            + "\"finishReason\":\"STOP\",\"index\":0}],\"usageMetadata\":{\"promptTokenCount\":5,\"candidatesTokenCount\":0,"
            + "\"totalTokenCount\":9,\"thoughtsTokenCount\":4}}",
    ]

    private static var bytes: [UInt8] { Array(events.map { "data: \($0)\r\n\r\n" }.joined().utf8) }

    private static var expected: Gathered {
        var gathered = Gathered()
        gathered.id = "r1"
        gathered.model = "gemini-x"
        gathered.starts = 1
        gathered.reasoning = [0: "Hm \"a\""]
        gathered.text = [0: "Hello [}]"]
        gathered.signatures = ["bGVk"]
        var first = Gathered.Call()
        first.name = "f"
        first.arguments = "{\"a\":\"\\u00e4\"}"
        first.signature = "bGVk"
        var second = Gathered.Call()
        second.id = "i2"
        second.name = "g"
        gathered.calls = [0: [first, second]]
        gathered.finish = [0: .toolCalls]
        gathered.usage.input = 5
        gathered.usage.output = 4
        gathered.usage.reasoning = 4
        gathered.usage.total = 9
        return gathered
    }

    @Test func `a stream is read the same whole, byte by byte, and cut anywhere`() throws {
        let bytes = GeminiStreamTests.bytes
        for pieces in [[bytes[...]], Feeding.bytewise(bytes)] + Feeding.cuts(bytes) {
            let (gathered, isComplete) = try Feeding.read(pieces, .events, with: GeminiStreamReader.self)
            #expect(gathered == GeminiStreamTests.expected)
            #expect(isComplete)
        }
    }

    @Test func `a stream that was cut is not complete`() throws {
        let bytes = Array(GeminiStreamTests.bytes.dropLast(60))
        #expect(try !Feeding.read([bytes[...]], .events, with: GeminiStreamReader.self).isComplete)
    }

    /// Reads a body of the list form in pieces.
    private func list(_ pieces: [ArraySlice<UInt8>]) throws -> (Gathered, isComplete: Bool, GeminiArrayFramer) {
        var framer = GeminiArrayFramer()
        var reader = GeminiStreamReader()
        var gathered = Gathered()
        for piece in pieces {
            try framer.take(piece.span, tooLarge: FeedFault.tooLarge, broken: .event(EventFault("broken"))) {
                (data) throws(FeedFault) in
                var deltas: [ChatDelta] = []
                do throws(EventFault) { try reader.read(name: [UInt8]().span, data: data, into: &deltas) } catch {
                    throw FeedFault.event(error)
                }
                for delta in deltas { gathered.add(delta, data) }
            }
        }
        return (gathered, reader.isComplete, framer)
    }

    @Test func `the list form is read the same in any pieces`() throws {
        let bytes = Array("[\(GeminiStreamTests.events.joined(separator: "\n,\r\n"))\n]".utf8)
        for pieces in [[bytes[...]], Feeding.bytewise(bytes)] + bytes.indices.map({ [bytes[..<$0], bytes[$0...]] }) {
            let (gathered, isComplete, framer) = try list(pieces)
            #expect(gathered == GeminiStreamTests.expected && isComplete && framer.isAtEnd)
        }
    }

    @Test(arguments: ["]", "x", "[1]", "[{}]x", ",{}", "\"a\""]) func `what is no list of objects is refused`(
        body: String
    ) {
        #expect(throws: FeedFault.self) { try list([Array(body.utf8)[...]]) }
    }

    @Test func `an element beyond the limit is refused`() {
        let bytes = Array("[{\"a\":\"".utf8) + [UInt8](repeating: 0x61, count: GeminiArrayFramer.limitBytes)
        #expect(throws: FeedFault.self) { try list([bytes[...]]) }
    }

    @Test func `what was written is read the same`() throws {
        let written = try Feeding.translate(
            GeminiStreamTests.bytes,
            .events,
            from: GeminiStreamReader.self,
            to: GeminiStreamWriter.self
        )
        var (gathered, isComplete) = try Feeding.read([written[...]], .events, with: GeminiStreamReader.self)
        #expect(isComplete)
        // The seal comes once alone, for it was read so, and once on its call.
        #expect(gathered.signatures == ["bGVk", "bGVk"])
        gathered.signatures = ["bGVk"]
        #expect(gathered.calls[0]?[1].arguments == "{}")
        gathered.calls[0]?[1].arguments = ""
        #expect(gathered == GeminiStreamTests.expected)
        let list = try Feeding.translate(
            GeminiStreamTests.bytes,
            .events,
            from: GeminiStreamReader.self,
            to: GeminiListWriter.self
        )
        let elements = try #require(try JSONSerialization.jsonObject(with: Data(list)) as? [NSDictionary])
        #expect(elements.count == 5)
        #expect(elements.allSatisfy { $0["responseId"] as? String == "r1" })
    }

    /// Writes steps made up here: texts are cut out of one piece of text.
    private func write<Writer: StreamWriter>(_ type: Writer.Type, _ steps: [(String, (DeltaText) -> ChatDelta)])
        -> String
    {
        var writer = Writer(.sample)
        var output = JSONWriter()
        for (text, make) in steps {
            let bytes = Array(text.utf8)
            let whole = DeltaText(TextRange(start: 0, count: Int32(bytes.count)))
            writer.write(make(whole), of: bytes.span, to: &output)
        }
        writer.finish(to: &output)
        return String(decoding: output.bytes, as: UTF8.self)
    }

    @Test func `arguments in pieces become an object, also when calls alternate`() throws {
        let written = write(
            GeminiStreamWriter.self,
            [
                ("f", { .toolCall(choice: 0, index: 0, id: .absent, name: $0) }),
                ("g", { .toolCall(choice: 0, index: 1, id: $0, name: $0) }),
                ("{\\\"a\\\":", { .toolArguments(choice: 0, index: 0, $0) }),
                ("{}", { .toolArguments(choice: 0, index: 1, $0) }),
                ("1}", { .toolArguments(choice: 0, index: 0, $0) }),
                ("", { _ in .finished(choice: 0, .toolCalls, stopSequence: .absent) }),
            ]
        )
        let bytes = Array(written.utf8)
        let (gathered, _) = try Feeding.read([bytes[...]], .events, with: GeminiStreamReader.self)
        #expect(gathered.calls[0]?.map(\.arguments) == ["{\"a\":1}", "{}"])
        #expect(gathered.calls[0]?.map(\.name) == ["f", "g"] && gathered.calls[0]?.map(\.id) == [nil, "g"])
        #expect(gathered.finish == [0: .toolCalls])
    }

    @Test func `arguments that a model wrote on many lines stay within their event`() throws {
        let steps: [(String, (DeltaText) -> ChatDelta)] = [
            ("f", { .toolCall(choice: 0, index: 0, id: .absent, name: $0) }),
            ("{\\n  \\\"a\\\": \\\"x\\\\ny\\\"\\r\\n}", { .toolArguments(choice: 0, index: 0, $0) }),
        ]
        let events = Array(write(GeminiStreamWriter.self, steps).utf8)
        let (gathered, _) = try Feeding.read([events[...]], .events, with: GeminiStreamReader.self)
        #expect(try object(gathered.calls[0]?.first?.arguments ?? "") == ["a": "x\ny"])
        let lines = Array(write(OllamaStreamWriter.self, steps).utf8)
        let (again, _) = try Feeding.read([lines[...]], .lines, with: OllamaStreamReader.self)
        #expect(try object(again.calls[0]?.first?.arguments ?? "") == ["a": "x\ny"])
    }

    @Test func `a call with broken arguments ends the stream as malformed`() throws {
        let written = write(
            GeminiStreamWriter.self,
            [
                ("f", { .toolCall(choice: 0, index: 0, id: .absent, name: $0) }),
                ("{\\\"a\\\":", { .toolArguments(choice: 0, index: 0, $0) }),
                ("", { _ in .finished(choice: 0, .toolCalls, stopSequence: .absent) }),
            ]
        )
        #expect(written.contains("\"finishReason\":\"MALFORMED_FUNCTION_CALL\""))
        #expect(!written.contains("functionCall\":"))
    }

    @Test func `arguments beyond the limit are not held`() {
        var writer = GeminiStreamWriter(.sample)
        var output = JSONWriter()
        let piece = [UInt8](repeating: 0x61, count: 1 << 20)
        let text = DeltaText(TextRange(start: 0, count: 1 << 20))
        let name = DeltaText(TextRange(start: 0, count: 1))
        writer.write(.toolCall(choice: 0, index: 0, id: .absent, name: name), of: piece.span, to: &output)
        for _ in 0..<20 { writer.write(.toolArguments(choice: 0, index: 0, text), of: piece.span, to: &output) }
        writer.finish(to: &output)
        #expect(output.bytes.count < 4_000)
        #expect(String(decoding: output.bytes, as: UTF8.self).contains("MALFORMED_FUNCTION_CALL"))
    }

    @Test func `thinking that only its provider reads comes back by a client of Gemini's`() throws {
        let written = write(
            GeminiStreamWriter.self,
            [
                ("c2VjcmV0", { .redacted(choice: 0, $0) }), ("hm", { .reasoning(choice: 0, $0) }),
                ("c2lnbg==", { .signature(choice: 0, $0) }), ("done", { .text(choice: 0, $0) }),
            ]
        )
        let parts = written.split(separator: "\r\n\r\n").compactMap { event -> String? in
            guard let start = event.range(of: "\"parts\":["), let end = event.range(of: "],\"role\"") else {
                return nil
            }
            return String(event[start.upperBound..<end.lowerBound])
        }
        let turns = parts.map { "{\"role\":\"model\",\"parts\":[\($0)]}" }.joined(separator: ",")
        let request = try GeminiRequest.read(try node("{\"contents\":[\(turns)]}"))
        let message = try #require(request.messages.first)
        #expect(request.messages.count == 1)
        guard message.parts.count >= 3, case .reasoning(let first) = message.parts[0],
            case .reasoning(let second) = message.parts[1], case .text(let text) = message.parts[2]
        else {
            Issue.record("\(message.parts)")
            return
        }
        #expect(first.redacted == "c2VjcmV0")
        #expect(second.text == "hm" && second.signature == "c2lnbg==")
        #expect(text == "done")
    }

    @Test func `an error in the middle ends the stream in either form`() throws {
        let error =
            "data: {\"error\":{\"code\":503,\"message\":\"The model is overloaded.\",\"status\":\"UNAVAILABLE\"}}\n\n"
        let bytes = Array(error.utf8)
        let (gathered, isComplete) = try Feeding.read([bytes[...]], .events, with: GeminiStreamReader.self)
        #expect(gathered.failureKind == .overloaded && gathered.failure == "The model is overloaded." && !isComplete)
        let events = try Feeding.translate(bytes, .events, from: GeminiStreamReader.self, to: GeminiStreamWriter.self)
        #expect(String(decoding: events, as: UTF8.self).hasPrefix("data: {\"error\":{\"code\":503,"))
        #expect(!String(decoding: events, as: UTF8.self).contains("finishReason"))
        let list = try Feeding.translate(bytes, .events, from: GeminiStreamReader.self, to: GeminiListWriter.self)
        let elements = try #require(try JSONSerialization.jsonObject(with: Data(list)) as? [NSDictionary])
        #expect((elements.first?["error"] as? NSDictionary)?["status"] as? String == "UNAVAILABLE")
    }

    @Test(arguments: ["{", "nonsense", "{\"candidates\":[{\"content\":{\"parts\":[}]}", "3"])
    func `an event that is no JSON is a fault`(event: String) {
        let bytes = Array("data: \(event)\n\n".utf8)
        #expect(throws: FeedFault.self) { try Feeding.read([bytes[...]], .events, with: GeminiStreamReader.self) }
    }

    @Test(arguments: [
        "{}", "{\"candidates\":null}", "{\"candidates\":[3,{}]}", "{\"candidates\":[{\"content\":null,\"index\":-1}]}",
        "{\"candidates\":[{\"content\":{\"parts\":[null,{\"new\":{}}]}}]}", "[]", "{\"usageMetadata\":{}}",
    ]) func `what is strange says nothing`(event: String) throws {
        let bytes = Array("data: \(event)\n\n".utf8)
        let (gathered, isComplete) = try Feeding.read([bytes[...]], .events, with: GeminiStreamReader.self)
        #expect(gathered.text.isEmpty && gathered.failure == nil && !isComplete)
    }
}
