import Compiler
import Decision
import RouteModel
import Routing
import Testing

/// Trees about which the check once was wrong.
@Suite struct CheckCasesTests {
    private static func match(_ fill: (inout Match) -> Void) -> Match {
        var match = Match(spot: RandomDocument.spot)
        fill(&match)
        return match
    }

    private static func models(_ globs: [String]) -> Match {
        match { $0.models = globs.map(RandomDocument.located) }
    }

    private static func compiled(_ matches: [Match]) -> Compiled {
        var dice = Dice(seed: 1)
        var document = RandomDocument.make(routes: matches.count, &dice)
        document.aliases = []
        document.privacy.rules = []
        for (number, match) in matches.enumerated() {
            document.routes[number].match = match
            document.routes[number].isEnabled = true
        }
        return RouteCompiler.compile(document)
    }

    /// A text that goes on behind its first `a` cannot be `b` when it is read from its end.
    @Test func `a way that contradicts itself is no fault`() {
        var dice = Dice(seed: 11)
        for round in 0..<750 { _ = RandomDocument.make(routes: round % 50 == 0 ? 150 : 1 + dice.below(12), &dice) }
        let compiled = RouteCompiler.compile(RandomDocument.make(routes: 150, &dice))
        #expect(compiled.problems.isEmpty)
        #expect(ProgramCheck.faults(compiled, patterns: patterns) == [])
    }

    /// Leaves whose boxes differ only by what is proved of them are two leaves, each looked at.
    @Test func `every leaf that is cut short is found`() {
        let model = Self.match {
            $0.models = ["*a", "a*", "{a,b}"].map(RandomDocument.located)
            $0.sample = RandomDocument.located(5_000)
            var tags = TagCondition(spot: RandomDocument.spot)
            tags.none = [RandomDocument.located("r")]
            $0.tags = tags
        }
        let other = Self.match { $0.tokens = RandomDocument.located(TokenRange(lower: 1, upper: 5)) }
        let long = ["é*", "{a,ab}*", "abb"].map { Self.models([$0]) }
        let compiled = Self.compiled([model] + long + [other])
        let nodes = compiled.program.nodes
        var cut = 0
        for number in nodes.indices where nodes[number].kind == .leafList && nodes[number].count > 0 {
            var damaged = nodes
            damaged[number].count = 0
            let program = compiled.program.replacing(nodes: damaged)
            #expect(!program.faults().isEmpty, "leaf \(number)\n\(compiled.program.print())")
            cut += 1
        }
        #expect(cut > 3)
    }

    /// The last bit of an entry stands for one condition when a box has just so many.
    @Test(arguments: 30...34)
    func `a box of many conditions passes the check`(headers: Int) {
        let matches = (0..<8).map { number in
            Self.match {
                $0.headers = (0..<headers).map {
                    HeaderCondition(
                        name: RandomDocument.located("x-\($0)"),
                        matchers: [RandomDocument.located("*a*")]
                    )
                }
                $0.tokens = RandomDocument.located(TokenRange(lower: number * 10, upper: number * 10 + 5))
            }
        }
        let compiled = Self.compiled(matches)
        #expect(compiled.problems.isEmpty)
        #expect(ProgramCheck.faults(compiled, patterns: patterns) == [])
    }
}
