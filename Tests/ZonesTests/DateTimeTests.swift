import Foundation
import Testing
import Zones

/// Points in time as people write them.
struct DateTimeTests {
    @Test(
        arguments: [
            ("2026-11-20T10:00:00+01:00", 1_795_165_200), ("1970-01-01T00:00:00Z", 0), ("1969-12-31T23:59:59z", -1),
            ("2000-02-29t12:00:00.987-05:30", 951_845_400), ("2026-11-20 09:00:00Z", 1_795_165_200),
            ("1990-12-31T23:59:60Z", 662_688_000), ("2026-11-20T09:00:00-00:00", 1_795_165_200),
        ]
    )
    func `a date-time is the second it names`(text: String, seconds: Int) throws {
        #expect(try DateTime.unixSeconds(parsing: text) == seconds)
    }

    @Test(
        arguments: [
            ("", 0), ("2026", 4), ("2026-13-01T00:00:00Z", 5), ("2026-02-29T00:00:00Z", 8), ("2026-11-20", 10),
            ("2026-11-20T24:00:00Z", 11), ("2026-11-20T10:60:00Z", 14), ("2026-11-20T10:00:61Z", 17),
            ("2026-11-20T10:00:00", 19), ("2026-11-20T10:00:00.Z", 20), ("2026-11-20T10:00:00+1:00", 21),
            ("2026-11-20T10:00:00+01:00 ", 25), ("2026-11-20T10:00:00Zürich", 20), ("+026-11-20T10:00:00Z", 0),
        ]
    )
    func `what is no date-time is told where`(text: String, offset: Int) {
        let fault = #expect(throws: DateTime.Fault.self) { try DateTime.unixSeconds(parsing: text) }
        #expect(fault?.offset == offset)
    }

    @Test func `a fault says what is expected`() {
        let fault = #expect(throws: DateTime.Fault.self) { try DateTime.unixSeconds(parsing: "2026-11-20T10:00:00") }
        #expect(fault?.sentence == "`Z` or an offset such as `+01:00` is expected here")
    }

    @Test func `written date-times are read back`() throws {
        var random = SystemRandomNumberGenerator()
        let zones = try ["UTC", "Europe/Berlin", "Asia/Kathmandu", "America/St_Johns"].map { try Zones.load($0) }
        let formatter = ISO8601DateFormatter()
        for _ in 0..<2_000 {
            let moment = Int.random(in: 0..<4_000_000_000, using: &random)
            for zone in zones { #expect(try DateTime.unixSeconds(parsing: DateTime.text(moment, in: zone)) == moment) }
            #expect(DateTime.text(moment) == formatter.string(from: Date(timeIntervalSince1970: Double(moment))))
        }
    }
}
