import Report

/// A command line that cannot be understood, in words.
struct Misuse: Error {
    let sentence: String
    /// True when the command line was fine, and something could not be written or read.
    var isOutput = false
}

/// What `hoosh-proxy lint` is asked for.
struct LintOptions {
    /// Which findings are shown.
    enum Preset: String, CaseIterable {
        /// Errors.
        case minimal
        /// Errors and warnings, and notes that stand for them.
        case standard
        /// Everything, and a warning fails.
        case strict
    }

    var paths: [String] = []
    var format = Render.Format.human
    var color = Render.Color.auto
    var preset: Preset?
    var selected: [String] = []
    var ignored: [String] = []
    var failOn: Severity?
    var baseline: String?
    var writtenBaseline: String?
    var output: String?
    var resolves = false
    var fixes = false
    var fixesUnsafely = false
    var isDiff = false
    var showsStats = false
    var isHelp = false

    static let usage = """
        usage: hoosh-proxy lint [OPTION...] PATH...
               PATH is a route file, a folder (every *.yaml and *.yml below it), or - for standard input
          --format FORMAT      human (default), short, json, jsonl, sarif, github, gitlab, junit, rdjson or agent
          --color WHEN         auto (default), always or never; NO_COLOR counts
          --preset PRESET      minimal: errors; standard (default): and warnings; strict: everything, warnings fail
          --select CODES       only these, by prefix: HP3,HP401
          --ignore CODES       all but these
          --fail-on SEVERITY   error (default), warning or note
          --resolve            look at the environment and at the files that secrets and certificates are in
          --fix                make the edits that keep the meaning, and write the files
          --unsafe-fixes       with --fix or --diff: and those that are probably meant
          --diff               print the edits as a unified diff and write nothing
          --baseline FILE      say nothing of findings that are in FILE; --write-baseline FILE writes it
          --stats              count the findings of each code
          -o, --output FILE    write to FILE instead of standard output
        exit: 0 clean, 1 findings, 2 usage or unreadable, 3 internal error
        """

    private static let flags = ["--resolve", "--fix", "--unsafe-fixes", "--diff", "--stats", "--help"]
    private static let values = [
        "--format", "--color", "--preset", "--select", "--ignore", "--fail-on", "--baseline", "--write-baseline",
        "--output",
    ]

    init(_ arguments: [String]) throws(Misuse) {
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            if argument == "--" {
                paths += rest
                break
            }
            guard argument.hasPrefix("-"), argument != "-" else {
                paths.append(argument)
                continue
            }
            let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let name = parts[0] == "-o" ? "--output" : parts[0] == "-h" ? "--help" : parts[0]
            if Self.flags.contains(name), parts.count == 1 {
                set(name)
            } else if Self.values.contains(name) {
                guard let value = parts.count == 2 ? parts[1] : rest.popFirst() else {
                    throw Misuse(sentence: "`\(name)` needs a value")
                }
                try set(name, to: value)
            } else {
                let near = Suggestion.nearest(to: name, among: Self.flags + Self.values)
                throw Misuse(sentence: "unknown option `\(argument)`\(near.map { ", did you mean `\($0)`?" } ?? "")")
            }
        }
        if paths.isEmpty, !isHelp { throw Misuse(sentence: "no file or folder given") }
        if fixesUnsafely, !fixes, !isDiff { throw Misuse(sentence: "`--unsafe-fixes` goes with `--fix` or `--diff`") }
    }

    private mutating func set(_ flag: String) {
        switch flag {
        case "--resolve": resolves = true
        case "--fix": fixes = true
        case "--unsafe-fixes": fixesUnsafely = true
        case "--diff": isDiff = true
        case "--stats": showsStats = true
        default: isHelp = true
        }
    }

    private mutating func set(_ name: String, to value: String) throws(Misuse) {
        switch name {
        case "--format": format = try Self.word(value, "format")
        case "--color": color = try Self.word(value, "choice of colour")
        case "--preset": preset = try Self.word(value, "preset")
        case "--fail-on": failOn = try Self.word(value, "severity")
        case "--select": selected += try Self.codes(value)
        case "--ignore": ignored += try Self.codes(value)
        case "--baseline": baseline = value
        case "--write-baseline": writtenBaseline = value
        default: output = value
        }
    }

    private static func word<Word: RawRepresentable & CaseIterable>(
        _ value: String,
        _ noun: String
    ) throws(Misuse) -> Word where Word.RawValue == String {
        if let word = Word(rawValue: value) { return word }
        let words = Word.allCases.map(\.rawValue)
        let list = words.dropLast().joined(separator: ", ") + " or " + (words.last ?? "")
        throw Misuse(sentence: "`\(value)` is no \(noun): \(list)")
    }

    private static func codes(_ value: String) throws(Misuse) -> [String] {
        let codes = value.split(separator: ",").map { $0.filter { !$0.isWhitespace }.uppercased() }
        for code in codes where !Catalogue.hasPrefix(code) {
            let near = Catalogue.nearest(code).map { ", did you mean `\($0)`?" } ?? ""
            throw Misuse(sentence: "no code begins with `\(code)`\(near)")
        }
        return codes
    }

    /// Whether a finding is shown, and counts.
    func shows(_ problem: Problem) -> Bool {
        if Silence.isFirm(problem) { return true }
        if ignored.contains(where: problem.code.hasPrefix) { return false }
        if !selected.isEmpty, !selected.contains(where: problem.code.hasPrefix) { return false }
        switch preset ?? (selected.isEmpty ? .standard : .strict) {
        case .minimal: return problem.severity == .error
        // A note of a rule that is no note by nature was an error or a warning under other circumstances.
        case .standard:
            let isNote = Catalogue.rule(problem.code)?.severity == .note && problem.code != "HP890"
            return problem.severity != .note || !isNote
        case .strict: return true
        }
    }

    /// Whether findings of a code could be shown.
    func asks(for code: String) -> Bool {
        if ignored.contains(where: code.hasPrefix) { return false }
        if !selected.isEmpty { return selected.contains(where: code.hasPrefix) && preset != .minimal }
        return preset == .strict
    }

    /// Whether a finding makes the exit code 1.
    func fails(_ problem: Problem) -> Bool {
        switch failOn ?? (preset == .strict ? .warning : .error) {
        case .error: problem.severity == .error
        case .warning: problem.severity != .note
        case .note: true
        }
    }
}
