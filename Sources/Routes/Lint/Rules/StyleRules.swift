import Report
import RouteLanguage
import RouteModel

/// How a file reads: HP902, HP907; and HP805, what keeps bytes from staying in the kernel.
enum StyleRules {
    static func check(_ survey: Survey, _ findings: inout [Problem]) {
        unnamed(survey, &findings)
        siblings(survey, &findings)
        copies(survey, &findings)
    }

    // MARK: HP902

    private static func unnamed(_ survey: Survey, _ findings: inout [Problem]) {
        for route in survey.document.routes where !route.isNamed {
            findings.append(
                Problem(
                    .note,
                    "HP902",
                    "this route has no name; logs and metrics call it `\(route.name.value)`",
                    at: route.spot,
                    help: ["name: \(route.name.value)"],
                    fix: .unsafe,
                    edits: survey.edits.addingEntry("name: \(route.name.value)", to: route)
                )
            )
        }
    }

    // MARK: HP907

    /// Lists other than those of `match`, where a value that does nothing may be a mistake: HP403.
    private static func siblings(_ survey: Survey, _ findings: inout [Problem]) {
        for provider in survey.document.providers { covered(provider.models ?? [], survey, &findings) }
        covered(survey.document.known ?? [], survey, &findings)
        for key in survey.document.auth.keys { covered(key.models ?? [], survey, &findings) }
    }

    private static func covered(_ globs: [Located<String>], _ survey: Survey, _ findings: inout [Problem]) {
        guard globs.count > 1, globs.count <= 256 else { return }
        for (position, glob) in globs.enumerated() {
            let other = globs.enumerated().first { number, other in
                number != position && survey.globs.covers(other.value, glob.value)
                    && (number < position || !survey.globs.covers(glob.value, other.value))
            }
            guard let other = other?.element else { continue }
            let edits = survey.edits.removingItem(glob.spot)
            findings.append(
                Problem(
                    .note,
                    "HP907",
                    "`\(glob.value)` adds nothing to `\(other.value)`",
                    at: glob.spot,
                    labels: [Label(other.spot, "takes all of it")],
                    help: ["remove it"],
                    fix: edits.isEmpty ? nil : .safe,
                    edits: edits
                )
            )
        }
    }

    // MARK: HP805

    /// Notes only what could be otherwise: an upstream elsewhere has to speak TLS (HP702), which nobody should give up
    /// for a splice; `explain` says of every route what is copied.
    private static func copies(_ survey: Survey, _ findings: inout [Problem]) {
        guard survey.document.listen.splice.value != "none" else { return }
        for (position, provider) in survey.document.providers.enumerated() {
            guard let use = survey.firstUses[position] else { continue }
            var reasons: [String] = []
            let isHere = provider.host.map { Nearness(host: $0) == .loopback } ?? false
            if provider.isTLS, isHere { reasons.append("they come over TLS, though from this machine") }
            // Chats are written in another dialect there (`routes.md` A2); its own messages are not.
            if provider.kind.value == "anthropic", provider.apis.contains(.chat) {
                reasons.append("those to chats are translated")
            }
            let isRead = survey.liveRoutes.contains { _, route in
                route.settings.scanResponses.value != .none
                    && survey.targets(route).contains { $0.target.provider == position }
            }
            if isRead { reasons.append("those of routes with `scan_responses` are held and read") }
            if reasons.isEmpty { continue }
            findings.append(
                Problem(
                    .note,
                    "HP805",
                    "answers of `\(provider.name.value)` are copied, not spliced: \(reasons.joined(separator: ", and "))",
                    at: provider.places["url"] ?? provider.name.spot,
                    labels: [Label(use.target.spot, "routed here")]
                )
            )
        }
    }
}
