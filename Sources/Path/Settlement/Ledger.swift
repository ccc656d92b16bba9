import Bytes
import Telemetry

/// The facts of one exchange, written down while it runs and settled once at its end.
package struct Ledger {
    /// Monotonic nanoseconds at which the request was complete.
    package var startedNanoseconds: Int64 = 0
    /// When the current try's request had been sent, and when the first body byte came.
    package var sentNanoseconds: Int64 = 0
    package var firstByteNanoseconds: Int64 = 0
    /// Index of the route; -1 before routing or when none matched.
    package var route = -1
    /// Index of the provider that answered; -1 when none did.
    package var provider = -1
    /// Upstream tries so far, the free ones on dead kept connections not counted.
    package var tries = 0
    /// What the client got; 0 while nothing was sent.
    package var status = 0
    /// Body bytes that reached the client's socket, by the way they took.
    package var bytesSpliced = 0
    package var bytesCopied = 0
    package var events = 0
    package var promptTokens = 0
    package var completionTokens = 0
    /// Of the prompt, read from a cache and written to one; of the completion, thinking.
    package var cachedTokens = 0
    package var cacheWriteTokens = 0
    package var reasoningTokens = 0
    /// The provider did not count them: they were estimated.
    package var promptIsEstimate = false
    package var completionIsEstimate = false
    /// The client went away before the end.
    package var clientLeft = false

    package init() {}

    /// Adds one exchange to the loop's counters, once.
    ///
    /// * `route`, `provider`, `key`: rows of the counters; none is -1.
    package func settle(in counters: inout Counters, route: Int, provider: Int, key: Int) {
        if route >= 0 { counters.routes[route].count(clientLeft ? 499 : status) }
        if key >= 0 { counters.keys[key].count(clientLeft ? 499 : status) }
        if clientLeft, route >= 0 { counters.clientsLeft += 1 }
        guard provider >= 0 else { return }
        counters.providers[provider].prompt.add(promptTokens, isEstimate: promptIsEstimate)
        counters.providers[provider].completion.add(completionTokens, isEstimate: completionIsEstimate)
        counters.providers[provider].cachedTokens.add(bounded: cachedTokens)
        counters.providers[provider].cacheWriteTokens.add(bounded: cacheWriteTokens)
        counters.providers[provider].reasoningTokens.add(bounded: reasoningTokens)
    }
}
