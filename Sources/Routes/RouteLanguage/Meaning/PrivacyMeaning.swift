import Report
import RouteModel
import Routing

/// Reads `privacy`: how a request's class and tags come about.
struct PrivacyMeaning {
    private(set) var privacy = Privacy()
    private let names: NamesMeaning
    private let findings: Findings

    init(_ node: Node?, _ names: NamesMeaning, _ findings: Findings) {
        self.names = names
        self.findings = findings
        guard let node else { return }
        privacy.spot = node.spot
        Read.set(&privacy.standard, node, "default", Values.level)
        if let header = node["header"], let text = header.text {
            let name = text == "none" ? nil : try? Values.headerName(text)
            privacy.header = Setting(name, at: header.spot)
        }
        let scan = node["scan"]
        Read.set(&privacy.scanMaxBytes, scan, "max_bytes") { try Values.size($0, 0...Int.max) }
        Read.set(&privacy.scanOver, scan, "over", Values.level)
        Read.set(&privacy.scanOnError, scan, "on_error", Values.level)
        Read.set(&privacy.scanOpaque, scan, "opaque", Values.level)
        privacy.scanFields = Read.all(scan, "fields", Read.text)
        Read.set(&privacy.matchLimit, node, "match_limit") { try Values.count($0, 1...Int.max) }
        for item in node["rules"]?.items ?? [] where item.isMapping { rule(item) }
    }

    private mutating func rule(_ node: Node) {
        check(node)
        guard let tag = Read.located(node, "tag", Values.name) else { return }
        var rule = PrivacyRule(spot: node.spot, tag: tag)
        rule.level = Read.located(node, "class", Values.level)
        rule.builtins = Read.all(node, "builtin", Read.text) ?? []
        rule.pattern = Read.located(node, "pattern", Read.text)
        rule.flags = node["flags"]?.text ?? ""
        rule.headers = MatchMeaning.headers(node["header"], findings)
        rule.tenants = Read.all(node, "tenant", Read.globText) ?? []
        rule.keys = (Read.scalars(node["key"]) ?? []).compactMap { key in
            // Without any key there is nothing to know names by: HP212 says that the rule never fires.
            if names.hasAny(.key) { return names.located(.key, key) }
            return key.text.map { Located($0, at: key.spot) }
        }
        rule.example = Read.located(node, "example", Read.text)
        rule.redacts = Read.located(node, "redact", Values.boolean)
        rule.counterexample = Read.located(node, "counterexample", Read.text)
        privacy.rules.append(rule)
    }

    private func checkPattern(_ node: Node) {
        guard let pattern = node["pattern"], let text = pattern.text, !pattern.isNothing else { return }
        // Letters that are none were reported where they stand.
        let flags = (node["flags"]?.text ?? "").filter("imsx".contains)
        do throws(ValueFault) {
            try Values.pattern(text, flags: flags)
        } catch {
            findings.error(error.code, "`pattern`: \(error.sentence)", at: error.spot(in: pattern), help: error.help)
        }
    }

    private func check(_ node: Node) {
        checkPattern(node)
        let sources = ["builtin", "pattern", "header", "tenant", "key"]
        if !sources.contains(where: { node.entry($0) != nil }), !node.isPartial {
            findings.error(
                "HP104",
                "this rule can never fire: it has no source",
                at: node["tag"]?.spot ?? node.spot,
                help: ["sources are \(sources.joined(separator: ", "))"]
            )
        }
        for name in ["flags", "example", "counterexample"] {
            guard let entry = node.entry(name), node.entry("pattern") == nil else { continue }
            if name != "flags", node.entry("builtin") != nil { continue }
            findings.error("HP104", "`\(name)` needs a `pattern`", at: entry.key.spot)
        }
        if let entry = node.entry("redact"), node.entry("pattern") == nil, node.entry("builtin") == nil, !node.isPartial
        {
            findings.error("HP104", "`redact` needs a `builtin` or a `pattern`", at: entry.key.spot)
        }
    }
}
