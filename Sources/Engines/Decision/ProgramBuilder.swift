import Routing

/// Grows the tree: splits boxes by the dimension that leaves the fewest to look at.
///
/// Runs once per load. Copies of boxes are bounded, so the tree's size stays linear in the file's. A class, so that no step copies it.
final class ProgramBuilder {
    /// A box on its way down, with what the way has not settled: a bit for each of its conditions, as in `LeafEntry`.
    struct Item: Hashable {
        var box: UInt32
        var open: UInt32
    }

    /// What may still be split on, and how much of the request is known.
    struct Way {
        var reached = Facts.Stage.head
        /// Texts that were split on, twice the subject and one more for backwards.
        var texts: Set<Int32> = []
        /// Endpoint, stream, class, tokens.
        var spent: Set<Condition.Kind> = []
    }

    /// Leaves of this size are not split further.
    static let leafBoxes = 4
    /// Leaves above this size get bit vectors.
    static let listedBoxes = 12
    /// From this number on, boxes go to trees by what they mostly ask, so that none is copied to many places.
    static let partitionBoxes = 64

    let tables: ConditionTables
    let index: LiteralIndex
    var code = ProgramCode()
    /// Entries that may still be written before everything becomes a leaf.
    private var copyBudget: Int
    private var wordBudget = 1 << 22
    private var knownNodes: [Node: UInt32] = [:]
    private var knownJumps: [[UInt32]: UInt32] = [:]
    private var knownLeaves: [[LeafEntry]: UInt32] = [:]
    private var survey: Survey

    init(_ boxes: [Box], _ tables: ConditionTables) {
        self.tables = tables
        index = LiteralIndex(tables)
        survey = Survey(conditions: tables.conditions.count)
        copyBudget = boxes.count * 16 + 4_096
        code.treeOfBox = Array(repeating: 0, count: boxes.count)
    }

    /// The finished arrays.
    func build() -> ProgramCode {
        let items = code.treeOfBox.indices.map { Item(box: UInt32($0), open: tables.everythingOpen($0)) }
        let groups = items.count > Self.partitionBoxes ? partitioned(items) : [items].filter { !$0.isEmpty }
        for (number, group) in groups.sorted(by: { ($0.first?.box ?? 0) < ($1.first?.box ?? 0) }).enumerated() {
            for item in group { code.treeOfBox[Int(item.box)] = UInt8(number) }
            code.roots.append(Root(node: grow(group, Way()), firstBox: group.first?.box ?? 0))
        }
        return code
    }

    /// The node for a list of items, ascending by box.
    func grow(_ all: [Item], _ way: Way) -> UInt32 {
        let items = trimmed(all)
        guard items.count > Self.leafBoxes, copyBudget > 0 else { return leaf(items) }
        for split in survey.splits(items, tables, index, way) {
            switch split {
            case .kind(let kind):
                var way = way
                way.spent.insert(kind)
                return switchKind(items, kind, way)
            case .text(let subject, let isBackwards):
                if let node = switchText(items, subject, isBackwards: isBackwards, way) { return node }
            case .test(let test): return switchTest(items, test, way)
            }
        }
        return gate(items, way)
    }

    /// What stands behind a box that takes everything here can never be reached.
    func trimmed(_ items: [Item]) -> [Item] {
        guard let last = items.firstIndex(where: { $0.open == 0 }) else { return items }
        return last == items.count - 1 ? items : Array(items[...last])
    }

    /// Splits on what is known only later, when that helps at all.
    private func gate(_ items: [Item], _ way: Way) -> UInt32 {
        var next: Facts.Stage?
        for item in items {
            forEachOpen(item) { condition, _ in
                let stage = tables.conditions[condition].stage
                if stage > way.reached, stage < next ?? .content { next = stage }
                if stage > way.reached, next == nil { next = stage }
            }
        }
        guard let next else { return leaf(items) }
        var later = way
        later.reached = next
        let known = grow(items, later)
        switch code.nodes[Int(known)].kind {
        case .leafList, .leafBits: return known
        // A gate of a later stage does for this one, too.
        case .gate: return known
        default: return add(Node(kind: .gate, count: UInt32(next.rawValue), first: known, second: leaf(items)))
        }
    }

    // MARK: Items

    /// Calls with each condition that an item has open, and its bit; those behind the last bit are left alone.
    func forEachOpen(_ item: Item, _ call: (_ condition: Int, _ bit: UInt32) -> Void) {
        var open = item.open
        while open != 0 {
            let place = open.trailingZeroBitCount
            open &= open - 1
            if let condition = tables.condition(Int(item.box), place) { call(condition, 1 << UInt32(place)) }
        }
    }

    /// The items that are left where some conditions are settled.
    func narrowed(_ items: [Item], _ verdict: (_ condition: Int) -> Truth) -> [Item] {
        var left: [Item] = []
        left.reserveCapacity(items.count)
        let (ranges, numbers) = (tables.boxConditions, tables.conditionsOfBoxes)
        for item in items {
            let range = ranges[Int(item.box)]
            var settled = item
            var isOut = false
            var open = item.open
            while open != 0, !isOut {
                let place = open.trailingZeroBitCount
                open &= open - 1
                if place == LeafEntry.lastPlace, range.count > 32 { continue }
                switch verdict(Int(numbers[Int(range.start) + place])) {
                case .yes: settled.open &= ~(1 << UInt32(place))
                case .no: isOut = true
                case .unknown: break
                }
            }
            if !isOut { left.append(settled) }
        }
        return left
    }

    // MARK: Nodes

    func leaf(_ items: [Item]) -> UInt32 {
        let entries = items.map { LeafEntry(box: $0.box, open: $0.open) }
        if let known = knownLeaves[entries] { return known }
        copyBudget -= entries.count
        let start = code.entries.count
        code.entries += entries
        var node = Node(kind: .leafList, count: UInt32(entries.count), first: UInt32(start))
        if entries.count > Self.listedBoxes {
            let leaf = bitLeaf(items, FlatRange(start..<code.entries.count))
            node = Node(kind: .leafBits, first: UInt32(code.bitLeaves.count))
            code.bitLeaves.append(leaf)
        }
        let number = UInt32(code.nodes.count)
        code.nodes.append(node)
        knownLeaves[entries] = number
        return number
    }

    private func bitLeaf(_ items: [Item], _ entries: FlatRange) -> BitLeaf {
        var rows = LeafRows(items, tables, self)
        let leaf = rows.leaf(entries, &code, &wordBudget)
        return leaf
    }

    func add(_ node: Node) -> UInt32 {
        switch node.kind {
        case .switchStream, .test: if node.first == node.second { return node.first }
        default: break
        }
        if let known = knownNodes[node] { return known }
        code.nodes.append(node)
        knownNodes[node] = UInt32(code.nodes.count - 1)
        return UInt32(code.nodes.count - 1)
    }

    private func addJumps(_ jumps: [UInt32]) -> UInt32 {
        if let known = knownJumps[jumps] { return known }
        let start = UInt32(code.jumps.count)
        code.jumps += jumps
        knownJumps[jumps] = start
        return start
    }

    private func switchKind(_ items: [Item], _ kind: Condition.Kind, _ way: Way) -> UInt32 {
        var grown: [[Item]: UInt32] = [:]
        let cells = Cells(kind, items, self)
        let conditions = tables.conditions
        let jumps = (0..<cells.count).map { cell in
            let narrow = trimmed(narrowed(items) { cells.verdict(conditions[$0], in: cell) })
            if let known = grown[narrow] { return known }
            let child = grow(narrow, way)
            grown[narrow] = child
            return child
        }
        if Set(jumps).count == 1 { return jumps[0] }
        switch kind {
        case .stream: return add(Node(kind: .switchStream, first: jumps[0], second: jumps[1]))
        case .api: return add(Node(kind: .switchAPI, first: addJumps(jumps)))
        case .level: return add(Node(kind: .switchLevel, first: addJumps(jumps)))
        default:
            let start = UInt32(code.cuts.count)
            code.cuts += cells.cuts
            let count = UInt32(cells.cuts.count)
            return add(Node(kind: .range, count: count, first: start, second: addJumps(jumps)))
        }
    }

    private func switchTest(_ items: [Item], _ test: Int, _ way: Way) -> UInt32 {
        let first = grow(narrowed(items) { $0 == test ? .yes : .unknown }, way)
        let second = grow(narrowed(items) { $0 == test ? .no : .unknown }, way)
        return add(Node(kind: .test, count: UInt32(test), first: first, second: second))
    }
}

/// The values of a dimension with few of them, and what each says of a condition.
struct Cells {
    let kind: Condition.Kind
    let count: Int
    /// Ascending; between two of them the answer of every token range is the same, unless there were too many to keep.
    var cuts: [Int] = []
    /// Cut points that one node may have.
    static let cutLimit = 63

    init(_ kind: Condition.Kind, _ items: [ProgramBuilder.Item], _ builder: ProgramBuilder) {
        self.kind = kind
        switch kind {
        case .api: count = API.allCases.count
        case .stream: count = 2
        case .level: count = Level.allCases.count
        default:
            var points: Set<Int> = []
            let conditions = builder.tables.conditions
            for item in items {
                builder.forEachOpen(item) { condition, _ in
                    let range = conditions[condition].tokens
                    if range.isEmpty { return }
                    if range.lowerBound > 0 { points.insert(range.lowerBound) }
                    if range.upperBound < .max { points.insert(range.upperBound) }
                }
            }
            cuts = points.sorted()
            if cuts.count > Self.cutLimit {
                let all = cuts
                cuts = (0..<Self.cutLimit).map { all[$0 * all.count / Self.cutLimit] }
            }
            count = cuts.count + 1
        }
    }

    /// What a request's being in a cell says of a condition.
    func verdict(_ condition: Condition, in cell: Int) -> Truth {
        guard condition.kind == kind else { return .unknown }
        guard kind == .tokens else { return condition.first & (1 << UInt64(cell)) != 0 ? .yes : .no }
        let low = cell == 0 ? 0 : cuts[cell - 1]
        let high = cell == cuts.count ? Int.max : cuts[cell]
        let range = condition.tokens
        if range.lowerBound <= low, high <= range.upperBound { return .yes }
        return range.upperBound <= low || high <= range.lowerBound ? .no : .unknown
    }
}
