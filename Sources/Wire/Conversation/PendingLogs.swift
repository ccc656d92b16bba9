import JSON

/// Probabilities of tokens in OpenAI's form that wait for the text they belong to.
package struct PendingLogs: Sendable {
    /// What waits longer is written without a text.
    private static let limitBytes = 64 << 10

    private var waiting: [(choice: Int, tokens: [UInt8])] = []

    /// Begins with none.
    package init() {}

    /// Takes a value of `logprobs`; true when so much waits for its choice that it should be written at once.
    package mutating func take(_ text: DeltaText, of event: Span<UInt8>, choice: Int) -> Bool {
        guard let node = try? JSONNode.parse(text.bytes(in: event)), let tokens = node["content"], !tokens.isNull,
            tokens.elements?.isEmpty == false
        else { return false }
        let inner = tokens.source.dropFirst().dropLast()
        guard let place = waiting.firstIndex(where: { $0.choice == choice }) else {
            // As many choices as an upstream can count to.
            if waiting.count < 128 { waiting.append((choice, Array(inner))) }
            return inner.count > PendingLogs.limitBytes
        }
        waiting[place].tokens.append(0x2c)
        waiting[place].tokens += inner
        return waiting[place].tokens.count > PendingLogs.limitBytes
    }

    /// Gives out what waits for a choice, as a list, and forgets it.
    package mutating func release(choice: Int) -> [UInt8]? {
        guard let place = waiting.firstIndex(where: { $0.choice == choice }) else { return nil }
        return [0x5b] + waiting.remove(at: place).tokens + [0x5d]
    }
}
