import Admission
import Arrival
import CLinux
import Cache
import Decision
import Routing
import Forwarding
import HTTP
import Identity
import Health
import Loop
import Relay
import SharedPools
import Synchronization
import Telemetry
import ToolServers

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
    /// The way to the tools of MCP servers, which one loop speaks to.
    let tools = ToolDesk()
    /// What clients that leave had set aside is charged or given back; off only in tests.
    let settlesDepartures: Bool
    /// What new requests begin with.
    let publication: Publication
    /// Rows of the counters by name.
    let rows: CounterRows
    /// Puts other snapshots there.
    let reloader: Reloader
    /// Who has a place at a provider, and who waits for one.
    let admission = AdmissionBook()
    /// Wrong keys by where they came from.
    let attempts = AttemptBook()
    /// Requests that found no place in time.
    let refusedForRoom = Atomic<Int>(0)
    /// How far the cache is warm.
    let warming = WarmProgress()
    /// Where it is written what became of requests; nil without `audit`.
    let audit: AuditDesk?
    /// Where it is kept what was spent; nil when only memory knows.
    let state: StateDesk?
    /// What other proxies share with this one; nil without.
    let store: StoreDesk?

    init(
        first: Snapshot,
        rows: CounterRows,
        reloader: Reloader,
        logsAccess: Bool,
        loops: Int,
        desks: Desks,
        settlesDepartures: Bool
    ) {
        self.settlesDepartures = settlesDepartures
        audit = desks.audit
        state = desks.state
        store = StoreDesk(first.configuration, desks.audit)
        admission.apply(first)
        publication = Publication(first)
        self.rows = rows
        self.reloader = reloader
        self.logsAccess = logsAccess
        loopsToDrain = Atomic(loops)
    }
}

/// One loop with everything its requests use: listeners, upstream pools, spare buffers, counters.
///
/// Loop only.
final class Worker {
    let loop: EventLoop
    let chunkRoom = ChunkRoom()
    /// What new requests begin with.
    private(set) var local: LocalSnapshot
    let shared: Shared
    let number: Int
    let curl: CurlMulti
    let buffers = RequestBuffers()
    var counters: Counters
    /// Where heads are composed; valid within one call.
    ///
    /// Larger than any head that is accepted, with what we add.
    let outgoing: UnsafeMutableRawBufferPointer
    /// The head last read from an upstream; valid until the next is read.
    let answerHead = ResponseHead()
    private var acceptors: [(Session.Role, Acceptor)] = []
    private var sessions: [ObjectIdentifier: Session] = [:]
    /// Requests of batches that run here.
    private var items: [ObjectIdentifier: ItemCall] = [:]
    /// The batches of the process; used on the first loop only.
    private(set) lazy var desk = BatchDesk(self)
    private var probes: [Probe]?
    private var randomState: (UInt64, UInt64) = (0, 0)
    /// Every worker of the process, by number; for questions that concern all of them.
    let team: Team

    var snapshot: Snapshot { local.snapshot }
    /// This loop's way to what other proxies share; nil without.
    let store: SharedStore?

    init(number: Int, snapshot: Snapshot, shared: Shared, team: Team) {
        self.number = number
        self.shared = shared
        self.team = team
        let loop = EventLoop()
        self.loop = loop
        let curl = CurlMulti(loop: loop)
        self.curl = curl
        store = shared.store.map { SharedStore($0.settings, loop: loop, health: $0.health) }
        local = LocalSnapshot(snapshot, curl: curl, after: nil)
        counters = Counters(providers: shared.rows.providerNames.count, routes: shared.rows.routeNames.count)
        counters.grow(providers: 0, routes: 0, keys: shared.rows.keyNames.count)
        outgoing = .allocate(byteCount: 192 * 1024, alignment: 4096)
        withUnsafeMutableBytes(of: &randomState) { _ = clinux_random($0.baseAddress, $0.count) }
        // One loop hears for all what other proxies invalidate.
        if number == 0 {
            store?.follow(
                every: 1_000_000_000,
                length: StoreNews.length,
                wanted: { [unowned self] in self.snapshot.sharesAnswers },
                { [unowned self] entries in self.snapshot.cacheBook.read(entries) }
            )
        }
        store?.start()
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
        if session.role != .item {
            counters.connectionsOpen -= 1
            shared.connections.subtract(1, ordering: .relaxed)
        }
        if isDraining { endIfDrained() }
    }

    // MARK: Batches

    /// Runs one request of a batch as if a client had sent it; nil when it was refused at once.
    @discardableResult
    func run(_ order: ItemOrder) -> ItemCall? {
        guard let (call, session) = ItemCall.make(order, self) else {
            let message = "this proxy has no file descriptor left for a request of a batch; raise `ulimit -n`"
            order.done(ItemAnswer(Refusal(503, "proxy_exhausted", message)))
            return nil
        }
        items[ObjectIdentifier(call)] = call
        sessions[ObjectIdentifier(session)] = session
        session.begin()
        return call
    }

    /// Lets go of what runs of a batch.
    func dropItems(of batch: String) {
        for call in Array(items.values) where call.order.batch == batch { call.drop() }
    }

    /// A request of a batch has its answer, or was let go of.
    func ended(_ call: ItemCall) { items[ObjectIdentifier(call)] = nil }

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
        for probe in probes ?? [] { probe.stop() }
        routeWatch?.stop()
        // A reset: an answer that ends with its connection must not look complete.
        for session in Array(sessions.values) { session.phase == .exchanging ? session.breakOff() : session.abort() }
        for pool in local.pools { pool.close() }
        tools?.stop()
        guard let store else { return loop.stop() }
        // What the last requests came to is still on its way.
        store.finish(by: loop.now + 1_000_000_000) { [loop] in loop.stop() }
    }

    // MARK: Reload

    /// Goes on to the snapshot that was published last; what runs keeps the one it began with.
    func refresh() {
        guard !shared.publication.isCurrent(local.snapshot), let next = shared.publication.current() else { return }
        let old = local
        let rows = shared.rows
        counters.grow(
            providers: rows.providerNames.count,
            routes: rows.routeNames.count,
            keys: rows.keyNames.count
        )
        local = LocalSnapshot(next, curl: curl, after: old)
        for (row, pool) in old.retire(for: local) {
            // The pool's own numbers go with it.
            counters.providers[row].connectionsOpened += pool.opened
            counters.providers[row].connectionsReused += pool.reused
        }
        if probes != nil { startProbes() }
        tools?.apply(next.configuration.tools)
        warmth?.begin(next.warm)
    }

    /// Asks the questions of `cache.warm`; of one loop only.
    private var warmth: WarmDesk?

    /// Begins to warm the cache, with this configuration and with each to come.
    func startWarming() {
        let desk = WarmDesk(self)
        warmth = desk
        desk.begin(snapshot.warm)
    }

    /// MCP servers; of one loop only.
    private var tools: ToolGateway?

    /// Starts the MCP servers of the route file, which this loop speaks to from here on.
    func startTools() {
        let gateway = ToolGateway(loop: loop, curl: curl, version: Version.current) { Console.say($0) }
        tools = gateway
        shared.tools.open(gateway, inbox: loop.inbox)
        gateway.apply(snapshot.configuration.tools)
    }

    private var routeWatch: RouteWatch?

    /// Reloads when one of these files has changed; none watches nothing.
    func follow(_ files: [String]) {
        if routeWatch == nil, !files.isEmpty {
            let reloader = shared.reloader
            routeWatch = RouteWatch(loop: loop) { reloader.ask(.watch) }
        }
        routeWatch?.follow(files)
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

    /// Asks the providers whose health is learned by asking; those that are asked already are not asked anew.
    func startProbes() {
        let earlier = probes ?? []
        var wanted: [Probe] = []
        for (index, provider) in snapshot.configuration.providers.enumerated()
        where provider.isEnabled && provider.health.mode == .active {
            let health = snapshot.health[index]
            let kept = earlier.first { $0.asks(provider, for: health) }
            wanted.append(kept ?? Probe(provider, health: health, curl: curl))
        }
        for probe in earlier where !wanted.contains(where: { $0 === probe }) { probe.stop() }
        probes = wanted
    }

    /// This loop's counters with the live numbers of its pools.
    func currentCounters() -> Counters {
        var result = counters
        result.tools = tools?.counters ?? [:]
        for (index, pool) in local.pools.enumerated() {
            let row = snapshot.providerRows[index]
            result.providers[row].connectionsOpened += pool.opened
            result.providers[row].connectionsReused += pool.reused
            result.providers[row].connectionsIdle = pool.idleCount
        }
        return result
    }
}
