import Report
import RouteModel
import Routing
import Zones

/// Reads `*.test.yaml`, as strictly as a route file.
package struct CaseReader {
    private let findings: Findings

    /// Reads and checks a test file.
    ///
    /// - Parameters:
    ///   - bytes: its text.
    ///   - path: what messages call it.
    /// - Returns: everything found, and the file; nil when an error makes it meaningless.
    package static func read(_ bytes: [UInt8], path: String) -> (problems: Problems, file: CaseFile?) {
        let findings = Findings()
        guard let root = Includes.parsed(bytes, path, findings).root else { return (findings.problems, nil) }
        let reader = CaseReader(findings: findings)
        let file = reader.file(root, path)
        return (findings.problems, findings.problems.hasErrors ? nil : file)
    }

    private func file(_ root: Node, _ path: String) -> CaseFile {
        var file = CaseFile(path: path)
        guard root.isMapping else {
            findings.error("HP103", "a test file is a mapping, not \(root.noun)", at: root.spot)
            return file
        }
        if root.entry("version") == nil {
            findings.error("HP102", "`version` is missing", at: root.spot, help: ["start with:  version: 1"])
        }
        let engines = EngineCheck(findings, .lint)
        ShapeCheck(findings: findings, engines: engines).mapping(root, .cases, named: nil, isLater: false)
        file.config = located(root, "config") { $0 }
        file.now = moment(root, "now")
        let tests = root["tests"]
        file.entries = (tests?.items ?? []).compactMap { entry($0) }
        file.extent = tests?.extent
        file.dashColumn = tests.flatMap { $0.isFlow ? nil : $0.spot.column }
        return file
    }

    private func entry(_ node: Node) -> CaseFile.Entry? {
        guard node.isMapping else { return nil }
        if let name = located(node, "prove", { $0 }) {
            for word in ["name", "request", "given", "expect"] {
                guard let entry = node.entry(word) else { continue }
                findings.error("HP109", "a proof has no `\(word)`: it is about all requests", at: entry.key.spot)
            }
            return proof(node, name).map { .proof($0) }
        }
        for word in ["for_all", "never", "always"] {
            guard let entry = node.entry(word) else { continue }
            findings.error("HP109", "`\(word)` belongs to a `prove`", at: entry.key.spot)
        }
        guard let name = located(node, "name", { $0 }) else {
            findings.error("HP104", "a test needs a `name`, a proof needs `prove`", at: node.spot)
            return nil
        }
        for word in ["request", "expect"] where node.entry(word) == nil {
            findings.error("HP104", "this test needs `\(word)`", at: name.spot)
        }
        var example = CaseExample(name: name)
        if let request = node["request"] { fill(&example, request) }
        if let given = node["given"] { example.given = self.given(given) }
        if let expect = node["expect"] { example.expect = expectation(expect) }
        return .example(example)
    }

    // MARK: The request

    private func fill(_ example: inout CaseExample, _ node: Node) {
        for entry in node.entries { example.places[entry.name] = entry.value.spot }
        var draft = RequestDraft()
        draft.model = node["model"]?.text
        draft.api = node["api"]?.text.flatMap { text in API.allCases.first { $0.word == text } }
        draft.path = node["path"]?.text
        draft.method = node["method"]?.text
        draft.key = node["key"]?.text
        draft.tenant = node["tenant"]?.text
        for entry in node["headers"]?.entries ?? [] {
            guard let name = try? Values.headerName(entry.name), let value = entry.value.text else { continue }
            draft.headers.append((name, value))
        }
        draft.stream = Read.boolean(node, "stream")
        draft.tokens = Read.count(node, "tokens", 0...Int.max)
        draft.maxTokens = Read.count(node, "max_tokens", 0...Int.max)
        draft.features = Read.texts(node["features"]).map { words in
            FeatureSet(words.compactMap { Feature(rawValue: $0) }.map { FeatureSet($0) })
        }
        draft.level = node["class"]?.text.flatMap { Level(word: $0) }
        draft.tags = Set(Read.texts(node["tags"]) ?? [])
        draft.bucket = node["bucket"]?.text.flatMap { try? Values.hundredths($0) }.map { min($0, 9_999) }
        draft.pool = node["pool"]?.text
        draft.moment = moment(node, "at")?.value
        if let body = node["body"]?.text {
            draft.content = body.hasPrefix("{") ? .body(Array(body.utf8)) : .text(body)
            if let other = node.entry("messages") {
                findings.error("HP109", "a request has either `body` or `messages`", at: other.key.spot)
            }
        } else if let messages = node["messages"] {
            if messages.items == nil {
                findings.error("HP103", "`messages` takes a list, not \(messages.noun)", at: messages.spot)
            }
            draft.content = .messages(CaseJSON.text(messages))
        }
        example.request = draft
    }

    private func moment(_ node: Node, _ name: String) -> Located<Int>? {
        guard let value = node[name], let text = value.text else { return nil }
        do throws(DateTime.Fault) {
            return Located(try DateTime.unixSeconds(parsing: text), at: value.spot)
        } catch {
            findings.error(
                "HP114",
                "\(Values.shown(text)) is no time: \(error.sentence)",
                at: value.spot,
                help: ["write it with its offset:  2026-11-20T10:00:00+01:00"]
            )
            return nil
        }
    }

    // MARK: How things stand

    private func given(_ node: Node) -> CaseGiven {
        var given = CaseGiven()
        given.health = named(node["health"]) { $0.text.map { $0 == "up" } }
        given.latency = named(node["latency"]) { $0.text.flatMap { try? Values.duration($0) }.map { $0 * 1_000 } }
        given.inFlight = named(node["in_flight"]) { $0.text.flatMap { try? Values.count($0, 0...100_000) } }
        given.limits = named(node["limits"]) { $0.text.map { $0 == "spent" } }
        given.pools = named(node["pools"]) { node in
            var usage = CaseGiven.Usage()
            usage.used = located(node, "used") { $0 }
            usage.tokens = Read.located(node, "tokens") { try Values.count($0, 0...Int.max) }
            usage.nanoDollars = Read.located(node, "usd", Values.usd)
            usage.requests = Read.located(node, "requests") { try Values.count($0, 0...Int.max) }
            return usage
        }
        return given
    }

    private func named<Value>(_ node: Node?, _ read: (Node) -> Value?) -> [(Located<String>, Value)] {
        (node?.entries ?? []).compactMap { entry in
            read(entry.value).map { (Located(entry.name, at: entry.key.spot), $0) }
        }
    }

    // MARK: What is to come of it

    private func expectation(_ node: Node) -> CaseExpectation {
        var expect = CaseExpectation(spot: node.spot)
        expect.route = located(node, "route") { $0 }
        expect.level = Read.located(node, "class", Values.level)
        if let tags = node["tags"] { expect.tags = Located(Read.texts(tags) ?? [], at: tags.spot) }
        if let tiers = node["tiers"] {
            if tiers.items == nil {
                findings.error("HP103", "`tiers` takes a list of tiers, not \(tiers.noun)", at: tiers.spot)
            }
            expect.tiers = Located((tiers.items ?? []).map { Read.texts($0) ?? [] }, at: tiers.spot)
        }
        expect.first = located(node, "first") { $0 }
        expect.targets = node["targets"].flatMap { value in range(value).map { Located($0, at: value.spot) } }
        expect.status = Read.located(node, "status") { try Values.count($0, 100...599) }
        expect.error = located(node, "error") { $0 }
        expect.model = located(node, "model") { $0 }
        expect.pool = located(node, "pool") { $0 }
        if let names = node["not_to"] { expect.notTo = Located(Read.texts(names) ?? [], at: names.spot) }
        if let names = node["only_to"] { expect.onlyTo = Located(Read.texts(names) ?? [], at: names.spot) }
        return expect
    }

    private func proof(_ node: Node, _ name: Located<String>) -> CaseProof? {
        let (never, always) = (node["never"], node["always"])
        guard (never == nil) != (always == nil), let claim = never ?? always else {
            let sentence = never == nil ? "a proof needs `never` or `always`" : "a proof has `never` or `always`"
            findings.error("HP109", sentence, at: name.spot)
            return nil
        }
        var proof = CaseProof(name: name, isAlways: always != nil)
        if let match = node["for_all"] {
            proof.forAll = MatchMeaning(findings: findings, purpose: .lint).match(match)
        }
        proof.to = Read.all(claim, "to", Read.text)
        proof.routes = Read.all(claim, "route", Read.text)
        proof.targets = claim["targets"].flatMap(range)
        proof.statuses = claim["status"].flatMap(range)
        proof.tries = claim["tries"].flatMap(range)
        if claim.entries.isEmpty {
            findings.error("HP104", "say what: `to`, `route`, `targets`, `status` or `tries`", at: claim.spot)
        }
        return proof
    }

    /// A count, or a half-open range of counts.
    private func range(_ node: Node) -> ClosedRange<Int>? {
        guard let text = node.text else { return nil }
        if let count = try? Values.count(text, 0...Int.max) { return count...count }
        do throws(ValueFault) {
            let range = try Values.tokenRange(text)
            return range.lower...((range.upper ?? .max) - 1)
        } catch {
            findings.error(error.code, error.sentence, at: node.spot, help: error.help)
            return nil
        }
    }

    private func located<Value: Sendable>(_ node: Node, _ name: String, _ read: (String) -> Value) -> Located<Value>? {
        guard let value = node[name], let text = value.text, !value.isNothing else { return nil }
        return Located(read(text), at: value.spot)
    }
}

/// YAML as JSON: scalars are texts, which is all that messages need.
enum CaseJSON {
    static func text(_ node: Node) -> String {
        if let items = node.items { return "[\(items.map(text).joined(separator: ","))]" }
        if node.isMapping {
            return "{\(node.entries.map { "\(JSONValue.quoted($0.name)):\(text($0.value))" }.joined(separator: ","))}"
        }
        return JSONValue.quoted(node.text ?? "")
    }
}
