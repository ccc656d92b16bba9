import Providers
import Report

/// Reads `providers.<name>.tls`.
struct TLSMeaning {
    private(set) var settings = TLSSettings()
    private let findings: Findings
    private let purpose: RouteFile.Purpose

    init(_ node: Node?, _ secrets: Secrets) {
        findings = secrets.findings
        purpose = secrets.purpose
        guard let node else { return }
        authority(node["ca"])
        pins(node["pin"])
        certificate(node)
        settings.serverName = node["server_name"]?.text
        settings.isTLS13Required = node["min"]?.text == "1.3"
        if let verify = node["verify"], Read.boolean(node, "verify") == false {
            findings.error(
                "HP706",
                "`verify: false` lets anyone on the way read keys and prompts",
                at: verify.spot,
                help: ["remove it; for a certificate of your own, name its authority:  ca: path/to/ca.pem"]
            )
        }
    }

    private mutating func authority(_ node: Node?) {
        guard let node, let text = node.text, text != "system", !text.isEmpty else { return }
        let file = Files.path(text, besides: node.spot.path)
        settings.caPath = file
        checkReadable(file, node, "the CA file")
    }

    private func checkReadable(_ file: String, _ node: Node, _ what: String) {
        guard purpose == .serve else { return }
        findings.depends(on: file)
        guard let reason = Files.obstacle(file) else { return }
        findings.error("HP705", "cannot read \(what) `\(file)`: \(reason)", at: node.spot)
    }

    private mutating func pins(_ node: Node?) {
        let nodes = Read.scalars(node) ?? []
        settings.pins = nodes.compactMap { pin in pin.text.flatMap { try? Values.pin($0) } }
        guard nodes.count == 1, settings.pins.count == 1, let spot = nodes.first?.spot else { return }
        findings.warning(
            "HP704",
            "one pin without a spare",
            at: spot,
            notes: ["when the provider changes its key, every request fails until this file is edited"],
            help: ["add the pin of a second key, or of the authority that signs them"]
        )
    }

    private mutating func certificate(_ node: Node) {
        for (name, other) in [("cert", "key"), ("key", "cert")] {
            guard let entry = node.entry(name), node.entry(other) == nil else { continue }
            findings.error("HP705", "`\(name)` without `\(other)`", at: entry.key.spot)
        }
        settings.certificatePath = file(node["cert"], "the certificate")
        settings.keyPath = file(node["key"], "the certificate's key")
    }

    /// TLS libraries read keys from files; a key from the environment would first have to be written to one.
    private func file(_ node: Node?, _ what: String) -> String? {
        guard let node, let text = node.text, let reference = try? Values.secret(text) else { return nil }
        guard case .file(let path) = reference else {
            findings.add(
                Problem(
                    purpose == .serve ? .error : .note,
                    "HP120",
                    "reading \(what) from the environment has no engine in this build",
                    at: node.spot,
                    help: ["use  file:/path"]
                )
            )
            return nil
        }
        checkReadable(path, node, what)
        return path
    }
}
