import Decision
import Routing
import Testing

@Suite struct ProgramTests {
    @Test(arguments: 0..<8)
    func `the tree answers as the definition does`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var pairs = 0
        for round in 0..<160 {
            // Most files are small; some have enough routes for several trees.
            let count = round % 40 == 0 ? 150 : Int.random(in: 1...16, using: &random)
            let world = try World(routes: count, &random)
            let models = world.boundaryModels()
            for _ in 0..<150 {
                let request = World.request(&random)
                let answer = world.decide(request)
                pairs += 1
                if answer != world.expected(request) {
                    Issue.record(
                        "\(request) → \(answer), not \(world.expected(request))\n\(world.reference)\n\(world.program.print())"
                    )
                    return
                }
            }
            for model in models {
                var request = World.request(&random)
                request.model = model
                pairs += 1
                if world.decide(request) != world.expected(request) {
                    Issue.record("\(request) → \(world.decide(request))\n\(world.reference)\n\(world.program.print())")
                    return
                }
            }
        }
        #expect(pairs >= 25_000)
    }

    @Test func `a node that is changed changes the answer`() throws {
        var random = SeededGenerator(seed: 99)
        let world = try World(routes: 12, &random)
        let requests = (0..<400).map { _ in World.request(&random) }
        let before = requests.map { world.decide($0) }
        var noticed = 0
        for index in world.program.nodes.indices {
            var nodes = world.program.nodes
            switch nodes[index].kind {
            case .leafList: nodes[index].count = 0
            case .switchStream, .test:
                (nodes[index].first, nodes[index].second) = (nodes[index].second, nodes[index].first)
            default: continue
            }
            let damaged = world.program.replacing(nodes: nodes)
            let after = requests.map { Asked($0, damaged).decide(damaged) }
            if after != before { noticed += 1 }
        }
        #expect(noticed > 0)
    }

    @Test func `without a match there is no route`() throws {
        let program = try World.program([ReferenceRoute(models: ["a*"])])
        #expect(Asked(ReferenceRequest(model: "b"), program).decide(program) == -1)
        #expect(Asked(ReferenceRequest(model: ""), program).decide(program) == -1)
        #expect(Asked(ReferenceRequest(model: "ab"), program).decide(program) == 0)
        let empty = Program(routes: [], boxes: [])
        #expect(Asked(ReferenceRequest(), empty).decide(empty) == -1)
    }

    @Test func `a request without a model fits no model pattern, not even a star`() throws {
        let program = try World.program([ReferenceRoute(models: ["*"]), ReferenceRoute()])
        #expect(Asked(ReferenceRequest(model: ""), program).decide(program) == 1)
        #expect(Asked(ReferenceRequest(model: "x"), program).decide(program) == 0)
    }

    @Test func `headers that nobody filled in are absent`() throws {
        let program = try World.program([ReferenceRoute(headers: [("x-a", ["*"])]), ReferenceRoute()])
        #expect(program.headerNames == ["x-a"])
        let facts = Facts(api: .chat)
        let nothing: [UInt8] = []
        let answer = program.decide(facts, model: nothing.span, head: nothing.span, identity: nothing.span)
        #expect(answer == .route(1))
    }

    @Test func `the printed tree names every node and route`() throws {
        let reference = (0..<6).map { ReferenceRoute(models: ["m\($0)*"]) } + [ReferenceRoute()]
        let program = try World.program(reference)
        let text = program.print()
        #expect(program.nodes.indices.allSatisfy { text.contains("#\($0) ") })
        #expect((0...6).allSatisfy { text.contains("r\($0)") })
        #expect(text.contains("\"m3…\" → #"))
    }

    @Test func `the tree of ten thousand routes is as large as the file, not larger`() throws {
        var reference = (0..<9_999).map { number in
            ReferenceRoute(apis: number % 3 == 0 ? [.chat] : nil, models: ["model-\(number)-*", "vendor\(number)/x"])
        }
        reference.append(ReferenceRoute())
        let program = try World.program(reference)
        #expect(program.nodes.count < 30_000)
        for number in stride(from: 0, to: 9_999, by: 501) {
            let asked = Asked(ReferenceRequest(model: "model-\(number)-instruct-2025"), program)
            #expect(asked.decide(program) == number)
        }
        #expect(Asked(ReferenceRequest(model: "other"), program).decide(program) == 9_999)
        #expect(program.faults().isEmpty)
    }
}
