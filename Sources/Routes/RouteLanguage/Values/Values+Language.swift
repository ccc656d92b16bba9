import Decision
import Routing
import Report

/// Where a secret or a file-like value comes from.
enum Reference: Equatable {
    case environment(String)
    case file(String)
}

extension Values {
    /// The name of an environment variable (POSIX.1 §8.1, and small letters).
    static func variable(_ text: String) throws(ValueFault) {
        let bytes = Array(text.utf8)
        let isName = bytes.allSatisfy { byte in
            byte == 0x5f || (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
        }
        guard isName, let first = bytes.first, !(0x30...0x39).contains(first) else {
            throw ValueFault("HP108", "\(shown(text)) is no name of a variable: letters, digits and `_`")
        }
    }

    /// `env:NAME` or `file:/path`; the text itself is never repeated in a message, for it may be the secret.
    static func secret(_ text: String) throws(ValueFault) -> Reference {
        if let reference = try reference(text) { return reference }
        var help = ["put it into the environment:  env:NAME", "or into a file:  file:/run/secrets/NAME"]
        if text.hasPrefix("$") { help = ["the spelling is `env:NAME`, without `$` and braces"] }
        throw ValueFault(
            "HP701",
            looksLikeKey(text) ? "a secret in plain text" : "a secret is a reference: `env:NAME` or `file:/path`",
            help: looksLikeKey(text) ? help + ["and replace this key: it has been written down"] : help
        )
    }

    /// The reference a text is; nil when it is no reference at all.
    static func reference(_ text: String) throws(ValueFault) -> Reference? {
        if text.hasPrefix("env:") {
            let name = String(text.dropFirst(4))
            let isName = name.utf8.allSatisfy { byte in
                byte >= 0x61 && byte <= 0x7A || byte >= 0x41 && byte <= 0x5A || byte >= 0x30 && byte <= 0x39
                    || byte == 0x5F
            }
            guard isName, let first = name.utf8.first, !(0x30...0x39).contains(first), !looksLikeKey(name) else {
                throw ValueFault("HP701", "behind `env:` stands the name of a variable: letters, digits and `_`")
            }
            return .environment(name)
        }
        if text.hasPrefix("file:") {
            let path = String(text.dropFirst(5))
            guard path.hasPrefix("/") else { throw ValueFault("HP701", "`file:` takes an absolute path") }
            return .file(path)
        }
        return nil
    }

    static func glob(_ text: String) throws(ValueFault) -> Glob {
        if text.isEmpty { throw ValueFault("HP112", "an empty pattern fits nothing") }
        do throws(Glob.Fault) {
            return try Glob(parsing: text)
        } catch {
            let range = scalars(text, error.offset, error.count)
            var fault = ValueFault("HP112", error.sentence, range: range)
            if let replacement = error.replacement {
                fault.help = ["write `\(replacement)` here"]
                if replacement == "*" {
                    let bytes = Array(text.utf8)
                    let end = min(error.offset + error.count, bytes.count)
                    let whole = bytes[..<error.offset] + Array(replacement.utf8) + bytes[end...]
                    fault.replacement = String(decoding: whole, as: UTF8.self)
                    fault.isSafe = true
                }
            }
            throw fault
        }
    }

    /// A glob, or `re:` and a PCRE2 pattern.
    static func matcher(_ text: String) throws(ValueFault) -> HeaderMatcher {
        guard text.hasPrefix("re:") else {
            try checkFieldPattern(text)
            return .glob(try glob(text))
        }
        do throws(HeaderPattern.Fault) {
            return .pattern(try HeaderPattern(parsing: String(text.dropFirst(3))))
        } catch {
            throw ValueFault("HP113", error.sentence, range: scalars(text, error.offset + 3, 1))
        }
    }

    /// A field's value has no line ends, and blanks around it are not part of it (RFC 9110 §5.5).
    private static func checkFieldPattern(_ text: String) throws(ValueFault) {
        guard let first = text.unicodeScalars.first, let last = text.unicodeScalars.last else { return }
        if let offset = text.utf8.enumerated().first(where: { $1 < 0x20 && $1 != 0x09 || $1 == 0x7F })?.offset {
            throw ValueFault(
                "HP112",
                "no header value has a line end or a control character: this fits nothing",
                range: scalars(text, offset, 1)
            )
        }
        let isBlank = { (scalar: Unicode.Scalar) in scalar == " " || scalar == "\t" }
        guard isBlank(first) || isBlank(last) else { return }
        throw ValueFault(
            "HP112",
            "blanks around a header's value are not part of it: this fits nothing",
            help: ["write it without the blanks at its ends"]
        )
    }

    /// Byte offsets as code points.
    static func scalars(_ text: String, _ offset: Int, _ count: Int) -> Range<Int> {
        let bytes = Array(text.utf8)
        let isStart = { (byte: UInt8) in byte & 0xC0 != 0x80 }
        let start = bytes.prefix(offset).filter(isStart).count
        let length = bytes.dropFirst(offset).prefix(count).filter(isStart).count
        return start..<(start + max(1, length))
    }

    static func word(_ text: String, among words: [String]) throws(ValueFault) -> String {
        if words.contains(text) { return text }
        let near = Suggestion.nearest(to: text, among: words)
        var fault = ValueFault("HP107", "\(shown(text)) is none of the words for this key")
        fault.help = near.map { ["did you mean `\($0)`?"] } ?? ["one of: \(words.joined(separator: ", "))"]
        fault.replacement = near
        throw fault
    }

    /// `sha256//` and the base64 of 32 bytes, as libcurl writes it.
    static func pin(_ text: String) throws(ValueFault) -> String {
        guard text.hasPrefix("sha256//") else {
            throw ValueFault("HP704", "a pin is `sha256//` and the base64 of 32 bytes")
        }
        let base64 = text.utf8.dropFirst(8)
        let isLetter = { (byte: UInt8) in
            byte >= 0x61 && byte <= 0x7A || byte >= 0x41 && byte <= 0x5A || byte >= 0x30 && byte <= 0x39 || byte == 0x2B
                || byte == 0x2F
        }
        // 32 bytes are 43 letters and one `=`; the last letter carries four bits, so its low two are zero.
        guard base64.count == 44, base64.last == 0x3D, base64.dropLast().allSatisfy(isLetter),
            let last = base64.dropLast().last, "AEIMQUYcgkosw048".utf8.contains(last)
        else {
            throw ValueFault(
                "HP704",
                "this pin is not the base64 of 32 bytes: \(base64.count) characters behind `sha256//`, 44 expected"
            )
        }
        return text
    }

    /// A status that may be retried: a number, or `5xx`.
    static func statuses(_ text: String) throws(ValueFault) -> ClosedRange<Int> {
        if text == "5xx" { return 500...599 }
        if text == "4xx" { throw ValueFault("HP107", "`4xx` repeats what cannot succeed: name the statuses") }
        guard let status = Int(text), text.utf8.count == 3, (400...599).contains(status) else {
            throw ValueFault(
                "HP107",
                "expected `connect`, `timeout`, `5xx` or a status of 400 to 599, found \(shown(text))"
            )
        }
        return status...status
    }

    /// A header field's name in lower case (RFC 9110 §5.1).
    static func headerName(_ text: String) throws(ValueFault) -> String {
        let symbols = "!#$%&'*+-.^_`|~"
        let isToken = text.utf8.allSatisfy { byte in
            byte >= 0x61 && byte <= 0x7A || byte >= 0x41 && byte <= 0x5A || byte >= 0x30 && byte <= 0x39
                || symbols.utf8.contains(byte)
        }
        guard isToken, !text.isEmpty, text.utf8.count <= 256 else {
            throw ValueFault("HP103", "\(shown(text)) is no header name")
        }
        return text.lowercased()
    }

    /// A header field's value: no line ends, no control characters (RFC 9110 §5.5).
    static func headerValue(_ text: String) throws(ValueFault) -> String {
        guard text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else {
            throw ValueFault("HP103", "a header value has no line ends and no control characters")
        }
        return text
    }
}
