import Routing

extension Program {
    /// The tree as text: every node of the very array that decides, children before parents.
    package func print() -> String {
        let roots = code.roots.map { "#\($0.node)" }.joined(separator: " ")
        var lines = ["trees \(roots)"]
        for number in code.nodes.indices { lines += describe(number) }
        return lines.joined(separator: "\n") + "\n"
    }

    private func describe(_ number: Int) -> [String] {
        let node = code.nodes[number]
        let title = self.title(of: node)
        switch node.kind {
        case .leafList, .leafBits:
            let entries = self.entries(of: node)
            if entries.isEmpty { return ["#\(number) leaf  no route"] }
            let how = node.kind == .leafBits ? "leaf of bit vectors" : "leaf"
            return ["#\(number) \(how)"]
                + entries.map { entry in
                    let conditions = conditions(of: entry)
                    let what = conditions.isEmpty ? "" : "  if \(conditions.joined(separator: ", "))"
                    return "    \(routes[Int(tables.routes[Int(entry.box)])].name)\(what)"
                }
        case .switchText, .switchTextBackwards:
            return ["#\(number) \(title)"] + ways(from: node).map { "    \($0.label) → #\($0.to)" }
        default:
            let ways = ways(from: node).map { "\($0.label) → #\($0.to)" }
            return ["#\(number) \(title)  \(ways.joined(separator: "  "))"]
        }
    }
}
