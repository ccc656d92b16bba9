import Report

/// Why a text is not a value of its type.
struct ValueFault: Error {
    let code: String
    /// One line without a full stop.
    let sentence: String
    /// Code points of the text that are at fault; nil for all of it.
    var range: Range<Int>?
    var mark = ""
    var help: [String] = []
    /// What the whole text could be instead, for `lint --fix`.
    var replacement: String?
    /// True when the replacement means the same.
    var isSafe = false

    init(_ code: String, _ sentence: String, range: Range<Int>? = nil, help: [String] = []) {
        self.code = code
        self.sentence = sentence
        self.range = range
        self.help = help
    }

    /// What of a node is at fault.
    func spot(in node: Node) -> Spot {
        var spot = node.spot
        // An escape or a fold makes the text shorter than what stands in the file: then the whole value is marked.
        let quotes = node.isPlain ? 0 : 1
        if let range, let text = node.text, text.unicodeScalars.count + 2 * quotes == spot.length {
            spot.column += quotes + min(range.lowerBound, text.unicodeScalars.count)
            spot.length = max(1, range.count)
        }
        return spot
    }
}

/// Reads scalars by the types of `routes.md` 2.4; knows nothing of files.
///
/// YAML's own idea of types plays no part: every value arrives as text.
enum Values {
    /// Text in messages: short, without line ends.
    static func shown(_ text: String) -> String {
        if text.isEmpty { return "an empty text" }
        let line = text.split(separator: "\n", omittingEmptySubsequences: false).first.map(String.init) ?? ""
        return line.count > 60 || line.count < text.count ? "`\(line.prefix(57))…`" : "`\(line)`"
    }

    static func boolean(_ text: String) throws(ValueFault) -> Bool {
        switch text {
        case "true": return true
        case "false": return false
        case "yes", "on", "True", "TRUE", "y": throw ValueFault("HP103", "write `true`, not \(shown(text))")
        case "no", "off", "False", "FALSE", "n": throw ValueFault("HP103", "write `false`, not \(shown(text))")
        default: throw ValueFault("HP103", "expected `true` or `false`, found \(shown(text))")
        }
    }

    /// `[a-z][a-z0-9_-]{0,62}`, and no word that means something else.
    static func name(_ text: String) throws(ValueFault) -> String {
        let letters = Array(text.utf8)
        let isLetter = { (byte: UInt8) in byte >= 0x61 && byte <= 0x7A }
        guard let first = letters.first, isLetter(first), letters.count <= 63,
            letters.allSatisfy({ isLetter($0) || $0 >= 0x30 && $0 <= 0x39 || $0 == 0x5F || $0 == 0x2D })
        else {
            throw ValueFault(
                "HP108",
                "\(shown(text)) is no name: a small letter, then small letters, digits, `_` and `-`, at most 63"
            )
        }
        if ["local", "remote", "any", "none", "default-route"].contains(text) {
            throw ValueFault("HP108", "`\(text)` is a word of the language and cannot be a name")
        }
        return text
    }

    // MARK: Numbers

    /// Digits with an optional fraction, as thousandths of a thousandth so that nothing is rounded twice.
    private static func decimal(_ text: Substring) -> (millionths: Int, isWhole: Bool)? {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = parts.first, !whole.isEmpty, whole.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else {
            return nil
        }
        guard whole.utf8.count <= 12, let number = Int(whole) else { return nil }
        guard parts.count == 2 else { return (number * 1_000_000, true) }
        let fraction = parts[1]
        guard (1...6).contains(fraction.utf8.count), fraction.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }),
            let digits = Int(fraction + String(repeating: "0", count: 6 - fraction.utf8.count))
        else { return nil }
        return (number * 1_000_000 + digits, false)
    }

    /// Splits `1.5MiB` into the number and the unit.
    private static func split(_ text: String) -> (number: Substring, unit: Substring) {
        let end = text.firstIndex { !($0.isASCII && $0.isNumber) && $0 != "." } ?? text.endIndex
        return (text[..<end], text[end...])
    }

    /// `900`, `8k`, `1.5M`.
    static func count(_ text: String, _ range: ClosedRange<Int>) throws(ValueFault) -> Int {
        let (number, unit) = split(text)
        let scales = ["": 1, "k": 1_000, "M": 1_000_000, "G": 1_000_000_000]
        guard let value = decimal(number), let scale = scales[String(unit)] else {
            throw ValueFault("HP103", "expected a count such as `900`, `8k` or `1.5M`, found \(shown(text))")
        }
        let (product, overflows) = value.millionths.multipliedReportingOverflow(by: scale)
        guard !overflows, product % 1_000_000 == 0 else {
            throw ValueFault("HP105", "\(shown(text)) is not a whole number")
        }
        return try within(range, product / 1_000_000, text)
    }

    private static func within(_ range: ClosedRange<Int>, _ value: Int, _ text: String) throws(ValueFault) -> Int {
        guard range.contains(value) else {
            let limit =
                range.upperBound == .max ? "at least \(range.lowerBound)" : "\(range.lowerBound) to \(range.upperBound)"
            throw ValueFault("HP106", "\(shown(text)) is out of range: \(limit)")
        }
        return value
    }

    /// `512KiB`, `16MiB`, `10MB`; bytes.
    static func size(_ text: String, _ range: ClosedRange<Int>) throws(ValueFault) -> Int {
        let (number, unit) = split(text)
        let scales = [
            "B": 1, "kB": 1_000, "KB": 1_000, "MB": 1_000_000, "GB": 1_000_000_000,
            "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30,
        ]
        guard let value = decimal(number) else {
            throw ValueFault("HP103", "expected a size such as `512KiB` or `16MiB`, found \(shown(text))")
        }
        guard let scale = scales[String(unit)] else {
            let help = unit.isEmpty ? ["`\(number)MiB`? `\(number)KiB`?"] : ["units are B, KB, MB, GB, KiB, MiB, GiB"]
            throw ValueFault("HP105", "a size needs a unit: \(shown(text))", help: help)
        }
        let (product, overflows) = value.millionths.multipliedReportingOverflow(by: scale)
        guard !overflows, product % 1_000_000 == 0 else {
            throw ValueFault("HP105", "\(shown(text)) is not a whole number of bytes")
        }
        let bytes = product / 1_000_000
        guard range.contains(bytes) else {
            throw ValueFault(
                "HP106",
                "\(shown(text)) is out of range: \(bound(range.lowerBound)) to \(bound(range.upperBound))"
            )
        }
        return bytes
    }

    private static func bound(_ bytes: Int) -> String {
        bytes % (1 << 30) == 0
            ? "\(bytes >> 30)GiB" : bytes % (1 << 20) == 0 ? "\(bytes >> 20)MiB" : "\(bytes >> 10)KiB"
    }

    /// `10%`, `0.5%`, at most two decimals.
    static func percent(_ text: String) throws(ValueFault) -> Double {
        guard text.hasSuffix("%"), let value = decimal(text.dropLast()) else {
            let isBare = decimal(text[...]) != nil
            throw ValueFault(
                isBare ? "HP105" : "HP103",
                isBare
                    ? "a share needs its `%`: \(shown(text))" : "expected a share such as `10%`, found \(shown(text))",
                help: isBare ? ["`\(text)%`?"] : []
            )
        }
        guard value.millionths % 10_000 == 0 else {
            throw ValueFault("HP105", "a share has at most two decimals: \(shown(text))")
        }
        guard value.millionths <= 100_000_000 else {
            throw ValueFault("HP106", "\(shown(text)) is out of range: 0% to 100%")
        }
        return Double(value.millionths) / 1_000_000
    }

    /// A plain number above 0, at most 1.
    static func fraction(_ text: String) throws(ValueFault) -> Double {
        guard let value = decimal(text[...]) else {
            throw ValueFault("HP103", "expected a number such as `0.3`, found \(shown(text))")
        }
        guard value.millionths > 0, value.millionths <= 1_000_000 else {
            throw ValueFault("HP106", "\(shown(text)) is out of range: above 0, at most 1")
        }
        return Double(value.millionths) / 1_000_000
    }

    // MARK: Durations

    private static let longestMilliseconds = 365 * 86_400_000

    /// `250ms`, `30s`, `1h30m`, `7d`; milliseconds.
    static func duration(_ text: String, allowsZero: Bool = false) throws(ValueFault) -> Int {
        let scales = ["ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000]
        var rest = text[...]
        var total = 0
        var lastScale = Int.max
        if rest.isEmpty { throw ValueFault("HP103", "expected a duration such as `30s`, found nothing") }
        while !rest.isEmpty {
            let (number, tail) = split(String(rest))
            guard let value = decimal(number) else {
                throw ValueFault("HP103", "expected a duration such as `250ms`, `30s` or `1h30m`, found \(shown(text))")
            }
            let unit = String(tail.prefix { $0.isLetter })
            guard let scale = scales[unit] else {
                let bare = text.filter { $0 != " " }
                let guesses = bare == text ? ["`\(text)s`? `\(text)ms`? `\(text)m`?"] : ["without a space: `\(bare)`"]
                let help = unit.isEmpty && total == 0 ? guesses : []
                throw ValueFault(
                    "HP105",
                    unit.isEmpty
                        ? "a duration needs a unit: \(shown(text))" : "`\(unit)` is no unit of time: ms s m h d",
                    help: help
                )
            }
            guard scale < lastScale else { throw ValueFault("HP105", "units go from long to short: \(shown(text))") }
            lastScale = scale
            let (product, overflows) = value.millionths.multipliedReportingOverflow(by: scale)
            guard !overflows, product % 1_000_000 == 0 else {
                throw ValueFault("HP105", "\(shown(text)) is not a whole number of milliseconds")
            }
            total += product / 1_000_000
            guard total <= longestMilliseconds else { throw ValueFault("HP106", "\(shown(text)) is longer than 365d") }
            rest = rest.dropFirst(number.count + unit.count)
        }
        if total == 0, !allowsZero { throw ValueFault("HP106", "\(shown(text)) must be longer than nothing") }
        return total
    }

    /// The two ends of `200ms..5s`, in milliseconds.
    static func durationRange(_ text: String) throws(ValueFault) -> (start: Int, cap: Int) {
        guard let dots = separator(text) else {
            throw ValueFault("HP103", "expected a start and a cap such as `200ms..5s`, found \(shown(text))")
        }
        let start = try duration(dots.0, allowsZero: true)
        let cap = try duration(dots.1, allowsZero: true)
        guard start <= cap else { throw ValueFault("HP106", "\(shown(text)): the cap is below the start") }
        return (start, cap)
    }

    /// What stands on both sides of `..`.
    static func separator(_ text: String) -> (String, String)? {
        let bytes = Array(text.utf8)
        guard bytes.count > 1 else { return nil }
        for index in 0..<(bytes.count - 1) where bytes[index] == 0x2E && bytes[index + 1] == 0x2E {
            let head = String(decoding: bytes[..<index], as: UTF8.self)
            return (head, String(decoding: bytes[(index + 2)...], as: UTF8.self))
        }
        return nil
    }
}
