import Identity
import MCP
import Providers
import Report
import RouteModel
import SharedPools

/// What a configuration means, once its shape is known to be right.
struct DocumentMeaning {
    /// Nil when an error of the text, the types or the names makes it meaningless.
    private(set) var document: RouteDocument?
    let listen: ListenSettings
    let providers: [Provider]
    let tools: ToolSettings
    let access: AccessSettings
    let auditKey: String?
    let sharedStore: RedisAddress?
    let aliases: [String: String]
    let advertisedModels: [String]

    init(_ assembly: Assembly, _ includes: Includes, _ secrets: Secrets) {
        let findings = secrets.findings
        let root = assembly.root
        let listening = ListenMeaning(root, AccessMeaning.Guards(assembly), findings)
        listen = listening.settings
        let drafts = ProvidersMeaning(assembly, secrets, listening).drafts
        providers = drafts.compactMap(\.provider)
        let models = ModelsMeaning(assembly, providers, findings)
        aliases = models.aliases
        advertisedModels = models.advertised
        let names = NamesMeaning(assembly, findings)
        var document = RouteDocument(path: includes.root.file.path)
        document.listen = listening.listen
        document.providers = drafts.compactMap(\.entry)
        document.aliases = models.entries
        document.known = models.known
        document.modelFacts = models.facts
        document.pools = StoresMeaning.pools(assembly, names, findings)
        document.rateLimits = StoresMeaning.limits(assembly, findings)
        document.privacy = PrivacyMeaning(root["privacy"], names, findings).privacy
        StoresMeaning.read(root["cache"], into: &document.cache)
        document.queue = StoresMeaning.queue(root["queue"])
        let settings = SettingsMeaning(root, names, findings)
        document.routes = RoutesMeaning(assembly, drafts, settings, secrets).routes
        CacheMeaning(drafts, findings).checkEmbedders(document)
        document.warm = CacheMeaning.warm(root["cache"]?["warm"], includes.root.file.path, names, findings)
        StoresMeaning.checkScans(document, findings)
        document.auth = ServiceMeaning.auth(assembly, names, findings)
        access = AccessMeaning(assembly, document.auth, secrets).settings
        document.audit = ServiceMeaning.audit(root["audit"])
        auditKey = ServiceMeaning.auditKey(root["audit"]?["key"], secrets)
        document.telemetry = ServiceMeaning.telemetry(root["telemetry"])
        document.hardware = ServiceMeaning.hardware(root["hardware"])
        if let count = Read.count(root["batch"], "concurrency", Schema.batchConcurrency) {
            document.batch.concurrency = count
        }
        document.state = ServiceMeaning.state(root["state"])
        sharedStore = ServiceMeaning.sharedStore(root["state"], document.state, secrets)
        if case .redis = document.state.store.value {
            ServiceMeaning.refuseQueues(document, findings)
        } else {
            CacheMeaning.checkStore(document, findings)
        }
        let tools = ToolsMeaning(root["tools"], secrets)
        self.tools = tools.settings
        document.tools = tools.section
        document.severities = ServiceMeaning.severities(root["lint"])
        document.files = includes.files.map(\.path)
        // Without one of its providers a document would prove what is not so.
        guard findings.isSound, drafts.allSatisfy({ $0.entry != nil }) else { return }
        self.document = document
    }
}
