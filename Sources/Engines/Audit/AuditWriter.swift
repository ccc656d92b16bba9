import Glibc
import Loop

/// Writes the lines of a log: the one thread that touches its files.
///
/// Lines go out in batches; every `sync` they are brought to the disk and the head is anchored. A line is out when the kernel
/// has all of it: what is cut short by a full disk is gone on with where it stopped. One thread.
final class AuditWriter {
    /// A line that is made, but not wholly written yet.
    private struct Unwritten {
        let letter: AuditLog.Letter
        /// Where it ends in `output`.
        let end: Int
        /// Where the chain stands with it.
        let head: AuditHead
    }

    private let log: AuditLog
    private let files: AuditFiles
    private let origin: AuditOrigin
    private let isKeyLasting: Bool
    private var chain: AuditChain
    /// Where the chain stands with what is written.
    private var writtenHead = AuditHead.none
    private var anchoredHead = AuditHead.none
    private var descriptor: Int32 = -1
    private var fileBytes = 0
    private var output: [UInt8] = []
    private var outputStart = 0
    private var unwritten: [Unwritten] = []
    private var backlog: [AuditLog.Letter] = []
    private var isDirty = false
    /// A file was opened: from here on this process knows where the chain stands.
    private var hasBegun = false
    private var nextSync: Int64 = 0
    /// Since when it cannot be written, and what had been turned away by then.
    private var troubledSince: Int?
    private var troubleReason = ""
    private var deniedBefore = 0
    private var lostBefore = 0

    private static let batchBytes = 256 * 1_024
    /// How long a line may wait for others: waking this thread costs more than a line.
    ///
    /// So much is lost by a `kill -9`; a power loss takes no more than it did, lines are on the disk at the next `sync`.
    private static let gatherMicroseconds: UInt32 = 10_000
    private static let retryMilliseconds = 200

    init(_ log: AuditLog, _ origin: AuditOrigin, isKeyLasting: Bool) {
        self.log = log
        files = log.files
        self.origin = origin
        self.isKeyLasting = isKeyLasting
        chain = AuditChain(key: log.key)
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    // MARK: Starting

    /// Goes on with what is there, or begins.
    func start(anyway: Bool) throws(AuditTrouble) {
        do throws(AuditTrouble) {
            try begin()
        } catch {
            guard anyway else { throw error }
            log.say("audit: \(error.message)")
            if error.isTampered {
                do throws(AuditTrouble) {
                    try beginAnew(after: error.message)
                    return
                } catch { trouble(error.message) }
            } else {
                trouble(error.message)
            }
        }
    }

    private func begin() throws(AuditTrouble) {
        guard isKeyLasting else {
            // Nobody can tell whether the old lines are as they were written.
            let isOld = FileSize.of(files.path) ?? 0 > 0
            return isOld ? try beginAnew(after: "its key ended with its process") : try genesis(after: nil)
        }
        switch try AuditOpening.inspect(files, key: log.key) {
        case .fresh: try genesis(after: nil)
        case .goesOn(let found): try goOn(found)
        }
    }

    private func goOn(_ found: AuditOpening.Found) throws(AuditTrouble) {
        chain = AuditChain(key: log.key, at: found.head)
        writtenHead = found.head
        // A first line that was cut off says nothing that the next one does not.
        let isOnlyTorn = found.torn.map { $0.count == FileSize.of(files.path) } ?? false
        if isOnlyTorn, truncate(files.path, 0) != 0 { throw .failed("empty", files.path) }
        guard found.hasFile, !isOnlyTorn else {
            try openFile(isNew: FileSize.of(files.path) == nil)
            let last = files.numbers.last.map(files.numbered)
            try write(.file(origin, key: log.key, follows: last, reason: "start"))
            return try anchorNow()
        }
        try openFile(isNew: false)
        if let torn = found.torn {
            output = torn.last == 0x0a ? [] : [0x0a]
            let line = torn.last == 0x0a ? Array(torn.dropLast()) : torn
            make(AuditLog.Letter(record: .sealed(line), time: log.clock()))
            log.say("audit: \(torn.count) bytes at the end of \(files.path) were cut off by a crash; sealed")
        } else if found.lacksLineFeed {
            output = [0x0a]
        }
        try write(.begin("start", origin, key: log.key))
        try anchorNow()
    }

    /// Sets aside what is there under the next number and begins another chain.
    private func beginAnew(after reason: String) throws(AuditTrouble) {
        if FileSize.of(files.path) != nil {
            let name = files.numbered((files.numbers.last ?? 0) + 1)
            guard rename(files.path, name) == 0 else { throw .failed("rename", files.path) }
            log.say("audit: \(name) is what was there; a new chain begins in \(files.path)")
        }
        _ = rename(files.headPath, files.headPath + ".old")
        try genesis(after: reason)
    }

    private func genesis(after reason: String?) throws(AuditTrouble) {
        chain = AuditChain(key: log.key)
        writtenHead = .none
        try openFile(isNew: FileSize.of(files.path) == nil)
        try write(.begin("genesis", origin, key: log.key, after: reason))
        try anchorNow()
    }

    private func openFile(isNew: Bool) throws(AuditTrouble) {
        let flags = O_WRONLY | O_APPEND | O_CLOEXEC | (isNew ? O_CREAT | O_EXCL : 0)
        let number = open(files.path, flags, 0o600)
        guard number >= 0 else { throw .failed("open", files.path) }
        guard flock(number, LOCK_EX | LOCK_NB) == 0 else {
            close(number)
            throw AuditTrouble("another process writes \(files.path)")
        }
        var status = stat()
        guard fstat(number, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(number)
            throw AuditTrouble("\(files.path) is no plain file")
        }
        if descriptor >= 0 { close(descriptor) }
        descriptor = number
        hasBegun = true
        fileBytes = Int(status.st_size)
        log.publish { $0.files += 1 }
    }

    // MARK: Running

    /// Writes until it is told to stop.
    func run() {
        nextSync = Kernel.monotonicNanoseconds()
        while true {
            let isStopping = log.isStopping
            // Whoever hands in the first line wakes this thread, which costs more than the line: the next ones come along.
            if !isStopping, troubledSince == nil, log.queued > 0 { usleep(AuditWriter.gatherMicroseconds) }
            if troubledSince != nil { retry() }
            if troubledSince == nil { work() }
            if isStopping { return end() }
            let settings = log.settings
            let untilSync = Int(max(0, nextSync - Kernel.monotonicNanoseconds()) / 1_000_000) + 1
            log.wait(
                milliseconds: troubledSince != nil
                    ? AuditWriter.retryMilliseconds : min(untilSync, settings.syncMilliseconds + 1)
            )
        }
    }

    private func work() {
        do throws(AuditTrouble) {
            backlog += log.take()
            try writeBacklog()
            if Kernel.monotonicNanoseconds() >= nextSync { try sync() }
        } catch { trouble(error.message) }
    }

    private func writeBacklog() throws(AuditTrouble) {
        let limit = log.settings.rotateBytes
        var done = 0
        defer { backlog.removeFirst(done) }
        for letter in backlog {
            if fileBytes + output.count - outputStart >= limit {
                try flush()
                try rotate()
            }
            make(letter)
            done += 1
            if output.count >= AuditWriter.batchBytes { try flush() }
        }
        try flush()
    }

    private func end() {
        make(AuditLog.Letter(record: .stop, time: log.clock()))
        do throws(AuditTrouble) {
            if descriptor < 0 { try reopen() }
            try flush()
            try sync()
            log.say("audit: ends at \(writtenHead.text)")
        } catch {
            log.say("audit: \(error.message); \(unwritten.count + backlog.count) lines were lost at the end")
        }
    }

    // MARK: Trouble

    private func trouble(_ message: String) {
        let isNew = troubledSince == nil
        if isNew {
            troubledSince = log.clock()
            deniedBefore = log.denied
            lostBefore = log.lost
        }
        // Before it is said: who reads that finds it so.
        log.publish { status in
            status.trouble = message
            if isNew { status.failures += 1 }
        }
        if isNew {
            log.say("audit: THE LOG CANNOT BE WRITTEN: \(message)")
        } else if message != troubleReason {
            log.say("audit: still not: \(message)")
        }
        troubleReason = message
    }

    /// Tries to go on; says in the log that there was a gap.
    private func retry() {
        guard let since = troubledSince else { return }
        do throws(AuditTrouble) {
            if descriptor < 0 { try reopen() }
            try flush()
            try sync()
            let denied = log.denied - deniedBefore
            let lost = log.lost - lostBefore
            try write(.resumed(since: since, reason: troubleReason, denied: denied, lost: lost))
            try sync()
            troubledSince = nil
            log.publish { $0.trouble = nil }
            log.say("audit: the log is written again; \(denied) requests were refused, \(lost) lines lost meanwhile")
        } catch { trouble(error.message) }
    }

    /// The file is gone, or was never there: begins another one of the same chain.
    ///
    /// Lines that are not wholly written are made anew behind its first one.
    private func reopen() throws(AuditTrouble) {
        guard hasBegun else {
            output = []
            outputStart = 0
            let letters = unwritten.map(\.letter)
            unwritten = []
            try begin()
            for letter in letters where letter.record.bytes != AuditRecord.stop.bytes { make(letter) }
            return
        }
        if FileSize.of(files.path) ?? 0 > 0 {
            let name = files.numbered((files.numbers.last ?? 0) + 1)
            guard rename(files.path, name) == 0 else { throw .failed("rename", files.path) }
        }
        try openFile(isNew: FileSize.of(files.path) == nil)
        try beginFile(follows: nil, reason: "the file before was gone")
    }

    private func beginFile(follows: String?, reason: String) throws(AuditTrouble) {
        let letters = unwritten.map(\.letter)
        unwritten = []
        output = []
        outputStart = 0
        chain = AuditChain(key: log.key, at: writtenHead)
        make(AuditLog.Letter(record: .file(origin, key: log.key, follows: follows, reason: reason), time: log.clock()))
        for letter in letters { make(letter) }
        try flush()
        try anchorNow()
    }

    // MARK: Writing

    private func make(_ letter: AuditLog.Letter) {
        chain.append(letter.record, time: letter.time, to: &output)
        unwritten.append(Unwritten(letter: letter, end: output.count, head: chain.head))
    }

    private func write(_ record: AuditRecord) throws(AuditTrouble) {
        make(AuditLog.Letter(record: record, time: log.clock()))
        try flush()
    }

    /// Gives the kernel what was made.
    private func flush() throws(AuditTrouble) {
        guard outputStart < output.count else { return }
        while outputStart < output.count {
            let start = outputStart
            let count = output.withUnsafeBytes { bytes in
                Glibc.write(descriptor, bytes.baseAddress.map { $0 + start }, bytes.count - start)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                settle()
                throw .failed("write", files.path)
            }
            outputStart += count
            fileBytes += count
            isDirty = true
        }
        settle()
        output.removeAll(keepingCapacity: output.count <= AuditWriter.batchBytes * 2)
        outputStart = 0
    }

    /// Notes which lines are out.
    private func settle() {
        let done = unwritten.prefix { $0.end <= outputStart }
        if let last = done.last { writtenHead = last.head }
        unwritten.removeFirst(done.count)
        let head = writtenHead
        let bytes = fileBytes
        log.publish { status in
            status.head = head
            status.fileBytes = bytes
            status.records += done.count
        }
    }

    /// Brings what is written to the disk, and anchors where it ends.
    private func sync() throws(AuditTrouble) {
        nextSync = Kernel.monotonicNanoseconds() + Int64(log.settings.syncMilliseconds) * 1_000_000
        var mine = stat()
        var named = stat()
        let isThere = fstat(descriptor, &mine) == 0 && stat(files.path, &named) == 0
        guard isThere, mine.st_ino == named.st_ino, mine.st_dev == named.st_dev else {
            close(descriptor)
            descriptor = -1
            throw AuditTrouble("\(files.path) is gone")
        }
        try anchorNow()
    }

    private func anchorNow() throws(AuditTrouble) {
        if isDirty {
            guard fdatasync(descriptor) == 0 else { throw .failed("bring to the disk", files.path) }
            isDirty = false
        }
        guard anchoredHead != writtenHead || FileSize.of(files.headPath) == nil else { return }
        let text = writtenHead.signed(with: log.key)
        let path = files.headPath + ".new"
        let number = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard number >= 0 else { throw .failed("open", path) }
        defer { close(number) }
        guard Glibc.write(number, text, text.count) == text.count, fdatasync(number) == 0,
            rename(path, files.headPath) == 0
        else { throw .failed("write", files.headPath) }
        anchoredHead = writtenHead
    }

    /// Closes the file under its number and begins the next.
    private func rotate() throws(AuditTrouble) {
        try sync()
        let number = (files.numbers.last ?? 0) + 1
        let name = files.numbered(number)
        guard rename(files.path, name) == 0 else { throw .failed("rename", files.path) }
        close(descriptor)
        descriptor = -1
        try openFile(isNew: true)
        try beginFile(
            follows: String(name[(name.lastIndex(of: "/").map(name.index(after:)) ?? name.startIndex)...]),
            reason: "rotate"
        )
    }
}
