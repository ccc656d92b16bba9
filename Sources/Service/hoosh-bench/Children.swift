import CLinux
import Foundation
import Glibc
import Synchronization

/// A program the bench has started, which it ends by its number.
final class Child: Sendable {
    let name: String
    let pid: pid_t
    let logPath: String
    private let isEnded = Mutex(false)

    /// Every child that has not been ended yet, for the case that the bench itself is interrupted.
    private static let living = Mutex<[pid_t]>([])

    private static let isInterrupted = Atomic(false)

    /// Waits for the end when a signal has begun it: what was measured since is of no use.
    static func stopIfInterrupted() {
        while isInterrupted.load(ordering: .acquiring) { usleep(100_000) }
    }

    /// Starts a program on one processor; its output goes to `logPath`.
    init(_ name: String, _ arguments: [String], cpu: Int, logPath: String) throws {
        self.name = name
        self.logPath = logPath
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, logPath, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0o644)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        // The bench waits for signals with them blocked; its children must not inherit that.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        var pipes = sigset_t()
        sigemptyset(&pipes)
        sigaddset(&pipes, SIGPIPE)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &pipes)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        // A child starts on the processors of the thread that starts it.
        _ = clinux_pin_thread(Int32(cpu))
        defer { _ = clinux_pin_thread(Int32(Placement.load)) }
        var pointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) }
        pointers.append(nil)
        defer { for pointer in pointers { free(pointer) } }
        var pid = pid_t()
        let result = posix_spawn(&pid, arguments[0], &actions, &attributes, pointers, environ)
        guard result == 0 else {
            throw BenchFailure("cannot start \(arguments[0]): \(String(cString: strerror(result)))")
        }
        self.pid = pid
        Child.living.withLock { $0.append(pid) }
    }

    /// Asks it to end, waits two seconds, then kills it.
    func end() {
        let wasEnded = isEnded.withLock { ended in
            defer { ended = true }
            return ended
        }
        if wasEnded { return }
        kill(pid, SIGTERM)
        var status: Int32 = 0
        for turn in 0..<220 {
            if waitpid(pid, &status, WNOHANG) != 0 { break }
            if turn == 200 { kill(pid, SIGKILL) }
            usleep(10_000)
        }
        Child.living.withLock { list in list.removeAll { $0 == pid } }
    }

    /// True while it runs.
    var isAlive: Bool {
        var status: Int32 = 0
        return !isEnded.withLock { $0 } && waitpid(pid, &status, WNOHANG) == 0
    }

    /// What it wrote so far.
    var log: String { (try? String(contentsOfFile: logPath, encoding: .utf8)) ?? "" }

    /// Waits until its log has a line that `pick` takes something from.
    func wait<Found>(seconds: Double, _ what: String, pick: (Substring) -> Found?) throws -> Found {
        let end = Clock.seconds + seconds
        while Clock.seconds < end {
            for line in log.split(separator: "\n") {
                if let found = pick(line) { return found }
            }
            if !isAlive { break }
            usleep(20_000)
        }
        throw BenchFailure("\(name) did not say \(what) within \(Int(seconds)) s; it said: \(log.suffix(600))")
    }

    /// Ends all children and the process when a signal asks for it.
    static func endAllOnSignal() {
        clinux_block_signals()
        let thread = Thread {
            let number = clinux_wait_signal()
            isInterrupted.store(true, ordering: .releasing)
            living.withLock { list in
                for pid in list { kill(pid, SIGTERM) }
            }
            usleep(200_000)
            living.withLock { list in
                for pid in list { kill(pid, SIGKILL) }
            }
            Paths.removeWorkOfThisProcess()
            _exit(128 + number)
        }
        thread.start()
    }
}

/// Something that keeps the bench, or one contender, from running.
struct BenchFailure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// Which processor does what.
enum Placement {
    static let count = max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    static let proxy = 0
    static let load = count > 1 ? 1 : 0
    /// With a third processor the mock gets it; with two it shares the load's.
    static let mock = count > 2 ? 2 : load
}
