import Bytes
import HTTP
import Identity
import Testing

/// Who is let in, by what stands in a head.
struct GateTests {
    /// A head with these lines, read.
    private struct Sent {
        let head = RequestHead()
        let bytes: [UInt8]

        init(_ lines: [String], target: String = "/v1/chat/completions") throws {
            let text = "POST \(target) HTTP/1.1\r\nhost: x\r\n" + lines.map { $0 + "\r\n" }.joined() + "\r\n"
            bytes = Array(text.utf8)
            try head.parse(bytes.span, length: bytes.count)
        }

        func token(takesQuery: Bool = false) -> String? {
            let all = bytes
            return switch Credential.read(head, all.span, takesQuery: takesQuery) {
            case .none: nil
            case .differing: "differing"
            case .inHead(let place): String(decoding: bytes[place.range], as: UTF8.self)
            case .inQuery(let text): "?" + String(decoding: text, as: UTF8.self)
            }
        }

        func isAdmin(_ access: AccessSettings) -> Bool {
            let all = bytes
            return Gate.admitsAdmin(access, head, all.span)
        }

        func admit(_ access: AccessSettings, from address: String? = nil, takesQuery: Bool = false) -> String {
            let all = bytes
            let answer = Gate.admit(access, head, all.span, takesQuery: takesQuery) {
                address.flatMap { $0 == "unix" ? .unix : ClientAddress($0) }
            }
            switch answer {
            case .admitted(let caller): return "\(caller.key?.name ?? "-") \(caller.tenant ?? "-")"
            case .refused(let reason): return reason.word
            }
        }
    }

    @Test(
        arguments: [
            ["Authorization: Bearer t1"], ["authorization: bearer t1"], ["AUTHORIZATION: BEARER   t1"],
            ["x-api-key: t1"], ["X-Api-Key:t1"], ["x-goog-api-key: t1"], ["api-key: t1"],
            ["authorization: Basic dTpw", "x-api-key: t1"], ["authorization: Bearer ", "api-key: t1"],
            ["x-api-key: t1", "authorization: Bearer t1", "api-key: t1", "x-goog-api-key: t1"],
            ["x-api-key: ", "api-key: t1"], ["authorization: Bearer t1", "authorization: Bearer t1"],
        ]
    )
    func `one token is found wherever it stands`(lines: [String]) throws {
        #expect(try Sent(lines).token() == "t1")
    }

    @Test(
        arguments: [
            [], ["authorization: t1"], ["authorization: Bearer"], ["authorization: Bearert1"], ["x-api-keys: t1"],
            ["authorization: Basic t1"], ["authorization: Bearer\tt1"], ["cookie: x-api-key=t1"],
        ]
    )
    func `what is no token is none`(lines: [String]) throws { #expect(try Sent(lines).token() == nil) }

    @Test(
        arguments: [
            ["authorization: Bearer t1", "x-api-key: t2"], ["x-api-key: t1", "x-api-key: t2"],
            ["api-key: t1", "x-goog-api-key: T1"],
            ["authorization: Bearer t1", "authorization: Bearer t1 "] + ["api-key: t"],
        ]
    )
    func `two that differ are neither`(lines: [String]) throws { #expect(try Sent(lines).token() == "differing") }

    @Test func `a query carries a token where that is asked for`() throws {
        #expect(try Sent([], target: "/v1beta/x?alt=sse&key=t1").token(takesQuery: true) == "?t1")
        #expect(try Sent([], target: "/v1beta/x?k%65y=t%31&alt=sse").token(takesQuery: true) == "?t1")
        #expect(try Sent([], target: "/v1beta/x?key=t1").token(takesQuery: false) == nil)
        #expect(try Sent([], target: "/v1beta/x?keys=t1&key=&xkey=t1").token(takesQuery: true) == nil)
        #expect(try Sent([], target: "/v1beta/x?key=t1&key=t2").token(takesQuery: true) == "differing")
        #expect(try Sent(["x-goog-api-key: t1"], target: "/v1beta/x?key=t1").token(takesQuery: true) == "t1")
        #expect(try Sent(["x-goog-api-key: t2"], target: "/v1beta/x?key=t1").token(takesQuery: true) == "differing")
    }

    @Test(
        arguments: [
            ("key=t1", ""), ("alt=sse&key=t1", "alt=sse"), ("key=t1&alt=sse", "alt=sse"), ("k%65y=t1&a=b&key", "a=b"),
            ("", ""), ("a&&b", "a&b"), ("KEY=1&keys=2", "keys=2"), ("a=key=t1", "a=key=t1"), ("%6b%65%79=x", ""),
            ("api_key=t1&access_token=t1&api-version=2", "api-version=2"),
        ]
    )
    func `nothing of a query's key is left`(query: String, rest: String) {
        let bytes = Array(query.utf8)
        let removed = QueryKey.removed(from: bytes.span)
        #expect(String(decoding: removed, as: UTF8.self) == rest)
    }

    private var access: AccessSettings {
        var access = AccessSettings()
        access.isBearer = true
        access.ring = KeyRing([
            AccessKey(name: "app", digest: TokenDigest(of: "t1"), tenant: "acme"),
            AccessKey(name: "edge", digest: TokenDigest(of: "t2")),
        ])
        return access
    }

    @Test func `a key lets in, everything else does not`() throws {
        #expect(try Sent(["authorization: Bearer t1"]).admit(access) == "app acme")
        #expect(try Sent(["api-key: t2"]).admit(access) == "edge -")
        #expect(try Sent([]).admit(access) == "missing")
        #expect(try Sent(["api-key: t3"]).admit(access) == "unknown")
        #expect(try Sent(["api-key: t1", "x-api-key: t2"]).admit(access) == "differing")
        #expect(try Sent([], target: "/v1beta/x?key=t2").admit(access, takesQuery: true) == "edge -")
        var open = access
        open.isBearer = false
        #expect(try Sent(["api-key: t3", "x-api-key: t2"]).admit(open) == "- -")
    }

    @Test func `only a trusted proxy names a tenant`() throws {
        var access = access
        access.tenantHeader = "x-tenant"
        access.trusted = try ["10.0.0.0/8", "fd00::1"].map { try Network(parsing: $0) }
        let edge = try Sent(["api-key: t2", "X-Tenant: blue"])
        #expect(edge.admit(access, from: "10.1.2.3") == "edge blue")
        #expect(edge.admit(access, from: "::ffff:10.1.2.3") == "edge blue")
        #expect(edge.admit(access, from: "fd00::1") == "edge blue")
        for stranger in ["11.0.0.1", "fd00::2", "unix", nil] {
            #expect(edge.admit(access, from: stranger) == "edge -")
        }
        let app = try Sent(["api-key: t1", "x-tenant: blue"])
        #expect(app.admit(access, from: "10.0.0.1") == "foreign_tenant")
        #expect(app.admit(access, from: "11.0.0.1") == "app acme")
        #expect(try Sent(["api-key: t1", "x-tenant: acme"]).admit(access, from: "10.0.0.1") == "app acme")
        #expect(
            try Sent(["api-key: t2", "x-tenant: a", "x-tenant: b"]).admit(access, from: "10.0.0.1")
                == "malformed_tenant"
        )
        #expect(try Sent(["api-key: t2", "x-tenant: a b"]).admit(access, from: "10.0.0.1") == "malformed_tenant")
        // Two lines that were joined on the way.
        #expect(try Sent(["api-key: t2", "x-tenant: a,b"]).admit(access, from: "10.0.0.1") == "malformed_tenant")
        #expect(try Sent(["api-key: t2", "x-tenant: "]).admit(access, from: "10.0.0.1") == "malformed_tenant")
        access.isBearer = false
        #expect(try Sent(["x-tenant: blue"]).admit(access, from: "10.0.0.1") == "- blue")
        access.trusted.append(try Network(parsing: "unix"))
        #expect(try Sent(["x-tenant: blue"]).admit(access, from: "unix") == "- blue")
    }

    @Test func `the admin's token is not a client's`() throws {
        var access = access
        #expect(try Sent([]).isAdmin(access))
        access.admin = TokenDigest(of: "admin")
        #expect(try !Sent([]).isAdmin(access))
        #expect(try !Sent(["authorization: Bearer t1"]).isAdmin(access))
        #expect(try Sent(["authorization: Bearer admin"]).isAdmin(access))
        #expect(try Sent(["x-api-key: admin"]).isAdmin(access))
        #expect(try !Sent(["x-api-key: admin", "api-key: t1"]).isAdmin(access))
    }
}

/// Nets of addresses.
struct NetworkTests {
    @Test(
        arguments: [
            ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.0", false), ("0.0.0.0/0", "9.9.9.9", true),
            ("127.0.0.1", "127.0.0.1", true), ("127.0.0.1", "127.0.0.2", false), ("::1", "::1", true),
            ("fd00::/8", "fdff::9", true), ("fd00::/8", "fe00::", false),
            ("2001:db8:0:1::/64", "2001:db8:0:1::7", true),
            ("2001:db8:0:1::/64", "2001:db8:0:2::7", false), ("2001:db8::1:0/112", "2001:db8::1:9", true),
            ("2001:db8::1:0/112", "2001:db8::2:9", false), ("::/0", "10.0.0.1", false), ("0.0.0.0/0", "::1", false),
            ("10.0.0.0/8", "::ffff:10.0.0.1", true), ("192.168.4.0/22", "192.168.7.255", true),
            ("192.168.4.0/22", "192.168.8.0", false),
        ]
    )
    func `a net has its addresses`(net: String, address: String, isIn: Bool) throws {
        #expect(try Network(parsing: net).contains(try #require(ClientAddress(address))) == isIn)
    }

    @Test(
        arguments: [
            "", "10.0.0.0/33", "10.0.0.1/8", "10/8", "::/129", "fd00::1/64", "10.0.0.0/", "10.0.0.0/-1", "a.example",
            "10.0.0.0/8/8", "unix:/run", "10.0.0.0/+8",
        ]
    )
    func `what is no net is refused`(text: String) {
        #expect(throws: Network.Fault.self) { try Network(parsing: text) }
    }

    @Test func `every address is in the net of its first bits alone`() throws {
        for _ in 0..<500 {
            let value = UInt32.random(in: .min ... .max)
            let bits = UInt32.random(in: 0...32)
            let base = value & ~(UInt32.max >> bits)
            let text = [24, 16, 8, 0].map { "\(base >> UInt32($0) & 255)" }.joined(separator: ".")
            let net = try Network(parsing: "\(text)/\(bits)")
            #expect(net.contains(.v4(value)))
            if bits > 0 { #expect(!net.contains(.v4(value ^ (1 << (32 - bits))))) }
        }
    }
}
