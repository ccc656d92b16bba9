import Conversation
import JSON

/// Answers of OpenAI's Completions.
///
/// <https://platform.openai.com/docs/api-reference/completions/object>
package enum CompletionsAnswer {
    /// Writes an answer; what is no text has no place in it.
    package static func write(_ answer: ChatAnswer, _ terms: AnswerTerms) -> [UInt8] {
        var writer = AnswerWriter(terms: terms)
        writer.output.beginObject()
        writer.head(id: answer.id, object: "text_completion", prefix: "cmpl-", answer)
        writer.output.key("choices")
        writer.output.beginArray()
        for choice in answer.choices { writer.writeCompletion(choice) }
        writer.output.endArray()
        if let usage = answer.usage {
            writer.output.key("usage")
            OpenAIUsage.write(usage, to: &writer.output)
        }
        writer.output.endObject()
        return writer.output.bytes
    }
}

extension AnswerWriter {
    mutating func writeCompletion(_ choice: AnswerChoice) {
        let said = Said(choice.parts, requestID: terms.requestID, choice: choice.index)
        output.beginObject()
        output.key("text")
        output.string(said.text ?? said.refusal ?? "")
        output.key("index")
        output.number(choice.index)
        output.key("logprobs")
        if let node = choice.logProbabilities {
            var offset = 0
            CompletionsLogs.write(node, offset: &offset, to: &output)
        } else {
            output.null()
        }
        output.key("finish_reason")
        output.string(CompletionsFinish.word(choice.finish))
        output.endObject()
    }
}

/// The words of Completions for why an answer ended.
enum CompletionsFinish {
    static func word(_ reason: FinishReason?) -> StaticString {
        switch reason {
        case .length, .contextLength: "length"
        case .contentFilter, .refusal: "content_filter"
        default: "stop"
        }
    }
}

/// `logprobs` of Completions: four lists in place of Chat Completions' list of objects.
enum CompletionsLogs {
    /// Writes the four lists; `offset` is the place of the first token in the text, counted in characters.
    static func write(_ node: JSONNode, offset: inout Int, to output: inout JSONWriter) {
        let tokens = node["content"]?.elements ?? []
        output.beginObject()
        output.key("tokens")
        output.beginArray()
        for token in tokens { output.string(token["token"]?.string ?? "") }
        output.endArray()
        output.key("token_logprobs")
        output.beginArray()
        for token in tokens { if let number = token["logprob"]?.number { output.raw(number) } else { output.null() } }
        output.endArray()
        output.key("top_logprobs")
        output.beginArray()
        for token in tokens {
            output.beginObject()
            for top in token["top_logprobs"]?.elements ?? [] {
                guard let text = top["token"]?.string, let number = top["logprob"]?.number else { continue }
                output.key(text.text)
                output.raw(number)
            }
            output.endObject()
        }
        output.endArray()
        output.key("text_offset")
        output.beginArray()
        for token in tokens {
            output.number(offset)
            offset += token["token"]?.string?.text.unicodeScalars.count ?? 0
        }
        output.endArray()
        output.endObject()
    }
}
