import RouteModel
import Routing

/// One request for which two files differ, in words that hold for it alone.
enum DiffWitness {
    static func words(
        _ request: Request,
        _ explainer: Explainer,
        _ old: RouteDocument,
        _ new: RouteDocument
    ) -> String {
        var timeless = request
        timeless.openWindows = []
        let example = CounterExample(exactly: timeless, explainer, now: 0, isExact: true)
        let parts = [
            request.api == .chat ? "chat" : "", example.words, time(request, windows(old).union(windows(new))),
        ]
        return parts.filter { !$0.isEmpty }.joined(separator: "   ")
    }

    private static func windows(_ document: RouteDocument) -> Set<TimeWindow> {
        func windows(_ match: Match) -> [TimeWindow] {
            (match.times ?? []).map(\.value) + ((match.any ?? []) + match.not).flatMap(windows)
        }
        return Set(document.routes.compactMap(\.match).flatMap(windows))
    }

    /// A moment where one zone says it all; else the windows that it is in.
    private static func time(_ request: Request, _ windows: Set<TimeWindow>) -> String {
        let open = request.openWindows
        if open.isEmpty { return "" }
        if let zone = windows.first?.zone, windows.allSatisfy({ $0.zone == zone }) {
            for weekday in 0..<7 {
                for minute in 0..<1_440
                where windows.allSatisfy({ $0.contains(weekday: weekday, minute: minute) == open.contains($0) }) {
                    return "at \(Words.clock(weekday: weekday, minute: minute)) \(zone)"
                }
            }
        }
        let shut = windows.subtracting(open).map { "outside \(Words.window($0))" }
        return "at a time " + (open.map { "in \(Words.window($0))" }.sorted() + shut.sorted()).joined(separator: ", ")
    }
}
