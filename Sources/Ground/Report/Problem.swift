/// How bad a finding is.
package enum Severity: String, CaseIterable, Sendable {
    /// Refuses to start, to reload, and fails `lint`.
    case error
    case warning
    case note
}

/// A place with what is to be said about it.
package struct Label: Sendable {
    package let spot: Spot
    package let text: String
    package init(_ spot: Spot, _ text: String) {
        self.spot = spot
        self.text = text
    }
}

/// One finding about a file, in the form of `routes.md` 4.4.
package struct Problem: Sendable {
    /// How far an edit can be trusted.
    package enum Fix: String, Sendable {
        /// The meaning stays the same.
        case safe
        /// Probably what was meant.
        case unsafe
    }

    package var severity: Severity
    /// `HP` and three digits; never reused.
    package var code: String
    /// What is wrong, in the author's words, one line, without a full stop.
    package var sentence: String
    /// What to edit.
    package var spot: Spot
    /// Stands beside the carets.
    package var mark: String
    /// Every other place involved.
    package var labels: [Label]
    /// Why, and a concrete case.
    package var notes: [String]
    /// An edit that can be pasted.
    package var help: [String]
    /// Set when `help` is an edit a program could make.
    package var fix: Fix?
    /// What `lint --fix` does: all of them together, or nothing.
    package var edits: [Edit]

    /// Describes a finding.
    package init(
        _ severity: Severity,
        _ code: String,
        _ sentence: String,
        at spot: Spot,
        mark: String = "",
        labels: [Label] = [],
        notes: [String] = [],
        help: [String] = [],
        fix: Fix? = nil,
        edits: [Edit] = []
    ) {
        self.severity = severity
        self.code = code
        self.sentence = sentence
        self.spot = spot
        self.mark = mark
        self.labels = labels
        self.notes = notes
        self.help = help
        self.fix = fix
        self.edits = edits
    }
}
