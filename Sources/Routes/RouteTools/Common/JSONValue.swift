/// A JSON value to be written; members keep their order.
indirect enum JSONValue: Equatable {
    case null
    case bool(Bool)
    case number(Int)
    case text(String)
    case list([JSONValue])
    case object([Member])

    /// A name with its value.
    struct Member: Equatable {
        let name: String
        let value: JSONValue
    }

    /// An object from names and values.
    static func object(_ members: KeyValuePairs<String, JSONValue>) -> JSONValue {
        .object(members.map { Member(name: $0.key, value: $0.value) })
    }

    /// A list of texts.
    static func texts(_ texts: some Sequence<String>) -> JSONValue { .list(texts.map { .text($0) }) }

    /// A text, or null.
    static func optional(_ text: String?) -> JSONValue { text.map { .text($0) } ?? .null }

    /// The value as text with two spaces for each level; lists of plain values stay on one line.
    func written(indent: Int = 0) -> String {
        let margin = String(repeating: "  ", count: indent + 1)
        let end = "\n" + String(repeating: "  ", count: indent)
        switch self {
        case .null: return "null"
        case .bool(let value): return value ? "true" : "false"
        case .number(let value): return "\(value)"
        case .text(let value): return Self.quoted(value)
        case .list(let items):
            if items.allSatisfy(\.isPlain) { return "[\(items.map { $0.written() }.joined(separator: ", "))]" }
            let lines = items.map { margin + $0.written(indent: indent + 1) }
            return "[\n\(lines.joined(separator: ",\n"))\(end)]"
        case .object(let members):
            if members.isEmpty { return "{}" }
            let lines = members.map { "\(margin)\(Self.quoted($0.name)): \($0.value.written(indent: indent + 1))" }
            return "{\n\(lines.joined(separator: ",\n"))\(end)}"
        }
    }

    private var isPlain: Bool {
        switch self {
        case .list(let items): items.isEmpty
        case .object: false
        default: true
        }
    }

    /// A JSON string (RFC 8259 §7).
    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case "\r": result += "\\r"
            default:
                if scalar.value < 0x20 || scalar.value == 0x7F {
                    let digits = String(scalar.value, radix: 16)
                    result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                } else {
                    result.unicodeScalars.append(scalar)
                }
            }
        }
        return result + "\""
    }
}
