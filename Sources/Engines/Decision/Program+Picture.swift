import Report
import Routing

extension Program {
    /// The tree as data, for drawing.
    package func picture() -> TreePicture {
        var edges: [TreePicture.Edge] = []
        let nodes = code.nodes.enumerated().map { number, node in
            var labels: [Int: [String]] = [:]
            var order: [Int] = []
            for way in ways(from: node) {
                if labels[way.to] == nil { order.append(way.to) }
                labels[way.to, default: []].append(way.label)
            }
            for to in order { edges.append(TreePicture.Edge(from: number, to: to, labels: labels[to] ?? [])) }
            let entries = entries(of: node).map { entry in
                let route = Int(tables.routes[Int(entry.box)])
                return TreePicture.Entry(route: route, name: routes[route].name, conditions: conditions(of: entry))
            }
            let isLeaf = node.kind == .leafList || node.kind == .leafBits
            let kind: TreePicture.Kind = isLeaf ? .leaf : node.kind == .gate ? .gate : .question
            return TreePicture.Node(kind: kind, title: isLeaf ? "" : title(of: node), entries: entries)
        }
        return TreePicture(nodes: nodes, edges: edges, roots: code.roots.map { Int($0.node) })
    }

    /// What a node asks.
    func title(of node: Node) -> String {
        switch node.kind {
        case .switchAPI: "api"
        case .switchStream: "stream"
        case .switchLevel: "class"
        case .range: "tokens"
        case .switchText: subject(Int32(node.count))
        case .switchTextBackwards: "\(subject(Int32(node.count))) from its end"
        case .test: text(of: Int(node.count))
        case .gate: node.count == UInt32(Facts.Stage.content.rawValue) ? "text scanned" : "body measured"
        case .leafList, .leafBits: "leaf"
        }
    }

    /// The answers to a node's question, each with the node it leads to.
    func ways(from node: Node) -> [(label: String, to: Int)] {
        func jumps(_ start: UInt32, _ labels: [String]) -> [(label: String, to: Int)] {
            labels.enumerated().map { ($1, Int(code.jumps[Int(start) + $0])) }
        }
        switch node.kind {
        case .switchAPI: return jumps(node.first, API.allCases.map { $0.word ?? "other" })
        case .switchLevel: return jumps(node.first, Level.allCases.map(\.word))
        case .switchStream: return [("no", Int(node.first)), ("yes", Int(node.second))]
        case .test: return [("yes", Int(node.first)), ("no", Int(node.second))]
        case .gate: return [("known", Int(node.first)), ("unknown", Int(node.second))]
        case .range:
            let cuts = code.cuts[Int(node.first)..<Int(node.first + node.count)].map { "\($0)" }
            return jumps(node.second, zip([""] + cuts, cuts + [""]).map { "\($0)..\($1)" })
        case .switchText, .switchTextBackwards:
            let isBackwards = node.kind == .switchTextBackwards
            let ways = ways(trie: Int(node.first), [], isBackwards: isBackwards).map { label, to in
                (shown(label, Int32(node.count)), to)
            }
            return [("absent", Int(node.second))] + ways
        case .leafList, .leafBits: return []
        }
    }

    private func ways(trie number: Int, _ walked: [UInt8], isBackwards: Bool) -> [(label: String, to: Int)] {
        let place = code.tries[number]
        let text = String(decoding: isBackwards ? walked.reversed() : walked, as: UTF8.self)
        var ways = [
            ("\"\(text)\"", Int(place.exact)), (isBackwards ? "\"…\(text)\"" : "\"\(text)…\"", Int(place.longer)),
        ]
        for index in Int(place.edgeStart)..<Int(place.edgeStart + place.edgeCount) {
            let edge = code.edges[index]
            let label = code.labels[Int(edge.labelStart)..<Int(edge.labelStart + edge.labelCount)]
            ways += self.ways(trie: Int(edge.child), walked + label, isBackwards: isBackwards)
        }
        return ways
    }

    /// A leaf's entries; none for other nodes.
    func entries(of node: Node) -> ArraySlice<LeafEntry> {
        switch node.kind {
        case .leafList: code.entries[Int(node.first)..<Int(node.first + node.count)]
        case .leafBits: code.entries[code.bitLeaves[Int(node.first)].entries.range]
        default: []
        }
    }

    /// What an entry still verifies.
    func conditions(of entry: LeafEntry) -> [String] {
        tables.list(Int(entry.box)).enumerated().compactMap { place, number in
            entry.open & (1 << UInt32(min(place, LeafEntry.lastPlace))) != 0 ? text(of: Int(number)) : nil
        }
    }

    /// A text of a header field that opens something is not shown.
    private func shown(_ text: String, _ subject: Int32) -> String {
        guard subject >= TextSubject.headers else { return text }
        return SecretField.shown(text, of: headerNames[Int(subject - TextSubject.headers)])
    }

    private func subject(_ number: Int32) -> String {
        switch number {
        case TextSubject.model: "model"
        case TextSubject.path: "path"
        case TextSubject.method: "method"
        case TextSubject.key: "key"
        case TextSubject.tenant: "tenant"
        default: "header \(headerNames[Int(number - TextSubject.headers)])"
        }
    }

    /// A condition as a person would write it.
    func text(of number: Int) -> String {
        let condition = tables.conditions[number]
        func bits(_ names: [String]) -> [String] {
            names.enumerated().compactMap { $0 < 64 && condition.first & (1 << UInt64($0)) != 0 ? $1 : nil }
        }
        let features = ["tools", "vision", "audio", "json_schema"]
        switch condition.kind {
        case .api: return "api \(bits(API.allCases.map { $0.word ?? "other" }).joined(separator: " | "))"
        case .stream: return "stream \(condition.first == UInt64(StreamSet.on.rawValue))"
        case .level: return "class \(bits(Level.allCases.map(\.word)).joined(separator: " | "))"
        case .tokens:
            let low = condition.first == 0 ? "" : "\(condition.first)"
            let high = Int(condition.second) == .max ? "" : "\(condition.second)"
            return "tokens \(low)..\(high)"
        case .featuresAll: return "features \(bits(features).joined(separator: " & "))"
        case .featuresNone: return "without features \(bits(features).joined(separator: ", "))"
        case .tagsAll: return "tags \(bits(tagNames).joined(separator: " & "))"
        case .tagsAny: return "tags \(bits(tagNames).joined(separator: " | "))"
        case .tagsNone: return "without tags \(bits(tagNames).joined(separator: ", "))"
        case .timesAny: return "time \(bits(windows).joined(separator: " | "))"
        case .timesNone: return "time not \(bits(windows).joined(separator: ", "))"
        case .sample:
            let whose =
                Int(condition.subject) < sampleSubjects.count ? sampleSubjects[Int(condition.subject)].word : "?"
            let share = "\(condition.first / 100).\(condition.first % 100 / 10)\(condition.first % 10) %"
            return "sample \(condition.isNegated ? "not " : "")\(share) by \(whose)"
        case .text: return "\(subject(condition.subject)) \(condition.isNegated ? "not " : "")\(patterns(of: number))"
        }
    }

    private func patterns(of number: Int) -> String {
        let condition = tables.conditions[number]
        let globs = condition.globs.range.map { tables.pool.text(of: $0) }
        let patterns = condition.patterns.range.map { "re:\(tables.patterns[$0].text)" }
        return (globs + patterns).map { shown($0, condition.subject) }.joined(separator: " | ")
    }
}
