import Conversation
import Dialect
import Foundation
import JSON
import Testing
import Translation

/// Recorded requests, from each format to each that a provider can be asked in.
@Suite struct `Recorded requests in other formats` {
    private struct Recording {
        let id: String
        let format: ChatFormat
        let file: URL
    }

    private static let formats: [String: ChatFormat] = [
        "openai.chat": .chat, "openai.responses": .responses, "openai.completions": .completions,
        "anthropic.messages": .messages, "gemini.generateContent": .gemini, "gemini.streamGenerateContent": .gemini,
        "ollama.chat": .ollama, "ollama.generate": .generate,
    ]

    private func recordings() throws -> [Recording] {
        let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let root =
            ProcessInfo.processInfo.environment["HOOSH_CORPUS"].map { URL(fileURLWithPath: $0) }
            ?? package.deletingLastPathComponent().appendingPathComponent("shared/corpus")
        let index = root.appendingPathComponent("index.tsv")
        guard let table = try? String(contentsOf: index, encoding: .utf8) else {
            print("NO RECORDINGS: there is no corpus in \(root.path); set HOOSH_CORPUS. Nothing was read.")
            if ProcessInfo.processInfo.environment["HOOSH_REAL"] == "1" {
                Issue.record("HOOSH_REAL=1 needs the corpus")
            }
            return []
        }
        let rows = table.split(separator: "\n").map { $0.split(separator: "\t", omittingEmptySubsequences: false) }
        let heads = rows[0].map(String.init)
        return rows.dropFirst().compactMap { row in
            func field(_ name: String) -> String { heads.firstIndex(of: name).map { String(row[$0]) } ?? "" }
            guard let format = Self.formats[field("api")], field("status") == "200", !field("request_file").isEmpty
            else { return nil }
            return Recording(id: field("id"), format: format, file: root.appendingPathComponent(field("request_file")))
        }
    }

    @Test func `what was asked can be asked elsewhere, with all its words`() throws {
        var (count, refused) = (0, 0)
        for recording in try recordings() {
            let body = Array(try Data(contentsOf: recording.file))
            for format in ChatFormat.allCases where format.canBeAsked && format != recording.format {
                count += 1
                do throws(ConversationFault) {
                    let request = try RequestTranslation.read(body, as: recording.format)
                    let terms = RequestTerms(model: "some-model", streams: request.streams)
                    let written = try RequestTranslation.write(request, as: format, terms)
                    let again = try RequestTranslation.read(written.body, as: format)
                    let (said, calls) = told(request)
                    let (other, otherCalls) = told(again)
                    // More may be said: documents of text, or the form of the answer where it has no word.
                    let whole = other.joined()
                    for text in said where !text.isEmpty {
                        #expect(whole.contains(text), "\(recording.id) as \(format)")
                    }
                    #expect(calls == otherCalls, "\(recording.id) as \(format)")
                } catch {
                    // What cannot be said is named: built-in tools, sound, pictures that nobody fetches.
                    refused += 1
                    #expect(error.parameter != nil && !error.description.isEmpty, "\(recording.id) as \(format)")
                }
            }
        }
        print("Requests: \(count) recorded requests said in other formats, \(refused) of them refused")
        #expect(refused * 20 <= count)
    }

    /// All texts without white space, and the names of what was called.
    private func told(_ request: ChatRequest) -> (texts: [String], calls: [String]) {
        var texts: [String] = []
        var calls: [String] = []
        func take(_ parts: [ChatPart]) {
            for part in parts {
                switch part {
                case .text(let text), .refusal(let text): texts.append(text.text.filter { !$0.isWhitespace })
                case .toolResult(let result): take(result.parts)
                case .toolCall(let call): calls.append(call.name.text)
                default: break
                }
            }
        }
        for message in request.messages { take(message.parts) }
        return (texts, calls)
    }
}
