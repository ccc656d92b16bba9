import Admission
import Identity
import Limits
import Loop
import Routing

/// A request that waits before a limit or a budget that says `queue`, kept while it does.
///
/// Loop only.
final class DoorWait {
    let order: GrantOrder
    /// The line it stands in.
    let door: String
    let deadline: Int64
    /// Its turn in the line; nil when it is the first.
    var ticket: AdmissionBook.Ticket?

    init(_ order: GrantOrder, door: String, deadline: Int64) {
        self.order = order
        self.door = door
        self.deadline = deadline
    }
}

/// What a request needs to be let in, now or later.
struct GrantOrder {
    let request: RoutedRequest
    let wish: Session.Wish
    let plan: Plan
    let requestID: [UInt8]
    /// What this loop served when the request came; a reload does not change it.
    let local: LocalSnapshot
}

// Waiting before limits and budgets (docs/queue.md): one line for each client of a route, its first tries again.
extension Session {
    /// How often the first of a line tries at most, nanoseconds: what was set aside may become free at any time.
    private static let tryNanoseconds: Int64 = 100_000_000

    /// Lets a request in and hands it to the path of providers, now or when there is room for it.
    func admit(_ order: GrantOrder) {
        guard let grant = grant(order) else { return }
        leaveDoor()
        let exchange = Exchange(
            self,
            order.request,
            plan: order.plan,
            requestID: order.requestID,
            local: order.local
        )
        exchange.grant = grant
        start(exchange)
    }

    /// True when others of this client wait already, and this one now stands behind them.
    func standsBehindOthers(_ order: GrantOrder) -> Bool {
        let route = order.local.snapshot.governance.routes[order.request.route]
        guard route.queues, doorWait == nil, errand == nil else { return false }
        let door = doorName(order, route)
        guard worker.shared.admission.isOccupied(door: door) else { return false }
        return waitsAtDoor(order, retryNanoseconds: 0)
    }

    /// Waits for room; false when it has waited long enough, or may not.
    ///
    /// What is asked on behalf of another that waits already is not kept waiting.
    func waitsAtDoor(_ order: GrantOrder, retryNanoseconds: Int) -> Bool {
        guard errand == nil else { return false }
        let book = worker.shared.admission
        let wait: DoorWait
        if let known = doorWait {
            wait = known
        } else {
            let route = order.local.snapshot.governance.routes[order.request.route]
            let deadline = loop.now + book.settings.maxWaitNanoseconds
            wait = DoorWait(order, door: doorName(order, route), deadline: deadline)
            guard enter(wait) else { return false }
        }
        guard loop.now < wait.deadline else { return false }
        var next = wait.deadline
        if wait.ticket == nil {
            // Of two clients before one limit the more urgent tries first.
            let level = Int64(order.local.snapshot.urgencies[order.request.route].rawValue)
            let pause = min(max(Int64(retryNanoseconds), 1_000_000), Session.tryNanoseconds)
            next = min(next, loop.now + pause + level * 1_000_000)
        }
        awaitAnswer(until: next) { [weak self] in self?.leaveDoor() }
        return true
    }

    private func enter(_ wait: DoorWait) -> Bool {
        let box = LoopBound(WeakSession(self))
        let inbox = loop.inbox
        let book = worker.shared.admission
        let door = wait.door
        let urgency = wait.order.local.snapshot.urgencies[wait.order.request.route]
        let answer = book.enter(door: door, urgency, now: loop.now) {
            inbox.post {
                // Who is gone, or waits no longer, lets the next be the first.
                guard let session = box.value.session, let wait = session.doorWait, wait.door == door,
                    wait.ticket != nil
                else { return book.leave(door: door) }
                wait.ticket = nil
                session.triesDoor()
            }
        }
        switch answer {
        case .admitted: break
        case .waits(let ticket): wait.ticket = ticket
        case .full: return false
        }
        doorWait = wait
        return true
    }

    /// It is time to try again.
    func triesDoor() {
        guard let wait = doorWait else { return abort() }
        endsWaiting()
        admit(wait.order)
    }

    /// Stands in the line no longer.
    func leaveDoor() {
        guard let wait = doorWait.take() else { return }
        let book = worker.shared.admission
        if let ticket = wait.ticket {
            // Where it was called in this moment, the message that is on its way finds it gone.
            _ = book.cancel(door: ticket)
        } else {
            book.leave(door: wait.door)
        }
    }

    /// One line for each client of a route, as its limits tell clients apart.
    private func doorName(_ order: GrantOrder, _ route: Governance.Route) -> String {
        let payer = Payer(session: self)
        let own = ["\(order.request.route)", caller.key?.name ?? "", caller.tenant ?? ""]
        return (own + route.subjects.map { payer.name($0) }).joined(separator: "\u{0}")
    }

    /// An answer will be given when it is there, at a deadline at the latest; `whenLeft` is told if the client leaves first.
    func awaitAnswer(until deadline: Int64, whenLeft: @escaping () -> Void) {
        awaitsAnswer = true
        self.whenLeft = whenLeft
        wake(at: deadline)
        // It left before its request was even read.
        if peerEnded { abort() }
    }

    /// What was waited for is there.
    func endsWaiting() {
        awaitsAnswer = false
        whenLeft = nil
    }
}
