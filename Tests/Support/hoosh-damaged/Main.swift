import Decision
import Glibc
import Proxy
import Synchronization

/// The proxy with one field of one node of its compiled tree changed: for tests of the check at load, never shipped.
///
/// `hoosh-damaged FILE nodes` prints the tree. `hoosh-damaged FILE NODE FIELD VALUE check|no-check` serves the damaged one,
/// at every reload too; FIELD is `first`, `second` or `count`. `hoosh-damaged FILE plans check|no-check` serves plans that
/// forget about classes and tags; `clearances` in place of `plans` takes what providers may see from the last check too, and
/// `unread` forgets about content rules. `hoosh-damaged FILE departures` never settles what clients that leave had set aside. With `later` at the end, what the process starts with stays whole.
@main
struct Main {
    static func main() {
        var arguments = CommandLine.arguments.dropFirst()
        var options = ServeOptions(routesPath: arguments.popFirst() ?? "")
        options.threads = 1
        let isLater = arguments.last == "later"
        if isLater { arguments.removeLast() }
        let readings = Atomic(0)
        /// True when what is compiled now is to be damaged.
        let isDue: @Sendable () -> Bool = { readings.add(1, ordering: .relaxed).oldValue > 0 || !isLater }
        if arguments == ["nodes"] {
            exit(Service.show(options))
        }
        if arguments.first == "departures" {
            options.settlesDepartures = false
            options.threads = 2
            exit(Service.run(options))
        }
        if arguments.first == "plans" {
            options.checksProgram = arguments.last != "no-check"
            exit(Service.run(options) { isDue() ? $0.withOpenPlans() : $0 })
        }
        if arguments.first == "clearances" || arguments.first == "unread" {
            let reads = arguments.first == "clearances"
            options.checksProgram = arguments.last != "no-check"
            exit(
                Service.run(options) { compiled in
                    guard isDue() else { return compiled }
                    return reads ? compiled.withOpenPlans().withoutClearances() : compiled.withoutContentRules()
                }
            )
        }
        guard let node = arguments.popFirst().flatMap(Int.init), let field = arguments.popFirst(),
            let value = arguments.popFirst().flatMap(UInt32.init), let check = arguments.popFirst()
        else {
            Console.say(
                "usage: hoosh-damaged FILE nodes | FILE plans|clearances|unread CHECK | FILE departures | FILE NODE FIELD VALUE CHECK"
                    + "; CHECK: check|no-check [later]"
            )
            exit(2)
        }
        options.checksProgram = check != "no-check"
        exit(
            Service.run(options) { compiled in
                var nodes = compiled.program.nodes
                guard isDue(), nodes.indices.contains(node) else { return compiled }
                switch field {
                case "first": nodes[node].first = value
                case "second": nodes[node].second = value
                default: nodes[node].count = value
                }
                return compiled.replacing(compiled.program.replacing(nodes: nodes))
            }
        )
    }
}
