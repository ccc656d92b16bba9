import Audit
import Store

/// What the process writes files for: its log of requests, and what was spent.
struct Desks {
    let audit: AuditDesk?
    let state: StateDesk?

    /// Opens what the configuration names; nil when the process may not start with it, which has been said.
    static func open(_ snapshot: Snapshot) -> Desks? {
        let audit: AuditDesk?
        do throws(AuditTrouble) {
            audit = try AuditDesk.open(snapshot)
        } catch {
            Console.say("audit: \(error.message)")
            if error.isTampered {
                Console.say("see `hoosh-proxy audit verify`; to begin another log, move its files away")
            }
            return nil
        }
        do throws(StateTrouble) {
            return Desks(audit: audit, state: try StateDesk.open(snapshot))
        } catch {
            Console.say("state: \(error.message)")
            audit?.log.stop()
            return nil
        }
    }

    /// Writes what is left.
    func close() {
        state?.stop()
        audit?.log.stop()
    }
}
