import Synchronization

/// How urgent a request is, the most urgent first (`routes.md` 2.5, `queue`).
package enum Urgency: Int, CaseIterable, Comparable, Sendable {
    case critical, high, normal, low, batch

    package static func < (one: Urgency, other: Urgency) -> Bool { one.rawValue < other.rawValue }
}

/// Who may ask a provider now, and who waits: one book for all loops, which outlives configurations.
///
/// A provider with a limit has so many places. Whoever finds none waits; a place that becomes free goes to the one whose
/// time of arrival, put off by `aging` for each level below `critical`, is the earliest. So a more urgent request overtakes
/// what came less than that before it, those of one level go in the order they came, and nobody waits for ever: what comes
/// later than four times `aging` after a request cannot overtake it. Times are nanoseconds of the caller's clock. Any thread.
package final class AdmissionBook: Sendable {
    /// How it waits; may change while requests do.
    package struct Settings: Equatable, Sendable {
        /// Requests that may wait, over all providers.
        package var maxDepth = 256
        /// How long one may wait; the caller keeps the time.
        package var maxWaitNanoseconds: Int64 = 5_000_000_000
        /// How much later a request must come to stay behind one that is a level less urgent.
        package var agingNanoseconds: Int64 = 1_000_000_000
        package init() {}
    }

    /// A place in the line.
    package struct Ticket: Hashable, Sendable {
        package let provider: String
        fileprivate let number: Int
    }

    /// What came of asking for a place.
    package enum Answer: Equatable, Sendable {
        /// It has one, and must give it back with `leave`.
        case admitted
        /// It waits; `called` is run once it has one.
        case waits(Ticket)
        /// As many wait as may.
        case full
    }

    /// What is known of a provider.
    package struct Line: Equatable, Sendable {
        package var provider: String
        /// Nil without a limit.
        package var limit: Int?
        /// Places taken.
        package var running: Int
        /// By urgency.
        package var waiting: [Int]
        /// When the one that waits longest came.
        package var oldest: Int64?
    }

    private struct Waiter {
        let number: Int
        let arrived: Int64
        let called: @Sendable () -> Void
    }

    private struct Place {
        var limit: Int?
        var running = 0
        /// By urgency, each in the order of arrival.
        var lines: [[Waiter]] = Urgency.allCases.map { _ in [] }
        var waiting: Int { lines.reduce(0) { $0 + $1.count } }
    }

    private struct State {
        var settings = Settings()
        var places: [String: Place] = [:]
        /// Lines before limits and budgets; each is there while somebody stands in it, and its first is its one place.
        var doors: [String: Place] = [:]
        var waiting = 0
        var lastNumber = 0

        /// Makes the next in a line before a limit the first of it.
        mutating func call(door name: String) -> Waiter? {
            guard var place = doors[name] else { return nil }
            guard let level = next(place) else {
                doors[name] = nil
                return nil
            }
            let waiter = place.lines[level].removeFirst()
            doors[name] = place
            return waiter
        }

        /// Takes the next in line where there is room.
        mutating func call(_ name: String) -> [Waiter] {
            guard var place = places[name] else { return [] }
            var called: [Waiter] = []
            while place.running < place.limit ?? .max, let level = next(place) {
                called.append(place.lines[level].removeFirst())
                place.running += 1
                waiting -= 1
            }
            places[name] = place
            return called
        }

        /// The level whose first is due.
        private func next(_ place: Place) -> Int? {
            let firsts = place.lines.enumerated().compactMap { level, line in
                line.first.map {
                    (due: $0.arrived + Int64(level) * settings.agingNanoseconds, number: $0.number, level: level)
                }
            }
            return firsts.min { ($0.due, $0.number) < ($1.due, $1.number) }?.level
        }
    }

    private let state = Mutex(State())

    /// Nobody has a place, and nobody waits.
    package init() {}

    /// Goes on with other limits, by provider; those without one have room for all.
    package func apply(_ limits: [String: Int], _ settings: Settings) {
        let called = state.withLock { state -> [Waiter] in
            state.settings = settings
            for name in Array(state.places.keys) { state.places[name]?.limit = limits[name] }
            for (name, limit) in limits { state.places[name, default: Place()].limit = limit }
            return Array(state.places.keys).flatMap { state.call($0) }
        }
        for waiter in called { waiter.called() }
    }

    package var settings: Settings { state.withLock { $0.settings } }

    /// True when a request would be admitted at once.
    package func hasRoom(_ provider: String) -> Bool {
        state.withLock { state in
            guard let place = state.places[provider], let limit = place.limit else { return true }
            return place.running < limit
        }
    }

    /// Asks for a place.
    ///
    /// * `called`: run once, by whoever gives a place back, when one is there; not when `enter` admits.
    package func enter(
        _ provider: String,
        _ urgency: Urgency,
        now: Int64,
        called: @escaping @Sendable () -> Void
    ) -> Answer {
        state.withLock { state in
            var place = state.places[provider] ?? Place()
            // While there is room nobody waits, so nobody is overtaken.
            if place.running < place.limit ?? .max {
                place.running += 1
                state.places[provider] = place
                return .admitted
            }
            guard state.waiting < state.settings.maxDepth else { return .full }
            state.waiting += 1
            state.lastNumber += 1
            place.lines[urgency.rawValue].append(Waiter(number: state.lastNumber, arrived: now, called: called))
            state.places[provider] = place
            return .waits(Ticket(provider: provider, number: state.lastNumber))
        }
    }

    /// Gives a place back; the next in line has it then.
    package func leave(_ provider: String) {
        let called = state.withLock { state -> [Waiter] in
            guard let running = state.places[provider]?.running, running > 0 else { return [] }
            state.places[provider]?.running -= 1
            return state.call(provider)
        }
        for waiter in called { waiter.called() }
    }

    /// Waits no longer; false when it has been called already, and so has a place to give back.
    package func cancel(_ ticket: Ticket) -> Bool {
        state.withLock { state in
            guard var place = state.places[ticket.provider] else { return false }
            for level in place.lines.indices {
                guard let index = place.lines[level].firstIndex(where: { $0.number == ticket.number }) else { continue }
                place.lines[level].remove(at: index)
                state.places[ticket.provider] = place
                state.waiting -= 1
                return true
            }
            return false
        }
    }

    // MARK: Lines before limits and budgets

    /// Stands in a line before a limit; the first of it is admitted and may try, the others are called in their turn.
    ///
    /// All of them count as waiting. Lines are as many as requests that stand in them, whatever their names.
    package func enter(
        door: String,
        _ urgency: Urgency,
        now: Int64,
        called: @escaping @Sendable () -> Void
    ) -> Answer {
        state.withLock { state in
            guard state.waiting < state.settings.maxDepth else { return .full }
            state.waiting += 1
            guard var place = state.doors[door] else {
                state.doors[door] = Place(limit: 1, running: 1)
                return .admitted
            }
            state.lastNumber += 1
            place.lines[urgency.rawValue].append(Waiter(number: state.lastNumber, arrived: now, called: called))
            state.doors[door] = place
            return .waits(Ticket(provider: door, number: state.lastNumber))
        }
    }

    /// The first of a line stands there no longer; the next is it then.
    package func leave(door: String) {
        let called = state.withLock { state -> Waiter? in
            guard state.doors[door] != nil else { return nil }
            state.waiting -= 1
            return state.call(door: door)
        }
        called?.called()
    }

    /// One that is not the first stands there no longer; false when it has just become the first.
    package func cancel(door ticket: Ticket) -> Bool {
        state.withLock { state in
            guard var place = state.doors[ticket.provider] else { return false }
            for level in place.lines.indices {
                guard let index = place.lines[level].firstIndex(where: { $0.number == ticket.number }) else { continue }
                place.lines[level].remove(at: index)
                state.doors[ticket.provider] = place
                state.waiting -= 1
                return true
            }
            return false
        }
    }

    /// True when somebody stands in a line.
    package func isOccupied(door: String) -> Bool { state.withLock { $0.doors[door] != nil } }

    /// Requests that stand before limits and budgets.
    package var waitingAtDoors: Int {
        state.withLock { state in state.doors.values.reduce(0) { $0 + $1.running + $1.waiting } }
    }

    /// What is known of each provider that has a limit, or that is asked, by name.
    package var lines: [Line] {
        state.withLock { state in
            state.places.sorted { $0.key < $1.key }.map { name, place in
                Line(
                    provider: name,
                    limit: place.limit,
                    running: place.running,
                    waiting: place.lines.map(\.count),
                    oldest: place.lines.compactMap { $0.first?.arrived }.min()
                )
            }
        }
    }
}
