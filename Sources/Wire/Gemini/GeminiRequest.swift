import Conversation
import JSON

/// Reads and writes requests of `generateContent` and `streamGenerateContent`
/// (https://ai.google.dev/api/generate-content).
package enum GeminiRequest {
    /// Reads a body; model and streaming stand in the path, so the caller sets them.
    ///
    /// - Throws: what the client should have written.
    package static func read(_ body: JSONNode) throws(ConversationFault) -> ChatRequest {
        guard body.isObject else { throw ConversationFault("the body should be a JSON object") }
        var request = ChatRequest()
        if let model = body.field("model")?.string { request.model = GeminiModels.name(model) }
        var reader = GeminiContentReader()
        if let system = body.field("systemInstruction") {
            request.messages.append(try reader.system(system))
        }
        guard let contents = body.field("contents") else {
            throw ConversationFault("contents is missing: write a list of turns", parameter: "contents")
        }
        // The protocol's JSON reader takes a single value for a list, and the libraries of Google rely on it.
        let turns = contents.elements ?? [contents]
        guard !turns.isEmpty else { throw ConversationFault("contents is empty", parameter: "contents") }
        for (index, turn) in turns.enumerated() {
            try reader.turn(turn, at: "contents[\(index)]", into: &request.messages)
        }
        for index in request.messages.indices where request.messages[index].role == .assistant {
            request.messages[index].parts = GeminiContentReader.joined(request.messages[index].parts)
        }
        request.extras += reader.extras
        try GeminiToolsReader.read(body, into: &request)
        if let generation = body.field("generationConfig") { try GeminiConfigReader.read(generation, into: &request) }
        keepRest(of: body, in: &request)
        return request
    }

    /// What stands beside the members that every dialect has words for.
    static let ownMembers = ["safetySettings", "cachedContent", "labels", "serviceTier", "store"]

    private static func keepRest(of body: JSONNode, in request: inout ChatRequest) {
        let known = ["model", "contents", "systemInstruction", "tools", "toolConfig", "generationConfig"]
        for member in body.members {
            let name = GeminiName.camel(member.key)
            guard !known.contains(name), !member.value.isNull else { continue }
            request.keep(name, member.value)
        }
    }
}

extension ChatRequest {
    /// Keeps a member that only Gemini knows.
    mutating func keep(_ name: String, _ value: JSONNode) {
        if let member = JSONNode.Member.made(name, value) { extras.append(member) }
    }
}
