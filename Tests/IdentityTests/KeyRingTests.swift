import Bytes
import Decision
import Identity
import Routing
import Testing

/// Keys by their tokens.
struct KeyRingTests {
    private func key(_ name: String, _ token: String, tenant: String? = nil, models: [String]? = nil) throws
        -> AccessKey
    {
        AccessKey(
            name: name,
            digest: TokenDigest(of: token),
            tenant: tenant,
            models: try models?.map { try Glob(parsing: $0) }
        )
    }

    private func bucket(_ text: String) -> Int {
        let bytes = Array(text.utf8)
        return SampleBucket.of(bytes.span)
    }

    private func allows(_ caller: Caller, _ model: String, _ name: String) -> Bool {
        let (model, name) = (Array(model.utf8), Array(name.utf8))
        return caller.allows(model: model.span, askedAs: name.span)
    }

    @Test func `a digest is that of FIPS 180-4`() throws {
        let abc = try #require(
            TokenDigest(hexadecimal: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        )
        #expect(TokenDigest(of: "abc") == abc)
        let nothing = TokenDigest(hexadecimal: "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855")
        #expect(TokenDigest(of: "") == nothing)
        #expect(TokenDigest(of: "abc").isSame(as: abc) && !TokenDigest(of: "abd").isSame(as: abc))
    }

    @Test(arguments: ["", "ba78", String(repeating: "g", count: 64), String(repeating: "a", count: 65)])
    func `what is no digest is refused`(text: String) {
        #expect(TokenDigest(hexadecimal: text[...]) == nil)
    }

    @Test func `each token finds its key and no other, wherever it stands`() throws {
        var random = SystemRandomNumberGenerator()
        for count in [0, 1, 2, 3, 17, 200] {
            let tokens = (0..<count).map { "token-\($0)-\(UInt64.random(in: .min ... .max, using: &random))" }
            let ring = KeyRing(try tokens.enumerated().map { try key("k\($0)", $1) })
            for (index, token) in tokens.enumerated() {
                let bytes = Array(token.utf8)
                let found = ring.caller(sending: bytes.span)
                #expect(found?.key?.name == "k\(index)")
                for wrong in [bytes.dropLast(), bytes + [0x20], [0x20] + bytes, bytes.reversed()] {
                    let other = Array(wrong)
                    let stranger = ring.caller(sending: other.span)
                    #expect(stranger == nil)
                }
            }
            let empty: [UInt8] = []
            let nobody = ring.caller(sending: empty.span)
            #expect(nobody == nil)
        }
    }

    @Test func `a caller has the names and buckets that explain speaks of`() throws {
        let ring = KeyRing([try key("app", "t1", tenant: "acme"), try key("other", "t2")])
        let caller = try #require(ring.caller(named: "app"))
        #expect(String(decoding: caller.identity[caller.keyName.range], as: UTF8.self) == "app")
        #expect(String(decoding: caller.identity[caller.tenantName.range], as: UTF8.self) == "acme")
        #expect(caller.keyBucket == bucket("app") && caller.tenantBucket == bucket("acme"))
        let other = try #require(ring.caller(named: "other"))
        #expect(other.tenantName.isAbsent && other.tenantBucket == -1 && other.tenant == nil)
        #expect(ring.caller(named: "gone") == nil)
        #expect(Caller.anonymous.keyName.isAbsent && Caller.anonymous.keyBucket == -1)
    }

    @Test func `a key's models are its globs, and nameless requests are for keys without a list`() throws {
        let mini = try key("mini", "t", models: ["*-mini", "fast"])
        #expect(mini.allows(model: "gpt-4o-mini") && mini.allows(model: "fast"))
        #expect(!mini.allows(model: "gpt-4o") && !mini.allows(model: "") && !mini.allows(model: "faster"))
        let free = try key("free", "u")
        #expect(free.allows(model: "gpt-4o") && free.allows(model: ""))
        let caller = Caller(key: mini, tenant: nil)
        #expect(allows(caller, "gpt-4o", "fast") && !allows(caller, "gpt-4o", "slow"))
        #expect(allows(.anonymous, "any", "any"))
    }

    @Test(arguments: Level.allCases) func `a key sends nothing above its class`(highest: Level) throws {
        let key = AccessKey(name: "k", digest: TokenDigest(of: "t"), maxLevel: highest)
        let caller = Caller(key: key, tenant: nil)
        for level in Level.allCases { #expect(caller.maySend(level) == (level <= highest)) }
        for level in Level.allCases { #expect(Caller.anonymous.maySend(level)) }
    }

    @Test func `settings differ when any token does`() throws {
        var one = AccessSettings()
        one.isBearer = true
        one.ring = KeyRing([try key("a", "1", tenant: "x", models: ["m*"])])
        var other = one
        #expect(one.isSame(as: other))
        other.ring = KeyRing([try key("a", "2", tenant: "x", models: ["m*"])])
        #expect(!one.isSame(as: other))
        other.ring = KeyRing([try key("a", "1", tenant: "x", models: ["n*"])])
        #expect(!one.isSame(as: other))
        other.ring = KeyRing([try key("a", "1", tenant: "x", models: ["m*"])])
        #expect(one.isSame(as: other))
        other.admin = TokenDigest(of: "admin")
        #expect(!one.isSame(as: other))
    }
}
