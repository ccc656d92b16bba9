import Interpreter
import Report
import RouteModel
import Routing
import Testing

import Analysis

@Suite struct ReachTests {
    /// Compares every verdict with an enumeration of all requests of a small world.
    @Test(arguments: 0..<8) func `reachability agrees with trying every request`(part: Int) {
        var (routes, dead) = (0, 0)
        for number in 0..<40 {
            var generator = SeededGenerator(seed: UInt64(part * 1_000 + number))
            let world = TinyWorld(using: &generator)
            let document = world.document(using: &generator)
            let analysis = Analysis(document, patterns: { $0 == $1 })
            let interpreter = Interpreter(document, patterns: { $0 == $1 })
            var winners: Set<Int> = []
            var isUncovered = false
            var matched: Set<Int> = []
            for request in world.requests(document) {
                if let route = interpreter.decide(request).route { winners.insert(route) } else { isUncovered = true }
                for (position, route) in document.routes.enumerated()
                where !matched.contains(position) && route.match.map({ interpreter.matches($0, request) }) ?? true {
                    matched.insert(position)
                }
            }
            #expect(!analysis.isIncomplete)
            for (position, reach) in analysis.reaches.enumerated() {
                routes += 1
                let isRight: Bool
                switch reach {
                case .alive(let witness?):
                    // The enumeration may be too short to see what the proof sees; the witness then says who is right.
                    isRight = interpreter.decide(witness).route == position && witness.isPossible
                case .dead(let by, let example):
                    dead += 1
                    isRight =
                        !winners.contains(position) && !by.isEmpty && by.allSatisfy { $0 < position }
                        && example.map { interpreter.decide($0).route != position && $0.isPossible } ?? false
                case .empty: isRight = !matched.contains(position)
                case .alive(nil), .disabled, .unknown: isRight = false
                }
                #expect(isRight, "seed \(part * 1_000 + number), route \(position): \(reach)")
            }
            #expect(analysis.uncovered.map { interpreter.decide($0).route == nil && $0.isPossible } ?? !isUncovered)
        }
        #expect(routes > 100 && dead > 5)
    }
}

@Suite struct SampleTests {
    @Test func `the empty text hides no other that fits the same globs`() {
        let atoms = ["[!a]*", "*"].map { GlobAtom(GlobPattern($0).alternatives[0]) }
        let texts = Samples.standing(for: atoms) ?? []
        #expect(texts.contains { !$0.isEmpty && !atoms[0].matches($0) && atoms[1].matches($0) })
    }
}
