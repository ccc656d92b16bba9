import Report
import RouteModel
import Routing

/// An explanation for programs: the same facts, schema `explain-v1`.
struct ExplanationJSON {
    let explanation: Explanation
    let facts: ExplanationFacts

    private var document: RouteDocument { explanation.document }

    /// The whole object.
    var value: JSONValue {
        .object([
            "schema": .text("explain-v1"),
            "file": .text(document.path),
            "request": request,
            "class": label,
            "tags": .texts(explanation.verdict.tags.sorted()),
            "route": explanation.route.map { place($0.name.value, $0.name.spot) } ?? .null,
            "outcome": outcome,
            "path": path,
            "passed": .list(
                explanation.passed.map { entry in
                    let name = document.routes[entry.route].name.value
                    return .object([
                        "route": .text(name), "reason": .optional(entry.reason?.sentence), "at": at(entry.reason?.spot),
                    ])
                }
            ),
            "plan": plan,
            "cleared": .texts(facts.cleared),
            "limits": .texts(facts.limits),
            "window": .optional(facts.window),
            "bounds": .optional(facts.bounds),
            "copying": .optional(facts.copying),
            "faults": .texts(explanation.differences),
        ])
    }

    private func at(_ spot: Spot?) -> JSONValue { .optional(spot.map { "\($0)" }) }

    private func place(_ name: String, _ spot: Spot) -> JSONValue { .object(["name": .text(name), "at": at(spot)]) }

    private var request: JSONValue {
        let request = explanation.request
        let headers = request.headers.map {
            JSONValue.Member(name: $0.name, value: .text(SecretField.shown($0.value, of: $0.name)))
        }
        let buckets = request.buckets.sorted { $0.key.word < $1.key.word }.map {
            JSONValue.Member(name: $0.key.word, value: .text(Words.percent($0.value)))
        }
        return .object([
            "method": .text(request.method), "path": .text(request.path), "api": .text(request.api.word ?? "other"),
            "model": .optional(request.model), "key": .optional(request.key), "tenant": .optional(request.tenant),
            "stream": .bool(request.stream), "tokens": .number(request.tokens),
            "features": .texts(Words.features(request.features)), "headers": .object(headers),
            "buckets": .object(buckets), "unix_seconds": .number(explanation.subject.moment),
        ])
    }

    private var label: JSONValue {
        let sources = explanation.sources.map { source in
            JSONValue.object([
                "class": .optional(source.level?.word), "tag": .optional(source.tag),
                "because": .text(source.sentence), "at": at(source.spot),
            ])
        }
        return .object(["class": .text(explanation.verdict.level.word), "sources": .list(sources)])
    }

    private var outcome: JSONValue {
        let first = facts.prediction.first.map { explanation.tiers[$0.tier][$0.member].name }
        if facts.lacksKey {
            return .object([
                "status": .number(401), "error": .text("invalid_api_key"), "first": .optional(first),
                "sentence": .text("key: \(ExplanationFacts.withoutKey)"),
            ])
        }
        return .object([
            "status": .number(facts.prediction.status), "error": .optional(facts.prediction.error),
            "first": .optional(first), "sentence": .text(facts.outcome),
        ])
    }

    private var path: JSONValue {
        let trees = zip(explanation.path.trees, explanation.path.nodes).map { steps, nodes in
            JSONValue.list(
                zip(steps, nodes).map { .object(["node": .number($1), "step": .text($0)]) }
            )
        }
        return .object(["trees": .list(trees), "boxes_tested": .number(explanation.path.verified)])
    }

    private var plan: JSONValue {
        .list(
            explanation.tiers.enumerated().map { tier, members in
                let strategy = explanation.route?.tiers[tier].strategy.value.rawValue ?? ""
                return .object(["strategy": .text(strategy), "targets": .list(members.map(target))])
            }
        )
    }

    private func target(_ member: Explanation.Member) -> JSONValue {
        let obstacles = member.obstacles.map { obstacle in
            JSONValue.object([
                "kind": .text(obstacle.kind.rawValue), "because": .text(obstacle.sentence), "at": at(obstacle.spot),
            ])
        }
        return .object([
            "target": .text(member.name), "eligible": .bool(member.obstacles.isEmpty),
            "state": .texts(facts.state(of: member)), "dropped": .list(obstacles),
        ])
    }
}
