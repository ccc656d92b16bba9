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
    private struct Live: Hashable {
        var box: UInt32
        var proved: UInt32
    }

    /// A node, and what is left when a way arrives there: two ways that meet with the same go on alike.
    ///
    /// The list itself, not a number made of it: what looks the same and is not would hide a fault.
    private struct Visit: Hashable {
        var node: UInt32
        var stage: Facts.Stage
        var live: [Live]
    }

    /// Conditions of a box that is no longer possible, which a leaf below takes for settled: every way there must prove them.
    private struct Duty: Hashable {
        var box: UInt32
        var bits: UInt32
    }

    private let code: ProgramCode
    private let tables: ConditionTables
    private let index: LiteralIndex
    private var way: [Answer] = []
    private var seen: [Visit: Set<Duty>] = [:]
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
            _ = follow(root.node, own.map { Live(box: UInt32($0), proved: 0) }, .head)
        }
        if code.roots.isEmpty, !tables.boxConditions.isEmpty { faults.append("there is no tree") }
    }

    private mutating func fault(_ sentence: String) {
        if faults.count < Self.faultLimit { faults.append(sentence) }
    }

    // MARK: Ways

    /// - Returns: what the way to this node must have proved; empty where there are faults.
    private mutating func follow(_ number: UInt32, _ live: [Live], _ stage: Facts.Stage) -> Set<Duty> {
        if faults.count >= Self.faultLimit { return [] }
        let visit = Visit(node: number, stage: stage, live: live)
        if let duties = seen[visit], duties.allSatisfy({ $0.bits & ~proved(of: $0.box) == 0 }) { return duties }
        let duties = enter(number, live, stage)
        seen[visit] = duties
        return duties
    }

    private mutating func enter(_ number: UInt32, _ live: [Live], _ stage: Facts.Stage) -> Set<Duty> {
        let node = code.nodes[Int(number)]
        var duties: Set<Duty> = []
        func jump(_ start: UInt32, _ value: Int) -> UInt32 { code.jumps[Int(start) + value] }
        switch node.kind {
        case .switchAPI:
            for api in API.allCases.indices { duties.formUnion(go(jump(node.first, api), .api(api), live, stage)) }
        case .switchStream:
            duties = go(node.first, .stream(0), live, stage)
            duties.formUnion(go(node.second, .stream(1), live, stage))
        case .switchLevel:
            if stage < .content, tables.contentLevel > .public { fault("node \(number) asks for a class too early") }
            for level in Level.allCases.indices {
                duties.formUnion(go(jump(node.first, level), .level(level), live, stage))
            }
        case .range:
            if stage < .measure { fault("node \(number) asks for an estimate too early") }
            let cuts = [0] + code.cuts[Int(node.first)..<Int(node.first + node.count)] + [Int.max]
            for cell in 0...Int(node.count) {
                let answer = Answer.tokens(low: cuts[cell], high: cuts[cell + 1])
                duties.formUnion(go(jump(node.second, cell), answer, live, stage))
            }
        case .test:
            let condition = Int(node.count)
            if tables.conditions[condition].stage > stage { fault("node \(number) tests a condition too early") }
            duties = go(node.first, .test(condition: condition, holds: true), live, stage)
            duties.formUnion(go(node.second, .test(condition: condition, holds: false), live, stage))
        case .gate:
            let known = Facts.Stage(rawValue: Int(node.count)) ?? .head
            duties = follow(node.first, live, max(stage, known))
            if stage < known { duties.formUnion(follow(node.second, live, stage)) }
        case .switchText, .switchTextBackwards:
            let subject = Int32(node.count)
            duties = go(node.second, .absent(subject: subject), live, stage)
            let isBackwards = node.kind == .switchTextBackwards
            duties.formUnion(place(Int(node.first), [], subject, isBackwards: isBackwards, live, stage))
        case .leafList: return leaf(code.entries[Int(node.first)..<Int(node.first + node.count)], number, live)
        case .leafBits:
            let leaf = code.bitLeaves[Int(node.first)]
            rows(leaf, number)
            return self.leaf(code.entries[leaf.entries.range], number, live)
        }
        return duties
    }

    private mutating func go(_ to: UInt32, _ answer: Answer, _ live: [Live], _ stage: Facts.Stage) -> Set<Duty> {
        // No request goes there; what earlier answers proved and what this one says would not agree.
        if isImpossible(answer) { return [] }
        way.append(answer)
        let below = follow(to, left(live, answer), stage)
        way.removeLast()
        if below.isEmpty { return below }
        return Set(
            below.compactMap { duty in
                let bits = duty.bits & ~proved(of: duty.box, by: answer)
                return bits == 0 ? nil : Duty(box: duty.box, bits: bits)
            }
        )
    }

    private mutating func place(
        _ number: Int,
        _ walked: [UInt8],
        _ subject: Int32,
        isBackwards: Bool,
        _ live: [Live],
        _ stage: Facts.Stage
    ) -> Set<Duty> {
        if faults.count >= Self.faultLimit { return [] }
        let trie = code.tries[number]
        let text = isBackwards ? walked.reversed() : walked
        var duties: Set<Duty> = []
        // A model that is empty counts as absent.
        if subject != TextSubject.model || !walked.isEmpty {
            duties = go(trie.exact, .text(subject: subject, bytes: text), live, stage)
        }
        let leaving = Answer.leaving(subject: subject, bytes: walked, isBackwards: isBackwards, place: number)
        duties.formUnion(go(trie.longer, leaving, live, stage))
        for edge in code.edges[Int(trie.edgeStart)..<Int(trie.edgeStart + trie.edgeCount)] {
            let label = code.labels[Int(edge.labelStart)..<Int(edge.labelStart + edge.labelCount)]
            // That a text begins so proves no condition, so it takes no duty away.
            let answer = Answer.beginning(subject: subject, bytes: walked + label, isBackwards: isBackwards)
            way.append(answer)
            let rest = left(live, answer)
            duties.formUnion(place(Int(edge.child), walked + label, subject, isBackwards: isBackwards, rest, stage))
            way.removeLast()
        }
        return duties
    }

    // MARK: Leaves

    private mutating func leaf(_ entries: ArraySlice<LeafEntry>, _ node: UInt32, _ live: [Live]) -> Set<Duty> {
        var duties: Set<Duty> = []
        if zip(entries, entries.dropFirst()).contains(where: { $0.box >= $1.box }) {
            fault("the boxes of leaf \(node) do not ascend")
            return []
        }
        var rest = entries
        for one in live {
            while let entry = rest.first, entry.box < one.box {
                guard pass(entry, node, &duties) else { return [] }
                rest = rest.dropFirst()
            }
            guard let entry = rest.first, entry.box == one.box else {
                fault("leaf \(node) lacks box \(one.box)")
                return []
            }
            let all = tables.everythingOpen(Int(one.box))
            if entry.open | one.proved != all {
                fault("leaf \(node) takes box \(one.box) without asking for all its conditions")
                return []
            }
            // Everything about it is certain: nothing behind it is ever reached.
            if one.proved == all { return duties }
            rest = rest.dropFirst()
        }
        for entry in rest { guard pass(entry, node, &duties) else { return [] } }
        return duties
    }

    /// A box that is not possible may stand in a leaf when everything that the way has not proved of it is asked for there.
    private mutating func pass(_ entry: LeafEntry, _ node: UInt32, _ duties: inout Set<Duty>) -> Bool {
        let settled = tables.everythingOpen(Int(entry.box)) & ~entry.open
        if settled == 0 { return true }
        if settled & ~proved(of: entry.box) != 0 {
            fault("leaf \(node) may take box \(entry.box), which is not possible there")
            return false
        }
        duties.insert(Duty(box: entry.box, bits: settled))
        return true
    }

    /// The conditions of a box that the way proves.
    private func proved(of box: UInt32) -> UInt32 { way.reduce(0) { $0 | proved(of: box, by: $1) } }

    private func proved(of box: UInt32, by answer: Answer) -> UInt32 {
        var bits: UInt32 = 0
        for (place, condition) in tables.list(Int(box)).prefix(tables.places(Int(box))).enumerated()
        where judge(Int(condition), answer) == .yes {
            bits |= 1 << UInt32(place)
        }
        return bits
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
            for index in range.prefix(tables.places(Int(one.box))) {
                let place = index - range.lowerBound
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

    /// True when no request that gave the answers so far gives this one.
    ///
    /// A tree asks about one text from both ends and by single conditions, so some of its ways contradict themselves.
    private func isImpossible(_ answer: Answer) -> Bool {
        switch answer {
        case .test(let condition, let holds): way.contains { judge(condition, $0) == (holds ? .no : .yes) }
        case .absent(let subject): way.contains { isPresent(subject, $0) }
        case .text(let subject, let bytes): way.contains { !allows($0, subject, bytes) }
        default: false
        }
    }

    private func isPresent(_ subject: Int32, _ answer: Answer) -> Bool {
        switch answer {
        case .text(let asked, _), .beginning(let asked, _, _), .leaving(let asked, _, _, _): asked == subject
        default: false
        }
    }

    /// True when a request with that text may have given the answer.
    private func allows(_ answer: Answer, _ subject: Int32, _ text: [UInt8]) -> Bool {
        switch answer {
        case .absent(let asked): return asked != subject
        case .text(let asked, let bytes): return asked != subject || bytes == text
        case .beginning(let asked, let bytes, let isBackwards):
            return asked != subject || (isBackwards ? text.reversed() : text).starts(with: bytes)
        case .leaving(let asked, let bytes, let isBackwards, let place):
            if asked != subject { return true }
            let walk = isBackwards ? text.reversed() : text
            return walk.count > bytes.count && walk.starts(with: bytes) && !leadsOn(walk[bytes.count...], place)
        case .test(let condition, let holds):
            return judge(condition, .text(subject: subject, bytes: text)) != (holds ? .no : .yes)
        default: return true
        }
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
