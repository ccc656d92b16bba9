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
    /// What boxes, facts and targets call by number.
    package let vocabulary: Vocabulary
    /// How far a request must be known before any route's answer can depend on it: nothing beyond is ever asked for.
    package let needs: Facts.Stage
    /// Which engine answers.
    package let engine: Engine
    let tables: BoxTables
    let code: ProgramCode

    /// What answers: the tree, or one of the two that it is checked against (`routes.md` A7).
    package enum Engine: String, CaseIterable, Sendable { case tree, bits, linear }

    /// What a decision says.
    package enum Answer: Equatable, Sendable {
        /// Position in `routes`.
        case route(Int)
        /// No route takes the request.
        case none
        /// It depends on what is known only from this stage on: go there and ask again.
        case needs(Facts.Stage)
    }

    /// The words that boxes speak of by number.
    package struct Vocabulary: Sendable {
        /// Tags by bit, 64 at most.
        package var tagNames: [String] = []
        /// Windows by bit, 64 at most, as text for people: their meaning is their owner's.
        package var windows: [String] = []
        /// Whose bucket `Facts.buckets` holds, by position.
        package var sampleSubjects: [Subject] = []
        /// Header fields that somebody other than the boxes wants in `Facts.headers`, in lower case.
        package var extraHeaders: [String] = []
        package init() {}
    }

    /// Tags by bit.
    package var tagNames: [String] { vocabulary.tagNames }
    /// Windows by bit, as text.
    package var windows: [String] { vocabulary.windows }
    /// Whose bucket `Facts.buckets` holds, by position.
    package var sampleSubjects: [Subject] { vocabulary.sampleSubjects }

    /// Compiles boxes, which are in file order and name routes by position.
    package convenience init(
        routes: [Route],
        boxes: [Box],
        vocabulary: Vocabulary = Vocabulary(),
        engine: Engine = .tree
    ) {
        let tables = BoxTables(boxes)
        var builder = ProgramBuilder(boxes, tables)
        self.init(
            routes: routes,
            boxes: boxes,
            vocabulary: vocabulary,
            engine: engine,
            tables: tables,
            code: builder.build()
        )
    }

    init(
        routes: [Route],
        boxes: [Box],
        vocabulary: Vocabulary,
        engine: Engine,
        tables: BoxTables,
        code: ProgramCode
    ) {
        self.routes = routes
        self.boxes = boxes
        self.vocabulary = vocabulary
        self.engine = engine
        needs = .head
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
        return Program(
            routes: routes,
            boxes: boxes,
            vocabulary: vocabulary,
            engine: engine,
            tables: tables,
            code: code
        )
    }

    /// The first route that takes the request, or what must be known to tell.
    ///
    /// - Parameters:
    ///   - facts: what is known of the request.
    ///   - model: the model asked for, aliases resolved; empty when there is none.
    ///   - head: the bytes that `facts.method`, `facts.path` and `facts.headers` point into.
    ///   - identity: the bytes that `facts.key` and `facts.tenant` point into.
    /// - Returns: the answer; it allocates nothing.
    package func decide(_ facts: Facts, model: Span<UInt8>, head: Span<UInt8>, identity: Span<UInt8>) -> Answer {
        var best = UInt32.max
        var tests = TestAnswers()
        for root in code.roots {
            best = walk(from: root, facts, model: model, head: head, &tests, below: best)
        }
        return best == .max ? .none : .route(Int(tables.boxes[Int(best)].route))
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
