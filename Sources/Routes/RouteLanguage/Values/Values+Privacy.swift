import Content
import Report
import RouteModel
import Routing

extension Values {
    static let levels = Level.allCases.map(\.word)

    static func level(_ text: String) throws(ValueFault) -> Level {
        let word = try word(text, among: levels)
        return Level(word: word) ?? .restricted
    }

    /// A level, or a range with both ends inside: `confidential..`, `internal..confidential`.
    static func levelRange(_ text: String) throws(ValueFault) -> ClosedRange<Level> {
        guard let ends = separator(text) else {
            let level = try level(text)
            return level...level
        }
        if ends.0.isEmpty, ends.1.isEmpty {
            throw ValueFault("HP105", "a range needs an end: \(shown(text))", help: ["`confidential..`? `..internal`?"])
        }
        let lower = ends.0.isEmpty ? Level.public : try level(ends.0)
        let upper = ends.1.isEmpty ? Level.restricted : try level(ends.1)
        guard lower <= upper else {
            throw ValueFault(
                "HP404",
                "\(shown(text)) is empty: `\(lower.word)` is above `\(upper.word)`",
                help: ["the lower level stands first:  \(upper.word)..\(lower.word)"]
            )
        }
        return lower...upper
    }

    /// A privacy tag: a name, without the reserved words' exception, for tags stand alone.
    static func tag(_ text: String) throws(ValueFault) -> String { try name(text) }

    /// PCRE2 without what would make a scan slow or reach outside the pattern, read as `flags` say.
    static func pattern(_ text: String, flags: String) throws(ValueFault) {
        if text.isEmpty { throw ValueFault("HP113", "an empty pattern is found in every text") }
        do throws(ContentPattern.Fault) {
            _ = try ContentPattern(parsing: text, flags: flags)
        } catch {
            throw ValueFault("HP113", error.sentence, range: scalars(text, error.offset, 1))
        }
    }

    /// Letters that change how a pattern is read, each once.
    static func flags(_ text: String) throws(ValueFault) -> String {
        var seen: Set<Character> = []
        for letter in text {
            guard "imsx".contains(letter), seen.insert(letter).inserted else {
                throw ValueFault("HP107", "flags are letters of `imsx`, each once: \(shown(text))")
            }
        }
        return text
    }

    /// One of the words, or `header:<name>`.
    static func subject(_ text: String, _ words: [String]) throws(ValueFault) -> String {
        if text.hasPrefix("header:") {
            do throws(ValueFault) {
                return "header:\(try headerName(String(text.dropFirst(7))))"
            } catch {
                throw ValueFault("HP107", "behind `header:` stands the name of a field: \(shown(text))")
            }
        }
        if words.contains(text) { return text }
        let near = Suggestion.nearest(to: text, among: words)
        var fault = ValueFault("HP107", "\(shown(text)) is none of the words for this key")
        fault.help =
            near.map { ["did you mean `\($0)`?"] } ?? ["one of: \(words.joined(separator: ", ")), header:<name>"]
        fault.replacement = near
        throw fault
    }

    /// Reads a subject of samples and pools; nil for `shared` and the like.
    static func subject(_ text: String) -> Subject? {
        switch text {
        case "request": .request
        case "key": .key
        case "tenant": .tenant
        default: text.hasPrefix("header:") ? .header(text.dropFirst(7).lowercased()) : nil
        }
    }

    private static let methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE"]

    /// A method (RFC 9110 §9.1): case counts, so a known one in small letters is a slip.
    static func method(_ text: String) throws(ValueFault) -> String {
        let upper = text.uppercased()
        if upper != text, methods.contains(upper) {
            var fault = ValueFault("HP107", "methods are written in capitals: `\(upper)`")
            fault.help = ["write  \(upper)"]
            fault.replacement = upper
            throw fault
        }
        do throws(ValueFault) {
            _ = try headerName(text)
        } catch {
            throw ValueFault("HP103", "\(shown(text)) is no method")
        }
        return text
    }

    /// A secret, or `sha256:` and 64 hexadecimal digits.
    static func token(_ text: String) throws(ValueFault) {
        guard text.hasPrefix("sha256:") else {
            _ = try secret(text)
            return
        }
        let digits = text.utf8.dropFirst(7)
        let isHexadecimal = { (byte: UInt8) in
            byte >= 0x30 && byte <= 0x39 || byte >= 0x61 && byte <= 0x66 || byte >= 0x41 && byte <= 0x46
        }
        guard digits.count == 64, digits.allSatisfy(isHexadecimal) else {
            throw ValueFault("HP701", "behind `sha256:` stand 64 hexadecimal digits")
        }
    }

    /// `HP401`, or the beginning of codes: `HP4`.
    static func code(_ text: String) throws(ValueFault) {
        let digits = text.utf8.dropFirst(2)
        guard text.hasPrefix("HP"), (1...3).contains(digits.count), digits.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 })
        else { throw ValueFault("HP107", "\(shown(text)) is no code: `HP` and three digits, or fewer for a family") }
    }
}
