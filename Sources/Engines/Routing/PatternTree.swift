/// What a PCRE2 pattern says, as far as the bounds on patterns need it: what may stand where, and what repeats.
///
/// Reading one also holds patterns inside the constructs that routes allow: whatever is not understood here is refused, so
/// nothing unbounded or stateful can slip by (`routes.md` 4.2, HP113).
package struct PatternTree: Sendable {
    package indirect enum Kind: Sendable {
        /// One character.
        case character(CharacterSet)
        /// Some characters that are not told apart: `\R`, `\X`.
        case something
        /// No character: an anchor, a boundary, a look around.
        case assertion
        case sequence([Node])
        case alternation([Node])
        case repetition(Node, minimum: Int, maximum: Int?, isPossessive: Bool)
        /// A group that gives nothing back: `(?>…)`.
        case atomic(Node)
    }

    /// A part of the pattern, with its bytes.
    package struct Node: Sendable {
        package let kind: Kind
        package let range: Range<Int>
    }

    /// Letters of `i m s x`, as `flags` writes them.
    package struct Flags: Sendable, Equatable {
        package var isCaseless = false
        package var isMultiline = false
        package var dotMatchesLineEnds = false
        package var isExtended = false
        package init() {}
        /// Nil when another letter stands there.
        package init?(_ letters: String) {
            for letter in letters {
                switch letter {
                case "i": isCaseless = true
                case "m": isMultiline = true
                case "s": dotMatchesLineEnds = true
                case "x": isExtended = true
                default: return nil
                }
            }
        }
    }

    /// Why a pattern may not be used.
    package struct Fault: Error, Equatable {
        package enum Cause: Equatable, Sendable {
            /// A construct that PCRE2 has and routes do not.
            case forbidden
            /// Not understood; PCRE2 may have a better sentence for it.
            case unknown
        }
        package let cause: Cause
        /// One sentence without a full stop.
        package let sentence: String
        /// Byte offset into the pattern.
        package let offset: Int
    }

    package let root: Node

    /// Reads a pattern.
    ///
    /// - Throws: the first construct that is not allowed, or not understood.
    package init(parsing text: String, flags: Flags = Flags()) throws(Fault) {
        var parser = PatternParser(Array(text.utf8), flags)
        root = try parser.pattern()
    }
}

extension PatternTree.Node {
    /// True when it may stand for no character at all.
    package var isNullable: Bool {
        switch kind {
        case .character, .something: false
        case .assertion: true
        case .sequence(let parts): parts.allSatisfy(\.isNullable)
        case .alternation(let branches): branches.contains(where: \.isNullable)
        case .repetition(let part, let minimum, _, _): minimum == 0 || part.isNullable
        case .atomic(let part): part.isNullable
        }
    }

    /// The characters that its text may begin with.
    package var first: CharacterSet {
        switch kind {
        case .character(let set): return set
        case .something: return .all
        case .assertion: return CharacterSet()
        case .sequence(let parts):
            var set = CharacterSet()
            for part in parts {
                set = set.union(part.first)
                if !part.isNullable { break }
            }
            return set
        case .alternation(let branches): return branches.reduce(CharacterSet()) { $0.union($1.first) }
        case .repetition(let part, _, _, _), .atomic(let part): return part.first
        }
    }
}
