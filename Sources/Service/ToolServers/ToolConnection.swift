import Forwarding
import Loop
import MCP
import Telemetry

/// One MCP server in use: started, spoken to, started anew when it dies; with the calls that wait for it.
///
/// Loop only.
final class ToolConnection: Watcher {
    /// A client's call of one tool.
    struct Call {
        let ticket: Int
        let tool: String
        let arguments: ArraySlice<UInt8>
        let started: Int64
        let deadline: Int64
        let done: (ToolOutcome) -> Void
        var isSent = false
        /// It met a session that was over, once.
        var isRepeated = false
    }

    enum State {
        case starting(until: Int64)
        case ready
        /// Down; the clause says why.
        case resting(until: Int64, String)
        case closed
    }

    let server: ToolServer
    let loop: EventLoop
    let say: (String) -> Void
    private let curl: CurlMulti
    private let limitBytes: Int
    private let version: String
    private var state = State.closed
    private var session: ServerSession
    private var transport: (any ToolTransport)?
    private var calls: [Int: Call] = [:]
    private var waiting: [Int] = []
    private var listWaiters: [() -> Void] = []
    private var timer: LoopTimer?
    private var failures = 0
    private var readySince: Int64 = 0
    private var listedAt: Int64 = 0
    private var isRetired = false
    /// Told when it is retired and its last call is over.
    var whenClosed: (() -> Void)?
    private(set) var counters = ToolCounters()

    /// What was heard since the last answer, within a window of time: a server that floods its output is ended.
    private var heardBytes = 0
    private var heardSince: Int64 = 0
    private var strayLines = 0

    private static let floodBytes = 8 << 20
    private static let floodNanoseconds: Int64 = 10_000_000_000
    private static let strayLimit = 100
    /// Calls that wait for one that runs.
    private static let waitingPerRunning = 4
    private static let restLeastMilliseconds: Int64 = 500
    private static let restMostMilliseconds: Int64 = 30_000
    /// A server that was up for so long had no trouble starting.
    private static let soundNanoseconds: Int64 = 30_000_000_000
    /// How old the list of a server may be that cannot tell of changes on its own.
    private static let listFreshNanoseconds: Int64 = 30_000_000_000

    init(
        _ server: ToolServer,
        loop: EventLoop,
        curl: CurlMulti,
        limitBytes: Int,
        version: String,
        say: @escaping (String) -> Void
    ) {
        self.server = server
        self.loop = loop
        self.curl = curl
        self.limitBytes = limitBytes
        self.version = version
        self.say = say
        session = ServerSession(clientVersion: version)
        super.init()
        timer = LoopTimer(self)
        start()
    }

    // MARK: Starting and ending

    private func start() {
        counters.starts += 1
        strayLines = 0
        heardBytes = 0
        session = ServerSession(clientVersion: version)
        state = .starting(until: now + Int64(server.startMilliseconds) * 1_000_000)
        switch server.place {
        case .command(let command, let environment):
            let pairs = environment.map { (name: $0.name, value: $0.value) }
            do throws(ChildProcess.Failure) {
                transport = try ChildTransport(self, command, pairs, limitBytes: limitBytes)
            } catch {
                return broke(error.reason)
            }
        case .http(let place):
            let longest = max(server.startMilliseconds, server.callMilliseconds)
            transport = HTTPTransport(
                self,
                place,
                curl: curl,
                limitBytes: limitBytes,
                timeoutMilliseconds: longest
            )
        }
        apply(session.begin())
        setTimer()
    }

    /// The clock itself: timers are set from messages and callbacks, when `loop.now` may be old.
    private var now: Int64 { Kernel.monotonicNanoseconds() }

    /// The server is gone, or of no use: what it was asked ends, and it is started anew after a rest.
    func broke(_ reason: String) {
        if case .closed = state { return }
        transport?.close()
        transport = nil
        counters.isUp = false
        if case .ready = state, now - readySince > ToolConnection.soundNanoseconds { failures = 0 }
        let rest = min(
            ToolConnection.restLeastMilliseconds << Int64(min(failures, 10)),
            ToolConnection.restMostMilliseconds
        )
        failures += 1
        state = .resting(until: now + rest * 1_000_000, reason)
        if !isRetired { say("tools: \(server.name): \(reason); it is started again in \(rest) ms") }
        let cut = calls.values.sorted { $0.ticket < $1.ticket }
        for call in cut { finish(call.ticket, call.isSent ? .broken(reason) : .unavailable(reason)) }
        tellWaiters()
        setTimer()
    }

    /// Takes no more calls; ends once the last is answered.
    func retire() {
        isRetired = true
        closeIfOver()
    }

    private func closeIfOver() {
        guard isRetired, calls.isEmpty else { return }
        if case .closed = state { return }
        state = .closed
        transport?.close()
        transport = nil
        counters.isUp = false
        if let timer { loop.remove(timer) }
        tellWaiters()
        let told = whenClosed
        whenClosed = nil
        told?()
    }

    /// The process ends: gives the children to wait for.
    func endNow() -> [ChildTransport] {
        state = .closed
        if let timer { loop.remove(timer) }
        return transport?.endNow() ?? []
    }

    // MARK: Asking

    /// Calls `told` once the list of tools is there, or will not be.
    func whenSettled(_ told: @escaping () -> Void) {
        guard case .starting = state else { return told() }
        listWaiters.append(told)
    }

    private func tellWaiters() {
        let waiters = listWaiters
        listWaiters = []
        for told in waiters { told() }
    }

    /// What it offers; nil while it is down.
    var tools: [Tool]? {
        guard case .ready = state else { return nil }
        if case .http = server.place, now - listedAt > ToolConnection.listFreshNanoseconds {
            // This list serves; the next has what changed.
            listedAt = now
            apply(session.listAgain())
        }
        return session.tools
    }

    /// Calls a tool; `done` comes once, unless the call is cancelled.
    func call(_ ticket: Int, _ tool: String, _ arguments: ArraySlice<UInt8>, _ done: @escaping (ToolOutcome) -> Void) {
        let call = Call(
            ticket: ticket,
            tool: tool,
            arguments: arguments,
            started: now,
            deadline: now + Int64(server.callMilliseconds) * 1_000_000,
            done: done
        )
        let isFull = calls.count >= server.maxInFlight * (1 + ToolConnection.waitingPerRunning)
        calls[ticket] = call
        if isFull { return finish(ticket, .busy) }
        if case .resting(_, let reason) = state { return finish(ticket, .unavailable(reason)) }
        waiting.append(ticket)
        pump()
        setTimer()
    }

    /// The client has left.
    func cancel(_ ticket: Int) {
        guard calls[ticket] != nil else { return }
        giveUp(ticket, "the client has left")
        finish(ticket, nil)
    }

    private func giveUp(_ ticket: Int, _ reason: StaticString) {
        waiting.removeAll { $0 == ticket }
        guard calls[ticket]?.isSent == true, let id = session.id(of: ticket) else { return }
        let note = session.cancel(ticket, reason: reason)
        transport?.abandon(id)
        if let note { transport?.send(note) }
    }

    private func pump() {
        guard case .ready = state else { return }
        var running = calls.values.count(where: \.isSent)
        while running < server.maxInFlight, !waiting.isEmpty {
            let ticket = waiting.removeFirst()
            guard let call = calls[ticket] else { continue }
            guard let tool = session.tools.first(where: { $0.plainName == call.tool }) else {
                if case .http = server.place { listedAt = 0 }
                finish(ticket, .unknownTool)
                continue
            }
            calls[ticket]?.isSent = true
            running += 1
            transport?.send(session.call(ticket, tool: tool.name, arguments: call.arguments))
        }
    }

    /// Answers a call; nil is one that nobody waits for.
    private func finish(_ ticket: Int, _ outcome: ToolOutcome?) {
        guard let call = calls.removeValue(forKey: ticket) else { return }
        waiting.removeAll { $0 == ticket }
        counters.outcomes[outcome?.word ?? "cancelled", default: 0] += 1
        counters.latency.record(microseconds: max(0, now - call.started) / 1_000)
        if let outcome { call.done(outcome) }
        pump()
        closeIfOver()
    }

    // MARK: Hearing

    /// The revision both speak; nil during the handshake.
    var agreedVersion: ProtocolVersion? { session.version }
    var isInHandshake: Bool { session.version == nil }
    func isOpen(_ id: Int) -> Bool { session.isOpen(id) }

    private func apply(_ effects: [ServerSession.Effect]) {
        for effect in effects {
            switch effect {
            case .send(let message): transport?.send(message)
            case .listed: listed()
            case .answered(let ticket, let answer):
                heardBytes = 0
                strayLines = 0
                switch answer {
                case .result(let result, let isError): finish(ticket, .result(result, isError: isError))
                case .refused(let error): finish(ticket, .refused(error))
                }
            case .broken(let reason): return broke(reason)
            }
        }
    }

    private func listed() {
        listedAt = now
        if case .starting = state {
            state = .ready
            readySince = now
            counters.isUp = true
            let revision = session.version?.rawValue ?? ""
            say("tools: \(server.name): ready, \(session.tools.count) tools, MCP \(revision)")
            tellWaiters()
        }
        pump()
        setTimer()
    }

    func received(_ bytes: [UInt8]) {
        do throws(RPCError) {
            apply(session.received(try RPCMessage.heard(bytes)))
        } catch {
            strayLines += 1
            if strayLines == 1 { say("tools: \(server.name): it wrote what is no message of JSON-RPC") }
            if strayLines > ToolConnection.strayLimit { broke("it writes what is no JSON-RPC") }
        }
    }

    /// So much came, whatever it is.
    func heard(bytes: Int) {
        if now - heardSince > ToolConnection.floodNanoseconds {
            heardSince = now
            heardBytes = 0
        }
        heardBytes += bytes
        guard heardBytes > ToolConnection.floodBytes + 2 * limitBytes else { return }
        broke("it floods its output with what nobody asked for")
    }

    /// A message was larger than may be.
    func receivedTooMuch(id: Int?) {
        guard let id, session.isOpen(id) else { return broke("it wrote a message of more than \(limitBytes) bytes") }
        let ticket = session.call(of: id)
        let isFatal = session.lost(id)
        if let ticket { finish(ticket, .tooLarge(limitBytes: limitBytes)) }
        if isFatal { broke("its list of tools has more than \(limitBytes) bytes") }
    }

    /// A note has reached the server.
    func delivered(_ message: ServerSession.Outgoing) { if message.isInitialized { apply(session.confirmed()) } }

    /// A message did not reach the server, or its answer did not come back.
    func lost(_ message: ServerSession.Outgoing, _ reason: String) {
        guard let id = message.id else { return message.isInitialized ? broke(reason) : () }
        let ticket = session.call(of: id)
        if session.lost(id) { return broke(reason) }
        if let ticket { finish(ticket, .broken(reason)) }
    }

    /// The server has forgotten the session (transports, session management, 4).
    func expired(_ message: ServerSession.Outgoing) {
        if let id = message.id, let ticket = session.call(of: id), let call = calls[ticket] {
            _ = session.lost(id)
            guard !call.isRepeated else { return finish(ticket, .broken("it ends each session at once")) }
            // It was refused unseen, so it may be asked again.
            calls[ticket]?.isRepeated = true
            calls[ticket]?.isSent = false
            waiting.insert(ticket, at: 0)
        }
        guard case .ready = state else { return }
        counters.starts += 1
        state = .starting(until: now + Int64(server.startMilliseconds) * 1_000_000)
        apply(session.expire())
        setTimer()
    }

    // MARK: Time

    private func setTimer() {
        guard let timer else { return }
        var soonest = calls.values.map(\.deadline).min() ?? .max
        switch state {
        case .starting(let until), .resting(let until, _): soonest = min(soonest, until)
        case .ready, .closed: break
        }
        if soonest == .max { loop.remove(timer) } else { loop.set(timer, at: soonest) }
    }

    override func timerFired(_ timer: LoopTimer) {
        let moment = now
        for call in calls.values where call.deadline <= moment {
            giveUp(call.ticket, "it took too long")
            finish(call.ticket, .timedOut(milliseconds: server.callMilliseconds))
        }
        switch state {
        case .starting(let until) where until <= moment:
            broke("it was not ready within \(server.startMilliseconds) ms")
        case .resting(let until, _) where until <= moment: start()
        default: break
        }
        setTimer()
    }
}
