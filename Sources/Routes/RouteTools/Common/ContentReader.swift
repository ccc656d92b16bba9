import Bytes
import Compiler
import Content
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

/// Runs the content rules of a file over a request, with the reading that the proxy itself goes by (`routes.md` 2.5).
struct ContentReader {
    private let privacy: Privacy
    private let policy: ContentPolicy

    init(_ document: RouteDocument) {
        privacy = document.privacy
        policy = ContentPolicy(document)
    }

    /// Everything that is found; of each rule the first find.
    ///
    /// `target` is path and query; `headers` say what the body is, which without any is JSON.
    func scan(
        _ body: [UInt8],
        api: API,
        target: String,
        headers: [(name: String, value: String)]
    ) -> ContentScan {
        var scan = ContentScan()
        guard policy.hasRules else { return scan }
        let type = headers.first { $0.name == "content-type" }?.value ?? ""
        var facts = ContentBody(isJSON(type, target) ? .json : .other(contentType: Array(type.utf8)))
        let coding = headers.first { $0.name == "content-encoding" }?.value ?? "identity"
        facts.isEncoded = coding.lowercased() != "identity"
        let typeBytes = Array(type.utf8)
        if facts.kind == .json, ContentBody.isForeignJSON(typeBytes.span) { facts.isEncoded = true }
        facts.isSound = api == .transcriptions || api == .translations
        let path = Array(target.utf8)
        let reading = policy.read(target: path.span, body: body.span, facts, tellsPlaces: true)
        scan.findings = reading.finds.map { finding($0.finding, $0.path) }
        if reading.isUnreadable {
            let sentence = "privacy.scan.on_error: text that cannot be read"
            scan.findings.append(ContentScan.Finding(level: privacy.scanOnError.value, sentence: sentence))
        }
        if reading.isOver {
            let sentence = "privacy.scan.over: \(reading.textBytes) bytes of text"
            scan.findings.append(ContentScan.Finding(level: privacy.scanOver.value, sentence: sentence))
        }
        if reading.hasOpaqueParts {
            let sentence = "privacy.scan.opaque: content that cannot be read"
            scan.findings.append(ContentScan.Finding(level: privacy.scanOpaque.value, sentence: sentence))
        }
        return scan
    }

    /// As the server takes it: what goes to Ollama's paths is JSON whatever it says.
    private func isJSON(_ type: String, _ target: String) -> Bool {
        let word = type.prefix { $0 != ";" && $0 != " " }.lowercased()
        return word.isEmpty || word == "application/json" || word.hasSuffix("+json") || target.hasPrefix("/api/")
    }

    private func finding(_ found: Content.Finding, _ path: String) -> ContentScan.Finding {
        let rule = privacy.rules[found.rule]
        let what: String
        switch found.source {
        case .builtin(let builtin): what = builtin.rawValue
        case .pattern: what = "pattern"
        }
        let place = "\(path)[\(found.range.lowerBound)..\(found.range.upperBound)]"
        var sentence = found.isGivenUp ? "\(what) took too many steps at \(place)" : "\(what) at \(place)"
        if let replacement = rule.replacement { sentence += ", replaced by \(replacement)" }
        return ContentScan.Finding(rule: found.rule, level: rule.level?.value, tag: rule.tag.value, sentence: sentence)
    }
}
