import Conversation
import Dialect
import Loop
import Translation

/// Carries one answer's body to the client: what `Pump` (bytes as they are) and `Translator` (events said anew) share.
///
/// Holds the composed head back until body bytes follow it, and keeps what the client does not take. While anything is
/// kept nothing more is read, so TCP slows the upstream down. Loop only.
package class Carrier {
    /// Head or copied bytes the client has not taken yet.
    private var heldHead: [UInt8] = []
    private var kept: [UInt8] = []
    private var keptStart = 0
    /// True once anything was given to the client's socket, or waits only for it: no other answer may follow.
    package final private(set) var hasWritten = false
    /// The upstream's body is complete.
    package internal(set) final var hasEnded = false
    /// Bytes stood behind the end of the body: the connection is then of no further use.
    package internal(set) final var hasExtra = false

    /// Body bytes handed to the client's socket, by the way they took.
    package internal(set) final var bytesSpliced = 0
    package internal(set) final var bytesCopied = 0
    /// What was counted, and the text that went by.
    package internal(set) final var tally = StreamTally()
    /// What went by was looked into for its texts; else only its size is known.
    package var measuresText: Bool { true }
    /// What the provider says it counted, so far.
    package final var usage: TokenUsage? { tally.usage }
    /// Tokens of the answer so far, or of all of it once it is whole.
    package final var outputTokens: Int {
        var tally = tally
        // One that a budget cut has an end that its provider does not know of.
        if hasEnded, endedWell, budget?.cut == nil { tally.end() }
        return tally.outputTokens
    }

    /// Sees the body as the client gets it, without framing; only what is copied, so that nothing may be spliced then.
    package final var tee: ((Span<UInt8>) -> Void)?

    /// Pays for the answer; nil where nothing ends when it costs more than was set aside.
    package final var budget: StreamBudget?

    init() {}

    /// The body says nothing of an error; asked at its end.
    package var endedWell: Bool { true }

    /// The body itself says that it is whole.
    package var sawEnd: Bool { false }

    // MARK: What each way of carrying does itself

    /// Events forwarded.
    package var events: Int { 0 }

    /// True while bytes wait here for the client.
    package var isHolding: Bool { keepsBytes }

    /// True when nothing was read that the client did not get: then the upstream connection may be kept.
    package var isClean: Bool { hasEnded }

    /// Begins with body bytes that were read together with the head: one write takes both.
    package func begin(
        head: UnsafeRawBufferPointer,
        body: UnsafeMutableRawBufferPointer,
        to client: Socket
    ) -> PumpOutcome { .waiting }

    /// Moves what can be moved.
    package func run(from upstream: Socket, to client: Socket, loop: EventLoop) -> PumpOutcome { .waiting }

    /// Ends a broken stream with an error of our own; false when nothing can be said without lying about the framing.
    ///
    /// `event` is the same error, framed as an event of the client's dialect.
    package func endBroken(with fault: ChatFault, as event: [UInt8]) -> Bool { false }

    /// Nothing of the answer is missing any more, or only the dialect's last word.
    package var isEnding: Bool { hasEnded }

    /// Gives up what is held outside of memory.
    package func abandon(_ loop: EventLoop) {}

    /// Writes what is held, and nothing else; `.ended` when all is out.
    package func finishHolding(to client: Socket, loop: EventLoop) -> PumpOutcome { flushKept(to: client) ?? .ended }

    // MARK: Keeping

    /// Holds the composed head back until the first body bytes are ready to follow it (`routes.md` A9).
    package final func hold(_ head: UnsafeRawBufferPointer) { heldHead = Array(head) }

    /// The head has not gone out yet.
    final var holdsHead: Bool { !heldHead.isEmpty }

    /// Bytes wait in memory.
    final var keepsBytes: Bool { keptStart < kept.count }

    /// Keeps bytes for the client ahead of everything else.
    final func keep(_ bytes: UnsafeRawBufferPointer) {
        guard !bytes.isEmpty else { return }
        if keptStart == kept.count {
            kept.removeAll(keepingCapacity: true)
            keptStart = 0
        }
        kept.append(contentsOf: bytes)
    }

    /// The head goes out with what follows it in the same turn.
    final func releaseHead() {
        guard !heldHead.isEmpty else { return }
        let head = heldHead
        heldHead = []
        hasWritten = true
        head.withUnsafeBytes { keep($0) }
    }

    /// Writes what is kept; nil when nothing is kept any more.
    ///
    /// `more` tells the kernel that something follows at once.
    final func flushKept(to client: Socket, more: Bool = false) -> PumpOutcome? {
        while keptStart < kept.count {
            let result = kept.withUnsafeBytes {
                client.send(UnsafeRawBufferPointer(rebasing: $0[keptStart...]), more: more)
            }
            switch result {
            case .moved(let count): keptStart += count
            case .wouldBlock: return .waiting
            case .ended, .failed: return .clientGone
            }
        }
        if !kept.isEmpty {
            kept = []
            keptStart = 0
        }
        return nil
    }

    /// Writes body bytes from memory, with the head in front if it is still held; keeps what the client does not take.
    final func write(_ bytes: UnsafeRawBufferPointer, to client: Socket) -> PumpOutcome? {
        guard !bytes.isEmpty else { return nil }
        bytesCopied += bytes.count
        guard !heldHead.isEmpty else {
            switch client.send(bytes, more: false) {
            case .moved(let count): keep(UnsafeRawBufferPointer(rebasing: bytes[count...]))
            case .wouldBlock: keep(bytes)
            case .ended, .failed: return .clientGone
            }
            return nil
        }
        let head = heldHead
        heldHead = []
        hasWritten = true
        return head.withUnsafeBytes { first -> PumpOutcome? in
            switch client.send(first, bytes) {
            case .moved(let count):
                if count < first.count { keep(UnsafeRawBufferPointer(rebasing: first[count...])) }
                keep(UnsafeRawBufferPointer(rebasing: bytes[max(0, count - first.count)...]))
            case .wouldBlock:
                keep(first)
                keep(bytes)
            case .ended, .failed: return .clientGone
            }
            return nil
        }
    }
}
