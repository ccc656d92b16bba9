import Glibc
import Report
import RouteLanguage
import RouteModel
import Routing

/// `hoosh-proxy test [PATH…]`: cases and proofs about route files (`routes.md` 5.1).
package enum TestCommand {
    static let usage = """
        usage: hoosh-proxy test [options] [PATH...]
               PATH is a *.test.yaml or a folder (every *.test.yaml below it); without one, this folder
          --format human|json|junit     --color auto|always|never
          --coverage                    name what no case shows: routes, values, edges of ranges, tiers
          --fail-under PERCENT          fail below this coverage
          --save-counterexamples        append a case for each refuted proof to its file
        exit: 0 all passed, 1 one failed, 2 usage or unreadable, 3 internal error

        """

    private static let options: [Arguments.Option] = [
        .init("--format", "a format"), .init("--color", "a choice"), .init("--coverage"),
        .init("--fail-under", "a percentage"), .init("--save-counterexamples"),
    ]

    /// Does what the command line asks for and answers the exit code (`routes.md` 4.3).
    package static func run(_ arguments: [String], _ terminal: Terminal) -> Int32 {
        do throws(Misuse) {
            let given = try Arguments(arguments, options)
            if given.has("--help") {
                terminal.print(usage)
                return ExitCode.success
            }
            let format = try given.word("--format", TestReport.Format.human)
            let color = try given.word("--color", Render.Color.auto)
            let failUnder = try given["--fail-under"].map { (text) throws(Misuse) in try share(text) }
            let paths = try files(given.paths.isEmpty ? ["."] : given.paths)
            guard !paths.isEmpty else { throw Misuse("no *.test.yaml there") }
            var reports: [FileReport] = []
            var isUnreadable = false
            for path in paths {
                if let report = try report(path, terminal) { reports.append(report) } else { isUnreadable = true }
            }
            let report = TestReport(
                files: reports,
                showsCoverage: given.has("--coverage"),
                failUnder: failUnder,
                isColored: color.isOn(isTerminal: terminal.isTerminal, noColor: terminal.variable("NO_COLOR"))
            )
            if !reports.isEmpty || !isUnreadable { terminal.print(report.text(format)) }
            if given.has("--save-counterexamples") { try save(reports, terminal) }
            if report.hasFault { return ExitCode.fault }
            return isUnreadable ? ExitCode.usage : report.hasFailed ? ExitCode.finding : ExitCode.success
        } catch {
            return terminal.misuse(error, command: "test", usage: "hoosh-proxy test --help says more\n")
        }
    }

    private static func share(_ text: String) throws(Misuse) -> Int {
        if let share = Amounts.hundredths(text) { return share }
        throw Misuse("--fail-under takes a percentage such as `90%`, not `\(text)`")
    }

    // MARK: Files

    private static func isTest(_ name: String) -> Bool { name.hasSuffix(".test.yaml") || name.hasSuffix(".test.yml") }

    /// The files themselves, and every test file below the folders, sorted within each.
    private static func files(_ paths: [String]) throws(Misuse) -> [String] {
        var found: [String] = []
        for path in paths {
            do throws(Files.Failure) {
                found += try Files.isFolder(path) ? below(path) : [path]
            } catch {
                throw Misuse("cannot read `\(path)`: \(error.reason)")
            }
        }
        return found
    }

    private static func below(_ folder: String) throws(Files.Failure) -> [String] {
        var found: [String] = []
        for name in try Files.names(in: folder) where !name.hasPrefix(".") {
            let path = folder == "." ? name : folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
            if Files.isFolder(path) {
                found += try below(path)
            } else if isTest(name) && Files.isRegular(path) {
                found.append(path)
            }
        }
        return found
    }

    private static func report(_ path: String, _ terminal: Terminal) throws(Misuse) -> FileReport? {
        let bytes: [UInt8]
        do throws(Files.Failure) {
            bytes = try Files.read(path, limit: TextCheck.limitBytes)
        } catch {
            throw Misuse("cannot read `\(path)`: \(error.reason)")
        }
        let (problems, file) = CaseReader.read(bytes, path: path)
        guard let file else {
            show(problems, path, terminal)
            return nil
        }
        let config = file.config?.value ?? routeFile(of: path)
        guard let document = try CheckedDocument.load(Files.path(config, besides: path), terminal, command: "test")
        else {
            return nil
        }
        var named = Problems()
        named.add(source: SourceText(path: path, bytes: bytes))
        CaseNames(document).check(file, &named)
        guard !named.hasErrors else {
            show(named, path, terminal)
            return nil
        }
        let run = CaseRun(document, file, now: time(nil))
        var coverage = Coverage(document, run.explainer.interpreter)
        let results = run.run(&coverage)
        return FileReport(path: path, results: results, coverage: coverage)
    }

    private static func show(_ problems: Problems, _ path: String, _ terminal: Terminal) {
        terminal.complain(Render(problems).text(.human))
        terminal.complain("\nhoosh-proxy test: `\(path)` has errors\n")
    }

    /// `prod.test.yaml` is about `prod.yaml`.
    private static func routeFile(of path: String) -> String {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        return name.hasSuffix(".test.yml") ? name.dropLast(9) + ".yml" : name.dropLast(10) + ".yaml"
    }

    // MARK: Counterexamples

    /// Appends a case for each refuted proof, once.
    private static func save(_ reports: [FileReport], _ terminal: Terminal) throws(Misuse) {
        for report in reports {
            let names = Set(report.results.map(\.name))
            let cases = report.results.filter { !names.contains("counterexample: \($0.name)") }.compactMap(\.savedCase)
            guard !cases.isEmpty else { continue }
            try append(cases, to: report.path, terminal)
        }
    }

    private static func append(_ cases: [String], to path: String, _ terminal: Terminal) throws(Misuse) {
        let bytes: [UInt8]
        do throws(Files.Failure) {
            bytes = try Files.read(path, limit: TextCheck.limitBytes)
        } catch {
            throw Misuse("cannot read `\(path)`: \(error.reason)")
        }
        guard let file = CaseReader.read(bytes, path: path).file, let dash = file.dashColumn,
            let end = file.extent?.upperBound
        else {
            terminal.complain("hoosh-proxy test: `\(path)` has its tests in brackets: add the cases by hand\n")
            return
        }
        guard TextFile.write(inserted(cases, bytes, end: end, dash: dash), to: path) else {
            throw Misuse("cannot write `\(path)`: \(TextFile.reason)")
        }
        let noun = cases.count == 1 ? "case" : "cases"
        terminal.complain("hoosh-proxy test: \(cases.count) \(noun) appended to \(path)\n")
    }

    /// The file with cases behind its last test; a comment on that line stays where it is.
    private static func inserted(_ cases: [String], _ bytes: [UInt8], end: Int, dash: Int) -> String {
        var place = min(end, bytes.count)
        while place < bytes.count, place == 0 || bytes[place - 1] != 0x0A { place += 1 }
        let margin = String(repeating: " ", count: dash - 1)
        let text = cases.map { entry in
            entry.split(separator: "\n").map { "\(margin)\($0)\n" }.joined()
        }.joined()
        let head = String(decoding: bytes[..<place], as: UTF8.self)
        let tail = String(decoding: bytes[place...], as: UTF8.self)
        return head + (head.hasSuffix("\n") ? "" : "\n") + text + tail
    }
}
