import Identity
import Testing

/// Wrong keys, by where they came from.
@Suite struct AttemptBookTests {
    private static let second: Int64 = 1_000_000_000

    @Test func `twenty wrong keys in a minute shut an address out until the minute is over`() throws {
        let book = AttemptBook()
        let one = try #require(ClientAddress("192.0.2.1"))
        let other = try #require(ClientAddress("192.0.2.2"))
        #expect(book.isQuiet)
        for count in 1...AttemptBook.allowed {
            #expect(book.wait(for: one, now: Self.second) == nil)
            book.note(one, now: Int64(count) * Self.second)
        }
        #expect(!book.isQuiet)
        #expect(book.wait(for: one, now: 21 * Self.second) == 40 * Self.second)
        #expect(book.wait(for: other, now: 21 * Self.second) == nil)
        #expect(book.wait(for: one, now: 61 * Self.second) == nil)
        #expect(book.isQuiet)
        book.note(one, now: 62 * Self.second)
        #expect(book.wait(for: one, now: 63 * Self.second) == nil, "a new minute begins with one")
    }

    @Test func `the hosts of a network of IPv6 are one, and a machine knows its own addresses`() throws {
        let book = AttemptBook()
        for host in 1...20 { book.note(try #require(ClientAddress("2001:db8::\(host)")), now: 0) }
        #expect(book.wait(for: try #require(ClientAddress("2001:db8::ffff")), now: 1) != nil)
        #expect(book.wait(for: try #require(ClientAddress("2001:db8:0:1::1")), now: 1) == nil)
        for text in ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"] {
            #expect(try #require(ClientAddress(text)).isLoopback)
        }
        #expect(ClientAddress.unix.isLoopback)
        #expect(try !#require(ClientAddress("10.0.0.1")).isLoopback)
    }

    @Test func `however many addresses guess, the book is bounded and the newest are known`() {
        let book = AttemptBook()
        let last = ClientAddress.v4(4_000_000_000)
        for number in 0..<UInt32(AttemptBook.addressLimit + 500) { book.note(.v4(number), now: Int64(number)) }
        for _ in 0..<AttemptBook.allowed { book.note(last, now: 20_000) }
        #expect(book.wait(for: last, now: 20_001) != nil)
    }
}
