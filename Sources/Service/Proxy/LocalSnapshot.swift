import Compiler
import Arrival
import Decision
import Forwarding
import Health
import Loop
import Providers
import Relay
import Routing

/// A snapshot with what one loop keeps for it: upstream pools, turn-taking, the list of models.
///
/// A request keeps the one it began with. What a reload did not change is handed from one to the next: pools by
/// provider, turns by the route's name. Loop only.
final class LocalSnapshot {
    let snapshot: Snapshot
    /// By position of the provider.
    let pools: [UpstreamPool]
    /// Turn-taking, by route, plan and tier.
    var pickers: [[[TierPicker]]]
    /// Decides what becomes of a request.
    var judge: RequestJudge
    let limits: RequestLimits
    let spliceMode: SpliceMode
    let models: ModelCatalog
    let prices = PriceMemory()

    /// * `previous`: what this loop served until now.
    init(_ snapshot: Snapshot, curl: CurlMulti, after previous: LocalSnapshot?) {
        self.snapshot = snapshot
        let configuration = snapshot.configuration
        let earlier = zip(previous?.pools ?? [], previous?.snapshot.identities ?? [])
        pools = zip(configuration.providers, snapshot.identities).map { provider, identity in
            let kept = earlier.first { $0.provider.connectsLike(provider) && $1 == identity }
            return kept?.0 ?? UpstreamPool(provider, curl: curl)
        }
        judge = RequestJudge(snapshot)
        pickers = LocalSnapshot.pickers(for: snapshot, after: previous)
        limits = RequestLimits(
            bodyBytes: configuration.listen.maxBodyBytes,
            uploadBytes: configuration.listen.maxUploadBytes,
            gathersUploads: snapshot.content.hasRules
        )
        spliceMode =
            switch configuration.listen.splice {
            case .always: .always
            case .auto: .auto
            case .none: .never
            }
        models = ModelCatalog(snapshot, curl: curl)
    }

    private static func pickers(for snapshot: Snapshot, after previous: LocalSnapshot?) -> [[[TierPicker]]] {
        var old: [String: [[TierPicker]]] = [:]
        if let previous {
            for (route, pickers) in zip(previous.snapshot.program.routes, previous.pickers) {
                old[route.name] = pickers
            }
        }
        return snapshot.program.routes.map { route in
            guard case .forward(let plans) = route.action else { return [] }
            return plans.enumerated().map { number, plan in
                plan.tiers.enumerated().map { tier, entry in
                    let kept = old[route.name]?[safe: number]?[safe: tier]
                    if let kept, kept.targetCount == entry.targets.count { return kept }
                    return TierPicker(targets: entry.targets.count)
                }
            }
        }
    }

    /// Closes what the successor does not go on with; connections in use end with their requests.
    func retire(for successor: LocalSnapshot) -> [(row: Int, pool: UpstreamPool)] {
        var gone: [(row: Int, pool: UpstreamPool)] = []
        for (index, pool) in pools.enumerated() where !successor.pools.contains(where: { $0 === pool }) {
            pool.retire()
            gone.append((snapshot.providerRows[index], pool))
        }
        return gone
    }
}

extension Array {
    /// The element at an index; nil beyond the ends.
    fileprivate subscript(safe index: Int) -> Element? { indices.contains(index) ? self[index] : nil }
}

extension Provider {
    /// True when connections to one are as good as connections to the other.
    fileprivate func connectsLike(_ other: Provider) -> Bool {
        name == other.name && url == other.url && key == other.key && headers == other.headers
            && passes == other.passes && kind == other.kind
            && isLocal == other.isLocal && tls == other.tls && keepalive == other.keepalive
    }
}
