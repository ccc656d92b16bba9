/// `hoosh-proxy explain`.
package enum ExplainCommand {
    /// Does what the command line asks for and answers the exit code (`routes.md` 4.3).
    package static func run(_ arguments: [String], _ terminal: Terminal) -> Int32 {
        terminal.complain("hoosh-proxy explain: not yet\n")
        return ExitCode.usage
    }
}
