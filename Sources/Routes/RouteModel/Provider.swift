import Report
import Routing

/// `providers.<name>`, as the file says it, with what follows from its kind and address.
package struct ProviderEntry: Sendable {
    package struct Price: Sendable {
        /// Which models; nil is all of them.
        package var pattern: Located<String>?
        /// Nano-dollars per million tokens.
        package var input: Int
        package var output: Int
        package var cached: Int?
        package var cacheWrite: Int?
        package var reasoning: Int?
        package init(
            pattern: Located<String>?,
            input: Int,
            output: Int,
            cached: Int?,
            cacheWrite: Int? = nil,
            reasoning: Int? = nil
        ) {
            self.pattern = pattern
            self.input = input
            self.output = output
            self.cached = cached
            self.cacheWrite = cacheWrite
            self.reasoning = reasoning
        }
    }

    /// Where the route file names it.
    package var name: Located<String>
    package var kind: Located<String>
    /// As written, or the kind's own.
    package var url: Setting<String>
    /// Nil for a unix socket.
    package var host: String?
    package var port: Int
    package var isTLS: Bool
    package var hasKey = false
    /// Globs; nil serves any model.
    package var models: [Located<String>]?
    package var apis: Set<API>
    package var isLocal: Bool
    package var locality: Located<String>?
    /// The highest class it may see.
    package var clearance: Setting<Level>
    package var attest: Located<String>?
    package var denyTags: [Located<String>] = []
    package var region: Located<String>?
    /// Set when `tls.ca` is written, `system` included.
    package var ca: Located<String>?
    package var pins: [Located<String>] = []
    package var requests: Located<Rate>?
    package var tokens: Located<Rate>?
    package var concurrent: Located<Int>?
    /// `active`, `passive` or `none`.
    package var healthMode: Setting<String>
    package var prices: [Price] = []
    package var contexts: [(pattern: Located<String>?, tokens: Int)] = []
    package var maxTokens: Located<Int>?
    package var timeouts: [String: Located<Int>] = [:]
    package var isEnabled = true
    /// Every place of the mapping: key names to the spot of their value.
    package var places: [String: Spot] = [:]

    package init(
        name: Located<String>,
        kind: Located<String>,
        url: Setting<String>,
        host: String?,
        port: Int,
        isTLS: Bool,
        apis: Set<API>,
        isLocal: Bool,
        clearance: Setting<Level>,
        healthMode: Setting<String>
    ) {
        self.name = name
        self.kind = kind
        self.url = url
        self.host = host
        self.port = port
        self.isTLS = isTLS
        self.apis = apis
        self.isLocal = isLocal
        self.clearance = clearance
        self.healthMode = healthMode
    }
}
