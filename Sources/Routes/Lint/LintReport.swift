import Glibc
import Report
import RouteLanguage

/// A run of `lint`: reads, mends, sorts out, writes.
struct LintReport {
    let options: LintOptions
    let baseline: Baseline?
    let surroundings: LintCommand.Surroundings

    /// What the summary counts beside findings.
    private struct Tally {
        var files = 0
        var fixed = 0
        var known = 0
        var silenced = 0
        var milliseconds = 0
    }

    func run() throws(Misuse) -> Int32 {
        let started = Self.now()
        var isUnreadable = false
        let inputs = readInputs(&isUnreadable)
        let pass = LintPass(inputs: inputs, resolves: options.resolves, checksLayout: options.asks(for: "HP901"))
        var tally = Tally()
        var outcome: Mending.Outcome
        if options.fixes || options.isDiff {
            let mending = Mending(pass: pass, isUnsafe: options.fixesUnsafely) { options.shows($0) }
            outcome = mending.run()
        } else {
            outcome = Mending.Outcome(results: pass.results([:]))
        }
        var problems = merged(outcome.results).changed { options.shows($0) ? $0 : nil }
        if let path = options.writtenBaseline { try write(Array(Baseline.text(problems).utf8), to: path) }
        if let baseline {
            let fresh = baseline.fresh(problems)
            tally.known = problems.all.count - fresh.all.count
            problems = fresh
        }
        let checked = Set(outcome.results.flatMap(\.files)).sorted()
        tally.files = checked.count
        tally.fixed = outcome.fixedCount
        tally.silenced = outcome.results.reduce(0) { $0 + $1.silencedCount }
        let changed = try settle(&outcome, problems, inputs)
        tally.milliseconds = (Self.now() - started) / 1_000_000
        if options.isDiff {
            try put(changed)
            surroundings.complain(diffSummary(outcome))
        } else {
            try put(text(problems, checked, tally), complains: options.fixes && inputs.contains { $0.path == "-" })
        }
        if outcome.failed != nil { return 3 }
        if isUnreadable { return 2 }
        if options.isDiff, !changed.isEmpty { return 1 }
        return problems.all.contains(where: options.fails) ? 1 : 0
    }

    // MARK: Reading

    private func readInputs(_ isUnreadable: inout Bool) -> [LintInput] {
        var inputs: [LintInput] = []
        var seen: Set<String> = []
        for argument in options.paths {
            do throws(Files.Failure) {
                for (path, folder) in try LintInput.paths(at: argument) where seen.insert(path).inserted {
                    do throws(Files.Failure) {
                        inputs.append(try LintInput(path, below: folder))
                    } catch {
                        surroundings.complain("hoosh-proxy lint: cannot read `\(path)`: \(error.reason)\n")
                        isUnreadable = true
                    }
                }
            } catch {
                surroundings.complain("hoosh-proxy lint: cannot read `\(argument)`: \(error.reason)\n")
                isUnreadable = true
            }
        }
        return inputs
    }

    /// All findings; those about a fragment come once, however many roots include it.
    private func merged(_ results: [LintPass.Result]) -> Problems {
        var problems = Problems()
        var seen: Set<[String]> = []
        for result in results {
            let root = result.files.first
            problems.add(
                result.problems.changed { problem in
                    if problem.spot.path == root { return problem }
                    let key = [problem.code, problem.spot.description, problem.sentence]
                    return seen.insert(key).inserted ? problem : nil
                }
            )
        }
        return problems
    }

    // MARK: Writing

    /// Writes what was mended, or answers it as a difference.
    private func settle(
        _ outcome: inout Mending.Outcome,
        _ problems: Problems,
        _ inputs: [LintInput]
    ) throws(Misuse) -> String {
        if let code = outcome.failed {
            surroundings.complain("hoosh-proxy lint: the edit for \(code) would break the file; it was not made\n")
        }
        var difference = ""
        for (name, bytes) in outcome.texts.sorted(by: { $0.key < $1.key }) {
            let input = inputs.first { $0.name == name }
            if options.isDiff {
                let old = input?.bytes ?? (try? Files.read(name, limit: TextCheck.limitBytes)) ?? []
                difference += UnifiedDiff.text(path: name, old: old, new: bytes, hiding: problems)
            } else if input?.path == "-" {
                surroundings.print(String(decoding: bytes, as: UTF8.self))
            } else {
                let folder = input?.folder ?? Self.folder(of: name, outcome.results, inputs)
                do throws(FileReplacement.Failure) {
                    try FileReplacement.write(bytes, to: name, within: folder)
                } catch {
                    throw Misuse(sentence: "cannot write `\(name)`: \(error.reason)", isOutput: true)
                }
            }
        }
        // What goes through a pipe comes out at its end, mended or not.
        if !options.isDiff, options.fixes, let input = inputs.first(where: { $0.path == "-" }),
            outcome.texts[input.name] == nil
        {
            surroundings.print(String(decoding: input.bytes, as: UTF8.self))
        }
        return difference
    }

    /// The folder of the root that includes a fragment, which includes cannot leave.
    private static func folder(of name: String, _ results: [LintPass.Result], _ inputs: [LintInput]) -> String {
        zip(results, inputs).first { result, _ in result.files.contains(name) }?.1.folder ?? "."
    }

    private func write(_ bytes: [UInt8], to path: String) throws(Misuse) {
        guard let file = fopen(path, "we") else {
            throw Misuse(sentence: "cannot write `\(path)`: \(String(cString: strerror(errno)))", isOutput: true)
        }
        let count = fwrite(bytes, 1, bytes.count, file)
        guard fclose(file) == 0, count == bytes.count else {
            throw Misuse(sentence: "cannot write `\(path)`: \(String(cString: strerror(errno)))", isOutput: true)
        }
    }

    private func put(_ text: String, complains: Bool = false) throws(Misuse) {
        if let path = options.output {
            try write(Array(text.utf8), to: path)
        } else if complains {
            surroundings.complain(text)
        } else {
            surroundings.print(text)
        }
    }

    // MARK: Text

    private func text(_ problems: Problems, _ files: [String], _ tally: Tally) -> String {
        let isTerminal = options.output == nil && isatty(1) == 1
        let noColor = getenv("NO_COLOR").map { String(cString: $0) }
        let isColored = options.color.isOn(isTerminal: isTerminal, noColor: noColor)
        let render = Render(
            problems,
            isColored: isColored,
            rules: Catalogue.infos,
            version: surroundings.version
        )
        var text = render.text(options.format, files: files)
        if options.showsStats {
            let stats = Self.stats(problems)
            if options.format == .human || options.format == .short {
                text += (text.isEmpty || stats.isEmpty ? "" : "\n") + stats
            } else {
                surroundings.complain(stats)
            }
        }
        guard options.format == .human else { return text }
        if !text.isEmpty { text += "\n" }
        return text + summary(problems, tally)
    }

    private static func counted(_ number: Int, _ noun: String) -> String {
        "\(number) \(noun)\(number == 1 ? "" : "s")"
    }

    /// One line for each code: how often, how bad, what.
    private static func stats(_ problems: Problems) -> String {
        let counts = Dictionary(grouping: problems.all, by: \.code).mapValues(\.count)
        let ordered = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        return ordered.map { code, count in
            let rule = Catalogue.rule(code)
            let padding = String(repeating: " ", count: max(0, 6 - String(count).count))
            let fix = rule?.fix.map { " [\($0.rawValue) fix]" } ?? ""
            return "\(padding)\(count)  \(code)  \(rule?.severityWord ?? "")  \(rule?.rule ?? "")\(fix)\n"
        }.joined()
    }

    private func summary(_ problems: Problems, _ tally: Tally) -> String {
        var text = "\(Self.counted(tally.files, "file")) checked, \(Self.counted(problems.count(.error), "error")), "
        text += Self.counted(problems.count(.warning), "warning")
        let notes = problems.count(.note)
        if notes > 0 { text += ", \(Self.counted(notes, "note"))" }
        if tally.fixed > 0 { text += ", \(tally.fixed) fixed" }
        if tally.silenced > 0 { text += ", \(tally.silenced) silenced" }
        if tally.known > 0 { text += ", \(tally.known) in the baseline" }
        let fixes = problems.all.filter { !$0.edits.isEmpty }
        let safe = fixes.filter { $0.fix == .safe }.count
        let unsafe = fixes.filter { $0.fix == .unsafe }.count
        switch (safe, unsafe) {
        case (0, 0): break
        case (0, _): text += " (\(Self.counted(unsafe, "fix").fixes) available with --fix --unsafe-fixes)"
        case (_, 0): text += " (\(Self.counted(safe, "fix").fixes) available with --fix)"
        default:
            text += " (\(Self.counted(safe, "fix").fixes) available with --fix, \(unsafe) more with --unsafe-fixes)"
        }
        return "\(text) in \(tally.milliseconds) ms\n"
    }

    private func diffSummary(_ outcome: Mending.Outcome) -> String {
        let files = Self.counted(outcome.texts.count, "file")
        return "would fix \(Self.counted(outcome.fixedCount, "finding")) in \(files)\n"
    }

    private static func now() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int(time.tv_sec) * 1_000_000_000 + Int(time.tv_nsec)
    }
}

extension String {
    /// `fixs` is no word.
    fileprivate var fixes: String { hasSuffix("fixs") ? String(dropLast()) + "es" : self }
}
