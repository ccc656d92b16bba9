/// The verification of whole logs.
package enum AuditCheck {
    /// What came of it.
    package struct Result: Sendable {
        /// The files that were read, in their order.
        package var files: [String]
        package var lines: Int
        /// Sequence of the first line, 0 when there is none.
        package var first: Int
        /// Where the chain stands at the end; nil when nothing could be read.
        package var head: AuditHead?
        /// Lines that a crash had cut off, and that the next start sealed.
        package var sealed: Int
        package var faults: [AuditFault]
        /// All of them; `faults` has the first hundred.
        package var faultCount: Int
        /// True when nothing is wrong.
        package var isVerified: Bool { faultCount == 0 && head != nil }
    }

    /// What is known beside the files.
    package struct Knowledge: Sendable {
        /// Where the chain stood once, from an earlier run.
        package var head: AuditHead?
        /// The sequence that the first file begins with, where older ones were removed on purpose.
        package var from: Int?
        /// How many bytes of the last file are read.
        package var limit = Int.max
        package init() {}
    }

    /// Reads files in the order of their chain; the file that is being written stands for its whole log.
    ///
    /// - Throws: which file cannot be read.
    package static func verify(
        _ given: [String],
        key: AuditKey,
        knowing: Knowledge = Knowledge()
    ) throws(AuditFiles.Unreadable) -> Result {
        var files = given
        if given.count == 1, AuditFiles.log(of: given[0]).number == nil {
            let all = AuditFiles(path: given[0]).all
            if all.contains(given[0]) { files = all }
        }
        let end = Anchor(files, key)
        var heads = end.head.map { [$0] } ?? []
        if let head = knowing.head { heads.append(head) }
        var verifier = AuditVerifier(key: key, heads: heads)
        for file in files {
            verifier.begin(file: file)
            let limit = file == files.last ? knowing.limit : .max
            try AuditFiles.lines(of: file, limit: limit) { line, isEnded in verifier.take(line, isEnded: isEnded) }
        }
        verifier.finish()
        return result(files, verifier, end, knowing)
    }

    private static func result(
        _ files: [String],
        _ verifier: AuditVerifier,
        _ end: Anchor,
        _ knowing: Knowledge
    ) -> Result {
        let first = (verifier.origin?.sequence ?? -1) + 1
        var result = Result(
            files: files,
            lines: verifier.lines,
            first: first,
            head: verifier.head,
            sealed: verifier.sealed,
            faults: verifier.faults,
            faultCount: verifier.faultCount
        )
        func add(_ file: String?, _ message: String) {
            result.faults.append(AuditFault(file: file ?? "", line: nil, message: message))
            result.faultCount += 1
        }
        if verifier.head == nil {
            add(files.last, "no genuine line: it is empty, was changed, or the key is another")
        } else if first != knowing.from ?? 1 {
            let what = "the chain begins at sequence \(first), so earlier files are missing"
            add(
                files.first,
                knowing.from == nil ? "\(what); where they were removed on purpose say --from \(first)" : what
            )
        }
        if end.head == nil, knowing.head == nil { add(files.last, end.missing) }
        return result
    }

    /// What tells where the last file ends.
    private struct Anchor {
        var head: AuditHead?
        var missing = ""

        /// The head file for the file that is being written, the beginning of the next one for another.
        init(_ files: [String], _ key: AuditKey) {
            guard let last = files.last else { return }
            let (log, number) = AuditFiles.log(of: last)
            guard let number else {
                head = log.anchoredHead(key)
                let has = AuditFiles.small(log.headPath) != nil
                missing =
                    has
                    ? "its head file \(log.headPath) was changed, or written with another key"
                    : "its head file \(log.headPath) is missing, so an end that was cut off could not be seen; "
                        + "say where it stood:  --head SEQ:MAC"
                return
            }
            let next = FileSize.of(log.numbered(number + 1)) == nil ? log.path : log.numbered(number + 1)
            head = AuditFiles.beginning(of: next, key: key)
            missing =
                "the file that follows (\(next)) does not tell where this one ends; say it:  --head SEQ:MAC"
        }
    }
}
