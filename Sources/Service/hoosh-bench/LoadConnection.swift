import CLinux
import Glibc
import Loop

/// One client connection of the load: sends a request, checks the answer, and again.
///
/// Nothing here allocates per request or event.
final class LoadConnection: Watcher {
    private unowned let load: Load
    private var descriptor: Int32 = -1
    private var reader = ResponseReader()
    private var tally = PayloadTally()
    private var sentAt: Int64 = 0
    private var lastStamp: Int64 = 0
    private var lastArrival: Int64 = 0
    private var isConnected = false
    /// Counts openings and closings: a number of a descriptor comes again, this does not.
    private var epoch = 0
    /// A request is out and its answer has not ended.
    private(set) var isBusy = false
    /// The first payload byte of the current answer is here.
    private(set) var hasStarted = false

    init(_ load: Load) { self.load = load }

    deinit { reader.deallocate() }

    /// Connects; the request goes out as soon as the connection stands.
    func open() {
        guard let fresh = LoopbackSocket.connect(port: load.port) else { return load.connectionFailed() }
        descriptor = fresh
        epoch += 1
        isConnected = false
        isBusy = false
        if !load.loop.watch(fresh, self) { load.connectionFailed() }
    }

    /// Notes an answer that will not end.
    func noteStall() {
        if isBusy { load.noteFault(.stalled, byteCount: tally.byteCount) }
    }

    /// Closes, whatever is going on.
    func close() {
        guard descriptor >= 0 else { return }
        load.loop.forget(self, descriptor, closing: true)
        _ = Glibc.close(descriptor)
        descriptor = -1
        epoch += 1
        isBusy = false
    }

    override func ready(_ readiness: Readiness) {
        if !isConnected {
            guard LoopbackSocket.isConnected(descriptor) else { return fail(.notConnected) }
            isConnected = true
            Kernel.setNoDelay(descriptor)
            ask()
        }
        guard descriptor >= 0 else { return }
        let mayRead: Readiness = [.readable, .peerEnded, .broken]
        if !readiness.isDisjoint(with: mayRead) { drain(untilEnd: !readiness.isDisjoint(with: [.peerEnded, .broken])) }
    }

    private func ask() {
        reader.reset()
        tally = PayloadTally(isHashing: load.isHashing)
        hasStarted = false
        lastStamp = 0
        isBusy = true
        sentAt = Clock.nanoseconds
        // A request is smaller than any send buffer: it goes out whole or something is wrong.
        if Kernel.send(descriptor, load.request) != .moved(load.request.count) { fail(.notSent) }
    }

    /// Reads what is there; a short read has emptied the socket unless the peer has ended too.
    private func drain(untilEnd: Bool) {
        let mine = epoch
        while epoch == mine {
            switch Kernel.receive(descriptor, into: load.buffer) {
            case .moved(let count):
                take(UnsafeRawBufferPointer(rebasing: load.buffer[..<count]))
                if count < load.buffer.count, !untilEnd { return }
            case .wouldBlock:
                return
            case .ended, .failed:
                return ended()
            }
        }
    }

    private func ended() {
        if isBusy { return fail(.closedEarly) }
        close()
        load.closedBetween(self)
    }

    private func fail(_ fault: LoadFault) {
        load.noteFault(fault, byteCount: tally.byteCount)
        close()
        load.failed(self)
    }

    private func take(_ bytes: UnsafeRawBufferPointer) {
        let now = Clock.nanoseconds
        let eventsBefore = tally.eventCount
        let bytesBefore = tally.byteCount
        let used = reader.consume(bytes, &tally, isStream: load.isStream)
        load.arrived(events: tally.eventCount - eventsBefore, bytes: tally.byteCount - bytesBefore)
        if !hasStarted, tally.byteCount > 0 {
            hasStarted = true
            load.started(self, after: now - sentAt)
        }
        if load.isStamped { takeStamps(bytes, now) }
        if reader.state == .complete {
            // Bytes after the end of the answer are somebody else's answer.
            finished(now, isClean: used == bytes.count && isBusy)
        } else if reader.state == .broken {
            fail(.malformed)
        }
    }

    private func takeStamps(_ bytes: UnsafeRawBufferPointer, _ now: Int64) {
        var position = 0
        while let stamp = Stamp.next(in: bytes, from: &position) {
            load.stamped(latency: now - stamp)
            if lastStamp > 0 { load.gap(abs((now - lastArrival) - (stamp - lastStamp))) }
            lastStamp = stamp
            lastArrival = now
        }
    }

    private func finished(_ now: Int64, isClean: Bool) {
        isBusy = false
        let isWhole = load.expectedBytes < 0 || tally.byteCount == load.expectedBytes
        guard isClean else { return fail(.bytesBehindEnd) }
        guard isWhole else { return fail(.wrongLength) }
        guard !load.isStream || !load.endsWithDone || tally.endsWithDone else { return fail(.withoutDone) }
        load.completed(tally, after: now - sentAt)
        if reader.wantsClose {
            close()
            load.closedBetween(self)
        } else if load.mayAskAgain {
            ask()
        } else {
            close()
        }
    }
}
