import CodecKit
import Conversation
import Dialect
import Foundation
import Testing
import Translation

/// What passes unchanged is counted like what is translated.
@Suite struct `Usage of recorded answers` {
    private let corpus = Corpus.load(apis: [
        "openai.chat", "openai.completions", "openai.responses", "anthropic.messages", "gemini.streamGenerateContent",
        "gemini.generateContent", "ollama.chat", "ollama.generate",
    ])

    private func format(_ api: String) -> ChatFormat {
        switch api {
        case "openai.completions": .completions
        case "openai.responses": .responses
        case "anthropic.messages": .messages
        case "gemini.streamGenerateContent", "gemini.generateContent": .gemini
        case "ollama.chat": .ollama
        case "ollama.generate": .generate
        default: .chat
        }
    }

    /// The recordings with this framing and a good answer; what lost its framing gets one.
    private func recordings(_ framings: [String]) -> [(id: String, format: ChatFormat, bytes: [UInt8])] {
        #expect(corpus != nil || !Corpus.isRequired, "HOOSH_REAL=1 wants the corpus")
        return (corpus?.recordings ?? []).filter { framings.contains($0.framing) && $0.status == 200 }.map {
            recording in
            var bytes = recording.response
            let format = format(recording.api)
            if recording.framing == "chunks", !format.streamsLines {
                bytes = bytes.split(separator: 0x0a).flatMap { Array("data: ".utf8) + $0 + [0x0a, 0x0a] }
            }
            // Two of the recordings are of two answers each.
            let text = String(decoding: bytes, as: UTF8.self)
            if recording.framing == "chunks", format == .messages,
                let end = text.range(of: "{\"type\":\"message_stop\"}")
            {
                bytes = Array((text[..<end.upperBound] + "\n\n").utf8)
            }
            return (recording.id, format, bytes)
        }
    }

    static func meter(_ format: ChatFormat, _ bytes: [UInt8], pieces size: Int) -> UsageMeter {
        var meter = UsageMeter(format, isStream: true)
        var start = 0
        while start < bytes.count {
            let piece = Array(bytes[start..<min(bytes.count, start + size)])
            meter.take(piece.span)
            start += size
        }
        meter.finish()
        return meter
    }

    @Test func `every recorded stream is counted as its translation counts it, in any pieces`() {
        var count = 0
        var counted = 0
        for (id, format, bytes) in recordings(["sse", "chunks", "ndjson"]) {
            count += 1
            let whole = Self.meter(format, bytes, pieces: bytes.count)
            if whole.usage != nil { counted += 1 }
            for size in [1, 7, 61, 1_000, 4_096] {
                let pieces = Self.meter(format, bytes, pieces: size)
                #expect(pieces.usage == whole.usage && pieces.countsOutput == whole.countsOutput, "\(id) by \(size)")
                // Once the provider has counted, nothing is measured any more.
                if !whole.countsOutput { #expect(pieces.tally.textBytes == whole.tally.textBytes, "\(id) by \(size)") }
            }
            if format == .responses {
                #expect(whole.usage == responsesUsage(bytes), "\(id)")
                continue
            }
            let terms = AnswerTerms(requestID: "r", model: "m", created: 0, wantsStreamUsage: true)
            let translation = StreamTranslation(from: format == .completions ? .chat : format, to: .chat, terms)
            do {
                try translation.take(bytes.span)
                try translation.end()
            } catch {}
            #expect(whole.usage == translation.usage, "\(id)")
            if translation.usage != nil { #expect(whole.countsOutput == translation.tally.countsOutput, "\(id)") }
        }
        print("Usage: read \(count) recorded streams, \(counted) of them counted")
        #expect(corpus == nil || counted > 200)
    }

    /// The usage of the event that ends a stream of responses, as Foundation reads it.
    private func responsesUsage(_ bytes: [UInt8]) -> TokenUsage? {
        for line in String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline) {
            guard line.hasPrefix("data: "), let event = try? object(String(line.dropFirst(6))),
                let response = event["response"] as? [String: Any], let said = response["usage"] as? [String: Any]
            else { continue }
            var usage = TokenUsage()
            usage.input = said["input_tokens"] as? Int
            usage.output = said["output_tokens"] as? Int
            usage.total = said["total_tokens"] as? Int
            let input = said["input_tokens_details"] as? [String: Any]
            usage.cachedInput = input?["cached_tokens"] as? Int
            usage.cacheWrite = input?["cache_write_tokens"] as? Int
            usage.reasoning = (said["output_tokens_details"] as? [String: Any])?["reasoning_tokens"] as? Int
            return usage
        }
        return nil
    }

    @Test func `every recorded whole answer is counted as its translation counts it`() throws {
        var count = 0
        for (id, format, bytes) in recordings(["json"]) where format != .responses && format != .completions {
            let terms = AnswerTerms(requestID: "r", model: "m", created: 0, wantsStreamUsage: true)
            guard bytes.first == 0x7b, let answer = try? AnswerTranslation(from: format, to: .chat, terms).read(bytes)
            else { continue }
            count += 1
            for size in [bytes.count, 5_000, 16_384] {
                var meter = UsageMeter(format, isStream: false)
                var start = 0
                while start < bytes.count {
                    let end = min(bytes.count, start + size)
                    let piece = Array(bytes[start..<end])
                    meter.take(piece.span, isLast: end == bytes.count)
                    start = end
                }
                #expect(meter.usage == answer.usage, "\(id) by \(size)")
            }
        }
        print("Usage: read \(count) recorded whole answers")
        #expect(corpus == nil || count > 100)
    }
}
