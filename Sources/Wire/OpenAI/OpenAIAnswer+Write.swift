import Conversation
import JSON

extension OpenAIAnswer {
    /// Writes an answer that came in another dialect.
    package static func write(_ answer: ChatAnswer, _ terms: AnswerTerms) -> [UInt8] {
        var writer = AnswerWriter(terms: terms)
        writer.output.beginObject()
        writer.head(id: answer.id, object: "chat.completion", prefix: "chatcmpl-", answer)
        writer.output.key("choices")
        writer.output.beginArray()
        for choice in answer.choices { writer.write(choice) }
        writer.output.endArray()
        if let usage = answer.usage {
            writer.output.key("usage")
            OpenAIUsage.write(usage, to: &writer.output)
        }
        writer.output.endObject()
        return writer.output.bytes
    }
}

/// Writes an answer of Chat Completions or of Completions.
struct AnswerWriter {
    let terms: AnswerTerms
    var output = JSONWriter()

    init(terms: AnswerTerms) { self.terms = terms }

    mutating func head(id: JSONString?, object: StaticString, prefix: String, _ answer: ChatAnswer) {
        output.key("id")
        output.string(id ?? JSONString(prefix + terms.requestID))
        output.key("object")
        output.string(object)
        output.key("created")
        output.number(answer.created ?? terms.created)
        output.key("model")
        output.string(answer.model ?? terms.model)
    }

    mutating func write(_ choice: AnswerChoice) {
        let said = Said(choice.parts, requestID: terms.requestID, choice: choice.index)
        output.beginObject()
        output.key("index")
        output.number(choice.index)
        output.key("message")
        output.beginObject()
        output.key("role")
        output.string("assistant")
        output.key("content")
        if let text = said.text { output.string(text) } else { output.null() }
        write(said)
        output.endObject()
        output.key("logprobs")
        if let node = choice.logProbabilities { output.node(node) } else { output.null() }
        output.key("finish_reason")
        output.string(
            OpenAIFinish.word(
                choice.finish,
                hasCalls: !said.calls.isEmpty,
                hasRefusal: said.refusal != nil,
                usesFunctions: terms.wantsFunctionCall
            )
        )
        if choice.finish == .stopSequence, let sequence = choice.stopSequence {
            // vLLM's member: OpenAI has no word for it.
            output.key("stop_reason")
            output.string(sequence)
        }
        output.endObject()
    }

    private mutating func write(_ said: Said) {
        output.key("refusal")
        if let refusal = said.refusal { output.string(refusal) } else { output.null() }
        if let text = OpenAIThinking.text(said.reasoning) {
            output.key("reasoning_content")
            output.string(text)
        }
        if OpenAIThinking.needsDetails(said.reasoning) { OpenAIThinking.writeDetails(said.reasoning, to: &output) }
        if let annotations = said.annotations {
            output.key("annotations")
            output.node(annotations)
        }
        if let sound = said.sound, case .data(_, let base64) = sound.source { write(sound, base64) }
        if !said.images.isEmpty { write(said.images) }
        if terms.wantsFunctionCall, let call = said.calls.first {
            output.key("function_call")
            AnswerWriter.write(function: call, to: &output)
        } else if !said.calls.isEmpty {
            output.key("tool_calls")
            output.beginArray()
            for call in said.calls {
                output.beginObject()
                output.key("id")
                output.string(call.id)
                output.key("type")
                output.string("function")
                output.key("function")
                AnswerWriter.write(function: call, to: &output)
                if let signature = call.signature { OpenAICall.writeSignature(signature, to: &output) }
                output.endObject()
            }
            output.endArray()
        }
    }

    private mutating func write(_ sound: Media, _ base64: JSONString) {
        output.key("audio")
        output.beginObject()
        output.key("id")
        output.string(JSONString("audio_\(terms.requestID)"))
        output.key("data")
        output.string(base64)
        output.key("expires_at")
        output.number(terms.created + 3_600)
        output.key("transcript")
        output.string(sound.title ?? "")
        output.endObject()
    }

    /// As OpenRouter answers with images.
    private mutating func write(_ images: [JSONString]) {
        output.key("images")
        output.beginArray()
        for url in images {
            output.beginObject()
            output.key("type")
            output.string("image_url")
            output.key("image_url")
            output.beginObject()
            output.key("url")
            output.string(url)
            output.endObject()
            output.endObject()
        }
        output.endArray()
    }

    private static func write(function call: ToolCall, to output: inout JSONWriter) {
        output.beginObject()
        output.key("name")
        output.string(call.name)
        output.key("arguments")
        if call.arguments.isEmpty { output.string("{}") } else { output.string(JSONString(plain: call.arguments)) }
        output.endObject()
    }
}

/// What an answer says, sorted; calls without ids have got some.
struct Said {
    /// All texts; nil when there is none.
    var text: JSONString?
    var refusal: JSONString?
    var reasoning: [ReasoningPart] = []
    var calls: [ToolCall] = []
    var images: [JSONString] = []
    var sound: Media?
    var annotations: JSONNode?

    init(_ parts: [ChatPart], requestID: String, choice: Int) {
        for part in parts {
            switch part {
            case .text(let more): text = text.map { $0 + more } ?? more
            case .refusal(let more): refusal = refusal.map { $0 + more } ?? more
            case .reasoning(let part): reasoning.append(part)
            case .toolCall(var call):
                if call.id.isEmpty { call.id = Said.callID(requestID, choice: choice, index: calls.count) }
                calls.append(call)
            case .media(let media): take(media)
            case .other("annotations", let node): annotations = node
            case .other, .toolResult: break
            }
        }
    }

    private mutating func take(_ media: Media) {
        if media.kind == .audio {
            sound = media
        } else if case .data(let type, let base64) = media.source {
            images.append(DataURL.spelled(type: type, base64: base64))
        } else if case .url(let url) = media.source {
            images.append(url)
        }
    }

    /// The id of a call whose provider gives none.
    static func callID(_ requestID: String, choice: Int, index: Int) -> JSONString {
        JSONString(choice == 0 ? "call_\(requestID)_\(index)" : "call_\(requestID)_\(choice)_\(index)")
    }
}
