import RouteModel
import Routing

/// Routes in file order, each with its tiers from left to right.
package enum TierDiagram {
    /// Draws the routes.
    package static func make(_ document: RouteDocument) -> Diagram {
        let routes = document.activeRoutes
        var diagram = Diagram(title: "\(document.path): \(routes.count) routes, first match wins from top to bottom")
        for route in routes {
            let own = diagram.add(.route, [route.name.value] + MatchText.lines(route.match))
            switch route.action {
            case .deny(let status, let message):
                diagram.connect(own, diagram.add(.deny, ["\(status)", message]))
            case .forward(let tiers):
                var last = own
                for (number, tier) in tiers.enumerated() {
                    let next = diagram.add(.tier, lines(tier, number, document))
                    diagram.connect(last, next, number == 0 ? [] : ["then"])
                    last = next
                }
            }
        }
        return diagram
    }

    private static func lines(_ tier: TierEntry, _ number: Int, _ document: RouteDocument) -> [String] {
        let strategy = tier.targets.count > 1 ? "  \(tier.strategy.value.rawValue)" : ""
        return ["tier \(number)\(strategy)"]
            + tier.targets.map { target in
                let provider = document.providers[target.provider]
                let weight = target.weight.value == 1 ? "" : " ×\(target.weight.value)"
                let group = target.group.map { " (\($0))" } ?? ""
                return "\(provider.name.value)\(target.model.map { "/\($0)" } ?? "")\(weight)\(group)"
            }
    }
}

/// A match in the words of the language, one line for each key.
enum MatchText {
    static func lines(_ match: Match?) -> [String] {
        guard let match else { return ["everything"] }
        var lines: [String] = []
        func list(_ key: String, _ values: [String]?) {
            if let values { lines.append("\(key): \(values.joined(separator: " | "))") }
        }
        list("model", match.models?.map(\.value))
        list("api", match.apis?.compactMap(\.value.word))
        list("path", match.paths?.map(\.value))
        list("method", match.methods?.map(\.value))
        for header in match.headers { list(header.name.value, header.shown) }
        list("tenant", match.tenants?.map(\.value))
        list("key", match.keys?.map(\.value))
        if let tags = match.tags {
            if !tags.all.isEmpty { lines.append("tags all: \(tags.all.map(\.value).joined(separator: " "))") }
            if !tags.any.isEmpty { lines.append("tags any: \(tags.any.map(\.value).joined(separator: " "))") }
            if !tags.none.isEmpty { lines.append("tags none: \(tags.none.map(\.value).joined(separator: " "))") }
        }
        if let levels = match.levels?.value { lines.append("class: \(text(levels))") }
        if let stream = match.stream?.value { lines.append("stream: \(stream)") }
        if let tokens = match.tokens?.value {
            lines.append("tokens: \(tokens.lower)..\(tokens.upper.map { "\($0)" } ?? "")")
        }
        list("features", match.features?.map(\.value.rawValue))
        if let times = match.times { lines.append("time: \(times.count) window\(times.count == 1 ? "" : "s")") }
        if let sample = match.sample?.value {
            let percent = sample % 100 == 0 ? "\(sample / 100)" : "\(Double(sample) / 100)"
            lines.append("sample: \(percent)% by \(match.sampleBy?.value.word ?? "request")")
        }
        if let any = match.any { lines += any.map { "or (\(Self.lines($0).joined(separator: ", ")))" } }
        lines += match.not.map { "not (\(Self.lines($0).joined(separator: ", ")))" }
        return lines.isEmpty ? ["everything"] : lines
    }

    static func text(_ levels: ClosedRange<Level>) -> String {
        if levels.lowerBound == levels.upperBound { return levels.lowerBound.word }
        return "\(levels.lowerBound.word)..\(levels.upperBound == .restricted ? "" : levels.upperBound.word)"
    }
}
