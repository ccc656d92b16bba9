import Bytes

/// Something that is wrong with a log.
package struct AuditFault: Equatable, Sendable {
    /// The file's name as it was given.
    package var file: String
    /// Counted from 1; nil when it concerns the log as a whole.
    package var line: Int?
    /// One sentence.
    package var message: String

    /// `FILE:LINE: MESSAGE`.
    package var text: String { line.map { "\(file):\($0): \(message)" } ?? "\(file): \(message)" }
}

/// Reads a log line by line and finds what does not belong there.
///
/// A line is genuine when its MAC is right for what it says; it stands where it should when it names the MAC of the line
/// before it and the next number. Lines that are cut off are no fault when a line behind them, of the same chain, says
/// what bytes they are: a crash did that, and the next start sealed them.
package struct AuditVerifier {
    private let key: AuditKey
    /// Faults beyond this many are only counted.
    private static let faultLimit = 100

    /// Where the chain stands after what was read; nil before the first line.
    package private(set) var head: AuditHead?
    /// Where it stood before the first line.
    package private(set) var origin: AuditHead?
    package private(set) var faults: [AuditFault] = []
    package private(set) var faultCount = 0
    package private(set) var lines = 0
    /// Lines that a crash had cut off and a start sealed.
    package private(set) var sealed = 0
    /// Heads that are looked for on the way.
    private var wanted: [AuditHead]
    private var file = ""
    private var line = 0
    /// Lines that cannot be read as genuine, until it is known whether they were sealed.
    private var unread: [(fault: AuditFault, looksFinished: Bool)] = []
    private var unreadBytes: [UInt8] = []
    /// Bytes of the current file up to the end of the last line that is sound.
    private(set) var soundBytes = 0
    private var passedBytes = 0

    /// * `heads`: where the chain is known to have stood once.
    package init(key: AuditKey, heads: [AuditHead] = []) {
        self.key = key
        wanted = heads
    }

    /// What follows stands in this file.
    package mutating func begin(file: String) {
        self.file = file
        line = 0
        soundBytes = 0
        passedBytes = 0
    }

    /// Takes the next line, without its line feed; `isEnded` is false for what stands behind the last of them.
    package mutating func take(_ bytes: ArraySlice<UInt8>, isEnded: Bool = true) {
        line += 1
        lines += 1
        passedBytes += bytes.count + (isEnded ? 1 : 0)
        guard let read = AuditLine(bytes) else {
            return cutOff(bytes, isEnded, "is no whole line of an audit log")
        }
        guard read.isGenuine(bytes, key) else {
            let what =
                head == nil
                ? "was changed, or written with another key"
                : "was changed: its MAC does not fit what it says (sequence \(read.sequence))"
            return cutOff(bytes, isEnded, what)
        }
        guard isEnded else { return cutOff(bytes, isEnded, "lacks its line feed (sequence \(read.sequence))") }
        guard let head else { return first(read) }
        if read.sequence <= head.sequence {
            flush()
            let again = read.sequence == head.sequence ? "stands here a second time" : "is out of its order"
            return fault("sequence \(read.sequence) \(again), after \(head.sequence)")
        }
        place(read, after: head, bytes)
    }

    private mutating func first(_ read: AuditLine) {
        flush()
        let start = AuditHead(sequence: read.sequence - 1, mac: read.previous)
        if read.type != "genesis", read.type != "file" {
            fault("the file begins with sequence \(read.sequence) in its middle: the lines before it are missing")
        }
        if read.sequence == 1, start != .none { fault("the first line of a chain names a line before it") }
        origin = start
        meet(start)
        follow(read)
    }

    private mutating func place(_ read: AuditLine, after head: AuditHead, _ bytes: ArraySlice<UInt8>) {
        let follows = read.previous == head.mac && read.sequence == head.sequence + 1
        if follows, read.type == "sealed", !unread.isEmpty, seals(bytes) {
            sealed += unread.count
            unread = []
            unreadBytes = []
            return follow(read)
        }
        let bad = unread.count
        flush()
        if read.type == "sealed", follows, bad == 0 {
            fault("the cut off line that sequence \(read.sequence) seals is missing or was changed")
        } else if read.type == "sealed", follows {
            fault("the line before is not the one that sequence \(read.sequence) seals")
        } else if !follows, read.sequence > head.sequence + 1 + bad {
            let missing = head.sequence + 1...(read.sequence - 1)
            let which =
                missing.count == 1
                ? "sequence \(missing.lowerBound) is" : "sequences \(missing.lowerBound) to \(missing.upperBound) are"
            fault("\(which) missing before sequence \(read.sequence)")
        } else if !follows, bad == 0 {
            fault("sequence \(read.sequence) follows another line than the one before it")
        }
        follow(read)
    }

    private mutating func follow(_ read: AuditLine) {
        let now = AuditHead(sequence: read.sequence, mac: read.mac)
        head = now
        soundBytes = passedBytes
        meet(now)
    }

    private mutating func meet(_ now: AuditHead) {
        guard let index = wanted.firstIndex(where: { $0.sequence == now.sequence }) else { return }
        if wanted[index] != now { fault("sequence \(now.sequence) is not the line that the head names") }
        wanted.remove(at: index)
        // The same place may have been named twice.
        meet(now)
    }

    /// True when the line says exactly which bytes stand unread before it.
    private func seals(_ bytes: ArraySlice<UInt8>) -> Bool {
        let torn = unreadBytes.dropLast()
        let words =
            "\"type\":\"sealed\",\"torn_bytes\":\(torn.count),\"torn_sha256\":\"\(Hex.text(AuditKey.digest(torn)))\""
        return Scan.find(Array(words.utf8).span, in: Array(bytes).span) != nil
    }

    private mutating func cutOff(_ bytes: ArraySlice<UInt8>, _ isEnded: Bool, _ message: String) {
        let fault = AuditFault(file: file, line: line, message: message)
        unread.append((fault, AuditLine.looksFinished(bytes)))
        unreadBytes += bytes
        if isEnded { unreadBytes.append(0x0a) }
    }

    /// Nothing seals what could not be read.
    private mutating func flush() {
        for entry in unread { add(entry.fault) }
        unread = []
        unreadBytes = []
    }

    private mutating func fault(_ message: String) { add(AuditFault(file: file, line: line, message: message)) }

    private mutating func add(_ fault: AuditFault) {
        faultCount += 1
        if faults.count < AuditVerifier.faultLimit { faults.append(fault) }
    }

    // MARK: The end

    /// Bytes at the end that look as if a crash had cut them off; nil when there are none, or when they do not look so.
    var tornTail: [UInt8]? {
        unread.isEmpty || unread.contains { $0.looksFinished } || head == nil ? nil : unreadBytes
    }

    /// The tail that `tornTail` gave is no fault.
    mutating func forgiveTail() {
        unread = []
        unreadBytes = []
    }

    /// Nothing follows.
    package mutating func finish() {
        flush()
        let end = head?.sequence ?? 0
        for missing in wanted {
            let message: String
            if missing.sequence > end {
                message =
                    "the log ends at sequence \(end), but it had reached \(missing.sequence): its end was cut off"
            } else {
                message = "sequence \(missing.sequence), which the head names, is not in these files"
            }
            add(AuditFault(file: file, line: nil, message: message))
        }
        wanted = []
    }
}
