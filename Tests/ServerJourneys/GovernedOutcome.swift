import TestKit

/// What clients of a load on governed proxies saw.
struct GovernedOutcome: Sendable {
    /// What one client saw.
    struct Answer: Sendable {
        let status: Int
        let ending: LoadAnswer.Ending
        /// Of an error: the gateway's, or the provider's in OpenAI's shape.
        let code: String?
        let retryAfter: Int?
        let limitedBy: String?
        /// What `x-hoosh-store` says: who decided while the store was away.
        let store: String?
        /// A budget ended the stream, which may have been whole when the provider had sent it.
        let wasCut: Bool
        /// Bytes of the answer's text that came.
        let textBytes: Int
        /// Monotonic nanoseconds.
        let sent: Int64
        let ended: Int64

        init(_ answer: LoadAnswer) {
            status = answer.status
            ending = answer.ending
            sent = answer.sent
            ended = answer.ended
            retryAfter = answer["retry-after"].flatMap { Int($0) }
            limitedBy = answer["x-hoosh-limited-by"]
            store = answer["x-hoosh-store"]
            code =
                status >= 400
                ? answer["x-hoosh-code"]
                    ?? Self.values(of: "code", in: answer.bytes).first.map { String(decoding: $0, as: UTF8.self) } : nil
            guard status == 200 else {
                (textBytes, wasCut) = (0, false)
                return
            }
            wasCut = answer.text.contains("\"budget_exceeded\"")
            textBytes = ["content", "text"].reduce(0) { sum, name in
                sum + Self.values(of: name, in: answer.bytes).reduce(0) { $0 + $1.count }
            }
        }

        /// The store was away, and so the gateway did not serve it.
        var wasDenied: Bool { status == 503 && code == "store_unavailable" }

        /// The strings that stand behind a member's name; none of them holds an escape here.
        private static func values(of name: String, in bytes: [UInt8]) -> [ArraySlice<UInt8>] {
            let mark = Array("\"\(name)\":\"".utf8)
            var found: [ArraySlice<UInt8>] = []
            var index = 0
            while index + mark.count <= bytes.count {
                guard bytes[index] == mark[0], bytes[index..<(index + mark.count)].elementsEqual(mark) else {
                    index += 1
                    continue
                }
                let start = index + mark.count
                let end = bytes[start...].firstIndex(of: 0x22) ?? bytes.count
                found.append(bytes[start..<end])
                index = end
            }
            return found
        }
    }

    /// By the number of the request.
    var answers: [Int: Answer] = [:]
    /// Which proxy was asked, by the number of the request.
    var proxies: [Int: Int] = [:]
    var seconds = 0.0
    /// The most requests that were under way at once.
    var peak = 0

    /// How many ended how: `200`, `429 gateway brisk`, `left`.
    var kinds: [String: Int] {
        var kinds: [String: Int] = [:]
        for answer in answers.values {
            let what =
                switch answer.ending {
                case .complete where answer.wasDenied: "denied"
                case .complete:
                    "\(answer.status)" + (answer.limitedBy.map { " \($0)" } ?? "")
                        + (answer.store.map { " \($0)" } ?? "")
                default: "\(answer.ending)"
                }
            kinds[what, default: 0] += 1
        }
        return kinds
    }
}

/// What one request was charged.
struct GovernedCharge: Equatable, Sendable {
    var input = 0
    var output = 0
    var microDollars = 0
    var tokens: Int { input + output }
}
