import Analysis
import Compiler
import Interpreter
import RouteModel
import Routing
import Zones

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
        let parts = [request.api == .chat ? "chat" : "", example.words, time(request, old, new)]
        return parts.filter { !$0.isEmpty }.joined(separator: "   ")
    }

    /// A moment as `--at` takes it; none when the request goes both ways at any time.
    private static func time(_ request: Request, _ old: RouteDocument, _ new: RouteDocument) -> String {
        let windows = old.windows.union(new.windows)
        if windows.isEmpty { return "" }
        let open = request.openWindows
        guard let times = OpenTimes(windows, from: OpenTimes.monday), let moment = times.moment(opening: open) else {
            let shut = windows.subtracting(open).map { "outside \(Words.window($0))" }
            return "at a time "
                + (open.map { "in \(Words.window($0))" }.sorted() + shut.sorted()).joined(separator: ", ")
        }
        let sides = [old, new].map { Interpreter($0, patterns: HeaderPatterns.matcher()) }
        let ways = sides.map { $0.decide(request) }
        let isTimeless = times.all.allSatisfy { time in
            var other = request
            other.openWindows = time.open
            return sides.map { $0.decide(other) } == ways
        }
        if isTimeless { return "" }
        let zone = (open.isEmpty ? windows : open).map(\.zone).min().flatMap { try? Zones.load($0) }
        return "at \(DateTime.text(moment, in: zone ?? .utc))"
    }
}
