import Report

/// Single values as JSON Schema says them: YAML hands editors numbers and booleans where the language has texts.
enum JSONScalars {
    private static let count = "[0-9]+(\\.[0-9]+)?[kMG]?"
    private static let duration = "([0-9]+(\\.[0-9]+)?(ms|s|m|h|d))+"
    private static let perUnit = "/(sec|min|hour|day|week|month)"
    private static let name = "^[a-z][a-z0-9_-]{0,62}$"
    private static let header = "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$"
    private static let secret = "env:[A-Za-z_][A-Za-z0-9_]*|file:/.*"
    private static let level = "(public|internal|confidential|restricted)"

    /// What the names of a map must look like.
    static func namePattern(_ type: KeyType) -> String? {
        switch type {
        case .name: name
        case .headerName: header
        case .code: "^HP[0-9]{1,3}$"
        case .text: "^[A-Za-z_][A-Za-z0-9_]*$"
        case .glob, .model: "^.+$"
        default: nil
        }
    }

    /// A default, where it is a value and not a description of one.
    static func standard(_ key: Key) -> JSONValue? {
        switch key.type {
        case .boolean: return .bool(key.standard == "true")
        case .fraction, .text, .amount, .model, .mapping, .map, .items, .list, .oneOrMore: return nil
        case .wordOr(let word, _) where key.standard == word: return .text(word)
        case .wordOr(_, let type): return isValue(key.standard, type, key) ? .text(key.standard) : nil
        default:
            guard isValue(key.standard, key.type, key) else { return nil }
            if case .count = key.type, let number = Int(key.standard) { return .number(number) }
            return .text(key.standard)
        }
    }

    private static func isValue(_ text: String, _ type: KeyType, _ key: Key) -> Bool {
        guard !text.isEmpty else { return false }
        return (try? ScalarCheck(findings: Findings(), key: key, name: key.name).read(text, type)) != nil
    }

    private static func string(_ pattern: String) -> [(String, JSONValue)] {
        [("type", .text("string")), ("pattern", .text("^(\(pattern))$"))]
    }

    /// A number, or a text of a shape.
    private static func number(_ kind: String, _ pattern: String, _ range: ClosedRange<Int>? = nil) -> [(
        String, JSONValue
    )] {
        var number: [(String, JSONValue)] = [("type", .text(kind))]
        if let range {
            number.append(("minimum", .number(range.lowerBound)))
            if range.upperBound < Int.max { number.append(("maximum", .number(range.upperBound))) }
        }
        return [("anyOf", .list([.object(number), .object(string(pattern))]))]
    }

    private static let anyText: [(String, JSONValue)] = [("type", .texts(["string", "number", "boolean"]))]

    static func shape(_ type: KeyType) -> [(String, JSONValue)] {
        switch type {
        case .version: [("enum", .list([.number(1), .text("1")]))]
        case .boolean: [("type", .text("boolean"))]
        case .word(let words) where words.allSatisfy({ Double($0) == nil }): [("enum", .texts(words))]
        // `1.2` without quotes is a number to other tools.
        case .word: [("type", .texts(["string", "number"]))]
        case .level: [("enum", .texts(Values.levels))]
        case .levelRange: string("\(level)|\(level)\\.\\.\(level)?|\\.\\.\(level)")
        case .duration: string(duration)
        case .durationRange: string("\(duration)\\.\\.\(duration)")
        case .size: string("[0-9]+(\\.[0-9]+)?(B|kB|KB|MB|GB|KiB|MiB|GiB)")
        case .count(let range): number("integer", count, range)
        case .rate: string(count + perUnit)
        case .money: string("[0-9]+(\\.[0-9]{1,9})?[kMG]?" + perUnit)
        case .usd: number("number", "[0-9]+(\\.[0-9]{1,9})?[kMG]?", 0...Int.max)
        case .percent: string("(100(\\.0{1,2})?|[0-9]{1,2}(\\.[0-9]{1,2})?)%")
        case .fraction: number("number", "[0-9]+(\\.[0-9]+)?")
        case .tokenRange: string("\(count)\\.\\.(\(count))?|\\.\\.\(count)")
        case .window:
            string("([A-Z][a-z]{2}[A-Za-z,-]* +)?[0-9]{2}:[0-9]{2}-[0-9]{2}:[0-9]{2}( +[A-Z][A-Za-z0-9_/+-]*)?")
        case .statuses: number("integer", "connect|timeout|5xx|[45][0-9]{2}", 400...599)
        default: textShape(type)
        }
    }

    private static func textShape(_ type: KeyType) -> [(String, JSONValue)] {
        switch type {
        case .name, .tag: [("type", .text("string")), ("pattern", .text(name))]
        case .secret: string(secret)
        case .token: string("\(secret)|sha256:[0-9A-Fa-f]{64}")
        case .pin: string("sha256//[A-Za-z0-9+/]{43}=")
        case .url: string("https?://.+|unix:/.+|\(secret)")
        case .address: string("unix:/.+|.+:[0-9]{1,5}")
        case .store: string("memory|sqlite:.+|rediss?://.+|\(secret)")
        case .subject(let words): string((words + ["header:.+"]).joined(separator: "|"))
        case .flags: string("[imsx]*")
        case .zone: string("UTC|[A-Z][A-Za-z0-9_/+-]*")
        case .headerName: [("type", .text("string")), ("pattern", .text(header))]
        case .glob, .matcher, .pattern, .method: [("type", .texts(["string", "number"]))]
        default: anyText
        }
    }
}
