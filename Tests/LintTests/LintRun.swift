import Glibc
import Lint

/// One run of `lint`, as the command line starts it.
struct LintRun {
    let code: Int32
    /// Standard output.
    let text: String
    /// Standard error.
    let complaints: String

    init(_ arguments: String...) { self.init(arguments) }

    init(_ arguments: [String]) {
        var text = ""
        var complaints = ""
        let surroundings = LintCommand.Surroundings(
            print: { text += $0 },
            complain: { complaints += $0 },
            version: "0.0.0"
        )
        code = LintCommand.run(["--color=never"] + arguments, surroundings)
        self.text = text
        self.complaints = complaints
    }
}

/// A folder that goes when it is no longer used.
final class Folder {
    let path: String

    init(_ files: [String: String] = [:]) {
        var template = Array("/tmp/hoosh-lint-XXXXXX".utf8CString)
        let made = mkdtemp(&template)
        path =
            made == nil
            ? "/nonexistent" : String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        for (name, text) in files { write(text, to: name) }
    }

    func write(_ text: String, to name: String) {
        if let slash = name.lastIndex(of: "/") { mkdir("\(path)/\(name[..<slash])", 0o755) }
        Cases.write(text, to: "\(path)/\(name)")
    }

    func text(_ name: String) -> String { Cases.text("\(path)/\(name)") }

    deinit {
        for name in Cases.names(path) {
            for below in Cases.names("\(path)/\(name)") { unlink("\(path)/\(name)/\(below)") }
            rmdir("\(path)/\(name)")
            unlink("\(path)/\(name)")
        }
        rmdir(path)
    }
}
