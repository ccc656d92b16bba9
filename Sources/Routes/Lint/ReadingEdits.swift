import Report

/// Edits for findings of the reader that take something away: rules know how to do that in a text.
enum ReadingEdits {
    /// The findings, those that can be mended with their edits.
    static func added(to problems: Problems) -> Problems {
        let edits = SourceEdits(problems.sources)
        return problems.changed { problem in
            guard problem.edits.isEmpty else { return problem }
            var problem = problem
            switch problem.code {
            case "HP407": problem.edits = edits.removingItem(problem.spot)
            case "HP512", "HP706": problem.edits = edits.removingEntry(valueAt: problem.spot)
            default: return problem
            }
            if !problem.edits.isEmpty { problem.fix = .safe }
            return problem
        }
    }
}
