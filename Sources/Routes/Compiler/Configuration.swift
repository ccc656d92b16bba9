import Decision
import Identity
import Interpreter
import MCP
import Providers
import Report
import RouteLanguage
import RouteModel
import Routing
import SharedPools

/// A route file that may serve: everything resolved, immutable.
package final class Configuration: Sendable {
    package let listen: ListenSettings
    /// In file order; `Target.provider` is a position here.
    package let providers: [Provider]
    /// MCP servers and which of their tools may be called.
    package let tools: ToolSettings
    /// Who may come in.
    package let access: AccessSettings
    /// The secret of the audit log's chain; nil where the file names none.
    package let auditKey: String?
    /// Where a store is that several proxies share, with its password; nil without one.
    package let sharedStore: RedisAddress?
    /// The typed configuration that was compiled.
    package let document: RouteDocument
    /// The compiled routes, with windows and labels.
    package let compiled: Compiled
    /// Model names that stand for others; one step.
    package let aliases: [String: String]
    /// The names a client may be told of: aliases and the exact names among the providers' models, sorted.
    package let advertisedModels: [String]
    /// The root file as it was named.
    package let sourcePath: String
    /// The bytes of all files, the root first, for a hash of the configuration.
    package let sourceBytes: [UInt8]
    private let aliasTable: AliasTable

    /// What answers which route takes a request.
    package var program: Program { compiled.program }

    /// Compiles what was read; nil when it is too large, or when the program does not do what the file says.
    ///
    /// - Parameters:
    ///   - loaded: a file without an error.
    ///   - engine: what answers; anything but the tree is for cross-checks.
    ///   - patterns: matches `re:` texts, for the check of the program; nil leaves the check out.
    ///   - problems: takes what stands against serving.
    package convenience init?(
        _ loaded: Loaded,
        engine: Program.Engine = .tree,
        patterns: PatternMatcher?,
        problems: inout Problems
    ) {
        guard let document = loaded.document else { return nil }
        let compiled = RouteCompiler.compile(document, engine: engine)
        for problem in compiled.problems { problems.add(problem) }
        if !compiled.problems.isEmpty { return nil }
        if let patterns, let fault = ProgramCheck.faults(compiled, patterns: patterns).first {
            problems.add(
                Problem(
                    .error,
                    "HP891",
                    "the compiled routes do not do what the file says, so they are not served",
                    at: document.routes.first?.spot ?? Spot(path: document.path, line: 1, column: 1, length: 1),
                    notes: ["this is a fault of hoosh-proxy, not of the file: \(fault)"]
                )
            )
            return nil
        }
        self.init(loaded, compiled)
    }

    /// Puts together what was read and what was compiled from its document.
    package init(_ loaded: Loaded, _ compiled: Compiled) {
        listen = loaded.listen
        providers = loaded.providers
        tools = loaded.tools
        access = loaded.access
        auditKey = loaded.auditKey
        sharedStore = loaded.sharedStore
        document = compiled.document
        self.compiled = compiled
        let entries = compiled.document.aliases
        aliases = Dictionary(entries.map { ($0.name.value, $0.model.value) }) { _, last in last }
        let served = loaded.providers.filter(\.isEnabled).flatMap { ($0.models ?? []).flatMap(\.exactTexts) }
        advertisedModels = Set(served).union(aliases.keys).sorted()
        sourcePath = compiled.document.path
        sourceBytes = loaded.files.flatMap(\.source.bytes)
        aliasTable = AliasTable(aliases)
    }

    /// The model that a name stands for, as UTF-8; nil when the name is no alias.
    ///
    /// Allocates nothing.
    package func resolvedAlias(of model: Span<UInt8>) -> [UInt8]? { aliasTable.find(model) }
}

/// Alias names by hash of their bytes, so that a look-up needs no string.
struct AliasTable: Sendable {
    private var slots: [Int32]
    private var entries: [(name: [UInt8], model: [UInt8])] = []

    init(_ aliases: [String: String]) {
        var size = 8
        while size < aliases.count * 2 { size *= 2 }
        slots = Array(repeating: -1, count: size)
        for (name, model) in aliases {
            let bytes = Array(name.utf8)
            var slot = Int(Self.hash(bytes.span) & UInt64(size - 1))
            while slots[slot] >= 0 { slot = (slot + 1) & (size - 1) }
            slots[slot] = Int32(entries.count)
            entries.append((bytes, Array(model.utf8)))
        }
    }

    /// FNV-1a; names come from the file, so nobody can choose collisions.
    private static func hash(_ bytes: Span<UInt8>) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for index in bytes.indices { hash = (hash ^ UInt64(bytes[index])) &* 0x100_0000_01b3 }
        return hash
    }

    func find(_ name: Span<UInt8>) -> [UInt8]? {
        if entries.isEmpty { return nil }
        var slot = Int(Self.hash(name) & UInt64(slots.count - 1))
        while slots[slot] >= 0 {
            let entry = Int(slots[slot])
            if Self.isEqual(entries[entry].name, name) { return entries[entry].model }
            slot = (slot + 1) & (slots.count - 1)
        }
        return nil
    }

    private static func isEqual(_ left: [UInt8], _ right: Span<UInt8>) -> Bool {
        guard left.count == right.count else { return false }
        for index in right.indices where left[index] != right[index] { return false }
        return true
    }
}
