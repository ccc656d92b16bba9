import Report
import RouteModel
import Synchronization
import Zones

extension Values {
    private static let days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    /// Zones that were looked up; a folder of files names few.
    private static let knownZones = Mutex<[String: Bool]>(["UTC": true])
    private static let zoneNames = Zones.names()

    /// A zone of the machine's tz database; on a machine without one, any name.
    static func zone(_ text: String) throws(ValueFault) -> String {
        let isKnown = knownZones.withLock { known in
            if let answer = known[text] { return answer }
            var answer = true
            do throws(Zones.Fault) { _ = try Zones.load(text) } catch { answer = error.lacksDatabase }
            known[text] = answer
            return answer
        }
        if isKnown { return text }
        let near = Suggestion.nearest(to: text, among: zoneNames)
        var fault = ValueFault("HP114", "no time zone is called \(shown(text))")
        fault.help = near.map { ["did you mean `\($0)`?"] } ?? ["zones have names such as  Europe/Berlin"]
        fault.replacement = near
        throw fault
    }

    /// `Mon-Fri 09:00-18:00 Europe/Berlin`; without days every day, without a zone UTC.
    static func window(_ text: String) throws(ValueFault) -> TimeWindow {
        let parts = text.split(separator: " ").map(String.init)
        guard let hours = parts.firstIndex(where: { $0.contains(":") }), hours <= 1, parts.count <= hours + 2 else {
            throw ValueFault(
                "HP114",
                "expected days, hours and a zone such as `Mon-Fri 09:00-18:00 Europe/Berlin`, found \(shown(text))"
            )
        }
        let listed = hours == 0 ? 0x7F : try days(parts[0], in: text)
        let ends = parts[hours].split(separator: "-", omittingEmptySubsequences: false).map(String.init)
        guard ends.count == 2 else {
            throw ValueFault("HP114", "hours are written `09:00-18:00`, not \(shown(parts[hours]))")
        }
        let start = try minute(ends[0], isEnd: false)
        let end = try minute(ends[1], isEnd: true)
        var zone = "UTC"
        if parts.count == hours + 2 {
            do throws(ValueFault) {
                zone = try self.zone(parts[hours + 1])
            } catch {
                throw moved(error, to: parts[hours + 1], in: text)
            }
        }
        return TimeWindow(days: listed, startMinute: start, endMinute: end, zone: zone)
    }

    /// Puts a fault of a word at its place in the whole text.
    private static func moved(_ fault: ValueFault, to word: String, in text: String) -> ValueFault {
        var fault = fault
        let start = text.unicodeScalars.count - word.unicodeScalars.count
        fault.range = text.hasSuffix(word) ? start..<text.unicodeScalars.count : 0..<word.unicodeScalars.count
        fault.replacement = fault.replacement.map { near in
            text.hasSuffix(word) ? text.dropLast(word.count) + near : near + text.dropFirst(word.count)
        }
        return fault
    }

    /// `Mon-Fri`, `Sat,Sun`, `Fri-Mon`.
    private static func days(_ list: String, in text: String) throws(ValueFault) -> UInt8 {
        var bits: UInt8 = 0
        for part in list.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false).map(String.init)
            guard (1...2).contains(ends.count) else {
                throw ValueFault("HP114", "days are written `Mon-Fri` or `Sat,Sun`, not \(shown(list))")
            }
            var day = try self.day(ends[0], list, text)
            let last = try self.day(ends[ends.count - 1], list, text)
            bits |= 1 << UInt8(day)
            while day != last {
                day = (day + 1) % 7
                bits |= 1 << UInt8(day)
            }
        }
        return bits
    }

    private static func day(_ word: String, _ list: String, _ text: String) throws(ValueFault) -> Int {
        if let day = days.firstIndex(of: word) { return day }
        let near =
            Suggestion.nearest(to: word, among: days)
            ?? days.first { word.lowercased().hasPrefix($0.lowercased()) }
        var fault = ValueFault("HP114", "`\(word)` is no day: \(days.joined(separator: " "))")
        fault.help = near.map { ["did you mean `\($0)`?"] } ?? []
        if let near, let range = list.ranges(of: word).first {
            fault.replacement = list.replacingCharacters(range, near) + text.dropFirst(list.count)
        }
        fault.range = 0..<list.unicodeScalars.count
        throw fault
    }

    /// `09:00`, at the end of a window also `24:00`.
    private static func minute(_ text: String, isEnd: Bool) throws(ValueFault) -> Int {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        let isClock =
            parts.count == 2
            && parts.allSatisfy { part in
                part.utf8.count == 2 && part.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
            }
        guard isClock, let hour = Int(parts[0]), let minute = Int(parts[1]), minute < 60,
            hour < 24 || isEnd && hour == 24 && minute == 0
        else {
            throw ValueFault("HP114", "\(shown(text)) is no time of day: 00:00 to 23:59\(isEnd ? ", or 24:00" : "")")
        }
        return hour * 60 + minute
    }
}

extension String {
    fileprivate func replacingCharacters(_ range: Range<Index>, _ text: String) -> String {
        String(self[..<range.lowerBound]) + text + self[range.upperBound...]
    }
}
