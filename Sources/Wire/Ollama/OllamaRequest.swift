import Conversation
import JSON

/// Reads and writes requests of `/api/chat` (https://docs.ollama.com/api/chat).
package enum OllamaRequest {
    /// Reads a body; without `stream` the answer is a stream.
    ///
    /// - Throws: what the client should have written.
    package static func read(_ body: JSONNode) throws(ConversationFault) -> ChatRequest {
        var request = try OllamaCommonReader.read(body, own: ["messages", "tools"])
        guard let messages = body["messages"], !messages.isNull else {
            throw ConversationFault("messages is missing: write a list of messages", parameter: "messages")
        }
        guard let list = messages.elements else {
            throw ConversationFault("messages should be a list of messages", parameter: "messages")
        }
        var reader = OllamaMessageReader()
        for (index, message) in list.enumerated() {
            request.messages.append(try reader.read(message, at: "messages[\(index)]"))
        }
        for (index, tool) in (body["tools"]?.elements ?? []).enumerated() {
            request.tools.append(try OllamaRequest.tool(tool, at: "tools[\(index)]"))
        }
        return request
    }

    private static func tool(_ node: JSONNode, at path: String) throws(ConversationFault) -> ToolDefinition {
        guard let function = node["function"], function.isObject else {
            throw ConversationFault("a tool should be an object with type and function", parameter: path)
        }
        guard let name = function["name"]?.string, !name.isEmpty else {
            throw ConversationFault("a function needs a name", parameter: "\(path).function.name")
        }
        return ToolDefinition(
            name: name,
            description: function["description"]?.string,
            parameters: function["parameters"].flatMap { $0.isNull ? nil : $0 }
        )
    }
}

/// Reads what `/api/chat` and `/api/generate` have in common.
enum OllamaCommonReader {
    private static let common = ["model", "stream", "format", "options", "think", "logprobs", "top_logprobs"]

    /// Reads all but the members that the caller reads, which are its `own`.
    static func read(_ body: JSONNode, own: [String]) throws(ConversationFault) -> ChatRequest {
        guard body.isObject else { throw ConversationFault("the body should be a JSON object") }
        var request = ChatRequest()
        guard let model = body["model"]?.string, !model.isEmpty else {
            throw ConversationFault("model is required", parameter: "model")
        }
        request.model = model
        request.streams = try truth(body, "stream") ?? true
        request.wantsStreamUsage = true
        if let format = body["format"] { request.format = try self.format(format) }
        if let think = body["think"] { request.reasoning = try reasoning(think) }
        request.sampling.wantsLogProbabilities = try truth(body, "logprobs")
        request.sampling.topLogProbabilities = body["top_logprobs"]?.integer
        if let options = body["options"], !options.isNull { try OllamaOptions.read(options, into: &request) }
        for member in body.members where !common.contains(member.key) && !own.contains(member.key) {
            if !member.value.isNull { request.extras.append(member) }
        }
        return request
    }

    private static func truth(_ body: JSONNode, _ name: String) throws(ConversationFault) -> Bool? {
        guard let value = body[name], !value.isNull else { return nil }
        guard let truth = value.bool else {
            throw ConversationFault("\(name) should be true or false", parameter: name)
        }
        return truth
    }

    private static func format(_ node: JSONNode) throws(ConversationFault) -> AnswerFormat? {
        if node.isObject { return .schema(name: nil, schema: node, isStrict: nil) }
        if node.isNull || node.string?.isEmpty == true { return nil }
        guard node.string?.text == "json" else {
            throw ConversationFault("format should be \"json\" or a JSON schema", parameter: "format")
        }
        return .json
    }

    private static func reasoning(_ node: JSONNode) throws(ConversationFault) -> ReasoningRequest? {
        if node.isNull { return nil }
        var reasoning = ReasoningRequest()
        if let thinks = node.bool {
            reasoning.isEnabled = thinks
            if thinks { reasoning.isShown = true }
            return reasoning
        }
        guard let level = node.string, !level.isEmpty else {
            throw ConversationFault(
                "think should be true, false, \"low\", \"medium\" or \"high\"",
                parameter: "think"
            )
        }
        reasoning.effort = level
        reasoning.isEnabled = true
        reasoning.isShown = true
        return reasoning
    }
}

/// The member `options` (https://docs.ollama.com/modelfile#parameter); what only Ollama knows is kept under
/// `options.NAME`.
enum OllamaOptions {
    static func read(_ node: JSONNode, into request: inout ChatRequest) throws(ConversationFault) {
        guard node.isObject else { throw ConversationFault("options should be an object", parameter: "options") }
        for member in node.members where !member.value.isNull {
            let value = member.value
            switch member.key {
            case "num_predict": request.sampling.maxTokens = try limit(value)
            case "temperature": request.sampling.temperature = try number(member)
            case "top_p": request.sampling.topP = try number(member)
            case "top_k": request.sampling.topK = try number(member)
            case "min_p": request.sampling.minP = try number(member)
            case "seed": request.sampling.seed = try number(member)
            case "frequency_penalty": request.sampling.frequencyPenalty = try number(member)
            case "presence_penalty": request.sampling.presencePenalty = try number(member)
            case "repeat_penalty": request.sampling.repeatPenalty = try number(member)
            case "stop":
                for sequence in value.elements ?? [value] {
                    guard let text = sequence.string else {
                        throw ConversationFault("stop should be a list of texts", parameter: "options.stop")
                    }
                    request.sampling.stop.append(text)
                }
            default:
                if let kept = JSONNode.Member.made("options.\(member.key)", value) { request.extras.append(kept) }
            }
        }
    }

    private static func number(_ member: JSONNode.Member) throws(ConversationFault) -> ArraySlice<UInt8> {
        guard let number = member.value.number else {
            throw ConversationFault("\(member.key) should be a number", parameter: "options.\(member.key)")
        }
        return number
    }

    /// A negative limit is none: -1 goes on until the model stops, -2 until the context is full.
    private static func limit(_ value: JSONNode) throws(ConversationFault) -> Int? {
        guard let number = value.number else {
            throw ConversationFault("num_predict should be a number", parameter: "options.num_predict")
        }
        return number.first == 0x2d ? nil : value.integer
    }

    /// Writes the member, unless there is nothing to say.
    static func write(_ request: ChatRequest, to writer: inout JSONWriter) {
        let sampling = request.sampling
        let own = request.extras.filter { $0.key.hasPrefix("options.") }
        let numbers: [(StaticString, ArraySlice<UInt8>?)] = [
            ("temperature", sampling.temperature), ("top_p", sampling.topP), ("top_k", sampling.topK),
            ("min_p", sampling.minP), ("seed", sampling.seed), ("frequency_penalty", sampling.frequencyPenalty),
            ("presence_penalty", sampling.presencePenalty), ("repeat_penalty", sampling.repeatPenalty),
        ]
        let isEmpty = sampling.maxTokens == nil && sampling.stop.isEmpty && own.isEmpty
        guard !isEmpty || numbers.contains(where: { $0.1 != nil }) else { return }
        writer.key("options")
        writer.beginObject()
        if let limit = sampling.maxTokens {
            writer.key("num_predict")
            writer.number(limit)
        }
        for (name, value) in numbers {
            guard let value else { continue }
            writer.key(name)
            writer.raw(value)
        }
        if !sampling.stop.isEmpty {
            writer.key("stop")
            writer.beginArray()
            for sequence in sampling.stop { writer.string(sequence) }
            writer.endArray()
        }
        for member in own {
            writer.key(String(member.key.dropFirst("options.".count)))
            writer.node(member.value)
        }
        writer.endObject()
    }
}
