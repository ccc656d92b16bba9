import Conversation
import JSON

/// Puts the seals of an earlier answer back to where Gemini had them: on the call, or on the text
/// (https://ai.google.dev/gemini-api/docs/thought-signatures).
///
/// Other dialects have room for a seal beside thinking only, so a call's seal stands before the call as a thought
/// without text, too (see `GeminiParts`), and a text's behind it; their clients may have moved or lost either.
enum GeminiSeals {
    /// A part, its place in the message, and its seal.
    struct Settled {
        let place: Int
        let part: ChatPart
        var seal: JSONString?
    }

    /// The parts of an earlier answer for Gemini itself: seals of others are left out, and `hasForeign` set.
    ///
    /// Beside thinking, only what is known as Google's is; a call's place for a seal is Gemini's alone, in every dialect.
    static func settle(_ parts: [ChatPart], hasForeign: inout Bool) -> [Settled] {
        var seals = parts.map(seal)
        for (place, seal) in seals.enumerated() {
            guard let seal, !isOwn(seal, of: parts[place]) else { continue }
            seals[place] = nil
            hasForeign = true
        }
        giveToCalls(parts, &seals)
        return placed(parts, seals)
    }

    private static func isOwn(_ seal: JSONString, of part: ChatPart) -> Bool {
        isCall(part) ? !Seal.isAnthropics(seal) : Seal.isGoogles(seal)
    }

    /// The parts of an answer for a client of Gemini's: seals of others stay where they are.
    static func settle(_ parts: [ChatPart]) -> [Settled] {
        var seals = parts.map(seal)
        giveToCalls(parts, &seals)
        return placed(parts, seals)
    }

    private static func seal(_ part: ChatPart) -> JSONString? {
        switch part {
        case .toolCall(let call): call.signature
        case .reasoning(let thought): thought.signature
        default: nil
        }
    }

    /// The first call gets the last seal before it, unless it has one; seals that stand on a call stand nowhere else.
    private static func giveToCalls(_ parts: [ChatPart], _ seals: inout [JSONString?]) {
        guard let first = parts.firstIndex(where: isCall) else { return }
        if seals[first] == nil, let donor = seals[..<first].lastIndex(where: { $0.map(Seal.isAnthropics) == false }) {
            seals[first] = seals[donor]
        }
        let taken = Set(parts.indices.filter { isCall(parts[$0]) }.compactMap { seals[$0] })
        for place in parts.indices where !isCall(parts[place]) {
            if let seal = seals[place], taken.contains(seal) { seals[place] = nil }
        }
    }

    private static func isCall(_ part: ChatPart) -> Bool { if case .toolCall = part { true } else { false } }

    /// A thought without text is a seal alone: it goes to the text before it, or behind it, or stands with no text.
    private static func placed(_ parts: [ChatPart], _ seals: [JSONString?]) -> [Settled] {
        var result: [Settled] = []
        var loose: JSONString?
        for (place, part) in parts.enumerated() {
            if case .reasoning(let thought) = part, thought.text.isEmpty, thought.redacted == nil {
                guard let seal = seals[place] else { continue }
                if Seal.isAnthropics(seal) {
                    result.append(Settled(place: place, part: .text(""), seal: seal))
                } else if let last = result.indices.last, result[last].seal == nil, case .text = result[last].part {
                    result[last].seal = seal
                } else if place + 1 < parts.count, case .text = parts[place + 1] {
                    loose = seal
                } else {
                    result.append(Settled(place: place, part: .text(""), seal: seal))
                }
                continue
            }
            result.append(Settled(place: place, part: part, seal: seals[place] ?? loose))
            loose = nil
        }
        return result
    }
}
