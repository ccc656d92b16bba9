import Providers
import Report
import RouteModel
import Routing

/// A provider as the file says it, every value with its place.
enum ProviderPlaces {
    static func entry(_ entry: Node.Entry, _ provider: Provider, _ findings: Findings) -> ProviderEntry? {
        let node = entry.value
        guard let kind = node["kind"], let kindText = kind.text else { return nil }
        let isUnix = provider.url.unixPath != nil
        var place = ProviderEntry(
            name: Located(entry.name, at: entry.key.spot),
            kind: Located(kindText, at: kind.spot),
            url: Setting(provider.kind.defaultURL ?? ""),
            host: isUnix ? nil : provider.url.host,
            port: provider.url.port,
            isTLS: provider.url.isTLS,
            apis: provider.apis,
            isLocal: provider.isLocal,
            clearance: Setting(provider.isLocal ? Level.confidential : .internal),
            healthMode: Setting(provider.health.mode.rawValue)
        )
        Read.set(&place.url, node, "url", Read.text)
        place.hasKey = node["key"] != nil
        place.models = Read.all(node, "models", Read.globText)
        place.locality = Read.located(node, "locality", Read.text)
        place.isEnabled = provider.isEnabled
        privacy(node, &place)
        capacity(node, &place, findings)
        Read.set(&place.healthMode, node["health"], "mode", Read.text)
        place.ca = Read.located(node["tls"], "ca", Read.text)
        place.pins = Read.all(node["tls"], "pin", Values.pin) ?? []
        for name in ["connect", "first_byte", "idle", "total"] {
            place.timeouts[name] = Read.located(node["timeout"], name) { try Values.duration($0) }
        }
        for child in node.entries {
            place.places[child.name] = child.value.spot
            for inner in child.value.entries { place.places["\(child.name).\(inner.name)"] = inner.value.spot }
        }
        return place
    }

    private static func privacy(_ node: Node, _ place: inout ProviderEntry) {
        Read.set(&place.clearance, node, "clearance", Values.level)
        place.attest = Read.located(node, "attest", Read.text)
        place.denyTags = Read.all(node, "deny_tags", Values.name) ?? []
        place.region = Read.located(node, "region", Values.name)
    }

    private static func capacity(_ node: Node, _ place: inout ProviderEntry, _ findings: Findings) {
        let limits = node["limits"]
        place.requests = Read.located(limits, "requests", Values.rate)
        place.tokens = Read.located(limits, "tokens", Values.rate)
        place.concurrent = Read.located(limits, "concurrent") { try Values.count($0, 1...1_000_000) }
        place.prices = prices(node["price"], findings)
        place.contexts = contexts(node["context"])
        place.maxTokens = Read.located(node, "max_tokens") { try Values.count($0, 1...Int.max) }
    }

    /// One price, or one for each glob.
    static func prices(_ node: Node?, _ findings: Findings) -> [ProviderEntry.Price] {
        guard let node, node.isMapping else { return [] }
        let words = ["input", "output", "cached", "cache_write", "reasoning"]
        var prices: [ProviderEntry.Price] = []
        for entry in node.entries where !words.contains(entry.name) && entry.value.isMapping {
            prices += price(entry.value, Located(entry.name, at: entry.key.spot), findings)
        }
        if node.entries.contains(where: { words.contains($0.name) }) || node.entries.isEmpty {
            prices += price(node, nil, findings)
        }
        return prices
    }

    private static func price(_ node: Node, _ pattern: Located<String>?, _ findings: Findings) -> [ProviderEntry.Price]
    {
        for name in ["input", "output"] where node.entry(name) == nil && !node.isPartial {
            // A slip has been spoken of.
            if node.entries.contains(where: { Suggestion.nearest(to: $0.name, among: [name]) != nil }) { continue }
            findings.error("HP104", "a price needs `\(name)`", at: node.spot)
        }
        guard let input = Read.located(node, "input", Values.usd), let output = Read.located(node, "output", Values.usd)
        else { return [] }
        return [
            ProviderEntry.Price(
                pattern: pattern,
                input: input.value,
                output: output.value,
                cached: Read.located(node, "cached", Values.usd)?.value,
                cacheWrite: Read.located(node, "cache_write", Values.usd)?.value,
                reasoning: Read.located(node, "reasoning", Values.usd)?.value
            )
        ]
    }

    private static func contexts(_ node: Node?) -> [(pattern: Located<String>?, tokens: Int)] {
        guard let node else { return [] }
        if let text = node.text, let count = try? Values.count(text, 1...Int.max) { return [(nil, count)] }
        return node.entries.compactMap { entry in
            guard let text = entry.value.text, let count = try? Values.count(text, 1...Int.max) else { return nil }
            return (Located(entry.name, at: entry.key.spot), count)
        }
    }
}
