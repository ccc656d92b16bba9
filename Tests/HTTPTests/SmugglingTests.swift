import HTTP
import Testing
import WireCases

@Suite struct SmugglingTests {
    /// The cases that the grammar alone decides.
    private static let judged = WireCase.all.filter { $0.judge == .parser } + WireCase.accepted

    @Test(arguments: judged)
    func `each message of the table is judged as it says`(_ message: WireCase) {
        #expect(Reading.request(message.bytes, cuts: [message.bytes.count]).status == message.status)
    }

    @Test(arguments: judged)
    func `how the bytes were cut changes nothing`(_ message: WireCase) {
        let whole = Reading.request(message.bytes, cuts: [message.bytes.count])
        var dice = Dice(of: message.bytes)
        for _ in 0..<40 {
            let cuts = dice.cuts(message.bytes.count)
            let reading = Reading.request(message.bytes, cuts: cuts)
            #expect(reading == whole, "cut at \(cuts)")
        }
        guard message.bytes.count < 2_000 else { return }
        let slow = Reading.request(message.bytes, cuts: Array(1...message.bytes.count))
        #expect(slow == whole, "byte by byte")
    }

    @Test(arguments: WireCase.accepted)
    func `an accepted message is taken to its last byte, and not further`(_ message: WireCase) {
        let followed = message.bytes + latin("GET /next HTTP/1.1\r\n")
        guard case .accepted(_, _, let end) = Reading.request(followed, cuts: [followed.count]) else {
            Issue.record("not accepted when another request follows")
            return
        }
        #expect(end == message.bytes.count)
    }

    @Test func `the table is a table: names differ, and there are enough of them`() {
        let all = WireCase.all + WireCase.accepted
        #expect(Set(all.map(\.name)).count == all.count)
        #expect(WireCase.all.count > 150)
    }
}
