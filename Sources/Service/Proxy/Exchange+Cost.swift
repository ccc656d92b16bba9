import Bytes
import Costs
import Dialect
import HTTP

// Where an answer's cost is told besides its head (docs/costs.md).
extension Exchange {
    /// A whole answer of ours with what it cost in its usage, nano-dollars; as it is where nobody knows.
    func withCost(_ told: SavedAnswer, _ cost: Int?) -> SavedAnswer {
        let isOurs = restated?.answer != nil || restated?.embeddings != nil
        guard let cost, isOurs, !request.streams, told.translation == nil else { return told }
        switch request.dialect {
        case .chat, .completions, .responses, .messages: break
        case .gemini, .ollama, .generate: return told
        }
        var told = told
        told.body = CostMember.added(cost / 1_000, to: told.body)
        return told
    }

    /// The last field of a stream in chunks of ours: what it cost (RFC 9110 §6.5).
    var costTrailer: [UInt8] {
        estimatePrompt()
        settleUsage()
        guard let target, let price = price(of: target) else { return [] }
        return Array("x-hoosh-cost-micro-usd: \(price.nanodollars(talliedTokens) / 1_000)\r\n".utf8)
    }

    /// The client takes fields behind a body (RFC 9110 §10.1.4).
    var takesTrailers: Bool {
        let span = bytes.bindMemory(to: UInt8.self).span
        for field in head.fields where field.id == .te && field.value.range.upperBound <= span.count {
            let value = String(decoding: field.value.range.map { span[$0] }, as: UTF8.self)
            for word in value.lowercased().split(separator: ",") {
                let name = word.split(separator: ";").first ?? ""
                if name.filter({ $0 != " " && $0 != "\t" }) == "trailers" { return true }
            }
        }
        return false
    }
}
