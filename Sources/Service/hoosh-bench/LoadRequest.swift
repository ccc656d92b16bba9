/// One chat request to the mock, with the mock's control headers.
struct LoadRequest {
    var isStream = false
    /// `x-mock-` headers, without the prefix.
    var controls: [(name: String, value: String)] = []
    /// In whose format it is asked.
    var dialect = Dialect.openAI
    var model = "mock-small"
    /// Who asks.
    var token = "sk-bench"

    /// Formats a client may ask in.
    enum Dialect: String, CaseIterable {
        case openAI = "OpenAI", anthropic = "Anthropic", gemini = "Gemini", ollama = "Ollama"
    }

    /// The request as it goes over the wire.
    func bytes(port: UInt16) -> [UInt8] {
        let question = "Say in two sentences why a river that looks slow can still carry a stone to the sea."
        let body =
            dialect == .gemini
            ? #"{"contents":[{"role":"user","parts":[{"text":"\#(question)"}]}]}"#
            : #"{"model":"\#(model)","stream":\#(isStream),"max_tokens":256,"temperature":0.7,"messages":["#
                + #"{"role":"system","content":"You are a careful assistant. Answer in plain words."},"#
                + #"{"role":"user","content":"\#(question)"}]}"#
        let path =
            switch dialect {
            case .openAI: "/v1/chat/completions"
            case .anthropic: "/v1/messages"
            case .gemini: "/v1beta/models/\(model):streamGenerateContent?alt=sse"
            case .ollama: "/api/chat"
            }
        var head = "POST \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\n"
        head += "Content-Type: application/json\r\nAccept: */*\r\nAuthorization: Bearer \(token)\r\n"
        head += "User-Agent: hoosh-bench\r\nContent-Length: \(body.utf8.count)\r\n"
        for control in controls { head += "x-mock-\(control.name): \(control.value)\r\n" }
        return Array((head + "\r\n" + body).utf8)
    }
}
