/// All findings of a run, with the texts they point into and the secrets that must not be shown.
package struct Problems: Sendable {
    /// The same code is shown this often per file; the rest is counted.
    package static let shownPerCode = 3

    private var collected: [Problem] = []
    /// The files by path.
    package private(set) var sources: [String: SourceText] = [:]
    /// What is masked wherever it would appear.
    package private(set) var secrets: Set<String> = []
    /// Places that are masked in every source line.
    package private(set) var secretSpots: [Spot] = []

    /// No findings.
    package init() {}

    /// Adds a finding.
    package mutating func add(_ problem: Problem) { collected.append(problem) }

    /// Adds a text that findings may point into.
    package mutating func add(source: SourceText) { sources[source.path] = source }

    /// Keeps a text out of everything that is printed.
    package mutating func hide(_ secret: String) {
        if !secret.isEmpty { secrets.insert(secret) }
    }

    /// Masks a place in the source line it is on.
    package mutating func hide(at spot: Spot) { secretSpots.append(spot) }

    /// Takes over everything another run found.
    package mutating func add(_ other: Problems) {
        collected += other.collected
        sources.merge(other.sources) { mine, _ in mine }
        secrets.formUnion(other.secrets)
        secretSpots += other.secretSpots
    }

    /// The same with other findings: what `change` answers for each, nil for none.
    package func changed(_ change: (Problem) -> Problem?) -> Problems {
        var result = self
        result.collected = collected.compactMap(change)
        return result
    }

    /// Every finding, by path, line, column and code.
    package var all: [Problem] {
        collected.enumerated().sorted { left, right in
            let (first, second) = (left.element.spot, right.element.spot)
            if first.path != second.path { return first.path < second.path }
            if first.line != second.line { return first.line < second.line }
            if first.column != second.column { return first.column < second.column }
            if left.element.code != right.element.code { return left.element.code < right.element.code }
            return left.offset < right.offset
        }.map(\.element)
    }

    /// The findings to show, and for each file and code the first that is not shown, with how many there are of these.
    package var shown: (problems: [Problem], more: [(first: Problem, count: Int)]) {
        var counts: [String: Int] = [:]
        var kept: [Problem] = []
        var hidden: [(key: String, first: Problem)] = []
        for problem in all {
            let key = "\(problem.spot.path)\u{0}\(problem.code)"
            let count = counts[key, default: 0] + 1
            counts[key] = count
            if count == Self.shownPerCode + 1 { hidden.append((key, problem)) }
            if count <= Self.shownPerCode { kept.append(problem) }
        }
        return (kept, hidden.map { ($0.first, (counts[$0.key] ?? 0) - Self.shownPerCode) })
    }

    /// How many findings of a severity.
    package func count(_ severity: Severity) -> Int { collected.filter { $0.severity == severity }.count }

    /// True when something refuses to load.
    package var hasErrors: Bool { collected.contains { $0.severity == .error } }

    /// True when nothing was found.
    package var isEmpty: Bool { collected.isEmpty }
}

extension Problems {
    /// The findings that refuse to load, with everything needed to show them.
    package var errors: Problems {
        var errors = self
        errors.collected.removeAll { $0.severity != .error }
        return errors
    }
}
