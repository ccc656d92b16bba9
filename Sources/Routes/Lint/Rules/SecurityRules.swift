import Report
import RouteModel

/// Keys, certificates, logs, tools: HP703, HP712, HP715, HP716.
enum SecurityRules {
    static func check(_ survey: Survey, _ findings: inout [Problem]) {
        for provider in survey.document.providers where provider.isEnabled && !provider.isLocal && provider.isTLS {
            guard provider.ca == nil, provider.pins.isEmpty else { continue }
            findings.append(
                Problem(
                    .warning,
                    "HP703",
                    "any authority that this machine trusts may speak for `\(provider.name.value)`",
                    at: provider.places["url"] ?? provider.name.spot,
                    notes: ["keys and prompts go to whoever has such a certificate"],
                    help: [
                        "pin its public key:  tls: {pin: [\"sha256//…\", \"sha256//…\"]}",
                        "or say that this is meant:  tls: {ca: system}",
                    ]
                )
            )
        }
        if let audit = survey.document.audit, audit.key == nil {
            findings.append(
                Problem(
                    .warning,
                    "HP712",
                    "the audit chain has no key of its own: after a restart nobody can tell whether it was rewritten",
                    at: audit.path?.spot ?? audit.spot,
                    help: ["key: env:HOOSH_AUDIT_KEY"]
                )
            )
        }
        if let tools = survey.document.tools { check(tools, &findings) }
    }

    private static func check(_ tools: Tools, _ findings: inout [Problem]) {
        if let first = tools.servers.first, tools.allow.isEmpty {
            findings.append(
                Problem(
                    .warning,
                    "HP715",
                    "no tool is allowed, so none can be listed or called",
                    at: tools.spot,
                    help: ["allow: [\"\(first.value)/some_tool\"]"]
                )
            )
        }
        for pattern in tools.allow where ["*", "**", "*/*"].contains(pattern.value) {
            findings.append(
                Problem(
                    .warning,
                    "HP716",
                    "every tool of every server may be called, those too that a server adds tomorrow",
                    at: pattern.spot,
                    help: ["name the servers, or the tools:  \"fs/read_*\""]
                )
            )
        }
    }
}
