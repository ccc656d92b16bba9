import Glibc
import Loop
import MCP

/// An MCP server on stdio: a child process, a message a line (transports, stdio).
///
/// Loop only.
final class ChildTransport: ToolTransport {
    let child: ChildProcess
    private weak var connection: ToolConnection?
    private var lines: MessageLines
    private let log: ErrorLog

    /// What a child has of our environment beside what the file gives it: nothing that could hold a key.
    private static let inherited = [
        "HOME", "LANG", "LC_ALL", "LC_CTYPE", "LOGNAME", "PATH", "SHELL", "TERM", "TMPDIR", "TZ", "USER",
    ]

    /// Starts the program.
    ///
    /// - Throws: why it does not run.
    init(
        _ connection: ToolConnection,
        _ command: [String],
        _ environment: [(name: String, value: String)],
        limitBytes: Int
    ) throws(ChildProcess.Failure) {
        var variables: [String] = []
        for name in ChildTransport.inherited where !environment.contains(where: { $0.name == name }) {
            if let value = getenv(name) { variables.append("\(name)=\(String(cString: value))") }
        }
        variables += environment.map { "\($0.name)=\($0.value)" }
        child = try ChildProcess(command, environment: variables, loop: connection.loop)
        self.connection = connection
        // Room for what stands around a result.
        lines = MessageLines(limitBytes: limitBytes + 1_024)
        log = ErrorLog(connection.server, loop: connection.loop, say: connection.say)
        child.whenOutput = { [weak self] bytes in self?.heard(bytes) }
        child.whenErrors = { [log] bytes in log.take(bytes) }
        child.whenEnded = { [weak connection] how in connection?.broke(how) }
    }

    private func heard(_ bytes: UnsafeRawBufferPointer) {
        connection?.heard(bytes: bytes.count)
        lines.take(bytes) { line in
            switch line {
            case .whole(let message): connection?.received(message)
            case .tooLong(let id): connection?.receivedTooMuch(id: id)
            }
        }
    }

    func send(_ message: ServerSession.Outgoing) {
        let isTaken = child.send(message.bytes + [0x0a])
        if isTaken, message.isInitialized { connection?.delivered(message) }
        // A child that takes nothing any more has ended, or soon runs into the deadline of what it was asked.
    }

    func abandon(_ id: Int) {}

    func close() {
        connection = nil
        child.stop()
    }

    func endNow() -> [ChildTransport] {
        connection = nil
        return [self]
    }
}

/// What a server writes to its standard error, as lines of our log: cut, counted, without the secrets it was given.
final class ErrorLog {
    private let name: String
    private let secrets: [String]
    private let loop: EventLoop
    private let say: (String) -> Void
    private var line: [UInt8] = []
    private var windowStart: Int64 = 0
    private var linesInWindow = 0
    private var leftOut = 0

    private static let lineLimitBytes = 512
    private static let linesPerWindow = 20
    private static let windowNanoseconds: Int64 = 10_000_000_000
    /// Shorter values stand in too many texts that have nothing to do with them.
    private static let secretLeastBytes = 6

    init(_ server: ToolServer, loop: EventLoop, say: @escaping (String) -> Void) {
        name = server.name
        secrets = server.secrets.filter { $0.utf8.count >= ErrorLog.secretLeastBytes }
        self.loop = loop
        self.say = say
    }

    func take(_ bytes: UnsafeRawBufferPointer) {
        for byte in bytes {
            if byte == 0x0a { finish() } else if line.count < ErrorLog.lineLimitBytes * 4 { line.append(byte) }
        }
    }

    private func finish() {
        defer { line.removeAll(keepingCapacity: true) }
        guard !line.allSatisfy({ $0 <= 0x20 }) else { return }
        if loop.now - windowStart > ErrorLog.windowNanoseconds {
            if leftOut > 0 { say("tools: \(name): … \(leftOut) more lines") }
            windowStart = loop.now
            linesInWindow = 0
            leftOut = 0
        }
        guard linesInWindow < ErrorLog.linesPerWindow else { return leftOut += 1 }
        linesInWindow += 1
        var text = String(decoding: line, as: UTF8.self)
        for secret in secrets { text.replace(secret, with: "***") }
        let plain = String(
            text.unicodeScalars.prefix(ErrorLog.lineLimitBytes).map { scalar in
                scalar.properties.generalCategory == .control ? " " : Character(scalar)
            }
        )
        say("tools: \(name): \(plain)")
    }
}
