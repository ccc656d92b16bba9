import CLinux
import Glibc
import Loop

/// One loop of the mock with its listener.
final class Worker: Watcher {
    let loop = EventLoop()
    let journal: Journal
    let identity: TLSIdentity?
    /// The gap between events when a request names none.
    let gapNanoseconds: Int64
    /// The folder of recordings.
    let corpus: String?
    /// What one read takes; apart from the loop's scratch, into which answers are composed meanwhile.
    let input: UnsafeMutableRawBufferPointer
    private let listener: Descriptor
    /// Given up for a moment when descriptors run out, to take a connection off the queue and close it.
    private var spare: Int32

    init(
        _ listener: consuming Descriptor,
        _ identity: TLSIdentity?,
        _ journal: Journal,
        gapNanoseconds: Int64,
        corpus: String?
    ) {
        self.listener = listener
        self.identity = identity
        self.journal = journal
        self.gapNanoseconds = gapNanoseconds
        self.corpus = corpus
        input = .allocate(byteCount: 64 * 1024, alignment: 4096)
        spare = open("/dev/null", O_RDONLY | O_CLOEXEC)
        super.init()
    }

    deinit { input.deallocate() }

    func run() {
        guard loop.watchListener(listener.number, self) else { return tell("hoosh-mock: cannot watch the listener") }
        loop.run()
    }

    override func ready(_ readiness: Readiness) {
        for _ in 0..<64 {
            let number = clinux_accept(listener.number, nil, nil)
            if number >= 0 {
                Connection(Descriptor(adopting: number), self).start()
                continue
            }
            if errno == EMFILE || errno == ENFILE { refuseOne() }
            if errno != EINTR, errno != ECONNABORTED { return }
        }
    }

    private func refuseOne() {
        guard spare >= 0 else { return }
        _ = close(spare)
        let number = clinux_accept(listener.number, nil, nil)
        if number >= 0 { _ = close(number) }
        spare = open("/dev/null", O_RDONLY | O_CLOEXEC)
    }
}
