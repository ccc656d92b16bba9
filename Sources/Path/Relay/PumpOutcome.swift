import Conversation

/// What a turn of the pump came to.
package enum PumpOutcome: Equatable {
    /// Nothing can move before the next edge of either socket.
    case waiting
    /// This stream had its share of the turn; call again later in the loop.
    case yield
    /// The body is complete and delivered.
    case ended
    /// The upstream broke off or broke the framing.
    case broken(String)
    /// The upstream reported an error in its stream before anything of that had gone out.
    case reported(ChatFault)
    /// The budget has no more: the stream was ended as its dialect ends one that reached a limit, and what is kept says so.
    case cut
    /// The budget has no more, and the stream cannot be ended in words: only closing is left.
    case uncuttable
    /// The client's socket failed.
    case clientGone
}
