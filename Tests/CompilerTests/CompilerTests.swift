import Compiler
import Decision
import Report
import RouteModel
import Routing
import Testing

@Suite struct CompilerTests {
    @Test func `a match that comes to too many cases is refused`() throws {
        var dice = Dice(seed: 1)
        var document = RandomDocument.make(routes: 1, &dice)
        var match = Match(spot: RandomDocument.spot)
        // Each `not` of three keys has three ways to fail: four of them 81.
        var parts: [Match] = []
        for header in ["x-a", "x-b", "x-c", "x-d"] {
            var part = Match(spot: RandomDocument.spot)
            for name in ["1", "2", "3"] {
                part.headers.append(
                    HeaderCondition(
                        name: RandomDocument.located(header + name),
                        matchers: [RandomDocument.located("a")]
                    )
                )
            }
            parts.append(part)
        }
        var any = Match(spot: RandomDocument.spot)
        any.any = parts
        match.not = [any]
        document.routes[0].match = match
        document.routes[0].isEnabled = true
        let problems = RouteCompiler.compile(document).problems
        #expect(problems.map(\.code) == ["HP803"])
        #expect(RouteCompiler.problems(document).map(\.sentence) == problems.map(\.sentence))
    }

    @Test func `what stands against serving is known without a program`() {
        var dice = Dice(seed: 3)
        for _ in 0..<200 {
            let document = RandomDocument.make(routes: 1 + dice.below(12), &dice)
            let problems = RouteCompiler.compile(document).problems
            #expect(RouteCompiler.problems(document).map(\.sentence) == problems.map(\.sentence))
        }
    }

    @Test func `each target holds the least of the limits that are said for it`() {
        var dice = Dice(seed: 4)
        for _ in 0..<50 {
            var document = RandomDocument.make(routes: 1 + dice.below(6), &dice)
            for index in document.providers.indices where dice.below(2) == 0 {
                document.providers[index].maxTokens = RandomDocument.located(1 + dice.below(500))
            }
            for index in document.routes.indices where dice.below(2) == 0 {
                document.routes[index].settings.maxTokens = Setting(1 + dice.below(500))
            }
            let compiled = RouteCompiler.compile(document)
            guard compiled.problems.isEmpty else { continue }
            #expect(ProgramCheck.faults(compiled, patterns: patterns).isEmpty)
            for (route, position) in zip(compiled.program.routes, compiled.positions) {
                guard case .forward(let plans) = route.action else { continue }
                for target in plans.flatMap(\.tiers).flatMap(\.targets) {
                    let said = [
                        document.routes[position].settings.maxTokens.value,
                        document.providers[target.provider].maxTokens?.value,
                    ]
                    #expect(target.maxTokens == said.compactMap(\.self).min())
                }
            }
        }
    }

    @Test func `a match that nothing fits comes to no box`() {
        var dice = Dice(seed: 2)
        var document = RandomDocument.make(routes: 1, &dice)
        var match = Match(spot: RandomDocument.spot)
        match.models = [RandomDocument.located("a")]
        var not = Match(spot: RandomDocument.spot)
        not.models = [RandomDocument.located("a*")]
        match.not = [not]
        document.routes[0].match = match
        document.routes[0].isEnabled = true
        let compiled = RouteCompiler.compile(document)
        #expect(compiled.program.boxes.isEmpty)
        #expect(ProgramCheck.faults(compiled, patterns: patterns).isEmpty)
    }

    @Test func `equal plans are one`() {
        var dice = Dice(seed: 3)
        var document = RandomDocument.make(routes: 1, &dice)
        document.routes[0].isEnabled = true
        document.routes = Array(repeating: document.routes[0], count: 5)
        let routes = RouteCompiler.compile(document).program.routes
        let plans = routes.flatMap { route -> [Plan] in
            if case .forward(let plans) = route.action { plans } else { [] }
        }
        #expect(Set(plans.map { ObjectIdentifier($0) }).count <= 4)
    }

    @Test func `the picture has every node of the tree, and every way`() {
        var dice = Dice(seed: 4)
        let compiled = RouteCompiler.compile(RandomDocument.make(routes: 40, &dice))
        let picture = compiled.program.picture()
        #expect(picture.nodes.count == compiled.program.nodes.count)
        #expect(!picture.roots.isEmpty)
        let reached = Set(picture.roots + picture.edges.map(\.to))
        #expect(picture.edges.allSatisfy { $0.to < $0.from && !$0.labels.isEmpty })
        #expect(picture.nodes.indices.allSatisfy { picture.nodes[$0].kind != .question || reached.contains($0) })
    }
}
