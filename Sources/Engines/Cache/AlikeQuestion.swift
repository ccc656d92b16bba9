import Bytes
import JSON

/// A request taken apart for comparing: the text that may be said in other words, and the rest, which may not.
///
/// Compared is the text of the last message alone, where that is the user's and one text. What else makes the answer
/// (instructions, earlier turns, every parameter) has to be equal. So do the numbers within the text, in their order:
/// models of meaning see little difference between 17 and 18.
package struct AlikeQuestion: Equatable, Sendable {
    /// How a request carries its messages.
    package enum Shape: Sendable {
        /// `messages`: OpenAI's chats, Anthropic, Ollama.
        case messages
        /// `input`: OpenAI's responses.
        case input
        /// `contents`: Gemini.
        case contents
    }

    /// What is compared, as UTF-8.
    package let text: [UInt8]
    /// The body without it.
    package let rest: [UInt8]
    /// The numbers of the text, with what they are reckoned with.
    package let numbers: [UInt8]

    /// Nil for a request that is answered for itself alone.
    ///
    /// * `limit`: bytes of a text that is compared; models of meaning read the beginning only of a longer one.
    package init?(_ body: [UInt8], _ shape: Shape, limitBytes limit: Int) {
        guard let node = try? JSONNode.parse(body), node.isObject, AlikeRules.allow(node) else { return nil }
        guard let last = AlikeQuestion.lastText(node, shape), case .string(let spelled) = last.value else { return nil }
        let text = spelled.plain
        guard text.count <= limit, AlikeRules.isComparable(text) else { return nil }
        self.text = text
        rest = body[..<last.source.startIndex] + [0x22, 0x22] + body[last.source.endIndex...]
        numbers = AlikeQuestion.numbers(of: text)
    }

    private static func lastText(_ node: JSONNode, _ shape: Shape) -> JSONNode? {
        let turns: JSONNode?
        switch shape {
        case .messages: turns = node["messages"]
        case .input: turns = node["input"]
        case .contents: turns = node["contents"]
        }
        guard let turns else { return nil }
        if shape == .input, turns.string != nil { return turns }
        guard let elements = turns.elements, let last = elements.last else { return nil }
        let name = shape == .contents ? "parts" : "content"
        guard elements.allSatisfy({ isPlain($0, name) }) else { return nil }
        let role = last["role"]?.string?.text ?? (shape == .contents ? "user" : "")
        guard role == "user", let content = last[name] else { return nil }
        if content.string != nil { return shape == .contents ? nil : content }
        guard let parts = content.elements, parts.count == 1 else { return nil }
        return parts[0]["text"]
    }

    private static let turnMembers: Set<String> = ["role", "content", "parts", "name", "type", "id", "status"]
    private static let partMembers: Set<String> = ["type", "text", "cache_control", "annotations"]
    private static let partTypes: Set<String> = ["text", "input_text", "output_text"]

    /// True for a turn of nothing but text.
    private static func isPlain(_ turn: JSONNode, _ name: String) -> Bool {
        let keys = turn.members.map(\.key)
        guard turn.isObject, Set(keys).count == keys.count, turnMembers.isSuperset(of: keys) else { return false }
        guard turn["type"].map({ $0.string?.text == "message" }) ?? true, let content = turn[name] else { return false }
        if content.string != nil { return true }
        guard let parts = content.elements else { return false }
        return parts.allSatisfy { part in
            let keys = part.members.map(\.key)
            guard Set(keys).count == keys.count, partMembers.isSuperset(of: keys), part["text"]?.string != nil else {
                return false
            }
            return part["type"].map { partTypes.contains($0.string?.text ?? "") } ?? true
        }
    }

    /// Digits and other signs of number, what they are reckoned with, and what joins or parts them.
    private static func numbers(of text: [UInt8]) -> [UInt8] {
        let scalars = Array(String(decoding: text, as: UTF8.self).unicodeScalars)
        func isNumber(_ index: Int) -> Bool {
            scalars.indices.contains(index) && scalars[index].properties.numericType != nil
        }
        func isLetter(_ index: Int) -> Bool {
            scalars.indices.contains(index) && scalars[index].properties.isAlphabetic
        }
        /// The nearest scalar that is no space, this way.
        func near(_ index: Int, _ step: Int) -> Int {
            var index = index + step
            while scalars.indices.contains(index), scalars[index].properties.isWhitespace { index += step }
            return index
        }
        var result: [UInt8] = []
        for (index, scalar) in scalars.enumerated() {
            switch scalar.properties.generalCategory {
            case _ where isNumber(index):
                if isLetter(index - 1) { result.append(0x61) }
                result += Array(String(scalar).utf8)
                if isLetter(index + 1) { result.append(0x61) }
                if !isNumber(index + 1) { result.append(0x20) }
            case .mathSymbol, .currencySymbol: result += Array(String(scalar).utf8)
            // A dash within a word is none of theirs.
            case .dashPunctuation where isNumber(near(index, 1)) || isNumber(near(index, -1)): result.append(0x2d)
            case .otherPunctuation where isNumber(index + 1) || "%*/\\".unicodeScalars.contains(scalar):
                result += Array(String(scalar).utf8)
            default: break
            }
        }
        return result
    }
}

/// Which requests may be given the answer to another (docs/cache.md).
enum AlikeRules {
    /// Members that leave a chat a chat, whatever they say; they have to be equal.
    private static let harmless: Set<String> = [
        "model", "messages", "input", "contents", "system", "instructions", "systemInstruction", "system_instruction",
        "stream", "stream_options", "top_p", "top_k", "min_p", "typical_p", "max_tokens", "max_completion_tokens",
        "max_output_tokens", "stop", "stop_sequences", "presence_penalty", "frequency_penalty", "repetition_penalty",
        "repeat_penalty", "logit_bias", "user", "metadata", "safety_identifier", "prompt_cache_key", "service_tier",
        "store", "reasoning", "reasoning_effort", "thinking", "think", "verbosity", "truncation", "keep_alive",
        "parallel_tool_calls", "safetySettings", "safety_settings", "pool",
    ]
    /// Members that must say the one thing that is as if they were not there, if they say anything.
    private static let named: [String: @Sendable (JSONNode) -> Bool] = [
        "tools": { $0.elements?.isEmpty == true },
        "functions": { $0.elements?.isEmpty == true },
        "tool_choice": { $0.string?.text == "none" },
        "n": { $0.integer == 1 },
        "logprobs": { $0.bool == false },
        "temperature": isCalm,
        "response_format": { isText($0) },
        "text": { text in
            text.members.allSatisfy { $0.key == "verbosity" || $0.key == "format" && isText($0.value) }
        },
        "modalities": { $0.elements?.allSatisfy { $0.string?.text == "text" } == true },
        "generationConfig": isPlainGeneration,
        "generation_config": isPlainGeneration,
        "options": isPlainOptions,
    ]
    private static let generation: Set<String> = [
        "topP", "topK", "maxOutputTokens", "stopSequences", "presencePenalty", "frequencyPenalty", "thinkingConfig",
    ]

    /// False for what uses tools, wants several answers or one in a form, carries more than text, names a seed, or has a
    /// member that is not known here.
    static func allow(_ node: JSONNode) -> Bool {
        let keys = node.members.map(\.key)
        guard Set(keys).count == keys.count else { return false }
        return node.members.allSatisfy { member in
            if member.value.isNull || harmless.contains(member.key) { return true }
            return named[member.key]?(member.value) ?? false
        }
    }

    /// A higher temperature asks for variety, which one answer for all is not.
    private static func isCalm(_ node: JSONNode) -> Bool {
        guard let number = node.number, let value = Double(String(decoding: number, as: UTF8.self)) else {
            return false
        }
        return value <= 1
    }

    private static func isText(_ node: JSONNode) -> Bool {
        node.members.count == 1 && node["type"]?.string?.text == "text"
    }

    private static func isPlainGeneration(_ node: JSONNode) -> Bool {
        node.isObject
            && node.members.allSatisfy { member in
                if member.value.isNull || generation.contains(member.key) { return true }
                switch member.key {
                case "temperature": return isCalm(member.value)
                case "candidateCount": return member.value.integer == 1
                case "responseMimeType": return member.value.string?.text == "text/plain"
                default: return false
                }
            }
    }

    private static func isPlainOptions(_ node: JSONNode) -> Bool {
        node.isObject
            && node.members.allSatisfy { member in
                member.key == "temperature" ? isCalm(member.value) : member.key != "seed"
            }
    }

    /// False for a text that names one thing by its exact spelling: an address, a place on the web, code.
    static func isComparable(_ text: [UInt8]) -> Bool {
        guard text.contains(where: { $0 > 0x20 }) else { return false }
        if text.contains(0x60) || text.contains(0x40) { return false }
        return Scan.find("://", in: text.span) == nil
    }
}
