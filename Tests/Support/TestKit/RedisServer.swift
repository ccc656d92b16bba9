import CLinux
import Foundation
import Glibc

/// Debian's `redis-server` on a free port of the loopback, of a test's own.
///
/// `@unchecked Sendable` holds because one test at a time holds it.
package final class RedisServer: @unchecked Sendable {
    /// Where it listens.
    package let port: Int
    private let arguments: [String]
    private let folder: TemporaryFolder
    private var program: RunningProgram

    /// Tests that need one say so and are left out without it.
    package static let isInstalled = ["/usr/bin/redis-server", "/usr/local/bin/redis-server"].contains(where: isProgram)
    /// Why those tests are left out.
    package static let missing = "LEFT OUT: redis-server is not installed (apt-get install redis-server)"

    private static func isProgram(_ path: String) -> Bool { access(path, X_OK) == 0 }

    /// Starts one that keeps what it has on disk, or nothing of it.
    ///
    /// - Throws: `TestKitFailure` when it does not come up.
    package init(password: String? = nil, isKept: Bool = false) throws {
        let folder = try TemporaryFolder()
        self.folder = folder
        var all = ["--save", "", "--bind", "127.0.0.1", "--dir", folder.path]
        all += isKept ? ["--appendonly", "yes", "--appendfsync", "always"] : ["--appendonly", "no"]
        if let password { all += ["--requirepass", password] }
        arguments = all
        var last: (any Error)?
        // Somebody may take a free port between the look and the start.
        for _ in 0..<5 {
            let port = Int(try FreePort.find())
            do {
                program = try RedisServer.start(port, all)
                self.port = port
                return
            } catch { last = error }
        }
        throw last ?? TestKitFailure("no redis-server")
    }

    private static func start(_ port: Int, _ arguments: [String]) throws -> RunningProgram {
        let program = try RunningProgram("redis-server", ["--port", "\(port)"] + arguments, tool: true)
        for _ in 0..<500 {
            if program.output.contains("Ready to accept connections") { return program }
            if program.hasEnded { break }
            usleep(10_000)
        }
        throw TestKitFailure("redis-server did not start: \(program.output)")
    }

    /// `redis://127.0.0.1:PORT`.
    package var url: String { "redis://127.0.0.1:\(port)" }

    /// Holds it, as if it were far too busy, until `goOn`.
    package func hold() { program.signal(SIGSTOP) }

    /// Ends `hold`.
    package func goOn() { program.signal(SIGCONT) }

    /// Ends it at once.
    package func stop() {
        program.signal(SIGKILL)
        _ = try? program.wait()
    }

    /// Starts it again, at the same place.
    ///
    /// - Throws: `TestKitFailure` when it does not come up.
    package func startAgain() throws { program = try RedisServer.start(port, arguments) }

    /// What `redis-cli` prints.
    ///
    /// - Throws: `TestKitFailure` when it cannot be run.
    package func command(_ words: String...) throws -> String {
        let cli = try RunningProgram("redis-cli", ["-p", "\(port)"] + words, tool: true)
        _ = try cli.wait()
        return cli.output
    }
}
