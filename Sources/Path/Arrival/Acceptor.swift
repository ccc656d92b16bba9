import CLinux
import Glibc
import Loop

/// Takes connections from one listening socket and gives them to its loop.
///
/// Loop only.
package final class Acceptor: Watcher {
    private let loop: EventLoop
    private var socket: ListeningSocket?
    private let arrived: (consuming Descriptor) -> Void
    private var timer: LoopTimer?
    private let isTCP: Bool

    /// Connections taken per turn: the others wait in the kernel while those taken are served.
    private static let perTurn = 64
    /// Pause when the process has no descriptor left, in nanoseconds; closing streams will free some.
    private static let pauseNanoseconds: Int64 = 50_000_000

    package init(
        _ socket: consuming ListeningSocket,
        loop: EventLoop,
        arrived: @escaping (consuming Descriptor) -> Void
    ) {
        if case .tcp = socket.address { isTCP = true } else { isTCP = false }
        self.socket = consume socket
        self.loop = loop
        self.arrived = arrived
        super.init()
        timer = LoopTimer(self)
        resume()
    }

    private var number: Int32 {
        switch socket {
        case .some(let socket): socket.descriptor.number
        case .none: -1
        }
    }

    private func resume() {
        guard number >= 0 else { return }
        _ = loop.watchListener(number, self)
    }

    package override func ready(_ readiness: Readiness) {
        for _ in 0..<Acceptor.perTurn {
            let accepted = clinux_accept(number, nil, nil)
            if accepted >= 0 {
                if isTCP { Kernel.setNoDelay(accepted) }
                arrived(Descriptor(adopting: accepted))
                continue
            }
            switch errno {
            case EMFILE, ENFILE, ENOBUFS, ENOMEM: pause()
            default: break
            }
            return
        }
    }

    /// A level-triggered listener that cannot be served would spin: look away for a moment.
    private func pause() {
        loop.forget(self, number, closing: false)
        if let timer { loop.set(timer, at: loop.now + Acceptor.pauseNanoseconds) }
    }

    package override func timerFired(_ timer: LoopTimer) { resume() }

    /// Stops taking connections, for good.
    package func close() {
        guard let gone = socket.take() else { return }
        loop.forget(self, gone.descriptor.number, closing: false)
        if let timer { loop.remove(timer) }
    }
}
