import RouteModel
import Zones

/// Which windows are open together at some moment: the clocks of two zones do not go independently of one another.
package struct OpenTimes: Sendable {
    /// A set of windows that is open, and all others shut, at a moment.
    package struct Moment: Sendable {
        package let open: Set<TimeWindow>
        /// The first found.
        package let unixSeconds: Int
    }

    /// One for each set that occurs.
    package private(set) var all: [Moment] = []

    /// A Monday's midnight, for answers that must not depend on the day they are asked for.
    package static let monday = 1_767_571_200
    private static let quarterSeconds = 900

    /// Looks through a year.
    ///
    /// Days on which all zones are as far from UTC as on an earlier same weekday show nothing new. Nil when a zone is
    /// not in the database.
    ///
    /// - Parameters:
    ///   - windows: all windows that anybody asks for.
    ///   - start: where the year begins, in Unix seconds.
    package init?(_ windows: Set<TimeWindow>, from start: Int) {
        let windows = windows.sorted { ($0.zone, $0.days, $0.startMinute) < ($1.zone, $1.days, $1.startMinute) }
        let names = Set(windows.map(\.zone)).sorted()
        var zones: [Zone] = []
        for name in names {
            guard let zone = try? Zones.load(name) else { return nil }
            zones.append(zone)
        }
        let positions = windows.map { names.firstIndex(of: $0.zone) ?? 0 }
        // Zones are whole quarters of an hour apart.
        let edges = windows.flatMap { [$0.startMinute % 15, $0.endMinute % 15] }
        let rests = Set(edges + [0]).sorted()
        var seen: Set<[Bool]> = []
        func look(at moment: Int) {
            let times = zones.map { $0.time(at: moment) }
            let open = windows.indices.map { index in
                let time = times[positions[index]]
                return windows[index].contains(weekday: time.weekday, minute: time.minute)
            }
            guard seen.insert(open).inserted else { return }
            let set = Set(zip(windows, open).filter(\.1).map(\.0))
            all.append(Moment(open: set, unixSeconds: moment))
        }
        look(at: start)
        let first = start - start % Self.quarterSeconds
        var days: Set<[Int]> = []
        for day in 0..<366 {
            let (from, to) = (first + day * 86_400, first + (day + 1) * 86_400)
            let offsets = zones.flatMap { [$0.offsetSeconds(at: from), $0.offsetSeconds(at: to)] }
            guard days.insert([day % 7] + offsets).inserted else { continue }
            for quarter in 0..<96 {
                for rest in rests {
                    let moment = from + quarter * Self.quarterSeconds + rest * 60
                    if moment >= start { look(at: moment) }
                }
            }
        }
    }

    /// A moment at which these windows are open and no others; nil when there is none.
    package func moment(opening open: Set<TimeWindow>) -> Int? { all.first { $0.open == open }?.unixSeconds }
}

extension Match {
    /// The windows that it asks for, at any depth.
    package var windows: [TimeWindow] {
        (times ?? []).map(\.value) + ((any ?? []) + not).flatMap(\.windows)
    }
}

extension RouteDocument {
    /// The windows that its routes ask for.
    package var windows: Set<TimeWindow> { Set(routes.compactMap(\.match).flatMap(\.windows)) }
}
