import Analysis
import Report
import RouteModel
import Routing

/// Where classes can flow, with a request that shows it: HP300 and HP304; and HP412, targets that serve nothing.
struct FlowRules {
    private let survey: Survey
    private let analysis: Analysis
    private let witness: Witness

    static func check(_ survey: Survey, _ analysis: Analysis, _ findings: inout [Problem]) {
        let rules = FlowRules(survey: survey, analysis: analysis, witness: Witness(analysis.interpreter))
        rules.leaks(&findings)
        for starvation in analysis.starvations { rules.starved(starvation, &findings) }
        rules.idle(&findings)
    }

    private var document: RouteDocument { survey.document }

    // MARK: HP300

    private func leaks(_ findings: inout [Problem]) {
        var worst: [Int: Flow] = [:]
        for flow in analysis.flows where flow.level >= .confidential {
            guard document.providers.indices.contains(flow.provider), !document.providers[flow.provider].isLocal,
                flow.level > worst[flow.provider]?.level ?? .internal
            else { continue }
            worst[flow.provider] = flow
        }
        for (position, flow) in worst.sorted(by: { $0.key < $1.key }) {
            let provider = document.providers[position]
            findings.append(leak(flow, provider))
            // Raised without approval, and used: one finding says both.
            findings.removeAll { $0.code == "HP302" && $0.spot == provider.clearance.spot }
        }
    }

    private func leak(_ flow: Flow, _ provider: ProviderEntry) -> Problem {
        let route = document.routes[flow.route]
        let tier = route.tiers[flow.tier]
        let target = tier.targets[flow.target]
        let word = flow.level.word
        let name = provider.name.value
        var labels: [Label] = []
        if let spot = provider.clearance.spot {
            let how = provider.attest == nil ? "without `attest`" : "with `attest`"
            labels = [Label(spot, "raised here, \(how)")]
        }
        let earlier = route.tiers[..<flow.tier].flatMap(\.targets) + tier.targets[..<flow.target]
        let areLocal = earlier.allSatisfy { survey.provider($0)?.isLocal ?? false }
        let down = earlier.isEmpty ? "" : "  with every \(areLocal ? "local" : "earlier") target down"
        return Problem(
            provider.attest == nil ? .error : .warning,
            "HP300",
            "\(word) content can reach remote provider `\(name)`",
            at: target.spot,
            mark: "receives class \(word)",
            labels: labels,
            notes: [
                "witness: \(witness.long(flow.witness))\(down)\n→ \(witness.label(flow.witness)) → route "
                    + "`\(route.name.value)` → tier \(flow.tier) → \(name)",
                "replayed through the reference interpreter",
            ],
            help: provider.attest == nil
                ? [
                    "remove `clearance: \(word)`, or record the approval:  attest: \"<contract or DPIA reference>\""
                ] : ["if that is what was approved:  # hoosh: allow HP300 -- <reference>"]
        )
    }

    // MARK: HP304

    private func starved(_ starvation: Starvation, _ findings: inout [Problem]) {
        let route = document.routes[starvation.route]
        let tags = Set(starvation.tags)
        var labels: [Label] = []
        for (_, provider) in survey.targets(route) {
            guard let tag = provider.denyTags.first(where: { tags.contains($0.value) }),
                !labels.contains(where: { $0.spot == tag.spot })
            else { continue }
            labels.append(Label(tag.spot, "`\(provider.name.value)` takes none of these"))
        }
        findings.append(
            Problem(
                .error,
                "HP304",
                "`deny_tags` leaves requests tagged \(Words.listed(starvation.tags)) no target on `\(route.name.value)`",
                at: route.actionSpot,
                labels: Array(labels.prefix(4)),
                notes: ["witness: \(witness.long(starvation.witness))\n→ \(witness.label(starvation.witness)) → 403"],
                help: [
                    "add a target that may have them, or say that they are refused:  "
                        + "match: {tags: [\(starvation.tags.joined(separator: ", "))]}  with  deny: {status: 403}"
                ]
            )
        )
    }

    // MARK: HP412

    private func idle(_ findings: inout [Problem]) {
        for (position, route) in survey.liveRoutes {
            for (number, tier) in route.tiers.enumerated() {
                for (place, target) in tier.targets.enumerated() where target.group == nil {
                    guard let provider = survey.provider(target), provider.isEnabled,
                        analysis.serves(route: position, tier: number, target: place) == false
                    else { continue }
                    findings.append(serves(nothingOf: route, target, provider))
                }
            }
        }
    }

    private func serves(nothingOf route: RouteEntry, _ target: TargetEntry, _ provider: ProviderEntry) -> Problem {
        let name = provider.name.value
        let asked = route.match?.apis?.map(\.value)
        if let asked, !asked.contains(where: provider.apis.contains) {
            let apis = provider.apis.sorted { $0.rawValue < $1.rawValue }.compactMap(\.word)
            return Problem(
                .warning,
                "HP412",
                "`\(name)` serves none of the endpoints that `\(route.name.value)` takes",
                at: target.spot,
                labels: (provider.places["apis"] ?? provider.places["kind"]).map {
                    [Label($0, "serves \(apis.joined(separator: ", "))")]
                } ?? [],
                notes: ["it is passed over every time"],
                help: ["remove it from this route"]
            )
        }
        let sentence =
            target.model.map { "`\(name)` does not serve `\($0)`" }
            ?? "`\(name)` serves none of the models that `\(route.name.value)` takes"
        var labels = provider.models?.first.map { [Label($0.spot, "what it serves")] } ?? []
        if target.model == nil, let model = route.match?.models?.first {
            labels.append(Label(model.spot, "what comes here"))
        }
        return Problem(
            .warning,
            "HP412",
            sentence,
            at: target.spot,
            labels: labels,
            notes: ["it is passed over every time"],
            help: ["ask it for a model of its own:  \(name)/…", "or add the model to its `models`"]
        )
    }
}
