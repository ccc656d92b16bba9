import Decision
import Routing

/// Picks one target of a tier; keeps the turn-taking of one loop.
///
/// Loop only: each loop takes turns by itself, so no counter is shared; the shares come out the same.
package struct TierPicker {
    /// Turn-taking state of nginx's smooth weighted round-robin, one number per target.
    private var turns: [Int]
    /// Candidates of the current pick, by index in the tier; reused.
    private var field: [Int] = []

    package init(targets: Int) {
        turns = Array(repeating: 0, count: targets)
    }

    /// Targets it was made for.
    package var targetCount: Int { turns.count }

    /// What a pick needs to know of one candidate.
    package struct Candidate {
        /// Index in the tier.
        package let index: Int
        package let health: ProviderHealth
        /// Its cell in `health.latency`.
        package let cell: Int
        /// What the request is expected to cost there, nano-dollars; where nobody knows, more than anywhere else.
        package let cost: Int
        package init(index: Int, health: ProviderHealth, cell: Int, cost: Int = .max) {
            self.index = index
            self.cost = cost
            self.health = health
            self.cell = cell
        }
    }

    /// Chooses among `candidates`, which are eligible, healthy and in file order; nil when there are none.
    ///
    /// `dice`: a number derived from the request id, so that a choice can be repeated and explained.
    package mutating func pick(
        _ tier: Tier,
        _ candidates: [Candidate],
        settings: LatencySettings,
        now: Int64,
        dice: UInt64
    ) -> Int? {
        guard let first = candidates.first else { return nil }
        if candidates.count == 1 { return first.index }
        switch tier.strategy {
        case .priority, .direct: return first.index
        case .cost: return cheapest(candidates, now)
        case .roundRobin: return nextInTurn(tier, candidates.map(\.index))
        case .leastBusy: return leastBusy(tier, candidates)
        case .leastLatency: return leastLatency(tier, candidates, settings, now, dice)
        }
    }

    /// Smooth weighted round-robin: each gains its weight, the richest goes and pays the total.
    private mutating func nextInTurn(_ tier: Tier, _ indices: [Int]) -> Int? {
        var total = 0
        var best: Int?
        for index in indices {
            let weight = tier.targets[index].weight
            guard weight > 0 else { continue }
            total += weight
            turns[index] += weight
            if best.map({ turns[index] > turns[$0] }) ?? true { best = index }
        }
        guard let best else { return indices.first }
        turns[best] -= total
        return best
    }

    /// The cheapest; of those that cost the same the fastest that was measured, then the first.
    private func cheapest(_ candidates: [Candidate], _ now: Int64) -> Int? {
        let least = candidates.map(\.cost).min()
        var best: (index: Int, microseconds: Int64)?
        for candidate in candidates where candidate.cost == least {
            let speed = candidate.health.latency.read(cell: candidate.cell, now: now)?.microseconds ?? .max
            if best.map({ speed < $0.microseconds }) ?? true { best = (candidate.index, speed) }
        }
        return best?.index
    }

    private func leastBusy(_ tier: Tier, _ candidates: [Candidate]) -> Int? {
        var best: (index: Int, load: Int, weight: Int)?
        for candidate in candidates {
            let load = candidate.health.inFlight
            let weight = tier.targets[candidate.index].weight
            if let current = best {
                guard load < current.load || (load == current.load && weight > current.weight) else { continue }
            }
            best = (candidate.index, load, weight)
        }
        return best?.index
    }

    private mutating func leastLatency(
        _ tier: Tier,
        _ candidates: [Candidate],
        _ settings: LatencySettings,
        _ now: Int64,
        _ dice: UInt64
    ) -> Int? {
        let stale = Int64(settings.staleAfterMilliseconds) * 1_000_000
        var readings: [(index: Int, value: Double, age: Int64)] = []
        for candidate in candidates {
            if let read = candidate.health.latency.read(cell: candidate.cell, now: now) {
                readings.append((candidate.index, Double(read.microseconds), read.age))
            } else if let prior = settings.priorMilliseconds {
                readings.append((candidate.index, Double(prior) * 1_000, 0))
            } else if candidate.health.inFlight == 0 {
                // Never measured: first in line, one probing request at a time.
                return candidate.index
            }
        }
        guard let minimum = readings.map(\.value).min() else { return nextInTurn(tier, candidates.map(\.index)) }
        // An old value drifts towards the best, so that a once slow target is tried again.
        func drifted(_ reading: (index: Int, value: Double, age: Int64)) -> Double {
            guard reading.age > stale, stale > 0 else { return reading.value }
            let lapsed = Double(reading.age - stale) / Double(stale)
            return minimum + (reading.value - minimum) * powerOfTwo(-lapsed)
        }
        let limit = minimum * (1 + settings.tolerancePercent / 100)
        field.removeAll(keepingCapacity: true)
        for reading in readings where drifted(reading) <= limit { field.append(reading.index) }
        if Double(dice % 10_000) < settings.explorePercent * 100 {
            let others = candidates.map(\.index).filter { !field.contains($0) }
            if !others.isEmpty { return others[Int((dice >> 32) % UInt64(others.count))] }
        }
        return nextInTurn(tier, field)
    }
}
