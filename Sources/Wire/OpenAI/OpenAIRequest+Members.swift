import Conversation
import JSON

/// `tools`, in both shapes that OpenAI has for them.
enum ToolReader {
    static func tools(_ value: JSONNode) throws(ConversationFault) -> [ToolDefinition] {
        var tools: [ToolDefinition] = []
        for (index, node) in try Wanted.elements(value, "tools").enumerated() {
            let path = "tools[\(index)]"
            // A few clients leave the type of functions out.
            let hasType = try Wanted.object(node, path)["type"] != nil || node["function"] == nil
            let type = hasType ? try Wanted.required(node, "type", path) : "function"
            if type.text == "function", let function = node["function"] {
                tools.append(try definition(try Wanted.object(function, "\(path).function"), "\(path).function"))
            } else if type.text == "function" {
                throw Wanted.wrong("\(path).function", "an object with the function's `name`")
            } else {
                let name = node["custom"]?["name"]?.string ?? type
                tools.append(ToolDefinition(name: name, builtIn: node))
            }
        }
        return tools
    }

    static func functions(_ value: JSONNode) throws(ConversationFault) -> [ToolDefinition] {
        var tools: [ToolDefinition] = []
        for (index, node) in try Wanted.elements(value, "functions").enumerated() {
            let path = "functions[\(index)]"
            tools.append(try definition(try Wanted.object(node, path), path))
        }
        return tools
    }

    static func definition(_ node: JSONNode, _ path: String) throws(ConversationFault) -> ToolDefinition {
        var tool = ToolDefinition(name: try Wanted.required(node, "name", path))
        if let value = node["description"] { tool.description = try Wanted.text(value, "\(path).description") }
        if let value = node["parameters"], !value.isNull {
            tool.parameters = try Wanted.object(value, "\(path).parameters")
        }
        if let value = node["strict"] { tool.isStrict = try Wanted.bool(value, "\(path).strict") }
        return tool
    }
}

/// `response_format`.
enum FormatReader {
    static func take(_ member: JSONNode.Member, into request: inout ChatRequest) throws(ConversationFault) {
        let path = member.key
        let type = try Wanted.required(try Wanted.object(member.value, path), "type", path)
        switch type.text {
        case "text": request.format = .text
        case "json_object": request.format = .json
        case "json_schema":
            guard let node = member.value["json_schema"] else {
                throw Wanted.wrong("\(path).json_schema", "an object with `name` and `schema`")
            }
            request.format = try schema(node, "\(path).json_schema")
            if node["description"]?.string != nil { request.dropped.append("\(path).json_schema.description") }
        // Some providers have grammars and regular expressions here.
        default: request.extras.append(member)
        }
    }

    static func schema(_ node: JSONNode, _ path: String) throws(ConversationFault) -> AnswerFormat {
        guard let schema = node["schema"], schema.isObject else { throw Wanted.wrong("\(path).schema", "an object") }
        var name: JSONString?
        if let value = node["name"] { name = try Wanted.text(value, "\(path).name") }
        var isStrict: Bool?
        if let value = node["strict"] { isStrict = try Wanted.bool(value, "\(path).strict") }
        return .schema(name: name, schema: schema, isStrict: isStrict)
    }
}

/// The many members with which thinking is asked for.
enum ThinkingReader {
    static func take(_ member: JSONNode.Member, into request: inout ChatRequest) throws(ConversationFault) {
        var reasoning = request.reasoning ?? ReasoningRequest()
        let value = member.value
        switch member.key {
        case "reasoning_effort": reasoning.effort = try Wanted.text(value, member.key)
        case "reasoning":
            // OpenRouter: https://openrouter.ai/docs/use-cases/reasoning-tokens
            let value = try Wanted.object(value, member.key)
            reasoning.effort = value["effort"]?.string ?? reasoning.effort
            reasoning.budgetTokens = value["max_tokens"]?.integer
            reasoning.isEnabled = value["enabled"]?.bool
            reasoning.isShown = value["exclude"]?.bool.map { !$0 }
        case "thinking":
            // DeepSeek, Z.ai, Moonshot.
            let value = try Wanted.object(value, member.key)
            if let type = value["type"]?.string?.text { reasoning.isEnabled = type != "disabled" }
            reasoning.budgetTokens = value["budget_tokens"]?.integer ?? reasoning.budgetTokens
        case "include_reasoning": reasoning.isShown = try Wanted.bool(value, member.key)
        case "reasoning_format":
            // Groq: `parsed`, `raw` or `hidden`.
            reasoning.isShown = try Wanted.text(value, member.key)?.text != "hidden"
        case "enable_thinking": reasoning.isEnabled = try Wanted.bool(value, member.key)
        default: reasoning.budgetTokens = try Wanted.integer(value, member.key)
        }
        if ["include_reasoning", "reasoning_format"].contains(member.key) {
            reasoning.shownMember = member.key
        } else {
            if reasoning.isShown != nil, reasoning.shownMember == nil { reasoning.shownMember = "reasoning.exclude" }
            reasoning.member = member.key
        }
        request.reasoning = reasoning
    }
}
