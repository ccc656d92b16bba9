import Budgets
import Routing
import Testing
import Zones

/// When budgets begin anew.
struct WindowTests {
    private func bounds(_ period: Period, _ moment: String, _ zone: String = "UTC") throws -> (String, String) {
        let zone = try Zones.load(zone)
        let range = Window(period, zone: zone).bounds(at: try DateTime.unixSeconds(parsing: moment) * 1_000 + 999)
        return (DateTime.text(range.lowerBound / 1_000, in: zone), DateTime.text(range.upperBound / 1_000, in: zone))
    }

    @Test func `days begin at midnight on the wall`() throws {
        let (start, end) = try bounds(.day, "2026-11-20T23:30:00Z", "Europe/Berlin")
        #expect(start == "2026-11-21T00:00:00+01:00")
        #expect(end == "2026-11-22T00:00:00+01:00")
    }

    @Test func `the day the clocks change has 23 or 25 hours`() throws {
        let spring = try bounds(.day, "2026-03-29T12:00:00+02:00", "Europe/Berlin")
        #expect(spring == ("2026-03-29T00:00:00+01:00", "2026-03-30T00:00:00+02:00"))
        let autumn = try bounds(.day, "2026-10-25T12:00:00+01:00", "Europe/Berlin")
        #expect(autumn == ("2026-10-25T00:00:00+02:00", "2026-10-26T00:00:00+01:00"))
    }

    @Test func `weeks begin on Monday, months with their first day`() throws {
        #expect(try bounds(.week, "2026-11-22T10:00:00Z") == ("2026-11-16T00:00:00Z", "2026-11-23T00:00:00Z"))
        #expect(try bounds(.month, "2026-02-28T10:00:00Z") == ("2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"))
        #expect(try bounds(.month, "2028-02-29T10:00:00Z") == ("2028-02-01T00:00:00Z", "2028-03-01T00:00:00Z"))
    }

    @Test func `hours begin with the zone's`() throws {
        let (start, _) = try bounds(.hour, "2026-11-20T10:20:00Z", "Asia/Kathmandu")
        #expect(start == "2026-11-20T16:00:00+05:45")
    }

    @Test(
        arguments: ["UTC", "Europe/Berlin", "America/Sao_Paulo", "Asia/Beirut", "America/Havana", "Pacific/Apia"],
        Period.allCases
    )
    func `windows hold their moment and follow one another without a gap`(zone: String, period: Period) throws {
        let window = Window(period, zone: try Zones.load(zone))
        var random = SystemRandomNumberGenerator()
        for _ in 0..<300 {
            let moment = Int.random(in: 1_000_000_000_000...2_200_000_000_000, using: &random)
            let bounds = window.bounds(at: moment)
            #expect(bounds.contains(moment))
            #expect(window.bounds(at: bounds.upperBound).lowerBound == bounds.upperBound)
            #expect(window.bounds(at: bounds.upperBound - 1) == bounds)
        }
    }

    @Test func `no stretch of a sliding window is counted too low`() {
        var random = SystemRandomNumberGenerator()
        for length in [10, 1_000, 60_000] {
            var slide = Slide()
            var events: [(moment: Int, amount: Int)] = []
            var (now, used) = (5_000_000, 0)
            for _ in 0..<500 {
                now += Int.random(in: 0...length / 5, using: &random)
                used -= slide.advance(to: now, length: length)
                let amount = Int.random(in: 0...9, using: &random)
                slide.add(amount)
                used += amount
                events.append((now, amount))
                let inside = events.filter { $0.moment > now - length }.reduce(0) { $0 + $1.amount }
                let nearly = events.filter { $0.moment > now - length * 5 / 4 - 34 }.reduce(0) { $0 + $1.amount }
                #expect(used >= inside)
                #expect(used <= nearly)
            }
        }
    }
}
