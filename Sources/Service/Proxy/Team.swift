import Loop
import Synchronization
import Telemetry

/// The loops of the process, as seen from one another: they exchange messages, never memory.
///
/// Any thread.
final class Team: Sendable {
    /// One loop's door; `ask` runs on its thread.
    struct Member: Sendable {
        let inbox: Inbox
        let counters: @Sendable () -> Counters
        /// Goes on to the snapshot that was published last.
        let refresh: @Sendable () -> Void
        /// Watches these files, and no others.
        let follow: @Sendable (_ files: [String]) -> Void
        let drain: @Sendable () -> Void
        let stop: @Sendable () -> Void
        /// Asks for something of the batches; for the first member only, which keeps them.
        let batches: @Sendable (BatchDesk.Question) -> Void
        /// Runs one request of a batch.
        let runItem: @Sendable (ItemOrder) -> Void
        /// Lets go of what runs of a batch.
        let dropItems: @Sendable (_ batch: String) -> Void
        /// Begins to warm the cache; for the first member only.
        let startWarming: @Sendable () -> Void
    }

    private let members = Mutex<[Member]>([])
    private let turns = Atomic<Int>(0)

    /// A loop has started.
    func join(_ member: Member) { members.withLock { $0.append(member) } }

    /// Loops that have started.
    var count: Int { members.withLock { $0.count } }

    /// Asks every loop to do something on its own thread.
    func tell(_ what: @escaping @Sendable (Member) -> Void) {
        for member in members.withLock({ $0 }) {
            member.inbox.post { what(member) }
        }
    }

    /// Asks the loop that came first.
    func tellFirst(_ what: @escaping @Sendable (Member) -> Void) {
        guard let member = members.withLock({ $0.first }) else { return }
        member.inbox.post { what(member) }
    }

    /// Asks one loop after the other, each time the next.
    func tellNext(_ what: @escaping @Sendable (Member) -> Void) {
        let turn = turns.add(1, ordering: .relaxed).oldValue
        let member = members.withLock { $0.isEmpty ? nil : $0[turn % $0.count] }
        guard let member else { return }
        member.inbox.post { what(member) }
    }

    /// Adds up the counters of all loops and gives the sum to `done` on the asking loop's thread.
    func gather(for asker: Inbox, _ done: @escaping @Sendable (Counters) -> Void) {
        let all = members.withLock { $0 }
        let sum = Mutex<(total: Counters?, missing: Int)>((nil, all.count))
        let box = Gathering(sum)
        for member in all {
            member.inbox.post {
                let mine = member.counters()
                let complete = box.state.withLock { state -> Counters? in
                    if state.total == nil { state.total = mine } else { state.total?.add(mine) }
                    state.missing -= 1
                    return state.missing == 0 ? state.total : nil
                }
                if let complete { asker.post { done(complete) } }
            }
        }
    }

    private final class Gathering: Sendable {
        let state: Mutex<(total: Counters?, missing: Int)>
        init(_ state: consuming Mutex<(total: Counters?, missing: Int)>) { self.state = state }
    }
}
