import CLinux
import Glibc
import Synchronization

/// One thread that waits for descriptors, timers and messages from other threads.
///
/// Everything a request touches belongs to one loop. Edge-triggered: a descriptor is registered once, for reading and
/// writing, and each watcher remembers what it has not used up.
public final class EventLoop {
    /// Monotonic nanoseconds, read once a turn.
    public private(set) var now: Int64
    /// Scratch for one read or one composed write; valid within a single call.
    ///
    /// 64 KiB.
    public let scratch: UnsafeMutableRawBufferPointer
    /// Pipes for splicing.
    public let pipes: SparePipes
    /// The door for other threads.
    public let inbox: Inbox

    private struct Slot {
        var watcher: Watcher?
        var generation: UInt32 = 0
    }

    private let poller: Descriptor
    private let events: UnsafeMutableBufferPointer<epoll_event>
    private var slots: [Slot] = []
    private var freeSlots: [UInt32] = []
    private var timers = TimerHeap()
    private var laterNow: [Watcher] = []
    private var laterNext: [Watcher] = []
    private var isStopping = false
    private static let inboxToken = UInt64.max

    /// Opens a poller.
    ///
    /// Throws nothing but traps when the process has no descriptor left at start.
    public init() {
        let number = epoll_create1(Int32(EPOLL_CLOEXEC))
        precondition(number >= 0, "epoll_create1 failed: \(Kernel.describe(errno))")
        poller = Descriptor(adopting: number)
        events = .allocate(capacity: 256)
        scratch = .allocate(byteCount: 64 * 1024, alignment: 4096)
        pipes = SparePipes()
        inbox = Inbox()
        now = Kernel.monotonicNanoseconds()
        var event = epoll_event(events: EPOLLIN.rawValue, data: epoll_data_t(u64: EventLoop.inboxToken))
        let added = epoll_ctl(poller.number, EPOLL_CTL_ADD, inbox.doorbell, &event)
        precondition(added == 0, "cannot watch the inbox: \(Kernel.describe(errno))")
    }

    deinit {
        events.deallocate()
        scratch.deallocate()
    }

    // MARK: Watching

    /// Starts watching both directions of a descriptor, edges only, until `forget`.
    ///
    /// - Returns: false when the kernel refused (the watch limit of the user is reached).
    public func watch(_ descriptor: Int32, _ watcher: Watcher) -> Bool {
        let edges = EPOLLIN.rawValue | EPOLLOUT.rawValue | EPOLLRDHUP.rawValue | EPOLLET.rawValue
        return register(descriptor, watcher, edges)
    }

    /// Starts watching a listener, by level, waking one loop of those that share it.
    public func watchListener(_ descriptor: Int32, _ watcher: Watcher) -> Bool {
        register(descriptor, watcher, EPOLLIN.rawValue | EPOLLEXCLUSIVE.rawValue)
    }

    /// Watches by level for chosen directions: for descriptors that libcurl drives.
    public func watchLevel(_ descriptor: Int32, _ watcher: Watcher, read: Bool, write: Bool) -> Bool {
        let bits = (read ? EPOLLIN.rawValue : 0) | (write ? EPOLLOUT.rawValue : 0)
        if watcher.slot != .max {
            var event = epoll_event(events: bits, data: epoll_data_t(u64: token(watcher.slot)))
            return epoll_ctl(poller.number, EPOLL_CTL_MOD, descriptor, &event) == 0
        }
        return register(descriptor, watcher, bits)
    }

    private func token(_ slot: UInt32) -> UInt64 {
        UInt64(slots[Int(slot)].generation) << 32 | UInt64(slot)
    }

    private func register(_ descriptor: Int32, _ watcher: Watcher, _ bits: UInt32) -> Bool {
        precondition(watcher.slot == .max, "a watcher watches one descriptor")
        let slot: UInt32
        if let free = freeSlots.popLast() {
            slot = free
        } else {
            slot = UInt32(slots.count)
            slots.append(Slot())
        }
        var event = epoll_event(events: bits, data: epoll_data_t(u64: token(slot)))
        guard epoll_ctl(poller.number, EPOLL_CTL_ADD, descriptor, &event) == 0 else {
            freeSlots.append(slot)
            return false
        }
        slots[Int(slot)].watcher = watcher
        watcher.slot = slot
        return true
    }

    /// Stops watching.
    ///
    /// `closing` says the descriptor is closed next, which removes it from the poller by itself.
    public func forget(_ watcher: Watcher, _ descriptor: Int32, closing: Bool) {
        guard watcher.slot != .max else { return }
        if !closing {
            var event = epoll_event()
            _ = epoll_ctl(poller.number, EPOLL_CTL_DEL, descriptor, &event)
        }
        let slot = Int(watcher.slot)
        slots[slot].watcher = nil
        slots[slot].generation &+= 1
        freeSlots.append(watcher.slot)
        watcher.slot = .max
    }

    // MARK: Timers and turns

    /// Sets a timer to a moment in monotonic nanoseconds; `.max` turns it off.
    public func set(_ timer: LoopTimer, at deadline: Int64) { timers.set(timer, at: deadline) }

    /// Takes a timer out of the heap: before its watcher goes away.
    public func remove(_ timer: LoopTimer) { timers.remove(timer) }

    /// Calls `resumed()` once at the end of this turn, so that one busy stream does not keep the others waiting.
    public func again(_ watcher: Watcher) { laterNext.append(watcher) }

    /// Ends `run()` after this turn.
    public func stop() { isStopping = true }

    /// Turns until `stop()`.
    ///
    /// The calling thread is the loop's from here on.
    public func run() {
        while !isStopping {
            turn()
        }
    }

    /// Waits once, at most until the next timer, and serves what came.
    public func turn() {
        let count = epoll_wait(poller.number, events.baseAddress, Int32(events.count), waitMilliseconds())
        now = Kernel.monotonicNanoseconds()
        var index = 0
        while index < Int(count) {
            let event = events[index]
            index += 1
            if event.data.u64 == EventLoop.inboxToken {
                inbox.runAll()
                continue
            }
            let slot = Int(truncatingIfNeeded: event.data.u64 & 0xffff_ffff)
            let generation = UInt32(truncatingIfNeeded: event.data.u64 >> 32)
            guard slots[slot].generation == generation, let watcher = slots[slot].watcher else { continue }
            watcher.ready(Readiness(rawValue: event.events))
        }
        while let due = timers.popDue(now: now) { due.watcher.timerFired(due) }
        if !laterNext.isEmpty {
            swap(&laterNow, &laterNext)
            for watcher in laterNow { watcher.resumed() }
            laterNow.removeAll(keepingCapacity: true)
        }
    }

    private func waitMilliseconds() -> Int32 {
        if !laterNext.isEmpty || isStopping { return 0 }
        let soonest = timers.soonest
        if soonest == .max { return -1 }
        // Read the clock anew: a long turn would otherwise be slept through again.
        let left = soonest - Kernel.monotonicNanoseconds()
        if left <= 0 { return 0 }
        return Int32(min((left + 999_999) / 1_000_000, 60_000))
    }
}
