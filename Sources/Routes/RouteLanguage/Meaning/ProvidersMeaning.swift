import Decision
import Dialect
import Routing
import Providers
import Report
import RouteModel

/// Reads `providers`.
struct ProvidersMeaning {
    /// What routes need to know of a provider, even of one that is wrong.
    struct Draft {
        let name: String
        let spot: Spot
        let isLocal: Bool
        let isEnabled: Bool
        /// Nil when something about it was reported.
        let provider: Provider?
        /// The same as the file says it.
        let entry: ProviderEntry?
    }

    private(set) var drafts: [Draft] = []
    private let findings: Findings
    private let secrets: Secrets
    private let listen: ListenMeaning

    init(_ assembly: Assembly, _ secrets: Secrets, _ listen: ListenMeaning) {
        findings = secrets.findings
        self.secrets = secrets
        self.listen = listen
        for entry in assembly.entries("providers", checking: findings) {
            findings.reading(entry) {
                // Inside, merged keys name their own `<<`.
                drafts.append(draft(entry))
            }
        }
    }

    private func draft(_ entry: Node.Entry) -> Draft {
        let node = entry.value
        let isEnabled = Read.boolean(node, "enabled") ?? true
        let kind = node["kind"]?.text.flatMap { ProviderKind.named($0) }
        let isLocal = kind.map { locality($0, node) } ?? false
        var provider: Provider?
        var place: ProviderEntry?
        if let kind, let url = url(kind, entry) {
            checkURL(url, node, isLocal: isLocal)
            provider = make(entry, kind, url, isLocal: isLocal, isEnabled: isEnabled)
            place = provider.flatMap { ProviderPlaces.entry(entry, $0, findings) }
        }
        return Draft(
            name: entry.name,
            spot: entry.key.spot,
            isLocal: isLocal,
            isEnabled: isEnabled,
            provider: provider,
            entry: place
        )
    }

    // MARK: Where it is

    private func url(_ kind: ProviderKind, _ entry: Node.Entry) -> ProviderURL? {
        let node = entry.value
        guard let written = node.entry("url") else {
            if let standard = kind.defaultURL { return try? Values.url(standard) }
            findings.error(
                "HP104",
                "`\(entry.name)` needs `url`: `\(kind.name)` has no address of its own",
                at: node["kind"]?.spot ?? node.spot
            )
            return nil
        }
        let value = written.value
        guard let text = value.text, !value.isNothing else { return nil }
        guard (try? Values.reference(text)) != nil else { return try? Values.url(text) }
        guard let resolved = secrets.resolve(textOf: value, name: "url") else {
            // Lint does not look behind references: any address stands for it.
            return secrets.purpose == .lint ? (try? Values.url(kind.defaultURL ?? "https://reference.invalid")) : nil
        }
        do throws(ValueFault) {
            return try Values.url(resolved)
        } catch {
            findings.error(error.code, "what `\(text)` names is no URL of a provider", at: value.spot)
            return nil
        }
    }

    private func locality(_ kind: ProviderKind, _ node: Node) -> Bool {
        if let word = node["locality"]?.text, word == "local" || word == "remote" { return word == "local" }
        guard let text = node["url"]?.text else { return kind.isLocalByDefault }
        guard let url = try? Values.url((try? Values.reference(text)) == nil ? text : secretURL(node) ?? "") else {
            return kind.isLocalByDefault
        }
        if url.unixPath != nil { return true }
        switch Nearness(host: url.host) {
        case .loopback, .near: return true
        case .unqualified, .far: return false
        }
    }

    private func secretURL(_ node: Node) -> String? { node["url"].flatMap { secrets.resolve(textOf: $0, name: "url") } }

    private func checkURL(_ url: ProviderURL, _ node: Node, isLocal: Bool) {
        guard let place = node["url"] ?? node["kind"] else { return }
        if listen.isOurs(host: url.host, port: url.port, unixPath: url.unixPath) {
            findings.error(
                "HP420",
                "this is the proxy's own address: requests would go round in a circle",
                at: place.spot,
                help: ["give the proxy or the provider another port"]
            )
        }
        if url.unixPath != nil { return }
        let nearness = Nearness(host: url.host)
        if isLocal, nearness == .far, let locality = node["locality"] {
            findings.error(
                "HP310",
                "`\(url.host)` is not local",
                at: locality.spot,
                labels: [Label(place.spot, "this address")],
                notes: [
                    "local is what is on this machine, in a private net, or ends in .svc, .svc.cluster.local, .internal, .local"
                ],
                help: ["remove `locality: local`"]
            )
        }
        if !isLocal, !url.isTLS, nearness == .far || nearness == .unqualified {
            var help = ["write  https://"]
            if nearness == .unqualified {
                help.append("or say `locality: local` if `\(url.host)` is in your own network")
            }
            findings.error(
                "HP702",
                "keys and prompts would go to `\(url.host)` unencrypted",
                at: place.spot,
                help: help
            )
        }
    }

    // MARK: What it is

    private func make(
        _ entry: Node.Entry,
        _ kind: ProviderKind,
        _ url: ProviderURL,
        isLocal: Bool,
        isEnabled: Bool
    ) -> Provider {
        let node = entry.value
        var timeouts = PartialTimeouts()
        timeouts = Read.timeouts(node["timeout"])
        if let connect = timeouts.connectMilliseconds, let firstByte = timeouts.firstByteMilliseconds {
            Read.checkOrder(
                connect: (connect, node["timeout"]?["connect"]?.spot),
                firstByte: (firstByte, node["timeout"]?["first_byte"]?.spot),
                findings
            )
        }
        let key = isEnabled ? node["key"].flatMap { secrets.resolve($0, name: "key") } : nil
        let secretName = node["key"]?.text.flatMap { (try? Values.secret($0)) == nil ? nil : $0 }
        return Provider(
            index: drafts.count,
            name: entry.name,
            kind: kind,
            url: url,
            key: key,
            secretName: secretName,
            headers: isEnabled ? Read.headers(node["headers"], secrets) : [],
            passing: Read.texts(node["pass_headers"]) ?? [],
            models: Read.globs(node["models"]),
            apis: Read.apis(node["apis"]).map(Set.init) ?? kind.apis,
            formats: Read.texts(node["formats"])?.compactMap(ChatFormat.init(rawValue:)),
            isLocal: isLocal,
            tls: TLSMeaning(node["tls"], secrets).settings,
            timeouts: timeouts,
            health: health(node["health"], kind, isLocal: isLocal),
            keepalive: keepalive(node["keepalive"]),
            isEnabled: isEnabled
        )
    }

    private func health(_ node: Node?, _ kind: ProviderKind, isLocal: Bool) -> HealthSettings {
        let mode = Read.word(node, "mode", HealthSettings.Mode.self) ?? (isLocal ? .active : .passive)
        var settings = HealthSettings(mode: mode, path: kind.healthPath)
        if let written = node?["path"], let text = written.text {
            if text.hasPrefix("/"), text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) {
                settings.path = text
            } else {
                findings.error("HP111", "a path to probe starts with `/` and holds no space", at: written.spot)
            }
        }
        settings.intervalMilliseconds = Read.duration(node, "interval") ?? settings.intervalMilliseconds
        settings.timeoutMilliseconds = Read.duration(node, "timeout") ?? settings.timeoutMilliseconds
        settings.unhealthyAfter = Read.count(node, "unhealthy_after", 1...1_000) ?? settings.unhealthyAfter
        settings.healthyAfter = Read.count(node, "healthy_after", 1...1_000) ?? settings.healthyAfter
        return settings
    }

    private func keepalive(_ node: Node?) -> KeepaliveSettings {
        var settings = KeepaliveSettings()
        settings.maxIdle = Read.count(node, "max_idle", 0...10_000) ?? settings.maxIdle
        settings.idleMilliseconds = Read.duration(node, "idle") ?? settings.idleMilliseconds
        return settings
    }
}
