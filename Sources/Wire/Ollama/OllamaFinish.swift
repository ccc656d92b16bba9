import Bytes
import Conversation

/// Why an answer ended: `done_reason`.
enum OllamaFinish {
    /// What the word stands for; a turn that stops with calls asks for them.
    static func read(_ word: ArraySlice<UInt8>, hasCall: Bool) -> FinishReason { read(word.span, hasCall: hasCall) }

    /// What the word stands for; none at all is a stop, which is what old servers meant.
    static func read(_ word: Span<UInt8>, hasCall: Bool) -> FinishReason {
        if ASCII.equals(word, "length") { return .length }
        if word.isEmpty || ASCII.equals(word, "stop") { return hasCall ? .toolCalls : .stop }
        return .other
    }

    /// Ollama's word: it knows no other reasons.
    static func word(_ reason: FinishReason) -> StaticString {
        switch reason {
        case .length, .contextLength: "length"
        default: "stop"
        }
    }
}

/// Times as Ollama writes them (RFC 3339).
enum OllamaTime {
    /// The second as text, in UTC.
    static func text(_ seconds: Int) -> String {
        let seconds = min(max(seconds, 0), 253_402_300_799)
        let (days, rest) = seconds.quotientAndRemainder(dividingBy: 86_400)
        let (year, month, day) = date(days)
        let clock = [rest / 3_600, rest / 60 % 60, rest % 60].map(twoDigits).joined(separator: ":")
        let padded = String(repeating: "0", count: max(0, 4 - String(year).count)) + String(year)
        return "\(padded)-\(twoDigits(month))-\(twoDigits(day))T\(clock)Z"
    }

    private static func twoDigits(_ value: Int) -> String { value < 10 ? "0\(value)" : String(value) }

    /// The date that is so many days after 1970-01-01 (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
    private static func date(_ days: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let month = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * month + 2) / 5 + 1
        let isEarly = month >= 10
        return (yearOfEra + era * 400 + (isEarly ? 1 : 0), isEarly ? month - 9 : month + 3, day)
    }

    /// The second a time is in; nil when it is no time.
    ///
    /// Fractions are cut off, offsets taken into account.
    static func seconds(_ text: Span<UInt8>) -> Int? {
        guard text.count >= 20, let year = number(text, 0, 4), let month = number(text, 5, 2),
            let day = number(text, 8, 2), let hour = number(text, 11, 2), let minute = number(text, 14, 2),
            let second = number(text, 17, 2), (1...12).contains(month)
        else { return nil }
        let days = days(year, month, day)
        var place = 19
        if text[place] == 0x2e {
            place += 1
            while place < text.count, ASCII.isDigit(text[place]) { place += 1 }
        }
        guard let offset = offset(text, place) else { return nil }
        return days * 86_400 + hour * 3_600 + minute * 60 + second - offset
    }

    private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let year = month <= 2 ? year - 1 : year
        let era = year / 400
        let yearOfEra = year % 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func offset(_ text: Span<UInt8>, _ place: Int) -> Int? {
        guard place < text.count else { return nil }
        switch text[place] {
        case 0x5a, 0x7a: return 0
        case 0x2b, 0x2d:
            guard let hours = number(text, place + 1, 2), let minutes = number(text, place + 4, 2) else { return nil }
            return (text[place] == 0x2d ? -1 : 1) * (hours * 3_600 + minutes * 60)
        default: return nil
        }
    }

    private static func number(_ text: Span<UInt8>, _ start: Int, _ count: Int) -> Int? {
        guard start + count <= text.count else { return nil }
        var value = 0
        for index in start..<(start + count) {
            guard ASCII.isDigit(text[index]) else { return nil }
            value = value * 10 + Int(text[index] - 0x30)
        }
        return value
    }
}
