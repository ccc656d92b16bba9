import Costs
import RouteModel
import Routing

// One table of prices for all who ask: what is charged, what lint knows of, what `explain` foretells (docs/costs.md).
extension PriceTable {
    /// The prices of a provider as the file says them, below those of a target.
    package init(_ entry: ProviderEntry, target: [ProviderEntry.Price] = []) {
        let own = PriceTable(
            kind: entry.kind.value,
            isLocal: entry.isLocal,
            own: entry.prices.map { ($0.pattern?.value, $0.price) }
        )
        self = target.isEmpty ? own : own.below(target.map { ($0.pattern?.value, $0.price) })
    }

    /// The same below the prices of a target.
    package func below(_ prices: [TargetPrice]) -> PriceTable {
        below(
            prices.map { price in
                (
                    price.pattern,
                    Price(
                        input: price.input,
                        output: price.output,
                        cached: price.cached,
                        cacheWrite: price.cacheWrite,
                        reasoning: price.reasoning
                    )
                )
            }
        )
    }
}

extension ProviderEntry.Price {
    /// What one model costs.
    package var price: Price {
        Price(input: input, output: output, cached: cached, cacheWrite: cacheWrite, reasoning: reasoning)
    }
}
