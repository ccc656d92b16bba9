import CodecKit
import Conversation
import Foundation
import Gemini
import JSON
import Testing

/// A text that tells two lists of parts apart.
func described(_ parts: [ChatPart]) -> [String] {
    parts.map { part in
        switch part {
        case .text(let text): "text \(text.text)"
        case .refusal(let text): "refusal \(text.text)"
        case .media(let media): "media \(media.kind) \(media.source)"
        case .toolCall(let call):
            "call \(call.id.text) \(call.name.text) \(String(decoding: call.arguments, as: UTF8.self)) \(call.signature?.text ?? "-")"
        case .toolResult(let result):
            "result \(result.callID.text) \(result.name?.text ?? "-") \(result.isError) \(described(result.parts))"
        case .reasoning(let thought):
            "thought \(thought.text.text) \(thought.signature?.text ?? "-") \(thought.redacted?.text ?? "-")"
        case .other(let kind, let node): "other \(kind) \(String(decoding: node.source, as: UTF8.self))"
        }
    }
}

@Suite struct GeminiRoundTripTests {
    private func request(_ making: inout Making) throws -> ChatRequest {
        var request = ChatRequest()
        if making.chance(2) { request.messages.append(ChatMessage(role: .system, parts: [.text(making.text())])) }
        for _ in 0..<making.number(1..<5) {
            var asked: [ChatPart] = [.text(making.text())]
            if making.chance(2) {
                let source: Media.Source =
                    making.chance(2) ? .data(type: "image/png", base64: "QUJD") : .url("https://x.org/a.jpg")
                asked.append(.media(Media(kind: .image, source: source)))
            }
            request.messages.append(ChatMessage(role: .user, parts: asked))
            var answered: [ChatPart] = []
            if making.chance(2) {
                answered.append(
                    .reasoning(ReasoningPart(text: making.text(), signature: making.chance(2) ? making.seal() : nil))
                )
            }
            answered.append(.text(making.text()))
            var calls: [ToolCall] = []
            if making.chance(2) {
                calls = (0..<making.number(1..<4)).map { _ in making.call() }
                calls[0].signature = making.seal()
            }
            request.messages.append(ChatMessage(role: .assistant, parts: answered + calls.map { .toolCall($0) }))
            if !calls.isEmpty {
                let results: [ChatPart] = calls.map { call in
                    let isError = making.chance(3)
                    return .toolResult(
                        ToolResult(callID: call.id, name: call.name, parts: [.text(making.text())], isError: isError)
                    )
                }
                request.messages.append(ChatMessage(role: .tool, parts: results))
            }
        }
        request.sampling.maxTokens = making.number(0..<100_000)
        request.sampling.temperature = Array("0.25".utf8)[...]
        request.sampling.stop = [making.text()]
        request.sampling.count = making.number(1..<9)
        request.toolChoice = .function("tool_1")
        let schema = try node(
            "{\"type\":\"object\",\"properties\":{\"a\":{\"$ref\":\"#/$defs/b\"}},\"$defs\":{\"b\":{}}}"
        )
        request.tools = [ToolDefinition(name: "tool_1", description: making.text(), parameters: schema)]
        request.format = .schema(name: nil, schema: schema, isStrict: nil)
        return request
    }

    @Test func `what Gemini has words for comes back from its own body`() throws {
        for seed in 0..<300 {
            var making = Making(seed: UInt64(seed))
            let request = try request(&making)
            let written = try GeminiRequest.write(request, RequestTerms(model: "gemini-3-pro", streams: false))
            #expect(written.dropped.isEmpty)
            let again = try GeminiRequest.read(try JSONNode.parse(written.body))
            #expect(again.messages.map(\.role) == request.messages.map(\.role), "seed \(seed)")
            #expect(
                again.messages.map { described($0.parts) } == request.messages.map { described($0.parts) },
                "seed \(seed)"
            )
            #expect(again.sampling.maxTokens == request.sampling.maxTokens)
            #expect(again.sampling.stop.map(\.text) == request.sampling.stop.map(\.text))
            #expect(again.sampling.count == request.sampling.count && again.toolChoice == request.toolChoice)
            #expect(again.tools.first?.parameters?.source == request.tools.first?.parameters?.source)
            guard case .schema(_, let schema, _) = again.format else {
                Issue.record("no schema")
                return
            }
            #expect(schema.source == again.tools.first?.parameters?.source)
        }
    }

    @Test func `answers come back from their own body`() throws {
        for seed in 0..<300 {
            var making = Making(seed: UInt64(seed))
            var choice = AnswerChoice()
            if making.chance(2) { choice.parts.append(.reasoning(ReasoningPart(text: making.text()))) }
            choice.parts.append(.text(making.text()))
            if making.chance(2) { choice.parts.append(.toolCall(making.call())) }
            let hasCall = choice.parts.contains { if case .toolCall = $0 { true } else { false } }
            choice.finish = hasCall ? .toolCalls : making.chance(2) ? .stop : .length
            var answer = ChatAnswer()
            answer.id = "r"
            answer.choices = [choice]
            var usage = TokenUsage()
            usage.input = making.number(0..<1_000)
            usage.reasoning = making.number(0..<50)
            usage.output = (usage.reasoning ?? 0) + making.number(0..<1_000)
            usage.cachedInput = 0
            usage.total = usage.sum
            answer.usage = usage
            let again = try GeminiAnswer.read(try JSONNode.parse(GeminiAnswer.write(answer, .sample)))
            #expect(described(again.choices[0].parts) == described(choice.parts), "seed \(seed)")
            #expect(again.choices[0].finish == choice.finish && again.usage == usage && again.id == "r")
        }
    }
}
