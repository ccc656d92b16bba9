import Conversation
import JSON

/// Reads `tools` and `toolConfig` (https://ai.google.dev/api/caching#Tool).
enum GeminiToolsReader {
    static func read(_ body: JSONNode, into request: inout ChatRequest) throws(ConversationFault) {
        if let tools = body.field("tools") {
            for (index, tool) in (tools.elements ?? [tools]).enumerated() {
                try read(tool, at: "tools[\(index)]", into: &request)
            }
        }
        guard let config = body.field("toolConfig") else { return }
        for member in config.members where !member.value.isNull {
            let name = GeminiName.camel(member.key)
            if name == "functionCallingConfig" {
                try choice(member.value, &request)
            } else {
                request.keep("toolConfig.\(name)", member.value)
            }
        }
    }

    private static func read(
        _ tool: JSONNode,
        at path: String,
        into request: inout ChatRequest
    ) throws(ConversationFault) {
        guard tool.isObject else {
            throw ConversationFault("a tool should be an object with functionDeclarations", parameter: path)
        }
        for member in tool.members where !member.value.isNull {
            let name = GeminiName.camel(member.key)
            if name == "functionDeclarations" {
                for (index, function) in (member.value.elements ?? [member.value]).enumerated() {
                    try declaration(function, at: "\(path).functionDeclarations[\(index)]", into: &request)
                }
            } else if let builtIn = JSONNode.Member.made(name, member.value).flatMap(alone) {
                request.tools.append(ToolDefinition(name: JSONString(name), builtIn: builtIn))
            }
        }
    }

    private static func alone(_ member: JSONNode.Member) -> JSONNode? {
        .written { writer in
            writer.beginObject()
            writer.key(member.key)
            writer.node(member.value)
            writer.endObject()
        }
    }

    private static func declaration(
        _ node: JSONNode,
        at path: String,
        into request: inout ChatRequest
    ) throws(ConversationFault) {
        guard let name = node.field("name")?.string, !name.isEmpty else {
            throw ConversationFault("a function declaration needs a name", parameter: "\(path).name")
        }
        let given = node.field("parametersJsonSchema") ?? node.field("parameters").map(GeminiSchema.standard)
        request.tools.append(
            ToolDefinition(name: name, description: node.field("description")?.string, parameters: given)
        )
        for own in ["behavior", "response", "responseJsonSchema"] {
            if let value = node.field(own) { request.keep("\(path).\(own)", value) }
        }
    }

    /// Reads which function must be called; what the other dialects cannot say exactly is kept as it stood, too.
    private static func choice(_ node: JSONNode, _ request: inout ChatRequest) throws(ConversationFault) {
        let names = (node.field("allowedFunctionNames")?.elements ?? []).compactMap(\.string)
        var isExact = names.isEmpty
        switch node.field("mode")?.string?.text.uppercased() {
        case nil, "MODE_UNSPECIFIED", "AUTO": request.toolChoice = .auto
        case "NONE": request.toolChoice = ToolChoice.none
        case "ANY":
            request.toolChoice = names.count == 1 ? .function(names[0]) : .required
            isExact = names.count < 2
        case "VALIDATED":
            request.toolChoice = .auto
            isExact = false
        default:
            throw ConversationFault(
                "write AUTO, ANY, NONE or VALIDATED as mode",
                parameter: "toolConfig.functionCallingConfig.mode"
            )
        }
        if !isExact { request.keep("toolConfig.functionCallingConfig", node) }
    }
}
