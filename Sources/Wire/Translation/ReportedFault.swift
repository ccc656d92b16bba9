import Conversation
import JSON

/// Tells errors that come with the status of a success.
///
/// OpenRouter answers 200 once it has begun to work, and says in the body what went wrong
/// (openrouter.ai/docs/api-reference/errors); whisper.cpp's server does so with every error of its own.
enum ReportedFault {
    /// The error in a whole body; nil when that is an answer.
    static func find(_ body: JSONNode) -> JSONNode? {
        // A stream of Gemini's may be a list.
        let object = body.elements?.first ?? body
        guard object.isObject else { return nil }
        if object["type"]?.string == "error" || object["object"]?.string == "error" { return object["error"] ?? object }
        guard let error = object["error"], isSaid(error) else { return choiceFault(object) }
        let hasAnswer = answers.contains { name in
            guard let member = object[name], !member.isNull else { return false }
            return member.elements?.isEmpty != true
        }
        return hasAnswer ? choiceFault(object) : error
    }

    /// What answers of all formats stand in.
    private static let answers = [
        "choices", "candidates", "content", "message", "response", "text", "data", "embeddings", "embedding",
    ]

    private static func isSaid(_ error: JSONNode) -> Bool {
        switch error.value {
        case .object(let members): !members.isEmpty
        case .string(let text): !text.isEmpty
        default: false
        }
    }

    /// OpenRouter's error of the provider behind it stands in the choice.
    private static func choiceFault(_ object: JSONNode) -> JSONNode? {
        guard let choices = object["choices"]?.elements, choices.count == 1, let error = choices[0]["error"],
            error.isObject
        else { return nil }
        let message = choices[0]["message"]
        let saysNothing = message?["content"]?.string?.isEmpty != false
        return saysNothing && message?["tool_calls"]?.elements?.isEmpty != false ? error : nil
    }

    /// The status that an error, or the body it stands in, gives itself.
    static func status(_ error: JSONNode, in body: JSONNode) -> Int? {
        for place in [error, body] {
            for name in ["code", "status", "status_code"] {
                let number = place[name]?.integer ?? place[name]?.string.flatMap { Int($0.text) }
                if let number, isError(number) { return number }
            }
        }
        return nil
    }

    /// Whether HTTP has it for errors (RFC 9110 §15).
    static func isError(_ status: Int) -> Bool { (400...599).contains(status) }
}

extension AnswerTranslation {
    /// The error that a body of status 200 is, with the status it gives itself; nil when it is none.
    package func reported(in body: [UInt8]) -> ChatFault? {
        (try? JSONNode.parse(body)).flatMap { reported(in: $0) }
    }

    func reported(in body: JSONNode) -> ChatFault? {
        guard let error = ReportedFault.find(body) else { return nil }
        let alone = Array("{\"error\":".utf8) + error.source + [0x7d]
        guard let status = ReportedFault.status(error, in: body) else {
            var fault = readFault(status: 502, body: alone)
            fault.status = 0
            fault.status = self.status(of: fault)
            return fault
        }
        return readFault(status: status, body: alone)
    }

    /// The HTTP status of an error: its own, else what the provider's format has for its kind, else 502.
    package func status(of fault: ChatFault) -> Int {
        if ReportedFault.isError(fault.status) { return fault.status }
        if fault.kind == .server { return 502 }
        return AnswerTranslation.write(fault, as: upstream, requestID: "").status
    }
}
