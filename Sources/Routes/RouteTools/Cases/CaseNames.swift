import Report
import RouteLanguage
import RouteModel

/// Names in a test file that its route file does not have (HP201, HP202): such a test would pass or fail for no reason.
struct CaseNames {
    private let document: RouteDocument
    private let providers: [String]
    private let routes: [String]

    init(_ document: RouteDocument) {
        self.document = document
        providers = document.providers.map(\.name.value)
        routes = document.routes.map(\.name.value)
    }

    /// Reports every unknown name.
    func check(_ file: CaseFile, _ problems: inout Problems) {
        for entry in file.entries {
            switch entry {
            case .example(let example): check(example, &problems)
            case .proof(let proof):
                check(proof.to ?? [], providers + ["local", "remote", "any"], "provider or group", "HP201", &problems)
                check(proof.routes ?? [], routes, "route", "HP202", &problems)
                let given = Set(document.privacy.rules.map(\.tag.value)).sorted()
                check(proof.forAll.map(Self.tags) ?? [], given, "privacy rule that gives the tag", "HP211", &problems)
            }
        }
    }

    /// Every tag that a match speaks of.
    private static func tags(_ match: Match) -> [Located<String>] {
        let own = match.tags.map { $0.all + $0.any + $0.none } ?? []
        return own + ((match.any ?? []) + match.not).flatMap(tags)
    }

    private func check(_ example: CaseExample, _ problems: inout Problems) {
        if let obstacle = DraftReader.obstacle(example.request) {
            let spot = ["path", "method", "api"].lazy.compactMap { example.places[$0] }.first
            problems.add(Problem(.error, "HP109", obstacle, at: spot ?? example.name.spot))
        }
        let given = example.given
        check(given.health.map(\.name), providers, "provider", "HP201", &problems)
        check(given.inFlight.map(\.name), providers, "provider", "HP201", &problems)
        check(given.latency.map(\.name).map(provider), providers, "provider", "HP201", &problems)
        check(given.pools.map(\.name), document.pools.map(\.name.value), "pool", "HP202", &problems)
        check(given.limits.map(\.name), document.rateLimits.map(\.name.value), "rate limit", "HP202", &problems)
        let expect = example.expect
        check(expect.route.map { [$0] } ?? [], routes + ["none"], "route", "HP202", &problems)
        check(expect.pool.map { [$0] } ?? [], document.pools.map(\.name.value) + ["none"], "pool", "HP202", &problems)
        check(expect.first.map { [provider($0)] } ?? [], providers, "provider", "HP201", &problems)
        for list in [expect.notTo, expect.onlyTo] {
            let names = (list?.value ?? []).map { name in Located(name, at: list?.spot ?? example.name.spot) }
            check(names, providers + ["local", "remote", "any"], "provider or group", "HP201", &problems)
        }
        let tiers = (expect.tiers?.value ?? []).joined().map { name in
            provider(Located(name, at: expect.tiers?.spot ?? example.name.spot))
        }
        check(tiers, providers, "provider", "HP201", &problems)
        for (usage, name) in given.pools.map({ ($0.usage, $0.name.value) }) {
            guard let used = usage.used, let pool = document.pools.first(where: { $0.name.value == name }) else {
                continue
            }
            let isMoney = pool.tokens == nil && pool.usd != nil
            if (isMoney ? Amounts.nanoDollars(used.value) : Amounts.count(used.value)) != nil { continue }
            let unit = isMoney ? "an amount of dollars such as `3.5`" : "a count such as `2M`"
            problems.add(Problem(.error, "HP103", "`used` of pool `\(name)` is \(unit)", at: used.spot))
        }
        checkKey(example, &problems)
    }

    /// A key that authentication never yields; without `auth.keys` any name goes.
    private func checkKey(_ example: CaseExample, _ problems: inout Problems) {
        guard !document.auth.keys.isEmpty, let key = example.request.key, let spot = example.places["key"] else {
            return
        }
        check([Located(key, at: spot)], document.auth.keys.map(\.name.value), "key", "HP202", &problems)
    }

    /// What stands before the slash of a target.
    private func provider(_ target: Located<String>) -> Located<String> {
        Located(target.value.split(separator: "/").first.map(String.init) ?? target.value, at: target.spot)
    }

    private func check(
        _ names: [Located<String>],
        _ known: [String],
        _ noun: String,
        _ code: String,
        _ problems: inout Problems
    ) {
        for name in names where !known.contains(name.value) {
            let near = Suggestion.nearest(to: name.value, among: known)
            let file = document.path
            problems.add(
                Problem(
                    .error,
                    code,
                    "\(file) has no \(noun) `\(name.value)`",
                    at: name.spot,
                    help: near.map { ["did you mean `\($0)`?"] } ?? []
                )
            )
        }
    }
}
