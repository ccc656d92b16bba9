import Bytes
import JSON

/// A piece of text in an event: where it stands there, and how.
package struct DeltaText: Equatable, Sendable {
    package var range: TextRange
    /// True for text between quotes; false for a JSON value that stands for its own spelling (an arguments object).
    package var isSpelled: Bool
    package init(_ range: TextRange, isSpelled: Bool = true) {
        self.range = range
        self.isSpelled = isSpelled
    }
    package static var absent: DeltaText { DeltaText(.absent) }
    package var isAbsent: Bool { range.isAbsent }
}

/// One step of a streamed answer in no dialect; texts are places in the event it was read from.
///
/// Trivial, so that a stream of them costs no reference counting.
package enum ChatDelta: Equatable, Sendable {
    /// The beginning: once, before everything else.
    case started(id: DeltaText, model: DeltaText, created: Int?)
    case text(choice: Int, DeltaText)
    /// Thinking that is shown.
    case reasoning(choice: Int, DeltaText)
    /// The provider's seal on the thinking before it.
    case signature(choice: Int, DeltaText)
    /// Thinking only the provider can read.
    case redacted(choice: Int, DeltaText)
    case refusal(choice: Int, DeltaText)
    /// A call begins; `index` counts the calls of the choice from 0. `id` may be absent.
    case toolCall(choice: Int, index: Int, id: DeltaText, name: DeltaText)
    /// A piece of the call's arguments; a value (not spelled) is the whole of them.
    case toolArguments(choice: Int, index: Int, DeltaText)
    /// The seal on a call (Gemini).
    case toolSignature(choice: Int, index: Int, DeltaText)
    /// A value of `logprobs` that belongs to the text behind it, as the reader's dialect has it: its reader's
    /// `logProbabilities` makes OpenAI's of it, which is what writers take.
    case logProbabilities(choice: Int, DeltaText)
    /// `stopSequence` is absent unless one of the client's ended it.
    case finished(choice: Int, FinishReason, stopSequence: DeltaText)
    /// All that was counted so far.
    case usage(TokenUsage)
    /// The provider reports an error in the middle of its stream; `status` is the HTTP status it gives it, 0 for none.
    case failed(ChatFault.Kind, message: DeltaText, type: DeltaText, code: DeltaText, status: Int = 0)
    /// Nothing more will come.
    case ended
}

/// Why an event of the upstream cannot be understood.
package struct EventFault: Error, Equatable, CustomStringConvertible {
    package let description: String
    /// Set when it can be understood very well: it is an error that the provider reports, with the status of a success.
    package let reported: ChatFault?
    package init(_ description: String) {
        self.description = description
        reported = nil
    }
    package init(_ fault: JSONFault) { self.init("sent an event that is not valid JSON: \(fault.message)") }
    package init(reported fault: ChatFault) {
        description = "reported an error: \(fault.message.text)"
        reported = fault
    }
}

/// Why a request cannot be read in its dialect or said in another.
package struct ConversationFault: Error, Equatable, CustomStringConvertible {
    /// A sentence for the client.
    package let description: String
    /// The member it is about: `messages[2].content`.
    package let parameter: String?
    package init(_ description: String, parameter: String? = nil) {
        self.description = description
        self.parameter = parameter
    }
}
