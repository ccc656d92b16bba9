import Conversation
import JSON

/// Reads and writes answers of `generateContent` (https://ai.google.dev/api/generate-content#generatecontentresponse).
package enum GeminiAnswer {
    /// Reads a whole answer.
    ///
    /// - Throws: why it is none; what is merely strange is passed over.
    package static func read(_ body: JSONNode) throws(EventFault) -> ChatAnswer {
        guard body.isObject else { throw EventFault("sent an answer that is no object") }
        var answer = ChatAnswer()
        answer.id = body.field("responseId")?.string
        answer.model = body.field("modelVersion")?.string
        answer.usage = body.field("usageMetadata").map { counts($0).usage }
        for (index, candidate) in (body.field("candidates")?.elements ?? []).enumerated() {
            answer.choices.append(choice(candidate, index))
        }
        guard answer.choices.isEmpty else { return answer }
        guard body.field("promptFeedback")?.field("blockReason") != nil else {
            guard answer.usage != nil || answer.model != nil else {
                throw EventFault("sent an answer without candidates")
            }
            return answer
        }
        var blocked = AnswerChoice()
        blocked.finish = .contentFilter
        answer.choices.append(blocked)
        return answer
    }

    /// Reads the answers of a stream that came whole: the pieces of a choice stand one after the other.
    ///
    /// - Throws: why one of them is no answer.
    package static func read(list: [JSONNode]) throws(EventFault) -> ChatAnswer {
        var whole = ChatAnswer()
        var counted = GeminiCounts()
        for node in list {
            let next = try read(node)
            whole.id = whole.id ?? next.id
            whole.model = whole.model ?? next.model
            if let usage = node.field("usageMetadata") {
                counted.update(counts(usage))
                whole.usage = counted.usage
            }
            for choice in next.choices {
                guard let place = whole.choices.firstIndex(where: { $0.index == choice.index }) else {
                    whole.choices.append(choice)
                    continue
                }
                whole.choices[place].parts += choice.parts
                whole.choices[place].finish = choice.finish ?? whole.choices[place].finish
            }
        }
        for place in whole.choices.indices {
            whole.choices[place].parts = GeminiContentReader.joined(whole.choices[place].parts)
            // The calls may stand in an element before that with the end.
            guard whole.choices[place].finish == .stop, whole.choices[place].parts.contains(where: isCall) else {
                continue
            }
            whole.choices[place].finish = .toolCalls
        }
        return whole
    }

    private static func isCall(_ part: ChatPart) -> Bool { if case .toolCall = part { true } else { false } }

    private static func choice(_ node: JSONNode, _ position: Int) -> AnswerChoice {
        var choice = AnswerChoice()
        choice.index = node.field("index")?.count ?? position
        for part in node.field("content")?.field("parts")?.elements ?? [] {
            GeminiParts.append(part, to: &choice.parts, isAnswer: true)
        }
        choice.parts = GeminiContentReader.joined(choice.parts)
        let hasCall = choice.parts.contains(where: isCall)
        if let reason = node.field("finishReason")?.string {
            choice.finish = GeminiFinish.read(reason.spelled.span, hasCall: hasCall)
        }
        choice.logProbabilities = node.field("logprobsResult").flatMap(GeminiLogProbabilities.standard)
        return choice
    }

    /// Reads the counts: those of tools' prompts stand beside the prompt's, those of thoughts beside the answer's.
    static func counts(_ node: JSONNode) -> GeminiCounts {
        var counts = GeminiCounts()
        counts.prompt = node.field("promptTokenCount")?.count
        counts.toolPrompt = node.field("toolUsePromptTokenCount")?.count
        counts.candidates = node.field("candidatesTokenCount")?.count ?? node.field("responseTokenCount")?.count
        counts.thoughts = node.field("thoughtsTokenCount")?.count
        counts.cached = node.field("cachedContentTokenCount")?.count
        counts.total = node.field("totalTokenCount")?.count
        return counts
    }
}

/// Gemini's counts as they stand.
struct GeminiCounts {
    var prompt: Int?
    var toolPrompt: Int?
    var candidates: Int?
    var thoughts: Int?
    var cached: Int?
    var total: Int?

    /// In our counting: all that was read, all that was written.
    var usage: TokenUsage {
        var usage = TokenUsage()
        usage.input = GeminiCounts.sum(prompt, toolPrompt)
        usage.output = GeminiCounts.sum(candidates, thoughts)
        usage.cachedInput = cached
        usage.reasoning = thoughts
        usage.total = total
        return usage
    }

    /// Takes over what a later event says: all of it when it has a total, which counts no more than what stands beside it.
    mutating func update(_ later: GeminiCounts) {
        guard later.total == nil else {
            self = later
            return
        }
        prompt = later.prompt ?? prompt
        toolPrompt = later.toolPrompt ?? toolPrompt
        candidates = later.candidates ?? candidates
        thoughts = later.thoughts ?? thoughts
        cached = later.cached ?? cached
    }

    private static func sum(_ first: Int?, _ second: Int?) -> Int? {
        guard let first else { return second }
        guard let second else { return first }
        return first + second
    }

    /// Writes our counting as Gemini's.
    static func write(_ usage: TokenUsage, to writer: inout JSONWriter) {
        writer.beginObject()
        write("promptTokenCount", usage.input, &writer)
        write("candidatesTokenCount", usage.output.map { max(0, $0 - (usage.reasoning ?? 0)) }, &writer)
        write("totalTokenCount", usage.sum, &writer)
        write("cachedContentTokenCount", usage.cachedInput, &writer)
        write("thoughtsTokenCount", usage.reasoning, &writer)
        writer.endObject()
    }

    private static func write(_ name: StaticString, _ value: Int?, _ writer: inout JSONWriter) {
        guard let value else { return }
        writer.key(name)
        writer.number(value)
    }
}
