import Costs
import Decision
import Routing

/// Prices of the models that one loop asked for lately, so that no list is searched for each request.
///
/// Loop only.
final class PriceMemory {
    private var known: [Int: (model: [UInt8], price: Price?)] = [:]

    func price(of model: [UInt8], at provider: Int, _ governance: Governance) -> Price? {
        if let last = known[provider], last.model == model { return last.price }
        let price = governance.providers[provider].prices.price(of: model)
        known[provider] = (model, price)
        return price
    }
}
