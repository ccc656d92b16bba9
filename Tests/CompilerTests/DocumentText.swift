import RouteModel
import Routing

/// A document and a request in words like a route file's, for failures.
enum DocumentText {
    static func text(_ document: RouteDocument) -> String {
        var lines: [String] = []
        for (number, provider) in document.providers.enumerated() {
            let apis = provider.apis.compactMap(\.word).sorted().joined(separator: " ")
            lines.append(
                "p\(number): {clearance: \(provider.clearance.value.word), models: \(list(provider.models)), "
                    + "deny_tags: \(list(provider.denyTags)), enabled: \(provider.isEnabled), apis: [\(apis)]}"
            )
        }
        for alias in document.aliases { lines.append("alias: \(alias.name.value) → \(alias.model.value)") }
        lines.append(
            "privacy: {default: \(document.privacy.standard.value.word), header: \(document.privacy.header.value ?? "none")}"
        )
        for rule in document.privacy.rules {
            lines.append(
                "  - {tag: \(rule.tag.value), class: \(rule.level?.value.word ?? "-"), headers: \(rule.headers.map(header)), "
                    + "tenant: \(list(rule.tenants)), key: \(list(rule.keys)), content: \(rule.hasContentSource)}"
            )
        }
        lines.append("routes:")
        for route in document.routes {
            let off = route.isEnabled ? "" : ", enabled: false"
            lines.append(
                "  - {name: \(route.name.value), match: \(route.match.map(match) ?? "{}"), \(action(route))\(off)}"
            )
        }
        return lines.joined(separator: "\n")
    }

    private static func action(_ route: RouteEntry) -> String {
        switch route.action {
        case .deny(let status, _): "deny: \(status)"
        case .forward(let tiers):
            "to: \(tiers.map { $0.targets.map { "p\($0.provider)\($0.model.map { "/\($0)" } ?? "")" } })"
        }
    }

    static func match(_ match: Match) -> String {
        var parts: [String] = []
        if let models = match.models { parts.append("model: \(list(models))") }
        if let apis = match.apis { parts.append("api: \(apis.map { $0.value.word ?? "other" })") }
        if let paths = match.paths { parts.append("path: \(list(paths))") }
        if let methods = match.methods { parts.append("method: \(list(methods))") }
        for condition in match.headers { parts.append("header \(header(condition))") }
        if let tenants = match.tenants { parts.append("tenant: \(list(tenants))") }
        if let keys = match.keys { parts.append("key: \(list(keys))") }
        if let tags = match.tags {
            parts.append("tags: {all: \(list(tags.all)), any: \(list(tags.any)), none: \(list(tags.none))}")
        }
        if let levels = match.levels?.value {
            parts.append("class: \(levels.lowerBound.word)..\(levels.upperBound.word)")
        }
        if let stream = match.stream { parts.append("stream: \(stream.value)") }
        if let tokens = match.tokens?.value {
            parts.append("tokens: \(tokens.lower)..\(tokens.upper.map { "\($0)" } ?? "")")
        }
        if let features = match.features { parts.append("features: \(features.map(\.value.rawValue))") }
        if let times = match.times { parts.append("time: \(times.map(\.value.startMinute))") }
        if let sample = match.sample {
            parts.append("sample: \(sample.value) by \(match.sampleBy?.value.word ?? "request")")
        }
        if let any = match.any { parts.append("any: [\(any.map { self.match($0) }.joined(separator: ", "))]") }
        for not in match.not { parts.append("not: \(self.match(not))") }
        return "{\(parts.joined(separator: ", "))}"
    }

    private static func header(_ condition: HeaderCondition) -> String {
        "\(condition.name.value): \(list(condition.matchers))"
    }

    private static func list(_ values: [Located<String>]?) -> String {
        values.map { "[\($0.map { "\"\($0.value)\"" }.joined(separator: ", "))]" } ?? "-"
    }

    static func text(_ request: Request) -> String {
        "\(request.method) \(request.path) api \(request.api.word ?? "other") model \(request.model ?? "none") "
            + "stream \(request.stream) headers \(request.headers.map { "\($0.name): \($0.value)" }) "
            + "key \(request.key ?? "none") tenant \(request.tenant ?? "none") tokens \(request.tokens) "
            + "features \(request.features.rawValue) class \(request.contentLevel.word) tags \(request.contentTags.sorted()) "
            + "windows \(request.openWindows.map(\.startMinute)) buckets \(request.buckets)"
    }
}
