import Report

/// The shape of `to`: a list of tiers, each a target, a group, a list of them, or a mapping.
struct TierShape {
    let check: ShapeCheck
    let schema: Schema

    func check(_ node: Node) {
        guard let items = node.items else {
            let help = node.text.map { ["`to: [\($0)]`"] } ?? []
            let sentence = "`to` takes a list of tiers, not \(node.noun)"
            check.findings.error("HP103", sentence, at: node.spot, help: node.isNothing ? [] : help)
            return
        }
        if items.isEmpty { check.findings.error("HP104", "`to` needs at least one target", at: node.spot) }
        for item in items where !item.isBroken { tier(item) }
    }

    private func tier(_ node: Node) {
        if let targets = node.items {
            if targets.isEmpty { check.findings.error("HP104", "a tier needs at least one target", at: node.spot) }
            for item in targets where !item.isBroken { target(item) }
            return
        }
        guard node.isMapping, let targets = node.entry("targets") else {
            target(node)
            return
        }
        known(node)
        for name in ["provider", "model", "weight", "headers"] {
            guard let entry = node.entry(name) else { continue }
            let sentence = "`\(name)` is of a target, `targets` of a tier: not both in one mapping"
            check.findings.error("HP109", sentence, at: entry.key.spot, labels: [Label(targets.key.spot, "a tier")])
        }
        if targets.value.isBroken { return }
        guard let items = targets.value.items else {
            let sentence = "`targets` takes a list, not \(targets.value.noun)"
            check.findings.error("HP103", sentence, at: targets.value.spot)
            return
        }
        if items.isEmpty { check.findings.error("HP104", "a tier needs at least one target", at: targets.value.spot) }
        for item in items where !item.isBroken { target(item) }
    }

    private func target(_ node: Node) {
        if node.isMapping {
            known(node)
            if node.entry("provider") == nil {
                check.findings.error("HP104", "a target needs `provider`", at: node.spot)
            }
            if let entry = node.entry("strategy") {
                let sentence = "`strategy` is of a tier, not of a target"
                let help = ["a tier with a strategy of its own:  {targets: [a, b], strategy: round-robin}"]
                check.findings.error("HP109", sentence, at: entry.key.spot, help: help)
            }
        } else if node.items != nil {
            check.findings.error("HP103", "a tier holds targets, not lists", at: node.spot)
        } else if node.isNothing {
            check.findings.error("HP103", "expected a target, found nothing", at: node.spot)
        }
    }

    private func known(_ node: Node) {
        if let item = schema.item { check.tierMapping(node, item) }
    }
}
