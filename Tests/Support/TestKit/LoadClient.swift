import CLinux
import Glibc

/// One request of a load, as it goes over the wire.
package struct LoadOrder: Sendable {
    /// When a client goes away of itself, with a reset.
    package enum Departure: Sendable, Equatable {
        case never
        /// The moment its request is sent.
        case atOnce
        /// Once so many bytes of the answer are here.
        case afterBytes(Int)
        /// So long after the request was sent.
        case afterMilliseconds(Int)
    }

    /// Head and body.
    package var bytes: [UInt8]
    package var departure: Departure
    /// Which of the addresses is asked.
    package var server: Int

    package init(_ bytes: [UInt8], departure: Departure = .never, server: Int = 0) {
        self.bytes = bytes
        self.departure = departure
        self.server = server
    }
}

/// What became of one request of a load.
package struct LoadAnswer: Sendable {
    package enum Ending: Sendable, Equatable {
        /// Whole by its framing.
        case complete
        /// The client went away, as it was told to.
        case left
        /// The connection ended before the answer did.
        case broken
        /// Nobody listened.
        case unreachable
        /// Nothing came in time.
        case silence
    }

    package var ending = Ending.broken
    /// All that came.
    package var bytes: [UInt8] = []
    /// Monotonic nanoseconds: when the request was begun, and when its answer was over.
    package var sent: Int64 = 0
    package var ended: Int64 = 0

    /// 0 when no head came.
    package var status: Int {
        guard bytes.count > 12, bytes.starts(with: Array("HTTP/1.1 ".utf8)) else { return 0 }
        return Int(String(decoding: bytes[9..<12], as: UTF8.self)) ?? 0
    }

    /// Head and body as text.
    package var text: String { String(decoding: bytes, as: UTF8.self) }

    /// A field of the head.
    package subscript(name: String) -> String? {
        for line in text.split(separator: "\r\n", omittingEmptySubsequences: false).dropFirst() {
            if line.isEmpty { return nil }
            guard let colon = line.firstIndex(of: ":"), line[..<colon].lowercased() == name else { continue }
            return String(line[line.index(after: colon)...].drop { $0 == " " })
        }
        return nil
    }
}

/// Many requests at a time from one thread: an epoll loop over as many connections as requests may be under way.
///
/// Connections are kept for the next request where the answer lets them be kept. One thread, from start to end.
package final class LoadClient {
    private final class Slot {
        let place: Int
        var socket: Int32 = -1
        var server = 0
        var order = LoadOrder([])
        /// The number of the request; -1 between two.
        var number = -1
        var sentBytes = 0
        var answer = LoadAnswer()
        /// Where the body begins; 0 until the head is here.
        var bodyStart = 0
        /// Of the whole answer; nil for one in chunks.
        var wholeBytes: Int?
        var deadline = Int64.max
        var leavesAt = Int64.max
        var waitsToWrite = false

        init(_ place: Int) { self.place = place }
    }

    private let addresses: [Address]
    private let poller: Int32
    private let timeoutNanoseconds: Int64
    private var slots: [Slot] = []
    /// Whose request is over.
    private var finished: [Slot] = []
    /// Those that may take another.
    private var idle: [Slot] = []
    private var next = 0
    private var ended = 0
    /// The most that were under way at once.
    package private(set) var peak = 0

    /// * `timeoutSeconds`: how long an answer may take.
    package init(_ addresses: [Address], timeoutSeconds: Int = 120) {
        self.addresses = addresses
        timeoutNanoseconds = Int64(timeoutSeconds) * 1_000_000_000
        poller = epoll_create1(Int32(EPOLL_CLOEXEC))
        LoadClient.raiseDescriptorLimit()
    }

    deinit {
        for slot in slots where slot.socket >= 0 { Glibc.close(slot.socket) }
        Glibc.close(poller)
    }

    /// As many descriptors as the system lets this process, and those it starts, have.
    package static func raiseDescriptorLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    /// Sends `count` requests, `inFlight` at a time, and tells what became of each.
    ///
    /// * `mayBegin`: whether the next one may be sent yet.
    package func run(
        _ count: Int,
        inFlight: Int,
        mayBegin: (Int) -> Bool = { _ in true },
        order: (Int) -> LoadOrder,
        done: (Int, LoadAnswer) -> Void
    ) {
        next = 0
        ended = 0
        while slots.count < min(inFlight, count) { slots.append(Slot(slots.count)) }
        idle = slots.reversed()
        var events = [epoll_event](repeating: epoll_event(), count: 512)
        var swept: Int64 = 0
        while ended < count {
            repeat {
                while let slot = finished.popLast() { finish(slot, done) }
                while next < count, mayBegin(next), let slot = idle.popLast() { begin(slot, order(take())) }
            } while !finished.isEmpty
            peak = max(peak, next - ended)
            let found = epoll_wait(poller, &events, Int32(events.count), 5)
            for index in 0..<max(0, Int(found)) {
                let slot = slots[Int(events[index].data.u64)]
                guard slot.number >= 0 else {
                    // A kept connection that says something, or ends, is of no further use.
                    close(slot)
                    continue
                }
                advance(slot)
            }
            let now = monotonicNanoseconds()
            if now - swept > 4_000_000 {
                swept = now
                for slot in slots where slot.number >= 0 { look(slot, now) }
            }
        }
        for slot in slots { close(slot) }
    }

    private func take() -> Int {
        next += 1
        return next - 1
    }

    // MARK: One request

    private func begin(_ slot: Slot, _ order: LoadOrder) {
        slot.order = order
        slot.number = next - 1
        slot.sentBytes = 0
        slot.answer = LoadAnswer()
        slot.answer.sent = monotonicNanoseconds()
        slot.bodyStart = 0
        slot.wholeBytes = nil
        slot.deadline = slot.answer.sent + timeoutNanoseconds
        slot.leavesAt = .max
        if slot.socket >= 0, slot.server != order.server { close(slot) }
        slot.server = order.server
        if slot.socket < 0, !connect(slot) { return end(slot, .unreachable) }
        advance(slot)
    }

    private func connect(_ slot: Slot) -> Bool {
        guard case .tcp(_, let port) = addresses[slot.server] else { return false }
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        slot.socket = Glibc.socket(AF_INET, kind, 0)
        guard slot.socket >= 0 else { return false }
        var target = sockaddr_in()
        target.sin_family = sa_family_t(AF_INET)
        target.sin_port = port.bigEndian
        inet_pton(AF_INET, "127.0.0.1", &target.sin_addr)
        var on: Int32 = 1
        setsockopt(slot.socket, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeBytes(of: &target) { raw in
            raw.baseAddress.map { Glibc.connect(slot.socket, $0.assumingMemoryBound(to: sockaddr.self), size) } ?? -1
        }
        guard result == 0 || errno == EINPROGRESS else {
            close(slot)
            return false
        }
        slot.waitsToWrite = true
        return watch(slot, EPOLL_CTL_ADD)
    }

    private func watch(_ slot: Slot, _ operation: Int32) -> Bool {
        let bits = EPOLLIN.rawValue | (slot.waitsToWrite ? EPOLLOUT.rawValue : 0)
        var event = epoll_event(events: bits, data: epoll_data_t(u64: UInt64(slot.place)))
        return epoll_ctl(poller, operation, slot.socket, &event) == 0
    }

    /// Sends and reads what can be sent and read.
    private func advance(_ slot: Slot) {
        guard slot.deadline != .min, send(slot) else { return }
        receive(slot)
    }

    private func send(_ slot: Slot) -> Bool {
        let all = slot.order.bytes
        while slot.sentBytes < all.count {
            let count = all.withUnsafeBytes {
                Glibc.send(
                    slot.socket,
                    $0.baseAddress?.advanced(by: slot.sentBytes),
                    $0.count - slot.sentBytes,
                    Int32(MSG_NOSIGNAL)
                )
            }
            if count > 0 {
                slot.sentBytes += count
                continue
            }
            if errno == EAGAIN || errno == ENOTCONN {
                if !slot.waitsToWrite {
                    slot.waitsToWrite = true
                    _ = watch(slot, EPOLL_CTL_MOD)
                }
                return true
            }
            if errno == ECONNREFUSED {
                end(slot, .unreachable)
                return false
            }
            // What the server said before it closed may still be there.
            break
        }
        if slot.waitsToWrite {
            slot.waitsToWrite = false
            _ = watch(slot, EPOLL_CTL_MOD)
        }
        switch slot.order.departure {
        case .atOnce:
            end(slot, .left)
            return false
        case .afterMilliseconds(let time) where slot.leavesAt == .max:
            slot.leavesAt = monotonicNanoseconds() + Int64(time) * 1_000_000
        default: break
        }
        return true
    }

    private func receive(_ slot: Slot) {
        while true {
            let ending = withUnsafeTemporaryAllocation(byteCount: 32_768, alignment: 16) { raw -> LoadAnswer.Ending?? in
                let count = recv(slot.socket, raw.baseAddress, raw.count, 0)
                if count > 0 {
                    slot.answer.bytes.append(contentsOf: raw[0..<count])
                    return .some(nil)
                }
                if count < 0, errno == EAGAIN || errno == ENOTCONN { return nil }
                return .some(errno == ECONNREFUSED && count < 0 ? .unreachable : .broken)
            }
            guard let ending else { return }
            if let ending { return end(slot, ending) }
            if case .afterBytes(let wanted) = slot.order.departure, slot.answer.bytes.count >= wanted {
                return end(slot, .left)
            }
            if isWhole(slot) { return end(slot, .complete) }
        }
    }

    /// True at the end of the answer: by its length, or by the last chunk, whose bytes no JSON text can hold.
    private func isWhole(_ slot: Slot) -> Bool {
        let bytes = slot.answer.bytes
        if slot.bodyStart == 0 {
            let blank = Array("\r\n\r\n".utf8)
            guard bytes.count > 4,
                let end = (0...(bytes.count - 4)).first(where: { bytes[$0..<$0 + 4].elementsEqual(blank) })
            else { return false }
            slot.bodyStart = end + 4
            if let length = slot.answer["content-length"].flatMap({ Int($0) }) { slot.wholeBytes = end + 4 + length }
        }
        if let whole = slot.wholeBytes { return bytes.count >= whole }
        return bytes.count >= slot.bodyStart + 5 && bytes.suffix(5).elementsEqual("0\r\n\r\n".utf8)
    }

    private func look(_ slot: Slot, _ now: Int64) {
        if slot.deadline == .min { return }
        if now >= slot.leavesAt { return end(slot, .left) }
        if now >= slot.deadline { end(slot, .silence) }
    }

    /// Marks it as over; the next request begins in the loop, not inside of an event.
    private func end(_ slot: Slot, _ ending: LoadAnswer.Ending) {
        slot.answer.ending = ending
        slot.answer.ended = monotonicNanoseconds()
        slot.deadline = .min
        finished.append(slot)
        if ending == .left {
            var linger = linger(l_onoff: 1, l_linger: 0)
            setsockopt(slot.socket, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
        }
        if ending != .complete || slot.answer["connection"] == "close" { close(slot) }
    }

    private func finish(_ slot: Slot, _ done: (Int, LoadAnswer) -> Void) {
        let (number, answer) = (slot.number, slot.answer)
        slot.number = -1
        slot.answer = LoadAnswer()
        ended += 1
        done(number, answer)
        idle.append(slot)
    }

    private func close(_ slot: Slot) {
        guard slot.socket >= 0 else { return }
        Glibc.close(slot.socket)
        slot.socket = -1
    }
}
