import Report

/// Checks single values by their type and puts a fault at the right characters.
struct ScalarCheck {
    let findings: Findings
    let key: Key
    let name: String

    func check(_ node: Node, _ type: KeyType) {
        if node.isBroken { return }
        switch type {
        case .oneOrMore(let inner):
            guard let items = node.items else {
                check(node, inner)
                return
            }
            if items.isEmpty { findings.error("HP106", "`\(name)` needs at least one value", at: node.spot) }
            for item in items { check(item, inner) }
        case .list(let inner):
            guard let items = node.items else {
                findings.error("HP103", "`\(name)` takes a list, not \(node.noun)", at: node.spot)
                return
            }
            for item in items { check(item, inner) }
        case .wordOr(let word, let inner):
            if node.text != word { check(node, inner) }
        case .orMapping(let inner), .orMap(let inner, _): check(node, inner)
        default: scalar(node, type)
        }
    }

    private func scalar(_ node: Node, _ type: KeyType) {
        if type.isSecret { hideLiteral(node, type) }
        if case .url = type { hideQuery(node) }
        if case .store = type, node.text?.contains("@") == true { findings.hide(node) }
        hideField(node, type)
        guard let text = node.text, !node.isNothing else {
            findings.error("HP103", "`\(name)` takes \(noun(type)), not \(node.noun)", at: node.spot)
            return
        }
        do throws(ValueFault) {
            try read(text, type)
        } catch {
            report(error, node, type)
            return
        }
        if isText(type), node.isPlain, let old = OldYAML.type(of: text) {
            Self.warnOldYAML(text, old, node, findings)
        }
    }

    private func hideLiteral(_ node: Node, _ type: KeyType) {
        for item in node.items ?? [node] {
            guard let text = item.text, !text.isEmpty else { continue }
            if case .token = type, (try? Values.token(text)) != nil { continue }
            let isReference = (try? Values.reference(text)) != nil
            if !isReference || (try? Values.secret(text)) == nil { findings.hide(item) }
        }
    }

    /// Providers take no query, and what people write there is a key more often than not.
    private func hideQuery(_ node: Node) {
        guard let text = node.text, let mark = text.firstIndex(where: { $0 == "?" || $0 == "#" }) else { return }
        findings.hide(String(text[text.index(after: mark)...]))
    }

    /// The value of a header field that opens something, whether it is to be sent or to be compared with.
    private func hideField(_ node: Node, _ type: KeyType) {
        switch type {
        case .headerValue: if node.text.flatMap({ try? Values.reference($0) }) != nil { return }
        case .matcher: break
        default: return
        }
        guard let text = node.text, let secret = SecretField.secret(in: text, of: name) else { return }
        findings.hide(node)
        findings.hide(secret.hasPrefix("re:") ? String(secret.dropFirst(3)) : secret)
    }

    private func noun(_ type: KeyType) -> String {
        switch type {
        case .boolean: "`true` or `false`"
        case .duration: "a duration"
        case .size: "a size"
        case .count: "a count"
        case .rate, .money: "a rate"
        case .level: "a level"
        case .secret, .token: "a secret (`env:NAME` or `file:/path`)"
        default: "a single value"
        }
    }

    /// The types in which YAML 1.1's words would be taken for something else.
    private func isText(_ type: KeyType) -> Bool {
        switch type {
        case .text, .name, .tag, .glob, .matcher, .pattern, .model, .headerValue, .headerName: true
        default: false
        }
    }

    /// Reads a single value; throws what is wrong with it.
    func read(_ text: String, _ type: KeyType) throws(ValueFault) {
        switch type {
        case .version, .text, .unread, .mapping, .map, .items, .oneOrMore, .list, .wordOr, .orMapping, .orMap, .same:
            break
        case .boolean: _ = try Values.boolean(text)
        case .word(let words): _ = try Values.word(text, among: words)
        case .subject(let words): _ = try Values.subject(text, words)
        case .duration: _ = try Values.duration(text)
        case .durationRange: _ = try Values.durationRange(text)
        case .size(let range): _ = try Values.size(text, range)
        case .count(let range): _ = try Values.count(text, range)
        case .rate: _ = try Values.rate(text)
        case .money: _ = try Values.money(text)
        case .usd: _ = try Values.usd(text)
        case .percent: _ = try Values.percent(text)
        case .fraction: _ = try Values.fraction(text)
        case .tokenRange: _ = try Values.tokenRange(text)
        case .level: _ = try Values.level(text)
        case .levelRange: _ = try Values.levelRange(text)
        case .window: _ = try Values.window(text)
        case .zone: _ = try Values.zone(text)
        default: try readText(text, type)
        }
    }

    /// Names, patterns, addresses, secrets.
    private func readText(_ text: String, _ type: KeyType) throws(ValueFault) {
        switch type {
        case .model: if text.isEmpty { throw ValueFault("HP103", "`\(name)` needs the name of a model") }
        case .secret: _ = try Values.secret(text)
        case .token: try Values.token(text)
        case .certificateStore: if text.isEmpty { throw ValueFault("HP103", "`\(name)` needs a path or `system`") }
        case .pin: _ = try Values.pin(text)
        case .name, .tag: _ = try Values.name(text)
        case .statuses: if text != "connect", text != "timeout" { _ = try Values.statuses(text) }
        case .glob: _ = try Values.glob(text)
        case .matcher: _ = try Values.matcher(text)
        // How a pattern is read depends on the `flags` beside it: `PrivacyMeaning` looks at both.
        case .pattern: break
        case .flags: _ = try Values.flags(text)
        case .method: _ = try Values.method(text)
        case .headerName: _ = try Values.headerName(text)
        case .headerValue: if try Values.reference(text) == nil { _ = try Values.headerValue(text) }
        case .url: if try Values.reference(text) == nil { _ = try Values.url(text) }
        case .address: _ = try Values.listenAddress(text)
        case .store: _ = try Values.store(text)
        case .code: try Values.code(text)
        default: break
        }
    }

    private func report(_ fault: ValueFault, _ node: Node, _ type: KeyType) {
        findings.add(
            Problem(
                .error,
                fault.code,
                type.isSecret ? fault.sentence : "`\(name)`: \(fault.sentence)",
                at: fault.spot(in: node),
                mark: fault.mark,
                help: fault.help,
                fix: fault.replacement == nil ? nil : fault.isSafe ? .safe : .unsafe,
                edits: findings.edits(node, fault.replacement)
            )
        )
    }

    static func warnOldYAML(_ text: String, _ type: String, _ node: Node, _ findings: Findings) {
        findings.add(
            Problem(
                .warning,
                "HP010",
                "other YAML tools read `\(text)` as \(type)",
                at: node.spot,
                notes: ["hoosh-proxy takes it as text"],
                help: ["quote it:  \"\(text)\""],
                fix: .safe,
                edits: findings.edits(node, "\"\(text)\"")
            )
        )
    }
}

extension KeyType {
    /// Types whose values must not be shown, and whose messages speak for themselves.
    var isSecret: Bool {
        switch self {
        case .secret, .token: true
        default: false
        }
    }
}

/// What YAML 1.1 makes of plain words.
enum OldYAML {
    /// The type, in words; nil for a text that stays a text.
    static func type(of text: String) -> String? {
        switch text {
        case "yes", "Yes", "YES", "no", "No", "NO", "on", "On", "ON", "off", "Off", "OFF", "true", "True", "TRUE",
            "false",
            "False", "FALSE":
            return "a boolean"
        case "null", "Null", "NULL", "~": return "nothing"
        default: break
        }
        let bytes = Array(text.utf8)
        let isDigit = { (byte: UInt8) in byte >= 0x30 && byte <= 0x39 }
        guard let first = bytes.first, isDigit(first) || (first == 0x2D || first == 0x2B || first == 0x2E) else {
            return nil
        }
        let rest = first == 0x2D || first == 0x2B ? bytes.dropFirst() : bytes[...]
        guard let digit = rest.first, isDigit(digit) || digit == 0x2E else { return nil }
        if rest.allSatisfy({ isDigit($0) || $0 == 0x5F }) {
            return digit == 0x30 && rest.count > 1 ? "an octal number" : "a number"
        }
        if rest.starts(with: [0x30, 0x78]), rest.dropFirst(2).allSatisfy({ isHex($0) }), rest.count > 2 {
            return "a number"
        }
        if rest.allSatisfy({ isDigit($0) || $0 == 0x3A }), rest.last != 0x3A { return "a number in base 60" }
        let dots = rest.filter { $0 == 0x2E }.count
        if dots == 1, rest.count > 1, rest.allSatisfy({ isDigit($0) || $0 == 0x2E }) { return "a number" }
        return nil
    }

    private static func isHex(_ byte: UInt8) -> Bool {
        byte >= 0x30 && byte <= 0x39 || byte >= 0x61 && byte <= 0x66 || byte >= 0x41 && byte <= 0x46
    }
}
