import HTTP
import Identity
import Loop
import Routing
import Telemetry

/// The paths of the admin listener: probes, metrics, and the configuration.
enum AdminPaths {
    /// Sections and keys of the language whose default has no engine in this build, so that they are off.
    static let enginesOff = [
        "telemetry.otlp", "hardware",
    ]

    /// Serves the request that stands in the session.
    static func serve(_ session: Session) {
        let isAdmin = admits(session)
        if !isAdmin, !probes.contains(session.path) { return refuseStranger(session) }
        if !isForHere(session) {
            let message = "without a token (auth.admin) the admin listener answers to addresses and local names only"
            return session.refuse(Refusal(403, "forbidden_host", message))
        }
        if session.isStoppedByAudit() { return }
        let method = session.reader.head.method
        // A page in a browser on this machine can send a POST, too, but never without this field (Fetch, 3.2).
        guard
            method == .get || method == .head
                || !session.reader.head.fields.contains(where: { session.isNamed($0, "origin") })
        else {
            return session.refuse(Refusal(403, "forbidden", "what changes something is not for pages in a browser"))
        }
        if session.path == "/v1/admin/reload" { return reload(session) }
        if session.path == "/v1/costs/reset" { return CostPaths.reset(session) }
        if serveCache(session) { return }
        guard method == .get || method == .head else {
            return session.refuse(
                Refusal(405, "method_not_allowed", "this path takes GET only", allow: "GET, HEAD")
            )
        }
        switch session.path {
        case "/healthz", "/livez", "/health/liveliness", "/health/liveness":
            session.answer(200, "application/json", Array("{\"status\":\"ok\"}".utf8))
        case "/readyz", "/health/readiness": ready(session, isAdmin: isAdmin)
        case "/metrics": metrics(session)
        case "/v1/admin/config": config(session)
        case "/v1/admin/state": state(session)
        case "/v1/queue/status": QueuePaths.status(session)
        case "/v1/audit": AuditPaths.list(session)
        case "/v1/costs": CostPaths.sums(session)
        default:
            session.refuse(
                Refusal(
                    404,
                    "not_found",
                    "the admin listener has /healthz, /readyz, /health/*, /metrics, /v1/audit, /v1/costs, /v1/cache/*, "
                        + "/v1/queue/status and /v1/admin/*"
                )
            )
        }
    }

    /// False for what a page in a browser may have sent whose name points here; probes and scrapes tell nothing to hide.
    private static func isForHere(_ session: Session) -> Bool {
        let configuration = session.worker.snapshot.configuration
        guard configuration.access.admin == nil, let address = configuration.listen.admin,
            session.path != "/metrics", !probes.contains(session.path),
            let field = session.reader.head.fields.first(where: { session.isNamed($0, "host") })
        else { return true }
        let host = String(decoding: session.requestBytes[field.value.range], as: UTF8.self)
        return OwnHost.holds(host, listeningOn: address)
    }

    /// Ready from the first listener to the beginning of the drain; never depends on an upstream.
    private static func ready(_ session: Session, isAdmin: Bool) {
        let worker = session.worker
        let isDraining = worker.shared.isDraining.load(ordering: .relaxed)
        let isWarming = worker.snapshot.warm?.holdsReadiness == true && !worker.shared.warming.counts.hasEnded
        let status = isDraining ? "draining" : isWarming ? "warming" : "ready"
        let code = isDraining || isWarming ? 503 : 200
        guard isAdmin else {
            return session.answer(code, "application/json", Array("{\"status\":\"\(status)\"}".utf8))
        }
        let off = enginesOff.map { "\"\($0)\"" }.joined(separator: ",")
        let body =
            "{\"status\":\"\(status)\",\"version\":\"\(Version.current)\","
            + "\"config\":\"\(worker.snapshot.hash)\",\"without_engine\":[\(off)]}"
        session.answer(code, "application/json", Array(body.utf8))
    }

    private static func metrics(_ session: Session) {
        let worker = session.worker
        let snapshot = worker.snapshot
        let rows = worker.shared.rows
        let status = worker.shared.reloader.status
        let reloads = PrometheusText.Reloads(
            succeeded: status.succeeded,
            failed: status.failed,
            loadedSeconds: status.loadedSeconds
        )
        session.awaitAnswer()
        let asker = LoopBound(WeakSession(session))
        worker.team.gather(for: worker.loop.inbox) { counters in
            // Names may have come since the loops were asked; rows never change their name.
            let names = rows.providerNames.prefix(counters.providers.count)
            let routes = rows.routeNames.prefix(counters.routes.count)
            let keys = rows.keyNames.prefix(counters.keys.count)
            let providers = names.enumerated().map { row, name in
                (name: name, isUp: snapshot.providerRows.firstIndex(of: row).map { snapshot.health[$0].isUp })
            }
            let page = PrometheusText.page(
                counters,
                providers: providers,
                routes: Array(routes),
                keys: Array(keys),
                classes: Level.allCases.map(\.word),
                reloads: reloads,
                version: Version.current,
                configHash: snapshot.hash
            )
            guard let session = asker.value.session else { return }
            StoreCensus.refresh(session.worker) {
                guard let session = asker.value.session else { return }
                session.answer(200, PrometheusText.contentType, Array((page + governance(session, snapshot)).utf8))
            }
        }
    }

    private static func governance(_ session: Session, _ snapshot: Snapshot) -> String {
        let (shared, now) = (session.worker.shared, session.loop.now)
        return AuditPaths.metrics(shared.audit) + QueuePaths.metrics(shared) + StatePaths.metrics(shared.state)
            + GovernanceMetrics.page(snapshot.governance.books, shared.store?.census, now: now)
            + (shared.store?.metrics ?? "") + cacheMetrics(snapshot.cacheBook.report(now: now))
    }
}

/// A session that may be gone when its answer or its turn comes.
final class WeakSession {
    weak var session: Session?
    init(_ session: Session) { self.session = session }
}

/// Carries something of one loop through other threads, which only hand it back.
///
/// `@unchecked Sendable` holds because `value` is only used in messages that the inbox of that same loop runs.
final class LoopBound<Value>: @unchecked Sendable {
    let value: Value
    init(_ value: Value) { self.value = value }
}
