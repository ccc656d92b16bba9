import Interpreter
import RouteModel
import Testing

import Analysis

/// Files on which proofs would not end (`routes.md` 3.9).
@Suite struct EffortTests {
    /// `*a*b?c*[a-z]*7*` and the like: all together can be in more states than anyone looks at.
    private func globs(_ count: Int) -> RouteDocument {
        let routes = (0..<count).map { number in
            let (first, second) = (["a", "b"][number % 2], ["a", "b"][number / 2 % 2])
            let glob = "*\(first)*\(second)?\(["a", "b", "c"][number % 3])*[a-z]*\(number)*"
            return route("r\(number)", match { $0.models = all([glob]) })
        }
        return document(routes)
    }

    /// `not: {any: […]}` of three with three keys each: 27 boxes a route.
    private func negations(_ count: Int) -> RouteDocument {
        let routes = (0..<count).map { number in
            let any = (0..<3).map { place in
                match {
                    $0.models = all(["*\(number * 7 + place)*"])
                    $0.apis = all([.chat])
                    $0.headers = [HeaderCondition(name: at("x-\(place)"), matchers: all(["a"]))]
                }
            }
            return route("r\(number)", match { $0.not = [match { $0.any = any }] })
        }
        return document(routes)
    }

    /// Nothing is dead, empty or unneeded that may not be; what is alive has a request.
    private func check(_ analysis: Analysis) -> Int {
        var unknown = 0
        for (position, reach) in analysis.reaches.enumerated() {
            switch reach {
            case .alive(let witness?): #expect(analysis.interpreter.decide(witness).route == position)
            case .unknown: unknown += 1
            case .alive(nil), .dead, .empty, .disabled: Issue.record("route \(position): \(reach)")
            }
        }
        return unknown
    }

    @Test func `with few steps everything stays unknown, and nothing is said to be dead`() {
        // The second route is dead, which takes more than this to see.
        let hidden = document([
            route("all", match { $0.not = [] }), route("late", match { $0.models = all(["gpt*"]) }),
        ])
        for steps in [0, 1, 50] {
            let effort = Effort(steps: steps)
            let analysis = Analysis(hidden, effort: effort, patterns: { $0 == $1 })
            #expect(analysis.isIncomplete)
            for reach in analysis.reaches {
                if case .unknown = reach { continue }
                Issue.record("\(steps) steps: \(reach)")
            }
            #expect(analysis.uncovered == nil && analysis.deadValues.isEmpty && analysis.flows.isEmpty)
            #expect(analysis.starvations.isEmpty)
        }
        #expect(!Analysis(hidden, patterns: { $0 == $1 }).isIncomplete)
    }

    @Test func `steps are the same each time`() {
        let rests = (0..<2).map { _ in
            let effort = Effort()
            _ = Analysis(negations(2), effort: effort, patterns: { $0 == $1 })
            return effort.rest
        }
        #expect(rests[0] == rests[1] && rests[0] > 0)
    }

    @Test(arguments: [true, false]) func `a file that would take for ever ends with its steps`(isGlobs: Bool) {
        let effort = Effort(steps: 4_000_000)
        let analysis = Analysis(isGlobs ? globs(300) : negations(60), effort: effort, patterns: { $0 == $1 })
        #expect(analysis.isIncomplete)
        _ = check(analysis)
        _ = analysis.starvations
        for route in analysis.document.routes.indices { _ = analysis.serves(route: route, tier: 0, target: 0) }
    }

    @Test func `a difference that would take for ever is said not to be known`() {
        let effort = Effort(steps: 1_000_000)
        #expect(Difference.between(old: negations(4), new: negations(5), effort: effort, patterns: { $0 == $1 }) == nil)
    }
}
