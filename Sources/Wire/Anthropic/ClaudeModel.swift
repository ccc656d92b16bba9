import Bytes

/// What a model of Anthropic's takes, told by its name.
///
/// The API refuses with 400 what a generation has no word for (about-claude/models/migration-guide,
/// build-with-claude/adaptive-thinking, build-with-claude/structured-outputs). A name that is not Claude's is another
/// server that speaks the dialect: it is given all that was asked for, in its oldest form.
struct ClaudeModel: Equatable {
    /// Hundred times the number, and the one behind the point: 405 is 4.5; nil when the name tells none.
    let version: Int?
    /// A model of Anthropic's, which checks what it is given.
    let isClaude: Bool
    /// It thinks always: "disabled" is refused.
    let thinksAlways: Bool

    /// Opus, the largest.
    private let isOpus: Bool

    enum Thinking { case absent, budget, adaptive }

    init(_ name: String) {
        let name = name.lowercased()
        isClaude = name.contains("claude")
        isOpus = name.contains("opus")
        thinksAlways = isClaude && (name.contains("mythos") || name.contains("fable"))
        let words = name.utf8.split { $0 != 0x20 && !ASCII.isLetter($0) && !ASCII.isDigit($0) }
        let start = words.firstIndex { String(decoding: $0, as: UTF8.self) == "claude" }
        let numbers = start.map { words[$0...] } ?? []
        guard let major = numbers.firstIndex(where: { ClaudeModel.number($0) != nil }) else {
            version = thinksAlways ? 500 : nil
            return
        }
        let minor = major + 1 < numbers.endIndex ? ClaudeModel.number(numbers[major + 1]) : nil
        version = (ClaudeModel.number(numbers[major]) ?? 0) * 100 + (minor ?? 0)
    }

    /// A number of one or two digits; dates are longer.
    private static func number(_ word: Substring.UTF8View) -> Int? {
        guard (1...2).contains(word.count), word.allSatisfy(ASCII.isDigit) else { return nil }
        return Int(String(decoding: word, as: UTF8.self))
    }

    /// The most tokens it writes (about-claude/models/overview); nil for names that are not Claude's.
    ///
    /// Of the models of 4.6 and later some write more; all write these.
    var longestAnswer: Int? {
        guard isClaude else { return nil }
        switch version ?? 0 {
        case 0..<305: return 4_096
        case 305..<307: return 8_192
        case 400..<405: return isOpus ? 32_000 : 64_000
        default: return 64_000
        }
    }

    /// How thinking is asked for: from 4.6 on the model decides how much, from 3.7 to 4.5 a budget is set.
    var thinking: Thinking {
        guard let version else { return .budget }
        return version >= 406 ? .adaptive : version >= 307 ? .budget : .absent
    }

    /// `output_config.effort` (build-with-claude/effort): 4.5 has it for one model only.
    var knowsEffort: Bool { version.map { $0 >= 406 } ?? false }
    /// The level between `high` and `max` came with 4.7.
    var knowsExtraHigh: Bool { version.map { $0 >= 407 } ?? true }
    /// From 4.7 on any sampling parameter is refused.
    var takesSampling: Bool { version.map { $0 < 407 } ?? true }
    /// From 4.1 on only one of `temperature` and `top_p` is taken.
    var takesTemperatureWithTopP: Bool { version.map { $0 < 401 } ?? true }
    /// `output_config.format` and strict tools.
    var knowsSchemas: Bool { version.map { $0 >= 405 } ?? true }
}
