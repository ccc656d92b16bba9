import Bytes
import Routing

/// The bit-vector engine (Lakshman and Stiliadis, 1998): a row of boxes for each value of each dimension, joined by AND.
///
/// A cross-check of the tree (`routes.md` A7): it is built from the boxes alone and shares nothing with the tree but globs.
/// Two vectors go along: boxes that are still possible, and among them those that are certain whatever is still to be learnt.
struct BitVectors: Sendable {
    /// Boxes that one predicate rules out where it fails: a row when they are many, a list when they are few.
    struct Users: Sendable {
        var boxes: [UInt32] = []
        var row: [UInt64] = []
    }

    /// A predicate over a text: any of the patterns.
    struct TextPredicate: Sendable {
        var globs: [Glob] = []
        var exact: [[UInt8]] = []
        var patterns: [HeaderPattern] = []
        var isNegated = false
        var users = Users()

        func fits(_ text: Span<UInt8>) -> Bool {
            for index in globs.indices where globs[index].matches(text) { return true }
            for index in patterns.indices where patterns[index].matches(text) { return true }
            for index in exact.indices where exact[index].count == text.count {
                var isSame = true
                for offset in text.indices where exact[index][offset] != text[offset] { isSame = false }
                if isSame { return true }
            }
            return false
        }
    }

    let words: Int
    let boxes: [Box]
    /// Rows by value, one behind the other.
    var apis: [UInt64]
    var streams: [UInt64]
    var levels: [UInt64]
    var features: [UInt64]
    /// Cut points over the estimate, and a row for each cell.
    var cuts: [Int] = []
    var tokens: [UInt64] = []
    /// For each tag: boxes that may have it, boxes that may lack it.
    var tagged: [UInt64]
    var untagged: [UInt64]
    var tagGroups: [(mask: UInt64, users: Users)] = []
    var windowGroups: [(mask: UInt64, isNone: Bool, users: Users)] = []
    var samples: [(test: SampleTest, users: Users)] = []
    /// By subject, as `TextSubject` numbers them.
    var texts: [[TextPredicate]]

    init(_ boxes: [Box], headerNames: [String]) {
        self.boxes = boxes
        let words = max(1, (boxes.count + 63) / 64)
        self.words = words
        func rows(_ count: Int, _ allows: (Box, Int) -> Bool) -> [UInt64] {
            var rows = [UInt64](repeating: 0, count: count * words)
            for (number, box) in boxes.enumerated() {
                for value in 0..<count where allows(box, value) {
                    rows[value * words + number / 64] |= 1 << UInt64(number % 64)
                }
            }
            return rows
        }
        apis = rows(API.allCases.count) { $0.apis.rawValue & (1 << UInt16($1)) != 0 }
        streams = rows(2) { $0.stream.rawValue & (1 << UInt8($1)) != 0 }
        levels = rows(Level.allCases.count) { $0.levels.rawValue & (1 << UInt8($1)) != 0 }
        features = rows(Int(FeatureSet.all.rawValue) + 1) { box, mask in
            let set = FeatureSet(rawValue: UInt8(mask))
            return set.isSuperset(of: box.featuresAll) && set.isDisjoint(with: box.featuresNone)
        }
        tagged = rows(64) { $0.tagsNone & (1 << UInt64($1)) == 0 }
        untagged = rows(64) { $0.tagsAll & (1 << UInt64($1)) == 0 }
        texts = Array(repeating: [], count: Int(TextSubject.headers) + headerNames.count)
        let points = Set(boxes.flatMap { [$0.tokens.lowerBound, $0.tokens.upperBound] }).subtracting([0, .max]).sorted()
        cuts = points
        tokens = rows(points.count + 1) { box, cell in box.tokens.contains(cell == 0 ? 0 : points[cell - 1]) }
        gather(headerNames)
    }

    private mutating func gather(_ headerNames: [String]) {
        var known: [[String]: Int] = [:]
        for (number, box) in boxes.enumerated() {
            func use(_ users: inout Users) { users.boxes.append(UInt32(number)) }
            func place(_ identity: [String], _ count: Int) -> (index: Int, isNew: Bool) {
                if let index = known[identity] { return (index, false) }
                known[identity] = count
                return (count, true)
            }
            func text(_ subject: Int32, _ predicate: TextPredicate) {
                let texts = predicate.globs.map(\.text) + predicate.exact.map { String(decoding: $0, as: UTF8.self) }
                let identity =
                    ["\(subject)", "\(predicate.isNegated)"] + texts + predicate.patterns.map { "re:\($0.text)" }
                let (index, isNew) = place(identity, self.texts[Int(subject)].count)
                if isNew { self.texts[Int(subject)].append(predicate) }
                use(&self.texts[Int(subject)][index].users)
            }
            func globs(_ subject: Int32, _ groups: [[Glob]], _ not: [Glob]) {
                for group in groups { text(subject, TextPredicate(globs: group)) }
                if !not.isEmpty { text(subject, TextPredicate(globs: not, isNegated: true)) }
            }
            globs(TextSubject.model, box.models, box.notModels)
            globs(TextSubject.path, box.paths, box.notPaths)
            globs(TextSubject.key, box.keys, box.notKeys)
            globs(TextSubject.tenant, box.tenants, box.notTenants)
            for group in box.methods { text(TextSubject.method, TextPredicate(exact: group.map { Array($0.utf8) })) }
            if !box.notMethods.isEmpty {
                let exact = box.notMethods.map { Array($0.utf8) }
                text(TextSubject.method, TextPredicate(exact: exact, isNegated: true))
            }
            for test in box.headers {
                guard let header = headerNames.firstIndex(of: test.name) else { continue }
                var predicate = TextPredicate(isNegated: test.isNegated)
                for matcher in test.matchers {
                    switch matcher {
                    case .glob(let glob): predicate.globs.append(glob)
                    case .pattern(let pattern): predicate.patterns.append(pattern)
                    }
                }
                text(TextSubject.headers + Int32(header), predicate)
            }
            for mask in box.tagsAny {
                let (index, isNew) = place(["tags", "\(mask)"], tagGroups.count)
                if isNew { tagGroups.append((mask, Users())) }
                use(&tagGroups[index].users)
            }
            for (mask, isNone) in box.times.map({ ($0, false) }) + (box.timesNone == 0 ? [] : [(box.timesNone, true)]) {
                let (index, isNew) = place(["times", "\(mask)", "\(isNone)"], windowGroups.count)
                if isNew { windowGroups.append((mask, isNone, Users())) }
                use(&windowGroups[index].users)
            }
            for test in box.samples {
                let (index, isNew) = place(["sample", "\(test)"], samples.count)
                if isNew { samples.append((test, Users())) }
                use(&samples[index].users)
            }
        }
        widen()
    }

    /// Lists longer than a row become one.
    private mutating func widen() {
        let words = words
        func widen(_ users: inout Users) {
            guard users.boxes.count > words else { return }
            users.row = Array(repeating: 0, count: words)
            for box in users.boxes { users.row[Int(box) / 64] |= 1 << UInt64(box % 64) }
            users.boxes = []
        }
        for subject in texts.indices {
            for index in texts[subject].indices { widen(&texts[subject][index].users) }
        }
        for index in tagGroups.indices { widen(&tagGroups[index].users) }
        for index in windowGroups.indices { widen(&windowGroups[index].users) }
        for index in samples.indices { widen(&samples[index].users) }
    }
}
