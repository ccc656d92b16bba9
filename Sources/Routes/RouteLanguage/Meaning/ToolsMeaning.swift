import Decision
import MCP
import Providers
import Report
import RouteModel
import Routing

/// Reads `tools`.
struct ToolsMeaning {
    private(set) var settings = ToolSettings()
    /// Nil when the file has none.
    private(set) var section: Tools?
    private let findings: Findings
    private let secrets: Secrets

    init(_ node: Node?, _ secrets: Secrets) {
        findings = secrets.findings
        self.secrets = secrets
        guard let node, node.isMapping else { return }
        var section = Tools(spot: node.spot)
        for entry in node["servers"]?.entries ?? [] where entry.value.isMapping {
            findings.reading(entry) {
                section.servers.append(Located(entry.name, at: entry.key.spot))
                if let place = place(entry) { settings.servers.append(server(entry, place)) }
            }
        }
        section.allow = Read.all(node, "allow", Read.globText) ?? []
        settings.allow = Read.globs(node["allow"]) ?? []
        settings.argumentLimitBytes = Read.size(node, "max_arguments") ?? settings.argumentLimitBytes
        settings.resultLimitBytes = Read.size(node, "max_result") ?? settings.resultLimitBytes
        self.section = section
        checkNames(section)
    }

    private func server(_ entry: Node.Entry, _ place: ToolServer.Place) -> ToolServer {
        let node = entry.value
        var server = ToolServer(name: entry.name, place: place)
        server.startMilliseconds = Read.duration(node, "start_timeout") ?? server.startMilliseconds
        server.callMilliseconds = Read.duration(node, "call_timeout") ?? server.callMilliseconds
        server.maxInFlight = Read.count(node, "max_in_flight", 1...10_000) ?? server.maxInFlight
        if let text = node["clearance"]?.text, let level = try? Values.level(text) { server.clearance = level }
        return server
    }

    /// HP115: one of both ways to reach it, and keys of that way only.
    private func place(_ entry: Node.Entry) -> ToolServer.Place? {
        let node = entry.value
        let command = node.entry("command")
        let url = node.entry("url")
        if let command, let url {
            findings.error(
                "HP115",
                "`\(entry.name)` has a `command` and a `url`",
                at: url.key.spot,
                labels: [Label(command.key.spot, "the other")],
                help: ["keep one of them"]
            )
            return nil
        }
        guard command != nil || url != nil else {
            findings.error(
                "HP115",
                "`\(entry.name)` has neither a `command` nor a `url`",
                at: entry.key.spot,
                help: ["for a program:  command: [program, argument]", "for streamable HTTP:  url: https://host/mcp"]
            )
            return nil
        }
        let foreign = command == nil ? ["env"] : ["key", "headers", "tls"]
        for name in foreign {
            guard let other = node.entry(name) else { continue }
            let owner = command == nil ? "command" : "url"
            findings.error("HP115", "`\(name)` belongs to a server with a `\(owner)`", at: other.key.spot)
        }
        return command == nil ? http(node) : program(node)
    }

    private func program(_ node: Node) -> ToolServer.Place? {
        guard let words = Read.texts(node["command"]), let first = words.first, !first.isEmpty else { return nil }
        guard words.allSatisfy({ !$0.contains("\0") }) else { return nil }
        let variables = (node["env"]?.entries ?? []).compactMap { entry in
            variable(entry).map { HeaderPair(name: entry.name, value: $0) }
        }
        return .command(words, environment: variables)
    }

    private static let secretWords = ["KEY", "TOKEN", "SECRET", "PASSWORD", "PASSWD", "CREDENTIAL"]

    private func variable(_ entry: Node.Entry) -> String? {
        let node = entry.value
        guard let text = node.text, !node.isNothing else { return nil }
        let isReference = (try? Values.reference(text)) != nil
        let isNamedSecret = Self.secretWords.contains { entry.name.uppercased().contains($0) } && text.utf8.count >= 8
        if !isReference, isNamedSecret || looksLikeKey(text) {
            findings.hide(node)
            findings.error(
                "HP701",
                "a secret in plain text",
                at: node.spot,
                help: ["write the whole value as a reference:  \(entry.name): env:NAME"]
            )
            return nil
        }
        if isReference, secrets.purpose == .lint { return text }
        return secrets.resolve(textOf: node, name: entry.name)
    }

    private func http(_ node: Node) -> ToolServer.Place? {
        guard let written = node["url"], let text = written.text, !written.isNothing else { return nil }
        var address = text
        if (try? Values.reference(text)) != nil {
            // Lint does not look behind references: any address stands for it.
            let resolved = secrets.resolve(textOf: written, name: "url")
            guard let known = resolved ?? (secrets.purpose == .lint ? "https://reference.invalid" : nil) else {
                return nil
            }
            address = known
        }
        guard let url = try? Values.url(address) else {
            if address != text { findings.error("HP111", "what `\(text)` names is no URL", at: written.spot) }
            return nil
        }
        let nearness: Nearness = url.unixPath == nil ? Nearness(host: url.host) : .loopback
        if nearness == .far, !url.isTLS {
            findings.error(
                "HP702",
                "keys and arguments would go to `\(url.host)` unencrypted",
                at: written.spot,
                help: ["write  https://"]
            )
        }
        return .http(
            ToolServer.HTTPPlace(
                url: url,
                key: node["key"].flatMap { secrets.resolve($0, name: "key") },
                headers: Read.headers(node["headers"], secrets),
                tls: TLSMeaning(node["tls"], secrets).settings,
                isLocal: nearness != .far
            )
        )
    }

    /// HP213: a pattern whose server is spelled out, and is none.
    private func checkNames(_ section: Tools) {
        let names = section.servers.map(\.value)
        for pattern in section.allow {
            let server = pattern.value.prefix { $0 != "/" }
            guard !server.contains(where: { "*?[]{}\\".contains($0) }) else { continue }
            if server.count == pattern.value.count {
                findings.error(
                    "HP213",
                    "\(Values.shown(pattern.value)) fits no tool: it has no `/`",
                    at: pattern.spot,
                    help: ["all tools of a server:  \(server)/*"]
                )
            } else if !names.contains(String(server)) {
                let near = Suggestion.nearest(to: String(server), among: names)
                let list = names.prefix(12).joined(separator: ", ")
                findings.error(
                    "HP213",
                    "no server of `tools` is called \(Values.shown(String(server)))",
                    at: pattern.spot,
                    help: [near.map { "did you mean `\($0)`?" } ?? "servers: \(list)"]
                )
            }
        }
    }
}
