import Report
import Routing

/// A whole configuration as its author wrote it, every value with its place.
///
/// Includes are spliced in, names resolved, defaults merged. The compiler compiles it, the reference interpreter interprets
/// it, the checks look at it.
package struct RouteDocument: Sendable {
    package struct Alias: Sendable {
        package var name: Located<String>
        package var model: Located<String>
        package init(name: Located<String>, model: Located<String>) {
            self.name = name
            self.model = model
        }
    }

    /// The root file, as it was named.
    package var path: String
    package var listen = Listen()
    /// In file order; targets hold positions in this list.
    package var providers: [ProviderEntry] = []
    package var aliases: [Alias] = []
    /// Globs; nil is the built-in list alone.
    package var known: [Located<String>]?
    /// What the file says of models, by glob, in file order.
    package var modelFacts: [(pattern: Located<String>, facts: ModelFacts)] = []
    package var pools: [Pool] = []
    package var rateLimits: [RateLimit] = []
    package var privacy = Privacy()
    package var cache = CacheSettings()
    package var warm: WarmSettings?
    package var queue = QueueSettings()
    /// In file order, disabled ones included.
    package var routes: [RouteEntry] = []
    package var auth = Auth()
    package var audit: Audit?
    package var telemetry = TelemetrySettings()
    package var hardware = Hardware()
    package var batch = BatchSettings()
    package var state = StateSettings()
    package var tools: Tools?
    /// `lint`: severities by code (`error`, `warn`, `info`, `none`).
    package var severities: [(code: Located<String>, severity: String)] = []
    /// Files that were read: the root first.
    package var files: [String] = []

    package init(path: String) { self.path = path }

    /// The routes that take part, in file order.
    package var activeRoutes: [RouteEntry] { routes.filter(\.isEnabled) }
}
