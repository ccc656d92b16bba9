import Report

/// A comparison as text, Markdown or JSON (schema `diff-v1`).
struct DiffReport {
    let comparison: Comparison
    let allowsPrivacy: Bool

    private var tries: String? {
        comparison.worstTries.map { "worst-case upstream tries \($0.before) → \($0.after)" }
    }

    private func counted(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }

    /// What stayed as it was.
    private var unchanged: String {
        let routes = "\(counted(comparison.unchangedRoutes, "route")) unchanged in effect"
        return comparison.differs || !comparison.hasOtherText ? routes : "\(routes); the edits have no effect"
    }

    /// `routes a, b, c`.
    private func routes(_ setting: Comparison.Setting) -> String {
        let count = setting.routes.count
        if count > 1, count == comparison.forwardingRoutes { return "all \(count) routes" }
        return "\(setting.routes.count == 1 ? "route" : "routes") \(setting.routes.joined(separator: ", "))"
    }

    private func others(_ way: Comparison.Way) -> String {
        way.count == 1 ? "" : "  (and \(counted(way.count - 1, "other way")))"
    }

    private func reach(_ reach: Comparison.Reach) -> String {
        let labels = reach.labels.joined(separator: ", ")
        let providers = reach.providers.joined(separator: ", ")
        let isOne = reach.labels.count == 1
        return reach.isOpened
            ? "\(labels) may now reach \(providers)  (was: never)"
            : "\(labels) no longer \(isOne ? "reaches" : "reach") \(providers)"
    }

    private func loosened(_ entry: Comparison.Loosening) -> String {
        var words = "\(entry.requests.joined(separator: " or ")): "
        words +=
            entry.oldClass == entry.newClass
            ? "class \(entry.newClass)" : "was class \(entry.oldClass), now \(entry.newClass)"
        if !entry.providers.isEmpty { words += "; may now reach \(entry.providers.joined(separator: ", "))" }
        return entry.count == 1 ? words : words + "  (\(entry.count) ways)"
    }

    private func shown(_ entry: Comparison.Loosening) -> String {
        "\(entry.witness)     \(entry.before) → \(entry.after)"
    }

    // MARK: For people

    /// For a terminal.
    var text: String {
        var lines: [String] = []
        if comparison.ways.isEmpty {
            lines.append("~ no request goes another way")
        } else {
            lines.append(
                "~ \(counted(comparison.ways.count, "group")) of requests \(comparison.ways.count == 1 ? "goes" : "go") another way"
            )
        }
        for (number, way) in comparison.ways.enumerated() {
            let first = way.requests.first ?? "every request"
            lines.append("  \(number + 1). \(first)     \(way.before) → \(way.after)\(others(way))")
            lines += way.requests.dropFirst().map { "     or \($0)" }
            if way.count == 1, way.oldRoute != way.newRoute {
                lines.append("     route: \(way.oldRoute ?? "none") → \(way.newRoute ?? "none")")
            }
            lines.append("     witness: \(way.witness)")
        }
        for setting in comparison.settings {
            lines.append("~ \(routes(setting)): \(setting.name) \(setting.before) → \(setting.after)")
        }
        for setting in comparison.fileSettings {
            lines.append("~ setting changed: \(setting.name) \(setting.before) → \(setting.after)")
        }
        for loosening in comparison.loosenings {
            let end = allowsPrivacy ? "     allowed" : "     --allow-privacy to accept"
            lines.append("\(allowsPrivacy ? "~" : "!") privacy: \(loosened(loosening))\(end)")
            lines.append("     witness: \(shown(loosening))")
        }
        for sentence in comparison.unveilings {
            let end = allowsPrivacy ? "     allowed" : "     --allow-privacy to accept"
            lines.append("\(allowsPrivacy ? "~" : "!") privacy: \(sentence)\(end)")
        }
        for entry in comparison.reaches {
            let mark = entry.isOpened && !allowsPrivacy ? "!" : "~"
            let end = entry.isOpened ? allowsPrivacy ? "     allowed" : "     --allow-privacy to accept" : ""
            lines.append("\(mark) privacy: \(reach(entry))\(end)")
            if entry.isOpened { lines.append("     witness: \(entry.witness)") }
        }
        lines += comparison.gaps.map { "! the answer is not complete: \($0)" }
        lines.append("= \(unchanged)")
        if let tries { lines.append(tries) }
        return lines.map { $0 + "\n" }.joined()
    }

    /// For a pull request.
    var markdown: String {
        var lines = ["### What changes for requests", ""]
        if comparison.ways.isEmpty {
            lines += ["No request goes another way.", ""]
        } else {
            lines += ["| # | Requests | Before | After | For example |", "|---|---|---|---|---|"]
            for (number, way) in comparison.ways.enumerated() {
                let requests = way.requests.map(Self.cell).joined(separator: "<br>or ")
                let cells = [
                    requests, Self.cell(way.before), Self.cell(way.after) + others(way), Self.cell(way.witness),
                ]
                lines.append("| \(number + 1) | \(cells.joined(separator: " | ")) |")
            }
            lines.append("")
        }
        for entry in comparison.reaches {
            let mark = entry.isOpened && !allowsPrivacy ? "⚠ **privacy**" : "privacy"
            let end = entry.isOpened ? " For example: \(Self.cell(entry.witness))" : ""
            lines.append("- \(mark): \(reach(entry)).\(end)")
        }
        lines += comparison.loosenings.map {
            "- \(allowsPrivacy ? "privacy" : "⚠ **privacy**"): \(Self.cell(loosened($0))). For example: \(Self.cell(shown($0)))"
        }
        lines += comparison.unveilings.map { "- \(allowsPrivacy ? "privacy" : "⚠ **privacy**"): \($0)." }
        lines += comparison.fileSettings.map {
            "- setting changed: `\($0.name)` \(Self.cell($0.before)) → \(Self.cell($0.after))"
        }
        lines += comparison.settings.map {
            "- \(routes($0)): `\($0.name)` \(Self.cell($0.before)) → \(Self.cell($0.after))"
        }
        lines += comparison.gaps.map { "- ⚠ the answer is not complete: \($0)" }
        lines.append("- \(unchanged)")
        if let tries { lines.append("- \(tries)") }
        return lines.map { $0 + "\n" }.joined()
    }

    /// Text in a table: `|` would end the cell, `*` would be emphasis.
    private static func cell(_ text: String) -> String {
        "`\(text.split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|"))`"
    }

    // MARK: For programs

    /// Schema `diff-v1`.
    var json: JSONValue {
        let ways = comparison.ways.map { way in
            JSONValue.object([
                "requests": .texts(way.requests), "before": .text(way.before), "after": .text(way.after),
                "old_route": .optional(way.oldRoute), "new_route": .optional(way.newRoute),
                "witness": .text(way.witness), "count": .number(way.count),
            ])
        }
        let reaches = comparison.reaches.map { entry in
            JSONValue.object([
                "kind": .text(entry.isOpened ? "opened" : "closed"), "labels": .texts(entry.labels),
                "providers": .texts(entry.providers), "count": .number(entry.count), "witness": .text(entry.witness),
                "allowed": .bool(allowsPrivacy || !entry.isOpened),
            ])
        }
        let settings = comparison.settings.map { setting in
            JSONValue.object([
                "routes": .texts(setting.routes), "setting": .text(setting.name), "before": .text(setting.before),
                "after": .text(setting.after),
            ])
        }
        let loosenings = comparison.loosenings.map { entry in
            JSONValue.object([
                "requests": .texts(entry.requests), "old_class": .text(entry.oldClass),
                "new_class": .text(entry.newClass), "providers": .texts(entry.providers),
                "count": .number(entry.count), "before": .text(entry.before), "after": .text(entry.after),
                "witness": .text(entry.witness), "allowed": .bool(allowsPrivacy),
            ])
        }
        let fileSettings = comparison.fileSettings.map { setting in
            JSONValue.object([
                "setting": .text(setting.name), "before": .text(setting.before), "after": .text(setting.after),
            ])
        }
        let tries = comparison.worstTries.map { tries in
            JSONValue.object(["before": .number(tries.before), "after": .number(tries.after)])
        }
        return .object([
            "schema": .text("diff-v1"), "differs": .bool(comparison.differs),
            "weakens_privacy": .bool(comparison.weakensPrivacy), "complete": .bool(comparison.isComplete),
            "incomplete_because": .texts(comparison.gaps),
            "changes": .list(ways), "privacy": .list(reaches), "settings": .list(settings),
            "loosened": .list(loosenings), "unredacted": .texts(comparison.unveilings),
            "file_settings": .list(fileSettings),
            "edits_have_no_effect": .bool(comparison.hasOtherText && !comparison.differs),
            "unchanged_routes": .number(comparison.unchangedRoutes), "worst_tries": tries ?? .null,
        ])
    }
}
