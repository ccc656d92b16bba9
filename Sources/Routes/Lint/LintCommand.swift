import Glibc
import Report
import RouteLanguage

/// `hoosh-proxy lint PATH…`: the checks of the language on files and folders.
package enum LintCommand {
    /// What the command line asks for.
    private struct Options {
        var paths: [String] = []
        var format = Render.Format.human
        var color = Render.Color.auto
    }

    /// A command line that cannot be understood, in words.
    private struct Misuse: Error {
        let sentence: String
    }

    static let usage = """
        usage: hoosh-proxy lint [--format human|short|json] [--color auto|always|never] PATH...
               PATH is a route file, a folder (every *.yaml and *.yml below it), or - for standard input
        """

    /// Checks files and folders.
    ///
    /// - Parameters:
    ///   - arguments: what stands behind `lint`.
    ///   - print: takes the output, line ends included.
    /// - Returns: 0 clean, 1 errors found, 2 usage or unreadable input.
    package static func run(_ arguments: [String], print: (String) -> Void) -> Int32 {
        let options: Options
        do throws(Misuse) {
            options = try parsed(arguments)
        } catch {
            print("hoosh-proxy lint: \(error.sentence)\n\(usage)\n")
            return 2
        }
        if options.paths == ["--help"] {
            print("\(usage)\n")
            return 0
        }
        let started = now()
        var problems = Problems()
        var isUnreadable = false
        var files: [String] = []
        for path in options.paths {
            do throws(Files.Failure) {
                files += try routeFiles(at: path)
            } catch {
                print("hoosh-proxy lint: cannot read `\(path)`: \(error.reason)\n")
                isUnreadable = true
            }
        }
        var checked = 0
        for file in files {
            guard let found = lint(file, print) else {
                isUnreadable = true
                continue
            }
            problems.add(found)
            checked += 1
        }
        let isColored = options.color.isOn(isTerminal: isatty(1) == 1, noColor: variable("NO_COLOR"))
        print(Render(problems, isColored: isColored).text(options.format, files: files))
        if options.format == .human {
            if !problems.isEmpty { print("\n") }
            print(summary(problems, checked, (now() - started) / 1_000_000))
        }
        return isUnreadable ? 2 : problems.hasErrors ? 1 : 0
    }

    private static func parsed(_ arguments: [String]) throws(Misuse) -> Options {
        var options = Options()
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            if argument == "--help" || argument == "-h" {
                options.paths = ["--help"]
                return options
            }
            guard argument.hasPrefix("--") else {
                options.paths.append(argument)
                continue
            }
            let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let name = parts[0]
            guard name == "--format" || name == "--color" else {
                let near = Suggestion.nearest(to: name, among: ["--format", "--color", "--help"])
                throw Misuse(sentence: "unknown option `\(name)`\(near.map { ", did you mean `\($0)`?" } ?? "")")
            }
            guard let value = parts.count == 2 ? parts[1] : rest.popFirst() else {
                throw Misuse(sentence: "`\(name)` needs a value")
            }
            if name == "--format" {
                guard let format = Render.Format(rawValue: value) else {
                    throw Misuse(sentence: "`\(value)` is no format: human, short or json")
                }
                options.format = format
            } else {
                guard let color = Render.Color(rawValue: value) else {
                    throw Misuse(sentence: "`\(value)` is no choice of colour: auto, always or never")
                }
                options.color = color
            }
        }
        if options.paths.isEmpty { throw Misuse(sentence: "no file or folder given") }
        return options
    }

    /// The file itself, or the route files below a folder, sorted.
    private static func routeFiles(at path: String) throws(Files.Failure) -> [String] {
        guard path != "-", Files.isFolder(path) else { return [path] }
        var found: [String] = []
        for name in try Files.names(in: path) {
            let below = path.hasSuffix("/") ? path + name : "\(path)/\(name)"
            // Kubernetes mounts a ConfigMap's content a second time under `..data`; other hidden folders are not ours.
            if name.hasPrefix(".") { continue }
            if Files.isFolder(below) {
                found += try routeFiles(at: below)
            } else if (name.hasSuffix(".yaml") || name.hasSuffix(".yml")) && Files.isRegular(below) {
                found.append(below)
            }
        }
        return found
    }

    /// Checks one file; nil when it cannot be read.
    private static func lint(_ file: String, _ print: (String) -> Void) -> Problems? {
        let name = file == "-" ? "<stdin>" : file
        let bytes: [UInt8]
        do throws(Files.Failure) {
            bytes = try Files.read(file, limit: TextCheck.limitBytes)
        } catch {
            print("hoosh-proxy lint: cannot read `\(file)`: \(error.reason)\n")
            return nil
        }
        if let note = skipped(name, bytes) { return note }
        return RouteFile.read(bytes, path: name, purpose: .lint, environment: { _ in nil }).problems
    }

    /// Kinds of files that the language knows and this build does not read.
    private static func skipped(_ name: String, _ bytes: [UInt8]) -> Problems? {
        let isTest = name.hasSuffix(".test.yaml") || name.hasSuffix(".test.yml")
        let source = SourceText(path: name, bytes: bytes)
        let fragment = (1...source.lineCount).first { source.line($0).hasPrefix("fragment:") }
        let hasVersion = (1...source.lineCount).contains { source.line($0).hasPrefix("version:") }
        guard isTest || (fragment != nil && !hasVersion) else { return nil }
        var problems = Problems()
        problems.add(source: source)
        let spot = Spot(path: name, line: fragment ?? 1, column: 1, length: 1)
        let what = isTest ? "tests of routes have" : "`include` has"
        problems.add(Problem(.note, "HP120", "\(what) no engine in this build: this file is not checked", at: spot))
        return problems
    }

    private static func summary(_ problems: Problems, _ files: Int, _ milliseconds: Int) -> String {
        func counted(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }
        var text = "\(counted(files, "file")) checked, \(counted(problems.count(.error), "error")), "
        text += counted(problems.count(.warning), "warning")
        let notes = problems.count(.note)
        if notes > 0 { text += ", \(counted(notes, "note"))" }
        return "\(text) in \(milliseconds) ms\n"
    }

    private static func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

    private static func now() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int(time.tv_sec) * 1_000_000_000 + Int(time.tv_nsec)
    }
}
