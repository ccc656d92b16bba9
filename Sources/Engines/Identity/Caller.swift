import Bytes
import Routing

/// Who asks: a key, a tenant, both or nobody.
package struct Caller: Sendable {
    /// Nil without authentication.
    package let key: AccessKey?
    /// The position of the key in its ring; -1 without one.
    package let position: Int
    /// The key's own, or what a trusted proxy says.
    package let tenant: String?
    /// The names of key and tenant, one behind the other.
    package let identity: [UInt8]
    /// Places in `identity`.
    package let keyName: TextRange
    package let tenantName: TextRange
    /// Buckets of samples by key and by tenant; -1 for what there is not.
    package let keyBucket: Int
    package let tenantBucket: Int

    /// Nobody in particular.
    package static let anonymous = Caller(key: nil, tenant: nil)

    /// - Parameters:
    ///   - key: who authenticated, if anybody.
    ///   - tenant: whose request it is.
    ///   - position: where the key stands in its ring.
    package init(key: AccessKey?, tenant: String?, position: Int = -1) {
        self.key = key
        self.position = position
        self.tenant = tenant
        let name = key.map { Array($0.name.utf8) } ?? []
        let owner = tenant.map { Array($0.utf8) } ?? []
        identity = name + owner
        keyName = key == nil ? .absent : TextRange(start: 0, count: Int32(name.count))
        tenantName = tenant == nil ? .absent : TextRange(start: Int32(name.count), count: Int32(owner.count))
        keyBucket = key == nil ? -1 : SampleBucket.of(name.span)
        tenantBucket = tenant == nil ? -1 : SampleBucket.of(owner.span)
    }

    /// The same key for another tenant.
    package func acting(for tenant: String) -> Caller { Caller(key: key, tenant: tenant, position: position) }

    /// True when it may ask for the model by the name it used or by the one that stands for.
    package func allows(model: Span<UInt8>, askedAs name: Span<UInt8>) -> Bool {
        key.map { $0.allows(model: model) || $0.allows(model: name) } ?? true
    }

    /// True when it may send a request of this class.
    package func maySend(_ level: Level) -> Bool { key.map { level <= $0.maxLevel } ?? true }
}
