import Audit
import Foundation
import Synchronization

/// A folder of a test's own with one log in it.
final class LogFolder: Sendable {
    let path: String
    let key = AuditKey(Array("a key of thirty-two bytes, or so.".utf8))
    /// What the log said to people.
    let said = Mutex<[String]>([])
    private let clock = Clock()

    private final class Clock: Sendable {
        let moment = Mutex(1_763_732_612_123)
    }

    private let name: String

    init(name: String = "audit.log") throws {
        self.name = name
        var template = Array("/tmp/hoosh-audit-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw CocoaError(.fileWriteUnknown) }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    var log: String { "\(path)/\(name)" }
    var words: [String] { said.withLock { $0 } }

    /// Opens the log; its clock goes on by a millisecond with each reading.
    func open(
        key: AuditKey? = nil,
        rotate: Int = 64 << 20,
        bounds: AuditLog.Bounds = AuditLog.Bounds(),
        anyway: Bool = false
    ) throws -> AuditLog {
        var settings = AuditSettings()
        settings.rotateBytes = rotate
        settings.syncMilliseconds = 20
        var surroundings = AuditLog.Surroundings(
            origin: AuditOrigin(version: "1.2.3", configuration: "0123456789ab"),
            clock: { [clock] in
                clock.moment.withLock { now in
                    now += 1
                    return now
                }
            },
            say: { [weak self] text in self?.said.withLock { $0.append(text) } }
        )
        surroundings.bounds = bounds
        surroundings.startsAnyway = anyway
        return try AuditLog.open(log, key: key ?? self.key, settings: settings, in: surroundings)
    }

    /// Writes a log of some requests and ends it in order.
    func fill(_ count: Int, rotate: Int = 64 << 20, from start: Int = 0) throws {
        let log = try open(rotate: rotate)
        for number in start..<(start + count) { log.submit(entry(number).record) }
        log.stop()
    }

    /// A request that differs with its number.
    func entry(_ number: Int) -> AuditEntry {
        var entry = AuditEntry()
        entry.requestID = "request-\(number)"
        entry.key = number % 2 == 0 ? "app" : nil
        entry.method = "POST"
        entry.path = "/v1/chat/completions"
        entry.model = "gpt \"4\" \\ \u{e9}\u{1}"
        entry.tags = number % 3 == 0 ? ["pii", "phi"] : []
        entry.decision = .forwarded
        entry.tries = [AuditEntry.Try(provider: "one", outcome: "answered 503")]
        entry.status = 200 + number % 5
        entry.tokens = AuditEntry.Tokens(input: number, output: 2, cached: 0, reasoning: 0, isEstimate: false)
        entry.body = AuditEntry.Body(count: 3, digest: AuditKey.digest(Array("abc".utf8)))
        return entry
    }

    func verify(_ files: [String]? = nil, knowing: AuditCheck.Knowledge = .init(), key: AuditKey? = nil) throws
        -> AuditCheck.Result
    {
        try AuditCheck.verify(files ?? [log], key: key ?? self.key, knowing: knowing)
    }

    func bytes(_ file: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: file))) }
    func put(_ bytes: [UInt8], _ file: String) throws { try Data(bytes).write(to: URL(fileURLWithPath: file)) }

    /// The lines of a file with their line feeds.
    func lines(_ file: String) throws -> [[UInt8]] {
        var lines: [[UInt8]] = [[]]
        for byte in try bytes(file) {
            lines[lines.count - 1].append(byte)
            if byte == 0x0a { lines.append([]) }
        }
        return lines.dropLast(lines.last == [] ? 1 : 0)
    }

    /// The files of the log, the oldest first.
    func files() throws -> [String] { AuditFiles(path: log).all }

    func eventually(_ claim: () -> Bool) -> Bool {
        for _ in 0..<2_000 {
            if claim() { return true }
            usleep(5_000)
        }
        return false
    }
}
