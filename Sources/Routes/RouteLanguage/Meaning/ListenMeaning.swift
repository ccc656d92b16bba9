import Report
import RouteModel

/// Reads `listen`, with the addresses that nobody but this machine may reach.
struct ListenMeaning {
    private(set) var settings = ListenSettings()
    /// The same with places, for checks.
    private(set) var listen = Listen()
    private(set) var client: ListenText?
    private(set) var admin: ListenText?

    init(_ root: Node, _ guards: AccessMeaning.Guards, _ findings: Findings) {
        let node = root["listen"]
        if let text = node?["address"]?.text, (try? Values.listenAddress(text)) != nil { settings.address = text }
        if let text = node?["admin"]?.text {
            if text == "none" {
                settings.admin = nil
            } else if (try? Values.listenAddress(text)) != nil {
                settings.admin = text
            }
        }
        settings.maxBodyBytes = Read.size(node, "max_body") ?? settings.maxBodyBytes
        settings.maxUploadBytes = Read.size(node, "max_upload") ?? settings.maxUploadBytes
        settings.maxConnections = Read.count(node, "max_connections", 1...1_000_000) ?? settings.maxConnections
        settings.headerTimeoutMilliseconds =
            Read.duration(node, "header_timeout") ?? settings.headerTimeoutMilliseconds
        settings.drainMilliseconds = Read.duration(node, "drain") ?? settings.drainMilliseconds
        settings.splice = Read.word(node, "splice", ListenSettings.Splice.self) ?? settings.splice
        settings.watch = Read.boolean(node, "watch") ?? settings.watch
        client = try? Values.listenAddress(settings.address)
        admin = settings.admin.flatMap { try? Values.listenAddress($0) }
        place(node)
        check(node, guards, findings)
    }

    private mutating func place(_ node: Node?) {
        Read.set(&listen.address, node, "address", Read.text)
        if let admin = node?["admin"] { listen.admin = Setting(settings.admin, at: admin.spot) }
        listen.isLoopback = client?.isLoopback ?? true
        listen.isAdminLoopback = admin?.isLoopback ?? true
        listen.hasTLS = node?["tls"] != nil
        Read.set(&listen.drainMilliseconds, node, "drain") { try Values.duration($0) }
        Read.set(&listen.splice, node, "splice", Read.text)
    }

    private func check(_ node: Node?, _ guards: AccessMeaning.Guards, _ findings: Findings) {
        if let client, !client.isLoopback, let spot = node?["address"]?.spot {
            if guards.client {
                warnOfPlainText("HP707", settings.address, at: spot, findings)
            } else {
                findings.error(
                    "HP707",
                    "anyone who reaches `\(settings.address)` could use your keys",
                    at: spot,
                    notes: ["without `auth.keys` nobody is asked who they are"],
                    help: [
                        "give each client a key:  auth: {keys: {app: {token: env:APP_TOKEN}}}",
                        "a sidecar listens on  127.0.0.1:\(client.port)",
                    ]
                )
            }
        }
        if let admin, !admin.isLoopback, let spot = node?["admin"]?.spot {
            if guards.admin {
                warnOfPlainText("HP708", settings.admin ?? "", at: spot, findings)
            } else {
                findings.error(
                    "HP708",
                    "the admin listener is open to others at `\(settings.admin ?? "")`",
                    at: spot,
                    help: [
                        "ask for a token:  auth: {admin: {token: env:ADMIN_TOKEN}}",
                        "keep it on  127.0.0.1:\(admin.port)", "probes can use  hoosh-proxy health --ready",
                    ]
                )
            }
        }
        if let client, client == admin, client.port != 0 || client.unixPath != nil,
            let spot = (node?["admin"] ?? node?["address"])?.spot
        {
            findings.error("HP111", "both listeners have the address `\(settings.address)`", at: spot)
        }
    }

    private func warnOfPlainText(_ code: String, _ address: String, at spot: Spot, _ findings: Findings) {
        guard !listen.hasTLS else { return }
        findings.warning(
            code,
            "tokens travel in plain text to `\(address)`",
            at: spot,
            notes: ["whoever can read the network on the way has the tokens and the prompts"],
            help: ["let something that speaks TLS stand in front, on this machine"]
        )
    }

    /// True when a provider's URL leads back to one of our listeners.
    func isOurs(host: String, port: Int, unixPath: String?) -> Bool {
        [client, admin].contains { listener in
            guard let listener else { return false }
            if unixPath != nil || listener.unixPath != nil { return unixPath == listener.unixPath }
            guard port == listener.port, port != 0 else { return false }
            return Nearness(host: host) == .loopback || host == listener.host
        }
    }
}
