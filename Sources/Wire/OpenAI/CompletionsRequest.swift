import Conversation
import JSON

/// Requests of OpenAI's Completions, which came before chats: a prompt becomes the user's turn.
///
/// <https://platform.openai.com/docs/api-reference/completions/create>
package enum CompletionsRequest {
    /// Reads a request.
    ///
    /// - Throws: what is wrong with it, and what a chat cannot do.
    package static func read(_ body: JSONNode) throws(ConversationFault) -> ChatRequest {
        try Wanted.body(body)
        var request = ChatRequest()
        request.messages = [ChatMessage(role: .user, parts: [.text(try prompt(body["prompt"]))])]
        for member in body.members where !member.value.isNull { try take(member, into: &request) }
        return request
    }

    private static func prompt(_ node: JSONNode?) throws(ConversationFault) -> JSONString {
        guard let node, !node.isNull else {
            throw ConversationFault("`prompt` is missing: it must be a text", parameter: "prompt")
        }
        if let text = node.string { return text }
        guard let elements = node.elements, let first = elements.first else {
            throw Wanted.wrong("prompt", "a text or a list with one text")
        }
        guard let text = first.string else {
            throw ConversationFault(
                "`prompt` must be a text: the provider chosen for this request does not take tokens",
                parameter: "prompt"
            )
        }
        guard elements.count == 1 else {
            throw ConversationFault(
                "`prompt` has \(elements.count) texts, but the provider chosen for this request takes one at a time",
                parameter: "prompt"
            )
        }
        return text
    }

    private static func take(
        _ member: JSONNode.Member,
        into request: inout ChatRequest
    ) throws(ConversationFault) {
        let value = member.value
        let key = member.key
        switch key {
        case "prompt": break
        case "model": request.model = try Wanted.text(value, key) ?? request.model
        case "stream": request.streams = try Wanted.bool(value, key) ?? false
        case "stream_options":
            request.wantsStreamUsage = try Wanted.object(value, key)["include_usage"]?.bool ?? false
        case "max_tokens": request.sampling.maxTokens = try Wanted.integer(value, key)
        // llama.cpp's; Hugging Face's.
        case "n_predict", "max_new_tokens":
            if request.sampling.maxTokens == nil, let limit = try Wanted.integer(value, key), limit > 0 {
                request.sampling.maxTokens = limit
            }
        case "temperature": request.sampling.temperature = try Wanted.number(value, key)
        case "top_p": request.sampling.topP = try Wanted.number(value, key)
        case "frequency_penalty": request.sampling.frequencyPenalty = try Wanted.number(value, key)
        case "presence_penalty": request.sampling.presencePenalty = try Wanted.number(value, key)
        case "seed": request.sampling.seed = try Wanted.number(value, key)
        case "stop": request.sampling.stop = try RequestReader.stop(value)
        case "n": request.sampling.count = try Wanted.integer(value, key)
        case "user": request.user = try Wanted.text(value, key)
        case "logprobs":
            request.sampling.topLogProbabilities = try Wanted.integer(value, key)
            request.sampling.wantsLogProbabilities = true
        case "echo":
            if value.bool == true { throw cannot("repeat the prompt (`echo`)", key) }
        case "suffix":
            if value.string?.isEmpty == false { throw cannot("fill in before a `suffix`", key) }
        case "best_of": if value.integer ?? 1 > 1 { request.dropped.append(key) }
        default: request.extras.append(member)
        }
    }

    private static func cannot(_ what: String, _ parameter: String) -> ConversationFault {
        ConversationFault(
            "the provider chosen for this request is asked in a chat, which cannot \(what)",
            parameter: parameter
        )
    }
}
