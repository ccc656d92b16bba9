/// A JSON text in the making (RFC 8259); members stay in the order they were given.
enum JSONValue {
    case text(String)
    case number(Int)
    case boolean(Bool)
    case nothing
    case list([JSONValue])
    case object([(String, JSONValue)])

    /// On one line, a space after each colon and comma.
    var line: String {
        switch self {
        case .text(let text): Self.quoted(text)
        case .number(let number): String(number)
        case .boolean(let value): value ? "true" : "false"
        case .nothing: "null"
        case .list(let items): "[\(items.map(\.line).joined(separator: ", "))]"
        case .object(let members):
            "{\(members.map { "\(Self.quoted($0.0)): \($0.1.line)" }.joined(separator: ", "))}"
        }
    }

    /// On several lines, two spaces deeper at each level; what is short stays on its line.
    func page(_ indent: Int = 0) -> String {
        let whole = line
        if whole.utf8.count + indent <= 100 { return whole }
        let margin = String(repeating: " ", count: indent)
        switch self {
        case .list(let items):
            let lines = items.map { "\(margin)  \($0.page(indent + 2))" }
            return "[\n\(lines.joined(separator: ",\n"))\n\(margin)]"
        case .object(let members):
            let lines = members.map { "\(margin)  \(Self.quoted($0.0)): \($0.1.page(indent + 2))" }
            return "{\n\(lines.joined(separator: ",\n"))\n\(margin)}"
        default: return whole
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
