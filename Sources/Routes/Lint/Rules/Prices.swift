import RouteModel

/// Whether a target costs money, and whether what it costs is known.
enum Prices {
    /// True for a provider whose answers somebody pays for.
    static func isPaid(_ provider: ProviderEntry) -> Bool {
        if provider.isLocal || !provider.isEnabled { return false }
        if !provider.prices.isEmpty { return provider.prices.contains { $0.input > 0 || $0.output > 0 } }
        return provider.hasKey
    }

    /// False when nothing that the target may be asked for has a known price.
    static func isKnown(
        _ target: TargetEntry,
        _ provider: ProviderEntry,
        _ route: RouteEntry,
        _ survey: Survey
    ) -> Bool {
        if provider.isLocal || !target.prices.isEmpty { return true }
        if !provider.prices.isEmpty {
            guard let model = target.model else { return true }
            if provider.prices.contains(where: { $0.pattern.map { survey.globs.matches($0.value, model) } ?? true }) {
                return true
            }
        }
        // Its answers carry what they cost.
        if provider.kind.value == "openrouter" { return true }
        let families = KnownModels.families.filter { $0.kind == provider.kind.value && $0.price != nil }
        if let model = target.model { return families.contains { survey.globs.matches($0.pattern, model) } }
        let asked = route.match?.models ?? provider.models
        guard let asked else { return !families.isEmpty }
        return families.contains { family in asked.contains { overlaps($0.value, family.pattern) } }
    }

    /// True when two patterns may share a name, as far as what stands before their wildcards tells.
    private static func overlaps(_ left: String, _ right: String) -> Bool {
        let first = GlobTable.literalHead(left)
        let second = GlobTable.literalHead(right)
        return first.hasPrefix(second) || second.hasPrefix(first)
    }
}
