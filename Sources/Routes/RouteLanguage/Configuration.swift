import Decision
import Routing
import Providers

/// A route file that may serve: everything resolved, immutable.
package final class Configuration: Sendable {
    package let listen: ListenSettings
    /// In file order; `Target.provider` is a position here.
    package let providers: [Provider]
    /// The compiled routes.
    package let program: Program
    /// Model names that stand for others; one step.
    package let aliases: [String: String]
    /// The names a client may be told of: aliases and the exact names among the providers' models, sorted.
    package let advertisedModels: [String]
    /// The file as it was named.
    package let sourcePath: String
    /// The file's bytes, for a hash of the configuration.
    package let sourceBytes: [UInt8]
    private let aliasTable: AliasTable

    init(
        listen: ListenSettings,
        providers: [Provider],
        program: Program,
        aliases: [String: String],
        advertisedModels: [String],
        sourcePath: String,
        sourceBytes: [UInt8]
    ) {
        self.listen = listen
        self.providers = providers
        self.program = program
        self.aliases = aliases
        self.advertisedModels = advertisedModels
        self.sourcePath = sourcePath
        self.sourceBytes = sourceBytes
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
