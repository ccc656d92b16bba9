import Loop
import Synchronization

/// How a log is written; may change while it runs.
package struct AuditSettings: Equatable, Sendable {
    /// A file that has this many bytes is closed and the next begun.
    package var rotateBytes = 64 << 20
    /// How often what was written reaches the disk, and the head is anchored.
    package var syncMilliseconds = 1_000
    package init() {}
}

/// The door to a log: takes records from any thread and hands them to the one that writes.
///
/// Nobody waits for the disk: a record is put into a bounded list under a short lock. What is accepted while the log cannot be
/// written waits there; when the list is full, `isWorking` is false, so that nothing new is begun.
package final class AuditLog: Sendable {
    /// How much may wait.
    package struct Bounds: Sendable {
        /// Beyond this nothing new should be begun.
        package var records = 8_192
        package var bytes = 32 << 20
        /// Beyond this many times as much, records are lost, and counted.
        package var excess = 8
        package init() {}
    }

    /// What is known about the log now.
    package struct Status: Equatable, Sendable {
        /// Where the chain stands with what was handed to the kernel.
        package var head: AuditHead
        /// Bytes of the file that is written, up to there.
        package var fileBytes = 0
        /// Files begun by this process.
        package var files = 0
        /// Why it cannot be written; nil while it can.
        package var trouble: String?
        package var records = 0
        package var failures = 0
    }

    struct Letter: Sendable {
        let record: AuditRecord
        let time: Int
    }

    private struct Waiting {
        var letters: [Letter] = []
        var bytes = 0
        var isStopping = false
    }

    package let files: AuditFiles
    package let key: AuditKey
    private let bounds: Bounds
    private let waiting = Mutex(Waiting())
    private let settingsNow: Mutex<AuditSettings>
    private let statusNow: Mutex<Status>
    private let isFailing = Atomic<Bool>(false)
    private let isFull = Atomic<Bool>(false)
    /// Requests that were turned away, and records that found no room, since the start.
    private let deniedCount = Atomic<Int>(0)
    private let lostCount = Atomic<Int>(0)
    private let doorbell = Doorbell()
    private let thread = Mutex<LoopThread?>(nil)
    /// The time of day in milliseconds since 1970, UTC.
    let clock: @Sendable () -> Int
    /// Tells the people who run this.
    let say: @Sendable (String) -> Void

    /// What a log needs beside its files.
    package struct Surroundings: Sendable {
        package var origin: AuditOrigin
        package var clock: @Sendable () -> Int
        package var say: @Sendable (String) -> Void
        package var bounds = Bounds()
        /// True when a log that was tampered with or cannot be opened does not keep the process from starting.
        package var startsAnyway = false
        package init(
            origin: AuditOrigin,
            clock: @escaping @Sendable () -> Int,
            say: @escaping @Sendable (String) -> Void
        ) {
            self.origin = origin
            self.clock = clock
            self.say = say
        }
    }

    private init(_ files: AuditFiles, _ key: AuditKey, _ settings: AuditSettings, _ surroundings: Surroundings) {
        self.files = files
        self.key = key
        bounds = surroundings.bounds
        clock = surroundings.clock
        say = surroundings.say
        settingsNow = Mutex(settings)
        statusNow = Mutex(Status(head: .none))
    }

    /// Opens a log, or goes on with the one that is there, and starts its thread.
    ///
    /// * `key`: nil makes one that ends with the process.
    ///
    /// - Throws: why it may not be gone on with.
    package static func open(
        _ path: String,
        key: AuditKey?,
        settings: AuditSettings,
        in surroundings: Surroundings
    ) throws(AuditTrouble) -> AuditLog {
        guard let used = key ?? AuditKey.random() else { throw AuditTrouble("no random bytes for a key") }
        let log = AuditLog(AuditFiles(path: path), used, settings, surroundings)
        let writer = AuditWriter(log, surroundings.origin, isKeyLasting: key != nil)
        try writer.start(anyway: surroundings.startsAnyway)
        let box = WriterBox(writer)
        let thread = LoopThread(name: "audit") { box.writer.run() }
        log.thread.withLock { $0 = thread }
        return log
    }

    /// Carries the writer into its thread.
    ///
    /// `@unchecked Sendable` holds because the thread that fills it never touches the writer again.
    private final class WriterBox: @unchecked Sendable {
        let writer: AuditWriter
        init(_ writer: AuditWriter) { self.writer = writer }
    }

    // MARK: For those who write records

    /// True while what is submitted reaches the log: otherwise nothing new should be begun (`on_failure: deny`).
    package var isWorking: Bool { !isFailing.load(ordering: .relaxed) && !isFull.load(ordering: .relaxed) }

    /// Hands in a record; false when it found no room and is lost, which is counted.
    @discardableResult
    package func submit(_ record: AuditRecord) -> Bool {
        let letter = Letter(record: record, time: clock())
        enum Outcome { case first, queued, lost }
        let outcome = waiting.withLock { list -> Outcome in
            let bytes = list.bytes + record.bytes.count
            if list.letters.count >= bounds.records * bounds.excess || bytes > bounds.bytes * bounds.excess {
                return .lost
            }
            list.letters.append(letter)
            list.bytes = bytes
            if list.letters.count >= bounds.records || bytes > bounds.bytes { isFull.store(true, ordering: .relaxed) }
            return list.letters.count == 1 ? .first : .queued
        }
        switch outcome {
        case .first: doorbell.ring()
        case .queued: break
        case .lost:
            lostCount.add(1, ordering: .relaxed)
            return false
        }
        return true
    }

    /// A request was turned away because of this log.
    package func countDenied() { deniedCount.add(1, ordering: .relaxed) }

    package var denied: Int { deniedCount.load(ordering: .relaxed) }
    package var lost: Int { lostCount.load(ordering: .relaxed) }
    package var queued: Int { waiting.withLock { $0.letters.count } }
    package var status: Status { statusNow.withLock { $0 } }

    package var settings: AuditSettings { settingsNow.withLock { $0 } }

    /// Goes on with other settings.
    package func apply(_ settings: AuditSettings) {
        settingsNow.withLock { $0 = settings }
        doorbell.ring()
    }

    /// Writes what is there, seals the end and waits until that is done.
    package func stop() {
        guard let thread = thread.withLock({ $0.take() }) else { return }
        waiting.withLock { $0.isStopping = true }
        doorbell.ring()
        thread.join()
    }

    // MARK: For the writer

    /// What was handed in since, oldest first.
    func take() -> [Letter] {
        waiting.withLock { list in
            let taken = list.letters
            list.letters = []
            list.bytes = 0
            isFull.store(false, ordering: .relaxed)
            return taken
        }
    }

    var isStopping: Bool { waiting.withLock { $0.isStopping } }

    func publish(_ change: (inout Status) -> Void) {
        let isTroubled = statusNow.withLock { status in
            change(&status)
            return status.trouble != nil
        }
        isFailing.store(isTroubled, ordering: .relaxed)
    }

    /// Waits until something is handed in, `milliseconds` at most.
    func wait(milliseconds: Int) { doorbell.wait(milliseconds: milliseconds) }
}
