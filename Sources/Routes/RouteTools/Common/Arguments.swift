import Report

/// A command line, taken apart by the options a command knows.
struct Arguments {
    /// An option: `--model NAME`, or `--json` alone.
    struct Option {
        let name: String
        /// What its value is, for messages; nil when it takes none.
        let value: String?
        init(_ name: String, _ value: String? = nil) {
            self.name = name
            self.value = value
        }
    }

    /// What is no option.
    private(set) var paths: [String] = []
    private var given: [String: [String]] = [:]

    /// Reads `--name value`, `--name=value` and `--name`.
    ///
    /// - Throws: a sentence about the first argument that cannot be understood.
    init(_ arguments: [String], _ options: [Option]) throws(Misuse) {
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            if argument == "--" {
                paths += rest
                return
            }
            guard argument.hasPrefix("--") || argument == "-h" else {
                paths.append(argument)
                continue
            }
            let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let name = parts[0] == "-h" ? "--help" : parts[0]
            if name == "--help" {
                given[name] = [""]
                continue
            }
            guard let option = options.first(where: { $0.name == name }) else {
                let near = Suggestion.nearest(to: name, among: options.map(\.name) + ["--help"])
                throw Misuse("unknown option `\(name)`\(near.map { ", did you mean `\($0)`?" } ?? "")")
            }
            guard let what = option.value else {
                guard parts.count == 1 else { throw Misuse("`\(name)` takes no value") }
                given[name] = [""]
                continue
            }
            guard let value = parts.count == 2 ? parts[1] : rest.popFirst() else {
                throw Misuse("`\(name)` needs \(what) behind it")
            }
            given[name, default: []].append(value)
        }
    }

    /// True when the option is there.
    func has(_ name: String) -> Bool { given[name] != nil }

    /// Every value of an option that may be repeated.
    func values(_ name: String) -> [String] { given[name] ?? [] }

    /// The last value of an option.
    subscript(_ name: String) -> String? { given[name]?.last }

    /// The value of an option as one of some words.
    func word<Word: RawRepresentable & CaseIterable>(_ name: String, _ standard: Word) throws(Misuse) -> Word
    where Word.RawValue == String {
        guard let text = self[name] else { return standard }
        guard let word = Word(rawValue: text) else {
            let words = Word.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", ")
            throw Misuse("`\(name)` takes one of \(words), not `\(text)`")
        }
        return word
    }
}
