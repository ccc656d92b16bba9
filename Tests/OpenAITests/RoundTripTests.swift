import Conversation
import JSON
import OpenAI
import Testing

/// Numbers from a seed (SplitMix64), so that a failure can be had again.
private struct Seeded: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
        return value ^ (value >> 31)
    }
}

@Suite struct `Round trips of OpenAI's dialect` {
    private static let words = ["", "a", "Ünïcödé 🙂", "q\"\\\n\t", "{}", "data:x", "\u{0}\u{7f}", "日本語"]

    private static func text(_ dice: inout Seeded) -> JSONString { JSONString(words.randomElement(using: &dice) ?? "") }

    private static func filled(_ dice: inout Seeded) -> JSONString { JSONString("x") + text(&dice) }

    private static func userPart(_ dice: inout Seeded) -> ChatPart {
        switch Int.random(in: 0..<6, using: &dice) {
        case 0: .media(Media(kind: .image, source: .url("https://example.org/a.png"), detail: "low"))
        case 1: .media(Media(kind: .image, source: .data(type: "image/png", base64: "AAAA")))
        case 2: .media(Media(kind: .audio, source: .data(type: "audio/wav", base64: "BBBB")))
        case 3: .media(Media(kind: .document, source: .data(type: "application/pdf", base64: "CC=="), title: "a.pdf"))
        case 4: .media(Media(kind: .document, source: .file("file-1")))
        default: .text(text(&dice))
        }
    }

    private static func conversation(_ dice: inout Seeded) -> ChatRequest {
        var request = ChatRequest()
        request.messages.append(
            ChatMessage(role: Bool.random(using: &dice) ? .system : .developer, parts: [.text(text(&dice))])
        )
        for turn in 0..<Int.random(in: 1..<5, using: &dice) {
            let parts = (0...Int.random(in: 0..<3, using: &dice)).map { _ in userPart(&dice) }
            request.messages.append(
                ChatMessage(role: .user, parts: parts, name: Bool.random(using: &dice) ? "ada" : nil)
            )
            var answer: [ChatPart] = []
            if Bool.random(using: &dice) {
                answer.append(.reasoning(ReasoningPart(text: filled(&dice), signature: filled(&dice))))
                answer.append(.reasoning(ReasoningPart(text: "", redacted: filled(&dice))))
            }
            answer.append(.text(text(&dice)))
            let calls = (0..<Int.random(in: 0..<3, using: &dice)).map { index in
                ToolCall(
                    id: JSONString("call_\(turn)_\(index)"),
                    name: "f",
                    arguments: Array(#"{"a":"é\n"}"#.utf8),
                    signature: Bool.random(using: &dice) ? "SEAL" : nil
                )
            }
            answer += calls.map { ChatPart.toolCall($0) }
            request.messages.append(ChatMessage(role: .assistant, parts: answer))
            for call in calls {
                let result = ToolResult(callID: call.id, parts: [.text(text(&dice))])
                request.messages.append(ChatMessage(role: .tool, parts: [.toolResult(result)]))
            }
        }
        request.tools = [ToolDefinition(name: "f", description: text(&dice), isStrict: true)]
        request.toolChoice = [.auto, .none, .required, .function("f")].randomElement(using: &dice)
        request.allowsParallelCalls = Bool.random(using: &dice)
        request.sampling.maxTokens = Int.random(in: 1..<9, using: &dice)
        request.sampling.stop = [text(&dice)]
        request.format = [.text, .json, nil].randomElement(using: &dice) ?? nil
        request.user = text(&dice)
        return request
    }

    @Test func `conversations come back as they were written`() throws {
        for seed in UInt64(0)..<300 {
            var dice = Seeded(state: seed)
            let request = Self.conversation(&dice)
            var terms = RequestTerms(model: "m", streams: true)
            terms.limitsCompletion = true
            terms.knowsDeveloper = true
            terms.knowsTextLists = true
            terms.thinking = .details
            let written = try OpenAIRequest.write(request, terms)
            #expect(written.dropped.isEmpty, "seed \(seed)")
            let again = try OpenAIRequest.read(try JSONNode.parse(written.body))
            // Trees have no equality of their own; their printed form has.
            #expect(String(describing: again.messages) == String(describing: request.messages), "seed \(seed)")
            #expect(again.toolChoice == request.toolChoice && again.user == request.user, "seed \(seed)")
            #expect(again.sampling.stop == request.sampling.stop, "seed \(seed)")
            #expect(again.allowsParallelCalls == request.allowsParallelCalls, "seed \(seed)")
            #expect(try OpenAIRequest.write(again, terms).body == written.body, "seed \(seed)")
        }
    }

    @Test func `answers come back as they were written`() throws {
        for seed in UInt64(0)..<300 {
            var dice = Seeded(state: seed)
            var answer = ChatAnswer()
            answer.id = "id"
            answer.model = Self.filled(&dice)
            answer.created = 5
            var usage = TokenUsage()
            usage.input = 10
            usage.output = Int.random(in: 0..<5, using: &dice)
            usage.total = usage.sum
            usage.cachedInput = 0
            usage.cacheWrite = 3
            usage.reasoning = 0
            answer.usage = usage
            var choice = AnswerChoice()
            if Bool.random(using: &dice) {
                choice.parts.append(.reasoning(ReasoningPart(text: Self.filled(&dice), signature: Self.filled(&dice))))
            }
            choice.parts.append(.text(Self.filled(&dice)))
            if Bool.random(using: &dice) { choice.parts.append(.refusal(Self.filled(&dice))) }
            let hasCall = Bool.random(using: &dice)
            if hasCall {
                let call = ToolCall(id: "c", name: "f", arguments: Array("{\"a\":1".utf8), signature: "S")
                choice.parts.append(.toolCall(call))
            }
            choice.finish = hasCall ? .toolCalls : [.stop, .length, .contentFilter].randomElement(using: &dice)
            answer.choices = [choice]
            let bytes = OpenAIAnswer.write(answer, .sample)
            let again = try OpenAIAnswer.read(try JSONNode.parse(bytes))
            #expect(String(describing: again.choices) == String(describing: answer.choices), "seed \(seed)")
            #expect(again.usage == answer.usage && again.id == answer.id && again.model == answer.model, "seed \(seed)")
            #expect(OpenAIAnswer.write(again, .sample) == bytes, "seed \(seed)")
        }
    }
}
