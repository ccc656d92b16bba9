import Bytes
import Decision
import Routing

/// One key of `auth.keys`: who it stands for and what it may do.
package final class AccessKey: Sendable {
    /// As the route file names it; told in logs and metrics.
    package let name: String
    package let digest: TokenDigest
    /// Whose it is.
    package let tenant: String?
    /// Models it may ask for; nil allows every one.
    package let models: [Glob]?
    /// Pools it may name; empty allows every one.
    package let pools: [String]
    /// The highest class it may send.
    package let maxLevel: Level

    package init(
        name: String,
        digest: TokenDigest,
        tenant: String? = nil,
        models: [Glob]? = nil,
        pools: [String] = [],
        maxLevel: Level = .restricted
    ) {
        self.name = name
        self.digest = digest
        self.tenant = tenant
        self.models = models
        self.pools = pools
        self.maxLevel = maxLevel
    }

    /// True when it may ask for a model of that name; a request without a model is for keys without a list alone.
    package func allows(model: Span<UInt8>) -> Bool {
        guard let models else { return true }
        guard !model.isEmpty else { return false }
        for glob in models where glob.matches(model) { return true }
        return false
    }

    /// The same for a text.
    package func allows(model: String) -> Bool {
        let bytes = Array(model.utf8)
        return allows(model: bytes.span)
    }

    /// True when nothing of it differs.
    func isSame(as other: AccessKey) -> Bool {
        name == other.name && digest == other.digest && tenant == other.tenant && pools == other.pools
            && maxLevel == other.maxLevel && models?.map(\.text) == other.models?.map(\.text)
    }
}

/// The keys of one configuration; immutable.
package final class KeyRing: Sendable {
    /// In file order.
    package let keys: [AccessKey]
    private let table: DigestTable
    /// By position of the key: who asks when no other tenant is named.
    private let callers: [Caller]

    /// - Parameter keys: no two have the same token.
    package init(_ keys: [AccessKey]) {
        self.keys = keys
        table = DigestTable(keys.map(\.digest))
        callers = keys.enumerated().map { Caller(key: $1, tenant: $1.tenant, position: $0) }
    }

    /// Who sends this token; nil for nobody.
    ///
    /// Takes as long for one key as for another, and as long when it is none (CWE-208). Allocates nothing.
    package func caller(sending token: Span<UInt8>) -> Caller? {
        table.position(of: TokenDigest(of: token)).map { callers[$0] }
    }

    /// The caller that a key's name stands for; nil when there is no such key any more.
    package func caller(named name: String) -> Caller? {
        keys.firstIndex { $0.name == name }.map { callers[$0] }
    }

    /// True when the keys are the same, with the same tokens.
    package func isSame(as other: KeyRing) -> Bool {
        keys.count == other.keys.count && zip(keys, other.keys).allSatisfy { $0.isSame(as: $1) }
    }
}
