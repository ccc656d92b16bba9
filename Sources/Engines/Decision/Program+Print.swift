import Routing
extension Program {
    /// The tree as data, for drawing.
    package func picture() -> TreePicture { TreePicture(nodes: [], edges: [], roots: []) }

    /// The tree as text: every node of the very array that decides, children before parents.
    package func print() -> String {
        var lines = ["trees \(code.roots.map { "#\($0)" }.joined(separator: " "))"]
        for (number, node) in code.nodes.enumerated() { lines += describe(number, node) }
        return lines.joined(separator: "\n") + "\n"
    }

    private func describe(_ number: Int, _ node: Node) -> [String] {
        switch node.kind {
        case .switchAPI:
            let ways = API.allCases.map { api in
                "\(api.word ?? "other") → #\(code.jumps[Int(node.first) + Int(api.rawValue)])"
            }
            return ["#\(number) api  \(ways.joined(separator: "  "))"]
        case .switchStream: return ["#\(number) stream  no → #\(node.first)  yes → #\(node.second)"]
        case .switchModel: return ["#\(number) model"] + describe(trie: Int(node.first), "")
        case .test:
            let test = tables.tests[Int(node.count)]
            let name = tables.headerNames[test.header]
            return ["#\(number) header \(name): \(test.text)  yes → #\(node.first)  no → #\(node.second)"]
        case .leafList:
            let entries = code.entries[Int(node.first)..<Int(node.first + node.count)]
            if entries.isEmpty { return ["#\(number) leaf  no route"] }
            return ["#\(number) leaf"] + entries.map { describe($0) }
        }
    }

    private func describe(_ entry: LeafEntry) -> String {
        let box = boxes[Int(entry.box)]
        var tests: [String] = []
        if entry.open.contains(.api) {
            let words = API.allCases.filter { box.apis.contains(APISet($0)) }.map { $0.word ?? "other" }
            tests.append("api \(words.joined(separator: " | "))")
        }
        if entry.open.contains(.stream) { tests.append("stream \(box.stream == .on)") }
        if entry.open.contains(.model) {
            tests.append("model \((box.models.first ?? []).map(\.text).joined(separator: " | "))")
        }
        if entry.open.contains(.method) { tests.append("method \((box.methods.first ?? []).joined(separator: " | "))") }
        if entry.open.contains(.path) {
            tests.append("path \((box.paths.first ?? []).map(\.text).joined(separator: " | "))")
        }
        if entry.open.contains(.headers) {
            for header in box.headers {
                tests.append("header \(header.name): \(header.matchers.map(\.text).joined(separator: " | "))")
            }
        }
        let what = tests.isEmpty ? "" : "  if \(tests.joined(separator: ", "))"
        return "    \(routes[box.route].name)\(what)"
    }

    private func describe(trie number: Int, _ prefix: String) -> [String] {
        let place = code.tries[number]
        var lines = ["    \"\(prefix)\" → #\(place.exact)  \"\(prefix)…\" → #\(place.longer)"]
        for index in Int(place.edgeStart)..<Int(place.edgeStart + place.edgeCount) {
            let edge = code.edges[index]
            let start = Int(edge.labelStart)
            let label = String(decoding: code.labels[start..<(start + Int(edge.labelCount))], as: UTF8.self)
            lines += describe(trie: Int(edge.child), prefix + label)
        }
        return lines
    }
}
