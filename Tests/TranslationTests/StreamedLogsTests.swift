import Conversation
import Dialect
import Foundation
import Testing
import Translation

/// Probabilities of tokens in streams, from each format that has them to each that has a place for them.
@Suite struct `Streamed probabilities` {
    private static func stream(_ format: ChatFormat) -> String {
        switch format {
        case .gemini:
            return """
                data: {"candidates":[{"content":{"parts":[{"text":"b"}],"role":"model"},"index":0,"logprobsResult":{"chosenCandidates":[{"token":"b","tokenId":5,"logProbability":-0.25}]}}]}

                data: {"candidates":[{"content":{"parts":[{"text":"c"}],"role":"model"},"finishReason":"STOP","index":0,"logprobsResult":{"chosenCandidates":[{"token":"c","tokenId":6,"logProbability":-0.5}]}}]}


                """
        case .ollama:
            return """
                {"model":"m","message":{"role":"assistant","content":"b"},"logprobs":[{"token":"b","logprob":-0.25,"bytes":[98]}],"done":false}
                {"model":"m","message":{"role":"assistant","content":"c"},"logprobs":[{"token":"c","logprob":-0.5,"bytes":[99]}],"done":false}
                {"model":"m","message":{"role":"assistant","content":""},"done":true,"done_reason":"stop"}

                """
        default:
            return """
                data: {"id":"c","choices":[{"index":0,"delta":{"content":"b"},"logprobs":{"content":[{"token":"b","logprob":-0.25,"bytes":[98],"top_logprobs":[]}]}}]}

                data: {"id":"c","choices":[{"index":0,"delta":{"content":"c"},"logprobs":{"content":[{"token":"c","logprob":-0.5,"bytes":[99],"top_logprobs":[]}]},"finish_reason":"stop"}]}

                data: [DONE]


                """
        }
    }

    /// What a client is told, event by event.
    private func events(_ upstream: ChatFormat, _ client: ChatFormat) throws -> [[String: Any]] {
        let stream = StreamTranslation(from: upstream, to: client, `Translated streams`.terms)
        let bytes = Array(Self.stream(upstream).utf8)
        try stream.take(bytes.span)
        try stream.end()
        var text = ""
        stream.withOutput { output in text = String(decoding: output.indices.map { output[$0] }, as: UTF8.self) }
        return try text.split(whereSeparator: \.isNewline).compactMap { line in
            let json = line.hasPrefix("data: ") ? line.dropFirst(6) : line
            guard json.hasPrefix("{") else { return nil }
            return try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any]
        }
    }

    /// The numbers of the tokens, in their order.
    private func numbers(_ events: [[String: Any]], _ client: ChatFormat) -> [Double] {
        events.flatMap { event -> [Double] in
            let choice = (event["choices"] as? [[String: Any]])?.first
            let candidate = (event["candidates"] as? [[String: Any]])?.first
            let logs: [[String: Any]]?
            switch client {
            case .chat: logs = (choice?["logprobs"] as? [String: Any])?["content"] as? [[String: Any]]
            case .completions:
                return (choice?["logprobs"] as? [String: Any])?["token_logprobs"] as? [Double] ?? []
            case .gemini:
                logs = (candidate?["logprobsResult"] as? [String: Any])?["chosenCandidates"] as? [[String: Any]]
            case .responses:
                logs =
                    event["type"] as? String == "response.output_text.delta"
                    ? event["logprobs"] as? [[String: Any]] : []
            default: logs = event["logprobs"] as? [[String: Any]]
            }
            return (logs ?? []).compactMap { ($0["logprob"] ?? $0["logProbability"]) as? Double }
        }
    }

    @Test(arguments: [ChatFormat.chat, .gemini, .ollama])
    func `probabilities of a stream come in every format that has a place for them`(upstream: ChatFormat) throws {
        for client in [ChatFormat.chat, .completions, .responses, .gemini, .ollama, .generate] {
            #expect(try numbers(events(upstream, client), client) == [-0.25, -0.5], "\(upstream) to \(client)")
        }
        let done = try events(upstream, .responses).last?["response"] as? [String: Any]
        let item = (done?["output"] as? [[String: Any]])?.first
        let part = (item?["content"] as? [[String: Any]])?.first
        #expect((part?["logprobs"] as? [Any])?.count == 2)
        #expect(part?["text"] as? String == "bc")
    }

    @Test func `a client without a place for them gets the text`() throws {
        let said = try events(.ollama, .messages).compactMap { ($0["delta"] as? [String: Any])?["text"] as? String }
        #expect(said.joined() == "bc")
    }
}
