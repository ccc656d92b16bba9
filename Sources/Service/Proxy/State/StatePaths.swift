import Compiler
import JSON
import RouteModel
import Telemetry

/// What the admin listener tells of where it is kept what was spent.
enum StatePaths {
    /// A member of `/v1/admin/state`.
    static func object(_ session: Session) -> String {
        if let store = session.worker.shared.store {
            return "{\"kind\":\"redis\",\"server\":\(quoted(store.settings.address.shown)),\"ok\":\(store.health.isUp)}"
        }
        guard let desk = session.worker.shared.state else { return "{\"kind\":\"memory\"}" }
        let status = desk.status
        return "{\"kind\":\"sqlite\",\"path\":\(quoted(desk.path)),\"ok\":\(status.trouble == nil),"
            + "\"trouble\":\(status.trouble.map(quoted) ?? "null"),\"errors\":\(status.errors),"
            + "\"batches\":\(status.batches),\"pending\":\(status.pending),\"written_ms\":\(status.writtenMilliseconds)}"
    }

    private static func quoted(_ text: String) -> String {
        "\"\(String(decoding: JSONText.escaped(Array(text.utf8)), as: UTF8.self))\""
    }

    /// Its families for the page of metrics; nothing without a file.
    static func metrics(_ desk: StateDesk?) -> String {
        guard let desk else { return "" }
        let status = desk.status
        var page = PrometheusText()
        func one(_ name: String, _ type: String, _ help: String, _ value: Int) {
            page.family(name, type, help)
            page.sample(name, [], "\(value)")
        }
        let isUp = status.trouble == nil
        one("hoosh_store_up", "gauge", "1 while it can be written what was spent.", isUp ? 1 : 0)
        one("hoosh_store_errors_total", "counter", "Batches that could not be written.", status.errors)
        one("hoosh_store_batches_total", "counter", "Batches that were written.", status.batches)
        one("hoosh_store_pending", "gauge", "Lines that wait because they could not be written.", status.pending)
        return page.text
    }
}
