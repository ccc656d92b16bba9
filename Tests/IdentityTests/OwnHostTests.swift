import Identity
import Testing

/// By which names a listener without a token may be asked.
struct OwnHostTests {
    @Test(arguments: [
        "127.0.0.1:8089", "127.0.0.1", "10.0.0.7:80", "[::1]:8089", "[::ffff:127.0.0.1]", "localhost", "LocalHost:8089",
        "a.localhost:1", "localhost.", "hoosh", "hoosh-admin:8089", "hoosh.llm.svc", "hoosh.llm.svc.cluster.local:8089",
        "hoosh.llm.svc.cluster.local.", "host.docker.internal:8089", "Proxy.Example:8089", "proxy.example",
    ]) func `addresses, local names and its own`(host: String) {
        #expect(OwnHost.holds(host, listeningOn: "proxy.example:8089"))
    }

    @Test(arguments: [
        "evil.example:17989", "evil.example", "evil.example.", "127.0.0.1.evil.example", "localhost.evil.example",
        "evil-localhost.example", "svc.example", "proxy.example.evil.org", "1.2.3", "127.0.0.1.", "xsvc.cluster.local",
        "0x7f.0.0.1", "com.",
    ]) func `a name that anybody could let point here is none`(host: String) {
        #expect(!OwnHost.holds(host, listeningOn: "proxy.example:8089"))
        #expect(!OwnHost.holds(host, listeningOn: "[::1]:8089"))
        #expect(OwnHost.holds(host, listeningOn: "unix:/run/admin.sock"), "no browser opens such a socket")
    }
}
