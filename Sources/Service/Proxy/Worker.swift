import Arrival
import CLinux
import Decision
import Routing
import Forwarding
import HTTP
import Health
import Loop
import Relay
import Synchronization
import Telemetry

/// What all loops of the process share: counts that must hold over all of them.
package final class Shared: Sendable {
    /// Client connections open now, both listeners.
    let connections = Atomic<Int>(0)
    /// Set once the process is asked to end.
    let isDraining = Atomic<Bool>(false)
    /// Loops with client connections that a drain waits for.
    let loopsToDrain: Atomic<Int>
    /// Where one access-log line per request goes; nil writes none.
    let logsAccess: Bool

    package init(logsAccess: Bool, loops: Int) {
        self.logsAccess = logsAccess
        loopsToDrain = Atomic(loops)
    }
}

/// One loop with everything its requests use: listeners, upstream pools, spare buffers, counters.
///
/// Loop only.
final class Worker {
    let loop: EventLoop
    let snapshot: Snapshot
    let shared: Shared
    let number: Int
    let curl: CurlMulti
    let pools: [UpstreamPool]
    /// Turn-taking, by route and tier.
    var pickers: [[TierPicker]]
    let buffers = RequestBuffers()
    var counters: Counters
    let limits: RequestLimits
    let spliceMode: SpliceMode
    /// Where heads are composed; valid within one call.
    ///
    /// Larger than any head that is accepted, with what we add.
    let outgoing: UnsafeMutableRawBufferPointer
    /// The head last read from an upstream; valid until the next is read.
    let answerHead = ResponseHead()
    private(set) lazy var models = ModelCatalog(self)
    private var acceptors: [(Session.Role, Acceptor)] = []
    private var sessions: [ObjectIdentifier: Session] = [:]
    private var probes: [Probe] = []
    private var randomState: (UInt64, UInt64) = (0, 0)
    /// Every worker of the process, by number; for questions that concern all of them.
    let team: Team

    init(number: Int, snapshot: Snapshot, shared: Shared, team: Team) {
        self.number = number
        self.snapshot = snapshot
        self.shared = shared
        self.team = team
        let loop = EventLoop()
        self.loop = loop
        let curl = CurlMulti(loop: loop)
        self.curl = curl
        let configuration = snapshot.configuration
        pools = configuration.providers.map { UpstreamPool($0, curl: curl) }
        pickers = configuration.program.routes.map { route in
            guard case .forward(let plans) = route.action, let plan = plans.first else { return [] }
            return plan.tiers.map { TierPicker(targets: $0.targets.count) }
        }
        counters = Counters(providers: configuration.providers.count, routes: configuration.program.routes.count)
        limits = RequestLimits(
            bodyBytes: configuration.listen.maxBodyBytes,
            uploadBytes: configuration.listen.maxUploadBytes
        )
        switch configuration.listen.splice {
        case .always: spliceMode = .always
        case .auto: spliceMode = .auto
        case .none: spliceMode = .never
        }
        outgoing = .allocate(byteCount: 192 * 1024, alignment: 4096)
        withUnsafeMutableBytes(of: &randomState) { _ = clinux_random($0.baseAddress, $0.count) }
    }

    deinit { outgoing.deallocate() }

    // MARK: Connections

    func listen(on socket: consuming ListeningSocket, role: Session.Role) {
        let acceptor = Acceptor(socket, loop: loop) { [unowned self] descriptor in
            self.arrived(descriptor, role)
        }
        acceptors.append((role, acceptor))
    }

    private func arrived(_ descriptor: consuming Descriptor, _ role: Session.Role) {
        let open = shared.connections.add(1, ordering: .relaxed).newValue
        counters.connectionsAccepted += 1
        let session = Session(descriptor, worker: self, role: role)
        guard session.watch() else {
            shared.connections.subtract(1, ordering: .relaxed)
            return session.close()
        }
        counters.connectionsOpen += 1
        sessions[ObjectIdentifier(session)] = session
        session.begin()
        if role == .client, open > snapshot.configuration.listen.maxConnections {
            counters.connectionsRefused += 1
            session.refuse(
                Refusal(503, "too_many_connections", "this proxy has reached listen.max_connections; try again later"),
                retryAfterSeconds: 1
            )
        }
    }

    func closed(_ session: Session) {
        guard sessions.removeValue(forKey: ObjectIdentifier(session)) != nil else { return }
        counters.connectionsOpen -= 1
        shared.connections.subtract(1, ordering: .relaxed)
        if isDraining { endIfDrained() }
    }

    // MARK: Ending

    private(set) var isDraining = false

    /// Takes no new client connections, lets running requests end, closes what is idle.
    ///
    /// The admin listener stays until the last loop is done: probes and scrapes see the drain.
    func drain() {
        guard !isDraining else { return }
        isDraining = true
        for (role, acceptor) in acceptors where role == .client { acceptor.close() }
        for session in Array(sessions.values) where session.role == .client { session.drain() }
        endIfDrained()
    }

    private func endIfDrained() {
        guard !isDrained, sessions.values.allSatisfy({ $0.role == .admin }) else { return }
        isDrained = true
        if shared.loopsToDrain.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 { team.tell { $0.stop() } }
    }

    /// The last client connection of this loop is closed.
    private var isDrained = false

    /// Ends the loop; what still runs is cut.
    func stop() {
        for probe in probes { probe.stop() }
        // A reset: an answer that ends with its connection must not look complete.
        for session in Array(sessions.values) { session.phase == .exchanging ? session.breakOff() : session.abort() }
        for pool in pools { pool.close() }
        loop.stop()
    }

    // MARK: Services

    /// 32 hex digits that name a request.
    func newRequestID() -> [UInt8] {
        let digits: StaticString = "0123456789abcdef"
        return [UInt8](unsafeUninitializedCapacity: 32) { buffer, count in
            for half in 0..<2 {
                var value = nextRandom()
                for place in 0..<16 {
                    buffer[half * 16 + place] = digits.utf8Start[Int(value & 15)]
                    value >>= 4
                }
            }
            count = 32
        }
    }

    /// xoroshiro128+, seeded by the kernel: for ids, jitter and exploration, not for secrets.
    func nextRandom() -> UInt64 {
        let (first, old) = randomState
        let result = first &+ old
        let second = old ^ first
        randomState.0 = (first << 24 | first >> 40) ^ second ^ (second << 16)
        randomState.1 = second << 37 | second >> 27
        return result
    }

    func startProbes() {
        for (index, provider) in snapshot.configuration.providers.enumerated()
        where provider.isEnabled && provider.health.mode == .active {
            probes.append(Probe(provider, health: snapshot.health[index], curl: curl))
        }
    }

    /// This loop's counters with the live numbers of its pools.
    func currentCounters() -> Counters {
        var result = counters
        for (index, pool) in pools.enumerated() {
            result.providers[index].connectionsOpened = pool.opened
            result.providers[index].connectionsReused = pool.reused
            result.providers[index].connectionsIdle = pool.idleCount
        }
        return result
    }
}
