import Foundation
import Testing

import RouteTools

@Suite struct DiffTests {
    private static let old = """
        version: 1
        providers:
          near: {kind: ollama}
          far: {kind: openai, key: env:KEY, deny_tags: [eu], tls: {ca: system}}
        privacy: {rules: [{tag: eu, header: {x-residency: eu}}]}
        routes:
          - {name: gpt, match: {model: "gpt-*"}, to: [far, near]}
          - {name: rest, to: [near]}
        """

    private func diff(_ new: String, _ arguments: String...) throws -> Workbench.Outcome {
        let bench = try Workbench(["old.yaml": Self.old, "new.yaml": new])
        let all = [bench.path("old.yaml"), bench.path("new.yaml")] + arguments
        return bench.run({ _, terminal in DiffCommand.run(all, terminal) })
    }

    @Test func `a file is the same as itself, comments and order of keys aside`() throws {
        let same = try diff(Self.old)
        #expect(same.code == 0)
        #expect(same.output.contains("~ no request goes another way\n"))
        let commented = "# a comment\n" + Self.old.replacingOccurrences(of: "[\"gpt-*\"]", with: "gpt-*")
        let result = try diff(commented)
        #expect(result.code == 0, "\(result.output)")
        #expect(result.output.contains("= 2 routes unchanged in effect; the edits have no effect"))
    }

    @Test func `what is replaced no more, and answers that are read no more, are less private`() throws {
        func text(_ rules: String, _ scan: String = "") -> String {
            "version: 1\nproviders: {near: {kind: ollama}}\nprivacy: {rules: [\(rules)]}\n"
                + "routes:\n  - {name: all, to: [near]\(scan)}\n"
        }
        func compared(_ old: String, _ new: String, _ more: String...) throws -> Workbench.Outcome {
            let bench = try Workbench(["old.yaml": old, "new.yaml": new])
            let all = [bench.path("old.yaml"), bench.path("new.yaml")] + more
            return bench.run({ _, terminal in DiffCommand.run(all, terminal) })
        }
        let whole = text("{tag: key, builtin: [api_key, jwt], redact: true}")
        let less = text("{tag: key, builtin: [api_key, jwt]}")
        let result = try compared(whole, less)
        let sentence = "what `api_key`, `jwt` finds goes on as it is (was: replaced by [KEY]): less private"
        #expect(result.code == 1 && result.output.contains("! privacy: \(sentence)"), "\(result.output)")
        #expect(try compared(whole, less, "--allow-privacy").output.contains("~ privacy: \(sentence)     allowed"))
        let json = try compared(whole, less, "--json").output
        #expect(json.contains("unredacted"), "\(json)")
        let other = text("{tag: jwt, builtin: [jwt], redact: true}, {tag: key, builtin: [api_key], redact: true}")
        #expect(try !compared(whole, other).output.contains("less private"))
        #expect(try !compared(less, whole).output.contains("less private"))
        let unread = try compared(
            text("{tag: key, builtin: [jwt]}", ", scan_responses: deny"),
            text("{tag: key, builtin: [jwt]}")
        )
        #expect(unread.output.contains("! privacy: answers of route `all` are not read any more: less private"))
    }

    @Test func `requests that go another way are named with a witness`() throws {
        let new = Self.old.replacingOccurrences(of: "to: [far, near]", with: "to: [near]")
        let result = try diff(new)
        #expect(result.code == 1)
        #expect(result.output.contains("1. model gpt-*"), "\(result.output)")
        #expect(result.output.contains("witness: chat   model \"gpt-"), "\(result.output)")
        #expect(result.output.contains("= 1 route unchanged in effect"))
    }

    @Test func `a witness keeps what only the old file asked for`() throws {
        let bench = try Workbench([
            "old.yaml": Self.old.replacingOccurrences(of: "{model: \"gpt-*\"}", with: "{headers: {x-team: blue}}"),
            "new.yaml": Self.old.replacingOccurrences(
                of: "  - {name: gpt, match: {model: \"gpt-*\"}, to: [far, near]}\n",
                with: ""
            ),
        ])
        let result = bench.run(DiffCommand.run, bench.path("old.yaml"), bench.path("new.yaml"))
        #expect(result.code == 1)
        #expect(result.output.contains("header x-team: blue"), "\(result.output)")
    }

    @Test func `what may now go where it could not go needs --allow-privacy`() throws {
        let new = Self.old.replacingOccurrences(of: "deny_tags: [eu], ", with: "")
        let result = try diff(new)
        #expect(result.code == 1)
        #expect(result.output.contains("! privacy: tag eu may now reach far  (was: never)"), "\(result.output)")
        #expect(try diff(new, "--fail-on", "privacy").code == 1)
        let allowed = try diff(new, "--fail-on", "privacy", "--allow-privacy")
        #expect(allowed.code == 0)
        #expect(allowed.output.contains("~ privacy: tag eu may now reach far  (was: never)     allowed"))
    }

    @Test func `a setting that differs is a difference`() throws {
        let new = Self.old.replacingOccurrences(of: "to: [near]}", with: "to: [near], timeout: {total: 5m}}")
        let result = try diff(new)
        #expect(result.code == 1)
        #expect(result.output.contains("~ route rest: timeout.total 10m → 5m"))
    }

    @Test func `Markdown and JSON have the same changes`() throws {
        let new = Self.old.replacingOccurrences(of: "to: [far, near]", with: "to: [near]")
        #expect(try diff(new, "--markdown").output.contains("| # | Requests | Before | After | For example |"))
        let json = try diff(new, "--json")
        let object = try #require(try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
        #expect(object["differs"] as? Bool == true)
        #expect((object["changes"] as? [Any])?.count == 1)
    }

    @Test func `a revision is read from git, with what it includes`() throws {
        let bench = try Workbench([
            "parts.yaml": "fragment: 1\nproviders:\n  near: {kind: ollama}\n",
            "r.yaml": "version: 1\ninclude: [parts.yaml]\nroutes:\n  - {name: rest, to: [near]}\n",
        ])
        func git(_ arguments: String...) throws {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments = ["git", "-C", bench.folder, "-c", "user.name=a", "-c", "user.email=a@b"] + arguments
            process.standardOutput = FileHandle.nullDevice
            try process.run()
            process.waitUntilExit()
            #expect(process.terminationStatus == 0)
        }
        try git("init", "-q")
        try git("add", ".")
        try git("commit", "-q", "-m", "first")
        try bench.write(
            "version: 1\ninclude: [parts.yaml]\nroutes:\n  - {name: rest, to: [near], timeout: {total: 5m}}\n",
            to: "r.yaml"
        )
        let result = try program(in: bench.folder, "diff", "HEAD:r.yaml", "r.yaml")
        #expect(result.code == 1)
        #expect(result.output.contains("timeout.total 10m → 5m"))
        let missing = try program(in: bench.folder, "diff", "HEAD:no.yaml", "r.yaml")
        #expect(missing.code == 2)
        #expect(missing.output.contains("git has no `HEAD:no.yaml`"))
        let option = try program(in: bench.folder, "diff", "--", "-x:no.yaml", "r.yaml")
        #expect(option.code == 2)
        #expect(option.output.contains("`-x` is no revision"))
    }

    /// The program itself, since git and includes go by the folder they are started in.
    private func program(in folder: String, _ arguments: String...) throws -> (code: Int32, output: String) {
        let built = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        let process = Process()
        process.executableURL = built.appendingPathComponent("hoosh-proxy")
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }

    @Test(arguments: [["a.yaml"], ["/nowhere.yaml", "/nowhere2.yaml"], ["--jsn", "a", "b"]])
    func `a command line that makes no sense is a misuse`(arguments: [String]) throws {
        let bench = try Workbench([:])
        #expect(bench.run({ _, terminal in DiffCommand.run(arguments, terminal) }).code == 2)
    }
}
