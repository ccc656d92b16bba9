/// The human form of a comparison, written from the JSON form alone: what it lacks would be missing here.
enum DiffLines {
    typealias Object = [String: Any]

    private static func text(_ object: Object, _ name: String) -> String { object[name] as? String ?? "?" }
    private static func texts(_ object: Object, _ name: String) -> [String] { object[name] as? [String] ?? ["?"] }
    private static func list(_ object: Object, _ name: String) -> [Object] { object[name] as? [Object] ?? [] }
    private static func count(_ object: Object) -> Int { object["count"] as? Int ?? -1 }

    static func all(_ json: Object) -> [String] {
        var lines = ways(json)
        for setting in list(json, "settings") {
            let routes = texts(setting, "routes")
            let all = routes.count == 2 ? "all 2 routes" : "route \(routes.joined(separator: ", "))"
            lines.append("~ \(all): \(change(setting))")
        }
        lines += list(json, "file_settings").map { "~ setting changed: \(change($0))" }
        for entry in list(json, "loosened") {
            lines.append("! privacy: \(loosened(entry))     --allow-privacy to accept")
            let way = "\(text(entry, "before")) → \(text(entry, "after"))"
            lines.append("     witness: \(text(entry, "witness"))     \(way)")
        }
        for entry in list(json, "privacy") {
            let isOpened = text(entry, "kind") == "opened"
            lines.append(
                isOpened ? "! privacy: \(reach(entry))     --allow-privacy to accept" : "~ privacy: \(reach(entry))"
            )
            if isOpened { lines.append("     witness: \(text(entry, "witness"))") }
        }
        lines += texts(json, "incomplete_because").map { "! the answer is not complete: \($0)" }
        let unchanged = json["unchanged_routes"] as? Int ?? -1
        let end = json["edits_have_no_effect"] as? Bool == true ? "; the edits have no effect" : ""
        lines.append("= \(unchanged) route\(unchanged == 1 ? "" : "s") unchanged in effect\(end)")
        if let tries = json["worst_tries"] as? [String: Int] {
            lines.append("worst-case upstream tries \(tries["before"] ?? -1) → \(tries["after"] ?? -1)")
        }
        return lines
    }

    /// What every form has to contain.
    static func facts(_ json: Object) -> [String] {
        var facts: [String] = []
        for entry in list(json, "settings") + list(json, "file_settings") {
            facts += ["`\(text(entry, "setting"))` `\(text(entry, "before"))` → `\(text(entry, "after"))`"]
        }
        for way in list(json, "changes") {
            facts += texts(way, "requests") + [text(way, "before"), text(way, "after"), text(way, "witness")]
        }
        facts += list(json, "loosened").flatMap { [loosened($0), text($0, "witness")] }
        return facts + list(json, "privacy").map(reach)
    }

    private static func change(_ setting: Object) -> String {
        "\(text(setting, "setting")) \(text(setting, "before")) → \(text(setting, "after"))"
    }

    private static func ways(_ json: Object) -> [String] {
        let ways = list(json, "changes")
        if ways.isEmpty { return ["~ no request goes another way"] }
        var lines = [
            "~ \(ways.count) \(ways.count == 1 ? "group of requests goes" : "groups of requests go") another way"
        ]
        for (number, way) in ways.enumerated() {
            let requests = texts(way, "requests")
            let others = count(way) - 1
            let more = others == 0 ? "" : "  (and \(others) other way\(others == 1 ? "" : "s"))"
            lines.append("  \(number + 1). \(requests[0])     \(text(way, "before")) → \(text(way, "after"))\(more)")
            lines += requests.dropFirst().map { "     or \($0)" }
            let routes = (way["old_route"] as? String ?? "none", way["new_route"] as? String ?? "none")
            if others == 0, routes.0 != routes.1 { lines.append("     route: \(routes.0) → \(routes.1)") }
            lines.append("     witness: \(text(way, "witness"))")
        }
        return lines
    }

    private static func loosened(_ entry: Object) -> String {
        let (old, new) = (text(entry, "old_class"), text(entry, "new_class"))
        var words = texts(entry, "requests").joined(separator: " or ")
        words += old == new ? ": class \(new)" : ": was class \(old), now \(new)"
        let providers = texts(entry, "providers")
        if !providers.isEmpty { words += "; may now reach \(providers.joined(separator: ", "))" }
        return count(entry) == 1 ? words : "\(words)  (\(count(entry)) ways)"
    }

    private static func reach(_ entry: Object) -> String {
        let labels = texts(entry, "labels")
        let providers = texts(entry, "providers").joined(separator: ", ")
        if text(entry, "kind") == "opened" {
            return "\(labels.joined(separator: ", ")) may now reach \(providers)  (was: never)"
        }
        return "\(labels.joined(separator: ", ")) no longer \(labels.count == 1 ? "reaches" : "reach") \(providers)"
    }
}
