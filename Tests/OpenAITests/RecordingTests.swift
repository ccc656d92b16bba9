import Conversation
import Foundation
import JSON
import OpenAI
import Testing

@Suite struct `Recordings of OpenAI's dialect` {
    @Test func `every recorded answer says what an extraction by other means finds in it`() throws {
        for recording in try Recording.all(api: "openai.chat") where !recording.isStream && recording.status == 200 {
            let answer = try OpenAIAnswer.read(try JSONNode.parse(recording.response))
            let expected = Extraction(answer: try json(recording.response))
            let choice = try #require(answer.choices.first, "\(recording.id)")
            var text = ""
            var reasoning = ""
            var refusal = ""
            var calls: [Heard.Call] = []
            for part in choice.parts {
                switch part {
                case .text(let piece): text += piece.text
                case .reasoning(let part): reasoning += part.text.text
                case .refusal(let piece): refusal += piece.text
                case .toolCall(let call):
                    let arguments = String(decoding: call.arguments, as: UTF8.self)
                    calls.append(Heard.Call(id: call.id.text, name: call.name.text, arguments: arguments))
                default: break
                }
            }
            #expect(text == expected.text, "\(recording.id)")
            #expect(reasoning == expected.reasoning, "\(recording.id)")
            #expect(refusal == expected.refusal, "\(recording.id)")
            #expect(calls == expected.calls, "\(recording.id)")
            #expect(Extraction.matches(expected.finish, choice.finish), "\(recording.id)")
            #expect(Extraction.usage(answer.usage) == expected.usage, "\(recording.id)")
        }
    }

    @Test func `every recorded stream says what an extraction by other means finds in it`() throws {
        for recording in try Recording.all(api: "openai.chat") where recording.isStream {
            let (heard, isComplete) = try Listening.hear([recording.response])
            let expected = try Extraction(stream: recording.response)
            let choice = heard.choices[0] ?? Heard.Choice()
            #expect(choice.text == expected.text, "\(recording.id)")
            #expect(choice.reasoning == expected.reasoning, "\(recording.id)")
            #expect(choice.refusal == expected.refusal, "\(recording.id)")
            #expect(choice.calls.sorted { $0.key < $1.key }.map(\.value) == expected.calls, "\(recording.id)")
            #expect(Extraction.matches(expected.finish, choice.finish), "\(recording.id)")
            #expect(Extraction.usage(heard.usage) == expected.usage, "\(recording.id)")
            #expect((heard.failure != nil) == expected.hasError, "\(recording.id)")
            #expect(isComplete, "\(recording.id)")
            #expect(heard.starts == 1 || expected.hasError, "\(recording.id)")
        }
    }

    @Test func `recorded streams say the same in whatever pieces they come`() throws {
        for recording in try Recording.all(api: "openai.chat") where recording.isStream {
            let bytes = recording.response
            let whole = try Listening.hear([bytes]).heard
            #expect(try Listening.hear(bytes.map { [$0] }).heard == whole, "\(recording.id), byte by byte")
            // The last edges, where usage and the end stand, and the first, of short streams: all would take minutes.
            guard bytes.count < 4_000 else { continue }
            let edges = bytes.indices.filter { bytes[$0] == 0x0a && $0 > 0 && bytes[$0 - 1] == 0x0a }
            for edge in edges.prefix(1) + edges.suffix(1) {
                for cut in max(edge - 64, 1)..<min(edge + 64, bytes.count) {
                    let pieces = [Array(bytes[..<cut]), Array(bytes[cut...])]
                    #expect(try Listening.hear(pieces).heard == whole, "\(recording.id), cut at \(cut)")
                }
            }
        }
    }

    @Test func `what the writer makes of recorded streams is read back the same`() throws {
        for recording in try Recording.all(api: "openai.chat") where recording.isStream {
            let text = String(decoding: recording.response, as: UTF8.self)
            let first = try Listening.hear(text)
            let written = try Listening.rewrite(text, OpenAIStreamWriter(.sample))
            let second = try Listening.hear(written)
            guard first.failure == nil else {
                #expect(second.failure?.kind == first.failure?.kind, "\(recording.id)")
                #expect(second.failure?.message == first.failure?.message, "\(recording.id)")
                #expect(second.failure?.code == first.failure?.code, "\(recording.id)")
                continue
            }
            let (old, new) = (first.choices[0] ?? Heard.Choice(), second.choices[0] ?? Heard.Choice())
            #expect(new.text == old.text, "\(recording.id)")
            #expect(new.reasoning == old.reasoning, "\(recording.id)")
            #expect(new.signature == old.signature, "\(recording.id)")
            #expect(new.redacted == old.redacted, "\(recording.id)")
            #expect(new.refusal == old.refusal, "\(recording.id)")
            let arguments = old.calls.mapValues { $0.arguments.isEmpty ? "{}" : $0.arguments }
            #expect(new.calls.mapValues(\.arguments) == arguments, "\(recording.id)")
            #expect(new.calls.mapValues(\.name) == old.calls.mapValues(\.name), "\(recording.id)")
            #expect(new.logs == old.logs, "\(recording.id)")
            #expect(
                Extraction.usage(second.usage).filter { $0.value > 0 }
                    == Extraction.usage(first.usage).filter { $0.value > 0 },
                "\(recording.id)"
            )
            #expect(second.model == first.model ?? "asked", "\(recording.id)")
            #expect(second.hasEnded, "\(recording.id)")
        }
    }

    @Test func `every recorded request is read, and written with everything it says`() throws {
        for recording in try Recording.all(api: "openai.chat") where recording.status == 200 {
            guard let bytes = recording.request else { continue }
            let request = try OpenAIRequest.read(try JSONNode.parse(bytes))
            var terms = RequestTerms(model: request.model, streams: request.streams)
            terms.knowsTextLists = true
            terms.thinking = .details
            let written = try OpenAIRequest.write(request, terms)
            let (old, new) = (try json(bytes), try json(written.body))
            let count = { (body: [String: Any]) in (body["messages"] as? [Any])?.count }
            #expect(count(new) == count(old), "\(recording.id)")
            let renamed = [
                "functions", "function_call", "max_completion_tokens", "reasoning", "thinking", "reasoning_format",
                "stream", "stream_options",
            ]
            for (key, value) in old where !(value is NSNull) && new[key] == nil && !renamed.contains(key) {
                if (value as? [Any])?.isEmpty == true { continue }
                #expect(written.dropped.contains(key) || key == "tool_choice", "\(recording.id): \(key)")
            }
        }
    }

    @Test func `every recorded error keeps its message and its status`() throws {
        for recording in try Recording.all(api: "openai.chat") where recording.status != 200 {
            let fault = OpenAIFault.read(status: recording.status, body: recording.response)
            #expect(fault.status == recording.status)
            let body = try json(recording.response)
            let error = body["error"] as? [String: Any] ?? body
            let message = error["message"] as? String ?? body["detail"] as? String ?? "?"
            #expect(fault.message.text.hasPrefix(message), "\(recording.id)")
            let (status, again) = OpenAIFault.write(fault, requestID: "r1")
            #expect(status == recording.status)
            #expect((try json(again)["error"] as? [String: Any])?["message"] as? String == fault.message.text)
        }
    }

    @Test func `every recorded embedding keeps its numbers, and they survive base64`() throws {
        for recording in try Recording.all(api: "openai.embeddings") where recording.status == 200 {
            // One row of the index is Ollama's own form.
            guard try json(recording.response)["data"] != nil else { continue }
            let answer = try OpenAIEmbeddings.read(answer: try JSONNode.parse(recording.response))
            #expect(!answer.embeddings.isEmpty, "\(recording.id)")
            for embedding in answer.embeddings {
                let numbers = try #require(embedding.numbers, "\(recording.id)")
                let base64 = try #require(embedding.base64, "\(recording.id)")
                let again = try #require(Embedding(index: 0, vector: .base64(base64)).numbers, "\(recording.id)")
                let floats = { (list: ArraySlice<UInt8>) throws in
                    try JSONNode.parse(Array(list)).elements?.map { Float(String(decoding: $0.source, as: UTF8.self)) }
                }
                #expect(try floats(numbers) == floats(again), "\(recording.id)")
            }
        }
    }
}
