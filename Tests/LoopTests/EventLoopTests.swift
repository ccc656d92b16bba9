import Glibc
import Loop
import Synchronization
import Testing

/// Writes down what it is told.
private final class Diary: Watcher {
    var fired: [LoopTimer] = []
    var seen: [Readiness] = []
    var resumptions = 0
    var onFire: ((LoopTimer) -> Void)?

    override func ready(_ readiness: Readiness) { seen.append(readiness) }
    override func timerFired(_ timer: LoopTimer) {
        fired.append(timer)
        onFire?(timer)
    }
    override func resumed() { resumptions += 1 }
}

@Suite struct EventLoopTests {
    private func pair() -> (Int32, Int32) {
        var ends: [Int32] = [0, 0]
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        #expect(socketpair(AF_UNIX, kind, 0, &ends) == 0)
        return (ends[0], ends[1])
    }

    @Test func `timers fire in the order of their deadlines, moved ones at the new one`() {
        let loop = EventLoop()
        let diary = Diary()
        let timers = (0..<50).map { _ in LoopTimer(diary) }
        let now = Kernel.monotonicNanoseconds()
        for (index, timer) in timers.enumerated() { loop.set(timer, at: now + Int64((index * 37) % 50) * 10_000) }
        loop.set(timers[0], at: now + 2_000_000)
        loop.set(timers[1], at: now - 1)
        loop.set(timers[2], at: .max)
        loop.remove(timers[3])
        loop.set(timers[4], at: .max)
        loop.set(timers[4], at: now + 1_000_000)
        // A moved timer may fire among others that are due by then as well, but never before its own time.
        diary.onFire = { timer in
            if timer === timers[0] { #expect(loop.now >= now + 2_000_000) }
            if timer === timers[4] { #expect(loop.now >= now + 1_000_000) }
        }
        while diary.fired.count < 48 { loop.turn() }
        #expect(diary.fired.first === timers[1])
        #expect(!diary.fired.contains { $0 === timers[2] || $0 === timers[3] })
        let unmoved = diary.fired.compactMap { fired in timers.firstIndex { $0 === fired } }.filter { $0 > 4 }
        #expect(unmoved == (5..<50).sorted { ($0 * 37) % 50 < ($1 * 37) % 50 })
    }

    @Test func `a timer may be set again while it fires, and another removed`() {
        let loop = EventLoop()
        let diary = Diary()
        let again = LoopTimer(diary)
        let doomed = LoopTimer(diary)
        let now = Kernel.monotonicNanoseconds()
        diary.onFire = { timer in
            loop.remove(doomed)
            if diary.fired.count < 3 { loop.set(timer, at: now) }
        }
        loop.set(again, at: now - 2)
        loop.set(doomed, at: now - 1)
        while diary.fired.count < 3 { loop.turn() }
        #expect(diary.fired.allSatisfy { $0 === again })
    }

    @Test func `letters of other threads arrive once each, in the order of their thread`() {
        let loop = EventLoop()
        let seen = Mutex<[[Int]]>([[], [], []])
        let inbox = loop.inbox
        let threads = (0..<3).map { thread in
            LoopThread(name: "post-\(thread)") {
                for number in 0..<500 { inbox.post { seen.withLock { $0[thread].append(number) } } }
            }
        }
        while seen.withLock({ $0.reduce(0) { $0 + $1.count } }) < 1_500 { loop.turn() }
        for thread in threads { thread.join() }
        #expect(seen.withLock { $0 } == Array(repeating: Array(0..<500), count: 3))
    }

    @Test func `a letter may post a letter and end the loop`() {
        let loop = EventLoop()
        let inbox = loop.inbox
        let stopper = Mutex(0)
        // `@unchecked Sendable` holds because the one thread of this test runs the loop and its letters.
        final class Box: @unchecked Sendable {
            let loop: EventLoop
            init(_ loop: EventLoop) { self.loop = loop }
        }
        let box = Box(loop)
        inbox.post {
            stopper.withLock { $0 += 1 }
            inbox.post {
                stopper.withLock { $0 += 1 }
                box.loop.stop()
            }
        }
        loop.run()
        #expect(stopper.withLock { $0 } == 2)
    }

    @Test func `again comes once for each time, after the events of the turn`() {
        let loop = EventLoop()
        let diary = Diary()
        loop.again(diary)
        loop.again(diary)
        loop.turn()
        #expect(diary.resumptions == 2)
        loop.again(diary)
        loop.turn()
        #expect(diary.resumptions == 3)
    }

    @Test func `edges tell of bytes, of room and of the end`() {
        let loop = EventLoop()
        let diary = Diary()
        let (number, theirs) = pair()
        let mine = Descriptor(adopting: number)
        #expect(loop.watch(mine.number, diary))
        loop.turn()
        #expect(diary.seen.last == .writable)
        #expect(write(theirs, "x", 1) == 1)
        loop.turn()
        #expect(diary.seen.last?.contains(.readable) == true)
        close(theirs)
        loop.turn()
        #expect(diary.seen.last?.contains(.peerEnded) == true)
        loop.forget(diary, mine.number, closing: false)
        let count = diary.seen.count
        let timer = LoopTimer(diary)
        loop.set(timer, at: loop.now)
        loop.turn()
        #expect(diary.seen.count == count)
    }

    @Test func `an event of a descriptor that was forgotten in the same turn reaches nobody else`() {
        /// Forgets the other one, whichever comes first.
        final class Rival: Watcher {
            var other: Rival?
            var number: Int32 = -1
            var hits = 0
            unowned let loop: EventLoop
            init(_ loop: EventLoop) { self.loop = loop }
            override func ready(_ readiness: Readiness) {
                hits += 1
                guard let other else { return }
                loop.forget(other, other.number, closing: false)
            }
        }
        let loop = EventLoop()
        let (first, peer1) = pair()
        let (second, peer2) = pair()
        let one = Descriptor(adopting: first)
        let two = Descriptor(adopting: second)
        let rivals = [Rival(loop), Rival(loop)]
        rivals[0].other = rivals[1]
        rivals[1].other = rivals[0]
        (rivals[0].number, rivals[1].number) = (one.number, two.number)
        #expect(loop.watch(one.number, rivals[0]) && loop.watch(two.number, rivals[1]))
        loop.turn()
        #expect(rivals[0].hits + rivals[1].hits == 1)
        rivals[0].other = nil
        rivals[1].other = nil
        close(peer1)
        close(peer2)
    }
}

@Suite struct SocketTests {
    private func sockets(_ loop: EventLoop) -> (Socket, Socket) {
        var ends: [Int32] = [0, 0]
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        #expect(socketpair(AF_UNIX, kind, 0, &ends) == 0)
        return (Socket(Descriptor(adopting: ends[0]), loop: loop), Socket(Descriptor(adopting: ends[1]), loop: loop))
    }

    @Test func `looking takes nothing, reading takes all, the end is told`() {
        let loop = EventLoop()
        let (left, right) = sockets(loop)
        let bytes = Array("hello world".utf8)
        let sent = bytes.withUnsafeBytes { raw in
            left.send(UnsafeRawBufferPointer(rebasing: raw[..<6]), UnsafeRawBufferPointer(rebasing: raw[6...]))
        }
        #expect(sent == .moved(11))
        right.mayRead = true
        #expect(right.peek(into: loop.scratch) == .moved(11))
        #expect(right.receive(into: loop.scratch) == .moved(11))
        #expect(loop.scratch[..<11].elementsEqual(bytes))
        #expect(!right.mayRead)
        #expect(right.receive(into: loop.scratch) == .wouldBlock)
        left.close()
        left.close()
        #expect(!left.isOpen && left.number == -1)
        #expect(right.receive(into: loop.scratch) == .ended)
    }

    @Test func `a full socket says so once, a broken one fails`() {
        let loop = EventLoop()
        let (left, right) = sockets(loop)
        let room = UnsafeRawBufferPointer(loop.scratch)
        while case .moved = left.send(room, more: false) {}
        #expect(!left.mayWrite)
        right.close()
        guard case .failed = left.send(room, more: false) else {
            Issue.record("writing to a closed peer succeeds")
            return
        }
    }

    @Test func `bytes go through a pipe, and a pipe that is not empty is not lent again`() {
        let loop = EventLoop()
        let (left, right) = sockets(loop)
        let (third, fourth) = sockets(loop)
        guard let pipe = loop.pipes.borrow() else {
            Issue.record("no pipe")
            return
        }
        let bytes = Array("through the kernel".utf8)
        #expect(bytes.withUnsafeBytes { left.send($0, more: false) } == .moved(18))
        #expect(pipe.fill(from: right.number, limit: 7) == .moved(7))
        #expect(pipe.empty(to: third.number, limit: 7) == .moved(7))
        #expect(fourth.receive(into: loop.scratch) == .moved(7))
        #expect(loop.scratch[..<7].elementsEqual(Array("through".utf8)))
        #expect(pipe.fill(from: right.number, limit: 100) == .moved(11))
        var back: [UInt8] = []
        let copy = pipe.count
        #expect(copy == 11)
        loop.pipes.giveBack(pipe)
        pipe.drain(into: &back)
        #expect(back == Array(" the kernel".utf8))
        guard let next = loop.pipes.borrow() else {
            Issue.record("no pipe")
            return
        }
        #expect(next !== pipe && next.count == 0)
        loop.pipes.giveBack(next)
        #expect(loop.pipes.borrow() === next)
        #expect(loop.pipes.lent == 1)
    }

    @Test func `no more pipes are lent than the limit says`() {
        let pipes = EventLoop().pipes
        let all = (0..<SparePipes.lentLimit).compactMap { _ in pipes.borrow() }
        #expect(all.count == SparePipes.lentLimit)
        #expect(pipes.borrow() == nil)
        for pipe in all { pipes.giveBack(pipe) }
        #expect(pipes.lent == 0)
    }
}

@Suite struct ListenAddressTests {
    @Test(arguments: [
        ("127.0.0.1:8088", "127.0.0.1:8088", true), ("localhost:1", "127.0.0.1:1", true),
        ("[::1]:80", "[::1]:80", true),
        ("0.0.0.0:80", "0.0.0.0:80", false), ("[::]:80", "[::]:80", false),
        ("unix:/run/a.sock", "unix:/run/a.sock", true),
        ("127.9.9.9:0", "127.9.9.9:0", true),
    ]) func `addresses are read and written in one form`(text: String, form: String, isLoopback: Bool) {
        let address = ListenAddress(text)
        #expect(address?.description == form)
        #expect(address?.isLoopback == isLoopback)
        #expect(address.flatMap { ListenAddress($0.description) } == address)
    }

    @Test(arguments: [
        "", ":80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "example.org:80", "unix:relative",
        "unix:/" + String(repeating: "a", count: 107), "300.0.0.1:80",
    ]) func `what is no address is none`(text: String) { #expect(ListenAddress(text) == nil) }

    @Test func `port 0 is chosen once for all loops, and a port in use is told with its number`() throws {
        let sockets = try ListeningSocket.open(.tcp(host: "127.0.0.1", port: 0), loops: 3)
        guard case .tcp(_, let port)? = sockets.address else {
            Issue.record("no address")
            return
        }
        #expect(port > 0)
        for _ in 0..<3 { #expect(sockets.take()?.address == .tcp(host: "127.0.0.1", port: port)) }
        let all = try ListeningSocket.open(.tcp(host: "127.0.0.1", port: 0), loops: 1)
        guard let address = all.address, case .tcp(let host, let taken) = address else { return }
        do throws(ListenFailure) {
            _ = try ListeningSocket.open(.tcp(host: host, port: taken), loops: 1)
            Issue.record("two listeners on one port")
        } catch { #expect(error.description.contains("\(taken)")) }
    }

    @Test func `a unix socket left behind is replaced, a live one and another file are not`() throws {
        let path = "/tmp/hoosh-loop-\(getpid()).sock"
        defer { unlink(path) }
        let address = ListenAddress.unix(path: path)
        do {
            let left = try ListeningSocket.open(address, loops: 1)
            #expect(left.address == address)
        }
        let live = try ListeningSocket.open(address, loops: 2)
        #expect(throws: ListenFailure.self) { try ListeningSocket.open(address, loops: 1) }
        while live.take() != nil {}
        unlink(path)
        close(open(path, O_CREAT | O_WRONLY, 0o600))
        #expect(throws: ListenFailure.self) { try ListeningSocket.open(address, loops: 1) }
        #expect(access(path, F_OK) == 0)
    }
}
