import Forwarding
import Health
import Loop
import Providers

/// Asks one provider again and again whether it lives (`providers.<name>.health.mode: active`).
///
/// Loop only; its findings go to the shared health.
final class Probe: Watcher {
    private let provider: Provider
    private let health: ProviderHealth
    private let curl: CurlMulti
    private var timer: LoopTimer?
    private var running: CurlHandle?

    init(_ provider: Provider, health: ProviderHealth, curl: CurlMulti) {
        self.provider = provider
        self.health = health
        self.curl = curl
        super.init()
        timer = LoopTimer(self)
        ask()
    }

    override func timerFired(_ timer: LoopTimer) { ask() }

    private func ask() {
        if let timer {
            let interval = Int64(provider.health.intervalMilliseconds) * 1_000_000
            curl.loop.set(timer, at: Kernel.monotonicNanoseconds() + interval)
        }
        guard running == nil,
            let handle = curl.handle(provider.curlTarget(path: provider.health.path), bodyLimit: 65_536)
        else { return }
        handle.get(timeoutMilliseconds: provider.health.timeoutMilliseconds, headerLines: provider.sideCallFields())
        running = handle
        handle.whenDone = { [weak self, unowned handle] fault in
            // A body larger than we care to read proves a living server as well.
            let status = handle.status
            handle.end()
            self?.running = nil
            self?.health.probed(isHealthy: (fault == nil || status > 0) && (200..<500).contains(status))
        }
        curl.start(handle)
    }

    /// True when it asks this provider already, in the same way.
    func asks(_ other: Provider, for health: ProviderHealth) -> Bool {
        self.health === health && provider.url == other.url && provider.key == other.key
            && provider.headers == other.headers && provider.tls == other.tls && provider.health == other.health
    }

    /// Asks no more.
    func stop() {
        if let timer { curl.loop.remove(timer) }
        running?.end()
        running = nil
    }
}
