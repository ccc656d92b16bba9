import Content
import JSON
import RouteModel
import Routing

/// What the privacy rules found in a text.
struct ContentScan {
    /// Something that joins a class or a tag into the request's label.
    struct Finding: Equatable {
        /// Position in `privacy.rules`; nil for an outcome of the scan itself.
        var rule: Int?
        var level: Level?
        var tag: String?
        /// `ssn at messages[0].content[10..21]`.
        var sentence: String
    }
    var findings: [Finding] = []
}

/// Runs the content rules of a file over a body, as the proxy would (`routes.md` 2.5, `privacy.scan`).
struct ContentReader {
    private let privacy: Privacy
    private let scanner: ContentScanner
    /// False when no rule looks at text: then nothing is scanned at all (`routes.md` 3.5).
    private let hasRules: Bool

    init(_ document: RouteDocument) {
        privacy = document.privacy
        hasRules = privacy.rules.contains(where: \.hasContentSource)
        let rules = privacy.rules.map { rule in
            ContentRule(
                builtins: rule.builtins.compactMap { Builtin(rawValue: $0.value) },
                pattern: rule.pattern.flatMap { try? ContentPattern(parsing: $0.value, flags: rule.flags) }
            )
        }
        scanner = ContentScanner(rules, matchLimit: privacy.matchLimit.value)
    }

    /// Everything that is found; of each rule the first find.
    func scan(_ body: [UInt8], api: API) -> ContentScan {
        var scan = ContentScan()
        guard hasRules else { return scan }
        let names = privacy.scanFields.map { Set($0.map(\.value)) }
        guard let text = try? RequestText(of: body.span, fields: names) else {
            let level = privacy.scanOnError.value
            scan.findings.append(ContentScan.Finding(level: level, sentence: "privacy.scan.on_error: no JSON"))
            return scan
        }
        var seen: Set<Int> = []
        for field in text.fields {
            for found in scanner.scan(field.text.span) where seen.insert(found.rule).inserted {
                scan.findings.append(finding(found, field.path))
            }
        }
        let size = text.fields.map(\.text.count).reduce(0, +)
        if size > privacy.scanMaxBytes.value {
            let sentence = "privacy.scan.over: \(size) bytes of text"
            scan.findings.append(ContentScan.Finding(level: privacy.scanOver.value, sentence: sentence))
        }
        if text.hasOpaqueParts || api == .transcriptions || api == .translations {
            let sentence = "privacy.scan.opaque: content that cannot be read"
            scan.findings.append(ContentScan.Finding(level: privacy.scanOpaque.value, sentence: sentence))
        }
        return scan
    }

    private func finding(_ found: Content.Finding, _ path: String) -> ContentScan.Finding {
        let rule = privacy.rules[found.rule]
        let what: String
        switch found.source {
        case .builtin(let builtin): what = builtin.rawValue
        case .pattern: what = "pattern"
        }
        let place = "\(path)[\(found.range.lowerBound)..\(found.range.upperBound)]"
        return ContentScan.Finding(
            rule: found.rule,
            level: rule.level?.value,
            tag: rule.tag.value,
            sentence: found.isGivenUp ? "\(what) took too many steps at \(place)" : "\(what) at \(place)"
        )
    }
}
