import JSON

/// What an answer cost, told in the usage of a body that is ours.
package enum CostMember {
    /// Adds `cost_micro_usd` to the `usage` of a whole answer; one without stays as it is.
    package static func added(_ microdollars: Int, to body: [UInt8]) -> [UInt8] {
        guard let place = ObjectFields.value(of: "usage", in: body.span), body[place.lowerBound] == 0x7b else {
            return body
        }
        let end = place.upperBound - 1
        let isEmpty = body[place.lowerBound + 1..<end].allSatisfy { $0 <= 0x20 }
        return body[..<end] + Array("\(isEmpty ? "" : ",")\"cost_micro_usd\":\(microdollars)".utf8) + body[end...]
    }
}
