import Interpreter
import Report
import RouteModel
import Routing
import Testing

import Analysis

@Suite struct ClaimTests {
    private func claims(_ world: TinyWorld, _ generator: inout SeededGenerator) -> [Claim] {
        var never = Claim.Condition()
        never.providers = [["remote"], ["near"], ["odd", "far"]].randomElement(using: &generator)
        var targets = Claim.Condition()
        targets.targets = 1...9
        var status = Claim.Condition()
        status.statuses = [403...403, 404...404, 200...200].randomElement(using: &generator)
        var always = Claim.Condition()
        always.providers = [["local"], ["near", "odd"]].randomElement(using: &generator)
        var route = Claim.Condition()
        route.routes = ["r1"]
        return [(never, false), (targets, true), (status, false), (always, true), (route, false)].map {
            condition,
            isAlways in
            let forAll = Bool.random(using: &generator) ? world.match(depth: 2, using: &generator) : nil
            return Claim(forAll: forAll, isAlways: isAlways, condition: condition)
        }
    }

    @Test(arguments: 0..<4) func `proofs agree with trying every request`(part: Int) {
        var (proved, refuted) = (0, 0)
        for number in 0..<10 {
            let seed = UInt64(50_000 + part * 1_000 + number)
            var generator = SeededGenerator(seed: seed)
            let world = TinyWorld(using: &generator)
            let document = world.document(using: &generator)
            let analysis = Analysis(document, patterns: { $0 == $1 })
            let requests = world.requests(document)
            for claim in claims(world, &generator) {
                let breaks = analysis.breaks(claim)
                switch analysis.prove(claim) {
                case .proved:
                    proved += 1
                    #expect(requests.first(where: breaks) == nil, "seed \(seed): \(claim)")
                case .refuted(let witness):
                    refuted += 1
                    #expect(breaks(witness) && witness.isPossible)
                case .unknown: Issue.record("seed \(seed): not decided: \(claim)")
                }
            }
        }
        #expect(proved > 0 && refuted > 0)
    }

    @Test func `a tag that no rule gives starves no route`() {
        var document = document(
            [route("all", nil, to: [(0, nil), (1, nil)])],
            providers: [provider("one", denyTags: ["given", "ghost"]), provider("two", denyTags: ["ghost"])]
        )
        var rule = PrivacyRule(spot: nowhere, tag: at("given"))
        rule.tenants = all(["t"])
        document.privacy.rules = [rule]
        #expect(Analysis(document, patterns: { $0 == $1 }).starvations.isEmpty)
        // The same where a rule gives it.
        rule.tag = at("ghost")
        document.privacy.rules.append(rule)
        let found = Analysis(document, patterns: { $0 == $1 }).starvations
        #expect(found.count == 1 && found.first?.tags.contains("ghost") == true)
    }

    @Test(arguments: 0..<4) func `every flow, starvation and dead value is real, and none is missed`(part: Int) {
        for number in 0..<10 {
            let seed = UInt64(90_000 + part * 1_000 + number)
            var generator = SeededGenerator(seed: seed)
            let world = TinyWorld(using: &generator)
            let document = world.document(using: &generator)
            let analysis = Analysis(document, patterns: { $0 == $1 })
            let interpreter = analysis.interpreter
            var seen: Set<[Int]> = []
            for request in world.requests(document) {
                let verdict = interpreter.decide(request)
                guard let route = verdict.route else { continue }
                for (tier, entry) in document.routes[route].tiers.enumerated() {
                    for (place, target) in entry.targets.enumerated() where interpreter.isEligible(target, request) {
                        seen.insert([route, tier, place, Int(verdict.level.rawValue)])
                    }
                }
            }
            var told: Set<[Int]> = []
            for flow in analysis.flows {
                told.insert([flow.route, flow.tier, flow.target, Int(flow.level.rawValue)])
                let verdict = interpreter.decide(flow.witness)
                let target = document.routes[flow.route].tiers[flow.tier].targets[flow.target]
                #expect(verdict.route == flow.route && verdict.level == flow.level && flow.witness.isPossible)
                #expect(interpreter.isEligible(target, flow.witness))
            }
            #expect(seen.isSubset(of: told), "seed \(seed)")
            for starvation in analysis.starvations {
                guard case .forward(let tiers) = interpreter.decide(starvation.witness).outcome else {
                    Issue.record("seed \(seed): no forward")
                    continue
                }
                #expect(!tiers.contains { !$0.isEmpty })
            }
            for value in analysis.deadValues where ["model", "api", "path", "method"].contains(value.key) {
                var without = document
                switch value.key {
                case "model": without.routes[value.route].match?.models?.remove(at: value.index)
                case "api": without.routes[value.route].match?.apis?.remove(at: value.index)
                case "path": without.routes[value.route].match?.paths?.remove(at: value.index)
                default: without.routes[value.route].match?.methods?.remove(at: value.index)
                }
                let other = Interpreter(without, patterns: { $0 == $1 })
                for request in world.requests(document) {
                    #expect(other.decide(request) == interpreter.decide(request), "seed \(seed): \(value)")
                }
            }
        }
    }

    @Test(arguments: 0..<4) func `differences agree with trying every request`(part: Int) {
        for number in 0..<8 {
            let seed = UInt64(130_000 + part * 1_000 + number)
            var generator = SeededGenerator(seed: seed)
            let world = TinyWorld(using: &generator)
            let old = world.document(using: &generator)
            var new = old
            if Bool.random(using: &generator) { new.routes.swapAt(0, new.routes.count - 1) }
            new.routes[1] = route("r1", world.match(using: &generator), to: [(1, nil)])
            let changes = Difference.between(old: old, new: new, patterns: { $0 == $1 })
            let (before, after) = (Interpreter(old, patterns: { $0 == $1 }), Interpreter(new, patterns: { $0 == $1 }))
            let ways = (changes ?? []).filter { $0.kind == .way }
            for change in ways {
                #expect(before.decide(change.witness) == change.before && after.decide(change.witness) == change.after)
                #expect(change.before.outcome != change.after.outcome && change.witness.isPossible)
            }
            // A tier in which nothing is left makes no difference.
            func effect(_ verdict: Verdict) -> Verdict.Outcome {
                guard case .forward(let tiers) = verdict.outcome else { return verdict.outcome }
                return .forward(tiers.filter { !$0.isEmpty })
            }
            let isChanged = world.requests(old).contains { effect(before.decide($0)) != effect(after.decide($0)) }
            #expect(changes != nil, "seed \(seed)")
            if isChanged { #expect(!ways.isEmpty, "seed \(seed)") }
            #expect(Difference.between(old: old, new: old, patterns: { $0 == $1 })?.isEmpty == true, "seed \(seed)")
        }
    }
}
