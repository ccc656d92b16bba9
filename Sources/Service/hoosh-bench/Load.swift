import Glibc
import Loop

/// What a load asks for, and how.
struct LoadShape {
    var connections = 1
    var request = LoadRequest()
    /// Requests follow each other on a connection; otherwise each asks once.
    var isRepeating = true
    /// Time between the openings of two connections.
    var staggerNanoseconds: Int64 = 0
    /// Connections that wait for their first byte while further ones are opened.
    var waitingLimit = 256
    var isStamped = false
    /// A stream must end with `[DONE]`.
    var endsWithDone = true
    /// The answer's bytes are hashed, to compare it with another way's.
    var isHashing = false
}

/// What was wrong with an answer.
enum LoadFault: String {
    case notConnected = "could not connect"
    case notSent = "could not send the request"
    case closedEarly = "closed in the middle"
    case malformed = "status other than 200, or broken framing"
    case bytesBehindEnd = "bytes behind the end"
    case wrongLength = "wrong length"
    case withoutDone = "no [DONE]"
    case stalled = "stalled"
}

/// One measured stretch of load.
struct LoadWindow {
    var seconds = 0.0
    var responses = 0
    var events = 0
    var bytes = 0
    var errors = 0
    /// Answers that ended well, those outside the window included.
    var wholeAnswers = 0
}

/// A load from this process against one port: the connections, the counters and the samples of one run.
///
/// Owns the loop; everything happens in `turn`, on the calling thread.
final class Load {
    let loop: EventLoop
    let port: UInt16
    let request: UnsafeRawBufferPointer
    let buffer: UnsafeMutableRawBufferPointer
    let isStream: Bool
    let isStamped: Bool
    let isHashing: Bool
    let endsWithDone: Bool
    /// The payload an answer must have; -1 when that is not known.
    let expectedBytes: Int
    private(set) var mayAskAgain: Bool
    private(set) var window = LoadWindow()
    private(set) var startedCount = 0
    /// The first answer that was wrong, in words.
    private(set) var firstFault: String?
    /// What the answer that ended last came to.
    private(set) var lastAnswer = PayloadTally()
    let latency: SampleBuffer
    let firstByte: SampleBuffer
    let eventLatency: SampleBuffer
    let gapError: SampleBuffer

    private let shape: LoadShape
    private var connections: [LoadConnection] = []
    private var pulse: Pulse?
    private let requestStorage: UnsafeMutableRawBufferPointer
    private static let errorLimit = 20

    init(_ shape: LoadShape, port: UInt16, expectedBytes: Int, loop: EventLoop, samples: SampleRoom) {
        self.shape = shape
        self.port = port
        self.loop = loop
        self.expectedBytes = expectedBytes
        isStream = shape.request.isStream
        isStamped = shape.isStamped
        isHashing = shape.isHashing
        endsWithDone = shape.endsWithDone
        mayAskAgain = shape.isRepeating
        let text = shape.request.bytes(port: port)
        requestStorage = .allocate(byteCount: text.count, alignment: 8)
        requestStorage.copyBytes(from: text)
        request = UnsafeRawBufferPointer(requestStorage)
        buffer = samples.buffer
        latency = samples.latency
        firstByte = samples.firstByte
        eventLatency = samples.eventLatency
        gapError = samples.gapError
        samples.removeAll()
        pulse = Pulse(loop)
        connections.reserveCapacity(shape.connections)
    }

    deinit { requestStorage.deallocate() }

    /// Errors have piled up so far that measuring on is of no use.
    var isHopeless: Bool { window.errors >= Load.errorLimit }
    var busyCount: Int { connections.reduce(0) { $0 + ($1.isBusy ? 1 : 0) } }

    // MARK: Running

    /// Opens connections until there are `count`, spaced as the shape says, and serves meanwhile.
    func open(upTo count: Int) {
        let start = Clock.nanoseconds
        let first = connections.count
        while connections.count < count, !isHopeless {
            let due = start + Int64(connections.count - first) * shape.staggerNanoseconds
            // A burst of openings would fill the queue of the listener and measure its retries.
            if Clock.nanoseconds >= due, connections.count - startedCount < shape.waitingLimit {
                let connection = LoadConnection(self)
                connections.append(connection)
                connection.open()
            } else {
                loop.turn()
            }
        }
    }

    /// Serves until `isDone` or the time is over.
    func spin(seconds: Double, until isDone: () -> Bool = { false }) {
        let end = Clock.nanoseconds + Int64(seconds * 1e9)
        while Clock.nanoseconds < end, !isHopeless, !isDone() { loop.turn() }
    }

    /// Forgets what was counted so far, errors and whole answers excepted.
    ///
    /// Where each connection asks once, its first byte came before the window: those times stay.
    func beginWindow() {
        window.responses = 0
        window.events = 0
        window.bytes = 0
        if shape.isRepeating { firstByte.removeAll() }
        latency.removeAll()
        eventLatency.removeAll()
        gapError.removeAll()
    }

    /// Lets answers under way end, asks no more, and closes everything.
    func finish(graceSeconds: Double) {
        mayAskAgain = false
        spin(seconds: graceSeconds) { busyCount == 0 }
        // An answer that never ends is an error, unless the run was given up already.
        if !isHopeless, busyCount > 0 {
            window.errors += busyCount
            noteStalls()
        }
        abandon()
    }

    /// Notes what has not come to an end.
    func noteStalls() {
        for connection in connections { connection.noteStall() }
    }

    /// Closes everything at once.
    func abandon() {
        mayAskAgain = false
        for connection in connections { connection.close() }
        pulse?.stop()
    }

    // MARK: What connections tell

    func arrived(events: Int, bytes: Int) {
        window.events += events
        window.bytes += bytes
    }

    func started(_ connection: LoadConnection, after nanoseconds: Int64) {
        startedCount += 1  // of answers, not of connections: a load that repeats opens all at once
        firstByte.add(nanoseconds: nanoseconds)
    }

    func stamped(latency nanoseconds: Int64) { eventLatency.add(nanoseconds: nanoseconds) }

    func gap(_ nanoseconds: Int64) { gapError.add(nanoseconds: nanoseconds) }

    func completed(_ answer: PayloadTally, after nanoseconds: Int64) {
        lastAnswer = answer
        window.responses += 1
        window.wholeAnswers += 1
        latency.add(nanoseconds: nanoseconds)
    }

    func connectionFailed() { window.errors += 1 }

    func noteFault(_ fault: LoadFault, byteCount: Int) {
        if firstFault == nil { firstFault = "\(fault.rawValue) after \(byteCount) bytes of payload" }
    }

    func failed(_ connection: LoadConnection) {
        window.errors += 1
        if mayAskAgain, !isHopeless { connection.open() }
    }

    func closedBetween(_ connection: LoadConnection) {
        if mayAskAgain, !isHopeless { connection.open() }
    }
}

/// Room for samples and one read, made once and used by every run.
final class SampleRoom {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 * 1024, alignment: 4096)
    let latency = SampleBuffer(capacity: 1 << 20)
    let firstByte = SampleBuffer(capacity: 1 << 20)
    let eventLatency = SampleBuffer(capacity: 1 << 20)
    let gapError = SampleBuffer(capacity: 1 << 20)

    deinit { buffer.deallocate() }

    func removeAll() {
        latency.removeAll()
        firstByte.removeAll()
        eventLatency.removeAll()
        gapError.removeAll()
    }
}

/// Wakes the loop every millisecond, so that `turn` returns while no byte comes.
final class Pulse: Watcher {
    private unowned let loop: EventLoop
    private var timer: LoopTimer?

    init(_ loop: EventLoop) {
        self.loop = loop
        super.init()
        let timer = LoopTimer(self)
        self.timer = timer
        loop.set(timer, at: Clock.nanoseconds + 1_000_000)
    }

    override func timerFired(_ timer: LoopTimer) { loop.set(timer, at: loop.now + 1_000_000) }

    /// Turns it off; before it goes away.
    func stop() {
        if let timer { loop.remove(timer) }
    }
}
