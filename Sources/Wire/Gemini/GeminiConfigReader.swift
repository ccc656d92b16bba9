import Conversation
import JSON

/// Reads `generationConfig`; what only Gemini knows is kept under `generationConfig.NAME`.
enum GeminiConfigReader {
    private static let known = [
        "maxOutputTokens", "temperature", "topP", "topK", "seed", "stopSequences", "candidateCount",
        "presencePenalty", "frequencyPenalty", "responseLogprobs", "logprobs", "responseMimeType", "responseSchema",
        "responseJsonSchema", "_responseJsonSchema", "thinkingConfig",
    ]

    static func read(_ node: JSONNode, into request: inout ChatRequest) throws(ConversationFault) {
        guard node.isObject else {
            throw ConversationFault("generationConfig should be an object", parameter: "generationConfig")
        }
        try sampling(node, &request.sampling)
        format(node, &request)
        if let thinking = node.field("thinkingConfig") { request.reasoning = try reasoning(thinking) }
        for member in node.members where !member.value.isNull {
            let name = GeminiName.camel(member.key)
            if !known.contains(name) { request.keep("generationConfig.\(name)", member.value) }
        }
    }

    private static func sampling(_ node: JSONNode, _ sampling: inout Sampling) throws(ConversationFault) {
        sampling.maxTokens = try whole(node, "maxOutputTokens")
        sampling.temperature = try number(node, "temperature")
        sampling.topP = try number(node, "topP")
        sampling.topK = try number(node, "topK")
        sampling.seed = try number(node, "seed")
        sampling.presencePenalty = try number(node, "presencePenalty")
        sampling.frequencyPenalty = try number(node, "frequencyPenalty")
        sampling.count = try whole(node, "candidateCount")
        sampling.wantsLogProbabilities = node.field("responseLogprobs")?.bool
        sampling.topLogProbabilities = try whole(node, "logprobs")
        guard let stop = node.field("stopSequences") else { return }
        for sequence in stop.elements ?? [stop] {
            guard let text = sequence.string else {
                throw ConversationFault(
                    "stopSequences should be a list of texts",
                    parameter: "generationConfig.stopSequences"
                )
            }
            sampling.stop.append(text)
        }
    }

    private static func whole(_ node: JSONNode, _ name: String) throws(ConversationFault) -> Int? {
        guard let value = node.field(name) else { return nil }
        guard let whole = value.count else {
            throw ConversationFault("\(name) should be a whole number", parameter: "generationConfig.\(name)")
        }
        return whole
    }

    private static func number(_ node: JSONNode, _ name: String) throws(ConversationFault) -> ArraySlice<UInt8>? {
        guard let value = node.field(name) else { return nil }
        // The protocol's JSON reader takes numbers in quotes.
        if let text = value.string, let node = try? JSONNode.parse(text.plain), let number = node.number {
            return number
        }
        guard let number = value.number else {
            throw ConversationFault("\(name) should be a number", parameter: "generationConfig.\(name)")
        }
        return number
    }

    private static func format(_ node: JSONNode, _ request: inout ChatRequest) {
        let given = node.field("responseJsonSchema") ?? node["_responseJsonSchema"]
        let schema = given ?? node.field("responseSchema").map(GeminiSchema.standard)
        switch node.field("responseMimeType")?.string?.text {
        case nil: break
        case "text/plain": request.format = .text
        case "application/json":
            request.format = schema.map { .schema(name: nil, schema: $0, isStrict: nil) } ?? .json
        default:
            for name in ["responseMimeType", "responseSchema", "responseJsonSchema"] {
                if let value = node.field(name) { request.keep("generationConfig.\(name)", value) }
            }
        }
    }

    private static func reasoning(_ node: JSONNode) throws(ConversationFault) -> ReasoningRequest {
        guard node.isObject else {
            throw ConversationFault(
                "thinkingConfig should be an object",
                parameter: "generationConfig.thinkingConfig"
            )
        }
        var reasoning = ReasoningRequest()
        if let budget = node.field("thinkingBudget") {
            guard let whole = budget.whole == -1 ? -1 : budget.count else {
                throw ConversationFault(
                    "thinkingBudget should be a whole number",
                    parameter: "generationConfig.thinkingConfig.thinkingBudget"
                )
            }
            reasoning.budgetTokens = whole
            if whole == 0 { reasoning.isEnabled = false }
        }
        if let level = node.field("thinkingLevel")?.string?.text, level != "THINKING_LEVEL_UNSPECIFIED" {
            reasoning.effort = JSONString(level.lowercased())
        }
        reasoning.isShown = node.field("includeThoughts")?.bool
        return reasoning
    }
}
