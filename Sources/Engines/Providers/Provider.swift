import Decision
import Dialect
import Routing

/// One upstream of the route file, with everything resolved.
package final class Provider: Sendable {
    /// Position in the snapshot's list.
    package let index: Int
    package let name: String
    package let kind: ProviderKind
    package let url: ProviderURL
    /// The key's value, never printed: `secretName` is what a person may see.
    package let key: String?
    /// `env:NAME` or `file:/path`, as written.
    package let secretName: String?
    /// Extra request header fields, names in lower case.
    package let headers: [HeaderPair]
    /// The client's header fields that it gets.
    package let passes: HeaderRule
    /// Models it serves; nil serves any.
    package let models: [Glob]?
    /// Endpoints it serves.
    package let apis: Set<API>
    /// Formats of chats it speaks itself; others are translated to the first that can be asked in.
    package let formats: [ChatFormat]
    package let isLocal: Bool
    package let tls: TLSSettings
    /// Overrides a route's deadlines where not nil.
    package let timeouts: PartialTimeouts
    package let health: HealthSettings
    package let keepalive: KeepaliveSettings
    package let isEnabled: Bool

    package init(
        index: Int,
        name: String,
        kind: ProviderKind,
        url: ProviderURL,
        key: String?,
        secretName: String?,
        headers: [HeaderPair],
        passing more: [String] = [],
        models: [Glob]?,
        apis: Set<API>,
        formats: [ChatFormat]? = nil,
        isLocal: Bool,
        tls: TLSSettings,
        timeouts: PartialTimeouts,
        health: HealthSettings,
        keepalive: KeepaliveSettings,
        isEnabled: Bool
    ) {
        self.index = index
        self.name = name
        self.kind = kind
        self.url = url
        self.key = key
        self.secretName = secretName
        self.headers = headers
        passes = kind.passes.adding(more)
        self.models = models
        self.apis = apis
        self.formats = formats ?? kind.formats
        self.isLocal = isLocal
        self.tls = tls
        self.timeouts = timeouts
        self.health = health
        self.keepalive = keepalive
        self.isEnabled = isEnabled
    }
}

/// Where an upstream listens, taken apart.
package struct ProviderURL: Equatable, Sendable {
    /// True for `https`.
    package let isTLS: Bool
    /// Host name or address without brackets; `localhost` for a unix socket.
    package let host: String
    package let port: Int
    /// Set for `unix:/path`; then `host` and `port` only fill the Host field.
    package let unixPath: String?
    /// What stands before the client's `/v1`, without a slash at the end; may itself end in `/v1`
    /// (`http://host:8000/v1`), which then replaces the client's.
    package let basePath: String
    package init(isTLS: Bool, host: String, port: Int, unixPath: String?, basePath: String) {
        self.isTLS = isTLS
        self.host = host
        self.port = port
        self.unixPath = unixPath
        self.basePath = basePath
    }
}

/// How the upstream's TLS is checked.
package struct TLSSettings: Equatable, Sendable {
    /// Path of a PEM file; nil is the system's store.
    package var caPath: String?
    /// SPKI pins, `sha256//<base64>`, any of which must match; empty pins nothing.
    package var pins: [String] = []
    /// Paths of our certificate and key (PEM), both or none.
    package var certificatePath: String?
    package var keyPath: String?
    /// The name the certificate must carry, when it is not the URL's host.
    package var serverName: String?
    package var isTLS13Required = false
    /// False turns certificate checks off; the file that says so is refused unless it is allowed there.
    package var isVerified = true
    package init() {}
}

/// Deadlines a provider sets itself.
package struct PartialTimeouts: Equatable, Sendable {
    package var connectMilliseconds: Int?
    package var firstByteMilliseconds: Int?
    package var idleMilliseconds: Int?
    package var totalMilliseconds: Int?
    package init() {}
}

/// How a provider's health is learned.
package struct HealthSettings: Equatable, Sendable {
    package enum Mode: String, CaseIterable, Sendable { case active, passive, none }
    package var mode: Mode
    /// Path asked by an active probe, from the root of the host.
    package var path: String
    package var intervalMilliseconds: Int = 30_000
    package var timeoutMilliseconds: Int = 2_000
    package var unhealthyAfter: Int = 3
    package var healthyAfter: Int = 1
    package init(mode: Mode, path: String) {
        self.mode = mode
        self.path = path
    }
}

/// Connections kept open to an upstream, per loop.
package struct KeepaliveSettings: Equatable, Sendable {
    package var maxIdle: Int = 32
    package var idleMilliseconds: Int = 60_000
    package init() {}
}
