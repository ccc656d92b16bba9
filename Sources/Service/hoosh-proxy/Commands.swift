import Lint
import Proxy
import RouteTools

/// A word behind the program's name that does something other than serve.
struct Command {
    let name: String
    /// What `--help` says, without the margin.
    let help: String
    /// Takes what stands behind the word, answers the exit code.
    let run: @Sendable ([String]) -> Int32

    /// Every command, in the order of `--help`.
    static let all: [Command] = [
        Command(
            name: "lint",
            help: """
                lint [--fix] [--format human|json|sarif|github|...] PATH...
                    check route files and folders; exit 0 clean, 1 findings, 2 usage or unreadable
                """
        ) { arguments in
            let surroundings = LintCommand.Surroundings(
                print: { Console.print($0) },
                complain: { Console.write($0) },
                version: Version.current
            )
            return LintCommand.run(arguments, surroundings)
        },
        Command(
            name: "rule",
            help: """
                rule [CODE...]
                    the page of a code; without one, a list of all
                """
        ) { RuleCommand.run($0, print: { Console.print($0) }, complain: { Console.write($0) }) },
        Command(
            name: "rules",
            help: """
                rules [--json]
                    every code, for programs
                """
        ) { RuleCommand.run($0, print: { Console.print($0) }, complain: { Console.write($0) }) },
        Command(
            name: "explain",
            help: """
                explain FILE [--model NAME] [--key NAME] [--body TEXT] ...
                    say where a request would go, and why
                """
        ) { ExplainCommand.run($0, terminal) },
        Command(
            name: "test",
            help: """
                test [PATH...]
                    run the cases and proofs of *.test.yaml files; exit 1 when one fails
                """
        ) { TestCommand.run($0, terminal) },
        Command(
            name: "diff",
            help: """
                diff OLD NEW
                    which requests two route files treat differently, each with a witness; exit 1 when any
                """
        ) { DiffCommand.run($0, terminal) },
        Command(
            name: "fmt",
            help: """
                fmt [--check] [--diff] [--sort] PATH...
                    lay route files out: two spaces, keys in the language's order; comments stay
                """
        ) { FormatCommand.run($0, terminal) },
        Command(
            name: "graph",
            help: """
                graph [--view tree|tiers|zones] [--format dot|mermaid|svg|json] [--output FILE] FILE
                    draw the decision tree, the tiers, or which class of content may reach which provider
                """
        ) { GraphCommand.run($0, terminal) },
        Command(
            name: "compile",
            help: """
                compile --print [--format text|json] FILE
                    print the compiled program: nodes, effective settings, plans for each class
                """
        ) { CompileCommand.run($0, terminal) },
        Command(
            name: "schema",
            help: """
                schema [--check] [--output FILE]
                    print the JSON Schema of route files, for editors
                """
        ) { SchemaCommand.run($0, terminal) },
        Command(
            name: "audit",
            help: """
                audit verify [--key env:NAME|file:PATH] [--head SEQ:MAC] [--from SEQ] [--json] FILE...
                    is an audit log as it was written? exit 0 yes, 1 no, 2 usage or unreadable
                """
        ) { AuditCommand.run($0) },
        Command(
            name: "health",
            help: """
                health [--ready] [--admin ADDRESS]
                    ask a running proxy's admin listener (default 127.0.0.1:8089); exit 0 when well
                """
        ) { HealthCommand.run($0) },
    ]

    private static var terminal: Terminal {
        Terminal.standard(print: { Console.print($0) }, complain: { Console.write($0) })
    }
}
