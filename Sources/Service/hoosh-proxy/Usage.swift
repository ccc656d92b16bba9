import Decision
import Proxy
import Report

/// What can be written on the command line.
enum Usage {
    /// A command line that cannot be understood.
    struct Fault: Error {
        let sentence: String
    }

    static let short = "usage: hoosh-proxy --routes FILE   (hoosh-proxy --help says more)\n"

    static let text = """
        hoosh-proxy: takes an application's LLM traffic and sends each request where the route file says

        usage:
          hoosh-proxy --routes FILE [--threads N] [--access-log] [--engine tree|bits|linear]
              serve; FILE is a route file, for example routes/dev.yaml
                --threads N     event loops (default: one for each core)
                --access-log    one JSON line per request on standard output, without any content
                --engine        what decides: the compiled tree, or one of the two it is checked against
        \(commands)
          hoosh-proxy --version

        signals: SIGHUP reads the route file again; SIGTERM and SIGINT end it after running requests are done, at most listen.drain

        """

    private static let commands = Command.all.map { command in
        "  hoosh-proxy " + command.help.split(separator: "\n").joined(separator: "\n  ")
    }.joined(separator: "\n")

    /// Reads what follows the program's name when it is to serve.
    static func serveOptions(_ arguments: [String]) -> Result<ServeOptions, Fault> {
        var options = ServeOptions(routesPath: "")
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            let (name, attached) = split(argument)
            switch name {
            case "--routes":
                guard let value = attached ?? rest.popFirst() else { return missing(name, "a file") }
                options.routesPath = value
            case "--threads":
                guard let value = attached ?? rest.popFirst() else { return missing(name, "a number") }
                guard let number = Int(value), (1...256).contains(number) else {
                    return .failure(Fault(sentence: "--threads takes a number from 1 to 256, not `\(value)`"))
                }
                options.threads = number
            case "--engine":
                guard let value = attached ?? rest.popFirst() else { return missing(name, "tree, bits or linear") }
                guard let engine = Program.Engine(rawValue: value) else {
                    return .failure(Fault(sentence: "--engine takes tree, bits or linear, not `\(value)`"))
                }
                options.engine = engine
            case "--access-log": options.logsAccess = true
            default: return unknown(argument)
            }
        }
        guard !options.routesPath.isEmpty else {
            return .failure(Fault(sentence: "say which route file to serve: --routes FILE"))
        }
        return .success(options)
    }

    private static func split(_ argument: String) -> (String, String?) {
        guard argument.hasPrefix("--"), let equals = argument.firstIndex(of: "=") else { return (argument, nil) }
        return (String(argument[..<equals]), String(argument[argument.index(after: equals)...]))
    }

    private static func missing(_ name: String, _ what: String) -> Result<ServeOptions, Fault> {
        .failure(Fault(sentence: "\(name) wants \(what) behind it"))
    }

    private static func unknown(_ argument: String) -> Result<ServeOptions, Fault> {
        let known =
            ["--routes", "--threads", "--access-log", "--engine", "--help", "--version"] + Command.all.map(\.name)
        let near = Suggestion.nearest(to: argument, among: known).map { "; did you mean `\($0)`?" } ?? ""
        return .failure(Fault(sentence: "unknown argument `\(argument)`\(near)"))
    }
}
