import Analysis
import Compiler
import Lint
import Report
import RouteLanguage
import RouteModel
import Routing

/// What became of one case or proof.
struct CaseResult {
    enum State: String { case passed, failed, fault }
    var name: String
    var isProof: Bool
    var spot: Spot
    var state: State
    /// What is to be said about it, one line each.
    var lines: [String] = []
    /// A case that shows the counterexample, ready to be pasted; nil where there is none.
    var savedCase: String?
    /// False for a counterexample that no case can express.
    var hasCounterexample = false
}

/// Runs the tests of one file against its routes.
struct CaseRun {
    let document: RouteDocument
    let file: CaseFile
    /// Unix seconds that count as now where neither the file nor the test says so.
    let now: Int
    let explainer: Explainer

    init(_ document: RouteDocument, _ file: CaseFile, now: Int) {
        self.document = document
        self.file = file
        self.now = now
        explainer = Explainer(document)
    }

    /// Runs everything, in file order.
    func run(_ coverage: inout Coverage) -> [CaseResult] {
        var analysis: Analysis?
        return file.entries.map { entry in
            switch entry {
            case .example(let example): return run(example, &coverage)
            case .proof(let proof):
                let ready = analysis ?? Analysis(document, patterns: HeaderPatterns.matcher())
                analysis = ready
                return run(proof, ready)
            }
        }
    }

    // MARK: Cases

    private func run(_ example: CaseExample, _ coverage: inout Coverage) -> CaseResult {
        let explanation = explainer.explain(example.request, now: file.now?.value ?? now)
        let prediction = Predictor(explanation: explanation, situation: situation(example.given)).predict()
        coverage.note(explanation, prediction)
        var result = CaseResult(name: example.name.value, isProof: false, spot: example.name.spot, state: .passed)
        if !explanation.differences.isEmpty {
            result.state = .fault
            result.lines = explanation.differences.map { "internal error: \($0)" }
            return result
        }
        let check = ExpectationCheck(explanation: explanation, prediction: prediction)
        result.lines = check.failures(example.expect)
        if !result.lines.isEmpty {
            result.state = .failed
            result.lines.append(check.way)
        }
        return result
    }

    private func situation(_ given: CaseGiven) -> Situation {
        var situation = Situation()
        situation.down = Set(given.health.filter { !$0.isUp }.map(\.name.value))
        for latency in given.latency { situation.latencies[latency.name.value] = latency.microseconds }
        for load in given.inFlight { situation.inFlight[load.name.value] = load.count }
        situation.spentLimits = Set(given.limits.filter(\.isSpent).map(\.name.value))
        for (name, usage) in given.pools {
            var amount = Budget.Amount()
            if let pool = document.pools.first(where: { $0.name.value == name.value }), let used = usage.used?.value {
                if pool.tokens != nil {
                    amount.tokens = Amounts.count(used) ?? 0
                } else if pool.usd != nil {
                    amount.nanoDollars = Amounts.nanoDollars(used) ?? 0
                } else {
                    amount.requests = Amounts.count(used) ?? 0
                }
            }
            amount.tokens = usage.tokens?.value ?? amount.tokens
            amount.nanoDollars = usage.nanoDollars?.value ?? amount.nanoDollars
            amount.requests = usage.requests?.value ?? amount.requests
            situation.used[name.value] = amount
        }
        return situation
    }

    // MARK: Proofs

    private func run(_ proof: CaseProof, _ analysis: Analysis) -> CaseResult {
        var condition = Claim.Condition()
        condition.providers = proof.to?.map(\.value)
        condition.routes = proof.routes?.map(\.value)
        condition.targets = proof.targets
        condition.statuses = proof.statuses
        condition.tries = proof.tries
        let claim = Claim(forAll: proof.forAll, isAlways: proof.isAlways, condition: condition)
        var result = CaseResult(name: proof.name.value, isProof: true, spot: proof.name.spot, state: .passed)
        switch analysis.prove(claim) {
        case .proved:
            // A claim that nothing can break is true of no request at all.
            let anything = Claim(forAll: proof.forAll, isAlways: false, condition: Claim.Condition())
            if proof.forAll != nil, case .proved = analysis.prove(anything) {
                result.lines = ["no request is meant: `for_all` takes none"]
            }
        case .unknown:
            result.state = .failed
            result.lines = ["neither proved nor refuted: too much work to tell, or a regular expression is in the way"]
        case .refuted(let witness):
            let example = CounterExample(witness, explainer, now: file.now?.value ?? now, forAll: proof.forAll)
            result.state = .failed
            guard example.isPossible else {
                result.lines = ["neither proved nor refuted: too many time windows to look at them together"]
                return result
            }
            result.hasCounterexample = true
            result.lines = ["counterexample   \(example.words)", "→ \(example.way)", "see it: \(example.question)"]
            result.savedCase = example.yaml(for: proof)
        }
        return result
    }
}

/// Compares what a case expects with what would happen.
struct ExpectationCheck {
    let explanation: Explanation
    let prediction: Prediction

    private var document: RouteDocument { explanation.document }

    /// One line for each thing that is otherwise.
    func failures(_ expect: CaseExpectation) -> [String] {
        var lines: [String] = []
        func compare(_ what: String, _ expected: String, _ actual: String, _ spot: Spot, isSame: Bool) {
            if !isSame { lines.append("\(what): expected \(expected), got \(actual)   \(spot)") }
        }
        if let route = expect.route {
            let actual = explanation.route?.name.value ?? "none"
            compare("route", route.value, actual, route.spot, isSame: route.value == actual)
        }
        if let level = expect.level {
            let actual = explanation.verdict.level
            compare("class", level.value.word, actual.word, level.spot, isSame: level.value == actual)
        }
        if let tags = expect.tags {
            let (expected, actual) = (Set(tags.value), explanation.verdict.tags)
            compare("tags", Words.tags(expected), Words.tags(actual), tags.spot, isSame: expected == actual)
        }
        if let tiers = expect.tiers { compareTiers(tiers, &lines) }
        let left = explanation.tiers.joined().filter { $0.obstacles.isEmpty }
        if let targets = expect.targets {
            let isSame = targets.value.contains(left.count)
            compare("targets", range(targets.value), "\(left.count)", targets.spot, isSame: isSame)
        }
        for (list, isAllowed) in [(expect.notTo, false), (expect.onlyTo, true)] {
            guard let list else { continue }
            let wrong = left.filter { belongs($0, to: list.value) != isAllowed }.map(\.name)
            if wrong.isEmpty, !isAllowed || !left.isEmpty { continue }
            let what = isAllowed ? "only_to" : "not_to"
            let actual = left.isEmpty ? "no target" : wrong.joined(separator: ", ")
            compare(what, "[\(list.value.joined(separator: ", "))]", actual, list.spot, isSame: false)
        }
        if let first = expect.first {
            let isSame = chosen.map { names($0, as: first.value) } ?? false
            compare("first", first.value, chosen?.name ?? "none", first.spot, isSame: isSame)
        }
        if let status = expect.status {
            let isSame = status.value == prediction.status
            compare("status", "\(status.value)", "\(prediction.status)", status.spot, isSame: isSame)
        }
        if let error = expect.error {
            let isSame = error.value == prediction.error
            compare("error", error.value, prediction.error ?? "none", error.spot, isSame: isSame)
        }
        if let model = expect.model {
            let actual = chosen.flatMap { $0.target.model } ?? explanation.resolvedModel ?? "none"
            compare("model", model.value, actual, model.spot, isSame: model.value == actual)
        }
        if let pool = expect.pool {
            let budget = Budget(document: document)
            let requested = explanation.subject.draft.pool
            let chain = explanation.route.map { budget.chain(of: $0, requested: requested) } ?? []
            let actual = chain.first?.name.value ?? "none"
            compare("pool", pool.value, actual, pool.spot, isSame: pool.value == actual)
        }
        return lines
    }

    /// Providers by name or by group.
    private func belongs(_ member: Explanation.Member, to names: [String]) -> Bool {
        let provider = document.providers[member.target.provider]
        return names.contains { name in
            name == "any" || name == (provider.isLocal ? "local" : "remote") || name == provider.name.value
        }
    }

    private var chosen: Explanation.Member? {
        prediction.first.map { explanation.tiers[$0.tier][$0.member] }
    }

    /// Tiers without a target are left out on both sides.
    private func compareTiers(_ expected: Located<[[String]]>, _ lines: inout [String]) {
        let actual = explanation.tiers.map { $0.filter(\.obstacles.isEmpty) }.filter { !$0.isEmpty }
        let wanted = expected.value.filter { !$0.isEmpty }
        let isSame =
            wanted.count == actual.count
            && zip(wanted, actual).allSatisfy { wanted, actual in
                wanted.count == actual.count && zip(wanted, actual).allSatisfy { names($1, as: $0) }
            }
        if isSame { return }
        func shown(_ tiers: [[String]]) -> String {
            "[\(tiers.map { "[\($0.joined(separator: ", "))]" }.joined(separator: ", "))]"
        }
        lines.append("tiers: expected \(shown(wanted)), got \(shown(actual.map { $0.map(\.name) }))   \(expected.spot)")
    }

    /// A target is named by its provider alone, or with the model it is asked for.
    private func names(_ member: Explanation.Member, as text: String) -> Bool {
        let provider = document.providers[member.target.provider].name.value
        return text == provider || text == member.name
    }

    private func range(_ range: ClosedRange<Int>) -> String {
        if range.lowerBound == range.upperBound { return "\(range.lowerBound)" }
        return range.upperBound >= Int.max - 1
            ? "\(range.lowerBound).." : "\(range.lowerBound)..\(range.upperBound + 1)"
    }

    /// Where the request goes, and why not elsewhere.
    var way: String { CounterExample.way(explanation, prediction) }
}
