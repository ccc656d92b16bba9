import Bytes
import JSON

/// What a stream has said of its own end, in the words of its dialect.
package enum StreamEnd: UInt8 {
    /// Nothing yet.
    case open
    /// Why it ends; its last event is still missing (Anthropic's `message_delta` that has a `stop_reason`).
    case reason
    /// Its last event: nothing that belongs to the answer follows.
    case ended

    /// What is said of it in lines that are all there.
    ///
    /// OpenAI's `[DONE]` is no JSON and known to who looks for events; Gemini has no event that ends a stream.
    static func said(in lines: Span<UInt8>, _ format: ChatFormat?) -> StreamEnd {
        let word: StaticString
        switch format {
        case .messages: word = "\"message_"
        case .responses: word = "\"response."
        case .ollama, .generate: word = "\"done\""
        case .chat, .completions, .gemini, nil: return .open
        }
        var (said, start) = (StreamEnd.open, 0)
        while said != .ended, let hit = Scan.find(word, in: lines, from: start) {
            start = hit + word.utf8CodeUnitCount
            guard mayEnd(lines, after: start, format) else { continue }
            var first = hit
            while first > 0, lines[first - 1] != 0x0a { first -= 1 }
            start = Scan.find(0x0a, in: lines, from: hit) ?? lines.count
            let found = read(lines.extracting(first..<start), format)
            if found.isWhole, found.said != .open { said = found.said }
        }
        return said
    }

    /// Whether a line, of which only the beginning is there, is the one that ends the stream.
    static func begins(_ line: Span<UInt8>, _ format: ChatFormat?) -> Bool { read(line, format).said == .ended }

    /// Whether the word that was found may be one of an end, so that the line's structure has to be read.
    private static func mayEnd(_ lines: Span<UInt8>, after start: Int, _ format: ChatFormat?) -> Bool {
        let rest = lines.extracting(start...)
        switch format {
        case .messages: return ASCII.starts(rest, with: "stop\"") || ASCII.starts(rest, with: "delta\"")
        case .responses:
            return ASCII.starts(rest, with: "completed\"") || ASCII.starts(rest, with: "incomplete\"")
                || ASCII.starts(rest, with: "failed\"") || ASCII.starts(rest, with: "cancelled\"")
        default: return JSONMembers.valueStart(lines, after: start).map { lines[$0] == 0x74 } ?? false
        }
    }

    /// Reads one event by its structure: what stands deeper in it is somebody else's.
    private static func read(_ line: Span<UInt8>, _ format: ChatFormat?) -> (said: StreamEnd, isWhole: Bool) {
        guard let start = Scan.find(0x7b, in: line) else { return (.open, false) }
        var (hasEnded, isDelta, hasReason) = (false, false, false)
        let end = JSONMembers.each(of: line, from: start) { key, value in
            let (name, content) = (line.extracting(key), line.extracting(value))
            switch format {
            case .messages where ASCII.equals(name, "type"):
                hasEnded = ASCII.equals(content, "\"message_stop\"")
                isDelta = ASCII.equals(content, "\"message_delta\"")
            case .messages where ASCII.equals(name, "delta"): hasReason = givesReason(content)
            case .responses where ASCII.equals(name, "type"):
                let word: StaticString = "\"response."
                hasEnded = ASCII.starts(content, with: word) && mayEnd(content, after: word.utf8CodeUnitCount, format)
            case .ollama where ASCII.equals(name, "done"), .generate where ASCII.equals(name, "done"):
                hasEnded = content[0] == 0x74
            default: break
            }
        }
        return (hasEnded ? .ended : isDelta && hasReason ? .reason : .open, end != nil)
    }

    /// Anthropic allows several `message_delta`; only one that has a reason is the last.
    private static func givesReason(_ delta: Span<UInt8>) -> Bool {
        guard delta[0] == 0x7b else { return false }
        var gives = false
        _ = JSONMembers.each(of: delta, from: 0) { key, value in
            if ASCII.equals(delta.extracting(key), "stop_reason") { gives = delta[value.lowerBound] == 0x22 }
        }
        return gives
    }
}
