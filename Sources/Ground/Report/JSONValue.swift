/// A JSON text in the making (RFC 8259); members stay in the order they were given.
package indirect enum JSONValue: Equatable, Sendable {
    case null
    case bool(Bool)
    case number(Int)
    case text(String)
    case list([JSONValue])
    case object([Member])

    /// A name with its value.
    package struct Member: Equatable, Sendable {
        package let name: String
        package let value: JSONValue
        package init(name: String, value: JSONValue) {
            self.name = name
            self.value = value
        }
    }

    /// An object from names and values.
    package static func object(_ members: KeyValuePairs<String, JSONValue>) -> JSONValue {
        .object(members.map { Member(name: $0.key, value: $0.value) })
    }

    /// An object from pairs that were put together.
    package static func object(_ members: [(String, JSONValue)]) -> JSONValue {
        .object(members.map { Member(name: $0.0, value: $0.1) })
    }

    /// An object without members.
    package static let empty = JSONValue.object([Member]())

    /// A list of texts.
    package static func texts(_ texts: some Sequence<String>) -> JSONValue { .list(texts.map { .text($0) }) }

    /// A text, or null.
    package static func optional(_ text: String?) -> JSONValue { text.map { .text($0) } ?? .null }

    // MARK: Layouts

    /// On one line, a space after each colon and comma.
    package var line: String {
        switch self {
        case .null: "null"
        case .bool(let value): value ? "true" : "false"
        case .number(let number): String(number)
        case .text(let text): Self.quoted(text)
        case .list(let items): "[\(items.map(\.line).joined(separator: ", "))]"
        case .object(let members):
            "{\(members.map { "\(Self.quoted($0.name)): \($0.value.line)" }.joined(separator: ", "))}"
        }
    }

    /// On several lines, two spaces deeper at each level; what is short stays on its line.
    package func page(_ indent: Int = 0) -> String {
        let whole = line
        if whole.utf8.count + indent <= 100 { return whole }
        return broken(indent) { $0.page($1) } ?? whole
    }

    /// On several lines, two spaces deeper at each level; lists of plain values stay on theirs.
    package func written(indent: Int = 0) -> String {
        if case .list(let items) = self, items.allSatisfy(\.isPlain) { return line }
        if case .object(let members) = self, members.isEmpty { return line }
        return broken(indent) { $0.written(indent: $1) } ?? line
    }

    /// Each member or item on a line of its own; nil for a plain value.
    private func broken(_ indent: Int, _ inner: (JSONValue, Int) -> String) -> String? {
        let margin = String(repeating: " ", count: indent)
        switch self {
        case .list(let items):
            let lines = items.map { "\(margin)  \(inner($0, indent + 2))" }
            return "[\n\(lines.joined(separator: ",\n"))\n\(margin)]"
        case .object(let members):
            let lines = members.map { "\(margin)  \(Self.quoted($0.name)): \(inner($0.value, indent + 2))" }
            return "{\n\(lines.joined(separator: ",\n"))\n\(margin)}"
        default: return nil
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
    package static func quoted(_ text: String) -> String {
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
