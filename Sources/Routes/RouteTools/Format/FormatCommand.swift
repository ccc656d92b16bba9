import Lint
import Report
import RouteLanguage

/// `hoosh-proxy fmt`: lays route files out (`routes.md` 5.3).
package enum FormatCommand {
    static let usage = """
        usage: hoosh-proxy fmt [--check] [--diff] [--sort] PATH...
               lays route files, and those in folders, out: two spaces a level, keys in the language's
               order, brackets up to 100 columns, quotes where they are needed; comments stay.
               A file that cannot be read as YAML is left alone. `-` reads standard input and prints.
          --check  changes nothing, names the files that are laid out otherwise; exit 1 when there are any
          --diff   changes nothing, shows what would change; exit 1 when anything would
          --sort   sorts lists of globs, whose order means nothing

        """

    private struct Run {
        let isCheck: Bool
        let isDiff: Bool
        let sortsGlobs: Bool
        let terminal: Terminal
        var changed = 0
        var leftAlone = 0
        var unreadable = 0

        var exitCode: Int32 {
            if leftAlone + unreadable > 0 { return ExitCode.usage }
            return changed > 0 && (isCheck || isDiff) ? ExitCode.finding : ExitCode.success
        }
    }

    /// Does what the command line asks for and answers the exit code (`routes.md` 4.3).
    package static func run(_ arguments: [String], _ terminal: Terminal) -> Int32 {
        do throws(Misuse) {
            let options = try Arguments(arguments, [.init("--check"), .init("--diff"), .init("--sort")])
            if options.has("--help") {
                terminal.print(usage)
                return ExitCode.success
            }
            guard !options.paths.isEmpty else { throw Misuse("which file, or which folder?") }
            var run = Run(
                isCheck: options.has("--check"),
                isDiff: options.has("--diff"),
                sortsGlobs: options.has("--sort"),
                terminal: terminal
            )
            for path in options.paths { each(path, &run) }
            return run.exitCode
        } catch {
            return terminal.misuse(error, command: "fmt", usage: usage)
        }
    }

    private static func each(_ path: String, _ run: inout Run) {
        do throws(Files.Failure) {
            for (file, folder) in try LintInput.paths(at: path) {
                format(try LintInput(file, below: folder), &run)
            }
        } catch {
            run.terminal.complain("hoosh-proxy fmt: cannot read `\(path)`: \(error.reason)\n")
            run.unreadable += 1
        }
    }

    private static func format(_ input: LintInput, _ run: inout Run) {
        let kind: Format.Kind =
            switch input.kind {
            case .root: .root
            case .fragment: .fragment
            case .tests: .other
            }
        guard case .text(let text) = Format.format(input.bytes, kind: kind, sortsGlobs: run.sortsGlobs) else {
            run.terminal.complain("hoosh-proxy fmt: `\(input.name)` is left alone: lint says what is wrong with it\n")
            run.leftAlone += 1
            return
        }
        let isSame = text == input.bytes
        if !isSame { run.changed += 1 }
        if run.isDiff {
            run.terminal.print(difference(input, text))
        } else if run.isCheck {
            if !isSame { run.terminal.print("\(input.name)\n") }
        } else if input.path == "-" {
            run.terminal.print(String(decoding: text, as: UTF8.self))
        } else if !isSame {
            write(text, input, &run)
        }
    }

    /// What would change, without the secrets that somebody may have written into the file.
    private static func difference(_ input: LintInput, _ text: [UInt8]) -> String {
        func problems(_ bytes: [UInt8]) -> Problems {
            RouteFile.read(bytes, path: input.name, purpose: .lint, environment: { _ in nil }).problems
        }
        return UnifiedDiff.text(
            path: input.name,
            old: input.bytes,
            new: text,
            hiding: problems(input.bytes),
            problems(text)
        )
    }

    private static func write(_ text: [UInt8], _ input: LintInput, _ run: inout Run) {
        do throws(FileReplacement.Failure) {
            try FileReplacement.write(text, to: input.path, within: input.folder)
            run.terminal.print("\(input.name)\n")
        } catch {
            run.terminal.complain("hoosh-proxy fmt: cannot write `\(input.name)`: \(error.reason)\n")
            run.unreadable += 1
        }
    }
}
