/// A whole answer as a client was given it; shared by all who get it again.
package final class CachedAnswer: Sendable {
    /// How much of the body had come when.
    package struct Mark: Equatable, Sendable {
        /// Bytes of the body up to here.
        package var end: Int
        /// Since the first byte of the body, nanoseconds.
        package var nanoseconds: Int64

        package init(end: Int, nanoseconds: Int64) {
            self.end = end
            self.nanoseconds = nanoseconds
        }
    }

    /// Without framing.
    package let body: [UInt8]
    /// Lines of the head that say what the body is and what became of the request, each with its end.
    package let fields: [UInt8]
    /// When it was whole, on the clock of `CacheShelf.ask`.
    package let createdNanoseconds: Int64
    /// In order; empty for an answer that came at once.
    package let marks: [Mark]
    /// Who may get it, what for and from whom; for invalidation and reports.
    package let owner: CacheQuestion.Owner
    package let model: [UInt8]
    package let provider: String
    /// What it had cost, and a hit saves.
    package let promptTokens: Int
    package let completionTokens: Int
    /// Where questions that are alike find it; nil for an answer to its equals alone.
    package let alike: AlikeMark?

    package init(
        body: [UInt8],
        fields: [UInt8],
        createdNanoseconds: Int64,
        marks: [Mark] = [],
        owner: CacheQuestion.Owner,
        model: [UInt8],
        provider: String,
        promptTokens: Int = 0,
        completionTokens: Int = 0,
        alike: AlikeMark? = nil
    ) {
        self.alike = alike
        self.body = body
        self.fields = fields
        self.createdNanoseconds = createdNanoseconds
        self.marks = marks
        self.owner = owner
        self.model = model
        self.provider = provider
        self.promptTokens = promptTokens
        self.completionTokens = completionTokens
    }

    /// What it takes of the cache: its bytes, and what is kept beside them.
    package var sizeBytes: Int {
        body.count + fields.count + model.count + 16 * marks.count + (alike?.vector.sizeBytes ?? 0)
            + CachedAnswer.besideBytes
    }

    /// The same answer, found by what its question means as well.
    func marked(_ alike: AlikeMark) -> CachedAnswer {
        CachedAnswer(
            body: body,
            fields: fields,
            createdNanoseconds: createdNanoseconds,
            marks: marks,
            owner: owner,
            model: model,
            provider: provider,
            promptTokens: promptTokens,
            completionTokens: completionTokens,
            alike: alike
        )
    }

    /// Key, places in tables and objects' heads, roughly.
    static let besideBytes = 256

    /// How much of the body may go out at a time since the replay began, and when more may; nil when it is all.
    package func due(after nanoseconds: Int64) -> (end: Int, next: Int64?) {
        guard let later = marks.firstIndex(where: { $0.nanoseconds > nanoseconds }) else { return (body.count, nil) }
        return (later == 0 ? 0 : marks[later - 1].end, marks[later].nanoseconds)
    }
}

/// Takes down the body of an answer while it goes by, within bounds.
package struct AnswerRecorder: Sendable {
    /// More than this is not kept.
    package let limitBytes: Int
    package private(set) var body: [UInt8] = []
    package private(set) var marks: [CachedAnswer.Mark] = []
    /// It was too large: nothing of it is kept.
    package private(set) var hasOverflowed = false
    private var firstNanoseconds: Int64?

    /// However many pieces came, this many moments are told apart.
    static let mostMarks = 4_096

    package init(limitBytes: Int) { self.limitBytes = limitBytes }

    /// Takes the next bytes, which came at that time.
    package mutating func take(_ bytes: Span<UInt8>, at now: Int64) {
        guard !hasOverflowed, !bytes.isEmpty else { return }
        guard body.count + bytes.count <= limitBytes else {
            hasOverflowed = true
            body = []
            marks = []
            return
        }
        bytes.withUnsafeBufferPointer { body.append(contentsOf: $0) }
        let first = firstNanoseconds ?? now
        firstNanoseconds = first
        let mark = CachedAnswer.Mark(end: body.count, nanoseconds: now - first)
        if let last = marks.last, last.nanoseconds == mark.nanoseconds || marks.count == AnswerRecorder.mostMarks {
            marks[marks.count - 1] = CachedAnswer.Mark(end: mark.end, nanoseconds: last.nanoseconds)
        } else {
            marks.append(mark)
        }
    }
}
