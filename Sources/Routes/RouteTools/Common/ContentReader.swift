import Content
import JSON
import RouteModel
import Routing

/// What the privacy rules found in a text.
struct ContentScan {
    struct Finding {
        /// Position in `privacy.rules`; nil for an outcome of the scan itself.
        var rule: Int?
        var level: Level?
        var tag: String?
        /// `ssn at messages[0].content[10..21]`.
        var sentence: String
    }
    var findings: [Finding] = []
}

/// Runs the content rules of a file over a body.
struct ContentReader {
    let document: RouteDocument
    private let scanner: ContentScanner
    private let fields: Set<String>?

    init(_ document: RouteDocument) {
        self.document = document
        let limit = document.privacy.matchLimit.value
        scanner = ContentScanner(
            document.privacy.rules.map { rule in
                ContentRule(
                    builtins: rule.builtins.compactMap { Builtin(rawValue: $0.value) },
                    // A pattern that cannot be read is an error of the file, told elsewhere.
                    pattern: rule.pattern.flatMap {
                        try? ContentPattern(parsing: $0.value, flags: rule.flags, matchLimit: limit)
                    }
                )
            },
            matchLimit: limit
        )
        fields = document.privacy.scanFields.map { Set($0.map(\.value)) }
    }

    /// Looks at a body; without rules that ask for content nothing is looked at (`routes.md` 3.5).
    func scan(_ body: [UInt8], api: API) -> ContentScan {
        let privacy = document.privacy
        var scan = ContentScan()
        guard privacy.rules.contains(where: \.hasContentSource) else { return scan }
        let text: RequestText
        do throws(JSONFault) {
            text = try RequestText(of: body.span, fields: fields)
        } catch {
            let isUpload = [.transcriptions, .translations, .images].contains(api)
            scan.findings.append(
                isUpload
                    ? outcome(privacy.scanOpaque.value, "scan.opaque: an upload cannot be looked at")
                    : outcome(privacy.scanOnError.value, "scan.on_error: the body is no JSON, \(error.message)")
            )
            return scan
        }
        if text.hasOpaqueParts {
            scan.findings.append(outcome(privacy.scanOpaque.value, "scan.opaque: pictures, sound or files"))
        }
        let limit = privacy.scanMaxBytes.value
        var left = limit
        var seen: Set<Int> = []
        for field in text.fields {
            if field.text.count > left {
                scan.findings.append(outcome(privacy.scanOver.value, "scan.over: more than \(limit) bytes of text"))
                break
            }
            left -= field.text.count
            for finding in scanner.scan(field.text.span) where seen.insert(finding.rule).inserted {
                let rule = privacy.rules[finding.rule]
                scan.findings.append(
                    ContentScan.Finding(
                        rule: finding.rule,
                        level: rule.level?.value,
                        tag: rule.tag.value,
                        sentence: sentence(finding, field)
                    )
                )
            }
        }
        return scan
    }

    private func outcome(_ level: Level, _ sentence: String) -> ContentScan.Finding {
        ContentScan.Finding(rule: nil, level: level, tag: nil, sentence: sentence)
    }

    private func sentence(_ finding: Finding, _ field: RequestText.Field) -> String {
        let name =
            switch finding.source {
            case .builtin(let builtin): builtin.rawValue
            case .pattern: "pattern"
            }
        if finding.isGivenUp { return "\(name) given up after too many steps in \(field.path)" }
        return "\(name) at \(field.path)[\(finding.range.lowerBound)..\(finding.range.upperBound)]"
    }
}
