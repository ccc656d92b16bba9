import Glibc
import Proxy

/// The command line of `hoosh-proxy`.
@main
struct Main {
    static func main() {
        exit(run(Array(CommandLine.arguments.dropFirst())))
    }

    private static func run(_ arguments: [String]) -> Int32 {
        if let command = Command.all.first(where: { $0.name == arguments.first }) {
            return command.run(Array(arguments.dropFirst()))
        }
        switch arguments.first {
        case "--version", "version":
            Console.print("hoosh-proxy \(Version.current)\n")
            return 0
        case "--help", "-h", "help":
            Console.print(Usage.text)
            return 0
        default: return serve(arguments)
        }
    }

    private static func serve(_ arguments: [String]) -> Int32 {
        switch Usage.serveOptions(arguments) {
        case .success(let options): return Service.run(options)
        case .failure(let fault):
            Console.say(fault.sentence)
            Console.write(Usage.short)
            return 2
        }
    }
}
