import Decision
import Routing
import Providers
import Report
import RouteModel

/// Reads values that the shape check has let pass; what it has reported reads as absent.
enum Read {
    static func duration(_ node: Node?, _ name: String) -> Int? {
        node?[name]?.text.flatMap { try? Values.duration($0) }
    }

    static func percent(_ node: Node?, _ name: String) -> Double? {
        node?[name]?.text.flatMap { try? Values.percent($0) }
    }

    static func count(_ node: Node?, _ name: String, _ range: ClosedRange<Int>) -> Int? {
        node?[name]?.text.flatMap { try? Values.count($0, range) }
    }

    static func size(_ node: Node?, _ name: String) -> Int? {
        node?[name]?.text.flatMap { try? Values.size($0, 0...Int.max) }
    }

    static func boolean(_ node: Node?, _ name: String) -> Bool? {
        node?[name]?.text.flatMap { try? Values.boolean($0) }
    }

    static func word<Word: RawRepresentable>(_ node: Node?, _ name: String, _: Word.Type) -> Word?
    where Word.RawValue == String {
        node?[name]?.text.flatMap { Word(rawValue: $0) }
    }

    /// One value or a list of them, as nodes; nil when there is nothing to read.
    static func scalars(_ node: Node?) -> [Node]? {
        guard let node, !node.isBroken else { return nil }
        if let items = node.items { return items.filter { $0.text != nil } }
        return node.text == nil || node.isNothing ? nil : [node]
    }

    static func texts(_ node: Node?) -> [String]? { scalars(node)?.compactMap(\.text) }

    /// A value that the type of its key lets pass, with its place.
    static func located<Value: Sendable>(
        _ node: Node?,
        _ name: String,
        _ parse: (String) throws -> Value
    ) -> Located<Value>? {
        guard let node = node?[name], let text = node.text, !node.isNothing, let value = try? parse(text) else {
            return nil
        }
        return Located(value, at: node.spot)
    }

    /// One value or a list of them, each with its place; nil when the key is not there.
    static func all<Value: Sendable>(
        _ node: Node?,
        _ name: String,
        _ parse: (String) throws -> Value
    ) -> [Located<Value>]? {
        scalars(node?[name])?.compactMap { item in
            guard let text = item.text, let value = try? parse(text) else { return nil }
            return Located(value, at: item.spot)
        }
    }

    /// Any text.
    static func text(_ text: String) throws(ValueFault) -> String { text }

    /// A pattern's own text; one that is none has been reported, and then no document comes of the file.
    static func globText(_ text: String) throws(ValueFault) -> String { text }

    /// Puts a written value in the place of a default.
    static func set<Value: Sendable>(
        _ setting: inout Setting<Value>,
        _ node: Node?,
        _ name: String,
        isInherited: Bool = false,
        _ parse: (String) throws -> Value
    ) {
        if let found = located(node, name, parse) {
            setting = Setting(found.value, at: found.spot, isInherited: isInherited)
        }
    }

    /// Puts a written word in the place of a default.
    static func set<Word: RawRepresentable & Sendable>(
        _ setting: inout Setting<Word>,
        word node: Node?,
        _ name: String,
        isInherited: Bool = false
    ) where Word.RawValue == String {
        guard let node = node?[name], let word = node.text.flatMap({ Word(rawValue: $0) }) else { return }
        setting = Setting(word, at: node.spot, isInherited: isInherited)
    }

    static func globs(_ node: Node?) -> [Glob]? {
        guard let texts = texts(node), !texts.isEmpty else { return nil }
        return texts.compactMap { try? Values.glob($0) }
    }

    static func apis(_ node: Node?) -> [API]? {
        guard let texts = texts(node), !texts.isEmpty else { return nil }
        return texts.compactMap { text in API.allCases.first { $0.word == text } }
    }

    static func timeouts(_ node: Node?) -> PartialTimeouts {
        var timeouts = PartialTimeouts()
        timeouts.connectMilliseconds = duration(node, "connect")
        timeouts.firstByteMilliseconds = duration(node, "first_byte")
        timeouts.idleMilliseconds = duration(node, "idle")
        timeouts.totalMilliseconds = duration(node, "total")
        return timeouts
    }

    /// HP502: a first byte can hardly come before the connection.
    static func checkOrder(connect: (Int, Spot?), firstByte: (Int, Spot?), _ findings: Findings) {
        guard connect.0 >= firstByte.0, let spot = connect.1 ?? firstByte.1 else { return }
        var labels: [Label] = []
        if connect.1 != nil, let other = firstByte.1 { labels = [Label(other, "the first byte is due by then")] }
        findings.error(
            "HP502",
            "connecting may take \(connect.0) ms, but the first byte is due after \(firstByte.0) ms",
            at: spot,
            labels: labels,
            help: ["keep `connect` below `first_byte`"]
        )
    }

    /// Header fields to set, for the upstream.
    static func headers(_ node: Node?, _ secrets: Secrets) -> [HeaderPair] {
        var pairs: [HeaderPair] = []
        for entry in node?.entries ?? [] {
            secrets.findings.reading(entry) {
                guard let name = try? Values.headerName(entry.name) else { return }
                checkField(name, entry.key, secrets.findings)
                if let value = headerValue(name, entry.value, secrets) {
                    pairs.append(HeaderPair(name: name, value: value))
                }
            }
        }
        return pairs
    }

    private static let secretFields = ["authorization", "x-api-key", "api-key", "cookie", "x-goog-api-key"]

    private static func headerValue(_ name: String, _ node: Node, _ secrets: Secrets) -> String? {
        guard let text = node.text, !node.isNothing else { return nil }
        let isReference = (try? Values.reference(text)) != nil
        let isSecret = secretFields.contains(name) || name.hasSuffix("-token") || name.hasSuffix("-secret")
        if !isReference, isSecret || looksLikeKey(text) {
            secrets.findings.hide(node)
            secrets.findings.error(
                "HP701",
                "a secret in plain text",
                at: node.spot,
                help: ["write the whole value as a reference:  \(name): env:NAME"]
            )
            return nil
        }
        // Without the value its name stands for it: two references are told apart, and a field is not lost.
        if isReference, secrets.purpose == .lint { return text }
        return secrets.resolve(textOf: node, name: name)
    }

    /// Fields that belong to one connection (RFC 9110 §7.6.1) or that the proxy writes itself.
    private static let ownFields = [
        "connection", "keep-alive", "proxy-connection", "proxy-authenticate", "proxy-authorization", "te", "trailer",
        "transfer-encoding", "upgrade", "host", "content-length", "expect",
    ]

    /// HP418: naming such a field has no effect.
    static func checkField(_ name: String, _ node: Node, _ findings: Findings) {
        guard ownFields.contains(name) else { return }
        findings.warning(
            "HP418",
            "`\(name)` is the proxy's own business and never passed on",
            at: node.spot,
            help: ["leave it out"]
        )
    }
}
