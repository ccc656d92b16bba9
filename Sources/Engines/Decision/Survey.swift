import Routing

/// Looks at a list of boxes and says which questions would spare the most work, the best first.
struct Survey {
    enum Split {
        /// One way for each value of a small dimension.
        case kind(Condition.Kind)
        /// A trie over a text.
        case text(subject: Int32, isBackwards: Bool)
        /// Two ways by one condition.
        case test(Int)
    }

    /// A box copied to one more place costs that much of a verification spared.
    private static let copyPrice = 0.15

    /// How many items have each condition open; zero between calls.
    private var users: [Int32]
    private var touched: [Int] = []

    init(conditions: Int) { users = Array(repeating: 0, count: conditions) }

    /// The splits that gain something, the best first.
    mutating func splits(
        _ items: [ProgramBuilder.Item],
        _ tables: ConditionTables,
        _ index: LiteralIndex,
        _ way: ProgramBuilder.Way
    ) -> [Split] {
        var texts: [Int32: TextUse] = [:]
        var kinds: Set<Condition.Kind> = []
        for item in items {
            var open = item.open
            while open != 0 {
                let place = open.trailingZeroBitCount
                open &= open - 1
                guard let number = tables.condition(Int(item.box), place) else { continue }
                if tables.conditions[number].stage > way.reached { continue }
                if users[number] == 0 { touched.append(number) }
                users[number] += 1
            }
        }
        for number in touched {
            let condition = tables.conditions[number]
            switch condition.kind {
            case .api, .stream, .level, .tokens: kinds.insert(condition.kind)
            case .text where !condition.isNegated:
                for isBackwards in [false, true] {
                    let key = condition.subject * 2 + (isBackwards ? 1 : 0)
                    if way.texts.contains(key) { continue }
                    if index.isIndexed(number, isBackwards: isBackwards) {
                        texts[key, default: TextUse()].indexed += Int(users[number])
                        texts[key, default: TextUse()].literals += 1
                    } else if !isBackwards {
                        texts[key, default: TextUse()].others += Int(users[number])
                    }
                }
            default: break
            }
        }
        defer {
            for number in touched { users[number] = 0 }
            touched.removeAll(keepingCapacity: true)
        }
        return ranked(items, tables, texts, kinds.subtracting(way.spent))
    }

    /// How a text is asked about.
    private struct TextUse {
        /// Boxes that a trie would place, and the distinct conditions that place them.
        var indexed = 0
        var literals = 0
        /// Boxes that only its absence would rule out.
        var others = 0

        /// Verifications spared; every request has a model and a path, but few have a given header.
        func gain(_ subject: Int32) -> Double {
            let placed = Double(indexed) * Double(literals) / Double(literals + 1)
            return placed - 1 + (subject >= TextSubject.key ? Double(others) / 2 : 0)
        }
    }

    private func ranked(
        _ items: [ProgramBuilder.Item],
        _ tables: ConditionTables,
        _ texts: [Int32: TextUse],
        _ kinds: Set<Condition.Kind>
    ) -> [Split] {
        let count = Double(items.count)
        var found: [(split: Split, gain: Double, order: Int)] = []
        for (key, use) in texts {
            // Forwards before backwards, the model before headers, when they gain the same.
            let order = Int(key % 2 * 1_000 + key)
            found.append((.text(subject: key / 2, isBackwards: key % 2 == 1), use.gain(key / 2), order))
        }
        for kind in kinds {
            let (expected, copies) = spread(items, kind, tables)
            let gain = count - expected - Self.copyPrice * max(0, copies - count)
            found.append((.kind(kind), gain, 10_000 + Int(kind.rawValue)))
        }
        for number in touched where users[number] > 1 {
            let condition = tables.conditions[number]
            switch condition.kind {
            case .api, .stream, .level, .tokens: continue
            default: break
            }
            let using = Double(users[number])
            found.append((.test(number), using / 2 - Self.copyPrice * (count - using), 20_000 + number))
        }
        // A split must spare at least one verification on average.
        return found.filter { $0.gain > 1 }.sorted { ($0.gain, -$0.order) > ($1.gain, -$1.order) }.map(\.split)
    }

    /// How many boxes a value of a dimension leaves on average, and how many all distinct outcomes hold together.
    private func spread(
        _ items: [ProgramBuilder.Item],
        _ kind: Condition.Kind,
        _ tables: ConditionTables
    ) -> (expected: Double, copies: Double) {
        var cuts: [Int] = []
        if kind == .tokens {
            let numbers = touched.filter { tables.conditions[$0].kind == .tokens }
            let points = Set(numbers.flatMap { [Int(tables.conditions[$0].first), Int(tables.conditions[$0].second)] })
            cuts = points.subtracting([0, .max]).sorted()
            // The node itself keeps no more than that; which ones does not matter for an estimate.
            if cuts.count > Cells.cutLimit { cuts = Array(cuts.prefix(Cells.cutLimit)) }
        }
        let cells = kind == .api ? API.allCases.count : kind == .stream ? 2 : kind == .level ? 4 : cuts.count + 1
        var counts = [Int](repeating: 0, count: cells)
        var marks = [UInt64](repeating: 0, count: cells)
        for item in items {
            var mask = UInt64.max
            var open = item.open
            while open != 0 {
                let place = open.trailingZeroBitCount
                open &= open - 1
                guard let number = tables.condition(Int(item.box), place) else { continue }
                let condition = tables.conditions[number]
                guard condition.kind == kind else { continue }
                mask = kind == .tokens ? Self.cells(condition.tokens, cuts) : condition.first
                break
            }
            let mark = (UInt64(item.box) &+ 1) &* 0x9E37_79B9_7F4A_7C15
            for cell in 0..<cells where mask & (1 << UInt64(cell)) != 0 {
                counts[cell] += 1
                marks[cell] &+= mark ^ (mark >> 29)
            }
        }
        var seen: Set<UInt64> = []
        var copies = 0
        for cell in 0..<cells where seen.insert(marks[cell]).inserted { copies += counts[cell] }
        return (Double(counts.reduce(0, +)) / Double(cells), Double(copies))
    }

    /// The cells that a range touches.
    private static func cells(_ range: Range<Int>, _ cuts: [Int]) -> UInt64 {
        var mask: UInt64 = 0
        for cell in 0...cuts.count {
            let low = cell == 0 ? 0 : cuts[cell - 1]
            let high = cell == cuts.count ? Int.max : cuts[cell]
            if range.lowerBound < high, low < range.upperBound { mask |= 1 << UInt64(cell) }
        }
        return mask
    }
}
