/// What a trie needs of text conditions: the literals that their patterns begin or end with.
struct LiteralIndex {
    /// What reaching a literal's place says of the pattern.
    enum Reach: UInt8 {
        /// The text is the literal and nothing else.
        case exact
        /// The pattern holds, whatever follows.
        case whole
        /// The pattern must be verified.
        case partial
    }

    /// A literal in the order of the walk.
    struct Literal {
        var bytes: [UInt8]
        var reach: Reach
    }

    private let tables: ConditionTables
    private let forwards: [Bool]
    private let backwards: [Bool]

    init(_ tables: ConditionTables) {
        self.tables = tables
        forwards = tables.conditions.map { Self.isIndexed($0, tables, isBackwards: false) }
        backwards = tables.conditions.map { Self.isIndexed($0, tables, isBackwards: true) }
    }

    /// True when every pattern of the condition has a literal on that side.
    func isIndexed(_ condition: Int, isBackwards: Bool) -> Bool {
        isBackwards ? backwards[condition] : forwards[condition]
    }

    private static func isIndexed(_ condition: Condition, _ tables: ConditionTables, isBackwards: Bool) -> Bool {
        guard condition.kind == .text, !condition.isNegated, condition.patterns.isEmpty else { return false }
        return !condition.globs.isEmpty
            && condition.globs.range.allSatisfy { glob in
                let alternative = tables.pool.alternatives[glob]
                switch (alternative.form, isBackwards) {
                case (.exact, false): return true
                case (.prefix, false), (.general, false): return alternative.literalCount > 0
                case (.suffix, true): return alternative.literalCount > 0
                case (.general, true): return tables.pool.endsWithLiteral(alternative)
                case (.exact, true): return alternative.literalCount > 0
                default: return false
                }
            }
    }

    /// The literals of a condition's patterns; an empty one where a pattern has none on that side.
    func literals(_ condition: Int, isBackwards: Bool) -> [Literal] {
        tables.conditions[condition].globs.range.map { glob in
            let alternative = tables.pool.alternatives[glob]
            let literal = tables.pool.literal(of: alternative)
            if !isBackwards {
                switch alternative.form {
                case .exact: return Literal(bytes: literal, reach: .exact)
                case .prefix: return Literal(bytes: literal, reach: .whole)
                case .general: return Literal(bytes: literal, reach: .partial)
                case .suffix, .contains: return Literal(bytes: [], reach: .partial)
                }
            }
            switch alternative.form {
            case .exact: return Literal(bytes: literal.reversed(), reach: .exact)
            case .suffix: return Literal(bytes: literal.reversed(), reach: .whole)
            case .general: return Literal(bytes: tables.pool.endingReversed(of: alternative), reach: .partial)
            case .prefix: return Literal(bytes: [], reach: literal.isEmpty ? .whole : .partial)
            case .contains: return Literal(bytes: [], reach: .partial)
            }
        }
    }
}

extension GlobPool {
    /// The bytes that a general pattern ends with, last first.
    func endingReversed(of alternative: Alternative) -> [UInt8] {
        let start = Int(alternative.stepStart)
        var bytes: [UInt8] = []
        var step = start + Int(alternative.stepCount) - 1
        while step >= start, steps[step].kind == .byte {
            bytes.append(steps[step].byte)
            step -= 1
        }
        return bytes
    }

    func endsWithLiteral(_ alternative: Alternative) -> Bool {
        alternative.stepCount > 0 && steps[Int(alternative.stepStart + alternative.stepCount) - 1].kind == .byte
    }
}
