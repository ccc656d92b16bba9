import Report
import RouteModel

/// Names that lead nowhere: HP204, HP205, HP206, HP210, HP211, HP212.
enum NameRules {
    static func check(_ survey: Survey, _ findings: inout [Problem]) {
        providers(survey, &findings)
        pools(survey, &findings)
        limits(survey, &findings)
        tags(survey, &findings)
        identities(survey, &findings)
    }

    // MARK: HP204, HP205, HP206

    private static func providers(_ survey: Survey, _ findings: inout [Problem]) {
        let caches = [survey.document.cache] + survey.liveRoutes.map(\.1.settings.cache)
        let embedders = Set(caches.filter { $0.mode.value == .exact }.compactMap { $0.semantic.value?.names?.provider })
        for (position, provider) in survey.document.providers.enumerated() where provider.isEnabled {
            let name = provider.name.value
            guard survey.firstUses[position] == nil, !embedders.contains(name) else { continue }
            findings.append(
                Problem(
                    .warning,
                    "HP204",
                    "no route ever sends anything to `\(name)`",
                    at: provider.name.spot,
                    help: ["name it in a route's `to`, or remove it"]
                )
            )
        }
    }

    private static func pools(_ survey: Survey, _ findings: inout [Problem]) {
        guard !survey.document.pools.isEmpty else { return }
        var used: Set<String> = []
        for (_, route) in survey.liveRoutes {
            switch route.settings.pool.value {
            case .none: break
            case .named(let name): used.insert(name)
            case .fromRequest(let allowed, let standard):
                used.formUnion(allowed.map(\.value))
                if let standard { used.insert(standard.value) }
            }
        }
        for key in survey.document.auth.keys { used.formUnion(key.pools.map(\.value)) }
        let parents = Dictionary(survey.document.pools.map { ($0.name.value, $0.parent?.value) }) { first, _ in first }
        for name in used {
            var next = parents[name] ?? nil
            while let parent = next, used.insert(parent).inserted { next = parents[parent] ?? nil }
        }
        for pool in survey.document.pools where !used.contains(pool.name.value) {
            findings.append(
                Problem(
                    .warning,
                    "HP205",
                    "no route draws on the pool `\(pool.name.value)`",
                    at: pool.name.spot,
                    help: ["use it on a route:  pool: \(pool.name.value)", "or remove it"]
                )
            )
        }
    }

    private static func limits(_ survey: Survey, _ findings: inout [Problem]) {
        guard !survey.document.rateLimits.isEmpty else { return }
        var used: Set<String> = []
        for (_, route) in survey.liveRoutes { used.formUnion(route.settings.limits.map(\.value)) }
        for limit in survey.document.rateLimits where !used.contains(limit.name.value) {
            findings.append(
                Problem(
                    .warning,
                    "HP206",
                    "no route is held to the rate limit `\(limit.name.value)`",
                    at: limit.name.spot,
                    help: ["use it on a route:  limits: [\(limit.name.value)]", "or remove it"]
                )
            )
        }
    }

    // MARK: HP210, HP211

    private static func tags(_ survey: Survey, _ findings: inout [Problem]) {
        let privacy = survey.document.privacy
        let produced = Set(privacy.rules.map(\.tag.value))
        var tested: Set<String> = []
        var asked: [Located<String>] = []
        for route in survey.document.routes where route.isEnabled {
            for match in Survey.matches(route.match) {
                guard let tags = match.tags else { continue }
                asked += tags.all + tags.any + tags.none
            }
        }
        for provider in survey.document.providers where provider.isEnabled { asked += provider.denyTags }
        tested.formUnion(asked.map(\.value))
        for tag in asked where !produced.contains(tag.value) { unknown(tag, produced, survey, &findings) }
        // What replaces its finds has an effect of its own, and so has what answers are read by.
        let readsAnswers = survey.document.routes.contains {
            $0.isEnabled && $0.settings.scanResponses.value != .none
        }
        for rule in privacy.rules where !tested.contains(rule.tag.value) && rule.replacement == nil {
            if readsAnswers, rule.hasContentSource { continue }
            if let level = rule.level, level.value > privacy.standard.value { continue }
            let why =
                rule.level.map { "every request is at least \($0.value.word) anyway" } ?? "it raises no class"
            findings.append(
                Problem(
                    .warning,
                    "HP210",
                    "this rule has no effect: \(why), and nothing asks for the tag `\(rule.tag.value)`",
                    at: rule.tag.spot,
                    help: [
                        "give it a class:  class: confidential",
                        "or use the tag:  match: {tags: [\(rule.tag.value)]}",
                    ]
                )
            )
        }
    }

    private static func unknown(
        _ tag: Located<String>,
        _ produced: Set<String>,
        _ survey: Survey,
        _ findings: inout [Problem]
    ) {
        let near = Suggestion.nearest(to: tag.value, among: produced.sorted())
        let help =
            near.map { "did you mean `\($0)`?" }
            ?? (produced.isEmpty
                ? "tags come from `privacy.rules`, and there are none"
                : "tags that rules give: \(Words.listed(produced.sorted()))")
        findings.append(
            Problem(
                .error,
                "HP211",
                "no privacy rule gives the tag `\(tag.value)`",
                at: tag.spot,
                help: [help],
                fix: near == nil ? nil : .unsafe,
                edits: near.map { survey.edits.replacing(tag.spot, with: $0) } ?? []
            )
        )
    }

    // MARK: HP212

    private static func identities(_ survey: Survey, _ findings: inout [Problem]) {
        let auth = survey.document.auth
        let keys = auth.keys.map(\.name.value)
        // A trusted proxy may name any tenant.
        let tenants = auth.tenantHeader == nil ? Array(Set(auth.keys.compactMap(\.tenant?.value))).sorted() : nil
        var asked: [(value: Located<String>, isTenant: Bool)] = []
        for route in survey.document.routes where route.isEnabled {
            for match in Survey.matches(route.match) {
                asked += (match.tenants ?? []).map { ($0, true) } + (match.keys ?? []).map { ($0, false) }
            }
        }
        for rule in survey.document.privacy.rules {
            asked += rule.tenants.map { ($0, true) } + rule.keys.map { ($0, false) }
        }
        let names = (tenants: Set(tenants ?? []), keys: Set(keys))
        var strangers: [(value: Located<String>, isTenant: Bool, known: [String])] = []
        for entry in asked {
            guard let known = entry.isTenant ? tenants : keys else { continue }
            if (entry.isTenant ? names.tenants : names.keys).contains(entry.value.value) { continue }
            let isLiteral = GlobTable.isLiteral(entry.value.value)
            if !isLiteral, known.contains(where: { survey.globs.matches(entry.value.value, $0) }) { continue }
            strangers.append((entry.value, entry.isTenant, known))
        }
        // A file with more of them was not written against these keys.
        for entry in strangers.prefix(mostStrangers) {
            stranger(entry.value, isTenant: entry.isTenant, entry.known, survey, &findings)
        }
    }

    /// Names that nobody has which are told: each is compared with all that there are.
    private static let mostStrangers = 200

    private static func stranger(
        _ value: Located<String>,
        isTenant: Bool,
        _ known: [String],
        _ survey: Survey,
        _ findings: inout [Problem]
    ) {
        let noun = isTenant ? "tenant" : "key"
        let near = Suggestion.nearest(to: value.value, among: known)
        let list = known.isEmpty ? "`auth.keys` names no \(noun)" : "\(noun)s: \(Words.listed(known))"
        findings.append(
            Problem(
                .warning,
                "HP212",
                "no request ever has the \(noun) `\(value.value)`",
                at: value.spot,
                help: [near.map { "did you mean `\($0)`?" } ?? list],
                fix: near == nil ? nil : .unsafe,
                edits: near.map { survey.edits.replacing(value.spot, with: $0) } ?? []
            )
        )
    }
}
