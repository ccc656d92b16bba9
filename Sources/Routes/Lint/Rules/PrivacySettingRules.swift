import Report
import RouteLanguage
import RouteModel
import Routing

/// What a file says about classes and the places where content may end up: HP302, HP305, HP306, HP307, HP308, HP309,
/// HP311, HP314, HP315.
enum PrivacySettingRules {
    static func check(_ survey: Survey, _ findings: inout [Problem]) {
        clearances(survey, &findings)
        fields(survey, &findings)
        scan(survey, &findings)
        caches(survey, &findings)
        sinks(survey, &findings)
        tenants(survey, &findings)
        tags(survey, &findings)
        hedges(survey, &findings)
    }

    // MARK: HP302

    /// What a provider may see unless the file says otherwise (`routes.md` 2.5).
    static func standardClearance(_ provider: ProviderEntry) -> Level {
        provider.isLocal ? .confidential : .internal
    }

    private static func clearances(_ survey: Survey, _ findings: inout [Problem]) {
        for provider in survey.document.providers where provider.attest == nil && provider.isEnabled {
            let standard = standardClearance(provider)
            guard let spot = provider.clearance.spot, provider.clearance.value > standard else { continue }
            let place = provider.isLocal ? "local" : "remote"
            findings.append(
                Problem(
                    provider.isLocal ? .warning : .error,
                    "HP302",
                    "`\(provider.name.value)` is cleared for \(provider.clearance.value.word) content, and nothing says why",
                    at: spot,
                    notes: ["a \(place) provider may see \(standard.word) content unless somebody approves of more"],
                    help: [
                        "record the approval:  attest: \"<contract or DPIA reference>\"",
                        "or remove  clearance: \(provider.clearance.value.word)",
                    ]
                )
            )
        }
    }

    // MARK: HP305

    /// The fields that hold the text of a request, by endpoint.
    private static let texts: [API: [String]] = [
        .chat: ["messages"], .completions: ["prompt"], .responses: ["input", "instructions"],
        .messages: ["messages"], .embeddings: ["input"], .moderations: ["input"], .images: ["prompt"],
        .speech: ["input"],
    ]

    private static func fields(_ survey: Survey, _ findings: inout [Problem]) {
        let privacy = survey.document.privacy
        guard let fields = privacy.scanFields, let last = fields.last,
            privacy.rules.contains(where: \.hasContentSource)
        else { return }
        let scanned = Set(fields.map(\.value))
        var told: Set<String> = []
        for (_, route) in survey.liveRoutes {
            let apis = route.match?.apis.map { Set($0.map(\.value)) }
            for (target, provider) in survey.targets(route) where !provider.isLocal {
                for api in provider.apis.sorted(by: { $0.rawValue < $1.rawValue }) where apis?.contains(api) ?? true {
                    for field in texts[api] ?? [] where !scanned.contains(field) && told.insert(field).inserted {
                        findings.append(
                            Problem(
                                .error,
                                "HP305",
                                "`\(field)` of \(api.word ?? "other") requests is sent to `\(provider.name.value)` unscanned",
                                at: last.spot,
                                mark: "no `\(field)`",
                                labels: [Label(target.spot, "a remote provider")],
                                help: ["add it:  fields: [\((fields.map(\.value) + [field]).joined(separator: ", "))]"],
                                fix: .unsafe,
                                edits: survey.edits.text(last.spot).map {
                                    survey.edits.replacing(last.spot, with: "\($0), \(field)")
                                } ?? []
                            )
                        )
                    }
                }
            }
        }
    }

    // MARK: HP306, HP307

    private static func scan(_ survey: Survey, _ findings: inout [Problem]) {
        let privacy = survey.document.privacy
        let levels = privacy.rules.filter(\.hasContentSource).compactMap(\.level?.value)
        guard let highest = levels.max() else { return }
        for (setting, name, what) in [
            (privacy.scanOver, "over", "text longer than `max_bytes`"),
            (privacy.scanOnError, "on_error", "text that cannot be scanned"),
        ] {
            guard let spot = setting.spot, setting.value < highest else { continue }
            findings.append(
                Problem(
                    .warning,
                    "HP307",
                    "\(what) counts as \(setting.value.word), whatever it holds",
                    at: spot,
                    notes: ["rules can find \(highest.word) content, which would pass here unseen"],
                    help: ["\(name): \(highest.word)"],
                    fix: .safe,
                    edits: survey.edits.replacing(spot, with: highest.word)
                )
            )
        }
        guard let spot = privacy.scanOpaque.spot, privacy.scanOpaque.value < .internal else { return }
        let remote = survey.document.providers.enumerated().first {
            !$1.isLocal && $1.isEnabled && survey.firstUses[$0] != nil
        }
        guard let remote, let use = survey.firstUses[remote.offset] else { return }
        findings.append(
            Problem(
                .warning,
                "HP306",
                "images and audio cannot be scanned, and may go to `\(remote.element.name.value)` as public content",
                at: spot,
                labels: [Label(use.target.spot, "a remote provider")],
                help: ["opaque: confidential  keeps them here,  opaque: internal  is the default"]
            )
        )
    }

    // MARK: HP308

    private static func caches(_ survey: Survey, _ findings: inout [Problem]) {
        let caches = [survey.document.cache] + survey.liveRoutes.map { $0.1.settings.cache }
        var told: Set<Spot> = []
        for cache in caches where cache.mode.value == .exact && cache.scope.value == .global {
            guard cache.maxLevel.value >= .confidential, let spot = cache.scope.spot ?? cache.maxLevel.spot,
                told.insert(spot).inserted
            else { continue }
            let other = cache.maxLevel.spot.flatMap { $0 == spot ? nil : Label($0, "what may be kept") }
            findings.append(
                Problem(
                    .error,
                    "HP308",
                    "a \(cache.maxLevel.value.word) answer kept for one client would be given to all",
                    at: spot,
                    labels: other.map { [$0] } ?? [],
                    help: ["keep answers apart:  scope: key", "or keep less:  max_class: internal"]
                )
            )
        }
    }

    // MARK: HP309

    private static func sinks(_ survey: Survey, _ findings: inout [Problem]) {
        let telemetry = survey.document.telemetry
        if telemetry.otlpContent.value, let endpoint = telemetry.otlpEndpoint,
            let nearness = Nearness(url: endpoint.value), nearness == .far
        {
            findings.append(
                Problem(
                    .error,
                    "HP309",
                    "prompts and answers of every class would be exported to `\(endpoint.value)`",
                    at: telemetry.otlpContent.spot ?? endpoint.spot,
                    labels: [Label(endpoint.spot, "not in your own network")],
                    help: ["content: false"],
                    fix: telemetry.otlpContent.spot == nil ? nil : .unsafe,
                    edits: telemetry.otlpContent.spot.map { survey.edits.replacing($0, with: "false") } ?? []
                )
            )
        }
        if let audit = survey.document.audit, audit.body.value == .full, audit.maxLevel.value > .confidential {
            findings.append(
                Problem(
                    .error,
                    "HP309",
                    "the audit log would hold \(audit.maxLevel.value.word) content in full",
                    at: audit.maxLevel.spot ?? audit.spot,
                    labels: audit.body.spot.map { [Label($0, "whole bodies")] } ?? [],
                    notes: ["what is on this machine may see confidential content at most"],
                    help: ["max_class: confidential", "or  body: hash"]
                )
            )
        }
    }

    // MARK: HP311, HP314, HP315

    private static func tenants(_ survey: Survey, _ findings: inout [Problem]) {
        let auth = survey.document.auth
        guard let header = auth.tenantHeader, auth.trustedProxies.isEmpty else { return }
        findings.append(
            Problem(
                .warning,
                "HP311",
                "nobody may name a tenant by `\(header.value)`: no proxy is trusted",
                at: header.spot,
                help: ["name who may say it:  trusted_proxies: [10.0.0.0/8]"]
            )
        )
    }

    private static func tags(_ survey: Survey, _ findings: inout [Problem]) {
        var first: [String: PrivacyRule] = [:]
        for rule in survey.document.privacy.rules {
            guard let other = first[rule.tag.value] else {
                first[rule.tag.value] = rule
                continue
            }
            guard let level = rule.level, let earlier = other.level, level.value != earlier.value else { continue }
            findings.append(
                Problem(
                    .warning,
                    "HP314",
                    "`\(rule.tag.value)` is \(level.value.word) here and \(earlier.value.word) in another rule",
                    at: level.spot,
                    labels: [Label(earlier.spot, earlier.value.word)],
                    notes: ["when both fire, the higher class counts"],
                    help: ["give both rules one class, or two tags"]
                )
            )
        }
    }

    private static func hedges(_ survey: Survey, _ findings: inout [Problem]) {
        for (_, route) in survey.liveRoutes {
            guard let spot = route.settings.hedge.spot, let hedge = route.settings.hedge.value, hedge.max > 1,
                route.match?.levels.map({ $0.value.upperBound >= .confidential }) ?? true
            else { continue }
            var cleared: [(target: TargetEntry, provider: ProviderEntry)] = []
            for entry in survey.targets(route) where entry.provider.clearance.value >= .confidential {
                if !cleared.contains(where: { $0.target.provider == entry.target.provider }) { cleared.append(entry) }
            }
            guard cleared.count > 1 else { continue }
            findings.append(
                Problem(
                    .warning,
                    "HP315",
                    "a slow confidential request would be sent to a second provider as well",
                    at: spot,
                    labels: cleared.prefix(2).map { Label($0.target.spot, "may get a copy") },
                    help: ["take confidential requests by a route of their own, without `hedge`"]
                )
            )
        }
    }
}
