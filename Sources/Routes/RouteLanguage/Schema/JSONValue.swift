/// A JSON text being put together; objects keep their order.
indirect enum JSONValue: Sendable {
    case string(String)
    case number(Int)
    case boolean(Bool)
    case array([JSONValue])
    case object([(String, JSONValue)])

    /// An array of strings.
    static func words(_ words: [String]) -> JSONValue { .array(words.map { .string($0) }) }

    /// The text, indented; short arrays of single values stay on one line.
    func text(_ indentation: String = "") -> String {
        switch self {
        case .string(let text): return Self.quoted(text)
        case .number(let number): return String(number)
        case .boolean(let value): return value ? "true" : "false"
        case .array(let items):
            if items.allSatisfy(\.isSingle) { return "[\(items.map { $0.text() }.joined(separator: ", "))]" }
            let inner = indentation + "  "
            return "[\n" + items.map { inner + $0.text(inner) }.joined(separator: ",\n") + "\n\(indentation)]"
        case .object(let fields):
            if fields.isEmpty { return "{}" }
            let inner = indentation + "  "
            let lines = fields.map { "\(inner)\(Self.quoted($0.0)): \($0.1.text(inner))" }
            return "{\n" + lines.joined(separator: ",\n") + "\n\(indentation)}"
        }
    }

    private var isSingle: Bool {
        switch self {
        case .string, .number, .boolean: true
        case .array, .object: false
        }
    }

    /// A JSON string (RFC 8259 §7); the table holds no control characters.
    private static func quoted(_ text: String) -> String {
        var result = "\""
        for letter in text {
            if letter == "\"" || letter == "\\" { result += "\\" }
            result.append(letter)
        }
        return result + "\""
    }
}
