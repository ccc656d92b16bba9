import Bytes

/// The last lines of a log that runs, and whether what stands on the disk is what was written.
package struct AuditTail: Sendable {
    /// Which lines are wanted.
    package struct Filter: Sendable {
        /// Parts that a line must have, as the canonical encoding spells them.
        private var needles: [[UInt8]] = []
        /// Only lines behind this number, the first of them and not the last.
        package var after: Int?
        package init() {}

        /// Members that a filter may name; their values are texts, but for `status`.
        package static let members = [
            "type", "request_id", "key", "tenant", "peer", "method", "path", "model", "model_used", "route", "class",
            "decision", "code", "provider", "status", "config", "cause", "result",
        ]

        /// Wants this value of a member; false when there is no such member.
        package mutating func want(_ member: String, _ value: String) -> Bool {
            guard Filter.members.contains(member) else { return false }
            // Quotes inside of texts are escaped, so this cannot be part of one.
            let spelled = member == "status" ? Array(value.utf8) : CanonicalText.bytes { $0.value(value) }
            needles.append(Array(",\"\(member)\":".utf8) + spelled + [0x2c])
            return true
        }

        func admits(_ line: ArraySlice<UInt8>) -> Bool {
            if needles.isEmpty, after == nil { return true }
            guard let read = AuditLine(line), read.sequence > after ?? 0 else { return false }
            let bytes = Array(line)
            return needles.allSatisfy { Scan.find($0.span, in: bytes.span) != nil }
        }
    }

    /// The lines as they stand there, the oldest first.
    package var lines: [[UInt8]] = []
    package var faults: [AuditFault] = []
    /// Lines that were read to tell that.
    package var checked = 0
    package var isVerified: Bool { faults.isEmpty && checked > 0 }

    /// As many files as are read at most.
    private static let fileLimit = 4

    /// Reads and verifies the file that is written, and older ones while lines are wanted: `count` of them at most.
    package static func read(_ log: AuditLog, last count: Int, _ filter: Filter = Filter()) -> AuditTail {
        var tail = AuditTail()
        for _ in 0..<3 {
            let before = log.status
            tail = read(log, before, count, filter)
            // A file that was closed meanwhile is not where it was looked for.
            if log.status.files == before.files { break }
        }
        return tail
    }

    private static func read(
        _ log: AuditLog,
        _ status: AuditLog.Status,
        _ count: Int,
        _ filter: Filter
    ) -> AuditTail {
        let older = log.files.numbers.map(log.files.numbered)
        var tail = AuditTail()
        for more in 0..<fileLimit {
            tail = AuditTail()
            var verifier = AuditVerifier(key: log.key, heads: [status.head])
            var first: Int?
            for file in older.suffix(more) + [log.files.path] {
                let limit = file == log.files.path ? status.fileBytes : .max
                verifier.begin(file: file)
                do throws(AuditFiles.Unreadable) {
                    try AuditFiles.lines(of: file, limit: limit) { line, isEnded in
                        verifier.take(line, isEnded: isEnded)
                        if first == nil { first = AuditLine(line)?.sequence }
                        guard filter.admits(line) else { return }
                        // The first of those behind a number, else the last of all.
                        if filter.after == nil || tail.lines.count < count { tail.keep(line, count) }
                    }
                } catch {
                    tail.faults.append(AuditFault(file: file, line: nil, message: "cannot be read: \(error.reason)"))
                }
            }
            verifier.finish()
            tail.faults += verifier.faults
            tail.checked = verifier.lines
            tail.lines = Array(tail.lines.suffix(count))
            let isEnough = filter.after.map { (first ?? 0) - 1 <= $0 } ?? (tail.lines.count >= count)
            if isEnough || more >= older.count { break }
        }
        return tail
    }

    private mutating func keep(_ line: ArraySlice<UInt8>, _ count: Int) {
        lines.append(Array(line))
        if lines.count >= 2 * count + 64 { lines.removeFirst(lines.count - count) }
    }
}
