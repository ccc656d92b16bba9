import Routing

import Bytes

/// The compiled routes: a decision tree as flat arrays, which answers which route takes a request.
///
/// Immutable, shared by all loops. Where routes are many, the boxes are split by their dominant dimension into several
/// trees, asked one after the other with the smallest box found so far as a bound (`routes.md` 3.2); that is still one
/// tree. A decision allocates nothing.
package final class Program: Sendable {
    /// In file order.
    package let routes: [Route]
    /// Names of the header fields that any route tests, in lower case; `Facts.headers` has the same order.
    package let headerNames: [String]
    /// The boxes the tree was built from, in file order.
    package let boxes: [Box]
    let tables: BoxTables
    let code: ProgramCode

    /// Compiles boxes, which are in file order and name routes by position.
    package convenience init(routes: [Route], boxes: [Box]) {
        let tables = BoxTables(boxes)
        var builder = ProgramBuilder(boxes, tables)
        self.init(routes: routes, boxes: boxes, tables: tables, code: builder.build())
    }

    init(routes: [Route], boxes: [Box], tables: BoxTables, code: ProgramCode) {
        self.routes = routes
        self.boxes = boxes
        self.tables = tables
        self.headerNames = tables.headerNames
        self.code = code
    }

    /// The nodes, in the order that `print()` shows.
    package var nodes: [Node] { code.nodes }

    /// The same program with other nodes; for checks that must see a damaged tree.
    package func replacing(nodes: [Node]) -> Program {
        var code = self.code
        code.nodes = nodes
        return Program(routes: routes, boxes: boxes, tables: tables, code: code)
    }

    /// The position of the first route that takes the request, or -1.
    ///
    /// - Parameters:
    ///   - facts: what is known of the request.
    ///   - model: the model asked for, aliases resolved; empty when there is none.
    ///   - head: the bytes that the ranges in `facts` point into.
    /// - Returns: a position in `routes`, or -1.
    package func decide(_ facts: Facts, model: Span<UInt8>, head: Span<UInt8>) -> Int {
        var best = UInt32.max
        var tests = TestAnswers()
        for root in code.roots {
            best = walk(from: root, facts, model: model, head: head, &tests, below: best)
        }
        return best == .max ? -1 : Int(tables.boxes[Int(best)].route)
    }

    /// Follows one tree to its leaf; answers the first box there that takes the request, or `bound`.
    private func walk(
        from root: UInt32,
        _ facts: Facts,
        model: Span<UInt8>,
        head: Span<UInt8>,
        _ tests: inout TestAnswers,
        below bound: UInt32
    ) -> UInt32 {
        var node = code.nodes[Int(root)]
        while true {
            let next: UInt32
            switch node.kind {
            case .switchAPI: next = code.jumps[Int(node.first) + Int(facts.api.rawValue)]
            case .switchStream: next = facts.stream ? node.second : node.first
            case .switchModel: next = cell(node.first, model)
            case .test:
                next = tables.passes(test: Int(node.count), facts, head: head, &tests) ? node.first : node.second
            case .leafList:
                for index in Int(node.first)..<Int(node.first + node.count) {
                    let entry = code.entries[index]
                    if entry.box >= bound { return bound }
                    if tables.verifies(entry, facts, model: model, head: head, &tests) { return entry.box }
                }
                return bound
            }
            node = code.nodes[Int(next)]
        }
    }

    /// Walks a trie as far as the model agrees with it.
    private func cell(_ root: UInt32, _ model: Span<UInt8>) -> UInt32 {
        var place = code.tries[Int(root)]
        var offset = 0
        while offset < model.count {
            guard let edge = edge(place, model[offset]) else { return place.longer }
            let end = offset + Int(edge.labelCount)
            if end > model.count { return place.longer }
            let label = Int(edge.labelStart) - offset
            for index in (offset + 1)..<max(end, offset + 1) where code.labels[label + index] != model[index] {
                return place.longer
            }
            place = code.tries[Int(edge.child)]
            offset = end
        }
        return place.exact
    }

    private func edge(_ place: TrieNode, _ byte: UInt8) -> TrieEdge? {
        var low = Int(place.edgeStart)
        var high = low + Int(place.edgeCount)
        while high - low > 8 {
            let middle = (low + high) / 2
            if code.edges[middle].firstByte <= byte { low = middle } else { high = middle }
        }
        while low < high {
            let edge = code.edges[low]
            if edge.firstByte >= byte { return edge.firstByte == byte ? edge : nil }
            low += 1
        }
        return nil
    }
}

/// The arrays a tree consists of.
struct ProgramCode: Sendable {
    var roots: [UInt32] = []
    var nodes: [Node] = []
    var jumps: [UInt32] = []
    var entries: [LeafEntry] = []
    var tries: [TrieNode] = []
    var edges: [TrieEdge] = []
    var labels: [UInt8] = []
}

/// What header tests have answered for one request, so that none is asked twice.
struct TestAnswers {
    var known: UInt64 = 0
    var truth: UInt64 = 0
}
