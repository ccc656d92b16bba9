import Conversation

/// What has gone by of a streamed answer, as far as it is paid for.
///
/// Providers count when they like: at the end, with every event, once at the beginning, or zero until the last event. So each
/// count is kept together with the text that it stands for, and what came after it is estimated: a token for four bytes.
package struct StreamTally: Sendable {
    /// What the provider says it counted, so far.
    package private(set) var usage: TokenUsage?
    /// The provider has counted the output; Anthropic's first event counts only what was read.
    package private(set) var countsOutput = false
    /// Bytes of text, thinking and arguments, escapes resolved.
    package private(set) var textBytes = 0
    /// The last count of the output, and how much of the text it stands for.
    private var countedTokens = 0
    private var countedBytes = 0
    /// Where in the text it was told.
    private var toldAt = -1
    /// An event came that ends the answer.
    private var hasEnded = false

    package init() {}

    /// Text went by.
    package mutating func add(textBytes count: Int) { textBytes += count }

    /// The provider has said what it counted, of the text so far.
    ///
    /// * `told`: tokens of the output that this report names; nil when it names none or they are not those of the output.
    package mutating func report(_ usage: TokenUsage?, told: Int?) {
        self.usage = usage
        guard let told else { return }
        countsOutput = true
        toldAt = textBytes
        countedTokens = told
        // No tokenizer makes one token of sixteen bytes on and on: then it has not counted that text, or not yet.
        countedBytes = told >= textBytes / 16 ? textBytes : 4 * told
    }

    /// The answer has come to its end.
    package mutating func end() { hasEnded = true }

    /// Tokens of the answer.
    ///
    /// Of one that has ended a count that was told behind all of its text is the provider's word, zero too.
    package var outputTokens: Int {
        let output = usage?.output ?? 0
        if hasEnded, toldAt == textBytes { return output }
        return max(output, min(countedTokens, Int.max / 2) + (textBytes - countedBytes + 3) / 4)
    }
}
