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
        let toolBytes = TokenEstimate.bytes(request.tools)
        let goes: [Bool]
        switch choice(request.messages.map { Turn($0) }, besideBytes: toolBytes, besideMessages: 0, holdsSystem: false)
        {
        case .fits, .uncuttable: return 0
        case .cut(let marks): goes = marks
        }
        let count = request.messages.count
        var kept: [ChatMessage] = []
        for (place, message) in request.messages.enumerated() where !goes[place] { kept.append(message) }
        request.messages = kept
        return count - kept.count
    }

    /// What is to be done with a conversation.
    enum Choice {
        case fits
        /// It is too long, and there is no place to cut it.
        case uncuttable
        /// True at the turns that go.
        case cut([Bool])
    }

    /// Chooses the turns that go.
    ///
    /// * `besideBytes`, `besideMessages`: what counts and stands outside of the turns.
    /// * `holdsSystem`: a system turn between others must keep the turn before it, so nothing before it goes.
    func choice(_ turns: [Turn], besideBytes: Int, besideMessages: Int, holdsSystem: Bool) -> Choice {
        var bytes = turns.reduce(besideBytes) { $0 + $1.bytes }
        var count = besideMessages + turns.count
        guard estimate.tokens(bytes: bytes, messages: count) > limitTokens else { return .fits }
        let places = turns.indices.filter { !turns[$0].isSystem }
        guard places.count > keptTurns else { return .uncuttable }
        let calls = OpenCalls(places.map { turns[$0] })
        var cut = 0
        for next in 1...(places.count - keptTurns) {
            if holdsSystem, places[next] - places[0] > next { break }
            bytes -= turns[places[next - 1]].bytes
            count -= 1
            guard !calls.isOpen[next], turns[places[next]].begins else { continue }
            cut = next
            if estimate.tokens(bytes: bytes, messages: count) <= limitTokens { break }
        }
        guard cut > 0 else { return .uncuttable }
        return .cut(turns.indices.map { $0 < places[cut] && !turns[$0].isSystem })
    }
}
