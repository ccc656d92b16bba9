/// Finds what somebody probably meant.
package enum Suggestion {
    /// The nearest of the candidates, when near enough: at most a third of the word's letters wrong, and one always.
    package static func nearest(to word: String, among candidates: some Sequence<String>) -> String? {
        Candidates(candidates).nearest(to: word)
    }

    /// Words that may have been meant, laid out once for many questions.
    package struct Candidates: Sendable {
        private struct Candidate: Sendable {
            let word: String
            let letters: [Unicode.Scalar]
            /// Which letters there are: a bit each, shared by letters that are 64 apart.
            let kinds: UInt64
        }
        private let candidates: [Candidate]

        /// Lays words out.
        package init(_ words: some Sequence<String>) {
            candidates = words.map { word in
                let letters = Array(word.unicodeScalars)
                return Candidate(word: word, letters: letters, kinds: Self.kinds(letters))
            }
        }

        /// The nearest, when near enough: the first of those that are equally near.
        package func nearest(to word: String) -> String? {
            let letters = Array(word.unicodeScalars)
            // A word this long is no slip of the finger, and distance costs length squared.
            guard letters.count <= 64 else { return nil }
            let limit = max(1, letters.count / 3)
            let kinds = Self.kinds(letters)
            var best: (index: Int, distance: Int)?
            for (index, candidate) in candidates.enumerated() {
                // One edit brings in at most one letter and takes out at most one.
                if abs(candidate.letters.count - letters.count) > limit
                    || (candidate.kinds & ~kinds).nonzeroBitCount > limit
                    || (kinds & ~candidate.kinds).nonzeroBitCount > limit || candidate.letters == letters
                {
                    continue
                }
                let distance = Suggestion.distance(letters, candidate.letters, limit: limit)
                if distance <= limit, distance < best?.distance ?? .max { best = (index, distance) }
            }
            return best.map { candidates[$0.index].word }
        }

        private static func kinds(_ letters: [Unicode.Scalar]) -> UInt64 {
            letters.reduce(0) { $0 | 1 << UInt64($1.value & 63) }
        }
    }

    /// Damerau-Levenshtein distance, with transpositions of neighbours (optimal string alignment).
    ///
    /// Beyond `limit` it is only known to be larger.
    static func distance(_ left: [Unicode.Scalar], _ right: [Unicode.Scalar], limit: Int = .max) -> Int {
        if left.isEmpty || right.isEmpty { return max(left.count, right.count) }
        let width = right.count + 1
        // Three rows, used in turn.
        var cells = [Int](repeating: 0, count: 3 * width)
        for column in 0..<width { cells[column] = column }
        var leastBefore = 0
        for row in 1...left.count {
            let (current, previous, before) = (row % 3 * width, (row + 2) % 3 * width, (row + 1) % 3 * width)
            cells[current] = row
            var leastOfRow = row
            for column in 1..<width {
                let cost = left[row - 1] == right[column - 1] ? 0 : 1
                var least = min(cells[previous + column] + 1, cells[current + column - 1] + 1)
                least = min(least, cells[previous + column - 1] + cost)
                if row > 1, column > 1, left[row - 1] == right[column - 2], left[row - 2] == right[column - 1] {
                    least = min(least, cells[before + column - 2] + 1)
                }
                cells[current + column] = least
                leastOfRow = min(leastOfRow, least)
            }
            // A row is made of the two before it, so nothing smaller can come.
            if leastOfRow > limit, leastBefore > limit { return leastOfRow }
            leastBefore = leastOfRow
        }
        return cells[left.count % 3 * width + right.count]
    }
}
