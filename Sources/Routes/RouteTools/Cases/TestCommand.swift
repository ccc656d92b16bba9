/// `hoosh-proxy test`.
package enum TestCommand {
    /// Does what the command line asks for and answers the exit code (`routes.md` 4.3).
    package static func run(_ arguments: [String], _ terminal: Terminal) -> Int32 {
        terminal.complain("hoosh-proxy test: not yet\n")
        return ExitCode.usage
    }
}
