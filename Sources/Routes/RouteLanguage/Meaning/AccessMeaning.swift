import Decision
import Identity
import Report
import RouteModel
import Routing

/// Reads `auth` for the service: tokens become digests, nets become numbers.
struct AccessMeaning {
    private(set) var settings = AccessSettings()
    private let secrets: Secrets
    private var findings: Findings { secrets.findings }
    /// What was said of tokens so far, in the file and behind references.
    private var written: [String: (name: String, spot: Spot)] = [:]
    private var resolved: [TokenDigest: (name: String, spot: Spot)] = [:]

    /// What `auth` says about who may come in, before it is read: what a listener needs to know.
    struct Guards {
        /// Clients are asked for a key.
        let client: Bool
        /// Admins are asked for a token.
        let admin: Bool

        init(_ assembly: Assembly) {
            let node = assembly.root["auth"]
            client = !assembly.entries("auth", "keys").isEmpty && node?["mode"]?.text != "none"
            admin = node?["admin"]?["token"]?.text != nil
        }
    }

    init(_ assembly: Assembly, _ auth: Auth, _ secrets: Secrets) {
        self.secrets = secrets
        let node = assembly.root["auth"]
        settings.isBearer = auth.isBearer.value
        settings.tenantHeader = auth.tenantHeader?.value
        let tokens = Dictionary(
            assembly.entries("auth", "keys").compactMap { entry in
                entry.value["token"].map { (entry.name, $0) }
            }
        ) { first, _ in first }
        var keys: [AccessKey] = []
        for key in auth.keys {
            guard let node = tokens[key.name.value], let digest = digest(node, "auth.keys.\(key.name.value)") else {
                continue
            }
            keys.append(
                AccessKey(
                    name: key.name.value,
                    digest: digest,
                    tenant: key.tenant?.value,
                    models: key.models?.compactMap { try? Glob(parsing: $0.value) },
                    pools: key.pools.map(\.value),
                    maxLevel: key.maxLevel?.value ?? .restricted
                )
            )
        }
        settings.ring = KeyRing(keys)
        settings.admin = node?["admin"]?["token"].flatMap { digest($0, "auth.admin") }
        settings.trusted = networks(node?["trusted_proxies"])
        check(node, auth)
    }

    // MARK: Tokens

    /// The digest of a token; nil in lint, where none is known, and where it was reported.
    private mutating func digest(_ node: Node, _ name: String) -> TokenDigest? {
        guard let text = node.text, (try? Values.token(text)) != nil else { return nil }
        let isDigest = text.hasPrefix("sha256:")
        let spelled = isDigest ? text.lowercased() : text
        if let first = written[spelled] {
            refuseSame(name, node.spot, first)
            return nil
        }
        written[spelled] = (name, node.spot)
        let digest =
            isDigest
            ? TokenDigest(hexadecimal: text.dropFirst(7))
            : secrets.resolve(node, name: "token").map { TokenDigest(of: $0) }
        guard let digest else { return nil }
        if let first = resolved[digest] {
            refuseSame(name, node.spot, first)
            return nil
        }
        resolved[digest] = (name, node.spot)
        return digest
    }

    private func refuseSame(_ name: String, _ spot: Spot, _ first: (name: String, spot: Spot)) {
        findings.error(
            "HP717",
            "`\(first.name)` and `\(name)` have the same token",
            at: spot,
            labels: [Label(first.spot, "the same token")],
            help: ["give each its own:  openssl rand -hex 32"]
        )
    }

    // MARK: Proxies in front

    private func networks(_ node: Node?) -> [Network] {
        (Read.scalars(node) ?? []).compactMap { node in
            guard let text = node.text else { return nil }
            do throws(Network.Fault) {
                return try Network(parsing: text)
            } catch {
                findings.error("HP111", error.sentence, at: node.spot)
                return nil
            }
        }
    }

    private func check(_ node: Node?, _ auth: Auth) {
        if auth.isBearer.value, auth.keys.isEmpty, let spot = node?["mode"]?.spot {
            findings.error(
                "HP104",
                "`mode: bearer` needs `keys`: nobody could come in",
                at: spot,
                help: ["keys: {app: {token: env:APP_TOKEN}}"]
            )
        }
    }
}
