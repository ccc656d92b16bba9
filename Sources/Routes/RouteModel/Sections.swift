import Report
import Routing

/// A count per calendar unit or per second: `600/min`.
package struct Rate: Equatable, Hashable, Sendable {
    /// Units, or nano-dollars for money.
    package var amount: Int
    package var unit: Period
    package init(amount: Int, unit: Period) {
        self.amount = amount
        self.unit = unit
    }
}

/// `pools.<name>`: a budget.
package struct Pool: Sendable {
    package enum Exhaustion: String, CaseIterable, Sendable { case deny, queue, local }
    package enum Overrun: String, CaseIterable, Sendable { case debit, cut }
    package enum Accounting: String, CaseIterable, Sendable { case auto, usage, bytes }
    package var name: Located<String>
    package var tokens: Located<Rate>?
    /// Nano-dollars per unit.
    package var usd: Located<Rate>?
    package var requests: Located<Rate>?
    /// Nil is one for all (`shared`).
    package var per: Setting<Subject?> = Setting(nil)
    package var parent: Located<String>?
    package var isSliding = Setting(false)
    package var zone = Setting("UTC")
    package var reservedOutput = Setting(1_000)
    /// Hundredths of a percent.
    package var reserveMargin = Setting(0)
    package var overrun = Setting(Overrun.debit)
    package var onExhausted = Setting(Exhaustion.deny)
    package var accounting = Setting(Accounting.auto)
    package init(name: Located<String>) { self.name = name }
}

/// `rate_limits.<name>`.
package struct RateLimit: Sendable {
    package enum Subject: Hashable, Sendable { case key, tenant, ip, global, header(String) }
    package enum Algorithm: String, CaseIterable, Sendable { case gcra, sliding }
    package enum Excess: String, CaseIterable, Sendable { case reject, queue }
    package var name: Located<String>
    package var by: Located<Subject>?
    package var requests: Located<Rate>?
    package var tokens: Located<Rate>?
    package var concurrent: Located<Int>?
    package var burst: Located<Int>?
    package var algorithm = Setting(Algorithm.gcra)
    package var onLimit = Setting(Excess.reject)
    package init(name: Located<String>) { self.name = name }
}

/// `privacy`: how a request's class and tags come about.
package struct Privacy: Sendable {
    package var spot: Spot?
    package var standard = Setting(Level.public)
    /// The field by which a client may raise its class, in lower case; nil for `none`.
    package var header = Setting<String?>("x-privacy")
    package var scanMaxBytes = Setting(1 << 20)
    package var scanOver = Setting(Level.restricted)
    package var scanOnError = Setting(Level.restricted)
    package var scanOpaque = Setting(Level.internal)
    /// Nil is every text field of a request.
    package var scanFields: [Located<String>]?
    package var matchLimit = Setting(100_000)
    package var rules: [PrivacyRule] = []
    package init() {}
}

/// One of `privacy.rules`: any of its sources joins class and tag into the request's label.
package struct PrivacyRule: Sendable {
    package var spot: Spot
    package var tag: Located<String>
    package var level: Located<Level>?
    package var builtins: [Located<String>] = []
    package var pattern: Located<String>?
    /// Letters of `i m s x`.
    package var flags = ""
    package var headers: [HeaderCondition] = []
    /// Globs.
    package var tenants: [Located<String>] = []
    package var keys: [Located<String>] = []
    package var example: Located<String>?
    package var counterexample: Located<String>?
    /// What is found in the text is replaced before a request goes on.
    package var redacts: Located<Bool>?
    /// What stands in its place: `[PII]` for the tag `pii`; nil when nothing is replaced.
    package var replacement: String? { redacts?.value == true ? "[\(tag.value.uppercased())]" : nil }
    /// True when the text of a request decides.
    package var hasContentSource: Bool { !builtins.isEmpty || pattern != nil }
    package init(spot: Spot, tag: Located<String>) {
        self.spot = spot
        self.tag = tag
    }
}

/// `cache`, at the top level or on a route.
package struct CacheSettings: Sendable {
    package enum Mode: String, CaseIterable, Sendable { case none, exact }
    package enum Scope: String, CaseIterable, Sendable { case key, tenant, global }
    package enum Streams: String, CaseIterable, Sendable { case skip, replay }
    package enum Pace: String, CaseIterable, Sendable {
        case atOnce = "at_once"
        case recorded
    }
    package enum Store: String, CaseIterable, Sendable { case memory, shared }
    package var mode = Setting(Mode.none)
    package var ttlMilliseconds = Setting(300_000)
    package var maxEntries = Setting(1_000)
    package var maxBytes = Setting(64 << 20)
    package var scope = Setting(Scope.key)
    package var maxLevel = Setting(Level.internal)
    package var streams = Setting(Streams.skip)
    package var pace = Setting(Pace.atOnce)
    /// Whether answers are left for other proxies as well, in the store of `state`.
    package var store = Setting(Store.memory)
    /// How questions are compared; nil compares none.
    package var semantic = Setting<SemanticSettings?>(nil)
    package init() {}
}

/// `cache.semantic`, at the top level or on a route.
package struct SemanticSettings: Sendable {
    /// `provider/model`, as written.
    package var embedder: Located<String>
    /// The cosine from which on two questions have the same answer.
    package var threshold = 0.95
    package var timeoutMilliseconds = 1_000
    /// A longer text is not compared.
    package var textBytes = 2_048
    package init(embedder: Located<String>) { self.embedder = embedder }

    /// The provider's name and the model's; nil when nothing stands on one side of the `/`.
    package var names: (provider: String, model: String)? {
        guard let slash = embedder.value.firstIndex(of: "/") else { return nil }
        let model = embedder.value[slash...].dropFirst()
        guard slash > embedder.value.startIndex, !model.isEmpty else { return nil }
        return (String(embedder.value[..<slash]), String(model))
    }

    /// True when both compare the same way.
    package func isSame(as other: SemanticSettings) -> Bool {
        embedder.value == other.embedder.value && threshold == other.threshold
            && timeoutMilliseconds == other.timeoutMilliseconds && textBytes == other.textBytes
    }
}

/// `cache.warm`: questions asked before anybody does.
package struct WarmSettings: Sendable {
    /// A request as JSON, or the path of a file with one in each line.
    package var requests: [Located<String>] = []
    /// The key of `auth.keys` that asks.
    package var key: Located<String>?
    package var tenant: String?
    package var concurrency = 2
    /// `/readyz` waits until all have been asked.
    package var holdsReadiness = false
    package init() {}

    /// True for a request that stands in the file itself.
    package static func isInline(_ text: String) -> Bool { text.first { !$0.isWhitespace } == "{" }
}

/// `queue`.
package struct QueueSettings: Sendable {
    /// Levels of urgency, the most urgent first.
    package enum Priority: String, CaseIterable, Sendable { case critical, high, normal, low, batch }
    package var maxDepth = Setting(256)
    package var maxWaitMilliseconds = Setting(5_000)
    package var agingMilliseconds = Setting(1_000)
    package init() {}
}

/// `auth`.
package struct Auth: Sendable {
    package struct Key: Sendable {
        package var name: Located<String>
        /// `env:NAME`, `file:/path` or `sha256:<hex>`, as written.
        package var token: Located<String>?
        package var tenant: Located<String>?
        package var pools: [Located<String>] = []
        /// Globs; nil allows every model.
        package var models: [Located<String>]?
        package var maxLevel: Located<Level>?
        package init(name: Located<String>) { self.name = name }
    }
    package var spot: Spot?
    package var isBearer = Setting(false)
    package var keys: [Key] = []
    package var tenantHeader: Located<String>?
    package var trustedProxies: [Located<String>] = []
    package var adminToken: Located<String>?
    package init() {}
}

/// `audit`.
package struct Audit: Sendable {
    package enum Body: String, CaseIterable, Sendable { case none, hash, full }
    package var spot: Spot
    package var path: Located<String>?
    package var key: Located<String>?
    package var body = Setting(Body.hash)
    package var maxLevel = Setting(Level.internal)
    package var rotateBytes = Setting(64 << 20)
    package var syncMilliseconds = Setting(1_000)
    package var deniesOnFailure = Setting(true)
    package init(spot: Spot) { self.spot = spot }
}

/// `telemetry`.
package struct TelemetrySettings: Sendable {
    package var metricsPath = Setting("/metrics")
    package var otlpEndpoint: Located<String>?
    package var otlpHeaders: [Located<String>] = []
    /// Hundredths of a percent.
    package var otlpSample = Setting(10_000)
    /// True when prompts and completions are exported.
    package var otlpContent = Setting(false)
    package var otlpService = Setting("hoosh-proxy")
    package var logLevel = Setting("info")
    package var logFormat = Setting("text")
    package init() {}
}

/// `state`: where what was spent is kept.
package struct StateSettings: Sendable {
    package enum Store: Equatable, Sendable {
        /// It ends with the process.
        case memory
        /// A file of this machine, as it was written.
        case sqlite(path: String)
        /// A server that several proxies share: `redis://…`, or a reference to such a URL, as it was written.
        case redis(url: String)
    }
    /// What becomes of requests while a shared store does not answer.
    package enum Failure: String, CaseIterable, Sendable {
        case deny, open
        case localShare = "local_share"
    }
    package var store = Setting(Store.memory)
    package var onStoreError = Setting(Failure.deny)
    /// How long a request waits for a shared store, milliseconds.
    package var timeoutMilliseconds = Setting(50)
    /// Proxies that share the store; each has its part of every limit while it does not answer.
    package var replicas: Located<Int>?
    /// Begins the names of what is kept in a shared store.
    package var prefix = Setting("hoosh")
    package init() {}
}

/// `batch`.
package struct BatchSettings: Sendable {
    /// Requests of batches that run at a time, in the whole process.
    package var concurrency = 8
    package init() {}
}

/// `tools`, as far as checks need it; the service reads its own settings.
package struct Tools: Sendable {
    package var spot: Spot
    package var servers: [Located<String>] = []
    /// Globs over `server/tool`.
    package var allow: [Located<String>] = []
    package init(spot: Spot) { self.spot = spot }
}

/// `hardware`.
package struct Hardware: Sendable {
    package var detects = Setting(true)
    package var refreshMilliseconds = Setting(30_000)
    package var reservedBytes = Setting(0)
    /// Globs with the memory a model needs, in bytes.
    package var models: [(pattern: Located<String>, bytes: Int)] = []
    package var whenFull = Setting("prefer-remote")
    package init() {}
}

/// `listen`, as far as checks need it; the service reads its own settings.
package struct Listen: Sendable {
    package var address = Setting("127.0.0.1:8088")
    package var isLoopback = true
    /// Nil for `none`.
    package var admin = Setting<String?>("127.0.0.1:8089")
    package var isAdminLoopback = true
    package var hasTLS = false
    package var drainMilliseconds = Setting(25_000)
    package var splice = Setting("always")
    package init() {}
}
