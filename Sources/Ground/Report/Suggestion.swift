/// Finds what somebody probably meant.
package enum Suggestion {
    /// The nearest of the candidates, when near enough: at most a third of the word's letters wrong, and one always.
    package static func nearest(to word: String, among candidates: some Sequence<String>) -> String? {
        let letters = Array(word.unicodeScalars)
        // A word this long is no slip of the finger, and distance costs length squared.
        guard letters.count <= 64 else { return nil }
        let limit = max(1, letters.count / 3)
        var best: (word: String, distance: Int)?
        for candidate in candidates where candidate != word {
            guard abs(candidate.unicodeScalars.count - letters.count) <= limit else { continue }
            let distance = Self.distance(letters, Array(candidate.unicodeScalars), limit: limit)
            if distance <= limit, distance < best?.distance ?? .max { best = (candidate, distance) }
        }
        return best?.word
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
