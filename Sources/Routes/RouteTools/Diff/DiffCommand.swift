/// `hoosh-proxy diff OLD NEW`: which requests two route files treat differently (`routes.md` 5.2).
package enum DiffCommand {
    /// What makes the exit code 1.
    private enum Failure: String, CaseIterable { case differences, privacy }

    static let usage = """
        usage: hoosh-proxy diff [options] OLD NEW
               OLD and NEW are route files, or REV:path as git names them: main:routes/prod.yaml
          --json                  for programs
          --markdown              for a pull request
          --fail-on differences|privacy
                                  what makes the exit code 1: any difference (default), or only that something may
                                  go where it could not go before
          --allow-privacy         accept that
        exit: 0 the same in effect, 1 different, 2 usage or unreadable

        """

    /// Does what the command line asks for and answers the exit code (`routes.md` 4.3).
    package static func run(_ arguments: [String], _ terminal: Terminal) -> Int32 {
        do throws(Misuse) {
            let given = try Arguments(
                arguments,
                [.init("--json"), .init("--markdown"), .init("--allow-privacy"), .init("--fail-on", "a word")]
            )
            if given.has("--help") {
                terminal.print(usage)
                return ExitCode.success
            }
            let failure = try given.word("--fail-on", Failure.differences)
            guard given.paths.count == 2 else { throw Misuse("name two route files, the old one and the new one") }
            if given.has("--json"), given.has("--markdown") { throw Misuse("give either --json or --markdown") }
            guard let old = try Revision.read(given.paths[0], terminal),
                let new = try Revision.read(given.paths[1], terminal)
            else { return ExitCode.usage }
            let comparison = Comparison(old, new)
            let report = DiffReport(comparison: comparison, allowsPrivacy: given.has("--allow-privacy"))
            if given.has("--json") {
                terminal.print(report.json.written() + "\n")
            } else {
                terminal.show(given.has("--markdown") ? report.markdown : report.text)
            }
            let isWeaker = comparison.weakensPrivacy && !given.has("--allow-privacy")
            switch failure {
            case .differences: return comparison.differs ? ExitCode.finding : ExitCode.success
            case .privacy: return isWeaker || !comparison.isComplete ? ExitCode.finding : ExitCode.success
            }
        } catch {
            return terminal.misuse(error, command: "diff", usage: "hoosh-proxy diff --help says more\n")
        }
    }
}
