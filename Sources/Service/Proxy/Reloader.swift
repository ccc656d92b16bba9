import Admission
import Audit
import CLinux
import Glibc
import Loop
import Report
import RouteLanguage
import Synchronization

/// Reads the route file again and publishes what it says, on a thread of its own (`routes.md` 2.7, hot reload).
///
/// All or nothing: whatever is wrong, the old snapshot stays. One reading serves everybody who asked before it began.
/// Any thread.
package final class Reloader: Sendable {
    /// Why the files are read.
    enum Cause: String, Sendable {
        case signal = "SIGHUP"
        case admin = "POST /v1/admin/reload"
        case watch = "a changed file"
    }

    private struct Wish: Sendable {
        let cause: Cause
        let reply: (@Sendable (ReloadOutcome) -> Void)?
    }

    /// What a reload works on; known once the loops run.
    struct Place: Sendable {
        let publication: Publication
        let rows: CounterRows
        let team: Team
        let audit: AuditDesk?
        let admission: AdmissionBook
        /// Told which files to watch, after each reading.
        let follow: @Sendable (_ files: [String]) -> Void
    }

    private let source: ConfigurationSource
    private let wishes = Mutex<[Wish]>([])
    private let state: Mutex<ReloadStatus>
    private let doorbell: Int32
    /// What is watched from the start.
    let watchedFiles: [String]

    /// * `first`: the reading that the process started with.
    init(_ source: ConfigurationSource, first: ConfigurationSource.Reading) {
        self.source = source
        var status = ReloadStatus()
        status.loadedSeconds = Int(WallClock.seconds())
        status.files = first.files
        status.findings = first.json
        status.namedFiles = first.namedFiles
        watchedFiles = first.ready?.configuration.listen.watch == true ? first.files + first.namedFiles : []
        state = Mutex(status)
        doorbell = eventfd(0, Int32(EFD_CLOEXEC))
    }

    deinit { _ = close(doorbell) }

    /// What is known about the loading so far.
    var status: ReloadStatus { state.withLock { $0 } }

    /// Asks for a reload; `reply` comes from the reload's thread.
    func ask(_ cause: Cause, reply: (@Sendable (ReloadOutcome) -> Void)? = nil) {
        wishes.withLock { $0.append(Wish(cause: cause, reply: reply)) }
        var one: UInt64 = 1
        _ = write(doorbell, &one, 8)
    }

    /// Serves wishes until the process ends.
    func start(_ place: Place) {
        _ = LoopThread(name: "reload") { [self] in
            while true {
                var count: UInt64 = 0
                _ = read(doorbell, &count, 8)
                let all = wishes.withLock { list in
                    let taken = list
                    list.removeAll()
                    return taken
                }
                guard let first = all.first else { continue }
                // A person or a program that asks wants the secrets read again, too.
                let cause = all.first { $0.cause != .watch }?.cause ?? first.cause
                let outcome = reload(cause, place)
                note(outcome, cause, place)
                for wish in all { wish.reply?(outcome) }
            }
        }
    }

    /// What came of it, for the audit log; files that say what they said are no event.
    private func note(_ outcome: ReloadOutcome, _ cause: Cause, _ place: Place) {
        guard outcome.result != .unchanged else { return }
        place.audit?.log.submit(
            .reload(
                cause: cause.rawValue,
                result: outcome.result.rawValue,
                configuration: outcome.hash,
                message: outcome.sentence
            )
        )
    }

    private func watchedFiles(_ snapshot: Snapshot?, _ files: [String]) -> [String] {
        snapshot?.configuration.listen.watch == true ? files : []
    }

    private func reload(_ cause: Cause, _ place: Place) -> ReloadOutcome {
        guard let current = place.publication.latest else {
            return ReloadOutcome(result: .refused, sentence: "the proxy has not started", findings: "{}", hash: "")
        }
        let reading = source.read()
        let running = current.configuration
        guard let ready = reading.ready else {
            return refuse(reading, cause, reading.refusal(of: source.path), current, place)
        }
        if let change = Reloader.needsRestart(from: running.listen, to: ready.configuration.listen) {
            return refuse(reading, cause, change, current, place)
        }
        if let change = AuditDesk.needsRestart(from: running, to: ready.configuration) {
            return refuse(reading, cause, change, current, place)
        }
        if let change = StateDesk.needsRestart(from: running, to: ready.configuration) {
            return refuse(reading, cause, change, current, place)
        }
        if let change = StoreDesk.needsRestart(from: running, to: ready.configuration) {
            return refuse(reading, cause, change, current, place)
        }
        let next = Snapshot(ready, rows: place.rows, after: current)
        if cause == .watch, next.isSame(as: current) {
            state.withLock { $0.failure = nil }
            place.follow(watchedFiles(current, reading.files + reading.namedFiles))
            return ReloadOutcome(
                result: .unchanged,
                sentence: "the files say what they said before",
                findings: reading.json,
                hash: current.hash
            )
        }
        publish(next, place)
        place.audit?.apply(next)
        place.admission.apply(next)
        state.withLock { status in
            status.succeeded += 1
            status.loadedSeconds = Int(WallClock.seconds())
            status.cause = cause.rawValue
            status.files = reading.files
            status.namedFiles = reading.namedFiles
            status.findings = reading.json
            status.failure = nil
        }
        reading.log()
        let sentence = "reloaded on \(cause.rawValue): configuration \(next.hash) (was \(current.hash))"
        Console.say(sentence)
        place.follow(watchedFiles(next, reading.files + reading.namedFiles))
        return ReloadOutcome(result: .reloaded, sentence: sentence, findings: reading.json, hash: next.hash)
    }

    private func publish(_ next: Snapshot, _ place: Place) {
        place.publication.publish(next)
        let missing = Atomic(place.team.count)
        let left = Countdown(missing)
        place.team.tell { member in
            member.refresh()
            if left.isLast() { place.publication.forget(before: next) }
        }
    }

    private func refuse(
        _ reading: ConfigurationSource.Reading,
        _ cause: Cause,
        _ what: String,
        _ current: Snapshot,
        _ place: Place
    ) -> ReloadOutcome {
        let sentence = "not reloaded on \(cause.rawValue): \(what); configuration \(current.hash) goes on"
        let failure = ReloadStatus.Failure(
            seconds: Int(WallClock.seconds()),
            cause: cause.rawValue,
            sentence: sentence,
            findings: reading.json
        )
        let files = state.withLock { status in
            status.failed += 1
            status.failure = failure
            return Set(status.files + status.namedFiles + reading.files + reading.namedFiles).sorted()
        }
        reading.log()
        Console.say(sentence)
        place.follow(watchedFiles(current, files))
        return ReloadOutcome(result: .refused, sentence: sentence, findings: reading.json, hash: current.hash)
    }

    /// What cannot change while the process runs; nil when nothing of it did.
    static func needsRestart(from old: ListenSettings, to new: ListenSettings) -> String? {
        if old.address != new.address {
            return "`listen.address` changed from \(old.address) to \(new.address), which needs a restart"
        }
        if old.admin != new.admin {
            let (before, after) = (old.admin ?? "none", new.admin ?? "none")
            return "`listen.admin` changed from \(before) to \(after), which needs a restart"
        }
        return nil
    }
}

/// Tells who comes last.
private final class Countdown: Sendable {
    private let left: Atomic<Int>
    init(_ left: consuming Atomic<Int>) { self.left = left }
    func isLast() -> Bool { left.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 }
}

extension ConfigurationSource.Reading {
    /// Tells standard error what stands against the file and what is doubtful; notes are left to `lint`.
    func log() {
        var worth = Problems()
        for source in problems.sources.values { worth.add(source: source) }
        for secret in problems.secrets { worth.hide(secret) }
        for spot in problems.secretSpots { worth.hide(at: spot) }
        for problem in problems.all where problem.severity != .note { worth.add(problem) }
        if !worth.isEmpty { Console.write(Render(worth, isColored: Console.hasColor).text(.human)) }
    }
}
