import Report
import RouteLanguage
import RouteModel

/// What is left to say of an entity that reading has found wrong: nothing (`routes.md` 4.4, cascade control).
struct Aftermath {
    /// Lines, first and last, by file.
    private var broken: [String: [ClosedRange<Int>]] = [:]

    /// Finds the routes and providers in which there is an error of the text, a type or a name.
    init(_ loaded: Loaded, _ document: RouteDocument) {
        let errors = loaded.problems.all.filter { $0.severity == .error && $0.code < "HP300" }
        guard !errors.isEmpty else { return }
        let sources = Dictionary(loaded.files.map { ($0.path, $0.source) }) { first, _ in first }
        var entities: [(path: String, lines: ClosedRange<Int>)] = []
        for route in document.routes {
            guard let source = sources[route.spot.path] else { continue }
            let last = source.place(ofOffset: route.extent.upperBound).line
            entities.append((route.spot.path, route.spot.line...max(route.spot.line, last)))
        }
        for file in loaded.files {
            for entry in file.root?["providers"]?.entries ?? [] {
                let first = file.source.place(ofOffset: entry.extent.lowerBound).line
                let last = file.source.place(ofOffset: entry.extent.upperBound).line
                entities.append((file.path, first...max(first, last)))
            }
        }
        for error in errors {
            for entity in entities where entity.path == error.spot.path && entity.lines.contains(error.spot.line) {
                broken[entity.path, default: []].append(entity.lines)
            }
        }
    }

    /// The findings that are not in such an entity, each once.
    func kept(_ findings: [Problem]) -> [Problem] {
        var seen: Set<String> = []
        return findings.filter { problem in
            let lines = broken[problem.spot.path] ?? []
            if lines.contains(where: { $0.contains(problem.spot.line) }) { return false }
            return seen.insert("\(problem.code) \(problem.spot) \(problem.sentence)").inserted
        }
    }
}
