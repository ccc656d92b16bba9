/// What a turn of the pump came to.
package enum PumpOutcome: Equatable {
    /// Nothing can move before the next edge of either socket.
    case waiting
    /// This stream had its share of the turn; call again later in the loop.
    case yield
    /// The body is complete and delivered.
    case ended
    /// The upstream broke off or broke the framing.
    case broken(StaticText)
    /// The client's socket failed.
    case clientGone
}

/// A fixed sentence that can be compared.
package struct StaticText: Equatable, CustomStringConvertible {
    package let text: StaticString
    package init(_ text: StaticString) { self.text = text }
    package static func == (left: StaticText, right: StaticText) -> Bool { left.description == right.description }
    package var description: String { text.description }
}
