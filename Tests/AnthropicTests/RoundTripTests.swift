import Anthropic
import Conversation
import Foundation
import JSON
import Testing

/// Generated conversations, written and read again: what the dialect has words for is still there.
@Suite struct `Anthropic round trips` {
    @Test func `requests come back as they were`() throws {
        for seed in 1...400 as ClosedRange<UInt64> {
            var dice = Dice(seed)
            let request = request(&dice)
            var terms = RequestTerms(model: request.model, streams: request.streams)
            terms.defaultMaxTokens = 99
            let written = try AnthropicRequest.write(request, terms)
            #expect(written.dropped.isEmpty, "seed \(seed)")
            let again = try AnthropicRequest.read(JSONNode.parse(written.body))
            #expect(description(again) == description(request), "seed \(seed)")
            // What was read is written the same.
            let twice = try AnthropicRequest.write(again, terms)
            #expect(try object(twice.body) == object(written.body), "seed \(seed)")
        }
    }

    @Test func `answers come back as they were`() throws {
        for seed in 1...400 as ClosedRange<UInt64> {
            var dice = Dice(seed)
            var answer = ChatAnswer()
            answer.id = JSONString("msg_\(seed)")
            answer.model = JSONString(dice.words())
            var choice = AnswerChoice()
            choice.parts = assistant(&dice)
            choice.finish = dice.pick([FinishReason.length, .contextLength, .pause, .stopSequence, .refusal])
            if choice.finish == .stopSequence { choice.stopSequence = JSONString(dice.words()) }
            answer.choices = [choice]
            var usage = TokenUsage()
            usage.input = 1_000 + dice.roll(1_000)
            usage.output = dice.roll(3)
            if dice.chance(50) { usage.cachedInput = dice.roll(500) }
            if dice.chance(50) { usage.cacheWrite = dice.roll(500) }
            if dice.chance(50) { usage.reasoning = dice.roll(2) }
            answer.usage = usage
            let again = try AnthropicAnswer.read(JSONNode.parse(AnthropicAnswer.write(answer, answerTerms)))
            #expect(again.id == answer.id && again.model == answer.model && again.usage == usage, "seed \(seed)")
            #expect(again.choices[0].parts.map(self.part) == choice.parts.map(self.part), "seed \(seed)")
            #expect(again.choices[0].finish == choice.finish, "seed \(seed)")
            #expect(again.choices[0].stopSequence == choice.stopSequence, "seed \(seed)")
        }
    }

    // MARK: Making

    private func request(_ dice: inout Dice) -> ChatRequest {
        var request = ChatRequest()
        request.model = "claude-haiku-4-5"
        request.streams = dice.chance(50)
        if dice.chance(60) {
            let parts = (0...dice.roll(2)).map { _ in ChatPart.text(JSONString("S " + dice.words())) }
            request.messages.append(ChatMessage(role: .system, parts: parts))
        }
        request.messages.append(ChatMessage(role: .user, parts: user(&dice)))
        var count = 0
        for _ in 0..<dice.roll(3) {
            var parts = assistant(&dice)
            var results: [ChatMessage] = []
            for index in parts.indices {
                guard case .toolCall(var call) = parts[index] else { continue }
                call.id = JSONString("toolu_\(count)")
                count += 1
                parts[index] = .toolCall(call)
                let isError = dice.chance(30)
                let result = ToolResult(callID: call.id, parts: user(&dice), isError: isError)
                results.append(ChatMessage(role: .tool, parts: [.toolResult(result)]))
            }
            request.messages.append(ChatMessage(role: .assistant, parts: parts))
            request.messages += results
            if results.isEmpty || dice.chance(30) {
                request.messages.append(ChatMessage(role: .user, parts: user(&dice)))
            }
        }
        members(&request, &dice)
        return request
    }

    private func members(_ request: inout ChatRequest, _ dice: inout Dice) {
        request.sampling.maxTokens = 5_000 + dice.roll(5_000)
        if dice.chance(50) { request.sampling.temperature = Array("0.\(dice.roll(9))".utf8)[...] }
        if dice.chance(50) { request.sampling.topK = Array("\(1 + dice.roll(99))".utf8)[...] }
        for _ in 0..<dice.roll(3) { request.sampling.stop.append(JSONString("stop " + dice.words())) }
        if dice.chance(50) { request.user = JSONString(dice.words()) }
        if dice.chance(60) {
            request.tools = (0...dice.roll(2)).map { index in
                ToolDefinition(
                    name: JSONString("tool_\(index)"),
                    description: dice.chance(50) ? JSONString(dice.words()) : nil,
                    parameters: try? node(#"{"type":"object","properties":{"a":{"type":"string"}}}"#)
                )
            }
            request.toolChoice = dice.pick([nil, .auto, .required, ToolChoice.none, .function("tool_0")])
            if request.toolChoice != nil, request.toolChoice != ToolChoice.none, dice.chance(40) {
                request.allowsParallelCalls = false
            }
        }
        if dice.chance(30) {
            let schema = try? node(#"{"type":"object","properties":{},"additionalProperties":false}"#)
            request.format = schema.map { .schema(name: nil, schema: $0, isStrict: true) }
        }
        let isForced = request.toolChoice == .required || request.toolChoice == .function("tool_0")
        if dice.chance(40), !isForced, request.messages.count < 3 {
            var reasoning = ReasoningRequest()
            reasoning.isEnabled = true
            reasoning.budgetTokens = 1_024 + dice.roll(3_000)
            request.reasoning = reasoning
            request.sampling.temperature = nil
            request.sampling.topK = nil
        }
        request.extras = (try? node(#"{"service_tier":"auto","cache_control":{"type":"ephemeral"}}"#))?.members ?? []
    }

    private func user(_ dice: inout Dice) -> [ChatPart] {
        (0...dice.roll(2)).map { _ in
            switch dice.roll(6) {
            case 0: .media(Media(kind: .image, source: .url(JSONString("https://x/" + dice.words()))))
            case 1: .media(Media(kind: .image, source: .data(type: "image/png", base64: "AAAA")))
            case 2: .media(Media(kind: .document, source: .text(JSONString("D " + dice.words())), title: "T"))
            default: .text(JSONString("U " + dice.words()))
            }
        }
    }

    private func assistant(_ dice: inout Dice) -> [ChatPart] {
        var parts: [ChatPart] = []
        if dice.chance(30) {
            parts.append(.reasoning(ReasoningPart(text: JSONString(dice.words()), signature: JSONString("s1"))))
        }
        if dice.chance(20) { parts.append(.reasoning(ReasoningPart(text: "", redacted: JSONString(dice.words())))) }
        parts.append(.text(JSONString("A " + dice.words())))
        for index in 0..<dice.roll(3) {
            let words = JSONString(dice.words())
            let arguments = Array("{\"w\": \"".utf8) + words.spelled + Array("\"}".utf8)
            parts.append(.toolCall(ToolCall(id: JSONString("t\(index)"), name: "tool_0", arguments: arguments)))
        }
        return parts
    }

    // MARK: Telling

    private func part(_ part: ChatPart) -> String {
        switch part {
        case .text(let text): "text \(text.text)"
        case .refusal(let text): "refusal \(text.text)"
        case .toolCall(let call): "call \(call.id.text) \(call.name.text) \(text(call.arguments))"
        case .reasoning(let part):
            "thinking \(part.text.text) \(part.signature?.text ?? "-") \(part.redacted?.text ?? "-")"
        case .toolResult(let result):
            "result \(result.callID.text) \(result.isError) \(result.parts.map(self.part).joined(separator: ", "))"
        case .media(let media): "media \(media.kind) \(source(media.source)) \(media.title?.text ?? "-")"
        case .other(let kind, let node): "\(kind) \(text(node.source))"
        }
    }

    private func source(_ source: Media.Source) -> String {
        switch source {
        case .url(let url): "url \(url.text)"
        case .data(let type, let data): "data \(type.text) \(data.text)"
        case .file(let file): "file \(file.text)"
        case .text(let text): "text \(text.text)"
        }
    }

    private func description(_ request: ChatRequest) -> [String] {
        var lines = request.messages.map { "\($0.role) " + $0.parts.map(self.part).joined(separator: " | ") }
        lines += request.tools.map { tool in
            "tool \(tool.name.text) \(tool.description?.text ?? "-") \(tool.parameters.map { text($0.source) } ?? "-")"
        }
        func spelled(_ number: ArraySlice<UInt8>?) -> String { number.map { text($0) } ?? "-" }
        lines.append("\(request.model.text) \(request.streams) \(request.user?.text ?? "-")")
        lines.append("\(String(describing: request.toolChoice)) \(String(describing: request.allowsParallelCalls))")
        lines.append("\(spelled(request.sampling.temperature)) \(spelled(request.sampling.topK))")
        lines.append("\(request.sampling.maxTokens ?? -1) \(request.sampling.stop.map(\.text))")
        lines.append("\(request.reasoning?.budgetTokens ?? -9) \(request.reasoning?.isEnabled ?? false)")
        if case .schema(_, let schema, _) = request.format { lines.append(text(schema.source)) }
        lines.append(request.extras.map(\.key).sorted().joined(separator: ","))
        return lines
    }
}
