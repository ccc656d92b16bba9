import Glibc
import Loop

/// Why a log cannot be gone on with.
package struct AuditTrouble: Error, Equatable, Sendable {
    /// One sentence.
    package var message: String
    /// Its files do not say what was written: somebody changed them, or the key is another.
    package var isTampered = false

    init(_ message: String, isTampered: Bool = false) {
        self.message = message
        self.isTampered = isTampered
    }

    /// What the system says against an action.
    static func failed(_ action: String, _ path: String) -> AuditTrouble {
        AuditTrouble("cannot \(action) \(path): \(Kernel.describe(errno))")
    }
}

/// What a start finds where the log should be.
enum AuditOpening {
    /// Nothing was ever written.
    case fresh
    /// A chain to go on with.
    case goesOn(Found)

    struct Found {
        var head: AuditHead
        /// The file that is written is there; false when it had just been closed, or was never made.
        var hasFile: Bool
        /// Bytes at its end that a crash had cut off.
        var torn: [UInt8]?
        /// All but the line feed of the last line was written.
        var lacksLineFeed: Bool
    }

    /// Verifies what is there, from the file on in which the anchored head stands.
    ///
    /// - Throws: what is wrong with it.
    static func inspect(_ log: AuditFiles, key: AuditKey) throws(AuditTrouble) -> AuditOpening {
        let numbers = log.numbers
        let size = FileSize.of(log.path)
        let anchor = try anchor(log, key)
        if numbers.isEmpty, (size ?? 0) == 0 {
            if let anchor, anchor.sequence > 0 {
                throw AuditTrouble("\(log.path) is empty, but it had reached \(anchor.sequence)", isTampered: true)
            }
            return .fresh
        }
        let hasFile = (size ?? 0) > 0
        var files = hasFile ? [log.path] : []
        var older = numbers
        // What stands before the anchored head was verified when it was anchored.
        while let number = older.popLast() {
            let begins = files.first.flatMap { AuditFiles.beginning(of: $0, key: key) }
            if let begins, let anchor, begins.sequence <= anchor.sequence { break }
            files.insert(log.numbered(number), at: 0)
        }
        return try verify(log, files, key, anchor, hasFile)
    }

    /// What the head file says; nil when there is none.
    private static func anchor(_ log: AuditFiles, _ key: AuditKey) throws(AuditTrouble) -> AuditHead? {
        guard let bytes = AuditFiles.small(log.headPath) else { return nil }
        if let head = AuditHead(signed: bytes, with: key) { return head }
        throw AuditTrouble("\(log.headPath) was changed, or written with another key", isTampered: true)
    }

    private static func verify(
        _ log: AuditFiles,
        _ files: [String],
        _ key: AuditKey,
        _ anchor: AuditHead?,
        _ hasFile: Bool
    ) throws(AuditTrouble) -> AuditOpening {
        var verifier = AuditVerifier(key: key, heads: anchor.map { [$0] } ?? [])
        var lacksLineFeed = false
        var start: [UInt8] = []
        for file in files {
            verifier.begin(file: file)
            do throws(AuditFiles.Unreadable) {
                try AuditFiles.lines(of: file) { line, isEnded in
                    if start.isEmpty { start = Array(line.prefix(64)) }
                    let isWhole = !isEnded && AuditLine(line)?.isGenuine(line, key) == true
                    if isWhole { lacksLineFeed = true }
                    verifier.take(line, isEnded: isEnded || isWhole)
                }
            } catch {
                throw AuditTrouble("cannot read \(error.file): \(error.reason)")
            }
        }
        if verifier.head == nil, anchor == nil, files == [log.path], verifier.lines == 1,
            start.starts(with: "{\"seq\":1,".prefix(start.count).utf8), FileSize.of(log.path) ?? 0 < 1_024
        {
            // The very first line was cut off: nothing had been promised yet.
            guard truncate(log.path, 0) == 0 else { throw .failed("empty", log.path) }
            return .fresh
        }
        let torn = verifier.tornTail
        if torn != nil { verifier.forgiveTail() }
        verifier.finish()
        if let fault = verifier.faults.first { throw AuditTrouble(fault.text, isTampered: true) }
        guard let head = verifier.head else {
            throw AuditTrouble("\(log.path) is no audit log", isTampered: true)
        }
        if anchor == nil, verifier.lines > 1 {
            throw AuditTrouble("\(log.headPath), which tells where the log ends, is missing", isTampered: true)
        }
        return .goesOn(Found(head: head, hasFile: hasFile, torn: torn, lacksLineFeed: lacksLineFeed))
    }
}
