import CLinux
import Foundation
import Glibc

/// Why the test kit could not do what a test asked for.
package struct TestKitFailure: Error, CustomStringConvertible {
    /// The whole sentence.
    package let description: String

    /// Makes a failure of a sentence.
    package init(_ description: String) { self.description = description }
}

/// A program of this package, or a tool of the system, running as a child.
///
/// Any thread. Ended by its own pid at the latest when nobody holds this any more.
///
/// `@unchecked Sendable` holds because what changes after the start is read and written under `condition` alone.
package final class RunningProgram: @unchecked Sendable {
    /// The child.
    package let pid: pid_t
    private let name: String
    private let condition = NSCondition()
    private var errorText = ""
    private var outputText = ""
    private var openPipes = 2
    private var status: Int32?

    /// Where the built programs are: `HOOSH_BIN`, or the folder of the test bundle.
    package static var folder: String {
        if let folder = ProcessInfo.processInfo.environment["HOOSH_BIN"] { return folder }
        let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? "."
        return (own as NSString).deletingLastPathComponent
    }

    /// Starts a program: a name without a slash is a product of this package, `tool: true` looks in `PATH` instead.
    ///
    /// - Throws: `TestKitFailure` when it cannot be started.
    package init(
        _ program: String,
        _ arguments: [String] = [],
        environment: [String: String] = [:],
        tool: Bool = false
    ) throws {
        ignoreBrokenPipes()
        name = program
        let path = tool || program.contains("/") ? program : "\(RunningProgram.folder)/\(program)"
        var output: [Int32] = [0, 0]
        var errors: [Int32] = [0, 0]
        guard clinux_pipe(&output) == 0, clinux_pipe(&errors) == 0 else { throw TestKitFailure("no pipe left") }
        for end in output + errors { _ = fcntl(end, F_SETFL, 0) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output[1], 1)
        posix_spawn_file_actions_adddup2(&actions, errors[1], 2)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigaddset(&signals, SIGPIPE)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        let merged = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        var argv = ([path] + arguments).map { strdup($0) } + [nil]
        var envp = merged.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer {
            for text in argv + envp { free(text) }
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
            close(output[1])
            close(errors[1])
        }
        var child = pid_t()
        let result = posix_spawnp(&child, path, &actions, &attributes, &argv, &envp)
        guard result == 0 else {
            close(output[0])
            close(errors[0])
            throw TestKitFailure("cannot start \(path): \(String(cString: strerror(result)))")
        }
        pid = child
        collect(output[0], isError: false)
        collect(errors[0], isError: true)
    }

    deinit {
        if status == nil {
            kill(pid, SIGKILL)
            var ignored: Int32 = 0
            waitpid(pid, &ignored, 0)
        }
    }

    private func collect(_ descriptor: Int32, isError: Bool) {
        Thread.detachNewThread { [weak self] in
            var bytes = [UInt8](repeating: 0, count: 8192)
            while true {
                let count = read(descriptor, &bytes, bytes.count)
                if count < 0, errno == EINTR { continue }
                let text = count > 0 ? String(decoding: bytes[0..<count], as: UTF8.self) : nil
                self?.take(text, isError: isError)
                if text == nil { break }
            }
            close(descriptor)
        }
    }

    private func take(_ text: String?, isError: Bool) {
        condition.lock()
        if let text {
            if isError { errorText += text } else { outputText += text }
        } else {
            openPipes -= 1
        }
        condition.broadcast()
        condition.unlock()
    }

    // MARK: What it says

    /// What it has written to the standard error so far.
    package var errors: String { condition.withLock { errorText } }

    /// What it has written to the standard output so far.
    package var output: String { condition.withLock { outputText } }

    /// Waits for a whole line of the standard error that contains `text`, and gives it.
    ///
    /// - Throws: `TestKitFailure` with all that was said, when the time is over or the program ends first.
    @discardableResult
    package func line(containing text: String, seconds: Double = 60) throws -> String {
        let deadline = Date(timeIntervalSinceNow: seconds)
        condition.lock()
        defer { condition.unlock() }
        while true {
            let lines = errorText.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
            if let line = lines.first(where: { $0.contains(text) }) { return String(line) }
            let mayComeYet = openPipes == 2 && condition.wait(until: deadline)
            if !mayComeYet {
                throw TestKitFailure("\(name) did not say '\(text)' within \(seconds) s; it said:\n\(errorText)")
            }
        }
    }

    /// True once it has said `text` on the standard error, which may come a moment after what it is about.
    package func says(_ text: String) -> Bool { eventually { errors.contains(text) } }

    // MARK: How it ends

    /// Sends a signal to the child.
    package func signal(_ number: Int32) { if !hasEnded { kill(pid, number) } }

    /// True once the child has ended; reaps it.
    package var hasEnded: Bool { reap(WNOHANG) != nil }

    private func reap(_ options: Int32) -> Int32? {
        condition.withLock {
            if let status { return status }
            var raw: Int32 = 0
            guard waitpid(pid, &raw, options) == pid else { return nil }
            // As the shell has it: 128 and the signal for a child that a signal ended.
            status = raw & 0x7f == 0 ? (raw >> 8) & 0xff : 128 + raw & 0x7f
            return status
        }
    }

    /// Waits for the end and gives the exit status, 128 and the signal's number if one ended it.
    ///
    /// - Throws: `TestKitFailure` when it goes on for longer; it is killed then.
    @discardableResult
    package func wait(seconds: Double = 60) throws -> Int32 {
        guard eventually(seconds: seconds, { hasEnded }) else {
            kill(pid, SIGKILL)
            _ = eventually(seconds: 60) { hasEnded }
            throw TestKitFailure("\(name) did not end within \(seconds) s; it said:\n\(errors)")
        }
        // The pipes may still hold the last words, and their readers may wait long for a processor.
        _ = eventually { condition.withLock { openPipes == 0 } }
        return reap(WNOHANG) ?? -1
    }

    /// Sends SIGTERM, waits, and gives the exit status.
    ///
    /// - Throws: `TestKitFailure` when it does not end in time; it is killed then.
    @discardableResult
    package func stop(seconds: Double = 60) throws -> Int32 {
        signal(SIGTERM)
        return try wait(seconds: seconds)
    }

    // MARK: What it holds

    /// What its open descriptors point to, from `/proc`.
    package var descriptors: [String] {
        let folder = "/proc/\(pid)/fd"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.compactMap { try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\($0)") }
    }

    /// A field of `/proc/PID/status` in KiB, such as `VmRSS` or `RssAnon`.
    package func memoryKibibytes(_ field: String) -> Int? {
        let text = try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
        let line = text?.split(separator: "\n").first { $0.hasPrefix("\(field):") }
        return line.flatMap { Int($0.filter(\.isNumber)) }
    }
}

/// What a program said and how it ended.
package struct ProgramResult: Sendable {
    /// The exit status, 128 and the signal's number if one ended it.
    package let status: Int32
    /// The standard output.
    package let output: String
    /// The standard error.
    package let errors: String
}

/// Runs a program to its end; see `RunningProgram.init` for where it is looked for.
///
/// - Throws: `TestKitFailure` when it cannot be started or does not end in time.
package func run(
    _ program: String,
    _ arguments: [String] = [],
    environment: [String: String] = [:],
    tool: Bool = false,
    seconds: Double = 120
) throws -> ProgramResult {
    let running = try RunningProgram(program, arguments, environment: environment, tool: tool)
    let status = try running.wait(seconds: seconds)
    return ProgramResult(status: status, output: running.output, errors: running.errors)
}

/// Asks until the answer is yes; false when it was still no at the deadline.
package func eventually(seconds: Double = 60, _ claim: () throws -> Bool) rethrows -> Bool {
    let deadline = Date(timeIntervalSinceNow: seconds)
    var pauseMicroseconds: UInt32 = 500
    while try !claim() {
        if Date() > deadline { return false }
        usleep(pauseMicroseconds)
        pauseMicroseconds = min(pauseMicroseconds * 2, 10_000)
    }
    return true
}

/// Monotonic nanoseconds, on the clock of the mock's records.
package func monotonicNanoseconds() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}

private let brokenPipesAreIgnored: Bool = {
    signal(SIGPIPE, SIG_IGN)
    return true
}()

/// A peer that is gone shows as an error of the write, not as the end of the test process.
func ignoreBrokenPipes() { _ = brokenPipesAreIgnored }
