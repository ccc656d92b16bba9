import CLinux
import Glibc
import Loop

/// Measures how soon an upstream learns that the client has left in the middle of a silent stream.
///
/// The upstream is the bench itself, so both moments are read from one clock by one thread. A proxy that notices only
/// when it next has something to write never notices here.
final class DisconnectRunner {
    private let loop: EventLoop
    private let starter: Starter
    private static let count = 100
    private static let patienceSeconds = 1.0
    private static let missLimit = 3

    init(loop: EventLoop, starter: Starter) {
        self.loop = loop
        self.starter = starter
    }

    func run(_ contender: Contender, round: Int) -> Measured {
        var result = Measured(workload: .disconnect, contender: contender, round: round)
        guard let witness = Witness(loop) else {
            result.void = "no free port"
            return result
        }
        defer { witness.close() }
        do {
            let running = try starter.start(contender, upstreamPort: witness.port, tag: "leave")
            defer { running.end() }
            let pulse = Pulse(loop)
            defer { pulse.stop() }
            let times = SampleBuffer(capacity: DisconnectRunner.count)
            var missed = 0
            while times.count < DisconnectRunner.count, missed < DisconnectRunner.missLimit {
                if let nanoseconds = try leaveOnce(running.port, witness) {
                    times.add(nanoseconds: nanoseconds)
                } else {
                    missed += 1
                }
            }
            result.errors = missed
            if missed > 0 { throw BenchFailure("upstream not told within \(Int(DisconnectRunner.patienceSeconds)) s") }
            let quantiles = times.quantilesMicroseconds([0.5, 0.99])
            result.set([.disconnectP50, .disconnectP99], quantiles?.map { $0 / 1000 })
        } catch {
            result.void = "\(error)"
        }
        return result
    }

    /// Opens a stream, waits for its first event, leaves; nanoseconds until the upstream knew, nil when it never did.
    private func leaveOnce(_ port: UInt16, _ witness: Witness) throws -> Int64? {
        witness.reset()
        let shape = LoadShape(connections: 1, request: LoadRequest(isStream: true), isRepeating: false)
        let load = Load(shape, port: port, expectedBytes: -1, loop: loop, samples: room)
        defer { load.abandon() }
        load.open(upTo: 1)
        load.spin(seconds: 5) { load.startedCount == 1 }
        guard load.startedCount == 1 else { throw BenchFailure("a stream did not start") }
        load.spin(seconds: 0.002)
        let left = Clock.nanoseconds
        load.abandon()
        let end = left + Int64(DisconnectRunner.patienceSeconds * 1e9)
        while witness.leftAt == 0, Clock.nanoseconds < end { loop.turn() }
        return witness.leftAt == 0 ? nil : witness.leftAt - left
    }

    private let room = SampleRoom()
}

/// An upstream that says one event and then only notes when its peer goes.
final class Witness: Watcher {
    let port: UInt16
    /// When the peer of the newest stream went; 0 while it has not.
    private(set) var leftAt: Int64 = 0
    private let loop: EventLoop
    private let listener: Int32
    private var streams: [WitnessStream] = []

    init?(_ loop: EventLoop) {
        guard let (number, port) = LoopbackSocket.listen() else { return nil }
        self.loop = loop
        listener = number
        self.port = port
        super.init()
        if !loop.watchListener(number, self) { return nil }
    }

    override func ready(_ readiness: Readiness) {
        while true {
            let number = clinux_accept(listener, nil, nil)
            if number < 0 { return }
            let stream = WitnessStream(self, loop, number)
            streams.append(stream)
        }
    }

    func reset() {
        for stream in streams { stream.close() }
        streams.removeAll()
        leftAt = 0
    }

    func close() {
        reset()
        loop.forget(self, listener, closing: true)
        _ = Glibc.close(listener)
    }

    fileprivate func peerLeft() { leftAt = Clock.nanoseconds }
}

/// One connection of the witness.
final class WitnessStream: Watcher {
    private unowned let witness: Witness
    private unowned let loop: EventLoop
    private var descriptor: Int32
    private var hasAnswered = false
    private static let answer: StaticString = """
        HTTP/1.1 200 OK\r
        Content-Type: text/event-stream\r
        Transfer-Encoding: chunked\r
        \r
        3d\r
        data: {"choices":[{"index":0,"delta":{"content":"Hello"}}]}\n\n\r

        """

    init(_ witness: Witness, _ loop: EventLoop, _ descriptor: Int32) {
        self.witness = witness
        self.loop = loop
        self.descriptor = descriptor
        super.init()
        Kernel.setNoDelay(descriptor)
        _ = loop.watch(descriptor, self)
    }

    override func ready(_ readiness: Readiness) {
        var bytes: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        while descriptor >= 0 {
            let result = withUnsafeMutableBytes(of: &bytes) { Kernel.receive(descriptor, into: $0) }
            switch result {
            case .moved: answer()
            case .wouldBlock: return
            case .ended, .failed:
                if hasAnswered { witness.peerLeft() }
                close()
            }
        }
    }

    private func answer() {
        if hasAnswered { return }
        hasAnswered = true
        let answer = WitnessStream.answer
        _ = Kernel.send(descriptor, UnsafeRawBufferPointer(start: answer.utf8Start, count: answer.utf8CodeUnitCount))
    }

    func close() {
        guard descriptor >= 0 else { return }
        loop.forget(self, descriptor, closing: true)
        _ = Glibc.close(descriptor)
        descriptor = -1
    }
}
