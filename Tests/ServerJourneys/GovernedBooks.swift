import Foundation
import TestKit
import Testing

/// What governed proxies tell of their books, from outside.
struct GovernedBooks {
    /// A line of the audit log.
    struct Line {
        let status: Int
        let clientLeft: Bool
        /// Nil when nothing was charged.
        let charge: GovernedCharge?
    }

    let page: MetricsPage
    /// Where proxies share one.
    let store: GovernedStore?
    /// What proxies tell that others do not.
    private(set) var faults: [String] = []
    /// By key and pool: tokens used, as the key's owner is told.
    private(set) var own: [String: [String: Int]] = [:]
    /// By pool, key and model: requests, tokens and millionths of a dollar.
    private(set) var costs: [String: (requests: Int, charge: GovernedCharge)] = [:]
    /// By request; empty until the proxies have ended.
    private(set) var audit: [String: Line] = [:]

    init(_ laboratory: GovernedLaboratory) throws {
        let first = laboratory.members[0]
        page = try MetricsPage(fetch(first.admin, "GET", "/metrics").text)
        for key in GovernedRequest.keys {
            own[key.name] = try Self.own(first, key)
            for member in laboratory.members.dropFirst() where laboratory.server != nil {
                let other = try Self.own(member, key)
                if other != own[key.name] { faults.append("\(key.name) is told \(own[key.name] ?? [:]) and \(other)") }
            }
        }
        store = try laboratory.server.map { try GovernedStore($0) }
        faults += store?.faults ?? []
        for member in laboratory.members {
            let answer = try object(fetch(member.admin, "GET", "/v1/costs?by=pool,key,model"))
            for record in try #require(answer["records"] as? [[String: Any]]) {
                let names = ["pool", "key", "model"].map { record[$0] as? String ?? "" }
                var sum = costs[names.joined(separator: " ")] ?? (0, GovernedCharge())
                sum.requests += record["requests"] as? Int ?? 0
                sum.charge.input += record["prompt_tokens"] as? Int ?? 0
                sum.charge.output += record["completion_tokens"] as? Int ?? 0
                sum.charge.microDollars += record["cost_micro_usd"] as? Int ?? 0
                costs[names.joined(separator: " ")] = sum
            }
        }
    }

    private static func own(_ member: GovernedLaboratory.Member, _ key: GovernedRequest.Key) throws -> [String: Int] {
        let headers = [("authorization", "Bearer \(key.token)")]
        let answer = try fetch(member.address, "GET", "/v1/tokens/pools", headers: headers)
        var used: [String: Int] = [:]
        for pool in try #require(try object(answer)["pools"] as? [[String: Any]], "\(answer.text)") {
            used[try #require(pool["name"] as? String)] = pool["used"] as? Int
        }
        return used
    }

    /// Reads what the proxies have written about each request; they have to have ended.
    mutating func readAudit(_ laboratory: GovernedLaboratory) throws -> [String] {
        var faults: [String] = []
        for member in laboratory.members {
            let text = try String(contentsOfFile: member.auditFile, encoding: .utf8)
            for line in text.split(separator: "\n") {
                let value = try #require(
                    try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any],
                    "\(line)"
                )
                guard value["type"] as? String == "request", let name = value["request_id"] as? String,
                    name.hasPrefix("r"), (value["path"] as? String ?? "") != "/v1/tokens/pools"
                else { continue }
                var charge: GovernedCharge?
                if let cost = value["cost_nano_usd"] as? Int {
                    let tokens = value["tokens"] as? [String: Any]
                    charge = GovernedCharge(
                        input: tokens?["input"] as? Int ?? 0,
                        output: tokens?["output"] as? Int ?? 0,
                        microDollars: cost / 1_000
                    )
                }
                if audit[name] != nil { faults.append("\(name) stands in the audit log twice") }
                audit[name] = Line(
                    status: value["status"] as? Int ?? 0,
                    clientLeft: value["client_left"] as? Bool ?? false,
                    charge: charge
                )
            }
        }
        return faults
    }

    func used(_ pool: String, _ quantity: String) -> Int {
        if let store { return store.used(pool, quantity) }
        return Int(page.value("hoosh_pool_used", ["pool": pool, "quantity": quantity]) ?? 0)
    }
}
