import Conversation
import JSON

/// Requests of OpenAI's Chat Completions, and of the many providers that speak it.
///
/// <https://platform.openai.com/docs/api-reference/chat/create>
package enum OpenAIRequest {
    /// Reads a request.
    ///
    /// - Throws: what is wrong with it, as OpenAI would say with 400.
    package static func read(_ body: JSONNode) throws(ConversationFault) -> ChatRequest {
        try Wanted.body(body)
        var request = ChatRequest()
        var reader = RequestReader()
        for member in body.members { try reader.take(member, into: &request) }
        guard let messages = body["messages"], !messages.isNull else {
            throw ConversationFault(
                "`messages` is missing: give a list such as [{\"role\": \"user\", \"content\": \"Hello\"}]",
                parameter: "messages"
            )
        }
        try reader.finish(&request)
        request.messages = try MessageReader.messages(messages, &request)
        return request
    }
}

/// The members beside `messages`.
struct RequestReader {
    private var newLimit: Int?
    private var otherLimit: Int?
    private var allowed: [JSONString]?

    mutating func take(_ member: JSONNode.Member, into request: inout ChatRequest) throws(ConversationFault) {
        let value = member.value
        if value.isNull { return }
        switch member.key {
        case "messages": break
        case "model": request.model = try Wanted.text(value, "model") ?? request.model
        case "stream": request.streams = try Wanted.bool(value, "stream") ?? false
        case "stream_options":
            request.wantsStreamUsage = try Wanted.object(value, "stream_options")["include_usage"]?.bool ?? false
        case "user": request.user = try Wanted.text(value, "user")
        case "tools":
            request.tools = try ToolReader.tools(value)
            for tool in value.elements ?? [] { ContentReader.note("cache_control", of: tool, in: &request) }
        case "tool_choice": try takeChoice(value, into: &request)
        case "functions":
            request.usesFunctions = true
            request.tools = try ToolReader.functions(value)
        case "function_call": try takeFunctionCall(value, into: &request)
        case "parallel_tool_calls":
            request.allowsParallelCalls = try Wanted.bool(value, "parallel_tool_calls")
        case "response_format": try FormatReader.take(member, into: &request)
        case "reasoning_effort", "reasoning", "thinking", "include_reasoning", "reasoning_format", "enable_thinking",
            "thinking_budget":
            try ThinkingReader.take(member, into: &request)
        default:
            if try !takeSampling(member, into: &request.sampling) { request.extras.append(member) }
        }
    }

    /// What can only be said when all members were seen.
    func finish(_ request: inout ChatRequest) throws(ConversationFault) {
        if let newLimit { request.sampling.maxTokens = newLimit }
        if request.sampling.maxTokens == nil, let otherLimit, otherLimit > 0 { request.sampling.maxTokens = otherLimit }
        if let allowed { request.tools.removeAll { tool in !allowed.contains(tool.name) } }
    }

    // MARK: Sampling

    private mutating func takeSampling(
        _ member: JSONNode.Member,
        into sampling: inout Sampling
    ) throws(ConversationFault) -> Bool {
        let value = member.value
        let key = member.key
        switch key {
        case "max_completion_tokens": newLimit = try limit(value, key)
        case "max_tokens": sampling.maxTokens = try limit(value, key)
        // llama.cpp's; Hugging Face's. They are said by the provider's own name where the chat is translated.
        case "n_predict", "max_new_tokens", "max_output_tokens":
            otherLimit = max(otherLimit ?? 0, try limit(value, key) ?? 0)
        case "temperature": sampling.temperature = try Wanted.number(value, key)
        case "top_p": sampling.topP = try Wanted.number(value, key)
        case "top_k": sampling.topK = try Wanted.number(value, key)
        case "min_p": sampling.minP = try Wanted.number(value, key)
        case "frequency_penalty": sampling.frequencyPenalty = try Wanted.number(value, key)
        case "presence_penalty": sampling.presencePenalty = try Wanted.number(value, key)
        // vLLM and OpenRouter; llama.cpp.
        case "repetition_penalty", "repeat_penalty": sampling.repeatPenalty = try Wanted.number(value, key)
        // OpenAI; Mistral.
        case "seed", "random_seed": sampling.seed = try Wanted.number(value, key)
        case "stop": sampling.stop = try RequestReader.stop(value)
        case "n":
            guard let count = try Wanted.integer(value, key), count > 0 else { throw Wanted.wrong(key, "1 or more") }
            sampling.count = count
        case "logprobs": sampling.wantsLogProbabilities = try Wanted.bool(value, key)
        case "top_logprobs": sampling.topLogProbabilities = try Wanted.integer(value, key)
        default: return false
        }
        return true
    }

    /// Local servers take -1 for no limit, and llama.cpp -2 for the whole context.
    private func limit(_ value: JSONNode, _ key: String) throws(ConversationFault) -> Int? {
        if let number = value.number, number.elementsEqual([0x2d, 0x31]) || number.elementsEqual([0x2d, 0x32]) {
            return nil
        }
        return try Wanted.integer(value, key)
    }

    static func stop(_ value: JSONNode) throws(ConversationFault) -> [JSONString] {
        if let text = value.string { return [text] }
        guard let elements = value.elements else { throw Wanted.wrong("stop", "a text or a list of texts") }
        var texts: [JSONString] = []
        for (index, element) in elements.enumerated() {
            guard let text = element.string else { throw Wanted.wrong("stop[\(index)]", "a text") }
            texts.append(text)
        }
        return texts
    }

    // MARK: Choice of a tool

    private mutating func takeChoice(
        _ value: JSONNode,
        into request: inout ChatRequest
    ) throws(ConversationFault) {
        if let word = value.string {
            request.toolChoice = try RequestReader.choice(word)
            return
        }
        switch value["type"]?.string?.text {
        case "function":
            let function = try Wanted.object(value["function"] ?? value, "tool_choice.function")
            request.toolChoice = .function(try Wanted.required(function, "name", "tool_choice.function"))
        case "allowed_tools":
            let choice = value["allowed_tools"] ?? value
            request.toolChoice = try RequestReader.choice(choice["mode"]?.string ?? "auto")
            allowed = (choice["tools"]?.elements ?? []).compactMap {
                $0["function"]?["name"]?.string ?? $0["name"]?.string
            }
        default:
            throw Wanted.wrong(
                "tool_choice",
                "\"auto\", \"none\", \"required\" or {\"type\": \"function\", \"function\": {\"name\": …}}"
            )
        }
    }

    static func choice(_ word: JSONString) throws(ConversationFault) -> ToolChoice {
        switch word.text {
        case "auto": .auto
        case "none": .none
        // OpenAI; Mistral.
        case "required", "any": .required
        default: throw Wanted.wrong("tool_choice", "\"auto\", \"none\" or \"required\", or name a function")
        }
    }

    private func takeFunctionCall(
        _ value: JSONNode,
        into request: inout ChatRequest
    ) throws(ConversationFault) {
        request.usesFunctions = true
        if let word = value.string {
            request.toolChoice = try RequestReader.choice(word)
        } else {
            request.toolChoice = .function(try Wanted.required(value, "name", "function_call"))
        }
    }
}
