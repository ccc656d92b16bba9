import HTTP
import Loop
import Telemetry

/// The paths of the admin listener: probes and metrics.
enum AdminPaths {
    /// Sections and keys of the language whose default has no engine in this build, so that they are off.
    static let enginesOff = [
        "privacy", "pools", "rate_limits", "cache", "queue", "audit", "auth", "telemetry.otlp", "hardware",
        "listen.watch",
    ]

    /// Serves the request that stands in the session.
    static func serve(_ session: Session) {
        let method = session.reader.head.method
        guard method == .get || method == .head else {
            return session.refuse(
                Refusal(405, "method_not_allowed", "the admin listener takes GET only", allow: "GET, HEAD")
            )
        }
        switch session.path {
        case "/healthz", "/livez", "/health/liveliness", "/health/liveness":
            session.answer(200, "application/json", Array("{\"status\":\"ok\"}".utf8))
        case "/readyz", "/health/readiness": ready(session)
        case "/metrics": metrics(session)
        default:
            session.refuse(
                Refusal(404, "not_found", "the admin listener has /healthz, /readyz, /health/* and /metrics")
            )
        }
    }

    /// Ready from the first listener to the beginning of the drain; never depends on an upstream.
    private static func ready(_ session: Session) {
        let worker = session.worker
        let isDraining = worker.shared.isDraining.load(ordering: .relaxed)
        let off = enginesOff.map { "\"\($0)\"" }.joined(separator: ",")
        let body =
            "{\"status\":\"\(isDraining ? "draining" : "ready")\",\"version\":\"\(Version.current)\","
            + "\"config\":\"\(worker.snapshot.hash)\",\"without_engine\":[\(off)]}"
        session.answer(isDraining ? 503 : 200, "application/json", Array(body.utf8))
    }

    private static func metrics(_ session: Session) {
        let worker = session.worker
        let snapshot = worker.snapshot
        session.awaitAnswer()
        let asker = LoopBound(WeakSession(session))
        worker.team.gather(for: worker.loop.inbox) { counters in
            let providers = snapshot.configuration.providers.enumerated().map { index, provider in
                (name: provider.name, isUp: snapshot.health[index].isUp)
            }
            let page = PrometheusText.page(
                counters,
                providers: providers,
                routes: snapshot.configuration.program.routes.map(\.name),
                version: Version.current,
                configHash: snapshot.hash
            )
            asker.value.session?.answer(200, PrometheusText.contentType, Array(page.utf8))
        }
    }
}

/// A session that may be gone when its answer comes.
private final class WeakSession {
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
