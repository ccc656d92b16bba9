import Bytes
import CSSL
import JSON
import Routing

/// The SHA-256 of everything that an answer depends on.
package struct CacheKey: Hashable, Sendable {
    private let digest: SIMD32<UInt8>

    fileprivate init(of bytes: [UInt8]) {
        var digest = SIMD32<UInt8>()
        bytes.withUnsafeBufferPointer { text in
            withUnsafeMutableBytes(of: &digest) { cssl_sha256(text.baseAddress, text.count, $0.baseAddress) }
        }
        self.digest = digest
    }

    /// The digest is as good as random: its beginning is a hash already.
    package func hash(into hasher: inout Hasher) {
        for index in 0..<8 { hasher.combine(digest[index]) }
    }

    /// 64 hexadecimal digits.
    package var hexadecimal: String {
        var text = ""
        for index in 0..<32 {
            text += digest[index] < 16 ? "0" : ""
            text += String(digest[index], radix: 16)
        }
        return text
    }

    /// The digest itself, 32 bytes.
    var bytes: [UInt8] { (0..<32).map { digest[$0] } }

    /// The digest of some bytes.
    static func of(_ bytes: [UInt8]) -> CacheKey { CacheKey(of: bytes) }

    /// What the question is called in a store, for all who have the same salt.
    ///
    /// * `salt`: what shapes answers besides the question, such as the whole route file.
    package func storedName(salt: [UInt8]) -> String { CacheKey(of: salt + bytes).hexadecimal }
}

/// What an answer depends on: who may share it, where it comes from, and what was asked.
package struct CacheQuestion: Sendable {
    /// Among whom answers are shared.
    package enum Owner: Hashable, Sendable {
        /// All who ask.
        case everybody
        case key(String)
        case tenant(String)

        /// Among whom a caller shares answers; nil when it shares none.
        ///
        /// Who has no tenant shares with his own key alone. Without authentication there are no keys to tell clients by:
        /// they share, as far as no trusted proxy names their tenants.
        package static func of(
            scope: CacheScope,
            key: String?,
            tenant: String?,
            isAuthenticating: Bool
        ) -> Owner? {
            switch scope {
            case .global: return .everybody
            case .tenant:
                if let tenant { return .tenant(tenant) }
                if let key { return .key(key) }
            case .key:
                if let key { return .key(key) }
                // A key of nobody's cannot come in; a tenant's name is all that there is.
                if let tenant { return .tenant(tenant) }
            }
            return isAuthenticating ? nil : .everybody
        }
    }

    package var owner: Owner
    /// What the route leads to: its name, its targets, their models and places.
    package var route: [UInt8]
    package var level: Level
    /// By bit of the program's tags, whose names are part of `route`.
    package var tags: UInt64
    package var method: [UInt8]
    /// With its query.
    package var path: [UInt8]
    /// Aliases resolved.
    package var model: [UInt8]
    package var streams: Bool
    /// Fields of the head that count (`CacheFields`).
    package var fields: [(name: [UInt8], value: [UInt8])] = []

    package init(
        owner: Owner,
        route: [UInt8],
        level: Level,
        tags: UInt64,
        method: [UInt8],
        path: [UInt8],
        model: [UInt8],
        streams: Bool
    ) {
        self.owner = owner
        self.route = route
        self.level = level
        self.tags = tags
        self.method = method
        self.path = path
        self.model = model
        self.streams = streams
    }

    /// Members of a body that stand in the question in another way: what they mean after all defaults and aliases.
    private static let toldOtherwise = ["model", "stream"].map { Array($0.utf8) }

    /// The key of the question with this body.
    ///
    /// - Throws: what is wrong with a body that is no JSON.
    package func key(body: Span<UInt8>) throws(JSONFault) -> CacheKey { try digest(body, behind: []) }

    /// The key of all questions that differ from this one in nothing but the words of its last text.
    ///
    /// * `embedder`: what makes texts comparable; vectors of two models are not.
    ///
    /// - Throws: what is wrong with a body that is no JSON.
    package func partition(of alike: AlikeQuestion, embedder: [UInt8]) throws(JSONFault) -> CacheKey {
        var start: [UInt8] = []
        // No question begins like this, so that no partition is a question's key.
        for part in [Array("alike".utf8), embedder, alike.numbers] { put(part, to: &start) }
        let rest = alike.rest
        return try digest(rest.span, behind: start)
    }

    private func digest(_ body: Span<UInt8>, behind start: [UInt8]) throws(JSONFault) -> CacheKey {
        var text = start
        text.reserveCapacity(start.count + body.count + 512)
        switch owner {
        case .everybody: put([], to: &text)
        case .key(let name): put(Array("key \(name)".utf8), to: &text)
        case .tenant(let name): put(Array("tenant \(name)".utf8), to: &text)
        }
        for part in [route, method, path, model] { put(part, to: &text) }
        text += [level.rawValue, streams ? 1 : 0]
        for shift in stride(from: 0, to: 64, by: 8) { text.append(UInt8(truncatingIfNeeded: tags >> UInt64(shift))) }
        // The order of fields with different names means nothing (RFC 9110 §5.3).
        let sorted = fields.indices.sorted { left, right in
            let (one, other) = (fields[left].name, fields[right].name)
            return one == other ? left < right : one.lexicographicallyPrecedes(other)
        }
        put(Array(String(fields.count).utf8), to: &text)
        for index in sorted {
            put(fields[index].name, to: &text)
            put(fields[index].value, to: &text)
        }
        try CanonicalJSON.append(body, leavingOut: CacheQuestion.toldOtherwise, to: &text)
        return CacheKey(of: text)
    }

    private func put(_ part: [UInt8], to text: inout [UInt8]) {
        text += Array(String(part.count).utf8)
        text.append(0x3a)
        text += part
    }
}

/// `cache.scope`: how far answers are shared.
package enum CacheScope: Sendable { case key, tenant, global }
