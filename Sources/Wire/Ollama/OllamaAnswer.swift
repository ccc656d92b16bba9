import Conversation
import JSON

/// Reads and writes answers of `/api/chat` that come whole (https://docs.ollama.com/api/chat).
package enum OllamaAnswer {
    /// Reads a whole answer, of `/api/generate` too.
    ///
    /// - Throws: why it is none; what is merely strange is passed over.
    package static func read(_ body: JSONNode) throws(EventFault) -> ChatAnswer {
        guard body.isObject, body["message"] != nil || body["response"] != nil || body["done"] != nil else {
            throw EventFault("sent an answer without a message")
        }
        var answer = ChatAnswer()
        answer.model = body["model"]?.string
        answer.created = body["created_at"]?.string.flatMap { OllamaTime.seconds($0.spelled.span) }
        var choice = AnswerChoice()
        let message = body["message"] ?? body
        if let thinking = message["thinking"]?.string, !thinking.isEmpty {
            choice.parts.append(.reasoning(ReasoningPart(text: thinking)))
        }
        if let text = (message["content"] ?? body["response"])?.string, !text.isEmpty {
            choice.parts.append(.text(text))
        }
        for image in message["images"]?.elements ?? [] {
            guard let base64 = image.string else { continue }
            let source = Media.Source.data(type: ImageType.of(base64), base64: base64)
            choice.parts.append(.media(Media(kind: .image, source: source)))
        }
        let calls = message["tool_calls"]?.elements ?? []
        for node in calls {
            guard let function = node["function"], let name = function["name"]?.string else { continue }
            choice.parts.append(.toolCall(call(node, function, name)))
        }
        if body["done"]?.bool != false {
            let reason = body["done_reason"]?.string
            choice.finish = OllamaFinish.read(reason?.spelled ?? [], hasCall: !calls.isEmpty)
        }
        choice.logProbabilities = body["logprobs"].flatMap(OllamaStreamReader.logProbabilities)
        answer.choices = [choice]
        var usage = TokenUsage()
        usage.input = body["prompt_eval_count"]?.integer
        usage.output = body["eval_count"]?.integer
        if !usage.isEmpty { answer.usage = usage }
        return answer
    }

    static func call(_ node: JSONNode, _ function: JSONNode, _ name: JSONString) -> ToolCall {
        let given = function["arguments"]
        // Some clients send the text that OpenAI has here.
        let arguments = given.map { $0.string?.plain ?? Array($0.source) } ?? Array("{}".utf8)
        return ToolCall(id: node["id"]?.string ?? "", name: name, arguments: arguments)
    }

    /// Writes a whole answer: Ollama has one choice, so the first.
    ///
    /// A call whose arguments are no object is not written, so that nobody calls with what the model did not say: its text
    /// stands in the content, as Ollama leaves a call there that it cannot read. Durations are left out, as Ollama leaves
    /// out what is zero.
    package static func write(_ answer: ChatAnswer, _ terms: AnswerTerms) -> [UInt8] {
        let choice = answer.choices.first ?? AnswerChoice()
        var pieces = OllamaAnswerPieces()
        for part in choice.parts { pieces.add(part) }
        var writer = JSONWriter()
        writer.beginObject()
        OllamaHead.write(answer.model ?? terms.model, answer.created ?? terms.created, to: &writer)
        writer.key("message")
        writer.beginObject()
        writer.key("role")
        writer.string("assistant" as StaticString)
        writer.key("content")
        writer.string(pieces.text)
        if !pieces.thinking.isEmpty {
            writer.key("thinking")
            writer.string(pieces.thinking)
        }
        if !pieces.images.isEmpty {
            writer.key("images")
            writer.beginArray()
            for image in pieces.images { writer.string(image) }
            writer.endArray()
        }
        if !pieces.calls.isEmpty {
            writer.key("tool_calls")
            writer.beginArray()
            for (index, call) in pieces.calls.enumerated() {
                writeCall(id: call.id, index: index, name: call.name, arguments: call.arguments, to: &writer)
            }
            writer.endArray()
        }
        writer.endObject()
        OllamaTail.write(choice.finish, answer.usage, to: &writer)
        if let probabilities = choice.logProbabilities?["content"] {
            writer.key("logprobs")
            writer.node(probabilities)
        }
        writer.endObject()
        return writer.bytes
    }

    static func writeCall(
        id: JSONString,
        index: Int,
        name: JSONString,
        arguments: [UInt8],
        to writer: inout JSONWriter
    ) {
        writer.beginObject()
        if !id.isEmpty {
            writer.key("id")
            writer.string(id)
        }
        writer.key("function")
        writer.beginObject()
        writer.key("index")
        writer.number(index)
        writer.key("name")
        writer.string(name)
        writer.key("arguments")
        writer.raw(arguments[...])
        writer.endObject()
        writer.endObject()
    }
}

/// The pieces of an answer, which Ollama has apart by kind.
struct OllamaAnswerPieces {
    private(set) var text: JSONString = ""
    private(set) var thinking: JSONString = ""
    private(set) var images: [JSONString] = []
    /// Those with an object as arguments, which is what these hold.
    private(set) var calls: [ToolCall] = []

    mutating func add(_ part: ChatPart) {
        switch part {
        case .text(let piece), .refusal(let piece): text = text + piece
        case .reasoning(let thought): thinking = thinking + thought.text
        case .media(let media): if case .data(_, let base64) = media.source { images.append(base64) }
        case .toolCall(var call):
            guard let arguments = ArgumentsObject.object(call.arguments) else {
                text = text + OllamaAnswerPieces.broken(call.name, call.arguments)
                return
            }
            call.arguments = arguments
            calls.append(call)
        case .toolResult, .other: break
        }
    }

    /// The text of a call that cannot be written as one.
    static func broken(_ name: JSONString, _ arguments: [UInt8]) -> JSONString {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("name")
        writer.string(name)
        writer.endObject()
        // {"name": "f", "arguments": …, with what the model wrote behind it.
        let head = writer.bytes.dropLast() + Array(", \"arguments\": ".utf8)
        return JSONString(plain: Array(head) + arguments + [0x7d])
    }
}

/// What every line and answer begins with.
enum OllamaHead {
    static func write(_ model: JSONString, _ created: Int, to writer: inout JSONWriter) {
        writer.key("model")
        writer.string(model)
        writer.key("created_at")
        writer.string(OllamaTime.text(created))
    }
}

/// What the last line and a whole answer end with.
enum OllamaTail {
    static func write(_ finish: FinishReason?, _ usage: TokenUsage?, to writer: inout JSONWriter) {
        writer.key("done")
        writer.bool(true)
        writer.key("done_reason")
        writer.string(OllamaFinish.word(finish ?? .stop))
        if let input = usage?.input {
            writer.key("prompt_eval_count")
            writer.number(input)
        }
        if let output = usage?.output {
            writer.key("eval_count")
            writer.number(output)
        }
    }
}
