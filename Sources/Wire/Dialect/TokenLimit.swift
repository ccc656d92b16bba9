import Bytes
import JSON

/// The members by which a request says how many tokens its answer may have, held below a limit.
package enum TokenLimit {
    /// A place in the body and what is to stand there.
    package struct Edit: Equatable, Sendable {
        package let place: Range<Int>
        package let bytes: [UInt8]
    }

    private struct Broken: Error {}

    /// The changes after which the body asks for `most` tokens at most; none when it does already, or is no JSON object.
    ///
    /// What says no number is replaced too, and what says nothing gets the limit: else a provider would go by its own. No
    /// other byte changes. `newestWord` is for providers that know OpenAI's `max_completion_tokens`.
    package static func edits(
        _ body: Span<UInt8>,
        as format: ChatFormat,
        most: Int,
        newestWord: Bool
    ) -> [Edit] {
        let limit = Array(String(most).utf8)
        switch format {
        case .chat:
            return flat(body, ["max_tokens", "max_completion_tokens"], newestWord ? 1 : 0, most, limit)
        case .completions, .messages: return flat(body, ["max_tokens"], 0, most, limit)
        case .responses: return flat(body, ["max_output_tokens"], 0, most, limit)
        case .gemini:
            return nested(
                body,
                ["generationConfig", "generation_config"],
                ["maxOutputTokens", "max_output_tokens"],
                most,
                limit
            )
        case .ollama, .generate: return nested(body, ["options"], ["num_predict"], most, limit)
        }
    }

    private static func flat(
        _ body: Span<UInt8>,
        _ names: [String],
        _ added: Int,
        _ most: Int,
        _ limit: [UInt8]
    ) -> [Edit] {
        guard let found = members(body, 0, names, most, limit) else { return [] }
        if found.isNamed { return found.edits }
        return [insertion(found.end, isEmpty: found.isEmpty, Array("\"\(names[added])\":".utf8) + limit)]
    }

    /// The member stands within another.
    private static func nested(
        _ body: Span<UInt8>,
        _ outer: [String],
        _ names: [String],
        _ most: Int,
        _ limit: [UInt8]
    ) -> [Edit] {
        guard let found = members(body, 0, outer, nil, limit) else { return [] }
        let inner = Array("\"\(names[0])\":".utf8) + limit
        guard let last = found.places.last else {
            let member = Array("\"\(outer[0])\":{".utf8) + inner + [0x7d]
            return [insertion(found.end, isEmpty: found.isEmpty, member)]
        }
        var edits: [Edit] = []
        var isNamed = false
        for place in found.places {
            let value = body.extracting(place)
            if value[0] == 0x6e {
                edits.append(Edit(place: place, bytes: [0x7b] + inner + [0x7d]))
                isNamed = true
            } else if let within = members(value, place.lowerBound, names, most, limit) {
                edits += within.edits
                isNamed = isNamed || within.isNamed
                if place == last, !isNamed { edits.append(insertion(within.end, isEmpty: within.isEmpty, inner)) }
            }
        }
        return edits
    }

    private struct Found {
        var edits: [Edit] = []
        /// The values of what was looked for.
        var places: [Range<Int>] = []
        var isNamed: Bool { !places.isEmpty }
        var isEmpty = true
        /// The place of the brace that ends the object.
        var end = 0
    }

    /// Looks for members of the object that is the whole text; nil when it is none.
    ///
    /// Places count from `start`.
    private static func members(
        _ text: Span<UInt8>,
        _ start: Int,
        _ names: [String],
        _ most: Int?,
        _ limit: [UInt8]
    ) -> Found? {
        var found = Found()
        do throws(Broken) {
            try ObjectFields.forEach(in: text, orElse: { _ in Broken() }) { member throws(Broken) in
                found.isEmpty = false
                let key = text.extracting(member.key.range)
                let name = member.keyIsEscaped ? JSONText.unescape(key) : key.indices.map { key[$0] }
                guard names.contains(where: { $0.utf8.elementsEqual(name) }) else { return }
                let place = member.value.range
                found.places.append(start + place.lowerBound..<start + place.upperBound)
                guard let most else { return }
                let said = member.kind == .number ? ObjectFields.integer(text.extracting(place)) : nil
                // Ollama takes what is below zero for no limit, or for the whole context.
                if let said, said <= most, said >= 0 { return }
                found.edits.append(Edit(place: start + place.lowerBound..<start + place.upperBound, bytes: limit))
            }
        } catch { return nil }
        var end = text.count - 1
        while end > 0, text[end] != 0x7d { end -= 1 }
        found.end = start + end
        return found
    }

    private static func insertion(_ place: Int, isEmpty: Bool, _ member: [UInt8]) -> Edit {
        Edit(place: place..<place, bytes: isEmpty ? member : [0x2c] + member)
    }
}
