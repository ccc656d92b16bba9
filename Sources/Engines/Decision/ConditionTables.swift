import Routing

/// Boxes laid flat: each a list of conditions, shared where they are the same.
struct ConditionTables: Sendable {
    private(set) var headerNames: [String] = []
    /// The route of each box.
    private(set) var routes: [UInt32] = []
    /// The conditions of each box: a range of `conditionsOfBoxes`.
    private(set) var boxConditions: [FlatRange] = []
    /// Ascending by stage within a box, the cheap before the dear.
    private(set) var conditionsOfBoxes: [UInt32] = []
    private(set) var conditions: [Condition] = []
    private(set) var patterns: [HeaderPattern] = []
    private(set) var pool = GlobPool()
    /// What a scan may add to a request's label.
    let contentTags: UInt64
    let contentLevel: Level

    init(_ boxes: [Box], _ vocabulary: Program.Vocabulary) {
        contentTags = vocabulary.contentTags
        contentLevel = vocabulary.contentLevel
        headerNames = vocabulary.extraHeaders
        var headerIndex: [String: Int32] = [:]
        for (number, name) in headerNames.enumerated() { headerIndex[name] = Int32(number) }
        for test in boxes.flatMap(\.headers) where headerIndex[test.name] == nil {
            headerIndex[test.name] = Int32(headerNames.count)
            headerNames.append(test.name)
        }
        var drafts: [Draft] = []
        var numbers: [Draft.Identity: Int] = [:]
        var lists: [[Int]] = []
        for box in boxes {
            var list: [Int] = []
            for draft in Draft.all(of: box, headerIndex) {
                let number = numbers[draft.identity] ?? drafts.count
                if number == drafts.count {
                    numbers[draft.identity] = number
                    drafts.append(draft)
                }
                if !list.contains(number) { list.append(number) }
            }
            lists.append(list)
        }
        settle(drafts, boxes, lists)
    }

    /// Numbers the conditions, those whose answers are worth remembering first, and writes the boxes' lists.
    private mutating func settle(_ drafts: [Draft], _ boxes: [Box], _ lists: [[Int]]) {
        let order = drafts.indices.sorted { (drafts[$0].rank, $0) < (drafts[$1].rank, $1) }
        var numbers = [Int](repeating: 0, count: drafts.count)
        for (number, draft) in order.enumerated() {
            numbers[draft] = number
            add(drafts[draft])
        }
        for (box, list) in zip(boxes, lists) {
            let start = conditionsOfBoxes.count
            let sorted = list.map { numbers[$0] }.sorted { left, right in
                (conditions[left].stage, cost(left), left) < (conditions[right].stage, cost(right), right)
            }
            conditionsOfBoxes += sorted.map { UInt32($0) }
            boxConditions.append(FlatRange(start..<conditionsOfBoxes.count))
            routes.append(UInt32(box.route))
        }
    }

    private func cost(_ number: Int) -> Int {
        let condition = conditions[number]
        if condition.kind != .text { return 0 }
        return condition.patterns.isEmpty ? 1 : 2
    }

    private mutating func add(_ draft: Draft) {
        var condition = draft.condition
        switch condition.kind {
        case .level: condition.stage = contentLevel == .public ? .head : .content
        case .tagsAll, .tagsAny, .tagsNone:
            condition.stage = condition.first & contentTags == 0 ? .head : .content
        default: break
        }
        let firstGlob = pool.alternatives.count
        for glob in draft.globs { _ = pool.append(glob) }
        for text in draft.exact { pool.append(text.utf8.map { .byte($0) }) }
        condition.globs = FlatRange(firstGlob..<pool.alternatives.count)
        condition.patterns = FlatRange(patterns.count..<(patterns.count + draft.patterns.count))
        patterns += draft.patterns
        conditions.append(condition)
    }

    /// The conditions of a box, ascending by stage.
    func list(_ box: Int) -> ArraySlice<UInt32> { conditionsOfBoxes[boxConditions[box].range] }

    /// The mask of a leaf entry in which everything is open.
    func everythingOpen(_ box: Int) -> UInt32 {
        let count = boxConditions[box].range.count
        return count >= 32 ? .max : (1 << UInt32(count)) - 1
    }

    /// How many of a box's conditions have a bit of their own in an entry's mask.
    func places(_ box: Int) -> Int {
        let count = boxConditions[box].range.count
        return count > LeafEntry.lastPlace + 1 ? LeafEntry.lastPlace : count
    }

    /// The condition behind a bit of an entry's mask; nil for the last bit, which may stand for several.
    func condition(_ box: Int, _ place: Int) -> Int? {
        let range = boxConditions[box].range
        if place == LeafEntry.lastPlace, range.count > 32 { return nil }
        return Int(conditionsOfBoxes[range.lowerBound + place])
    }
}

/// A condition on its way into the tables.
private struct Draft {
    /// What makes two conditions the same.
    struct Identity: Hashable {
        let kind: Condition.Kind
        let isNegated: Bool
        let subject: Int32
        let first: UInt64
        let second: UInt64
        let texts: [String]
    }

    var condition: Condition
    var globs: [Glob] = []
    var exact: [String] = []
    var patterns: [HeaderPattern] = []

    var identity: Identity {
        Identity(
            kind: condition.kind,
            isNegated: condition.isNegated,
            subject: condition.subject,
            first: condition.first,
            second: condition.second,
            texts: globs.map(\.text) + exact + patterns.map { "re:\($0.text)" }
        )
    }

    /// What is dear to ask comes first, so that it is remembered.
    var rank: Int {
        if condition.kind != .text { return 3 }
        if !patterns.isEmpty { return 0 }
        return condition.subject >= TextSubject.headers ? 1 : 2
    }

    private init(_ condition: Condition) { self.condition = condition }

    private init(_ subject: Int32, _ globs: [Glob], isNegated: Bool) {
        condition = Condition(kind: .text, stage: .head, isNegated: isNegated, subject: subject)
        self.globs = globs
    }

    private init(_ kind: Condition.Kind, _ stage: Facts.Stage, _ first: UInt64) {
        condition = Condition(kind: kind, stage: stage, first: first)
    }

    /// Everything that a box asks.
    static func all(of box: Box, _ headerIndex: [String: Int32]) -> [Draft] {
        var all: [Draft] = []
        if box.apis != .all { all.append(Draft(.api, .head, UInt64(box.apis.rawValue))) }
        if box.stream != .all { all.append(Draft(.stream, .head, UInt64(box.stream.rawValue))) }
        func texts(_ subject: Int32, _ groups: [[Glob]], not: [Glob]) {
            for group in groups { all.append(Draft(subject, group, isNegated: false)) }
            if !not.isEmpty { all.append(Draft(subject, not, isNegated: true)) }
        }
        texts(TextSubject.model, box.models, not: box.notModels)
        texts(TextSubject.path, box.paths, not: box.notPaths)
        texts(TextSubject.key, box.keys, not: box.notKeys)
        texts(TextSubject.tenant, box.tenants, not: box.notTenants)
        for group in box.methods {
            var draft = Draft(TextSubject.method, [], isNegated: false)
            draft.exact = group
            all.append(draft)
        }
        if !box.notMethods.isEmpty {
            var draft = Draft(TextSubject.method, [], isNegated: true)
            draft.exact = box.notMethods
            all.append(draft)
        }
        for test in box.headers {
            var draft = Draft(TextSubject.headers + (headerIndex[test.name] ?? 0), [], isNegated: test.isNegated)
            for matcher in test.matchers {
                switch matcher {
                case .glob(let glob): draft.globs.append(glob)
                case .pattern(let pattern): draft.patterns.append(pattern)
                }
            }
            all.append(draft)
        }
        for group in box.times { all.append(Draft(.timesAny, .head, group)) }
        if box.timesNone != 0 { all.append(Draft(.timesNone, .head, box.timesNone)) }
        for sample in box.samples {
            var draft = Draft(.sample, .head, UInt64(max(0, sample.share)))
            draft.condition.subject = Int32(sample.subject)
            draft.condition.isNegated = sample.isNegated
            all.append(draft)
        }
        return all + later(box)
    }

    /// What the head does not tell.
    private static func later(_ box: Box) -> [Draft] {
        var all: [Draft] = []
        if box.tokens != 0..<Int.max {
            var draft = Draft(.tokens, .measure, UInt64(max(0, box.tokens.lowerBound)))
            draft.condition.second = UInt64(max(0, box.tokens.upperBound))
            all.append(draft)
        }
        if !box.featuresAll.isEmpty { all.append(Draft(.featuresAll, .measure, UInt64(box.featuresAll.rawValue))) }
        if !box.featuresNone.isEmpty { all.append(Draft(.featuresNone, .measure, UInt64(box.featuresNone.rawValue))) }
        if box.levels != .all { all.append(Draft(.level, .content, UInt64(box.levels.rawValue))) }
        if box.tagsAll != 0 { all.append(Draft(.tagsAll, .content, box.tagsAll)) }
        for group in box.tagsAny { all.append(Draft(.tagsAny, .content, group)) }
        if box.tagsNone != 0 { all.append(Draft(.tagsNone, .content, box.tagsNone)) }
        return all
    }
}
