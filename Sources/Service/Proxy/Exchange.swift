import Admission
import Arrival
import Audit
import Bytes
import Conversation
import Decision
import Routing
import Forwarding
import HTTP
import Health
import Identity
import Limits
import Loop
import Providers
import Relay
import Settlement
import Telemetry

/// One request with its answer: the state machine that joins the stages.
///
/// Read this first.
///
/// Asks the tree for a plan (`start`), tries its targets one after the other (`Exchange+Tries`), reads the answer's
/// head (`Exchange+Answer`), lets the pump carry the body (`Exchange+Relay`), and settles. The first byte written to
/// the client commits the request: before it another try may be made, after it never. Loop only.
final class Exchange: UpstreamUser {
    enum Phase {
        case idle
        /// A shared store is asked whether limits and budgets let it go on.
        case reserving
        case connecting
        /// Part of the request waits for the upstream to take it.
        case sending
        /// An upload travels on while the upstream may already answer.
        case uploading
        case awaitingHead
        /// An answer that may be bettered is read to its end, to be passed on if nothing better comes.
        case saving
        /// Waiting before the same target is asked again.
        case backingOff
        /// Waiting for a place at the provider.
        case queued
        case relaying
        /// An equal request is being answered already; its answer will do.
        case sharing
        /// A shared store is asked whether another proxy has kept the answer.
        case fetching
        /// The embedder is asked what the question means.
        case comparing
        /// A kept answer is on its way to the client.
        case replaying
        case ended
    }

    let worker: Worker
    let session: Session
    /// What this loop served when the request began; a reload does not change it.
    let local: LocalSnapshot
    let snapshot: Snapshot
    let loop: EventLoop
    let request: RoutedRequest
    let requestID: [UInt8]
    let plan: Plan
    /// Who asks.
    let caller: Caller
    private let callerRow: Int
    var phase = Phase.idle
    var ledger = Ledger()

    // Tries
    var tierIndex = 0
    var triesInTier = 0
    /// Index in the tier of the target tried last; -1 at the beginning of a tier.
    var lastTarget = -1
    var retryAfterNanoseconds: Int64 = 0
    var isPanicking = false
    var failures: [TryReport] = []
    /// What the audit log will say; nil without one.
    @Boxed var auditEntry: AuditEntry?
    var lastFailure = TryFailure.connect
    @Boxed var saved: SavedAnswer?
    var savedWalker = BodyWalker(.none)
    /// Read of the answer being saved, but not walked yet.
    var savedPartial: [UInt8] = []
    var target: Target?
    /// The request as this try's provider is asked, where that is not as the client asked.
    @Boxed var restated: Restated?
    /// What the client asks for, read once when a provider wants it in another format.
    @Boxed var chat: ChatRequest?
    /// What the client wants embedded, read once as well.
    @Boxed var embedding: EmbeddingRequest?
    /// Providers that have no words for this request, and for what.
    var unsayable: [Int: ConversationFault] = [:]
    var pool: UpstreamPool?
    /// Position of the target's provider in the snapshot, and its row in the counters.
    var providerIndex = 0
    var row = 0
    var opening: CurlHandle?
    var upstream: UpstreamConnection?
    var tryStarted: Int64 = 0
    /// Its turn in the queue, and the provider whose place it holds.
    var ticket: AdmissionBook.Ticket?
    var place: String?
    /// Every provider that could be asked has no place left: it waits for one.
    var waitsForRoom = false
    var timeouts = Timeouts()

    // Sending
    /// What the upstream has not taken yet of the composed head, and from where on the body is missing.
    var pendingHead: [UInt8] = []
    var pendingHeadStart = 0
    var pendingBody = 0
    @Boxed var upload: Upload?
    /// What of the client's body is changed for this try.
    var edits: [BodyEdit] = []
    /// The provider is asked to count, and the client did not ask for that.
    var asksUsage = false

    // Answering
    var answer = AnswerFacts()
    var finder = HeadFinder(.response)
    var carry: [UInt8] = []
    var pump: Carrier?
    /// The provider's head of a stream that is translated, until the first of it goes out.
    var streamHead: [UInt8] = []
    /// What an answer that was read as a whole says it cost.
    @Boxed var gatheredUsage: TokenUsage?
    /// Bytes of an answer that was read as a whole.
    var gatheredBytes = 0
    /// Tokens of the prompt by its size, where the provider may not tell.
    var promptEstimate: Int?
    /// What of the pump's counts has been added to the loop's already.
    var countedSpliced = 0
    var countedCopied = 0
    var countedEvents = 0
    var hasCommitted = false
    var closesClient = false
    /// The upstream was not sent the whole request, so its connection is of no further use.
    var upstreamCannotBeKept = false
    /// A broken stream's last event is being written.
    var isEndingBroken = false
    /// What ends is an answer that its budget cut.
    var isCut = false
    /// Something of the answer was replaced.
    var isAnswerRedacted = false

    // Budget
    /// What the request was let in with.
    @Boxed var grant: Grant
    /// What the provider of this try lets in.
    @Boxed var providerPass: Pass?
    @Boxed var hindrance: Hindrance
    /// Nano-dollars of an answer that is known as a whole before its head goes out.
    var knownCost: Int?
    /// The client left while a provider was at work, before anything had come.
    var leftUnanswered = false

    /// The tokens that the answer of this try was held to; 0 where the request asks for no more anyway.
    var clampedTo = 0

    /// What is kept of answers, and what was found there.
    @Boxed var cache: CacheUse

    // Deadlines, monotonic nanoseconds
    var totalDeadline = Int64.max
    var firstByteDeadline = Int64.max
    var idleDeadline = Int64.max
    var waitDeadline = Int64.max

    init(
        _ session: Session,
        _ request: RoutedRequest,
        plan: Plan,
        requestID: [UInt8],
        local: LocalSnapshot
    ) {
        self.session = session
        self.request = request
        self.plan = plan
        self.requestID = requestID
        caller = session.caller
        callerRow = session.callerRow
        worker = session.worker
        loop = worker.loop
        self.local = local
        snapshot = local.snapshot
        super.init()
        ledger.route = request.route
        ledger.startedNanoseconds = loop.now
    }

    var head: RequestHead { session.reader.head }

    /// The request's bytes, while they are kept.
    var bytes: UnsafeMutableRawBufferPointer {
        session.buffer?.bytes ?? UnsafeMutableRawBufferPointer(start: nil, count: 0)
    }

    func start() {
        snapshot.retryBudget.requestCame(percent: plan.retry.budgetPercent)
        beginAudit()
        if session.reader.streamsRest { upload = Upload(session.reader, bytes, loop: loop) }
        if $grant.isUsed, let shared = grant.shared { return askStore(shared) }
        letIn()
    }

    /// Limits and budgets let it go on.
    func letIn() {
        phase = .idle
        guard !isAnsweredByCache() else { return }
        askProviders()
    }

    /// Nothing that is kept will do: from here on the request costs something.
    func askProviders() { nextTry() }

    // MARK: Events

    override func upstreamReady() {
        switch phase {
        case .sending:
            // An answer may come before the request is out: 413, or a server that ends.
            sendPending()
        case .uploading:
            readAnswer()
            if phase == .uploading { moveUpload() }
        case .awaitingHead: readAnswer()
        case .saving: saveMore()
        case .relaying: relay()
        case .idle, .reserving, .connecting, .backingOff, .queued, .sharing, .fetching, .comparing, .replaying, .ended:
            break
        }
    }

    /// The client's socket can be written again, or the client has left.
    func clientReady(left: Bool) {
        if left { return session.abort() }
        switch phase {
        case .relaying: relay()
        case .uploading: moveUpload()
        case .replaying: play()
        default: break
        }
    }

    override func resumed() {
        if phase == .relaying { relay() }
        if phase == .uploading { moveUpload() }
    }

    // MARK: Deadlines

    /// Sets the connection's timer to the next deadline.
    func arm() {
        session.wake(at: min(min(totalDeadline, firstByteDeadline), min(idleDeadline, waitDeadline)))
    }

    func deadlineCame() {
        let now = loop.now
        if now >= totalDeadline { return timedOut(.totalTimeout, "took longer than timeout.total") }
        if now >= waitDeadline {
            waitDeadline = .max
            arm()
            return waited()
        }
        if now >= firstByteDeadline {
            return timedOut(.firstByteTimeout, "sent no first byte within timeout.first_byte")
        }
        if now >= idleDeadline {
            if pump?.isHolding == true {
                // It is the client that is slow: the upstream was not read.
                idleDeadline = now + Int64(timeouts.idleMilliseconds) * 1_000_000
                return arm()
            }
            return timedOut(.idleTimeout, "sent nothing within timeout.idle")
        }
        arm()
    }

    private func waited() {
        switch phase {
        case .backingOff: nextTry()
        case .saving: savedEnough()
        case .queued: waitedInQueue()
        case .sharing: waitedForOther()
        case .comparing: comparedTooLong()
        case .replaying: play()
        default: break
        }
    }

    private func timedOut(_ failure: TryFailure, _ reason: String) {
        if hasCommitted { return breakAnswer(failure, reason) }
        if failure == .totalTimeout {
            lastFailure = .totalTimeout
            failures.append(TryReport(provider: pool?.provider.name ?? "proxy", reason: reason))
            endTry(failed: failure)
            return giveUp()
        }
        tryFailed(failure, reason)
    }

    // MARK: Ending

    /// The client went away: its upstream is cancelled at once, and what was delivered is counted.
    func clientLeft() {
        guard phase != .ended else { return }
        ledger.clientLeft = true
        chargeUnanswered()
        endTry(failed: nil)
        settle()
    }

    /// Lets go of the try's connection and takes it off the provider's load.
    func endTry(failed failure: TryFailure?) {
        if let failure, pool != nil { worker.counters.providers[row].failures[failure.rawValue] += 1 }
        pump?.abandon(loop)
        if let opening { pool?.abandon(opening) }
        opening = nil
        if let upstream {
            upstream.user = nil
            upstream.close()
        }
        upstream = nil
        endLoad()
    }

    /// The provider is not busy with this request any more.
    func endLoad() {
        leaveQueue()
        leavePlace()
        guard tryStarted != 0 else { return }
        tryStarted = 0
        snapshot.health[providerIndex].ended()
        // Of an answer that goes out, what it came to is known at the settlement.
        if !hasCommitted, !leftUnanswered, let pass = providerPass.take() {
            snapshot.governance.books.limits.settle(pass, tokens: 0, now: Int(loop.now))
        }
        worker.counters.providers[row].inFlight -= 1
    }

    /// Writes the facts down, once; `refusal` is an error that the client gets from the proxy itself.
    func settle(refusing refusal: Refusal? = nil) {
        guard phase != .ended else { return }
        phase = .ended
        if let pump {
            ledger.bytesSpliced = pump.bytesSpliced
            ledger.bytesCopied = pump.bytesCopied
            ledger.events = pump.events
        }
        settleUsage()
        settleGrant()
        leaveCache()
        let provider = ledger.provider < 0 ? -1 : snapshot.providerRows[ledger.provider]
        ledger.settle(
            in: &worker.counters,
            // An errand is part of the request that it is made for.
            route: session.errand == nil ? snapshot.routeRows[request.route] : -1,
            provider: provider,
            key: session.errand == nil ? callerRow : -1
        )
        if worker.shared.logsAccess { logAccess() }
        audit(refusal)
    }
}
