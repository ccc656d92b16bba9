import Routing

/// Grows the tree: splits boxes by the dimension that leaves the fewest to look at.
///
/// Runs once per load. Copies of boxes are bounded, so the tree's size stays linear in the file's.
struct ProgramBuilder {
    /// A box on its way down, with what the way has not settled.
    struct Item: Hashable {
        var box: Int
        var open: Dimensions
        var settledTests: UInt32 = 0
    }

    /// Leaves of this size are not split further.
    static let leafBoxes = 4
    /// From this number on, boxes with and without a model go to trees of their own, so that none is copied to many.
    static let partitionBoxes = 64
    /// Header tests that a `test` node may ask: one bit each in a leaf's entry.
    static let testNodeLimit = 32

    let boxes: [Box]
    let tables: BoxTables
    var code = ProgramCode()
    /// Entries that may still be written before everything becomes a leaf.
    private var copyBudget: Int
    private var knownNodes: [Node: UInt32] = [:]
    private var knownJumps: [[UInt32]: UInt32] = [:]
    private var knownLeaves: [[LeafEntry]: UInt32] = [:]

    init(_ boxes: [Box], _ tables: BoxTables) {
        self.boxes = boxes
        self.tables = tables
        copyBudget = boxes.count * 16 + 1_024
    }

    /// The finished arrays.
    mutating func build() -> ProgramCode {
        let items = boxes.indices.map { Item(box: $0, open: tables.boxes[$0].tested) }
        var groups = [items]
        if items.count > Self.partitionBoxes {
            let indexed = items.filter { isIndexed(boxes[$0.box].models.first) }
            let loose = items.filter { !isIndexed(boxes[$0.box].models.first) && boxes[$0.box].models.first != nil }
            let rest = items.filter { boxes[$0.box].models.first == nil }
            groups = [indexed, loose, rest].filter { !$0.isEmpty }
        }
        for group in groups { code.roots.append(grow(group, [.api, .stream, .model])) }
        return code
    }

    /// True when a trie alone decides the patterns.
    private func isIndexed(_ globs: [Glob]?) -> Bool {
        globs?.allSatisfy { $0.pool.alternatives.allSatisfy { $0.form == .exact || $0.form == .prefix } } ?? false
    }

    /// The node for a list of items, ascending by box; `free` are the dimensions that may still be switched on.
    mutating func grow(_ all: [Item], _ free: Dimensions) -> UInt32 {
        let items = trimmed(all)
        guard items.count > Self.leafBoxes, copyBudget > 0 else { return leaf(items) }
        switch bestSplit(items, free) {
        case .none: return leaf(items)
        case .api: return switchAPI(items, free)
        case .stream:
            let off = grow(narrowed(items, .off), free.subtracting(.stream))
            let on = grow(narrowed(items, .on), free.subtracting(.stream))
            return add(Node(kind: .switchStream, first: off, second: on))
        case .model: return switchModel(items, free.subtracting(.model))
        case .test(let test): return switchTest(items, test, free)
        }
    }

    /// What stands behind a box that takes everything here can never be reached.
    private func trimmed(_ items: [Item]) -> [Item] {
        guard let last = items.firstIndex(where: { $0.open.isEmpty }) else { return items }
        return Array(items[...last])
    }

    private mutating func leaf(_ items: [Item]) -> UInt32 {
        let entries = items.map { LeafEntry(box: UInt32($0.box), open: $0.open, settledTests: $0.settledTests) }
        copyBudget -= entries.count
        if let known = knownLeaves[entries] { return known }
        let node = Node(kind: .leafList, count: UInt32(entries.count), first: UInt32(code.entries.count))
        code.entries += entries
        let number = UInt32(code.nodes.count)
        code.nodes.append(node)
        knownLeaves[entries] = number
        return number
    }

    mutating func add(_ node: Node) -> UInt32 {
        if node.kind == .switchAPI || node.kind == .switchModel {
            // Nothing to choose between when every way leads to the same node; a model trie is compared by its caller.
        } else if node.first == node.second, node.kind != .leafList {
            return node.first
        }
        if let known = knownNodes[node] { return known }
        code.nodes.append(node)
        knownNodes[node] = UInt32(code.nodes.count - 1)
        return UInt32(code.nodes.count - 1)
    }

    // MARK: Choosing

    private enum Split {
        case none, api, stream, model
        case test(Int)
    }

    private func bestSplit(_ items: [Item], _ free: Dimensions) -> Split {
        var best = Split.none
        // A split must spare at least one verification on average.
        var bestGain = 1.0
        func consider(_ split: Split, _ gain: Double) {
            guard gain > bestGain else { return }
            best = split
            bestGain = gain
        }
        let count = Double(items.count)
        if free.contains(.model) {
            let indexed = items.filter { $0.open.contains(.model) && hasLiteral(boxes[$0.box].models.first) }.count
            consider(.model, Double(indexed) - 1)
        }
        if free.contains(.api) {
            let sizes = API.allCases.map { api in narrowed(items, api).count }
            let isCopying = Set(sizes).count > 1 && sizes.reduce(0, +) > 30 * items.count
            if !isCopying { consider(.api, count - Double(sizes.reduce(0, +)) / Double(sizes.count)) }
        }
        if free.contains(.stream) {
            let sizes = [narrowed(items, .off).count, narrowed(items, .on).count]
            consider(.stream, count - Double(sizes[0] + sizes[1]) / 2)
        }
        if let (test, users) = commonTest(items) { consider(.test(test), Double(users) / 2) }
        return best
    }

    private func hasLiteral(_ globs: [Glob]?) -> Bool {
        globs?.allSatisfy { glob in
            glob.pool.alternatives.allSatisfy { alternative in
                switch alternative.form {
                case .exact: true
                case .prefix, .general: alternative.literalCount > 0
                case .suffix, .contains: false
                }
            }
        } ?? false
    }

    private func commonTest(_ items: [Item]) -> (test: Int, users: Int)? {
        var users: [Int: Int] = [:]
        for item in items where item.open.contains(.headers) {
            for index in tables.boxes[item.box].tests.range {
                let test = Int(tables.boxTests[index])
                if test < Self.testNodeLimit, item.settledTests & (1 << UInt32(test)) == 0 {
                    users[test, default: 0] += 1
                }
            }
        }
        return users.max { ($0.value, -$0.key) < ($1.value, -$1.key) }.map { ($0.key, $0.value) }
    }

    // MARK: Splitting

    private func narrowed(_ items: [Item], _ api: API) -> [Item] {
        items.compactMap { item in
            guard item.open.contains(.api) else { return item }
            guard boxes[item.box].apis.contains(APISet(api)) else { return nil }
            return Item(box: item.box, open: item.open.subtracting(.api), settledTests: item.settledTests)
        }
    }

    private func narrowed(_ items: [Item], _ stream: StreamSet) -> [Item] {
        items.compactMap { item in
            guard item.open.contains(.stream) else { return item }
            guard boxes[item.box].stream.contains(stream) else { return nil }
            return Item(box: item.box, open: item.open.subtracting(.stream), settledTests: item.settledTests)
        }
    }

    private mutating func switchAPI(_ items: [Item], _ free: Dimensions) -> UInt32 {
        var grown: [[Item]: UInt32] = [:]
        var jumps: [UInt32] = []
        for api in API.allCases {
            let narrow = trimmed(narrowed(items, api))
            let child = grown[narrow] ?? grow(narrow, free.subtracting(.api))
            grown[narrow] = child
            jumps.append(child)
        }
        if Set(jumps).count == 1 { return jumps[0] }
        let start = knownJumps[jumps] ?? UInt32(code.jumps.count)
        if knownJumps[jumps] == nil {
            code.jumps += jumps
            knownJumps[jumps] = start
        }
        return add(Node(kind: .switchAPI, first: start))
    }

    private mutating func switchTest(_ items: [Item], _ test: Int, _ free: Dimensions) -> UInt32 {
        let bit: UInt32 = 1 << UInt32(test)
        var passed: [Item] = []
        var failed: [Item] = []
        for item in items {
            let needed = tables.boxes[item.box].tests.range.map { tables.boxTests[$0] }
            guard needed.contains(UInt32(test)) else {
                passed.append(item)
                failed.append(item)
                continue
            }
            var settled = item
            settled.settledTests |= bit
            let isDone = needed.allSatisfy { $0 < 32 && settled.settledTests & (1 << $0) != 0 }
            if isDone {
                settled.open.remove(.headers)
                settled.settledTests = 0
            }
            passed.append(settled)
        }
        let first = grow(passed, free)
        let second = grow(failed, free)
        return add(Node(kind: .test, count: UInt32(test), first: first, second: second))
    }
}
