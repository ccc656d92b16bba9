import Conversation
import JSON

/// Gemini's names: camelCase, and the snake_case of the protocol's own definition, which its JSON reader takes too.
enum GeminiName {
    /// `max_output_tokens` as `maxOutputTokens`; other names stay.
    static func camel(_ name: String) -> String {
        guard name.utf8.contains(0x5f), name.utf8.first != 0x5f else { return name }
        var result = ""
        var raises = false
        for character in name {
            if character == "_" {
                raises = true
            } else {
                result += raises ? character.uppercased() : String(character)
                raises = false
            }
        }
        return result
    }

    /// `maxOutputTokens` as `max_output_tokens`.
    static func snake(_ name: String) -> String {
        var result = ""
        for character in name {
            if character.isUppercase { result += "_" + character.lowercased() } else { result.append(character) }
        }
        return result
    }
}

extension JSONNode {
    /// The member of this name in either spelling; nil when it is null or there is none.
    func field(_ name: String) -> JSONNode? {
        guard case .object = value else { return nil }
        let found = self[name] ?? self[GeminiName.snake(name)]
        return found.flatMap { $0.isNull ? nil : $0 }
    }

    /// A whole number, which may be negative, or stand in a string as the protocol spells 64 bits.
    var whole: Int? {
        if let text = string { return Int(text.text) }
        guard let number else { return nil }
        return Int(String(decoding: number, as: UTF8.self))
    }

    /// A whole number from 0 to 10^17, in quotes or not: such can be added up without overflow.
    var count: Int? { whole.flatMap { (0...100_000_000_000_000_000).contains($0) ? $0 : nil } }
}
