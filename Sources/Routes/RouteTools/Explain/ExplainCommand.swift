import Decision
import Glibc
import RouteModel
import Routing
import Zones

/// `hoosh-proxy explain FILE`: where a request would go, and why (`routes.md` 3.10).
package enum ExplainCommand {
    static let usage = """
        usage: hoosh-proxy explain FILE [the request] [--why-not ROUTE] [--json] [--live ADDRESS] [--engine NAME]
          the request; what is left out has a default:
            --model NAME           --api WORD (default chat)    --path PATH      --method WORD
            --key NAME             --tenant NAME                --header NAME:VALUE, as often as needed
            --body TEXT|@FILE|-    a user's text, or a whole JSON body     --messages JSON|@FILE
            --stream               --tokens N                   --max-tokens N   --features WORD,...
            --class LEVEL          --tags NAME,...              what its content is said to have
            --at TIME              2026-11-20T10:00:00+01:00    --bucket PERCENT  its place in every sample
            --pool NAME            the pool that its body names
          --why-not ROUTE    say why that route does not take it
          --json             the same facts for programs
          --live ADDRESS     health, load and speed as a running proxy's admin listener says (127.0.0.1:8089);
                             where it asks for a token, HOOSH_ADMIN_TOKEN holds it
          --engine NAME      tree, bits or linear: what decides; it is compared with the definition every time

        """

    private static let options: [Arguments.Option] = [
        .init("--model", "a name"), .init("--api", "a word"), .init("--path", "a path"), .init("--method", "a word"),
        .init("--key", "a name"), .init("--tenant", "a name"), .init("--header", "NAME:VALUE"),
        .init("--body", "a text"), .init("--messages", "a JSON list"), .init("--stream"),
        .init("--tokens", "a number"), .init("--max-tokens", "a number"), .init("--features", "words"),
        .init("--class", "a level"), .init("--tags", "names"), .init("--at", "a time"),
        .init("--bucket", "a percentage"), .init("--pool", "a name"), .init("--why-not", "a route"),
        .init("--json"), .init("--live", "an address"), .init("--engine", "a name"),
    ]

    /// Does what the command line asks for and answers the exit code (`routes.md` 4.3).
    package static func run(_ arguments: [String], _ terminal: Terminal) -> Int32 {
        do throws(Misuse) {
            let given = try Arguments(arguments, options)
            if given.has("--help") {
                terminal.print(usage)
                return ExitCode.success
            }
            guard given.paths.count == 1 else { throw Misuse("name one route file") }
            let draft = try DraftArguments(given).draft()
            if let obstacle = DraftReader.obstacle(draft) { throw Misuse(obstacle) }
            let engine = try given.word("--engine", Program.Engine.tree)
            guard let document = try CheckedDocument.load(given.paths[0], terminal, command: "explain") else {
                return ExitCode.finding
            }
            let wanted = try given["--why-not"].map { (name) throws(Misuse) in try route(name, document) }
            var situation: Situation?
            if let address = given["--live"] { situation = try LiveState.ask(address) }
            let explainer = Explainer(document, engine: engine)
            let explanation = explainer.explain(draft, now: time(nil))
            if let wanted {
                let answer = WhyNot(explainer, explanation).answer(wanted)
                if given.has("--json") { terminal.print(answer.json) } else { terminal.show(answer.text) }
            } else {
                let facts = ExplanationFacts(explanation, situation: situation)
                if given.has("--json") {
                    let json = ExplanationJSON(explanation: explanation, facts: facts)
                    terminal.print(json.value.written() + "\n")
                } else {
                    terminal.show(ExplanationText(explanation, facts).text())
                }
            }
            return verdict(explanation, engine, terminal)
        } catch {
            return terminal.misuse(error, command: "explain", usage: "hoosh-proxy explain --help says more\n")
        }
    }

    /// A program that disagrees with the definition of the language is broken, whatever the file says.
    private static func verdict(_ explanation: Explanation, _ engine: Program.Engine, _ terminal: Terminal) -> Int32 {
        if explanation.differences.isEmpty { return ExitCode.success }
        let list = explanation.differences.map { "  \($0)\n" }.joined()
        terminal.complain(
            "hoosh-proxy explain: internal error: engine `\(engine.rawValue)` and the definition of the language "
                + "disagree about this request; please report it with the file\n\(list)"
        )
        return ExitCode.fault
    }

    private static func route(_ name: String, _ document: RouteDocument) throws(Misuse) -> Int {
        if let index = document.routes.firstIndex(where: { $0.name.value == name }) { return index }
        throw Misuse("no route is called `\(name)`\(DraftArguments.near(name, document.routes.map(\.name.value)))")
    }
}
