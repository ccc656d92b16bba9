import Conversation

/// Takes the oldest turns out of a conversation that comes near its model's window.
///
/// All system turns stay. A cut is only where a user's turn begins and no call is open, so no result loses its call and no
/// call its result. As little goes as makes the rest fit, and never one of the newest.
package struct Compaction: Sendable {
    /// What the estimate may be.
    package let limitTokens: Int
    /// Turns at the end that stay whatever they cost, system turns not counted; at least one.
    package let keptTurns: Int
    package let estimate: TokenEstimate

    package init(limitTokens: Int, keptTurns: Int, estimate: TokenEstimate) {
        self.limitTokens = limitTokens
        self.keptTurns = max(1, keptTurns)
        self.estimate = estimate
    }

    /// Takes out what must go; answers how many turns went.
    package func apply(_ request: inout ChatRequest) -> Int {
        let weights = request.messages.map(TokenEstimate.bytes)
        var bytes = weights.reduce(TokenEstimate.bytes(request.tools), +)
        var count = request.messages.count
        guard estimate.tokens(bytes: bytes, messages: count) > limitTokens else { return 0 }
        let places = request.messages.indices.filter { !Compaction.isSystem(request.messages[$0]) }
        guard places.count > keptTurns else { return 0 }
        let turns = places.map { request.messages[$0] }
        let calls = OpenCalls(turns)
        var cut = 0
        for next in 1...(turns.count - keptTurns) {
            bytes -= weights[places[next - 1]]
            count -= 1
            guard !calls.isOpen[next], Compaction.beginsTurn(turns[next]) else { continue }
            cut = next
            if estimate.tokens(bytes: bytes, messages: count) <= limitTokens { break }
        }
        guard cut > 0 else { return 0 }
        let first = places[cut]
        var kept: [ChatMessage] = []
        for (place, message) in request.messages.enumerated() where place >= first || Compaction.isSystem(message) {
            kept.append(message)
        }
        request.messages = kept
        return cut
    }

    private static func isSystem(_ message: ChatMessage) -> Bool {
        message.role == .system || message.role == .developer
    }

    /// The user speaks, and does not hand over what a tool gave back.
    private static func beginsTurn(_ message: ChatMessage) -> Bool {
        message.role == .user && !message.parts.isEmpty
            && !message.parts.contains { if case .toolResult = $0 { true } else { false } }
    }
}
