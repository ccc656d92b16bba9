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

    /// True for a name of the limit that some provider reads: each of them counts, and each is held below the limit.
    ///
    /// llama.cpp takes `n_predict` before OpenAI's names (`tools/server`), with -1 and -2 for no limit; Ollama has
    /// `num_predict`, Hugging Face's servers `max_new_tokens`, Gemini `maxOutputTokens`, Responses `max_output_tokens`.
    package static func isName(_ key: Span<UInt8>) -> Bool {
        switch key.count {
        case 9: ASCII.equals(key, "n_predict")
        case 10: ASCII.equals(key, "max_tokens")
        case 11: ASCII.equals(key, "num_predict")
        case 14: ASCII.equals(key, "max_new_tokens")
        case 15: ASCII.equals(key, "maxOutputTokens")
        case 17: ASCII.equals(key, "max_output_tokens")
        case 21: ASCII.equals(key, "max_completion_tokens")
        default: false
        }
    }

    /// True for the name of an object that such names stand in.
    package static func isObjectName(_ key: Span<UInt8>) -> Bool {
        ASCII.equals(key, "options") || ASCII.equals(key, "generationConfig")
            || ASCII.equals(key, "generation_config")
    }

    /// How a format says it.
    private struct Words {
        /// The first is what is added where none stands.
        var names: [String]
        /// The names stand in one of these; in the body itself when there are none.
        var objects: [String] = []

        init(_ format: ChatFormat, newestWord: Bool) {
            switch format {
            case .chat:
                names = ["max_tokens", "max_completion_tokens"]
                if newestWord { names.reverse() }
            case .completions, .messages: names = ["max_tokens"]
            case .responses: names = ["max_output_tokens"]
            case .gemini:
                names = ["maxOutputTokens", "max_output_tokens"]
                objects = ["generationConfig", "generation_config"]
            case .ollama, .generate:
                names = ["num_predict"]
                objects = ["options"]
            }
        }
    }

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
        let words = Words(format, newestWord: newestWord)
        guard let top = members(body, 0, most, limit) else { return [] }
        var edits = words.objects.isEmpty ? top.saying(words.names, limit) : top.edits
        var hasObject = words.objects.isEmpty
        let member = Array("\"\(words.names[0])\":".utf8) + limit
        for object in top.objects {
            let isOwn = words.objects.contains(object.name)
            hasObject = hasObject || isOwn
            let value = body.extracting(object.place)
            if value[0] == 0x6e {
                if isOwn { edits.append(Edit(place: object.place, bytes: [0x7b] + member + [0x7d])) }
            } else if let within = members(value, object.place.lowerBound, most, limit) {
                edits += isOwn ? within.saying(words.names, limit) : within.edits
            }
        }
        if !hasObject { edits.append(top.insertion(Array("\"\(words.objects[0])\":{".utf8) + member + [0x7d])) }
        return edits.sorted { $0.place.lowerBound < $1.place.lowerBound }
    }

    private struct Place {
        let name: String
        let place: Range<Int>
    }

    /// What an object says of it.
    private struct Found {
        /// Holds what asks for more.
        var edits: [Edit] = []
        /// The names by which it says something.
        var named: [String] = []
        /// Those by which it says `null`: what no name was said for.
        var nulls: [Place] = []
        var objects: [Place] = []
        var isEmpty = true
        /// The place of the brace that ends the object.
        var end = 0

        /// The changes after which one of these names says the limit, or less.
        func saying(_ names: [String], _ limit: [UInt8]) -> [Edit] {
            if named.contains(where: names.contains) { return edits }
            let silent = nulls.filter { names.contains($0.name) }
            if !silent.isEmpty { return edits + silent.map { Edit(place: $0.place, bytes: limit) } }
            return edits + [insertion(Array("\"\(names[0])\":".utf8) + limit)]
        }

        func insertion(_ member: [UInt8]) -> Edit {
            Edit(place: end..<end, bytes: isEmpty ? member : [0x2c] + member)
        }
    }

    /// Looks at the members of the object that is the whole text; nil when it is none.
    ///
    /// Places count from `start`.
    private static func members(_ text: Span<UInt8>, _ start: Int, _ most: Int, _ limit: [UInt8]) -> Found? {
        var found = Found()
        do throws(Broken) {
            try ObjectFields.forEach(in: text, orElse: { _ in Broken() }) { member throws(Broken) in
                found.isEmpty = false
                let raw = text.extracting(member.key.range)
                let key = member.keyIsEscaped ? JSONText.unescape(raw) : raw.indices.map { raw[$0] }
                let isName = isName(key.span)
                guard isName || isObjectName(key.span) else { return }
                let value = member.value.range
                let place = Place(
                    name: String(decoding: key, as: UTF8.self),
                    place: start + value.lowerBound..<start + value.upperBound
                )
                guard isName else { return found.objects.append(place) }
                if member.kind == .null { return found.nulls.append(place) }
                found.named.append(place.name)
                let said = member.kind == .number ? ObjectFields.integer(text.extracting(value)) : nil
                // Ollama and llama.cpp take what is below zero for no limit, or for the whole context; Ollama 0 too.
                if let said, said <= most, said > 0 { return }
                found.edits.append(Edit(place: place.place, bytes: limit))
            }
        } catch { return nil }
        var end = text.count - 1
        while end > 0, text[end] != 0x7d { end -= 1 }
        found.end = start + end
        return found
    }
}
