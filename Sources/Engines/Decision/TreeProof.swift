import Routing

/// Proves that a tree answers as its boxes do, without running it.
///
/// It follows every way from the roots with the boxes that the answers along the way leave possible, and at each leaf compares
/// these with what stands there. It shares no step with the builder: what a way says of a condition it works out from the
/// node alone. The arrays must have passed `TreeBounds`.
struct TreeProof {
    /// What an answer along the way says of a request.
    enum Answer {
        case api(Int)
        case stream(Int)
        case level(Int)
        /// An estimate from `low` up to, not with, `high`.
        case tokens(low: Int, high: Int)
        case test(condition: Int, holds: Bool)
        case absent(subject: Int32)
        case text(subject: Int32, bytes: [UInt8])
        /// The text begins (or ends, reversed) with the bytes.
        case beginning(subject: Int32, bytes: [UInt8], isBackwards: Bool)
        /// The same, goes on, and along no edge of the place.
        case leaving(subject: Int32, bytes: [UInt8], isBackwards: Bool, place: Int)
    }

    /// A box that is still possible, and which of its conditions the way has proved.
    private struct Live {
        var box: UInt32
        var proved: UInt32
    }

    private let code: ProgramCode
    private let tables: ConditionTables
    private let index: LiteralIndex
    private var way: [Answer] = []
    private var seen: Set<UInt64> = []
    private(set) var faults: [String] = []
    /// More would not help anybody.
    private static let faultLimit = 8

    init(_ code: ProgramCode, _ tables: ConditionTables) {
        self.code = code
        self.tables = tables
        index = LiteralIndex(tables)
        for (number, root) in code.roots.enumerated() {
            let own = code.treeOfBox.indices.filter { Int(code.treeOfBox[$0]) == number }
            if let first = own.first, Int(root.firstBox) > first {
                faults.append("tree \(number) is passed over for box \(first)")
            }
            follow(root.node, own.map { Live(box: UInt32($0), proved: 0) }, .head)
        }
        if code.roots.isEmpty, !tables.boxConditions.isEmpty { faults.append("there is no tree") }
    }

    private mutating func fault(_ sentence: String) {
        if faults.count < Self.faultLimit { faults.append(sentence) }
    }

    // MARK: Ways

    private mutating func follow(_ number: UInt32, _ live: [Live], _ stage: Facts.Stage) {
        if faults.count >= Self.faultLimit { return }
        guard seen.insert(mark(number, live, stage)).inserted else { return }
        let node = code.nodes[Int(number)]
        switch node.kind {
        case .switchAPI:
            for api in API.allCases.indices { go(code.jumps[Int(node.first) + api], .api(api), live, stage) }
        case .switchStream:
            go(node.first, .stream(0), live, stage)
            go(node.second, .stream(1), live, stage)
        case .switchLevel:
            if stage < .content, tables.contentLevel > .public { fault("node \(number) asks for a class too early") }
            for level in Level.allCases.indices { go(code.jumps[Int(node.first) + level], .level(level), live, stage) }
        case .range:
            if stage < .measure { fault("node \(number) asks for an estimate too early") }
            let cuts = [0] + code.cuts[Int(node.first)..<Int(node.first + node.count)] + [Int.max]
            for cell in 0...Int(node.count) {
                go(code.jumps[Int(node.second) + cell], .tokens(low: cuts[cell], high: cuts[cell + 1]), live, stage)
            }
        case .test:
            let condition = Int(node.count)
            if tables.conditions[condition].stage > stage { fault("node \(number) tests a condition too early") }
            go(node.first, .test(condition: condition, holds: true), live, stage)
            go(node.second, .test(condition: condition, holds: false), live, stage)
        case .gate:
            let known = Facts.Stage(rawValue: Int(node.count)) ?? .head
            follow(node.first, live, max(stage, known))
            if stage < known { follow(node.second, live, stage) }
        case .switchText, .switchTextBackwards:
            let subject = Int32(node.count)
            go(node.second, .absent(subject: subject), live, stage)
            place(Int(node.first), [], subject, isBackwards: node.kind == .switchTextBackwards, live, stage)
        case .leafList: leaf(code.entries[Int(node.first)..<Int(node.first + node.count)], number, live)
        case .leafBits:
            let leaf = code.bitLeaves[Int(node.first)]
            rows(leaf, number)
            self.leaf(code.entries[leaf.entries.range], number, live)
        }
    }

    private mutating func go(_ to: UInt32, _ answer: Answer, _ live: [Live], _ stage: Facts.Stage) {
        way.append(answer)
        follow(to, left(live, answer), stage)
        way.removeLast()
    }

    private mutating func place(
        _ number: Int,
        _ walked: [UInt8],
        _ subject: Int32,
        isBackwards: Bool,
        _ live: [Live],
        _ stage: Facts.Stage
    ) {
        if faults.count >= Self.faultLimit { return }
        let trie = code.tries[number]
        let text = isBackwards ? walked.reversed() : walked
        // A model that is empty counts as absent.
        if subject != TextSubject.model || !walked.isEmpty {
            go(trie.exact, .text(subject: subject, bytes: text), live, stage)
        }
        let leaving = Answer.leaving(subject: subject, bytes: walked, isBackwards: isBackwards, place: number)
        go(trie.longer, leaving, live, stage)
        for edge in code.edges[Int(trie.edgeStart)..<Int(trie.edgeStart + trie.edgeCount)] {
            let label = code.labels[Int(edge.labelStart)..<Int(edge.labelStart + edge.labelCount)]
            let answer = Answer.beginning(subject: subject, bytes: walked + label, isBackwards: isBackwards)
            way.append(answer)
            place(Int(edge.child), walked + label, subject, isBackwards: isBackwards, left(live, answer), stage)
            way.removeLast()
        }
    }

    /// Two ways that meet with the same boxes go on alike.
    private func mark(_ node: UInt32, _ live: [Live], _ stage: Facts.Stage) -> UInt64 {
        var mark = UInt64(node) << 2 | UInt64(stage.rawValue)
        for one in live {
            mark = (mark ^ (UInt64(one.box) << 32 | UInt64(one.proved))) &* 0x9E37_79B9_7F4A_7C15
            mark ^= mark >> 29
        }
        return mark
    }

    // MARK: Leaves

    private mutating func leaf(_ entries: ArraySlice<LeafEntry>, _ node: UInt32, _ live: [Live]) {
        if zip(entries, entries.dropFirst()).contains(where: { $0.box >= $1.box }) {
            return fault("the boxes of leaf \(node) do not ascend")
        }
        var rest = entries
        for one in live {
            while let entry = rest.first, entry.box < one.box {
                if !isHarmless(entry) {
                    return fault("leaf \(node) may take box \(entry.box), which is not possible there")
                }
                rest = rest.dropFirst()
            }
            guard let entry = rest.first, entry.box == one.box else {
                return fault("leaf \(node) lacks box \(one.box)")
            }
            let all = tables.everythingOpen(Int(one.box))
            if entry.open | one.proved != all {
                return fault("leaf \(node) takes box \(one.box) without asking for all its conditions")
            }
            // Everything about it is certain: nothing behind it is ever reached.
            if one.proved == all { return }
            rest = rest.dropFirst()
        }
        for entry in rest where !isHarmless(entry) {
            return fault("leaf \(node) may take box \(entry.box), which is not possible there")
        }
    }

    /// True when everything that the way has not proved of a box is asked for in the leaf.
    private func isHarmless(_ entry: LeafEntry) -> Bool {
        var proved: UInt32 = 0
        for (place, condition) in tables.list(Int(entry.box)).enumerated() where place < LeafEntry.lastPlace {
            if way.contains(where: { judge(Int(condition), $0) == .yes }) { proved |= 1 << UInt32(place) }
        }
        return entry.open | proved == tables.everythingOpen(Int(entry.box))
    }

    /// A row may spare a box only where a condition of the box fails.
    private mutating func rows(_ leaf: BitLeaf, _ node: UInt32) {
        let words = Int(leaf.words)
        func bit(_ row: Int, _ entry: Int) -> Bool { code.words[row + entry / 64] & (1 << UInt64(entry % 64)) != 0 }
        let entries = code.entries[leaf.entries.range]
        for (position, entry) in entries.enumerated() {
            let conditions = tables.list(Int(entry.box))
            func isSpared(_ start: UInt32, _ kind: Condition.Kind, _ values: Int) -> Bool {
                guard start != BitLeaf.none else { return false }
                return (0..<values).contains { value in
                    !bit(Int(start) + value * words, position)
                        && !conditions.contains {
                            let condition = tables.conditions[Int($0)]
                            return condition.kind == kind && condition.first & (1 << UInt64(value)) == 0
                        }
                }
            }
            let isWrong =
                isSpared(leaf.apis, .api, API.allCases.count) || isSpared(leaf.streams, .stream, 2)
                || isSpared(leaf.levels, .level, Level.allCases.count)
                || code.eliminations[leaf.eliminations.range].contains {
                    bit(Int($0.row), position) && !conditions.contains($0.condition)
                }
            if isWrong { return fault("a row of leaf \(node) spares box \(entry.box), which may be taken") }
        }
    }

    // MARK: Judging

    /// The boxes that an answer leaves possible.
    private func left(_ live: [Live], _ answer: Answer) -> [Live] {
        var result: [Live] = []
        result.reserveCapacity(live.count)
        for var one in live {
            let range = tables.boxConditions[Int(one.box)].range
            var isOut = false
            for index in range {
                let place = index - range.lowerBound
                if place >= LeafEntry.lastPlace { break }
                if one.proved & (1 << UInt32(place)) != 0 { continue }
                let truth = judge(Int(tables.conditionsOfBoxes[index]), answer)
                if truth == .yes { one.proved |= 1 << UInt32(place) }
                if truth == .no {
                    isOut = true
                    break
                }
            }
            if !isOut { result.append(one) }
        }
        return result
    }

    private func judge(_ number: Int, _ answer: Answer) -> Truth {
        let condition = tables.conditions[number]
        func isIn(_ kind: Condition.Kind, _ value: Int) -> Truth {
            guard condition.kind == kind else { return .unknown }
            return condition.first & (1 << UInt64(value)) != 0 ? .yes : .no
        }
        switch answer {
        case .api(let api): return isIn(.api, api)
        case .stream(let stream): return isIn(.stream, stream)
        case .level(let level): return isIn(.level, level)
        case .tokens(let low, let high):
            guard condition.kind == .tokens else { return .unknown }
            let range = condition.tokens
            if range.lowerBound <= low, high <= range.upperBound { return .yes }
            return range.upperBound <= low || high <= range.lowerBound ? .no : .unknown
        case .test(let test, let holds): return test == number ? (holds ? .yes : .no) : .unknown
        case .absent(let subject):
            guard condition.kind == .text, condition.subject == subject else { return .unknown }
            return condition.isNegated ? .yes : .no
        case .text(let subject, let bytes):
            guard condition.kind == .text, condition.subject == subject else { return .unknown }
            return tables.fits(number, bytes.span) != condition.isNegated ? .yes : .no
        case .beginning(let subject, let bytes, let isBackwards):
            guard isTold(condition, subject, number, isBackwards) else { return .unknown }
            return fitting(number, isBackwards) { literal in
                literal.bytes.starts(with: bytes) || bytes.starts(with: literal.bytes) && literal.reach != .exact
            } ? .unknown : .no
        case .leaving(let subject, let bytes, let isBackwards, let place):
            guard isTold(condition, subject, number, isBackwards) else { return .unknown }
            return leaving(number, bytes, isBackwards, place)
        }
    }

    /// True when literals tell something of the condition.
    private func isTold(_ condition: Condition, _ subject: Int32, _ number: Int, _ isBackwards: Bool) -> Bool {
        condition.kind == .text && condition.subject == subject && index.isIndexed(number, isBackwards: isBackwards)
    }

    private func fitting(_ number: Int, _ isBackwards: Bool, _ fits: (LiteralIndex.Literal) -> Bool) -> Bool {
        index.literals(number, isBackwards: isBackwards).contains(where: fits)
    }

    private func leaving(_ number: Int, _ bytes: [UInt8], _ isBackwards: Bool, _ place: Int) -> Truth {
        var isPossible = false
        for literal in index.literals(number, isBackwards: isBackwards) {
            if literal.bytes.count <= bytes.count {
                guard bytes.starts(with: literal.bytes), literal.reach != .exact else { continue }
                if literal.reach == .whole { return .yes }
                isPossible = true
            } else if literal.bytes.starts(with: bytes) {
                // A text with that literal stays at this place unless the literal leads through an edge.
                if !leadsOn(literal.bytes[bytes.count...], place) { isPossible = true }
            }
        }
        return isPossible ? .unknown : .no
    }

    private func leadsOn(_ rest: ArraySlice<UInt8>, _ place: Int) -> Bool {
        let trie = code.tries[place]
        return code.edges[Int(trie.edgeStart)..<Int(trie.edgeStart + trie.edgeCount)].contains { edge in
            rest.starts(with: code.labels[Int(edge.labelStart)..<Int(edge.labelStart + edge.labelCount)])
        }
    }
}

extension Program {
    /// What is wrong with the tree: nothing, when every request is answered as the boxes say.
    ///
    /// Nothing that the arrays say is believed: bounds first, then the proof.
    package func faults() -> [String] {
        let bounds = TreeBounds(code, tables)
        if !bounds.faults.isEmpty { return bounds.faults }
        return TreeProof(code, tables).faults
    }

    /// True when a route's boxes take a request, one after the other, whatever the tree says; everything must be known.
    package func takes(
        _ route: Int,
        _ facts: borrowing Facts,
        model: Span<UInt8>,
        head: Span<UInt8>,
        identity: Span<UInt8>
    ) -> Bool {
        var answers = Answers()
        var low = 0
        var high = tables.routes.count
        while low < high {
            let middle = (low + high) / 2
            if Int(tables.routes[middle]) < route { low = middle + 1 } else { high = middle }
        }
        while low < tables.routes.count, Int(tables.routes[low]) == route {
            let entry = LeafEntry(box: UInt32(low), open: tables.everythingOpen(low))
            if case .holds = tables.verify(entry, facts, model, head, identity, &answers) { return true }
            low += 1
        }
        return false
    }
}
