import Report
import RouteModel
import Routing
import Zones

/// Reads a `match` with those inside it.
struct MatchMeaning {
    /// How deep `any` and `not` may stand in one another (`routes.md` 2.6).
    static let depthLimit = 3

    let findings: Findings
    let purpose: RouteFile.Purpose

    func match(_ node: Node, depth: Int = 0) -> Match {
        var match = Match(spot: node.spot)
        match.models = Read.all(node, "model", Read.globText)
        match.apis = (Read.scalars(node["api"]))?.compactMap { item in
            API.allCases.first { $0.word != nil && $0.word == item.text }.map { Located($0, at: item.spot) }
        }
        match.paths = Read.all(node, "path", Read.globText)
        match.methods = Read.all(node, "method", Values.method)
        match.headers = Self.headers(node["headers"], findings)
        match.tenants = Read.all(node, "tenant", Read.globText)
        match.keys = Read.all(node, "key", Read.globText)
        match.tags = tags(node["tags"])
        match.levels = Read.located(node, "class", Values.levelRange)
        match.stream = Read.located(node, "stream", Values.boolean)
        match.tokens = Read.located(node, "tokens", Values.tokenRange)
        match.features = (Read.scalars(node["features"]))?.compactMap { item in
            item.text.flatMap { Feature(rawValue: $0) }.map { Located($0, at: item.spot) }
        }
        match.times = Read.all(node, "time", Values.window)
        checkZones(match.times ?? [])
        match.sample = Read.located(node, "sample", Values.hundredths)
        if let by = node["sample_by"], let subject = by.text.flatMap({ Values.subject($0) }) {
            match.sampleBy = Located(subject, at: by.spot)
        }
        if let entry = node.entry("sample_by"), node.entry("sample") == nil {
            findings.error("HP104", "`sample_by` needs `sample`", at: entry.key.spot)
        }
        nested(node, &match, depth)
        return match
    }

    private func nested(_ node: Node, _ match: inout Match, _ depth: Int) {
        let entries = [node.entry("any"), node.entry("not")].compactMap { $0 }
        guard let first = entries.first else { return }
        if depth >= Self.depthLimit {
            findings.error(
                "HP106",
                "`any` and `not` stand in one another more than \(Self.depthLimit) deep",
                at: first.key.spot
            )
            return
        }
        if let any = node["any"], let items = any.items {
            if items.isEmpty { findings.error("HP106", "`any` needs at least one match", at: any.spot) }
            match.any = items.filter(\.isMapping).map { self.match($0, depth: depth + 1) }
        }
        if let not = node["not"], not.isMapping { match.not = [self.match(not, depth: depth + 1)] }
    }

    static func headers(_ node: Node?, _ findings: Findings) -> [HeaderCondition] {
        (node?.entries ?? []).compactMap { entry in
            guard let name = try? Values.headerName(entry.name) else { return nil }
            Read.checkField(name, entry.key, findings)
            let matchers = (Read.scalars(entry.value) ?? []).compactMap { item in
                item.text.map { Located($0, at: item.spot) }
            }
            return HeaderCondition(name: Located(name, at: entry.key.spot), matchers: matchers)
        }
    }

    private func tags(_ node: Node?) -> TagCondition? {
        guard let node else { return nil }
        var tags = TagCondition(spot: node.spot)
        if node.isMapping {
            tags.all = Read.all(node, "all", Values.name) ?? []
            tags.any = Read.all(node, "any", Values.name) ?? []
            tags.none = Read.all(node, "none", Values.name) ?? []
            if node.entries.isEmpty {
                findings.error("HP106", "`tags` needs `all`, `any` or `none`", at: node.spot)
            }
        } else {
            tags.all = (Read.scalars(node) ?? []).compactMap { item in item.text.map { Located($0, at: item.spot) } }
        }
        return tags
    }

    /// A machine without a tz database cannot serve windows in zones.
    private func checkZones(_ windows: [Located<TimeWindow>]) {
        guard purpose == .serve else { return }
        for window in windows {
            do throws(Zones.Fault) {
                _ = try Zones.load(window.value.zone)
            } catch {
                findings.error("HP114", error.sentence, at: window.spot, help: ["install the package  tzdata"])
            }
        }
    }
}
