import Report

/// `--fix`: makes edits, reads again, and goes on until nothing is left to mend.
struct Mending {
    /// Rounds after which edits that bring forth one another are left.
    static let roundLimit = 10

    let pass: LintPass
    let isUnsafe: Bool
    /// Whether a finding takes part.
    let isChosen: (Problem) -> Bool

    /// What was mended.
    struct Outcome {
        /// The last reading.
        var results: [LintPass.Result]
        /// The new texts by file name.
        var texts: [String: [UInt8]] = [:]
        var fixedCount = 0
        /// A code whose edit made a file unreadable; its round was taken back.
        var failed: String?
    }

    /// Makes edits in memory; writes nothing.
    func run() -> Outcome {
        var outcome = Outcome(results: pass.results([:]))
        for _ in 0..<Self.roundLimit {
            let (texts, codes) = edited(outcome)
            if codes.isEmpty { break }
            let overlay = outcome.texts.merging(texts) { _, new in new }
            let results = pass.results(overlay)
            if zip(outcome.results, results).contains(where: Self.isWorse) {
                outcome.failed = codes.first
                break
            }
            outcome.texts = overlay
            outcome.results = results
            outcome.fixedCount += codes.count
        }
        return outcome
    }

    /// True when a file could be read before, and cannot now.
    private static func isWorse(_ before: LintPass.Result, _ after: LintPass.Result) -> Bool {
        func isUnreadable(_ result: LintPass.Result) -> Bool {
            result.problems.all.contains { $0.severity == .error && $0.code.hasPrefix("HP0") }
        }
        return !isUnreadable(before) && isUnreadable(after)
    }

    /// The texts after one round, and the codes of the findings whose edits were made.
    private func edited(_ outcome: Outcome) -> (texts: [String: [UInt8]], codes: [String]) {
        var chosen: [String: Set<Edit>] = [:]
        var sources: [String: SourceText] = [:]
        var codes: [String] = []
        for result in outcome.results { sources.merge(result.problems.sources) { first, _ in first } }
        let names = writtenNames(outcome)
        for problem in mendable(outcome) {
            // The same finding of a fragment comes with every root that includes it.
            if problem.edits.allSatisfy({ chosen[$0.path]?.contains($0) == true }) { continue }
            guard problem.edits.allSatisfy({ isFree($0, chosen[$0.path] ?? [], sources[$0.path]) }),
                Self.isOrderly(problem.edits), problem.edits.allSatisfy({ names[$0.path] == $0.path })
            else { continue }
            for edit in problem.edits { chosen[edit.path, default: []].insert(edit) }
            codes.append(problem.code)
        }
        var texts: [String: [UInt8]] = [:]
        for (path, edits) in chosen {
            guard let source = sources[path] else { continue }
            texts[path] = marked(path, outcome) + Self.applied(Array(edits), to: source.bytes)
        }
        return (texts, codes)
    }

    /// Each file's name, and for further names of the same file the one under which it is written.
    private func writtenNames(_ outcome: Outcome) -> [String: String] {
        var byFile: [String: String] = [:]
        var names: [String: String] = [:]
        let roots = zip(pass.inputs, outcome.results).sorted { $0.0.kind == .root && $1.0.kind != .root }
        for name in roots.flatMap({ $0.1.files }) where names[name] == nil {
            let real = LintInput.realPath(name)
            names[name] = byFile[real] ?? name
            byFile[real] = byFile[real] ?? name
        }
        return names
    }

    /// What can be mended, in order; a new layout takes the whole file, so it comes when nothing else is left.
    private func mendable(_ outcome: Outcome) -> [Problem] {
        let found = outcome.results.flatMap { $0.problems.all.filter(isMendable) }
        return found.filter { $0.code != "HP901" } + found.filter { $0.code == "HP901" }
    }

    private func isMendable(_ problem: Problem) -> Bool {
        guard let fix = problem.fix, !problem.edits.isEmpty, isChosen(problem) else { return false }
        return fix == .safe || isUnsafe
    }

    /// A byte order mark, which edits do not count, stays.
    private func marked(_ path: String, _ outcome: Outcome) -> [UInt8] {
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let before = outcome.texts[path] ?? pass.inputs.first { $0.name == path }?.bytes ?? []
        return before.starts(with: mark) ? mark : []
    }

    private static func isOrderly(_ edits: [Edit]) -> Bool {
        edits.enumerated().allSatisfy { index, edit in
            edits[..<index].allSatisfy { other in
                other.path != edit.path
                    || other.range.lowerBound != edit.range.lowerBound && !other.range.overlaps(edit.range)
            }
        }
    }

    private func isFree(_ edit: Edit, _ others: Set<Edit>, _ source: SourceText?) -> Bool {
        guard let source, edit.range.upperBound <= source.bytes.count else { return false }
        return others.allSatisfy { !Self.touches($0.range, edit.range) }
    }

    /// Two edits of neighbouring bytes wait for one another: their order would matter.
    private static func touches(_ left: Range<Int>, _ right: Range<Int>) -> Bool {
        left.lowerBound <= right.upperBound && right.lowerBound <= left.upperBound
    }

    /// A text with edits made; they do not touch one another.
    static func applied(_ edits: [Edit], to bytes: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var end = 0
        for edit in edits.sorted(by: { $0.range.lowerBound < $1.range.lowerBound }) {
            result += bytes[end..<edit.range.lowerBound]
            result += Array(edit.replacement.utf8)
            end = edit.range.upperBound
        }
        return result + bytes[end...]
    }
}
