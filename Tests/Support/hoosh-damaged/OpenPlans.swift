import Compiler
import Decision
import RouteModel
import Routing

extension Compiled {
    /// The same with plans that send every class everywhere and forget about tags: what a defect of the compiler could do
    /// at worst.
    func withOpenPlans() -> Compiled {
        let routes = program.routes.map { route in
            guard case .forward(let plans) = route.action, let widest = plans.first else { return route }
            let open = OpenPlans.open(widest)
            return Route(name: route.name, position: route.position, action: .forward(plans.map { _ in open }))
        }
        return replacing(Program(routes: routes, boxes: program.boxes, vocabulary: program.vocabulary))
    }

    /// The same with providers that may see everything.
    func withoutClearances() -> Compiled {
        var open = document
        for index in open.providers.indices {
            open.providers[index].clearance = Setting(.restricted)
            open.providers[index].denyTags = []
        }
        return replacing(document: open)
    }

    /// The same with privacy rules that look at no text.
    func withoutContentRules() -> Compiled {
        var blind = document
        for index in blind.privacy.rules.indices {
            blind.privacy.rules[index].builtins = []
            blind.privacy.rules[index].pattern = nil
        }
        return replacing(document: blind)
    }
}

private enum OpenPlans {
    static func open(_ plan: Plan) -> Plan {
        Plan(
            tiers: plan.tiers.map { Tier(targets: $0.targets.map(open), strategy: $0.strategy) },
            timeouts: plan.timeouts,
            retry: plan.retry,
            failover: plan.failover,
            latency: plan.latency,
            setHeaders: plan.setHeaders,
            removedHeaders: plan.removedHeaders,
            usage: plan.usage,
            context: plan.context
        )
    }

    static func open(_ target: Target) -> Target {
        Target(
            provider: target.provider,
            model: target.model,
            weight: target.weight,
            headers: target.headers,
            isFromGroup: target.isFromGroup
        )
    }
}
