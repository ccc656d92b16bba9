import Bytes
import Routing

extension Program {
    /// One node that a decision came by.
    package struct Step: Equatable, Sendable {
        /// Position in `nodes`.
        package let node: Int
        /// What it asks: `api`, `tokens`, `header x-team`; `leaf` where a way ends.
        package let question: String
        /// The answer that led on, or at a leaf the routes whose boxes were looked at, in order.
        package let answer: String
        /// Boxes that were verified, at a leaf.
        package let verified: Int
    }

    /// The nodes that a decision over the tree comes by, root after root: what `explain` shows.
    ///
    /// Follows the arrays that decide, once more and slowly; the last step of the tree that answers is its leaf.
    ///
    /// - Parameters:
    ///   - facts: what is known of the request.
    ///   - model: the model asked for, aliases resolved; empty when there is none.
    ///   - head: the bytes that `facts.method`, `facts.path` and `facts.headers` point into.
    ///   - identity: the bytes that `facts.key` and `facts.tenant` point into.
    /// - Returns: one list of steps for each tree that is asked.
    package func trace(
        _ facts: borrowing Facts,
        model: Span<UInt8>,
        head: Span<UInt8>,
        identity: Span<UInt8>
    ) -> [[Step]] {
        var found = Found()
        var answers = Answers()
        var trees: [[Step]] = []
        for root in code.roots where root.firstBox < found.box {
            let bound = found.box
            walk(from: root.node, facts, model, head, identity, &answers, &found)
            var steps: [Step] = []
            var number = Int(root.node)
            while let next = next(after: number, facts, model, head, identity, &answers) {
                let node = code.nodes[number]
                // A trie has many ways to one place; the first of them that leads there names it.
                let label = ways(from: node).first { $0.to == next }?.label ?? ""
                steps.append(
                    Step(node: number, question: title(of: node), answer: label, verified: 0)
                )
                number = next
            }
            trees.append(steps + [leaf(number, bound, found.box)])
        }
        return trees
    }

    /// Where a node leads; nil for a leaf.
    private func next(
        after number: Int,
        _ facts: borrowing Facts,
        _ model: Span<UInt8>,
        _ head: Span<UInt8>,
        _ identity: Span<UInt8>,
        _ answers: inout Answers
    ) -> Int? {
        let node = code.nodes[number]
        switch node.kind {
        case .switchText, .switchTextBackwards: return Int(text(node, facts, model, head, identity))
        case .switchAPI: return Int(code.jumps[Int(node.first) + Int(facts.api.rawValue)])
        case .switchStream: return Int(facts.stream ? node.second : node.first)
        case .switchLevel: return Int(code.jumps[Int(node.first) + Int(facts.level.rawValue)])
        case .range: return Int(code.jumps[Int(node.second) + cut(node, facts.tokens)])
        case .test:
            let truth = tables.truth(Int(node.count), facts, model, head, identity, &answers)
            return Int(truth == .yes ? node.first : node.second)
        case .gate: return Int(facts.stage.rawValue >= Int(node.count) ? node.first : node.second)
        case .leafList, .leafBits: return nil
        }
    }

    /// The boxes of a leaf up to the one that answers.
    private func leaf(_ number: Int, _ bound: UInt32, _ found: UInt32) -> Step {
        let entries = entries(of: code.nodes[number])
        let seen = entries.prefix { $0.box < bound && $0.box <= found }
        var names: [String] = []
        for entry in entries.prefix(max(seen.count, 1) + 1) {
            let name = routes[Int(tables.routes[Int(entry.box)])].name
            if names.last != name { names.append(name) }
        }
        let more = entries.count > seen.count + 1 ? ", …" : ""
        let list = entries.isEmpty ? "no route" : "{\(names.joined(separator: ", "))\(more)}"
        return Step(node: number, question: "leaf", answer: list, verified: seen.count)
    }
}
