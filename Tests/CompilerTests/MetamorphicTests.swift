import Compiler
import Decision
import Report
import RouteModel
import Routing
import Testing

/// Changes to a document that may not change any answer (`routes.md` 3.6.4).
@Suite struct MetamorphicTests {
    #if DEBUG
        static let rounds = 60
    #else
        static let rounds = 1_000
    #endif

    /// Names of the routes that take random requests.
    private func answers(_ document: RouteDocument, _ requests: [Request]) -> [String?] {
        let compiled = RouteCompiler.compile(document)
        guard compiled.problems.isEmpty else { return [] }
        return requests.map { request in compiled.decide(request).route.map { document.routes[$0].name.value } }
    }

    /// Compares answers before and after a change, with names that the change may have altered.
    private func holds(
        seed: UInt64,
        _ change: (inout RouteDocument, inout Dice) -> Bool,
        same: (String?) -> String? = { $0 }
    ) -> Int {
        var dice = Dice(seed: seed)
        var changed = 0
        for round in 0..<Self.rounds {
            let document = RandomDocument.make(routes: round % 20 == 0 ? 90 : 2 + dice.below(8), &dice)
            var other = document
            guard change(&other, &dice) else { continue }
            let requests = (0..<120).map { _ in Request.random(&dice) }
            let (before, after) = (answers(document, requests), answers(other, requests).map(same))
            if before.isEmpty || after.isEmpty { continue }
            changed += 1
            for (number, request) in requests.enumerated() where before[number] != after[number] {
                Issue.record(
                    """
                    \(before[number] ?? "none") became \(after[number] ?? "none") for \(DocumentText.text(request))
                    \(DocumentText.text(document))
                    →
                    \(DocumentText.text(other))
                    """
                )
                return changed
            }
        }
        return changed
    }

    @Test func `a route behind a catch-all changes nothing`() {
        let changed = holds(seed: 31) { document, dice in
            var all = document.routes[0]
            all.match = nil
            all.isEnabled = true
            all.name = RandomDocument.located("all")
            var extra = RandomDocument.make(routes: 1, &dice).routes[0]
            extra.name = RandomDocument.located("never")
            document.routes += [all, extra]
            return true
        } same: {
            $0 == "all" ? nil : $0
        }
        #expect(changed > 10)
    }

    @Test func `a route that repeats an earlier one changes nothing`() {
        let changed = holds(seed: 32) { document, dice in
            let first = dice.below(document.routes.count)
            var dead = document.routes[first]
            guard dead.isEnabled else { return false }
            dead.name = RandomDocument.located("dead")
            document.routes.insert(dead, at: first + 1 + dice.below(document.routes.count - first))
            return true
        }
        #expect(changed > 10)
    }

    @Test func `a range cut into tiles changes nothing`() {
        let changed = holds(seed: 33) { document, _ in
            let found = document.routes.firstIndex { $0.match?.tokens != nil && $0.match?.not.isEmpty == true }
            guard let found, let tokens = document.routes[found].match?.tokens?.value else { return false }
            var (low, high) = (document.routes[found], document.routes[found])
            let middle = tokens.lower + 1
            guard middle < tokens.upper ?? .max else { return false }
            low.match?.tokens = RandomDocument.located(TokenRange(lower: tokens.lower, upper: middle))
            high.match?.tokens = RandomDocument.located(TokenRange(lower: middle, upper: tokens.upper))
            document.routes.replaceSubrange(found...found, with: [low, high])
            return true
        }
        #expect(changed > 5)
    }

    @Test func `neighbours that never meet may change places`() {
        var dice = Dice(seed: 35)
        for _ in 0..<Self.rounds {
            var document = RandomDocument.make(routes: 5, &dice)
            for (place, api) in [(1, API.chat), (2, API.embeddings)] {
                var match = document.routes[place].match ?? Match(spot: RandomDocument.spot)
                match.apis = [RandomDocument.located(api)]
                document.routes[place].match = match
            }
            var other = document
            other.routes.swapAt(1, 2)
            let requests = (0..<60).map { _ in Request.random(&dice) }
            #expect(answers(document, requests) == answers(other, requests))
        }
    }

    @Test func `braces spelled out change nothing`() {
        let changed = holds(seed: 36) { document, _ in
            var isChanged = false
            for index in document.routes.indices {
                guard let models = document.routes[index].match?.models else { continue }
                document.routes[index].match?.models = models.flatMap { model in
                    switch model.value {
                    case "{a,b}": return ["a", "b"].map { RandomDocument.located($0) }
                    case "{a,ab}*": return ["a*", "ab*"].map { RandomDocument.located($0) }
                    case "a{b,}": return ["ab", "a"].map { RandomDocument.located($0) }
                    case "{*a,b}": return ["*a", "b"].map { RandomDocument.located($0) }
                    default: return [model]
                    }
                }
                isChanged = true
            }
            return isChanged
        }
        #expect(changed > 10)
    }
}
