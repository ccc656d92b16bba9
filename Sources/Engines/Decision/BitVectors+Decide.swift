import Bytes
import Routing

/// The boxes that a decision has left.
private struct Left {
    var possible: [UInt64]
    var certain: [UInt64]

    init(boxes: Int, words: Int) {
        possible = Array(repeating: .max, count: words)
        if boxes % 64 != 0 || boxes == 0 { possible[words - 1] = (1 << UInt64(boxes % 64)) - 1 }
        certain = possible
    }

    /// Keeps what a row allows; what is certain only when `isKnown` is false.
    mutating func keep(_ rows: [UInt64], _ value: Int, isKnown: Bool = true) {
        let words = possible.count
        for word in 0..<words {
            let row = rows[value * words + word]
            if isKnown { possible[word] &= row }
            certain[word] &= row
        }
    }

    mutating func drop(_ users: BitVectors.Users, isKnown: Bool = true) {
        for word in users.row.indices {
            if isKnown { possible[word] &= ~users.row[word] }
            certain[word] &= ~users.row[word]
        }
        for box in users.boxes {
            let bit: UInt64 = 1 << UInt64(box % 64)
            if isKnown { possible[Int(box) / 64] &= ~bit }
            certain[Int(box) / 64] &= ~bit
        }
    }
}

extension BitVectors {
    /// The first box that is left, and whether it is certain.
    ///
    /// It makes two vectors for each request: the tree is the engine that allocates nothing.
    func decide(
        _ facts: borrowing Facts,
        _ model: Span<UInt8>,
        _ head: Span<UInt8>,
        _ identity: Span<UInt8>,
        _ vocabulary: Program.Vocabulary
    ) -> Found {
        var left = Left(boxes: boxes.count, words: words)
        left.keep(apis, Int(facts.api.rawValue))
        left.keep(streams, facts.stream ? 1 : 0)
        texts(TextSubject.model, model, isAbsent: model.isEmpty, &left)
        texts(TextSubject.path, facts.path, head, &left)
        texts(TextSubject.method, facts.method, head, &left)
        texts(TextSubject.key, facts.key, identity, &left)
        texts(TextSubject.tenant, facts.tenant, identity, &left)
        for header in Int(TextSubject.headers)..<texts.count {
            let position = header - Int(TextSubject.headers)
            let range = position < facts.headers.count ? facts.headers[position] : .absent
            texts(Int32(header), range, head, &left)
        }
        for (mask, isNone, users) in windowGroups where (mask & facts.openWindows == 0) != isNone { left.drop(users) }
        for (test, users) in samples {
            let bucket = test.subject < facts.buckets.count ? Int(facts.buckets[test.subject]) : -1
            if (bucket >= 0 && bucket < test.share) == test.isNegated { left.drop(users) }
        }
        measure(facts, &left)
        label(facts, vocabulary, &left)
        for word in 0..<words where left.possible[word] != 0 {
            let bit = left.possible[word].trailingZeroBitCount
            let box = word * 64 + bit
            if left.certain[word] & (1 << UInt64(bit)) != 0 { return Found(box: UInt32(box)) }
            return Found(box: UInt32(box), missing: missing(boxes[box], facts.stage))
        }
        return Found()
    }

    private func texts(_ subject: Int32, _ range: TextRange, _ bytes: Span<UInt8>, _ left: inout Left) {
        texts(subject, bytes.extracting(range.range), isAbsent: range.isAbsent, &left)
    }

    private func texts(_ subject: Int32, _ text: Span<UInt8>, isAbsent: Bool, _ left: inout Left) {
        for predicate in texts[Int(subject)] where (!isAbsent && predicate.fits(text)) == predicate.isNegated {
            left.drop(predicate.users)
        }
    }

    private func measure(_ facts: borrowing Facts, _ left: inout Left) {
        if facts.stage >= .measure {
            left.keep(tokens, cuts.count { $0 <= facts.tokens })
            left.keep(features, Int(facts.features.rawValue))
            return
        }
        for cell in 0...cuts.count { left.keep(tokens, cell, isKnown: false) }
        for mask in 0...Int(FeatureSet.all.rawValue) { left.keep(features, mask, isKnown: false) }
    }

    private func label(_ facts: borrowing Facts, _ vocabulary: Program.Vocabulary, _ left: inout Left) {
        let isFinal = facts.stage == .content
        let open = isFinal ? 0 : vocabulary.contentTags & ~facts.tags
        let highest = isFinal ? facts.level : max(facts.level, vocabulary.contentLevel)
        var some = [UInt64](repeating: 0, count: words)
        for level in Int(facts.level.rawValue)...Int(highest.rawValue) {
            for word in 0..<words { some[word] |= levels[level * words + word] }
            left.keep(levels, level, isKnown: false)
        }
        left.keep(some, 0)
        for tag in 0..<64 {
            let bit: UInt64 = 1 << UInt64(tag)
            if facts.tags & bit != 0 {
                left.keep(tagged, tag)
            } else if open & bit == 0 {
                left.keep(untagged, tag)
            } else {
                left.keep(tagged, tag, isKnown: false)
                left.keep(untagged, tag, isKnown: false)
            }
        }
        for (mask, users) in tagGroups where mask & facts.tags == 0 { left.drop(users, isKnown: mask & open == 0) }
    }

    private func missing(_ box: Box, _ stage: Facts.Stage) -> Facts.Stage {
        let isMeasured = box.tokens != 0..<Int.max || !box.featuresAll.isEmpty || !box.featuresNone.isEmpty
        return stage < .measure && isMeasured ? .measure : .content
    }
}
