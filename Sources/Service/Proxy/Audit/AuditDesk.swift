import Audit
import Compiler
import Glibc
import RouteModel
import Routing
import Synchronization

/// The audit log of the process, which outlives every configuration.
///
/// Any thread.
final class AuditDesk: Sendable {
    let log: AuditLog
    /// Somebody reads it back; one at a time.
    let isReading = Atomic<Bool>(false)

    private init(_ log: AuditLog) { self.log = log }

    /// Opens the log that the configuration names; nil when it names none.
    ///
    /// - Throws: why the process may not start with it.
    static func open(_ snapshot: Snapshot) throws(AuditTrouble) -> AuditDesk? {
        guard let section = snapshot.configuration.document.audit, let path = section.path?.value else { return nil }
        // A limit on a file's size comes as an error of the write, not as the end of the process.
        signal(SIGXFSZ, SIG_IGN)
        var surroundings = AuditLog.Surroundings(
            origin: AuditOrigin(version: Version.current, configuration: snapshot.hash),
            clock: { WallClock.milliseconds() },
            say: { Console.say($0) }
        )
        surroundings.startsAnyway = !section.deniesOnFailure.value
        let log = try AuditLog.open(
            path,
            key: snapshot.configuration.auditKey.map { AuditKey(Array($0.utf8)) },
            settings: AuditSettings(section),
            in: surroundings
        )
        Console.say("audit: \(path) goes on at \(log.status.head.text)")
        return AuditDesk(log)
    }

    /// Goes on with what a new configuration says of it.
    func apply(_ snapshot: Snapshot) {
        if let section = snapshot.configuration.document.audit { log.apply(AuditSettings(section)) }
    }

    /// What of it cannot change while the process runs; nil when nothing of that did.
    static func needsRestart(from old: Configuration, to new: Configuration) -> String? {
        let (before, after) = (old.document.audit, new.document.audit)
        if (before == nil) != (after == nil) {
            return "`audit` was \(after == nil ? "removed" : "added"), which needs a restart"
        }
        if before?.path?.value != after?.path?.value { return "`audit.path` changed, which needs a restart" }
        return old.auditKey == new.auditKey ? nil : "`audit.key` changed, which needs a restart"
    }
}

extension AuditSettings {
    fileprivate init(_ section: RouteModel.Audit) {
        self.init()
        rotateBytes = section.rotateBytes.value
        syncMilliseconds = section.syncMilliseconds.value
    }
}

/// What a configuration wants kept of requests.
struct AuditPolicy: Sendable {
    var body: RouteModel.Audit.Body
    var maxLevel: Level
    /// Nothing is served that cannot be written down.
    var denies: Bool

    /// Nil without `audit`.
    init?(_ section: RouteModel.Audit?) {
        guard let section else { return nil }
        body = section.body.value
        maxLevel = section.maxLevel.value
        denies = section.deniesOnFailure.value
    }
}
