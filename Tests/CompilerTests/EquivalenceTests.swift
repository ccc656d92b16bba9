import Compiler
import Decision
import Interpreter
import RouteModel
import Routing
import Synchronization
import Testing

/// Patterns of the generator, spelled out, so that the tests need no second engine for them.
let patterns: PatternMatcher = { pattern, value in
    switch pattern {
    case "a+": !value.isEmpty && value.allSatisfy { $0 == "a" }
    case "[ab]b": value == "ab" || value == "bb"
    default: value.isEmpty || value == "ab" || value == "abab"
    }
}

@Suite struct EquivalenceTests {
    #if DEBUG
        static let pairs = 40_000
    #else
        static let pairs = 1_000_000
    #endif

    /// How engines differ on a request; nil when they do not.
    static func difference(_ document: RouteDocument, _ request: Request) -> String? {
        let compiled = RouteCompiler.compile(document)
        if !compiled.problems.isEmpty { return nil }
        return difference(compiled, Interpreter(document, patterns: patterns), request)
    }

    static func difference(_ compiled: Compiled, _ interpreter: Interpreter, _ request: Request) -> String? {
        let expected = interpreter.decide(request)
        let tree = compiled.decide(request)
        if tree != expected { return "tree: \(tree)\nnot:  \(expected)" }
        return nil
    }

    static func report(_ document: RouteDocument, _ request: Request, _ what: String) {
        let (small, asked) = Shrinker { difference($0, $1) != nil }.shrunk(document, request)
        let compiled = RouteCompiler.compile(small)
        Issue.record(
            """
            \(what)
            \(DocumentText.text(small))
            \(DocumentText.text(asked))
            \(difference(small, asked) ?? "")
            \(compiled.program.print())
            """
        )
    }

    @Test(arguments: [UInt64(1), 2])
    func `every engine answers as the language is defined`(seed: UInt64) async {
        var dice = Dice(seed: seed)
        var pairs = 0
        var round = 0
        var routed = 0
        while pairs < Self.pairs / 2 {
            round += 1
            let document = RandomDocument.make(routes: round % 50 == 0 ? 120 : 1 + dice.below(9), &dice)
            let compiled = RouteCompiler.compile(document)
            guard compiled.problems.isEmpty else { continue }
            let interpreter = Interpreter(document, patterns: patterns)
            let others = [compiled.answered(by: .bits).program, compiled.answered(by: .linear).program]
            for _ in 0..<(round % 50 == 0 ? 60 : 150) {
                let request = Request.random(&dice)
                pairs += 1
                let expected = interpreter.decide(request)
                if expected.route != nil { routed += 1 }
                let found = compiled.decide(request)
                if found != expected { return Self.report(document, request, "seed \(seed), round \(round)") }
                let subject = compiled.facts(for: request)
                let answer = subject.decide(compiled.program)
                for other in others where subject.decide(other) != answer {
                    Issue.record(
                        "\(other.engine): \(subject.decide(other)), tree: \(answer)\n\(DocumentText.text(document))\n\(DocumentText.text(request))"
                    )
                    return
                }
            }
        }
        #expect(routed > pairs / 2)
    }

    /// Until a stage is reached the answer is either that of the end, or a wish for more that is a stage further.
    @Test(arguments: [UInt64(3), 4])
    func `what is answered early is the answer`(seed: UInt64) {
        var dice = Dice(seed: seed)
        var early = 0
        for round in 0..<(Self.pairs / 400) {
            let document = RandomDocument.make(routes: round % 50 == 0 ? 120 : 1 + dice.below(9), &dice)
            let compiled = RouteCompiler.compile(document)
            guard compiled.problems.isEmpty else { continue }
            for _ in 0..<30 {
                // What no content rule can find is not found.
                var request = Request.random(&dice)
                let content = document.privacy.rules.filter(\.hasContentSource)
                request.contentTags.formIntersection(content.map(\.tag.value))
                if content.isEmpty { request.contentLevel = .public }
                var head = request
                head.contentLevel = .public
                head.contentTags = []
                let all = compiled.facts(for: request)
                let final = all.decide(compiled.program)
                var known = compiled.facts(for: head)
                known.facts.stage = .head
                known.facts.tokens = 0
                known.facts.features = []
                var answer = known.decide(compiled.program)
                if case .needs = answer {} else { early += 1 }
                #expect(answer == known.decide(compiled.program.answered(by: .linear)))
                #expect(answer == known.decide(compiled.program.answered(by: .bits)))
                while case .needs(let stage) = answer {
                    guard stage > known.facts.stage else {
                        Issue.record("asks for \(stage) twice")
                        return
                    }
                    known.facts.stage = stage
                    known.facts.tokens = request.tokens
                    known.facts.features = request.features
                    if stage == .content { known = all }
                    answer = known.decide(compiled.program)
                }
                if answer != final {
                    Issue.record(
                        "\(answer), not \(final)\n\(DocumentText.text(document))\n\(DocumentText.text(request))"
                    )
                    return
                }
            }
        }
        #expect(early > 100)
    }
}

extension Compiled.Subject {
    func decide(_ program: Program) -> Program.Answer {
        program.decide(facts, model: model.span, head: head.span, identity: identity.span)
    }
}
