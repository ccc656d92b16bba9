import Bytes
import JSON

/// What became of a body whose finds are to be replaced (`privacy.rules[].redact`).
package enum Redaction: Equatable, Sendable {
    /// Nothing is to be replaced.
    case none
    /// The body as it may go on: JSON as before, every other byte as it was.
    case body([UInt8])
    /// Something was found, or may be there, where nothing can be replaced.
    case impossible
}

extension ContentPolicy {
    /// Replaces what the rules with `redact` find.
    ///
    /// Whatever stands in the way makes it impossible, so that nothing goes on that should have been replaced: text that was
    /// not looked at, a body that is no JSON, a find in a path, a query, or the name of a member or a model.
    /// `reading` is what `read` came to for the same request.
    package func redaction(
        of reading: ContentReading,
        target: Span<UInt8>,
        body: Span<UInt8>,
        _ facts: ContentBody
    ) -> Redaction {
        guard redacts else { return .none }
        guard reading.isWhole else { return .impossible }
        let isFound = zip(reading.fired, replacements).contains { $0 && $1 != nil }
        guard isFound else { return .none }
        guard facts.kind == .json, !facts.isCut, !facts.isEncoded, !finds(inTarget: target) else { return .impossible }
        var now = body.withUnsafeBufferPointer { Array($0) }
        var hasChanged = false
        // What is left after a replacement may be a find again; a pattern that never has enough is refused.
        for _ in 0..<4 {
            var walker = RequestWalker(RedactionReader(self), names: settings.fields, isAnswer: facts.isAnswer)
            guard (try? walker.whole(now.span)) != nil, !walker.reader.isImpossible else { return .impossible }
            var edits = walker.reader.edits.filter { !isReplacement($0, now) }
            // Of a text that is replaced nothing is told in pieces.
            if !edits.isEmpty || hasChanged || walker.reader.foundInShadow { edits += walker.reader.shadows }
            guard !edits.isEmpty else { return hasChanged ? .body(now) : .none }
            now = Redaction.applied(edits, to: now)
            hasChanged = true
        }
        return .impossible
    }

    private func finds(inTarget target: Span<UInt8>) -> Bool {
        var reader = LabelReader(self, tellsPlaces: false)
        reader.target(target)
        return zip(reader.reading.fired, replacements).contains { $0 && $1 != nil }
    }

    /// True for a find inside what stands there in place of another.
    private func isReplacement(_ edit: Redaction.Edit, _ body: [UInt8]) -> Bool {
        replacements.contains { text in
            guard let text else { return false }
            let first = max(0, edit.range.upperBound - text.count)
            let last = min(edit.range.lowerBound, body.count - text.count)
            guard first <= last else { return false }
            return (first...last).contains { body[$0..<($0 + text.count)].elementsEqual(text) }
        }
    }
}

extension Redaction {
    /// A place in the body and what is to stand there.
    struct Edit {
        var range: Range<Int>
        var text: [UInt8]
    }

    /// The body with all edits; those that overlap become one.
    static func applied(_ edits: [Edit], to body: [UInt8]) -> [UInt8] {
        var merged: [Edit] = []
        for edit in edits.sorted(by: { $0.range.lowerBound < $1.range.lowerBound }) {
            guard let last = merged.last, edit.range.lowerBound < last.range.upperBound else {
                merged.append(edit)
                continue
            }
            let end = max(last.range.upperBound, edit.range.upperBound)
            merged[merged.count - 1].range = last.range.lowerBound..<end
            if last.text.isEmpty { merged[merged.count - 1].text = edit.text }
        }
        var result: [UInt8] = []
        result.reserveCapacity(body.count)
        var position = 0
        for edit in merged {
            result += body[position..<edit.range.lowerBound]
            result += edit.text
            position = edit.range.upperBound
        }
        return result + body[position...]
    }
}

/// Gathers what is to be replaced in a body.
private struct RedactionReader: TextReader {
    private let policy: ContentPolicy
    private(set) var edits: [Redaction.Edit] = []
    private(set) var isImpossible = false
    /// What tells an answer's text again, left out: an empty list, or null.
    private(set) var shadows: [Redaction.Edit] = []
    private(set) var foundInShadow = false

    init(_ policy: ContentPolicy) { self.policy = policy }

    mutating func read(shadow: ShadowText, at range: Range<Int>, _ bytes: Span<UInt8>, _ path: BodyPath) {
        let isList = bytes[range.lowerBound] == UInt8(ascii: "[")
        shadows.append(Redaction.Edit(range: range, text: Array((isList ? "[]" : "null").utf8)))
        if foundInShadow { return }
        foundInShadow = (shadow.joined + shadow.singles).contains { !finds(in: Unescaped($0.span, nil)).isEmpty }
    }

    mutating func sawOpaque() {}
    mutating func sawUnreadable() {}

    mutating func read(_ piece: TextPiece, _ bytes: Span<UInt8>, _ path: BodyPath) {
        let text: Unescaped
        if piece.kind == .number, let number = WholeNumber(bytes.extracting(piece.range)) {
            // All of it is replaced.
            let digits = number.digits
            text = Unescaped(digits.span, nil)
        } else {
            text = Unescaped(bytes.extracting(piece.range), piece.kinds, at: piece.range.lowerBound)
        }
        for (find, rule) in finds(in: text) {
            switch piece.kind {
            case .name: isImpossible = true
            case .number:
                edits.append(Redaction.Edit(range: piece.range, text: [0x22] + replacement(rule) + [0x22]))
            case .string:
                // The model is what the request was routed by.
                if path.steps.count == 1, path.text(bytes) == "model" { isImpossible = true }
                replace(find, in: text, by: replacement(rule))
            }
        }
    }

    mutating func read(joined pieces: [TextPiece], _ bytes: Span<UInt8>, _ path: BodyPath) {
        let texts = pieces.map { Unescaped(bytes.extracting($0.range), $0.kinds, at: $0.range.lowerBound) }
        let whole = Unescaped(joining: texts)
        for (find, rule) in finds(in: whole) {
            // What spans several parts is replaced in the first and left out of the others.
            var text = replacement(rule)
            var start = 0
            for part in texts {
                let own = find.clamped(to: start..<(start + part.bytes.count))
                start += part.bytes.count
                guard !own.isEmpty else { continue }
                let offset = start - part.bytes.count
                replace((own.lowerBound - offset)..<(own.upperBound - offset), in: part, by: text)
                text = []
            }
        }
    }

    private func replacement(_ rule: Int) -> [UInt8] { policy.replacements[rule] ?? [] }

    /// Everything that is to be replaced, by its place in the text as it is escaped once.
    private mutating func finds(in text: Unescaped) -> [(Range<Int>, rule: Int)] {
        var found: [(Range<Int>, rule: Int)] = []
        func look(_ inner: Unescaped?) {
            let bytes = inner?.bytes ?? text.bytes
            for finding in policy.replacing.scanAll(bytes.span) {
                // Where a search was given up nobody knows what there is to replace.
                if finding.isGivenUp || finding.range.isEmpty { isImpossible = true }
                guard !finding.range.isEmpty else { continue }
                found.append((inner?.source(of: finding.range) ?? finding.range, finding.rule))
            }
        }
        look(nil)
        let own = text.bytes
        let first = Unescaped(own.span, nil)
        for kinds in [Escape.Kinds.json, .all] {
            var hasOthers = Escape.mayHoldOthers(own.span)
            var inner = first.again(kinds)
            for _ in 0...Escape.depthLimit {
                guard let now = inner else { break }
                look(now)
                let bytes = now.bytes
                hasOthers = hasOthers || Escape.mayHoldOthers(bytes.span)
                inner = now.again(kinds)
            }
            if !hasOthers { break }
        }
        return found
    }

    /// Replaces a part of a string; in JSON that stands in a string only what is text there, so that it stays JSON.
    private mutating func replace(_ find: Range<Int>, in text: Unescaped, by replacement: [UInt8]) {
        guard let inner = InnerJSON(text.bytes) else {
            edits.append(Redaction.Edit(range: text.source(of: find), text: replacement))
            return
        }
        var replacement = replacement
        var isDone = false
        for piece in inner.pieces where piece.range.overlaps(find) {
            isDone = true
            if piece.kind == .number {
                // Quotes within a string.
                let quoted = [0x5c, 0x22] + replacement + [0x5c, 0x22]
                edits.append(Redaction.Edit(range: text.source(of: piece.range), text: quoted))
            } else {
                edits.append(
                    Redaction.Edit(range: text.source(of: piece.range.clamped(to: find)), text: replacement)
                )
            }
            replacement = []
        }
        if !isDone { isImpossible = true }
    }
}

/// A string that is JSON itself: the arguments of tool calls.
private struct InnerJSON: TextReader {
    /// Strings and numbers in it.
    private(set) var pieces: [TextPiece] = []

    private init() {}

    /// Nil for text that is no object and no list.
    init?(_ text: [UInt8]) {
        guard let first = text.first(where: { $0 > 0x20 }), first == 0x7b || first == 0x5b else { return nil }
        var walker = RequestWalker(InnerJSON(), names: nil)
        guard (try? walker.whole(text.span)) != nil else { return nil }
        self = walker.reader
    }

    mutating func sawOpaque() {}
    mutating func sawUnreadable() {}
    mutating func read(_ piece: TextPiece, _ bytes: Span<UInt8>, _ path: BodyPath) {
        if piece.kind != .name { pieces.append(piece) }
    }
    mutating func read(joined pieces: [TextPiece], _ bytes: Span<UInt8>, _ path: BodyPath) {}
}
