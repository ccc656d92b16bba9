import Routing
import Bytes

/// One condition of a box, laid flat; boxes that ask the same share it.
struct Condition: Sendable {
    enum Kind: UInt8, Sendable {
        case api, stream, text, timesAny, timesNone, sample
        case tokens, featuresAll, featuresNone
        case level, tagsAll, tagsAny, tagsNone
    }

    var kind: Kind
    /// From here on its truth is certain.
    var stage: Facts.Stage
    /// Texts and samples: true when the condition holds where the rest of it does not.
    var isNegated = false
    /// What a text condition looks at, as a `TextSubject`; the position of a sample's subject.
    var subject: Int32 = 0
    /// A set, a mask, a lower bound, or a share.
    var first: UInt64 = 0
    /// An upper bound.
    var second: UInt64 = 0
    /// Globs in the pool, any of which fits.
    var globs = FlatRange()
    /// The same for patterns.
    var patterns = FlatRange()

    /// The token range; empty for other kinds.
    var tokens: Range<Int> { kind == .tokens ? Int(first)..<Int(second) : 0..<0 }
}

/// A range in one of the flat arrays.
struct FlatRange: Hashable, Sendable {
    var start: UInt32 = 0
    var count: UInt32 = 0
    var range: Range<Int> { Int(start)..<Int(start + count) }
    var isEmpty: Bool { count == 0 }
    init() {}
    init(_ range: Range<Int>) {
        start = UInt32(range.lowerBound)
        count = UInt32(range.count)
    }
}

/// The texts of a request that patterns look at, numbered.
enum TextSubject {
    static let model: Int32 = 0
    static let path: Int32 = 1
    static let method: Int32 = 2
    static let key: Int32 = 3
    static let tenant: Int32 = 4
    /// The first of the header fields, in the order of `Program.headerNames`.
    static let headers: Int32 = 5
}

/// What can be said of a condition before everything is known.
enum Truth: UInt8 {
    case no, yes, unknown
}

/// What conditions have answered for one request, so that no text is looked at twice.
struct Answers {
    /// Conditions that are remembered: the first so many.
    static let limit = 64
    var known: UInt64 = 0
    var truth: UInt64 = 0
}

extension ConditionTables {
    /// Whether a condition holds for a request.
    @inline(__always)
    func truth(
        _ number: Int,
        _ facts: borrowing Facts,
        _ model: Span<UInt8>,
        _ head: Span<UInt8>,
        _ identity: Span<UInt8>,
        _ answers: inout Answers
    ) -> Truth {
        let kind = conditions[number].kind
        switch kind {
        case .api: return conditions[number].first & (1 << UInt64(facts.api.rawValue)) != 0 ? .yes : .no
        case .stream: return conditions[number].first & (facts.stream ? 2 : 1) != 0 ? .yes : .no
        case .text:
            if number >= Answers.limit { return text(number, facts, model, head, identity) ? .yes : .no }
            let bit: UInt64 = 1 << UInt64(number)
            if answers.known & bit != 0 { return answers.truth & bit != 0 ? .yes : .no }
            let holds = text(number, facts, model, head, identity)
            answers.known |= bit
            if holds { answers.truth |= bit }
            return holds ? .yes : .no
        default: return other(conditions[number], facts)
        }
    }

    private func other(_ condition: Condition, _ facts: borrowing Facts) -> Truth {
        switch condition.kind {
        case .api, .stream, .text: return .no
        case .timesAny: return condition.first & facts.openWindows != 0 ? .yes : .no
        case .timesNone: return condition.first & facts.openWindows == 0 ? .yes : .no
        case .sample:
            let bucket = Int(condition.subject) < facts.buckets.count ? facts.buckets[Int(condition.subject)] : -1
            return (bucket >= 0 && Int(bucket) < Int(condition.first)) != condition.isNegated ? .yes : .no
        case .tokens:
            if facts.stage < .measure { return .unknown }
            return facts.tokens >= Int(condition.first) && facts.tokens < Int(condition.second) ? .yes : .no
        case .featuresAll:
            if facts.stage < .measure { return .unknown }
            return condition.first & ~UInt64(facts.features.rawValue) == 0 ? .yes : .no
        case .featuresNone:
            if facts.stage < .measure { return .unknown }
            return condition.first & UInt64(facts.features.rawValue) == 0 ? .yes : .no
        case .level: return level(UInt8(truncatingIfNeeded: condition.first), facts)
        case .tagsAll:
            if condition.first & ~facts.tags == 0 { return .yes }
            return condition.first & ~facts.tags & ~unfinishedTags(facts) == 0 ? .unknown : .no
        case .tagsAny:
            if condition.first & facts.tags != 0 { return .yes }
            return condition.first & unfinishedTags(facts) == 0 ? .no : .unknown
        case .tagsNone:
            if condition.first & facts.tags != 0 { return .no }
            return condition.first & unfinishedTags(facts) == 0 ? .yes : .unknown
        }
    }

    /// Tags that a scan may still find.
    private func unfinishedTags(_ facts: borrowing Facts) -> UInt64 {
        facts.stage == .content ? 0 : contentTags & ~facts.tags
    }

    /// A class only rises, and a scan raises it no higher than its rules do.
    private func level(_ wanted: UInt8, _ facts: borrowing Facts) -> Truth {
        let highest = facts.stage == .content ? facts.level.rawValue : max(facts.level.rawValue, contentLevel.rawValue)
        let possible = (UInt8(2) << highest) &- (UInt8(1) << facts.level.rawValue)
        if possible & wanted == 0 { return .no }
        return possible & ~wanted == 0 ? .yes : .unknown
    }

    private func text(
        _ number: Int,
        _ facts: borrowing Facts,
        _ model: Span<UInt8>,
        _ head: Span<UInt8>,
        _ identity: Span<UInt8>
    ) -> Bool {
        let fits: Bool
        switch conditions[number].subject {
        // What a request lacks fits no pattern, not even `*`.
        case TextSubject.model: fits = !model.isEmpty && self.fits(number, model)
        case TextSubject.path: fits = self.fits(number, facts.path, head)
        case TextSubject.method: fits = self.fits(number, facts.method, head)
        case TextSubject.key: fits = self.fits(number, facts.key, identity)
        case TextSubject.tenant: fits = self.fits(number, facts.tenant, identity)
        default:
            let header = Int(conditions[number].subject - TextSubject.headers)
            fits = header < facts.headers.count && self.fits(number, facts.headers[header], head)
        }
        return fits != conditions[number].isNegated
    }

    private func fits(_ number: Int, _ text: TextRange, _ bytes: Span<UInt8>) -> Bool {
        !text.isAbsent && fits(number, bytes.extracting(text.range))
    }

    /// True when one of the condition's patterns takes the whole text, whether or not it is negated.
    func fits(_ number: Int, _ text: Span<UInt8>) -> Bool {
        if pool.matches(conditions[number].globs.range, text) { return true }
        for index in conditions[number].patterns.range where patterns[index].matches(text) { return true }
        return false
    }

    /// Verifies what is open of a box.
    ///
    /// - Returns: the stage to ask for, or the condition that does not hold.
    @inline(__always)
    func verify(
        _ entry: LeafEntry,
        _ facts: borrowing Facts,
        _ model: Span<UInt8>,
        _ head: Span<UInt8>,
        _ identity: Span<UInt8>,
        _ answers: inout Answers
    ) -> Verification {
        if entry.open == 0 { return .holds }
        let all = boxConditions[Int(entry.box)].range
        var open = entry.open
        var missing = Facts.Stage.head
        while open != 0 {
            let place = open.trailingZeroBitCount
            open &= open - 1
            // The last bit stands for all conditions from there on.
            let last = place == LeafEntry.lastPlace ? all.upperBound : all.lowerBound + place + 1
            for index in (all.lowerBound + place)..<last {
                let number = Int(conditionsOfBoxes[index])
                switch truth(number, facts, model, head, identity, &answers) {
                case .yes: continue
                case .no: return .fails(number)
                // Conditions are in the order of their stages, so the first that is unknown is of the lowest.
                case .unknown: if missing == .head { missing = conditions[number].stage }
                }
            }
        }
        return missing == .head ? .holds : .depends(missing)
    }
}

/// What verifying a box in a leaf says.
enum Verification {
    case holds
    /// On what is known only from that stage on.
    case depends(Facts.Stage)
    /// The condition that does not.
    case fails(Int)
}
