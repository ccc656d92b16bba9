import Bytes
import Dialect
import EventStream

// Bodies whose type does not say that they are events although the client asked for some.
extension Pump {
    /// What is known of how a body begins.
    struct Opening {
        /// Its first byte has not come; what is behind it is not looked at then.
        var isOpen: Bool
        /// The client asked for events, and the type names something else.
        let isUnlabelled: Bool
        /// It begins as no event does.
        var isOdd = false

        /// The texts in it are what the answer came to; else its size is all that is known.
        func measuresText(_ tally: StreamTally, _ scanner: EventScanner) -> Bool {
            tally.textBytes > 0 || !isOdd && (!isUnlabelled || isOpen || scanner.events > 0)
        }
    }

    /// Lets a budget pay for what goes by, and end it; to be called before its first byte.
    ///
    /// Nothing happens to a body that is neither events nor lines, which cannot be ended in words; of one whose type does
    /// not say so its first byte will.
    package func pay(with budget: StreamBudget) {
        guard isEventStream || opening.isOpen || budget.format.streamsLines else { return }
        self.budget = budget
        // Lines are lines, whatever type their provider says they are.
        guard budget.format.streamsLines else { return }
        isOfLines = true
        scanner = EventScanner(ofLines: true)
    }

    /// Takes a body for events, if its first byte that is no space could be one of theirs: a field's name or a comment's
    /// colon (WHATWG HTML, 9.2.5).
    ///
    /// SDKs read events whatever type they come with, and so has a budget to. JSON begins otherwise.
    func decideOpening(by bytes: UnsafeMutableRawBufferPointer) {
        let span = bytes.bindMemory(to: UInt8.self).span
        var (walker, position) = (walker, 0)
        while case .payload(let range) = try? walker.next(span, at: &position) {
            for index in range {
                switch span[index] {
                // The byte order mark is no part of the stream.
                case 0x09, 0x0a, 0x0d, 0x20, 0xef, 0xbb, 0xbf: continue
                case 0x3a, 0x41...0x5a, 0x61...0x7a: isEventStream = true
                default: opening.isOdd = true
                }
                opening.isOpen = false
                if !isEventStream { budget = nil } else if opening.isUnlabelled { meter?.becomeStream() }
                return
            }
        }
    }
}
