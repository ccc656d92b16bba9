import CLinux
import Compiler
import Decision
import Glibc
import Loop
import Report
import RouteLanguage
import Synchronization
import Telemetry

/// What the command line says about serving.
package struct ServeOptions: Sendable {
    package var routesPath: String
    /// Loops; 0 is one for each core.
    package var threads = 0
    package var logsAccess = false
    /// What answers; anything but the tree is for cross-checks (`routes.md` A7).
    package var engine = Program.Engine.tree
    /// Compares the compiled program with the file before it serves; off only in tests of that check.
    package var checksProgram = true
    /// Settles the budgets and limits of clients that leave; off only in tests of the books.
    package var settlesDepartures = true
    package init(routesPath: String) { self.routesPath = routesPath }
}

/// The running proxy: opens the listeners, starts the loops, waits for signals, drains.
package enum Service {
    /// Serves until a signal ends it; answers the exit code.
    ///
    /// * `transform`: changes every compiled program before it is checked and serves; for tests that damage one.
    package static func run(
        _ options: ServeOptions,
        transform: (@Sendable (Compiled) -> Compiled)? = nil
    ) -> Int32 {
        clinux_block_signals()
        var source = ConfigurationSource(path: options.routesPath)
        source.engine = options.engine
        source.checksProgram = options.checksProgram
        source.transform = transform
        let reading = source.read()
        reading.log()
        guard let ready = reading.ready else {
            for fault in reading.faults { Console.say(fault) }
            Console.say("\(options.routesPath) cannot be served; see the errors above")
            return 1
        }
        let rows = CounterRows()
        let configuration = ready.configuration
        let snapshot = Snapshot(ready, rows: rows)
        let count = options.threads > 0 ? options.threads : max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
        // What was spent is known before anybody can ask.
        guard let desks = Desks.open(snapshot) else { return 1 }
        let client: ListeningSockets
        var admin: ListeningSockets?
        do {
            client = try open(configuration.listen.address, loops: count)
            if let address = configuration.listen.admin { admin = try open(address, loops: 1) }
        } catch {
            desks.close()
            Console.say("\(error.description)")
            return 1
        }
        announce(client, "client")
        if let admin { announce(admin, "admin") }
        let shared = Shared(
            first: snapshot,
            rows: rows,
            reloader: Reloader(source, first: reading),
            logsAccess: options.logsAccess,
            loops: count,
            desks: desks,
            settlesDepartures: options.settlesDepartures
        )
        let code = serve(snapshot, shared, client, admin, count)
        desks.close()
        Console.say("stopped")
        return code
    }

    /// Prints the tree that would serve.
    package static func show(_ options: ServeOptions) -> Int32 {
        guard let ready = ConfigurationSource(path: options.routesPath).read().ready else { return 1 }
        Console.print(ready.compiled.program.print())
        return 0
    }

    private static func open(_ text: String, loops: Int) throws(ListenFailure) -> ListeningSockets {
        guard let address = ListenAddress(text) else {
            throw ListenFailure(description: "`\(text)` is no address to listen on; write host:port or unix:/path")
        }
        return try ListeningSocket.open(address, loops: loops)
    }

    private static func announce(_ sockets: ListeningSockets, _ role: String) {
        if let address = sockets.address { Console.say("listening on \(address) (\(role))") }
    }

    private static func serve(
        _ snapshot: Snapshot,
        _ shared: Shared,
        _ client: ListeningSockets,
        _ admin: ListeningSockets?,
        _ count: Int
    ) -> Int32 {
        let team = Team()
        let ready = StartGate(count: count)
        // The sockets are taken one by one before the threads start, so no two threads share the list.
        var threads: [LoopThread] = []
        for number in 0..<count {
            let mine = SocketBox(client.take())
            let adminSocket = SocketBox(number == 0 ? admin?.take() : nil)
            threads.append(
                LoopThread(name: "loop-\(number)") {
                    let worker = Worker(number: number, snapshot: snapshot, shared: shared, team: team)
                    let bound = LoopBound(worker)
                    team.join(
                        Team.Member(
                            inbox: worker.loop.inbox,
                            counters: { bound.value.currentCounters() },
                            refresh: { bound.value.refresh() },
                            follow: { bound.value.follow($0) },
                            drain: { bound.value.drain() },
                            stop: { bound.value.stop() },
                            batches: { bound.value.desk.take($0) },
                            runItem: { bound.value.run($0) },
                            dropItems: { bound.value.dropItems(of: $0) },
                            startWarming: { bound.value.startWarming() }
                        )
                    )
                    if let socket = mine.take() { worker.listen(on: socket, role: .client) }
                    if let socket = adminSocket.take() { worker.listen(on: socket, role: .admin) }
                    if number == 0 {
                        worker.startProbes()
                        worker.startTools()
                        worker.follow(shared.reloader.watchedFiles)
                    }
                    ready.arrive()
                    worker.loop.run()
                }
            )
        }
        ready.wait()
        let place = Reloader.Place(
            publication: shared.publication,
            rows: shared.rows,
            team: team,
            audit: shared.audit,
            admission: shared.admission
        ) { files in
            team.tellFirst { $0.follow(files) }
        }
        shared.reloader.start(place)
        Console.say("ready")
        HeapTrim.start()
        // All loops run: they share the work.
        team.tellFirst { $0.startWarming() }
        waitForTheEnd(team, shared)
        for thread in threads { thread.join() }
        if let admin = snapshot.configuration.listen.admin { removeUnixSocket(admin) }
        return 0
    }

    /// SIGTERM and SIGINT drain; a second one, or `listen.drain`, cuts what still runs.
    private static func waitForTheEnd(_ team: Team, _ shared: Shared) {
        var signal = clinux_wait_signal()
        while signal == SIGHUP {
            shared.reloader.ask(.signal)
            signal = clinux_wait_signal()
        }
        shared.isDraining.store(true, ordering: .relaxed)
        let listen = shared.publication.latest?.configuration.listen ?? ListenSettings()
        let milliseconds = listen.drainMilliseconds
        Console.say("draining for at most \(milliseconds) ms; signal again to stop at once")
        // Now, not at the end: until then another process may have taken the path over.
        removeUnixSocket(listen.address)
        team.tell { $0.drain() }
        _ = LoopThread(name: "drain-limit") {
            usleep(UInt32(min(milliseconds, 4_000_000) * 1_000))
            team.tell { $0.stop() }
        }
        _ = LoopThread(name: "second-signal") {
            while clinux_wait_signal() == SIGHUP {}
            team.tell { $0.stop() }
        }
    }

    private static func removeUnixSocket(_ text: String) {
        if case .unix(let path)? = ListenAddress(text) { _ = unlink(path) }
    }
}

/// A listening socket on its way into a thread.
///
/// `@unchecked Sendable` holds because one thread fills it before it starts the other, which alone empties it.
private final class SocketBox: @unchecked Sendable {
    private var socket: ListeningSocket?
    init(_ socket: consuming ListeningSocket?) { self.socket = socket }
    func take() -> ListeningSocket? { socket.take() }
}

/// Lets one thread wait until all others have come so far.
private final class StartGate: Sendable {
    private let missing: Mutex<Int>
    private let doorbell: Int32

    init(count: Int) {
        missing = Mutex(count)
        doorbell = eventfd(0, Int32(EFD_CLOEXEC))
    }

    deinit { _ = close(doorbell) }

    func arrive() {
        let isLast = missing.withLock { left in
            left -= 1
            return left == 0
        }
        guard isLast else { return }
        var one: UInt64 = 1
        _ = write(doorbell, &one, 8)
    }

    func wait() {
        var value: UInt64 = 0
        _ = read(doorbell, &value, 8)
    }
}
