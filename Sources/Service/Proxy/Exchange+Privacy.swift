import Compiler
import Decision
import Routing

// What a request's class and tags forbid (`routes.md` 2.7, privacy lattice).
extension Exchange {
    /// Some provider of the route would answer, but none of them may see this request.
    var isHiddenByPrivacy: Bool {
        guard !plan.tiers.contains(where: { $0.targets.contains(where: isServing) }) else { return false }
        guard case .forward(let plans) = snapshot.program.routes[request.route].action else {
            return false
        }
        // The plan of the lowest class holds every target of the route.
        return plans.first?.tiers.contains { $0.targets.contains(where: answersFor) } ?? false
    }

    /// The request's class, ready to be written.
    var levelWord: StaticString {
        switch request.level {
        case .public: "public"
        case .internal: "internal"
        case .confidential: "confidential"
        case .restricted: "restricted"
        }
    }

    /// Some target that the class alone leaves is closed to one of the request's tags.
    private var isHiddenByTags: Bool {
        plan.tiers.contains { tier in
            tier.targets.contains { $0.deniedTags & request.tags != 0 && answersFor($0) }
        }
    }

    /// The answer when class and tags leave no provider.
    func privacyRefusal(_ route: String) -> Refusal { privacyRefusal(route, isForTags: isHiddenByTags) }

    /// Names class and route, never what was found in the request; tags only where the class alone would do.
    private func privacyRefusal(_ route: String, isForTags: Bool) -> Refusal {
        Refusal(
            403,
            "privacy_no_target",
            "no provider of route `\(route)` may see a request of class \(request.level.word)"
                + (isForTags ? " with its privacy tags" : "")
        )
    }

    /// The plan led to a provider that may not see this request: it is not connected to, and nothing else is tried.
    func stopForPrivacy() {
        let route = snapshot.program.routes[request.route].name
        let provider = snapshot.configuration.providers[providerIndex].name
        Console.say("stopped a request of class \(request.level.word) on its way to `\(provider)` by route `\(route)`")
        worker.counters.privacyStops += 1
        endTry(failed: nil)
        let isForTags = snapshot.clearances[providerIndex].level >= request.level
        let refusal = privacyRefusal(route, isForTags: isForTags)
        ledger.status = refusal.status
        settle(refusing: refusal)
        session.refuse(refusal, requestID: requestID)
    }
}
