import Compiler
import HTTP
import Health
import JSON
import Loop
import Providers

// Reload and what is known about the configuration, on the admin listener.
extension AdminPaths {
    /// `POST /v1/admin/reload`: 200 when the file serves now, 422 with the findings when the old one stays.
    static func reload(_ session: Session) {
        guard session.reader.head.method == .post else {
            return session.refuse(Refusal(405, "method_not_allowed", "this path takes POST only", allow: "POST"))
        }
        session.awaitAnswer()
        let worker = session.worker
        let asker = LoopBound(WeakSession(session))
        let inbox = worker.loop.inbox
        worker.shared.reloader.ask(.admin) { outcome in
            inbox.post {
                let body =
                    "{\"result\":\"\(outcome.result.rawValue)\",\"config\":\"\(outcome.hash)\","
                    + "\"message\":\(quoted(outcome.sentence)),\"lint\":\(trimmed(outcome.findings))}"
                let status = outcome.result == .refused ? 422 : 200
                asker.value.session?.answer(status, "application/json", Array(body.utf8))
            }
        }
    }

    /// `GET /v1/admin/config`: which configuration runs, from where, since when, and what was wrong last.
    static func config(_ session: Session) {
        let worker = session.worker
        let status = worker.shared.reloader.status
        let configuration = worker.snapshot.configuration
        let files = status.files.map(quoted).joined(separator: ",")
        var body =
            "{\"config\":\"\(worker.snapshot.hash)\",\"path\":\(quoted(configuration.sourcePath)),\"files\":[\(files)],"
            + "\"loaded\":\(status.loadedSeconds),\"cause\":\(quoted(status.cause)),"
            + "\"watch\":\(configuration.listen.watch),\"routes\":\(worker.snapshot.program.routes.count),"
            + "\"reloads\":{\"success\":\(status.succeeded),\"failure\":\(status.failed)},\"last_error\":"
        if let failure = status.failure {
            body +=
                "{\"time\":\(failure.seconds),\"cause\":\(quoted(failure.cause)),"
                + "\"message\":\(quoted(failure.sentence)),\"lint\":\(trimmed(failure.findings))}"
        } else {
            body += "null"
        }
        body += ",\"lint\":\(trimmed(status.findings))}"
        session.answer(200, "application/json", Array(body.utf8))
    }

    /// `GET /v1/admin/state`: what a decision depends on beside the request: health, load and speed of the providers.
    ///
    /// No address, no key.
    static func state(_ session: Session) {
        let worker = session.worker
        let snapshot = worker.snapshot
        let now = worker.loop.now
        let rows = snapshot.configuration.providers.enumerated().map { index, provider in
            let health = snapshot.health[index]
            return "{\"provider\":\(quoted(provider.name)),\"enabled\":\(provider.isEnabled),\"up\":\(health.isUp),"
                + "\"clearance\":\"\(snapshot.clearances[index].level.word)\","
                + "\"in_flight\":\(health.inFlight),\"consecutive_failures\":\(health.consecutiveFailures),"
                + "\"latency\":[\(latency(provider, snapshot, health, now))]}"
        }
        let body =
            "{\"config\":\"\(snapshot.hash)\",\"version\":\"\(Version.current)\","
            + "\"providers\":[\(rows.joined(separator: ","))],\"store\":\(StatePaths.object(session))}"
        session.answer(200, "application/json", Array(body.utf8))
    }

    /// The moving averages that have a value, with the models that are known to share each (`LatencyTable`).
    private static func latency(
        _ provider: Provider,
        _ snapshot: Snapshot,
        _ health: ProviderHealth,
        _ now: Int64
    ) -> String {
        var models: [Int: [String]] = [:]
        for (name, metric) in snapshot.measuredModels(of: provider.index) {
            let cell = LatencyTable.cell(model: Array(name.utf8).span, metric: metric)
            models[cell, default: []].append(name)
        }
        let cells = (0..<LatencyTable.cellCount).compactMap { cell -> String? in
            guard let reading = health.latency.read(cell: cell, now: now) else { return nil }
            let names = (models[cell] ?? []).map(quoted).joined(separator: ",")
            return "{\"cell\":\(cell),\"microseconds\":\(reading.microseconds),"
                + "\"age_milliseconds\":\(reading.age / 1_000_000),\"models\":[\(names)]}"
        }
        return cells.joined(separator: ",")
    }

    /// A JSON string.
    private static func quoted(_ text: String) -> String {
        "\"\(String(decoding: JSONText.escaped(Array(text.utf8)), as: UTF8.self))\""
    }

    /// Ends with a line break, as a file does; inside another object it would stand in the way of reading.
    private static func trimmed(_ text: String) -> String {
        text.isEmpty ? "null" : String(text.reversed().drop { $0 == "\n" }.reversed())
    }
}
