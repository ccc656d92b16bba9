import Loop
import Providers

/// The connections of one loop to one provider: those that wait, and the way to new ones.
///
/// Identity is the provider object, which carries url, key and TLS settings: two providers never share a connection.
/// Loop only.
package final class UpstreamPool: Watcher {
    package let loop: EventLoop
    package let provider: Provider
    /// What stays the same in every request head: Host, key and the provider's own fields, ready to send.
    package let fixedFields: [UInt8]
    /// The same with the key as Google's own format wants it.
    package let geminiFields: [UInt8]
    /// Names in `fixedFields`, lower case, which the client's fields must not repeat.
    package let fixedNames: [String]
    /// How the client's path becomes this upstream's; worked out once.
    package let prefix: TargetPrefix
    package let prefixBytes: [UInt8]
    /// Piper 1.3 speaks at `/`; set once `/synthesize` was not found there.
    package final var speaksAtRoot = false
    /// Connections opened, and times a waiting one was used again.
    package private(set) var opened = 0
    package private(set) var reused = 0

    private let curl: CurlMulti
    private var target: CurlTarget
    private let beganNanoseconds = Kernel.monotonicNanoseconds()
    private var idle: [UpstreamConnection] = []
    private var opening: [ObjectIdentifier: CurlHandle] = [:]
    private var timer: LoopTimer?
    private var isClosed = false

    package init(_ provider: Provider, curl: CurlMulti) {
        self.provider = provider
        self.curl = curl
        loop = curl.loop
        target = provider.curlTarget(path: "/")
        prefix = provider.targetPrefix
        prefixBytes = Array(prefix.prefix.utf8)
        (fixedFields, fixedNames) = provider.fixedFields(provider.keyField)
        geminiFields = provider.fixedFields(provider.keyField(for: .gemini)).bytes
        super.init()
        timer = LoopTimer(self)
    }

    /// A waiting connection that is still alive, most recently used first.
    package func takeIdle() -> UpstreamConnection? {
        while let connection = idle.popLast() {
            if connection.isQuiet {
                reused += 1
                connection.requests += 1
                return connection
            }
            connection.close()
        }
        return nil
    }

    /// Opens a connection; `done` comes in a later turn.
    ///
    /// The returned handle can be given to `abandon(_:)`.
    package func open(
        timeoutMilliseconds: Int,
        done: @escaping (Result<UpstreamConnection, CurlFault>) -> Void
    ) -> CurlHandle? {
        // A pool is made anew when what a CA file holds has changed, so what was read since then is what it holds.
        if target.caPath != nil {
            target.caAgeSeconds = Int((Kernel.monotonicNanoseconds() - beganNanoseconds) / 1_000_000_000)
        }
        guard let handle = curl.handle(target) else { return nil }
        handle.connectOnly(timeoutMilliseconds: timeoutMilliseconds)
        opening[ObjectIdentifier(handle)] = handle
        handle.whenDone = { [unowned self, unowned handle] fault in
            self.opening[ObjectIdentifier(handle)] = nil
            if let fault {
                handle.end()
                done(.failure(fault))
            } else {
                done(self.adopt(handle))
            }
        }
        curl.start(handle)
        return handle
    }

    /// Gives up a connection that is still being opened.
    package func abandon(_ handle: CurlHandle) {
        opening[ObjectIdentifier(handle)] = nil
        handle.end()
    }

    private func adopt(_ handle: CurlHandle) -> Result<UpstreamConnection, CurlFault> {
        let peer = handle.peerAddress
        if provider.isLocal, provider.url.unixPath == nil, !PeerAddress.isLocal(peer) {
            handle.end()
            return .failure(
                .local("the name resolved to the public address \(peer), but this provider is declared local")
            )
        }
        guard let number = handle.activeSocket, let descriptor = Descriptor.duplicating(number) else {
            handle.end()
            return .failure(.noDescriptor)
        }
        let connection: UpstreamConnection
        if provider.url.isTLS {
            connection = TLSUpstreamConnection(descriptor, handle: handle, pool: self)
        } else {
            connection = UpstreamConnection(descriptor, pool: self)
            handle.end()
            Kernel.setNoDelay(connection.number)
        }
        guard connection.watch() else {
            connection.close()
            return .failure(.local("the poller refused the connection"))
        }
        opened += 1
        connection.requests = 1
        return .success(connection)
    }

    /// Takes back a connection after a whole answer, for the next request.
    package func giveBack(_ connection: UpstreamConnection) {
        connection.user = nil
        guard connection.isOpen, !isClosed, idle.count < provider.keepalive.maxIdle else { return connection.close() }
        // What arrived after the end of an answer belongs to nobody.
        if connection.mayRead, !connection.isQuiet { return connection.close() }
        connection.idleSince = loop.now
        idle.append(connection)
        if idle.count == 1 { setSweep() }
    }

    /// Closes a waiting connection that ended by itself.
    func drop(_ connection: UpstreamConnection) {
        if let index = idle.firstIndex(where: { $0 === connection }) { idle.remove(at: index) }
        connection.close()
    }

    private func setSweep() {
        guard let timer, let oldest = idle.first else { return }
        loop.set(timer, at: oldest.idleSince + Int64(provider.keepalive.idleMilliseconds) * 1_000_000)
    }

    package override func timerFired(_ timer: LoopTimer) {
        let limit = loop.now - Int64(provider.keepalive.idleMilliseconds) * 1_000_000
        while let oldest = idle.first, oldest.idleSince <= limit {
            idle.removeFirst()
            oldest.close()
        }
        setSweep()
    }

    /// Waiting connections.
    package var idleCount: Int { idle.count }

    /// Closes what waits and keeps nothing from now on; requests under way, those that still connect too, go on.
    package func retire() {
        isClosed = true
        for connection in idle { connection.close() }
        idle.removeAll()
        if let timer { loop.remove(timer) }
    }

    /// The loop ends: gives up what is being opened as well.
    package func close() {
        retire()
        for handle in opening.values { handle.end() }
        opening.removeAll()
    }
}
