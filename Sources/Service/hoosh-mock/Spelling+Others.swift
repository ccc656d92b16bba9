/// Gemini: https://ai.google.dev/api/generate-content.
struct GeminiSpelling: Spelling {
    let id: String
    let model: String
    let lines: EventLines

    var streamType: StaticString { "text/event-stream" }

    private func answer(_ part: String, _ finish: String?, _ usage: Usage) -> String {
        let reason = finish.map { ",\"finishReason\":\"\($0)\"" } ?? ""
        return "{\"candidates\":[{\"content\":{\"parts\":[\(part)],\"role\":\"model\"}\(reason),\"index\":0}],"
            + "\"usageMetadata\":{\"promptTokenCount\":\(usage.prompt),\"candidatesTokenCount\":\(usage.completion),"
            + "\"totalTokenCount\":\(usage.prompt + usage.completion)},\"modelVersion\":\"\(model)\","
            + "\"responseId\":\"\(id)\"}"
    }

    private func part(_ content: AnswerContent) -> String {
        switch content {
        case .text(let text): "{\"text\":\"\(text)\"}"
        case .call(let name): "{\"functionCall\":{\"name\":\"\(name)\",\"args\":{\"input\":\"mock\"}}}"
        }
    }

    func whole(_ content: AnswerContent, _ usage: Usage) -> String { answer(part(content), "STOP", usage) }

    func before(_ content: AnswerContent, _ usage: Usage) -> [String] { [] }

    func delta(_ text: String) -> String { lines.event(answer(part(.text(text)), nil, Usage())) }

    func call(_ name: String) -> [String] { [lines.event(answer(part(.call(name)), nil, Usage()))] }

    func after(_ content: AnswerContent, _ usage: Usage) -> [String] {
        [lines.event(answer(part(.text("")), "STOP", usage))]
    }

    func error(_ status: Int, _ message: String) -> String {
        let kind =
            switch status {
            case 400: "INVALID_ARGUMENT"
            case 401: "UNAUTHENTICATED"
            case 403: "PERMISSION_DENIED"
            case 404: "NOT_FOUND"
            case 429: "RESOURCE_EXHAUSTED"
            case 500: "INTERNAL"
            case 503: "UNAVAILABLE"
            case 504: "DEADLINE_EXCEEDED"
            default: "UNKNOWN"
            }
        return "{\"error\":{\"code\":\(status),\"message\":\(message.quoted),\"status\":\"\(kind)\"}}"
    }

    func errorEvent(_ message: String) -> String { lines.event(error(503, message)) }
}

/// Ollama's own API: https://github.com/ollama/ollama/blob/main/docs/api.md.
struct OllamaSpelling: Spelling {
    let model: String
    /// `/api/generate` has `response` where `/api/chat` has `message`.
    let isChat: Bool

    var streamType: StaticString { "application/x-ndjson" }

    private func line(_ content: AnswerContent, _ usage: Usage?) -> String {
        let inside =
            switch content {
            case .text(let text) where isChat: "\"message\":{\"role\":\"assistant\",\"content\":\"\(text)\"}"
            case .text(let text): "\"response\":\"\(text)\""
            case .call(let name):
                "\"message\":{\"role\":\"assistant\",\"content\":\"\",\"tool_calls\":[{\"function\":{\"name\":\"\(name)\","
                    + "\"arguments\":{\"input\":\"mock\"}}}]}"
            }
        let start = "{\"model\":\"\(model)\",\"created_at\":\"2023-11-14T22:13:20Z\",\(inside),"
        guard let usage else { return "\(start)\"done\":false}\n" }
        return "\(start)\"done\":true,\"done_reason\":\"stop\",\"total_duration\":5000000,\"load_duration\":1000000,"
            + "\"prompt_eval_count\":\(usage.prompt),\"prompt_eval_duration\":1000000,"
            + "\"eval_count\":\(usage.completion),\"eval_duration\":3000000}\n"
    }

    func whole(_ content: AnswerContent, _ usage: Usage) -> String { line(content, usage) }

    func before(_ content: AnswerContent, _ usage: Usage) -> [String] { [] }

    func delta(_ text: String) -> String { line(.text(text), nil) }

    func call(_ name: String) -> [String] { [line(.call(name), nil)] }

    func after(_ content: AnswerContent, _ usage: Usage) -> [String] { [line(.text(""), usage)] }

    func error(_ status: Int, _ message: String) -> String { "{\"error\":\(message.quoted)}" }

    func errorEvent(_ message: String) -> String { "{\"error\":\(message.quoted)}\n" }
}
