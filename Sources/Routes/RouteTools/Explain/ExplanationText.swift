import Report
import RouteModel
import Routing

/// An explanation for people (`routes.md` 3.10).
struct ExplanationText {
    /// Passed routes beyond this many are counted.
    static let passedLimit = 20
    private static let labelWidth = 9

    let explanation: Explanation
    let facts: ExplanationFacts
    private var lines: [String] = []

    init(_ explanation: Explanation, _ facts: ExplanationFacts) {
        self.explanation = explanation
        self.facts = facts
    }

    /// The whole text, line ends included.
    func text() -> String {
        var writer = self
        writer.write()
        return writer.lines.map { $0 + "\n" }.joined()
    }

    private mutating func put(_ label: String, _ text: String) {
        lines.append(Self.padded(label, Self.labelWidth) + text)
    }

    /// Rows of columns; the label stands before the first.
    private mutating func put(_ label: String, rows: [[String]]) {
        var widths: [Int] = []
        for row in rows {
            for (index, cell) in row.enumerated() {
                if index == widths.count { widths.append(0) }
                if index + 1 < row.count { widths[index] = max(widths[index], cell.count) }
            }
        }
        for (number, row) in rows.enumerated() {
            let cells = row.enumerated().map { index, cell in
                index + 1 < row.count ? Self.padded(cell, widths[index]) : cell
            }
            var text = cells.joined(separator: "   ")
            while text.hasSuffix(" ") { text.removeLast() }
            put(number == 0 ? label : "", text)
        }
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(width - text.count, 0))
    }

    private mutating func write() {
        let words = facts.requestWords.map { $0.0.isEmpty ? $0.1 : "\($0.0) \($0.1)" }
        put("request", words.joined(separator: "   "))
        if facts.lacksKey { put("key", ExplanationFacts.withoutKey) }
        put("class", facts.levelDerivation)
        let tags = explanation.verdict.tags.sorted().joined(separator: ", ")
        put("tags", ([tags.isEmpty ? "none" : tags] + facts.tagDerivations).joined(separator: "   "))
        writeRoute()
        writePath()
        writePassed()
        writePlan()
        for (index, limit) in facts.limits.enumerated() { put(index == 0 ? "limits" : "", limit) }
        if let window = facts.window { put("window", window) }
        if let bounds = facts.bounds { put("bounds", bounds) }
        if let copying = facts.copying { put("copying", copying) }
        for difference in explanation.differences { put("FAULT", difference) }
    }

    private mutating func writeRoute() {
        if let route = explanation.route {
            put("route", rows: [[route.name.value, "\(route.name.spot)"]])
            if facts.outcome != "sent on" { put("", facts.outcome) }
        } else {
            put("route", facts.outcome)
        }
    }

    private mutating func writePath() {
        for (index, steps) in explanation.path.trees.enumerated() {
            put(index == 0 ? "path" : "", steps.joined(separator: " → "))
        }
        let count = explanation.path.verified
        put("", "\(count) \(count == 1 ? "box" : "boxes") tested")
    }

    private mutating func writePassed() {
        let passed = explanation.passed
        if passed.isEmpty { return }
        var rows = passed.suffix(Self.passedLimit).map { entry in
            let name = explanation.document.routes[entry.route].name.value
            let reason = entry.reason
            return [name, reason?.sentence ?? "takes everything", reason.map { "\($0.spot)" } ?? ""]
        }
        if passed.count > rows.count { rows.insert(["… \(passed.count - rows.count) more before these"], at: 0) }
        put("passed", rows: rows)
    }

    private mutating func writePlan() {
        guard let route = explanation.route, !route.tiers.isEmpty else { return }
        var rows: [[String]] = []
        for (tier, members) in explanation.tiers.enumerated() {
            var isFirst = true
            for (index, member) in members.enumerated() where member.obstacles.isEmpty {
                let isChosen = facts.prediction.first == Prediction.Chosen(tier: tier, member: index)
                // One target alone is not picked by any strategy.
                let strategy = members.count > 1 ? route.tiers[tier].strategy.value.rawValue : "-"
                var row = isFirst ? ["tier \(tier)", strategy] : ["", ""]
                row += [member.name] + facts.state(of: member) + [isChosen ? "← would be chosen" : ""]
                rows.append(row)
                isFirst = false
            }
            if isFirst { rows.append(["tier \(tier)", "no target left"]) }
        }
        put("plan", rows: rows)
        writeDropped()
    }

    private mutating func writeDropped() {
        var rows: [[String]] = []
        for (tier, members) in explanation.tiers.enumerated() {
            for member in members {
                for obstacle in member.obstacles {
                    rows.append(["tier \(tier)", obstacle.sentence, obstacle.spot.map { "\($0)" } ?? ""])
                }
            }
        }
        let level = explanation.verdict.level.word
        let cleared = facts.cleared.isEmpty ? "nobody" : facts.cleared.joined(separator: " ")
        if rows.isEmpty {
            put("", "dropped: none.  Cleared for \(level): \(cleared)")
        } else {
            put("dropped", rows: rows)
            put("", "Cleared for \(level): \(cleared)")
        }
    }
}
