import Report

/// `hoosh-proxy rule HP401` and `hoosh-proxy rules --json`: the catalogue, offline.
package enum RuleCommand {
    static let usage = """
        usage: hoosh-proxy rule [CODE...]     the pages of codes; without one, a list of all
               hoosh-proxy rules [--json]     the list, for programs
        """

    /// Prints pages, or the list.
    ///
    /// - Parameters:
    ///   - arguments: what stands behind `rule` or `rules`.
    ///   - print: takes the output, line ends included.
    ///   - complain: takes what is wrong with the command line.
    /// - Returns: 0, or 2 for a code that does not exist.
    package static func run(
        _ arguments: [String],
        print: (String) -> Void,
        complain: (String) -> Void
    ) -> Int32 {
        if arguments.contains("--help") || arguments.contains("-h") {
            print("\(usage)\n")
            return 0
        }
        let isJSON = arguments.contains("--json")
        let codes = arguments.filter { $0 != "--json" }
        if let option = codes.first(where: { $0.hasPrefix("-") }) {
            complain("hoosh-proxy rule: unknown option `\(option)`\n\(usage)\n")
            return 2
        }
        var rules: [Rule] = []
        for code in codes {
            let matching = Catalogue.rules.filter { $0.code == code.uppercased() }
            guard let rule = matching.first else {
                let near = Catalogue.nearest(code).map { ", did you mean `\($0)`?" } ?? ""
                complain("hoosh-proxy rule: there is no code `\(code)`\(near)\n")
                return 2
            }
            rules.append(rule)
        }
        if isJSON {
            print(RuleInfo.json((rules.isEmpty ? Catalogue.rules : rules).map(members)))
        } else if rules.isEmpty {
            print(list)
        } else {
            print(rules.map(\.page).joined(separator: "\n"))
        }
        return 0
    }

    private static var list: String {
        var text = ""
        var family = ""
        for rule in Catalogue.rules {
            if rule.family != family {
                text += "\(text.isEmpty ? "" : "\n")HP\(rule.code.dropFirst(2).prefix(1))xx \(rule.family)\n"
                family = rule.family
            }
            let severity = rule.severityWord + String(repeating: " ", count: 7 - rule.severityWord.count)
            let fix = rule.fix.map { " [\($0.rawValue) fix]" } ?? ""
            text += "  \(rule.code)  \(severity)  \(rule.rule)\(fix)\n"
        }
        return text
    }

    private static func members(_ rule: Rule) -> [(String, String?)] {
        [
            ("code", rule.code), ("severity", rule.severity.rawValue), ("family", rule.family), ("rule", rule.rule),
            ("fix", rule.fix?.rawValue), ("what", rule.what), ("why", rule.why), ("example", rule.bad),
            ("good", rule.good), ("silence", rule.silence),
        ]
    }
}
