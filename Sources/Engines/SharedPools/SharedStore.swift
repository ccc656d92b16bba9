import Budgets
import Limits
import Loop
import Routing

/// Budgets and limits that several proxies share, over one connection to Redis: what one loop knows of them.
///
/// Loop only. Each question is answered once, within the deadline, by the store or with a fault; a reservation that comes
/// later than that is released again. Settlements are not waited for: they stand in an outbox until Redis has confirmed
/// them, and what is asked twice happens once (`SharedScript`).
package final class SharedStore: Watcher {
    /// What the file says of it.
    package struct Settings: Equatable, Sendable {
        package var address: RedisAddress
        /// Begins the names of all keys.
        package var prefix: String
        package var timeoutMilliseconds: Int
        /// How long a reservation is kept of which nothing is heard.
        package var leaseMilliseconds = 60_000

        package init(_ address: RedisAddress, prefix: String = "hoosh", timeoutMilliseconds: Int = 50) {
            self.address = address
            self.prefix = prefix
            self.timeoutMilliseconds = timeoutMilliseconds
        }
    }

    /// What a command is for: budgets and limits, a value, or something that nobody waits for.
    enum Purpose { case script, value, aside }

    enum State { case resting, linking, ready, stopped }

    /// A question on its way.
    final class Call {
        let words: [String]
        /// The words are for the script, not a command of their own.
        let isForScript: Bool
        /// `.max` until it is sent.
        var deadline: Int64
        var done: ((Result<SharedReply, StoreFault>) -> Void)?
        /// Said should the answer come too late to be of use.
        var takeBack: (() -> Void)?

        init(
            _ words: [String],
            isForScript: Bool = true,
            deadline: Int64 = .max,
            done: @escaping (Result<SharedReply, StoreFault>) -> Void
        ) {
            self.words = words
            self.isForScript = isForScript
            self.deadline = deadline
            self.done = done
        }
    }

    package let settings: Settings
    let loop: EventLoop
    let health: StoreHealth
    let base: String
    var state = State.resting
    var link: RedisLink?
    var linkingSince: Int64 = 0
    var restsUntil: Int64 = 0
    var restNanoseconds = SharedStore.shortestRest
    /// What the server calls our script.
    var digest = ""
    var isDown = false
    private var breaker = Breaker()
    /// Of values: what becomes of those says nothing of budgets.
    var valueBreaker = Breaker()
    private var ticker: LoopTimer?
    private var alarm: LoopTimer?
    /// Asked and not answered, oldest first; answered ones leave from the front.
    private var calls = Line<Call>()
    /// Asked in this turn.
    private var fresh: [Call] = []
    /// Asked before there was a connection.
    private var early: [Call] = []
    var outbox = Outbox()
    /// Reservations of this loop that are to be kept alive.
    var held: Set<String> = []
    /// How many there are.
    package var heldCount: Int { held.count }
    var renewsAt: Int64 = 0
    var openQuestions = 0
    var lastWord: Int64 = 0
    /// The server gets our script once more.
    var isLoadingScript = false
    var words = SharedWords()
    /// Of answers that are on their way into the store.
    var givenBytes = 0
    /// Who is told of invalidations.
    var follower: Follower?
    /// By the server's clock, when it answered last; milliseconds since 1970.
    package internal(set) var serverMilliseconds = 0
    /// Nothing is asked that has no answer, and every settlement is confirmed.
    package var isQuiet: Bool { openQuestions == 0 && outbox.letters.isEmpty && early.isEmpty }
    package var isReady: Bool { state == .ready }

    var whenFinished: (() -> Void)?
    private var finishesBy: Int64 = 0

    static let shortestRest: Int64 = 50_000_000
    static let longestRest: Int64 = 2_000_000_000
    static let tickNanoseconds: Int64 = 200_000_000
    static let linkNanoseconds: Int64 = 2_000_000_000
    /// A connection that says nothing for so long is given up.
    static let silenceNanoseconds: Int64 = 5_000_000_000
    static let earlyLimit = 1_024

    package init(_ settings: Settings, loop: EventLoop, health: StoreHealth) {
        self.settings = settings
        self.loop = loop
        self.health = health
        base = "{\(settings.prefix)}:"
        super.init()
        ticker = LoopTimer(self)
        alarm = LoopTimer(self)
    }

    /// Connects, and goes on to do so whenever the connection is lost.
    package func start() {
        tick()
    }

    /// Stops once every settlement is confirmed, at a deadline at the latest.
    package func finish(by deadline: Int64, done: @escaping () -> Void) {
        (whenFinished, finishesBy) = (done, deadline)
        finishIfQuiet()
    }

    func finishIfQuiet() {
        guard let whenFinished, isQuiet || loop.now >= finishesBy else { return }
        self.whenFinished = nil
        stop()
        whenFinished()
    }

    /// Lets go of the connection; settlements that are not confirmed are lost.
    package func stop() {
        guard state != .stopped else { return }
        state = .stopped
        if let ticker { loop.remove(ticker) }
        if let alarm { loop.remove(alarm) }
        link?.close()
        link = nil
        failEarly()
    }

    // MARK: Time

    package override func timerFired(_ timer: LoopTimer) {
        timer === alarm ? expireCalls() : tick()
    }

    private func tick() {
        guard state != .stopped else { return }
        if let ticker { loop.set(ticker, at: loop.now + SharedStore.tickNanoseconds) }
        switch state {
        case .resting: if loop.now >= restsUntil { connect() }
        case .linking:
            if loop.now - linkingSince > SharedStore.linkNanoseconds { unlink("it takes no connection in time") }
        case .ready:
            if isSilent { link?.read() }
            if isSilent {
                return unlink("it has said nothing for \(SharedStore.silenceNanoseconds / 1_000_000_000) s")
            }
            if loop.now >= renewsAt { renew() }
            flush()
            askNews()
        case .stopped: break
        }
        finishIfQuiet()
    }

    private var isSilent: Bool {
        state == .ready && openQuestions > 0 && loop.now - lastWord > SharedStore.silenceNanoseconds
    }

    private func expireCalls() {
        // What has come is not late, though this loop had no time to look.
        if let call = calls.first, call.done != nil, call.deadline <= loop.now { link?.read() }
        while let call = calls.first {
            guard call.done != nil else {
                calls.removeFirst()
                continue
            }
            guard call.deadline <= loop.now else { break }
            calls.removeFirst()
            if call.isForScript {
                breaker.failed(loop.now)
                if breaker.isOpen { down("it does not answer within \(settings.timeoutMilliseconds) ms") }
            } else {
                valueBreaker.failed(loop.now)
            }
            finish(call, .failure(.late))
        }
        if let alarm, let next = calls.first { loop.set(alarm, at: next.deadline) }
    }

    // MARK: Asking

    /// Asks the script.
    func ask(_ order: String, keys: [String], _ done: @escaping (Result<SharedReply, StoreFault>) -> Void) -> Call {
        ask(["\(keys.count)"] + keys + [order, base], isForScript: true, done)
    }

    /// Asks within the deadline, as long as it is worth asking.
    func ask(
        _ words: [String],
        isForScript: Bool,
        _ done: @escaping (Result<SharedReply, StoreFault>) -> Void
    ) -> Call {
        let call = Call(words, isForScript: isForScript, done: done)
        switch state {
        case .ready where isForScript ? breaker.lets(loop.now) : valueBreaker.lets(loop.now): put(call)
        case .linking where !isDown && early.count < SharedStore.earlyLimit:
            early.append(call)
            enlist(call)
        case .resting, .linking, .ready, .stopped: finish(call, .failure(.unreachable))
        }
        return call
    }

    private func enlist(_ call: Call) {
        calls.append(call)
        if fresh.isEmpty { loop.again(self) }
        fresh.append(call)
    }

    /// What was asked in this turn is on its way now: time that this loop took for other things does not count.
    private func began() {
        guard !fresh.isEmpty else { return }
        let deadline = Kernel.monotonicNanoseconds() + Int64(settings.timeoutMilliseconds) * 1_000_000
        for call in fresh { call.deadline = deadline }
        // Else it is set for an older one.
        if let alarm, calls.first?.deadline == deadline { loop.set(alarm, at: deadline) }
        fresh.removeAll(keepingCapacity: true)
    }

    private func put(_ call: Call) {
        if !pass(call) { return finish(call, .failure(.unreachable)) }
        enlist(call)
    }

    private func pass(_ call: Call) -> Bool {
        let answer: (RedisReply?) -> Void = { [weak self] reply in self?.answered(call, reply) }
        return call.isForScript ? tell(call.words, answer) : send(call.words, for: .value, answer)
    }

    private func answered(_ call: Call, _ reply: RedisReply?) {
        guard call.done != nil else { return }
        finish(
            call,
            Result { () throws(StoreFault) in
                call.isForScript ? try SharedReply(reply) : try SharedReply(plain: reply)
            }
        )
    }

    private func finish(_ call: Call, _ result: Result<SharedReply, StoreFault>) {
        guard let done = call.done.take() else { return }
        switch result {
        case .success(let reply) where call.isForScript:
            health.answered.add(1, ordering: .relaxed)
            serverMilliseconds = reply.milliseconds
        case .success: break
        case .failure(let fault):
            if call.isForScript { health.count(fault) }
            // What was never sent cannot have happened.
            if fault != .unreachable { call.takeBack?() }
        }
        call.takeBack = nil
        done(result)
    }

    /// Sends a command; false when the connection takes none.
    func send(
        _ words: [String],
        last: [UInt8]? = nil,
        for purpose: Purpose,
        _ answer: @escaping (RedisReply?) -> Void
    ) -> Bool {
        guard state == .ready, let link else { return false }
        if openQuestions == 0 { lastWord = loop.now }
        let taken = link.ask(words, last: last) { [weak self] reply in
            self?.heard(reply, purpose)
            answer(reply)
        }
        if taken { openQuestions += 1 }
        return taken
    }

    private func heard(_ reply: RedisReply?, _ purpose: Purpose) {
        openQuestions -= 1
        guard let reply else { return }
        lastWord = loop.now
        guard purpose == .script else {
            guard purpose == .value else { return }
            if case .error = reply { valueBreaker.failed(loop.now) } else { valueBreaker.answered() }
            return
        }
        guard case .error(let sentence) = reply else {
            breaker.answered()
            return up()
        }
        // It is asked once more.
        if reply.isForgotten { return }
        // `READONLY`, `MISCONF`: it is there, and counts nothing.
        breaker.failed(loop.now)
        if breaker.isOpen { down("it answers \(sentence.prefix { $0 != " " })") }
    }

    package override func resumed() {
        began()
        finishIfQuiet()
    }

    // MARK: Up and down

    func down(_ reason: String) {
        guard !isDown else { return }
        isDown = true
        health.wentDown(reason)
    }

    func up() {
        guard isDown else { return }
        isDown = false
        health.cameUp()
    }

    /// There is a connection, and it has our script.
    func linked() {
        state = .ready
        breaker.answered()
        valueBreaker.answered()
        restNanoseconds = SharedStore.shortestRest
        up()
        renewsAt = loop.now
        let calls = early
        early = []
        for call in calls where call.done != nil {
            if !pass(call) { finish(call, .failure(.unreachable)) }
        }
        renew()
        flush()
        follower?.isWaiting = false
        follower?.asksAt = loop.now
        askNews()
    }

    func failEarly() {
        let calls = early
        early = []
        for call in calls { finish(call, .failure(.unreachable)) }
    }
}

/// A queue: appended at its end, taken from its front.
struct Line<Element> {
    private var items: [Element?] = []
    private var start = 0

    var count: Int { items.count - start }
    var isEmpty: Bool { count == 0 }
    var first: Element? { start < items.count ? items[start] : nil }

    mutating func append(_ element: Element) { items.append(element) }

    @discardableResult
    mutating func removeFirst() -> Element? {
        guard start < items.count else { return nil }
        let element = items[start]
        items[start] = nil
        start += 1
        if start > 64, start * 2 > items.count {
            items.removeFirst(start)
            start = 0
        }
        return element
    }
}
