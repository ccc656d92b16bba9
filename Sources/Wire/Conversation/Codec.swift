import JSON

/// A request as it goes to a provider of another dialect.
package struct WrittenRequest: Sendable {
    package var body: [UInt8]
    /// Members of the client's request that this dialect has no word for, by their names in the client's dialect: told in
    /// `x-hoosh-dropped-params`.
    package var dropped: [String]
    package init(body: [UInt8], dropped: [String]) {
        self.body = body
        self.dropped = dropped
    }
}

/// Reads one dialect's stream, event by event.
package protocol StreamReader: Sendable {
    init()

    /// Reads one event and appends what it says to `deltas`; an event of a kind that is not known says nothing.
    ///
    /// - Parameters:
    ///   - name: the event's name; empty when it has none.
    ///   - data: its data, which the texts of the deltas are places in.
    ///   - deltas: where the steps are appended.
    /// - Throws: why the event cannot be understood.
    mutating func read(name: Span<UInt8>, data: Span<UInt8>, into deltas: inout [ChatDelta]) throws(EventFault)

    /// True when the stream may end here: its last event has come.
    var isComplete: Bool { get }

    /// OpenAI's form of what its `logProbabilities` are places of; nil when that has no tokens.
    static func logProbabilities(_ value: JSONNode) -> JSONNode?
}

extension StreamReader {
    /// They have OpenAI's form already.
    package static func logProbabilities(_ value: JSONNode) -> JSONNode? { value }
}

/// Writes one dialect's stream, delta by delta, with its framing.
package protocol StreamWriter: Sendable {
    init(_ terms: AnswerTerms)

    /// Writes what a delta becomes; some wait for later ones and are written with them.
    ///
    /// The texts of the delta are places in `event`.
    mutating func write(_ delta: ChatDelta, of event: Span<UInt8>, to output: inout JSONWriter)

    /// The upstream's stream has ended whole: writes what is owed, and the dialect's own end.
    mutating func finish(to output: inout JSONWriter)

    /// Ends the stream with an error, in the form that the dialect's libraries raise.
    mutating func fail(_ fault: ChatFault, to output: inout JSONWriter)

    /// What the provider did that cannot be said any more, so that the stream must end with an error; nil for nothing.
    var overflow: StaticString? { get }
}

extension StreamWriter {
    /// It says everything at once.
    package var overflow: StaticString? { nil }
}
