import Conversation
import JSON

extension GeminiAnswer {
    /// Writes a whole answer.
    ///
    /// A call whose arguments are no object is not written, so that nobody calls with what the model did not say: the
    /// candidate ends with `MALFORMED_FUNCTION_CALL`, Gemini's own word for it, and the model's text in `finishMessage`.
    package static func write(_ answer: ChatAnswer, _ terms: AnswerTerms) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("candidates")
        writer.beginArray()
        for choice in answer.choices { write(choice, to: &writer) }
        writer.endArray()
        if let usage = answer.usage {
            writer.key("usageMetadata")
            GeminiCounts.write(usage, to: &writer)
        }
        writer.key("modelVersion")
        writer.string(answer.model ?? terms.model)
        writer.key("responseId")
        if let id = answer.id, !id.isEmpty { writer.string(id) } else { writer.string(terms.requestID) }
        writer.endObject()
        return writer.bytes
    }

    private static func write(_ choice: AnswerChoice, to writer: inout JSONWriter) {
        var broken: JSONString?
        writer.beginObject()
        writer.key("content")
        writer.beginObject()
        writer.key("parts")
        writer.beginArray()
        writeParts(choice.parts, &broken, &writer)
        writer.endArray()
        writer.key("role")
        writer.string("model" as StaticString)
        writer.endObject()
        writer.key("finishReason")
        writer.string(GeminiFinish.word(choice.finish ?? .stop, isBroken: broken != nil))
        if let broken {
            writer.key("finishMessage")
            writer.string(broken)
        }
        writer.key("index")
        writer.number(choice.index)
        if let probabilities = choice.logProbabilities, !probabilities.isNull {
            writer.key("logprobsResult")
            GeminiLogProbabilities.write(probabilities, to: &writer)
        }
        writer.endObject()
    }

    private static func writeParts(_ parts: [ChatPart], _ broken: inout JSONString?, _ writer: inout JSONWriter) {
        for settled in GeminiSeals.settle(parts) {
            switch settled.part {
            case .text(let text), .refusal(let text): GeminiParts.writeText(text, seal: settled.seal, to: &writer)
            case .reasoning(var thought):
                thought.signature = settled.seal
                GeminiParts.writeThought(thought, to: &writer)
            case .media(let media): writeMedia(media, &writer)
            case .other(let kind, let node):
                if GeminiParts.ownKinds.contains(kind) { writer.node(node) }
            case .toolCall(let call):
                guard let arguments = ArgumentsObject.object(call.arguments) else {
                    broken = GeminiAnswer.broken(name: call.name, call.arguments)
                    continue
                }
                GeminiParts.writeCall(
                    id: call.id,
                    name: call.name,
                    arguments: arguments,
                    seal: settled.seal,
                    to: &writer
                )
            case .toolResult: break
            }
        }
    }

    /// Pictures of an answer that cannot be written as a part have no other form here.
    private static func writeMedia(_ media: Media, _ writer: inout JSONWriter) {
        do { try GeminiParts.writeMedia(media, "", to: &writer) } catch {}
    }

    /// What is said about a call whose arguments are no object.
    static func broken(name: JSONString, _ arguments: [UInt8]) -> JSONString {
        JSONString(plain: Array("Malformed function call: ".utf8) + name.plain + [0x28] + arguments + [0x29])
    }
}
