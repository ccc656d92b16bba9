import Compiler
import Decision
import Interpreter
import RouteModel
import Routing
import Testing

@Suite struct CheckTests {
    #if DEBUG
        static let rounds = 60
    #else
        static let rounds = 2_000
    #endif

    @Test(arguments: [UInt64(11), 12])
    func `what the compiler makes passes the check`(seed: UInt64) {
        var dice = Dice(seed: seed)
        for round in 0..<Self.rounds {
            let document = RandomDocument.make(routes: round % 50 == 0 ? 150 : 1 + dice.below(12), &dice)
            let compiled = RouteCompiler.compile(document)
            guard compiled.problems.isEmpty else { continue }
            let faults = ProgramCheck.faults(compiled, patterns: patterns)
            if !faults.isEmpty {
                Issue.record("\(faults)\n\(DocumentText.text(document))\n\(compiled.program.print())")
                return
            }
        }
    }

    /// Whatever is flipped, either the check refuses the program, or no request sees a difference.
    @Test(arguments: [UInt64(21), 22])
    func `a flipped field of a node is found, or changes nothing`(seed: UInt64) {
        var dice = Dice(seed: seed)
        var refused = 0
        var harmless = 0
        for round in 0..<(Self.rounds / 15) {
            let document = RandomDocument.make(routes: round % 10 == 0 ? 80 : 6 + dice.below(12), &dice)
            let compiled = RouteCompiler.compile(document)
            guard compiled.problems.isEmpty else { continue }
            let requests = (0..<250).map { _ in compiled.facts(for: Request.random(&dice)) }
            let answers = requests.map { $0.decide(compiled.program) }
            let nodes = compiled.program.nodes
            for number in nodes.indices.shuffled(using: &dice).prefix(40) {
                for node in Self.flips(of: nodes[number], nodes.count, &dice) {
                    var damaged = nodes
                    damaged[number] = node
                    let program = compiled.program.replacing(nodes: damaged)
                    if !ProgramCheck.faults(compiled.replacing(program), patterns: patterns).isEmpty {
                        refused += 1
                        continue
                    }
                    harmless += 1
                    for (request, answer) in zip(requests, answers) where request.decide(program) != answer {
                        Issue.record(
                            "\(nodes[number]) → \(node): passed, yet answers \(request.decide(program)), not \(answer)"
                        )
                        return
                    }
                }
            }
        }
        #expect(refused > harmless)
    }

    private static func flips(of node: Node, _ count: Int, _ dice: inout Dice) -> [Node] {
        var all: [Node] = []
        for field in [\Node.count, \Node.first, \Node.second] {
            for value in [node[keyPath: field] &+ 1, node[keyPath: field] &- 1, UInt32(dice.below(count)), .max, 0] {
                var flipped = node
                flipped[keyPath: field] = value
                if flipped != node { all.append(flipped) }
            }
        }
        for kind in Node.Kind.allCases where kind != node.kind {
            var flipped = node
            flipped.kind = kind
            all.append(flipped)
        }
        return all
    }

    @Test func `a target that a class may not reach is found`() throws {
        var dice = Dice(seed: 5)
        var found = 0
        for _ in 0..<60 {
            let document = RandomDocument.make(routes: 3, &dice)
            let compiled = RouteCompiler.compile(document)
            guard compiled.problems.isEmpty else { continue }
            var routes = compiled.program.routes
            for (number, route) in routes.enumerated() {
                guard case .forward(let plans) = route.action else { continue }
                // The public plan for everybody: what a compiler that forgot clearances would make.
                let open = Route.Action.forward(plans.map { _ in plans[0] })
                routes[number] = Route(name: route.name, position: route.position, action: open)
                guard plans.contains(where: { $0 !== plans[0] }) else { continue }
                let program = Program(
                    routes: routes,
                    boxes: compiled.program.boxes,
                    vocabulary: compiled.program.vocabulary
                )
                #expect(!ProgramCheck.faults(compiled.replacing(program), patterns: patterns).isEmpty)
                found += 1
                break
            }
        }
        #expect(found > 10)
    }
}
