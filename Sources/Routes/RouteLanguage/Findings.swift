import Report

/// Collects problems of one file; says nothing twice, for merged mappings are read once for each place they go to.
final class Findings {
    private(set) var problems = Problems()
    private var seen: Set<[String]> = []
    /// Files that are named for their content: secrets, certificates; whether they can be read or not.
    private(set) var namedFiles: Set<String> = []
    /// Where `<<` brought in what is being read.
    private var mergeSpots: [Spot] = []

    /// Findings of one code that are kept; a file with more is no better understood by reading on.
    static let keptPerCode = 1_000
    /// Suggestions cost time, which a file of a million slips must not have.
    static let suggestionsPerCode = 50
    private var counts: [String: Int] = [:]

    /// False when an error of the text, the types or the names was found: nothing can be said of the rest then.
    private(set) var isSound = true

    /// True while suggestions for a code are still worth looking for.
    func wantsSuggestions(_ code: String) -> Bool { counts[code, default: 0] < Self.suggestionsPerCode }

    func add(_ problem: Problem) {
        guard counts[problem.code, default: 0] < Self.keptPerCode else { return }
        guard seen.insert([problem.code, problem.spot.description, problem.sentence]).inserted else { return }
        counts[problem.code, default: 0] += 1
        weigh(problem)
        var problem = problem
        if let spot = mergeSpots.last, spot != problem.spot { problem.labels.append(Label(spot, "merged from here")) }
        problems.add(problem)
    }

    func error(
        _ code: String,
        _ sentence: String,
        at spot: Spot,
        mark: String = "",
        labels: [Label] = [],
        notes: [String] = [],
        help: [String] = []
    ) {
        add(Problem(.error, code, sentence, at: spot, mark: mark, labels: labels, notes: notes, help: help))
    }

    func warning(
        _ code: String,
        _ sentence: String,
        at spot: Spot,
        mark: String = "",
        labels: [Label] = [],
        notes: [String] = [],
        help: [String] = []
    ) {
        add(Problem(.warning, code, sentence, at: spot, mark: mark, labels: labels, notes: notes, help: help))
    }

    /// Takes over what reading the text found.
    func take(_ other: Problems) {
        problems.add(other)
        for problem in other.all { weigh(problem) }
    }

    private func weigh(_ problem: Problem) {
        // A range that holds nothing reads as if it were not there: its route would take what it does not.
        guard problem.severity == .error, problem.code < "HP300" || problem.code == "HP404" else { return }
        isSound = false
    }

    /// The configuration depends on what is in this file.
    func depends(on file: String) { namedFiles.insert(file) }

    func hide(_ value: String) {
        problems.hide(value)
        for line in value.split(whereSeparator: \.isNewline) { problems.hide(String(line)) }
    }

    /// Keeps a node's text out of everything that is printed, wherever it stands.
    func hide(_ node: Node) {
        problems.hide(at: node.spot)
        let end = problems.sources[node.spot.path]?.place(ofOffset: node.extent.upperBound)
        for line in node.spot.line..<max(node.lastLine, node.spot.line) {
            // What stands behind the value on its last line is no part of it.
            let length = end.map { $0.line == line + 1 ? $0.column - 1 : .max / 2 } ?? .max / 2
            problems.hide(at: Spot(path: node.spot.path, line: line + 1, column: 1, length: length))
        }
        if let text = node.text { hide(text) }
    }

    /// An edit that puts a text in the place of a scalar's, or of a part of it (a range of the text's bytes).
    ///
    /// Empty where what is written differs from the text: an escape, a fold, a value over several lines.
    func edits(_ node: Node, _ replacement: String?, _ part: Range<Int>? = nil) -> [Edit] {
        guard let replacement, let text = node.text, let style = node.style, style != .block,
            let source = problems.sources[node.spot.path]
        else { return [] }
        let bytes = Array(text.utf8)
        let end = node.extent.upperBound - (style == .plain ? 0 : 1)
        let start = end - bytes.count
        guard start >= node.extent.lowerBound, end <= source.bytes.count, source.bytes[start..<end].elementsEqual(bytes)
        else { return [] }
        let range = part.map { (start + $0.lowerBound)..<(start + $0.upperBound) } ?? start..<end
        return [Edit(path: node.spot.path, range: range, replacement: replacement)]
    }

    /// Reads something that may have come by a merge.
    func reading(_ entry: Node.Entry, _ body: () -> Void) {
        if let spot = entry.mergedAt { mergeSpots.append(spot) }
        body()
        if entry.mergedAt != nil { mergeSpots.removeLast() }
    }
}
