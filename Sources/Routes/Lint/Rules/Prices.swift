import Compiler
import Costs
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
        // Its answers carry what they cost.
        if provider.kind.value == "openrouter" { return true }
        let table = PriceTable(provider, target: target.prices)
        if table.knowsAll { return true }
        if let model = target.model { return table.price(of: Array(model.utf8)) != nil }
        let known = (target.prices + provider.prices).compactMap(\.pattern?.value) + table.builtinPatterns
        guard let asked = route.match?.models ?? provider.models else { return !known.isEmpty }
        return known.contains { pattern in asked.contains { overlaps($0.value, pattern) } }
    }

    /// True when two patterns may share a name, as far as what stands before their wildcards tells.
    private static func overlaps(_ left: String, _ right: String) -> Bool {
        let first = GlobTable.literalHead(left)
        let second = GlobTable.literalHead(right)
        return first.hasPrefix(second) || second.hasPrefix(first)
    }
}
