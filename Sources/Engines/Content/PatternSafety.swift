import Routing

/// Tells patterns that may take very many steps on some texts (HP312).
package enum PatternSafety {
    /// A repetition that can split one text in many ways.
    package struct Risk: Equatable, Sendable {
        /// One sentence without a full stop.
        package let sentence: String
        /// Bytes of the pattern.
        package let range: Range<Int>
    }

    /// The first risk, by place; nil when none is seen.
    ///
    /// A heuristic, as its rule is a warning: the bound on steps holds in any case.
    package static func risk(of tree: PatternTree) -> Risk? { risk(tree.root) }

    private static func risk(_ node: PatternTree.Node) -> Risk? {
        switch node.kind {
        case .character, .something, .assertion: return nil
        case .atomic(let part): return risk(part)
        case .sequence(let parts): return parts.lazy.compactMap(risk).first ?? neighbours(parts)
        case .alternation(let branches): return branches.lazy.compactMap(risk).first
        case .repetition(let part, _, let maximum, let isPossessive):
            if isEndless(maximum), !isPossessive, let sentence = ambiguity(part) {
                return Risk(sentence: sentence, range: node.range)
            }
            return risk(part)
        }
    }

    /// Twenty ways of splitting are enough to make a million.
    private static func isEndless(_ maximum: Int?) -> Bool { maximum.map { $0 >= 20 } ?? true }

    /// Why the text of a repeated part can be split in several ways.
    private static func ambiguity(_ part: PatternTree.Node) -> String? {
        switch part.kind {
        case .character, .something, .assertion, .atomic: return nil
        case .repetition(_, _, let maximum, let isPossessive):
            return isEndless(maximum) && !isPossessive ? nestedSentence : nil
        case .alternation(let branches):
            if let inner = branches.lazy.compactMap(ambiguity).first { return inner }
            return overlappingBranches(branches) ? "two alternatives of a repeated group match the same text" : nil
        case .sequence(let parts):
            for (index, inner) in parts.enumerated() {
                guard case .repetition(let repeated, _, let maximum, false) = inner.kind, isEndless(maximum) else {
                    continue
                }
                // A neighbour that must be there, and that the repetition cannot take, says where each round ends.
                let isParted = parts.enumerated().contains { place, other in
                    place != index && !other.isNullable && !other.first.overlaps(repeated.first)
                }
                if !isParted { return nestedSentence }
            }
            return nil
        }
    }

    private static let nestedSentence = "a repeated group repeats the same characters inside"

    /// Single characters that several branches take, or a branch that takes nothing.
    private static func overlappingBranches(_ branches: [PatternTree.Node]) -> Bool {
        var united = CharacterSet()
        for branch in branches {
            if branch.isNullable { return true }
            guard case .character(let set) = branch.kind else { continue }
            if united.overlaps(set) { return true }
            united = united.union(set)
        }
        return false
    }

    /// Two endless repetitions of the same characters side by side: `\s*\s*`.
    private static func neighbours(_ parts: [PatternTree.Node]) -> Risk? {
        var before: (set: CharacterSet, start: Int)?
        for part in parts {
            if case .assertion = part.kind { continue }
            guard case .repetition(let repeated, let minimum, nil, false) = part.kind else {
                if !part.isNullable { before = nil }
                continue
            }
            if let before, before.set.overlaps(repeated.first) {
                return Risk(
                    sentence: "two repetitions side by side match the same characters",
                    range: before.start..<part.range.upperBound
                )
            }
            if before == nil || minimum > 0 { before = (repeated.first, part.range.lowerBound) }
        }
        return nil
    }
}
