import Admission
import CSSL
import Cache
import Compiler
import Content
import Decision
import Health
import Providers
import RouteLanguage
import RouteModel
import Routing
import Zones

/// One configuration with what is worked out from it once: what every request reads.
///
/// Immutable but for the shared health of its providers. A request keeps the snapshot it began with. What is known of
/// the world goes from one snapshot to the next: health and latency by a provider's name and address, counters by name.
package final class Snapshot: Sendable {
    package let configuration: Configuration
    /// The compiled routes.
    let program: Program
    /// One entry for each provider, shared by all loops and with other snapshots that have the same provider.
    package let health: [ProviderHealth]
    /// Retries left, process-wide.
    package let retryBudget: RetryBudget
    /// First 12 hex digits of the SHA-256 over all files; names the configuration in headers and metrics.
    package let hash: String
    /// Rows of the counters, by position of the provider and of the route.
    let providerRows: [Int]
    let routeRows: [Int]
    /// The same, by position of the key.
    let keyRows: [Int]

    /// For each route and class the first class with the same plan, so that what belongs to a plan is kept once.
    let planNumbers: [[Int]]
    /// What each provider may see: the file's own words, not what the compiler made of them.
    let clearances: [Clearance]
    /// What is known of models, by position of the provider that serves them.
    let modelTables: [ModelTable]
    /// What is in the files that `tls` names, by position of the provider.
    let identities: [[UInt8]]
    /// Time windows by bit, with their zones.
    let windows: [(window: TimeWindow, zone: Zone)]
    /// What a request's head says about its class and tags.
    let labels: PrivacyLabels
    /// What its text says about them.
    let content: ContentPolicy
    /// What becomes of a route's answers in which something is found, by its position.
    let answerScans: [AnswerScan]
    /// What answers are read by; nil where no route wants that.
    let answerContent: ContentPolicy?
    /// How urgent a route's requests are where they must wait, by its position.
    let urgencies: [Urgency]
    /// True for a provider that answers only so many requests at a time, by its position.
    let limitsPlaces: [Bool]
    /// What is kept of requests; nil without an audit log.
    let audit: AuditPolicy?

    /// Budgets, limits and prices.
    let governance: Governance

    /// The answers that are kept, whatever the configuration.
    let cacheBook: CacheBook
    /// What each route keeps, by position of the route.
    let caches: [RouteCache?]
    /// Some of them are kept for other proxies as well.
    var sharesAnswers: Bool { caches.contains { $0?.sharedSalt != nil } }
    /// Questions that are asked before anybody does; nil without any.
    let warm: WarmList?

    /// Names as they go into heads.
    let routeNames: [[UInt8]]
    let providerNames: [[UInt8]]
    let hashText: [UInt8]

    /// * `rows`: where the counters of its names are.
    /// * `previous`: the snapshot before it, whose knowledge of the world it takes over.
    init(_ ready: ConfigurationSource.Ready, rows: CounterRows, after previous: Snapshot? = nil) {
        let configuration = ready.configuration
        self.configuration = configuration
        program = ready.compiled.program
        health = configuration.providers.map { provider in
            let settings = provider.healthSettings
            let earlier = previous?.configuration.providers.firstIndex { $0.isSameUpstream(as: provider) }
            guard let previous, let earlier else { return ProviderHealth(settings) }
            let kept = previous.health[earlier]
            kept.apply(settings)
            return kept
        }
        retryBudget = previous?.retryBudget ?? RetryBudget()
        hash = Snapshot.name(ready.bytes)
        hashText = Array(hash.utf8)
        routeNames = program.routes.map { Array($0.name.utf8) }
        providerNames = configuration.providers.map { Array($0.name.utf8) }
        planNumbers = program.routes.map(Snapshot.planNumbers)
        let tags = program.tagNames
        clearances = ready.compiled.document.providers.map { provider in
            let denied = provider.denyTags.compactMap { tags.firstIndex(of: $0.value) }
            return Clearance(level: provider.clearance.value, deniedTags: denied.reduce(0) { $0 | 1 << UInt64($1) })
        }
        modelTables = ready.compiled.document.providers.indices.map {
            ModelTable(ready.compiled.document, provider: $0)
        }
        identities = ready.identities
        windows = ready.windows
        labels = ready.compiled.labels
        content = ContentPolicy(ready.compiled.document)
        let document = ready.compiled.document
        urgencies = document.routes.filter(\.isEnabled).map { Urgency($0.settings.queue.value) }
        answerScans = document.routes.filter(\.isEnabled).map(\.settings.scanResponses.value)
        answerContent = answerScans.contains { $0 != .none } ? ContentPolicy(answersOf: document) : nil
        limitsPlaces = document.providers.map { $0.concurrent != nil }
        audit = AuditPolicy(ready.compiled.document.audit)
        providerRows = configuration.providers.map { rows.provider($0.name) }
        routeRows = program.routes.map { rows.route($0.name) }
        governance = Governance(ready.compiled.document, program, zones: ready.zones, books: rows.books)
        cacheBook = previous?.cacheBook ?? CacheBook()
        let salt = Snapshot.digest(Array("\(Version.current)\n".utf8) + ready.bytes)
        caches = RouteCache.all(ready.compiled, configuration.providers, clearances, cacheBook, salt: salt)
        warm = ready.warm
        keyRows = configuration.access.ring.keys.map { rows.key($0.name) }
    }

    private static func planNumbers(of route: Route) -> [Int] {
        guard case .forward(let plans) = route.action else { return [] }
        return plans.map { plan in plans.firstIndex { $0 === plan } ?? 0 }
    }

    /// The models a provider may be asked for by name, each with the measure its route goes by; for reports.
    func measuredModels(of provider: Int) -> [(name: String, metric: LatencySettings.Metric)] {
        var found: [(name: String, metric: LatencySettings.Metric)] = []
        let names = configuration.advertisedModels + Array(configuration.aliases.values).sorted()
        for route in program.routes {
            guard case .forward(let plans) = route.action, let plan = plans.first else { continue }
            for target in plan.tiers.flatMap(\.targets) where target.provider == provider {
                for name in target.model.map({ [$0] }) ?? names {
                    let isNew = !found.contains { $0.name == name && $0.metric == plan.latency.metric }
                    if isNew { found.append((name, plan.latency.metric)) }
                }
            }
        }
        return found
    }

    private static func name(_ bytes: [UInt8]) -> String {
        let digest = digest(bytes)
        guard !digest.isEmpty else { return "unknown" }
        let digits = Array("0123456789abcdef")
        return String(digest.prefix(6).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }

    /// SHA-256; empty when there is no memory for it.
    static func digest(_ bytes: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 32)
        var count: UInt32 = 0
        guard EVP_Digest(bytes, bytes.count, &digest, &count, EVP_sha256(), nil) == 1 else { return [] }
        return digest
    }

    /// True when nothing is different: the files say the same, and so do the files that those name.
    ///
    /// Environment variables cannot change while the process runs, so what differs in a secret came from a file.
    func isSame(as other: Snapshot) -> Bool {
        hash == other.hash && identities == other.identities
            && configuration.providers.elementsEqual(other.configuration.providers) { one, two in
                one.key == two.key && one.headers == two.headers && one.url == two.url
            }
            && configuration.access.isSame(as: other.configuration.access)
            && configuration.tools.servers == other.configuration.tools.servers
    }
}

extension Provider {
    /// True when what is known of one's health and speed is known of the other's.
    fileprivate func isSameUpstream(as other: Provider) -> Bool { name == other.name && url == other.url }

    fileprivate var healthSettings: ProviderHealth.Settings {
        ProviderHealth.Settings(
            passive: health.mode == .passive,
            probes: health.mode == .active,
            unhealthyAfter: health.unhealthyAfter,
            healthyAfter: health.healthyAfter,
            restMilliseconds: health.intervalMilliseconds
        )
    }
}
