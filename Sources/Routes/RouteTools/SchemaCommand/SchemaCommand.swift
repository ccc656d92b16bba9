import RouteLanguage

/// `hoosh-proxy schema`: the language as JSON Schema, for editors.
package enum SchemaCommand {
    static let usage = """
        usage: hoosh-proxy schema [--check] [--output FILE]
               prints the JSON Schema (2020-12) of route files; --output writes it to FILE,
               --check with --output compares FILE with it and exits 1 when they differ
               in a route file:  # yaml-language-server: $schema=docs/routes.schema.json

        """

    /// Does what the command line asks for and answers the exit code (`routes.md` 4.3).
    package static func run(_ arguments: [String], _ terminal: Terminal) -> Int32 {
        do throws(Misuse) {
            let options = try Arguments(arguments, [.init("--check"), .init("--output", "a file")])
            if options.has("--help") {
                terminal.print(usage)
                return ExitCode.success
            }
            guard options.paths.isEmpty else { throw Misuse("the schema is of the language, not of a file") }
            let text = JSONSchema.text()
            guard let output = options["--output"] else {
                if options.has("--check") { throw Misuse("`--check` needs `--output FILE`: the file to compare") }
                terminal.print(text)
                return ExitCode.success
            }
            if options.has("--check") { return try check(output, text, terminal) }
            guard TextFile.write(text, to: output) else { throw Misuse("cannot write `\(output)`: \(TextFile.reason)") }
            return ExitCode.success
        } catch {
            return terminal.misuse(error, command: "schema", usage: usage)
        }
    }

    private static func check(_ path: String, _ text: String, _ terminal: Terminal) throws(Misuse) -> Int32 {
        let bytes: [UInt8]
        do throws(Files.Failure) {
            bytes = try Files.read(path, limit: 16 << 20)
        } catch {
            throw Misuse("cannot read `\(path)`: \(error.reason)")
        }
        if bytes == Array(text.utf8) { return ExitCode.success }
        terminal.complain("hoosh-proxy schema: `\(path)` is not this build's schema\n")
        terminal.complain("write it again:  hoosh-proxy schema --output \(path)\n")
        return ExitCode.finding
    }
}
