import Decision
import Report
import RouteModel
import Routing

/// Turns a document into a program (`routes.md` 3.1): matches to boxes, boxes to a tree, targets to plans.
package enum RouteCompiler {
    /// Boxes that one route may come to (`routes.md` 3.9).
    package static let boxLimitPerRoute = 64
    /// Boxes that all routes may come to together.
    package static let boxLimit = 262_144

    /// Compiles a document.
    ///
    /// - Parameters:
    ///   - document: names resolved, defaults merged.
    ///   - engine: what answers; anything but the tree is for cross-checks.
    /// - Returns: the program with what goes with it; it may serve only when its problems hold no error (HP803).
    package static func compile(_ document: RouteDocument, engine: Program.Engine = .tree) -> Compiled {
        var words = Words(document)
        var problems = words.problems
        var boxes: [Box] = []
        var routes: [Route] = []
        var positions: [Int] = []
        let texts = PatternTexts()
        var plans = Plans(document, words)
        for (position, entry) in document.routes.enumerated() where entry.isEnabled {
            do throws(TooManyBoxes) {
                let matching = MatchBoxes(route: routes.count, words: words, texts: texts)
                boxes += try matching.boxes(entry.match)
            } catch {
                problems.append(tooMany(entry))
            }
            routes.append(
                Route(name: entry.name.value, position: entry.spot.description, action: plans.action(of: entry))
            )
            positions.append(position)
        }
        if boxes.count > boxLimit {
            problems.append(tooManyInAll(boxes.count, document))
            boxes = []
        }
        let labels = PrivacyLabels(document, &words, texts)
        let program = Program(routes: routes, boxes: boxes, vocabulary: words.vocabulary, engine: engine)
        return Compiled(
            program: program,
            problems: problems,
            windows: words.windows,
            labels: labels,
            positions: positions,
            document: document
        )
    }

    /// What stands against serving a document, as `compile` would find it, without its program.
    package static func problems(_ document: RouteDocument) -> [Problem] {
        let words = Words(document)
        let texts = PatternTexts()
        var problems = words.problems
        // Where all boxes together may be too many, each is counted; else a match without `any` and `not` has at most one.
        let countsAll = document.routes.count > boxLimit / boxLimitPerRoute
        var count = 0
        var number = 0
        for entry in document.routes where entry.isEnabled {
            defer { number += 1 }
            if !countsAll, entry.match.map({ $0.any == nil && $0.not.isEmpty }) ?? true { continue }
            do throws(TooManyBoxes) {
                count += try MatchBoxes(route: number, words: words, texts: texts).boxes(entry.match).count
            } catch {
                problems.append(tooMany(entry))
            }
        }
        if countsAll, count > boxLimit { problems.append(tooManyInAll(count, document)) }
        return problems
    }

    private static func tooMany(_ entry: RouteEntry) -> Problem {
        Problem(
            .error,
            "HP803",
            "`\(entry.name.value)` comes to more than \(boxLimitPerRoute) cases once `any` and `not` are spelled out",
            at: entry.match?.spot ?? entry.spot,
            help: ["split the route in two, or use a list of values instead of `any`"]
        )
    }

    private static func tooManyInAll(_ count: Int, _ document: RouteDocument) -> Problem {
        Problem(
            .error,
            "HP803",
            "all routes together come to \(count) cases, at most \(boxLimit) may be compiled",
            at: document.routes.first?.spot ?? Spot(path: document.path, line: 1, column: 1, length: 1)
        )
    }
}

/// Thrown where a match comes to more boxes than are compiled.
struct TooManyBoxes: Error {}

/// Patterns by their text, each read once.
final class PatternTexts {
    private var globs: [String: Glob?] = [:]
    private var patterns: [String: HeaderPattern?] = [:]

    /// The globs of texts; one that is none fits nothing and is left out.
    func globs(_ texts: [Located<String>]) -> [Glob] { texts.compactMap { glob($0.value) } }

    func glob(_ text: String) -> Glob? {
        if let known = globs[text] { return known }
        let glob = try? Glob(parsing: text)
        globs[text] = .some(glob)
        return glob
    }

    func matcher(_ text: String) -> HeaderMatcher? {
        guard text.hasPrefix("re:") else { return glob(text).map { .glob($0) } }
        if let known = patterns[text] { return known.map { .pattern($0) } }
        let pattern = try? HeaderPattern(parsing: String(text.dropFirst(3)))
        patterns[text] = .some(pattern)
        return pattern.map { .pattern($0) }
    }
}
