import CSSL
import Decision
import Routing
import Health
import RouteLanguage

/// One configuration with what is worked out from it once: what every request reads.
///
/// Immutable but for the shared health of its providers. A request keeps the snapshot it began with.
package final class Snapshot: Sendable {
    package let configuration: Configuration
    /// One entry for each provider, shared by all loops.
    package let health: [ProviderHealth]
    /// Retries left, process-wide.
    package let retryBudget = RetryBudget()
    /// First 12 hex digits of the file's SHA-256; names the configuration in headers and metrics.
    package let hash: String

    /// Names as they go into heads.
    let routeNames: [[UInt8]]
    let providerNames: [[UInt8]]
    let hashText: [UInt8]

    package init(_ configuration: Configuration) {
        self.configuration = configuration
        health = configuration.providers.map { provider in
            ProviderHealth(
                passive: provider.health.mode == .passive,
                probes: provider.health.mode == .active,
                unhealthyAfter: provider.health.unhealthyAfter,
                healthyAfter: provider.health.healthyAfter,
                restMilliseconds: provider.health.intervalMilliseconds
            )
        }
        hash = Snapshot.digest(configuration.sourceBytes)
        hashText = Array(hash.utf8)
        routeNames = configuration.program.routes.map { Array($0.name.utf8) }
        providerNames = configuration.providers.map { Array($0.name.utf8) }
    }

    private static func digest(_ bytes: [UInt8]) -> String {
        var digest = [UInt8](repeating: 0, count: 32)
        var count: UInt32 = 0
        guard EVP_Digest(bytes, bytes.count, &digest, &count, EVP_sha256(), nil) == 1 else { return "unknown" }
        let digits = Array("0123456789abcdef")
        return String(digest.prefix(6).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }
}
