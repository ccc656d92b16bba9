import Report
import RouteLanguage
import RouteModel

/// What the author asked not to hear: `lint:` severities and comments.
///
/// Errors that say that the file cannot be understood, or not be served as it stands, are not silenced by anything.
struct Silence {
    private let comments: [AllowComment]
    private let severities: [(code: Located<String>, severity: String)]
    private let sources: [String: SourceText]
    /// False when rules could not run: then nobody knows what a comment would have silenced.
    private let isJudged: Bool
    private let resolves: Bool
    private let rootPath: String

    /// Found only where secrets and certificates may be looked at.
    private static let resolvedCodes: Set<String> = ["HP709", "HP711", "HP714"]

    init(_ loaded: Loaded, resolves: Bool) {
        self.resolves = resolves
        isJudged = loaded.document != nil
        rootPath = loaded.files.first?.path ?? ""
        comments = loaded.files.flatMap(AllowComment.all)
        severities = loaded.document?.severities ?? []
        sources = Dictionary(loaded.files.map { ($0.path, $0.source) }) { first, _ in first }
    }

    /// True for findings that stand whatever is asked.
    static func isFirm(_ problem: Problem) -> Bool { problem.severity == .error && Catalogue.isFirm(problem.code) }

    private func severity(of code: String) -> String? { severities.last { $0.code.value == code }?.severity }

    private func silences(_ comment: AllowComment, _ problem: Problem) -> Bool {
        comment.strangeWord == nil && comment.line == problem.spot.line && comment.path == problem.spot.path
            && comment.codes.contains { $0.name == problem.code }
    }

    /// The findings that are left.
    func applied(to found: Problems) -> Problems {
        if comments.isEmpty, severities.isEmpty { return found }
        return found.changed { problem in
            if Self.isFirm(problem) { return problem }
            if comments.contains(where: { silences($0, problem) }) { return nil }
            var problem = problem
            switch severity(of: problem.code) {
            case "error": problem.severity = .error
            case "warn": problem.severity = .warning
            case "info": problem.severity = .note
            case "none": return nil
            default: break
            }
            return problem
        }
    }

    /// What is wrong with the comments and severities themselves (HP903, HP904).
    func problems(about found: Problems) -> [Problem] {
        if comments.isEmpty, severities.isEmpty { return [] }
        let all = found.all
        let problems = comments.flatMap { about($0, all) } + severities.compactMap { about($0.code, all) }
        return problems.compactMap { problem in
            switch severity(of: problem.code) {
            case "none": return nil
            case "error": return problem.with(.error)
            case "info": return problem.with(.note)
            default: return problem
            }
        }
    }

    private func spot(_ path: String, _ range: Range<Int>) -> Spot {
        guard let source = sources[path] else { return Spot(path: path, line: 1, column: 1, length: 1) }
        let start = source.place(ofOffset: range.lowerBound)
        let end = source.place(ofOffset: range.upperBound)
        return Spot(path: path, line: start.line, column: start.column, length: max(1, end.column - start.column))
    }

    private func about(_ comment: AllowComment, _ found: [Problem]) -> [Problem] {
        let whole = spot(comment.path, comment.range)
        let removal = [Edit(path: comment.path, range: comment.removal, replacement: "")]
        if let word = comment.strangeWord {
            let help = ["write:  # hoosh: allow HP412 -- reason"]
            return [Problem(.warning, "HP903", "`hoosh: \(word)` says nothing", at: whole, help: help)]
        }
        if comment.codes.isEmpty {
            let help = ["name the codes:  # hoosh: allow HP412 -- reason"]
            return [Problem(.warning, "HP903", "this comment allows nothing", at: whole, help: help)]
        }
        var problems: [Problem] = []
        let idle = comment.codes.filter { code in
            isKnowable(code.name, comment)
                && !found.contains { $0.code == code.name && silences(comment, $0) && !Self.isFirm($0) }
        }
        for code in idle {
            let isLast = idle.count == comment.codes.count
            let edits = isLast ? removal : [Edit(path: comment.path, range: cut(code, comment), replacement: "")]
            var problem = Problem(
                .warning,
                "HP903",
                sentence(code.name, comment, found),
                at: spot(comment.path, code.range),
                help: [isLast ? "remove the comment" : "remove `\(code.name)` from it"],
                fix: .safe,
                edits: edits
            )
            if Catalogue.rule(code.name) == nil, let near = Catalogue.nearest(code.name) {
                problem.help = ["did you mean `\(near)`?"]
                problem.fix = .unsafe
                problem.edits = [Edit(path: comment.path, range: code.range, replacement: near)]
            }
            problems.append(problem)
        }
        if !comment.hasReason, idle.count < comment.codes.count {
            let help = ["say why:  # hoosh: allow \(comment.codes.map(\.name).joined(separator: ", ")) -- reason"]
            problems.append(Problem(.warning, "HP904", "this comment gives no reason", at: whole, help: help))
        }
        return problems
    }

    /// True when a code that is not found here is not found at all.
    private func isKnowable(_ code: String, _ comment: AllowComment) -> Bool {
        if Catalogue.rule(code) == nil { return true }
        // A fragment's comment may be for another root that includes it.
        return isJudged && comment.path == rootPath && (resolves || !Self.resolvedCodes.contains(code))
    }

    /// A code with the gap that follows it.
    private func cut(_ code: AllowComment.Code, _ comment: AllowComment) -> Range<Int> {
        guard let position = comment.codes.firstIndex(where: { $0.range == code.range }) else { return code.range }
        if position + 1 < comment.codes.count {
            return code.range.lowerBound..<comment.codes[position + 1].range.lowerBound
        }
        return position > 0 ? comment.codes[position - 1].range.upperBound..<code.range.upperBound : code.range
    }

    private func sentence(_ code: String, _ comment: AllowComment, _ found: [Problem]) -> String {
        if Catalogue.rule(code) == nil { return "there is no rule `\(code)`" }
        if found.contains(where: { $0.code == code && silences(comment, $0) }) {
            return "\(code) is an error of the file itself, which cannot be silenced"
        }
        return "\(code) is not found on line \(comment.line): this silences nothing"
    }

    private func about(_ code: Located<String>, _ found: [Problem]) -> Problem? {
        if Catalogue.rule(code.value) == nil {
            let help = Catalogue.nearest(code.value).map { ["did you mean `\($0)`?"] } ?? []
            return Problem(.warning, "HP903", "there is no rule `\(code.value)`", at: code.spot, help: help)
        }
        guard found.contains(where: { $0.code == code.value && Self.isFirm($0) }), severity(of: code.value) != "error"
        else { return nil }
        let sentence = "\(code.value) is an error of the file itself, which cannot be silenced"
        return Problem(.warning, "HP903", sentence, at: code.spot)
    }
}

extension Problem {
    /// The same, as bad as that.
    func with(_ severity: Severity) -> Problem {
        var copy = self
        copy.severity = severity
        return copy
    }
}
