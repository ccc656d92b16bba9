import Foundation
import Testing
import Zones

/// Clocks on the wall, against dates that are known and against Foundation's.
struct ZoneTests {
    private func time(_ zone: String, _ text: String) throws -> ZoneTime {
        try Zones.load(zone).time(at: DateTime.unixSeconds(parsing: text))
    }

    @Test func `Berlin springs forward at one o'clock UTC`() throws {
        #expect(try time("Europe/Berlin", "2026-03-29T00:59:59Z") == ZoneTime(weekday: 6, minute: 119))
        #expect(try time("Europe/Berlin", "2026-03-29T01:00:00Z") == ZoneTime(weekday: 6, minute: 180))
    }

    @Test func `Berlin falls back at one o'clock UTC`() throws {
        #expect(try time("Europe/Berlin", "2026-10-25T00:59:59Z") == ZoneTime(weekday: 6, minute: 179))
        #expect(try time("Europe/Berlin", "2026-10-25T01:00:00Z") == ZoneTime(weekday: 6, minute: 120))
    }

    @Test func `the footer holds after the last transition of the file`() throws {
        #expect(try time("Europe/Berlin", "2090-07-03T22:30:00Z") == ZoneTime(weekday: 1, minute: 30))
        #expect(try time("Europe/Berlin", "2090-12-31T23:00:00Z") == ZoneTime(weekday: 0, minute: 0))
    }

    @Test func `summer runs over the new year south of the equator`() throws {
        #expect(
            try Zones.load("Australia/Sydney").offsetSeconds(at: DateTime.unixSeconds(parsing: "2061-01-01T00:00:00Z"))
                == 39_600
        )
        #expect(
            try Zones.load("Australia/Sydney").offsetSeconds(at: DateTime.unixSeconds(parsing: "2061-07-01T00:00:00Z"))
                == 36_000
        )
    }

    @Test func `a zone may be an odd number of minutes away`() throws {
        #expect(try time("Asia/Kathmandu", "2026-11-20T00:00:00Z") == ZoneTime(weekday: 4, minute: 345))
        #expect(try time("Australia/Lord_Howe", "2026-11-20T00:00:00Z") == ZoneTime(weekday: 4, minute: 660))
    }

    @Test func `UTC needs no file`() throws {
        let zone = try Zones.load("UTC", folder: "/nowhere")
        #expect(zone.time(at: -1) == ZoneTime(weekday: 2, minute: 1_439))
        #expect(zone.date(at: 951_782_400) == CivilDate(year: 2000, month: 2, day: 29))
    }

    @Test(
        arguments: [
            "", "../../etc/passwd", "/etc/passwd", "Europe/../Europe/Berlin", "Europe//Berlin", "Europe/",
            "europe/Berlin",
            "posix/Europe/Berlin", "right/UTC", "localtime", "Europe", "zone.tab", "Europe/Berlin\0", "A/B/C/D",
        ]
    )
    func `a name that is no zone's is refused`(name: String) {
        #expect(throws: Zones.Fault.self) { try Zones.load(name) }
    }

    @Test func `a machine without zones says so`() {
        let fault = #expect(throws: Zones.Fault.self) { try Zones.load("Europe/Berlin", folder: "/nowhere") }
        #expect(fault?.lacksDatabase == true)
    }

    @Test func `the names are those of the database`() {
        let names = Zones.names()
        #expect(names.contains("Europe/Berlin") && names.contains("America/Argentina/Ushuaia") && names.contains("UTC"))
        #expect(!names.contains { $0.hasPrefix("posix") || $0.hasPrefix("right") || $0.hasSuffix(".tab") })
        #expect(names == names.sorted())
    }

    @Test func `every zone of the machine can be loaded`() {
        for name in Zones.names() { #expect(throws: Never.self) { try Zones.load(name) } }
    }

    @Test func `a damaged file is refused and never read past its end`() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("zones-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let whole = try Data(contentsOf: URL(fileURLWithPath: "\(Zones.standardFolder)/Europe/Berlin"))
        var random = SystemRandomNumberGenerator()
        for _ in 0..<500 {
            var bytes = Array(whole.prefix(Int.random(in: 0...whole.count, using: &random)))
            for _ in 0..<Int.random(in: 0...4, using: &random) where !bytes.isEmpty {
                bytes[Int.random(in: 0..<min(bytes.count, 64), using: &random)] = .random(in: 0...255, using: &random)
            }
            try Data(bytes).write(to: folder.appendingPathComponent("Damaged"))
            // Either answer is right; what counts is that there is one.
            if let zone = try? Zones.load("Damaged", folder: folder.path) { _ = zone.time(at: 1_800_000_000) }
        }
        try whole.prefix(whole.count - 1).write(to: folder.appendingPathComponent("Cut"))
        #expect(throws: Zones.Fault.self) { try Zones.load("Cut", folder: folder.path) }
    }
}

/// Every zone against Foundation's reader of the same database.
struct ZonePropertyTests {
    @Test func `offsets are those that Foundation finds`() throws {
        var random = SystemRandomNumberGenerator()
        for name in Zones.names() {
            guard let other = TimeZone(identifier: name) else { continue }
            let zone = try Zones.load(name)
            for _ in 0..<60 {
                let moment = Int.random(in: 0..<2_100_000_000, using: &random)
                let expected = other.secondsFromGMT(for: Date(timeIntervalSince1970: Double(moment)))
                // Foundation on Linux reads ICU's own tables, which may be older or newer than the machine's files; they
                // are compared where both know the past.
                guard moment > 946_684_800, moment < 1_700_000_000, expected % 60 == 0 else { continue }
                #expect(zone.offsetSeconds(at: moment) == expected, "\(name) at \(moment)")
            }
        }
    }

    @Test(arguments: ["Europe/Berlin", "America/New_York", "Australia/Sydney", "America/Santiago", "Europe/Dublin"])
    func `edges of summer time are those that Foundation finds`(name: String) throws {
        let zone = try Zones.load(name)
        let other = try #require(TimeZone(identifier: name))
        var moment = Date(timeIntervalSince1970: 1_100_000_000)
        let end = Date(timeIntervalSince1970: 1_700_000_000)
        var edges = 0
        while let next = other.nextDaylightSavingTimeTransition(after: moment), next < end {
            for seconds in [-1, 0, 1] {
                let at = next.addingTimeInterval(Double(seconds))
                #expect(zone.offsetSeconds(at: Int(at.timeIntervalSince1970)) == other.secondsFromGMT(for: at))
            }
            edges += 1
            moment = next
        }
        #expect(edges > 30)
    }

    @Test func `dates survive the way to days and back`() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<20_000 {
            let day = Int.random(in: -1_000_000...3_000_000, using: &random)
            let date = CivilDate(daysSinceEpoch: day)
            #expect(date.daysSinceEpoch == day)
            #expect((1...CivilDate.days(inMonth: date.month, of: date.year)).contains(date.day))
        }
    }
}
