import Bytes
import JSON
import Routing

/// What a request says of its body, beside the bytes.
package struct ContentBody: Sendable {
    /// How its text is got at.
    package enum Kind: Equatable, Sendable {
        case json
        /// Something else, of this Content-Type (empty for none): a form, sound, plain text.
        case other(contentType: [UInt8])
    }
    package var kind: Kind
    /// It came with a Content-Encoding, which nobody here undoes.
    package var isEncoded = false
    /// It goes on beyond the bytes that are here.
    package var isCut = false
    /// It is sound, whatever else it holds.
    package var isSound = false
    /// It is an answer: numbers of tokens in it are the provider's own.
    package var isAnswer = false
    /// What stands around it and travels on with it: extensions of chunks, trailers.
    package var frame: [UInt8] = []
    package init(_ kind: Kind) { self.kind = kind }

    /// True for JSON in an encoding that is not read here, by its Content-Type: RFC 8259 §8.1 knows UTF-8 only, but servers
    /// go by the parameter.
    package static func isForeignJSON(_ contentType: Span<UInt8>) -> Bool {
        switch Charset.declared(contentType) {
        case .none, .some(.utf8), .some(.latin): false
        default: true
        }
    }
}

/// What reading a request's text came to.
package struct ContentReading: Equatable, Sendable {
    /// Something that was found, and where.
    package struct Find: Equatable, Sendable {
        package let finding: Finding
        /// `messages[0].content`, `query`.
        package let path: String
    }

    /// For each rule, whether it fires.
    package var fired: [Bool]
    /// The first find of every rule, when places are asked for.
    package var finds: [Find] = []
    /// Something could not be looked at, because it is no text.
    package var hasOpaqueParts = false
    /// There is more text than is looked at.
    package var isOver = false
    /// There is text, but not in a form that can be read.
    package var isUnreadable = false
    /// Bytes of text.
    package var textBytes = 0

    /// All text was looked at.
    package var isWhole: Bool { !isOver && !isUnreadable }
}

/// The content rules of a file with `privacy.scan`: how a request's text joins into its class and tags (`routes.md` 2.7).
///
/// The one reading that the server, `explain` and `test` share. Immutable; any thread.
package struct ContentPolicy: Sendable {
    /// `privacy.scan`.
    package struct Settings: Sendable {
        package var maxBytes = 1 << 20
        /// Classes joined in for text beyond `maxBytes`, for what cannot be read, and for what is no text.
        package var over = Level.restricted
        package var onError = Level.restricted
        package var opaque = Level.internal
        /// Members of the body, or fields of a form, that are looked at; nil is all.
        package var fields: Set<String>?
        package init() {}
    }

    package let settings: Settings
    let scanner: ContentScanner
    /// For each rule, what replaces its finds.
    let replacements: [[UInt8]?]
    /// Rules that replace, each in its place; the others find nothing.
    let replacing: ContentScanner
    /// Some rule looks at text; else nothing is read at all.
    package let hasRules: Bool
    /// Some rule replaces what it finds.
    package let redacts: Bool

    /// Makes ready for rules; readings name them by position.
    package init(
        _ rules: [ContentRule],
        _ settings: Settings,
        matchLimit: Int = ContentPattern.standardMatchLimit
    ) {
        self.settings = settings
        scanner = ContentScanner(rules, matchLimit: matchLimit)
        replacements = rules.map(\.replacement)
        redacts = replacements.contains { $0 != nil }
        let kept = rules.map { $0.replacement == nil ? ContentRule() : $0 }
        replacing = redacts ? ContentScanner(kept, matchLimit: matchLimit) : ContentScanner([])
        hasRules = scanner.detectorCount > 0
    }

    /// The class that the outcomes of a reading join in, those of its rules left out.
    package func level(of reading: ContentReading) -> Level {
        var level = Level.public
        if reading.isOver { level = max(level, settings.over) }
        if reading.isUnreadable { level = max(level, settings.onError) }
        if reading.hasOpaqueParts { level = max(level, settings.opaque) }
        return level
    }

    /// Looks at all text of a request.
    ///
    /// `target` is path and query as they stand in the head, `body` comes without the chunks around it and is empty when
    /// there is none. With `tellsPlaces` what was found is gathered with where it stands, which costs time.
    package func read(
        target: Span<UInt8>,
        body: Span<UInt8>,
        _ facts: ContentBody,
        tellsPlaces: Bool = false
    ) -> ContentReading {
        var reader = LabelReader(self, tellsPlaces: tellsPlaces)
        guard hasRules else { return reader.reading }
        reader.target(target)
        let frame = facts.frame
        reader.search(frame.span) { "trailer" }
        if facts.isCut { reader.reading.isOver = true }
        guard !body.isEmpty else { return reader.reading }
        if facts.isSound { reader.sawOpaque() }
        if facts.isEncoded {
            reader.reading.isUnreadable = true
            return reader.reading
        }
        switch facts.kind {
        case .json:
            var walker = RequestWalker(reader, names: settings.fields, isAnswer: facts.isAnswer)
            do { try walker.whole(body) } catch { walker.reader.reading.isUnreadable = true }
            reader = walker.reader
        case .other(let type): OtherBody(contentType: type, isCut: facts.isCut).read(body, &reader)
        }
        return reader.reading
    }
}

/// Runs the rules over each text; a rule that has fired is not asked again.
struct LabelReader: TextReader {
    private let policy: ContentPolicy
    private let tellsPlaces: Bool
    private var bytesLeft: Int
    var reading: ContentReading

    init(_ policy: ContentPolicy, tellsPlaces: Bool) {
        self.policy = policy
        self.tellsPlaces = tellsPlaces
        bytesLeft = policy.settings.maxBytes
        reading = ContentReading(fired: policy.replacements.map { _ in false })
    }

    var fields: Set<String>? { policy.settings.fields }

    mutating func sawOpaque() { reading.hasOpaqueParts = true }
    mutating func sawUnreadable() { reading.isUnreadable = true }

    mutating func read(_ piece: TextPiece, _ bytes: Span<UInt8>, _ path: BodyPath) {
        let raw = bytes.extracting(piece.range)
        if piece.kind == .number, let number = WholeNumber(raw) {
            let digits = number.digits
            return text(digits.span) { path.text(bytes) }
        }
        guard piece.isEscaped else { return text(raw) { path.text(bytes) } }
        let plain = JSONText.unescape(raw)
        text(plain.span) { path.text(bytes) }
    }

    mutating func read(joined pieces: [TextPiece], _ bytes: Span<UInt8>, _ path: BodyPath) {
        // A text that was cut short has a class of its own.
        guard !reading.isOver else { return }
        var whole: [UInt8] = []
        for piece in pieces {
            let raw = bytes.extracting(piece.range)
            if piece.isEscaped {
                whole += JSONText.unescape(raw)
            } else {
                raw.withUnsafeBufferPointer { whole += $0 }
            }
        }
        search(whole.span) { path.text(bytes) }
    }

    mutating func read(shadow: ShadowText, at range: Range<Int>, _ bytes: Span<UInt8>, _ path: BodyPath) {
        for joined in shadow.joined { text(joined.span) { path.text(bytes) } }
        guard !reading.isOver else { return }
        for single in shadow.singles { search(single.span) { path.text(bytes) } }
    }

    /// One text that counts towards `max_bytes`.
    mutating func text(_ text: Span<UInt8>, _ path: () -> String) {
        reading.textBytes += text.count
        guard text.count <= bytesLeft else {
            reading.isOver = true
            let seen = text.extracting(first: bytesLeft)
            bytesLeft = 0
            return search(seen, path)
        }
        bytesLeft -= text.count
        search(text, path)
    }

    /// Looks at a text, and at what it says when it is JSON itself, with escapes of its own; then, where there are any,
    /// with those of URLs, HTML and program text resolved, too.
    mutating func search(_ text: Span<UInt8>, _ path: () -> String) {
        look(text, path)
        if follow(text, .json, path) { _ = follow(text, .all, path) }
    }

    /// Resolves escapes until there are none; answers whether there are others than JSON's.
    private mutating func follow(_ text: Span<UInt8>, _ kinds: Escape.Kinds, _ path: () -> String) -> Bool {
        var hasOthers = Escape.mayHoldOthers(text)
        guard var inner = Escape.resolved(text, kinds) else { return hasOthers }
        for _ in 0..<Escape.depthLimit {
            let now = inner
            look(now.span, path)
            hasOthers = hasOthers || Escape.mayHoldOthers(now.span)
            guard let next = Escape.resolved(now.span, kinds) else { return hasOthers }
            inner = next
        }
        // Nobody writes like this who does not hide something.
        reading.isUnreadable = true
        return false
    }

    private mutating func look(_ text: Span<UInt8>, _ path: () -> String) {
        guard !text.isEmpty else { return }
        for finding in policy.scanner.scan(text, without: reading.fired) where !reading.fired[finding.rule] {
            reading.fired[finding.rule] = true
            if tellsPlaces { reading.finds.append(ContentReading.Find(finding: finding, path: path())) }
        }
    }
}
