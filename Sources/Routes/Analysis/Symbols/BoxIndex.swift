/// Boxes in file order, found by the text that a request has: those that could hold a point without looking at all.
struct BoxIndex {
    private(set) var boxes: [Box] = []
    /// One for each box.
    private(set) var gates: [Gate] = []
    private var buckets: [UInt64: [Int]] = [:]
    private var rest: [Int] = []
    private var names: Set<Int> = []

    private static let seed: UInt64 = 0xcbf2_9ce4_8422_2325

    /// Adds a box behind the others.
    mutating func append(_ box: Box, _ universe: Universe) {
        let position = boxes.count
        boxes.append(box)
        gates.append(Gate(box))
        for text in box.texts {
            for clause in text.clauses {
                let clause = universe.clauses[clause]
                if clause.isNegated || clause.atoms.contains(where: { universe.atoms[$0].head.isEmpty }) { continue }
                names.insert(text.name)
                for key in Set(clause.atoms.map({ Self.key(text.name, universe.atoms[$0].head) })) {
                    buckets[key, default: []].append(position)
                }
                return
            }
        }
        rest.append(position)
    }

    private static func key(_ name: Int, _ head: [UInt8]) -> UInt64 {
        head.reduce(start(name)) { step($0, $1) }
    }
    private static func start(_ name: Int) -> UInt64 { step(seed, UInt8(truncatingIfNeeded: name)) }
    private static func step(_ hash: UInt64, _ byte: UInt8) -> UInt64 { (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }

    /// Calls `body` for boxes before `limit` that hold the point, in no order.
    ///
    /// - Returns: how many boxes were looked at.
    func forEach(holding point: Point, before limit: Int, _ universe: Universe, _ body: (Int) -> Void) -> Int {
        let own = Gate(point)
        var count = 0
        func visit(_ list: [Int]) {
            for position in list {
                if position >= limit { break }
                count += 1
                guard gates[position].takes(own) else { continue }
                count += 8
                if boxes[position].contains(point, universe) { body(position) }
            }
        }
        visit(rest)
        for name in names {
            guard let text = point.texts[name] else { continue }
            var hash = Self.start(name)
            for byte in text {
                hash = Self.step(hash, byte)
                if let list = buckets[hash] { visit(list) }
            }
        }
        return count
    }
}
