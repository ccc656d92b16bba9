import Glibc
import Report
import RouteModel
import Routing
import Zones

/// Reads a request from a command line.
struct DraftArguments {
    private let given: Arguments
    private static let sizeLimitBytes = 64 << 20

    init(_ given: Arguments) { self.given = given }

    /// The request that is described.
    ///
    /// - Throws: a sentence about the first value that cannot be understood.
    func draft() throws(Misuse) -> RequestDraft {
        var draft = RequestDraft()
        draft.model = given["--model"]
        draft.path = given["--path"]
        draft.method = given["--method"]
        draft.key = given["--key"]
        draft.tenant = given["--tenant"]
        draft.pool = given["--pool"]
        if given.has("--stream") { draft.stream = true }
        if let text = given["--api"] { draft.api = try Self.api(text) }
        if let text = given["--class"] { draft.level = try Self.level(text) }
        if let text = given["--features"] { draft.features = try Self.features(Self.list(text)) }
        if let text = given["--tags"] { draft.tags = Set(Self.list(text)) }
        if let text = given["--tokens"] { draft.tokens = try Self.count(text, "--tokens") }
        if let text = given["--max-tokens"] { draft.maxTokens = try Self.count(text, "--max-tokens") }
        if let text = given["--bucket"] { draft.bucket = try Self.bucket(text) }
        if let text = given["--at"] { draft.moment = try Self.moment(text) }
        for text in given.values("--header") { draft.headers.append(try Self.header(text)) }
        draft.content = try content()
        return draft
    }

    private func content() throws(Misuse) -> RequestDraft.Content {
        if let text = given["--messages"] {
            guard given["--body"] == nil else { throw Misuse("give either --body or --messages") }
            return .messages(String(decoding: try Self.bytes(text), as: UTF8.self))
        }
        guard let text = given["--body"] else { return .none }
        let bytes = try Self.bytes(text)
        // Who says what the body is means a whole one.
        let saysType = given.values("--header").contains { $0.lowercased().hasPrefix("content-type:") }
        return saysType ? .body(bytes) : Self.content(bytes)
    }

    /// What looks like an object is a whole body; anything else is what a user says.
    static func content(_ bytes: [UInt8]) -> RequestDraft.Content {
        bytes.first == UInt8(ascii: "{") ? .body(bytes) : .text(String(decoding: bytes, as: UTF8.self))
    }

    /// The text itself, a file's behind `@`, or standard input for `-`.
    private static func bytes(_ text: String) throws(Misuse) -> [UInt8] {
        guard text.hasPrefix("@") || text == "-" else { return Array(text.utf8) }
        let path = String(text.dropFirst())
        let descriptor = text == "-" ? dup(0) : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Misuse("cannot read `\(path)`: \(TextFile.reason)") }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(descriptor, &part, part.count)
            if count < 0 { throw Misuse("cannot read `\(path)`: \(TextFile.reason)") }
            if count == 0 { return bytes }
            bytes += part[..<count]
            if bytes.count > sizeLimitBytes { throw Misuse("`\(path)` is larger than 64 MiB") }
        }
    }

    // MARK: Values, also of test files

    static func near(_ word: String, _ words: [String]) -> String {
        Suggestion.nearest(to: word, among: words).map { ", did you mean `\($0)`?" } ?? ""
    }

    static func api(_ text: String) throws(Misuse) -> API {
        if let api = API.allCases.first(where: { $0.word == text }) { return api }
        throw Misuse("`\(text)` is no endpoint\(near(text, API.allCases.compactMap(\.word)))")
    }

    static func level(_ text: String) throws(Misuse) -> Level {
        if let level = Level(word: text) { return level }
        throw Misuse("`\(text)` is no class\(near(text, Level.allCases.map(\.word)))")
    }

    static func features(_ words: [String]) throws(Misuse) -> FeatureSet {
        var set: FeatureSet = []
        for word in words {
            guard let feature = Feature(rawValue: word) else {
                throw Misuse("`\(word)` is no feature\(near(word, Feature.allCases.map(\.rawValue)))")
            }
            set.insert(FeatureSet(feature))
        }
        return set
    }

    static func list(_ text: String) -> [String] {
        text.split(separator: ",").map { $0.trimmingSpaces }.filter { !$0.isEmpty }
    }

    /// `900`, `9k`, `2M`, `1.5M`.
    static func count(_ text: String, _ what: String) throws(Misuse) -> Int {
        guard let count = Amounts.count(text) else {
            throw Misuse("\(what) takes a count such as `900`, `8k` or `2M`, not `\(text)`")
        }
        return count
    }

    /// A place among 10,000 buckets, as a percentage.
    static func bucket(_ text: String) throws(Misuse) -> Int {
        guard let share = Amounts.hundredths(text), share < SampleBucket.count else {
            throw Misuse("a bucket is a percentage from `0%` to `99.99%`, not `\(text)`")
        }
        return share
    }

    static func moment(_ text: String) throws(Misuse) -> Int {
        do throws(DateTime.Fault) {
            return try DateTime.unixSeconds(parsing: text)
        } catch {
            throw Misuse("`\(text)` is no time such as `2026-11-20T10:00:00+01:00`: \(error.sentence)")
        }
    }

    static func header(_ text: String) throws(Misuse) -> (name: String, value: String) {
        guard let colon = text.firstIndex(of: ":"), colon != text.startIndex else {
            throw Misuse("a header is NAME:VALUE, not `\(text)`")
        }
        let value = text[text.index(after: colon)...].trimmingSpaces
        return (text[..<colon].lowercased(), value)
    }
}

/// Amounts in the spelling of the language, read without a route file.
enum Amounts {
    /// `900`, `9k`, `2M`, `1.5M`; nil for anything else.
    static func count(_ text: String) -> Int? { scaled(text, ["k": 1_000, "M": 1_000_000, "G": 1_000_000_000]) }

    /// Hundredths of a percent from `1.37%`.
    static func hundredths(_ text: String) -> Int? {
        guard text.hasSuffix("%") else { return nil }
        return scaled(String(text.dropLast()), [:], unit: 100).flatMap { $0 <= 10_000 ? $0 : nil }
    }

    /// Microseconds from `80ms`, `2s`, `350us`.
    static func microseconds(_ text: String) -> Int? {
        for (suffix, size) in [("us", 1), ("ms", 1_000), ("s", 1_000_000), ("m", 60_000_000)]
        where text.hasSuffix(suffix) {
            return scaled(String(text.dropLast(suffix.count)), [:], unit: size)
        }
        return nil
    }

    /// Nano-dollars from `12` or `0.27`.
    static func nanoDollars(_ text: String) -> Int? {
        scaled(text, ["k": 1_000, "M": 1_000_000], unit: 1_000_000_000)
    }

    private static func scaled(_ text: String, _ suffixes: [Character: Int], unit: Int = 1) -> Int? {
        var digits = text[...]
        var scale = unit
        if let last = digits.last, let factor = suffixes[last] {
            digits.removeLast()
            scale *= factor
        }
        let parts = digits.split(separator: ".", omittingEmptySubsequences: false)
        guard let first = parts.first, parts.count <= 2, first.count <= 9, first.allSatisfy(isDigit),
            let whole = Int(first)
        else { return nil }
        guard parts.count == 2 else { return whole * scale }
        guard !parts[1].isEmpty, parts[1].count <= 9, parts[1].allSatisfy(isDigit), let rest = Int(parts[1]) else {
            return nil
        }
        let divisor = parts[1].reduce(1) { sum, _ in sum * 10 }
        guard rest * scale % divisor == 0 else { return nil }
        return whole * scale + rest * scale / divisor
    }

    private static func isDigit(_ character: Character) -> Bool { ("0"..."9").contains(character) }
}

extension Substring {
    /// Without spaces at either end.
    var trimmingSpaces: String {
        String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}
