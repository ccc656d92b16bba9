import SharedPools
import Testing

/// URLs of Redis.
struct RedisAddressTests {
    @Test func `a URL says where the server is and how to log in`() throws {
        let plain = try RedisAddress("redis://cache")
        #expect(plain.host == "cache" && plain.port == 6_379 && plain.database == 0 && plain.password.isEmpty)
        let full = try RedisAddress("redis://app:p%40ss:w@[::1]:7000/12")
        #expect(full.host == "::1" && full.port == 7_000 && full.database == 12)
        #expect(full.user == "app" && full.password == "p@ss:w")
        #expect(full.shown == "[::1]:7000/12")
        #expect(try RedisAddress("redis://:secret@10.0.0.1").shown == "10.0.0.1:6379/0")
    }

    @Test func `what is no such URL is refused without being repeated`() {
        for text in [
            "", "redis:", "redis://", "redis://:secret@", "rediss://:secret@host", "redis://host:0",
            "redis://host:70000",
            "redis://:secret@host/x", "redis://:%zz@host", "http://host", "redis://:secret@ho st", "redis://[::1",
        ] {
            do {
                let address = try RedisAddress(text)
                Issue.record("\(text) is \(address.shown)")
            } catch { #expect(!error.reason.contains("secret")) }
        }
    }
}
