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
    let tables: ConditionTables
    let code: ProgramCode
    /// Built only for `Engine.bits`.
    private let vectors: BitVectors?

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
        /// Tags that a content scan may find; the others are final once the head is known.
        package var contentTags: UInt64 = .max
        /// The highest class that a content scan may join in; `public` makes the head's class final.
        package var contentLevel: Level = .restricted
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
        let tables = ConditionTables(boxes, vocabulary)
        let builder = ProgramBuilder(boxes, tables)
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
        tables: ConditionTables,
        code: ProgramCode
    ) {
        self.routes = routes
        self.boxes = boxes
        self.vocabulary = vocabulary
        self.engine = engine
        self.tables = tables
        self.headerNames = tables.headerNames
        self.code = code
        needs = tables.conditions.map(\.stage).max() ?? .head
        vectors = engine == .bits ? BitVectors(boxes, headerNames: tables.headerNames) : nil
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

    /// The same program, answered by another engine.
    package func answered(by engine: Engine) -> Program {
        Program(routes: routes, boxes: boxes, vocabulary: vocabulary, engine: engine, tables: tables, code: code)
    }

    /// The first route that takes the request, or what must be known to tell.
    ///
    /// - Parameters:
    ///   - facts: what is known of the request.
    ///   - model: the model asked for, aliases resolved; empty when there is none.
    ///   - head: the bytes that `facts.method`, `facts.path` and `facts.headers` point into.
    ///   - identity: the bytes that `facts.key` and `facts.tenant` point into.
    /// - Returns: the answer; it allocates nothing.
    package func decide(
        _ facts: borrowing Facts,
        model: Span<UInt8>,
        head: Span<UInt8>,
        identity: Span<UInt8>
    ) -> Answer {
        var found = Found()
        switch engine {
        case .tree:
            var answers = Answers()
            for index in code.roots.indices where code.roots[index].firstBox < found.box {
                walk(from: code.roots[index].node, facts, model, head, identity, &answers, &found)
            }
        case .linear: found = linear(facts, model, head, identity)
        case .bits: found = vectors?.decide(facts, model, head, identity, vocabulary) ?? found
        }
        if found.box == .max { return .none }
        return found.missing == .head ? .route(Int(tables.routes[Int(found.box)])) : .needs(found.missing)
    }
}

/// The first box that takes a request, as far as the walk has come.
struct Found {
    var box: UInt32 = .max
    /// What must be known for this to be certain; `head` when it is.
    var missing = Facts.Stage.head
}
