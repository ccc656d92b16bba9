import Audit
import Dialect
import HTTP
import JSON
import Loop
import Telemetry

/// What the admin listener tells of the audit log.
enum AuditPaths {
    private static let mostEntries = 1_000

    /// `GET /v1/audit`: the last entries, and whether what stands on the disk is what was written.
    static func list(_ session: Session) {
        guard let desk = session.worker.shared.audit else {
            return session.refuse(Refusal(404, "audit_off", "the route file has no `audit`"))
        }
        var filter = AuditTail.Filter()
        var count = 100
        for item in QueryItems.read(Array(session.query.utf8).span) {
            let value = String(decoding: item.value, as: UTF8.self)
            switch item.name {
            case "limit":
                guard let number = Int(value), (1...mostEntries).contains(number) else {
                    return refuse(session, "`limit` is a number from 1 to \(mostEntries)")
                }
                count = number
            case "after":
                guard let number = Int(value), number >= 0 else { return refuse(session, "`after` is a sequence") }
                filter.after = number
            default:
                if item.name == "status", Int(value).map({ !(100...599).contains($0) }) ?? true {
                    return refuse(session, "`status` is a number from 100 to 599")
                }
                guard filter.want(item.name, value) else {
                    let known = (["limit", "after"] + AuditTail.Filter.members).joined(separator: ", ")
                    return refuse(session, "there is no filter `\(item.name.prefix(40))`; there are: \(known)")
                }
            }
        }
        guard desk.isReading.compareExchange(expected: false, desired: true, ordering: .acquiring).exchanged else {
            let refusal = Refusal(503, "audit_busy", "somebody else reads the log just now")
            return session.refuse(refusal, retryAfterSeconds: 1)
        }
        session.awaitAnswer()
        let asker = LoopBound(WeakSession(session))
        let inbox = session.worker.loop.inbox
        let (wanted, limit) = (filter, count)
        _ = LoopThread(name: "audit-read") {
            let body = page(AuditTail.read(desk.log, last: limit, wanted), desk.log)
            desk.isReading.store(false, ordering: .releasing)
            inbox.post { asker.value.session?.answer(200, "application/json", body) }
        }
    }

    private static func refuse(_ session: Session, _ message: String) {
        session.refuse(Refusal(400, "invalid_query", message))
    }

    private static func page(_ tail: AuditTail, _ log: AuditLog) -> [UInt8] {
        let status = log.status
        let faults = tail.faults.prefix(20).map { quoted($0.text) }.joined(separator: ",")
        let head =
            "{\"verified\":\(tail.isVerified),\"checked\":\(tail.checked),\"faults\":[\(faults)],"
            + "\"head\":\"\(status.head.text)\",\"trouble\":\(status.trouble.map(quoted) ?? "null"),"
            + "\"queued\":\(log.queued),\"denied\":\(log.denied),\"lost\":\(log.lost),\"entries\":["
        return Array(head.utf8) + Array(tail.lines.map(shown).joined(separator: [0x2c])) + Array("]}".utf8)
    }

    /// A line as it stands there; as a text where somebody made it no JSON.
    private static func shown(_ line: [UInt8]) -> [UInt8] {
        var scanner = JSONScanner()
        if (try? scanner.skipValue(line.span)) != nil, scanner.isAtEnd(line.span),
            String(validating: line, as: UTF8.self) != nil
        {
            return line
        }
        return Array(quoted(String(decoding: line, as: UTF8.self)).utf8)
    }

    private static func quoted(_ text: String) -> String {
        "\"\(String(decoding: JSONText.escaped(Array(text.utf8)), as: UTF8.self))\""
    }

    /// Its families for the page of metrics; nothing without a log.
    static func metrics(_ desk: AuditDesk?) -> String {
        guard let log = desk?.log else { return "" }
        let status = log.status
        var page = PrometheusText()
        func one(_ name: String, _ type: String, _ help: String, _ value: Int) {
            page.family(name, type, help)
            page.sample(name, [], "\(value)")
        }
        one("hoosh_audit_up", "gauge", "1 while the audit log can be written.", status.trouble == nil ? 1 : 0)
        one("hoosh_audit_sequence", "gauge", "Number of the last line of the audit log.", status.head.sequence)
        one("hoosh_audit_lines_total", "counter", "Lines written to the audit log.", status.records)
        one("hoosh_audit_failures_total", "counter", "Times the audit log stopped being writable.", status.failures)
        one("hoosh_audit_denied_total", "counter", "Requests refused because of the audit log.", log.denied)
        one("hoosh_audit_lost_total", "counter", "Lines that found no room and were lost.", log.lost)
        one("hoosh_audit_queued", "gauge", "Lines that wait to be written.", log.queued)
        return page.text
    }
}
