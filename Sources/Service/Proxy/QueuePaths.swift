import Admission
import Telemetry

/// What the admin listener tells of the requests that wait.
enum QueuePaths {
    /// `GET /v1/queue/status`: who has places, and who waits for one.
    static func status(_ session: Session) {
        let worker = session.worker
        let book = worker.shared.admission
        let lines = book.lines.filter { $0.limit != nil }
        let now = worker.loop.now
        let rows = lines.map { line in
            let levels = Urgency.allCases.map { "\"\($0)\":\(line.waiting[$0.rawValue])" }.joined(separator: ",")
            let oldest = line.oldest.map { "\(max(0, now - $0) / 1_000_000)" } ?? "null"
            return "{\"provider\":\"\(line.provider)\",\"concurrent\":\(line.limit ?? 0),\"running\":\(line.running),"
                + "\"waiting\":{\(levels)},\"oldest_milliseconds\":\(oldest)}"
        }
        let atLimits = book.waitingAtDoors
        let waiting = lines.reduce(0) { $0 + $1.waiting.reduce(0, +) } + atLimits
        let settings = book.settings
        let body =
            "{\"waiting\":\(waiting),\"at_limits\":\(atLimits),\"max_depth\":\(settings.maxDepth),"
            + "\"max_wait_milliseconds\":\(settings.maxWaitNanoseconds / 1_000_000),"
            + "\"aging_milliseconds\":\(settings.agingNanoseconds / 1_000_000),"
            + "\"refused\":\(worker.shared.refusedForRoom.load(ordering: .relaxed)),"
            + "\"providers\":[\(rows.joined(separator: ","))]}"
        session.answer(200, "application/json", Array(body.utf8))
    }

    /// Its families for the page of metrics; nothing where no provider has a limit.
    static func metrics(_ shared: Shared) -> String {
        let lines = shared.admission.lines.filter { $0.limit != nil }
        let atLimits = shared.admission.waitingAtDoors
        guard !lines.isEmpty || atLimits > 0 || shared.refusedForRoom.load(ordering: .relaxed) > 0 else { return "" }
        var page = PrometheusText()
        page.family("hoosh_queue_waiting", "gauge", "Requests that wait for a place at a provider, by level.")
        for line in lines {
            for level in Urgency.allCases {
                let labels = [("provider", line.provider), ("level", "\(level)")]
                page.sample("hoosh_queue_waiting", labels, "\(line.waiting[level.rawValue])")
            }
        }
        page.family("hoosh_queue_running", "gauge", "Places taken at a provider that has a limit.")
        for line in lines { page.sample("hoosh_queue_running", [("provider", line.provider)], "\(line.running)") }
        page.family("hoosh_queue_at_limits", "gauge", "Requests that wait for a limit or a budget.")
        page.sample("hoosh_queue_at_limits", [], "\(atLimits)")
        page.family("hoosh_queue_refused_total", "counter", "Requests refused because no place came free in time.")
        page.sample("hoosh_queue_refused_total", [], "\(shared.refusedForRoom.load(ordering: .relaxed))")
        return page.text
    }
}
