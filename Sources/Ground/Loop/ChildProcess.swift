import CLinux
import Glibc

/// A program that runs as a child, spoken to over three pipes on the loop.
///
/// In a process group of its own, so that what it starts ends with it. It gets no descriptor but the three, and the
/// environment it is given, not ours. Its end is learned by a pidfd, so no SIGCHLD is needed; it is always reaped. Loop only.
public final class ChildProcess: Watcher {
    /// Why a program could not be started.
    public struct Failure: Error {
        /// One clause without a full stop.
        public let reason: String
    }

    /// Told of what it writes; the bytes are valid within the call.
    public var whenOutput: ((UnsafeRawBufferPointer) -> Void)?
    /// The same of its standard error.
    public var whenErrors: ((UnsafeRawBufferPointer) -> Void)?
    /// Told once, in a clause, when it has ended and all that it wrote was told.
    public var whenEnded: ((String) -> Void)?

    /// The kernel's number of it.
    public let process: pid_t
    private let loop: EventLoop
    private var input: End?
    private var output: End?
    private var errors: End?
    private var exit: End?
    private var timer: LoopTimer?
    private var outgoing: [UInt8] = []
    private var outgoingStart = 0
    private var isReaped = false
    private var outcome: Int32 = 0
    private var step = Step.running
    /// Holds it until it is reaped, also when nobody else asks for it any more.
    private var itself: ChildProcess?

    private enum Step { case running, asked, terminated, killed, drained }

    /// What each step of an ending is given, nanoseconds: the end of its input, SIGTERM, SIGKILL.
    private static let graceNanoseconds: Int64 = 2_000_000_000
    /// Where the kernel has no pidfd, how often it is asked about instead, nanoseconds.
    private static let pollNanoseconds: Int64 = 100_000_000
    /// How long output is read on after the end, nanoseconds: a grandchild may hold the pipes open.
    private static let lastWordsNanoseconds: Int64 = 200_000_000
    /// Most that waits for a child that does not read.
    private static let outgoingLimitBytes = 64 << 20
    /// Reads of one pipe within one turn.
    private static let readsPerTurn = 4

    /// One descriptor of it.
    private final class End: Watcher {
        /// Gone when a turn that was put off comes after its end.
        weak var owner: ChildProcess?
        let descriptor: Descriptor
        init(_ descriptor: consuming Descriptor, _ owner: ChildProcess) {
            self.descriptor = descriptor
            self.owner = owner
        }
        override func ready(_ readiness: Readiness) { owner?.ready(self) }
        override func resumed() { owner?.ready(self) }
    }

    /// Starts a program; a name without a slash is looked for in PATH.
    ///
    /// - Throws: why it does not run.
    public init(_ arguments: [String], environment: [String], loop: EventLoop) throws(Failure) {
        guard !arguments.isEmpty else { throw Failure(reason: "no program is named") }
        guard let input = ChildProcess.pipe(), let output = ChildProcess.pipe(), let errors = ChildProcess.pipe()
        else { throw Failure(reason: "no pipe: \(Kernel.describe(errno))") }
        let theirs = [input.read, output.write, errors.write]
        let ours = [input.write, output.read, errors.read]
        var number: pid_t = 0
        for end in theirs { _ = clinux_set_blocking(end) }
        let fault = ChildProcess.withCStrings(arguments) { arguments in
            ChildProcess.withCStrings(environment) { environment in
                clinux_spawn(arguments, environment, theirs, &number)
            }
        }
        for end in theirs { _ = Glibc.close(end) }
        guard fault == 0 else {
            for end in ours { _ = Glibc.close(end) }
            throw Failure(reason: "`\(arguments[0])` cannot be started: \(Kernel.describe(fault))")
        }
        process = number
        self.loop = loop
        super.init()
        itself = self
        timer = LoopTimer(self)
        self.input = watched(Descriptor(adopting: ours[0]))
        self.output = watched(Descriptor(adopting: ours[1]))
        self.errors = watched(Descriptor(adopting: ours[2]))
        let exit = clinux_open_process(number)
        if exit >= 0 {
            let end = End(Descriptor(adopting: exit), self)
            _ = loop.watchLevel(end.descriptor.number, end, read: true, write: false)
            self.exit = end
        } else if let timer {
            loop.set(timer, at: loop.now + ChildProcess.pollNanoseconds)
        }
    }

    private func watched(_ descriptor: consuming Descriptor) -> End {
        let end = End(descriptor, self)
        _ = loop.watch(end.descriptor.number, end)
        return end
    }

    private static func pipe() -> (read: Int32, write: Int32)? {
        var ends: [Int32] = [-1, -1]
        return clinux_pipe(&ends) == 0 ? (ends[0], ends[1]) : nil
    }

    private static func withCStrings<Result>(
        _ texts: [String],
        _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
    ) -> Result {
        var pointers: [UnsafeMutablePointer<CChar>?] = texts.map { strdup($0) }
        pointers.append(nil)
        defer { for pointer in pointers { free(pointer) } }
        return pointers.withUnsafeBufferPointer { list in
            // A list with its nil at the end is never empty.
            guard let start = list.baseAddress else { preconditionFailure("an array of one has a place") }
            return body(start)
        }
    }

    // MARK: Talking

    /// Writes to its input as it takes it; false when it takes no more.
    public func send(_ bytes: [UInt8]) -> Bool {
        guard input != nil, outgoing.count - outgoingStart + bytes.count <= ChildProcess.outgoingLimitBytes else {
            return false
        }
        outgoing += bytes
        flush()
        return input != nil
    }

    private func flush() {
        guard let input else { return }
        while outgoingStart < outgoing.count {
            let count = outgoing.withUnsafeBytes { bytes in
                let rest = UnsafeRawBufferPointer(rebasing: bytes[outgoingStart...])
                return write(input.descriptor.number, rest.baseAddress, rest.count)
            }
            if count > 0 {
                outgoingStart += count
            } else if errno == EINTR {
                continue
            } else if errno == EAGAIN {
                break
            } else {
                return closeInput()
            }
        }
        if outgoingStart == outgoing.count || outgoingStart > 1 << 20 {
            outgoing.removeFirst(outgoingStart)
            outgoingStart = 0
        }
    }

    private func closeInput() {
        if let input { loop.forget(input, input.descriptor.number, closing: true) }
        input = nil
        outgoing = []
        outgoingStart = 0
    }

    private func ready(_ end: End) {
        if end === input { return flush() }
        if end === output { return read(end, whenOutput) }
        if end === errors { return read(end, whenErrors) }
        if end === exit { reap() }
    }

    private func read(_ end: End, _ told: ((UnsafeRawBufferPointer) -> Void)?) {
        for _ in 0..<ChildProcess.readsPerTurn {
            let count = Glibc.read(end.descriptor.number, loop.scratch.baseAddress, loop.scratch.count)
            if count > 0 {
                told?(UnsafeRawBufferPointer(rebasing: loop.scratch[..<count]))
                guard end === output || end === errors else { return }
                continue
            }
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN { return }
            return closed(end)
        }
        loop.again(end)
    }

    private func closed(_ end: End) {
        loop.forget(end, end.descriptor.number, closing: true)
        if end === output { output = nil }
        if end === errors { errors = nil }
        finishIfOver()
    }

    // MARK: Ending

    /// Ends its input, and what is left of it later by signals.
    ///
    /// Nothing is told of it any more, `whenEnded` least of all.
    public func stop() {
        whenOutput = nil
        whenErrors = nil
        whenEnded = nil
        guard !isReaped, step == .running else { return }
        closeInput()
        step = .asked
        if let timer { loop.set(timer, at: loop.now + ChildProcess.graceNanoseconds) }
    }

    /// Ends all of them now and waits for it, a second at most: the process itself ends.
    public static func end(_ children: [ChildProcess]) {
        for child in children where !child.isReaped {
            child.whenEnded = nil
            child.closeInput()
            _ = clinux_signal_group(child.process, SIGTERM)
        }
        for round in 0..<100 {
            for child in children where !child.isReaped { child.reap() }
            if children.allSatisfy(\.isReaped) { return }
            if round == 70 {
                for child in children where !child.isReaped { _ = clinux_signal_group(child.process, SIGKILL) }
            }
            usleep(10_000)
        }
    }

    public override func timerFired(_ timer: LoopTimer) {
        if isReaped { return finish() }
        if exit == nil { reap() }
        guard !isReaped else { return }
        switch step {
        case .running:
            // Only without a pidfd.
            loop.set(timer, at: loop.now + ChildProcess.pollNanoseconds)
        case .asked:
            _ = clinux_signal_group(process, SIGTERM)
            step = .terminated
            loop.set(timer, at: loop.now + ChildProcess.graceNanoseconds)
        case .terminated, .killed:
            _ = clinux_signal_group(process, SIGKILL)
            step = .killed
            loop.set(timer, at: loop.now + ChildProcess.graceNanoseconds)
        case .drained: break
        }
    }

    private func reap() {
        guard !isReaped, clinux_reap(process, &outcome) == 1 else { return }
        isReaped = true
        if let exit { loop.forget(exit, exit.descriptor.number, closing: true) }
        exit = nil
        closeInput()
        step = .drained
        if let timer { loop.set(timer, at: loop.now + ChildProcess.lastWordsNanoseconds) }
        finishIfOver()
    }

    private func finishIfOver() { if isReaped, output == nil, errors == nil { finish() } }

    private func finish() {
        guard itself != nil else { return }
        for end in [output, errors].compactMap(\.self) { loop.forget(end, end.descriptor.number, closing: true) }
        output = nil
        errors = nil
        if let timer { loop.remove(timer) }
        let told = whenEnded
        whenOutput = nil
        whenErrors = nil
        whenEnded = nil
        told?(outcome < 0 ? "it was ended by signal \(-outcome)" : "it exited with code \(outcome)")
        itself = nil
    }
}
