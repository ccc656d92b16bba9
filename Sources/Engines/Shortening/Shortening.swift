import Conversation
import JSON
import Routing

/// Makes a chat shorter as its route says, and tells what it did.
package struct Shortening: Sendable {
    /// What was done to a request.
    package struct Report: Equatable, Sendable {
        package var droppedMessages = 0
        package var savedBytes = 0
        package var fromTokens = 0
        package var toTokens = 0
        /// Why turns that should go did not.
        package var obstacle: Obstacle?

        /// The value of `x-hoosh-context`.
        package var field: String {
            if obstacle == .unreadable { return "unchanged; reason=unreadable" }
            var words: [String] = []
            if obstacle == .noPlace { words += ["uncompacted", "reason=no_place_to_cut"] }
            if droppedMessages > 0 { words += ["compacted", "dropped_messages=\(droppedMessages)"] }
            if savedBytes > 0 { words += ["compressed", "saved_bytes=\(savedBytes)"] }
            return (words + ["from_tokens=\(fromTokens)", "to_tokens=\(toTokens)"]).joined(separator: "; ")
        }
    }

    /// Why a chat that its route wants shorter is not.
    package enum Obstacle: Sendable {
        /// Its turns cannot be told apart: no list of them, or two.
        case unreadable
        /// It is too long, but no user's turn begins where no call is open, or only among the newest.
        case noPlace
    }

    package let policy: ContextPolicy
    /// Of the model that is asked; nil when nobody knows it, and then nothing is taken out.
    package let windowTokens: Int?
    package let estimate: TokenEstimate

    package init(_ policy: ContextPolicy, windowTokens: Int?, estimate: TokenEstimate) {
        self.policy = policy
        self.windowTokens = windowTokens
        self.estimate = estimate
    }

    /// The request as it is to be said in another format; nil when it is to be sent as it came.
    package func shortened(_ request: ChatRequest) -> (request: ChatRequest, report: Report)? {
        var short = request
        var report = Report()
        if policy.compressesWhitespace { report.savedBytes = Shortening.compress(&short) }
        if let percent = policy.compactAtPercent, let windowTokens {
            let limit = Int((Double(windowTokens) * percent / 100).rounded(.down))
            let compaction = Compaction(limitTokens: limit, keptTurns: policy.keptTurns, estimate: estimate)
            report.droppedMessages = compaction.apply(&short)
        }
        guard report.savedBytes > 0 || report.droppedMessages > 0 else { return nil }
        report.fromTokens = estimate.tokens(request)
        report.toTokens = estimate.tokens(short)
        return (short, report)
    }

    /// Collapses white space in what people and models wrote; answers the bytes it saved.
    ///
    /// What tools were given and gave back is not touched, nor a turn with sealed thinking or signed calls.
    private static func compress(_ request: inout ChatRequest) -> Int {
        var saved = 0
        for index in request.messages.indices where request.messages[index].role != .tool {
            let parts = request.messages[index].parts
            guard !parts.contains(where: isSealed) else { continue }
            for (place, part) in parts.enumerated() {
                guard case .text(let text) = part else { continue }
                let plain = text.plain
                let collapsed = Prose.collapsed(plain)
                guard collapsed.count < plain.count else { continue }
                saved += plain.count - collapsed.count
                request.messages[index].parts[place] = .text(JSONString(plain: collapsed))
            }
        }
        return saved
    }

    private static func isSealed(_ part: ChatPart) -> Bool {
        switch part {
        case .reasoning: true
        case .toolCall(let call): call.signature != nil
        case .text, .media, .toolResult, .refusal, .other: false
        }
    }
}
