import Content
import RouteModel

extension ContentPolicy {
    /// The content rules of a document, by their positions in `privacy.rules`, and its `privacy.scan`.
    package init(_ document: RouteDocument) {
        let privacy = document.privacy
        var settings = Settings()
        settings.maxBytes = privacy.scanMaxBytes.value
        settings.over = privacy.scanOver.value
        settings.onError = privacy.scanOnError.value
        settings.opaque = privacy.scanOpaque.value
        settings.fields = privacy.scanFields.map { Set($0.map(\.value)) }
        let limit = privacy.matchLimit.value
        let rules = privacy.rules.map { rule in
            ContentRule(
                builtins: rule.builtins.compactMap { Builtin(rawValue: $0.value) },
                pattern: rule.pattern.flatMap {
                    try? ContentPattern(parsing: $0.value, flags: rule.flags, matchLimit: limit)
                },
                replacement: rule.replacement.map { Array($0.utf8) }
            )
        }
        self.init(rules, settings, matchLimit: limit)
    }

    /// The same rules for answers: each replaces what it finds, and all is looked at, whatever a request's scan leaves out.
    package init(answersOf document: RouteDocument) {
        let privacy = document.privacy
        var settings = Settings()
        settings.maxBytes = privacy.scanMaxBytes.value
        let limit = privacy.matchLimit.value
        let rules = privacy.rules.map { rule in
            ContentRule(
                builtins: rule.builtins.compactMap { Builtin(rawValue: $0.value) },
                pattern: rule.pattern.flatMap {
                    try? ContentPattern(parsing: $0.value, flags: rule.flags, matchLimit: limit)
                },
                replacement: rule.hasContentSource ? Array("[\(rule.tag.value.uppercased())]".utf8) : nil
            )
        }
        self.init(rules, settings, matchLimit: limit)
    }
}
