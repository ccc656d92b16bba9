import Routing

/// What a content rule looks for: any of these.
package struct ContentRule: Sendable {
    package var builtins: [Builtin]
    package var pattern: ContentPattern?
    /// What stands in place of what was found (`privacy.rules[].redact`); nil leaves the text alone.
    package var replacement: [UInt8]?
    package init(builtins: [Builtin] = [], pattern: ContentPattern? = nil, replacement: [UInt8]? = nil) {
        self.builtins = builtins
        self.pattern = pattern
        self.replacement = replacement
    }
}

/// A place in a text that a rule speaks of.
package struct Finding: Equatable, Sendable {
    package enum Source: Equatable, Sendable {
        case builtin(Builtin)
        case pattern
    }
    /// Position in the scanner's rules.
    package let rule: Int
    package let source: Source
    /// Bytes of the text; from the place where the search began when it was given up.
    package let range: Range<Int>
    /// The search took too many steps and counts as a find (`routes.md` 3.4, fail closed).
    package let isGivenUp: Bool

    /// Names a find.
    package init(rule: Int, source: Source, range: Range<Int>, isGivenUp: Bool) {
        self.rule = rule
        self.source = source
        self.range = range
        self.isGivenUp = isGivenUp
    }
}

/// Looks for what rules name in the text of requests.
///
/// One pass over the text tells which patterns could match at all; only those run, each on its own: a merged one is slower
/// (`routes.md` F6).
package struct ContentScanner: Sendable {
    private struct Detector: Sendable {
        let pattern: ContentPattern
        let check: Builtin.Check
        /// The pattern runs when one of these bits was seen; nil runs it always.
        let bits: UInt64?
    }
    private struct Source: Sendable {
        let name: Finding.Source
        let detectors: Range<Int>
    }

    private var seenBytes = SeenBytes()
    private var detectors: [Detector] = []
    /// For each rule.
    private var sources: [[Source]] = []
    /// Some pattern runs on every text.
    private var alwaysRuns = false

    /// Makes ready for rules; findings name them by position.
    package init(_ rules: [ContentRule], matchLimit: Int = ContentPattern.standardMatchLimit) {
        var known: [Builtin: Range<Int>] = [:]
        for rule in rules {
            var all: [Source] = []
            for builtin in rule.builtins {
                let range = known[builtin] ?? add(builtin.shapes, matchLimit)
                known[builtin] = range
                all.append(Source(name: .builtin(builtin), detectors: range))
            }
            if let pattern = rule.pattern {
                add(pattern, .none)
                all.append(Source(name: .pattern, detectors: detectors.count - 1..<detectors.count))
            }
            sources.append(all)
        }
    }

    private mutating func add(_ shapes: [Builtin.Shape], _ matchLimit: Int) -> Range<Int> {
        let start = detectors.count
        for shape in shapes {
            // A test compiles every one of them, so none is lost here.
            if let pattern = try? ContentPattern(parsing: shape.pattern, flags: shape.flags, matchLimit: matchLimit) {
                add(pattern, shape.check)
            }
        }
        return start..<detectors.count
    }

    private mutating func add(_ pattern: ContentPattern, _ check: Builtin.Check) {
        let bits = RequiredBytes(of: pattern.tree).flatMap { seenBytes.bits(of: $0) }
        detectors.append(Detector(pattern: pattern, check: check, bits: bits))
        if bits == nil { alwaysRuns = true }
    }

    /// The first find of every source of every rule, in their order, but for the rules that have `fired`; then what only the
    /// folded text has.
    package func scan(_ text: Span<UInt8>, without fired: [Bool] = []) -> [Finding] {
        let seen = seenBytes.mask(of: text)
        let findings = first(text, seen, without: fired)
        return findings
            + inFolded(text, seen) { folded, seen in
                var known = fired + [Bool](repeating: false, count: max(sources.count - fired.count, 0))
                for finding in findings { known[finding.rule] = true }
                return first(folded, seen, without: known)
            }
    }

    /// Every find of every source of every rule, by place within a source: what redaction covers.
    ///
    /// Those of the folded text come last, and may be some of the others.
    package func scanAll(_ text: Span<UInt8>) -> [Finding] {
        let seen = seenBytes.mask(of: text)
        return all(text, seen) + inFolded(text, seen) { all($0, $1) }
    }

    /// Looks at a text as it is folded, if it is; places are those of the text itself.
    private func inFolded(
        _ text: Span<UInt8>,
        _ seen: UInt64,
        _ look: (Span<UInt8>, UInt64) -> [Finding]
    ) -> [Finding] {
        guard seen & SeenBytes.foldBit != 0, let folded = Folding.folded(text) else { return [] }
        let findings = look(folded.span, seenBytes.mask(of: folded.span))
        guard !findings.isEmpty else { return [] }
        let (starts, ends) = Folding.places(text)
        return findings.map { finding in
            let range = finding.range
            let start = range.lowerBound < starts.count ? starts[range.lowerBound] : text.count
            return Finding(
                rule: finding.rule,
                source: finding.source,
                range: start..<(range.isEmpty ? start : ends[range.upperBound - 1]),
                isGivenUp: finding.isGivenUp
            )
        }
    }

    private func first(_ text: Span<UInt8>, _ seen: UInt64, without fired: [Bool]) -> [Finding] {
        var findings: [Finding] = []
        forEachSource(seen, without: fired) { rule, source, open in
            var first: Finding?
            for index in source.detectors where open(index) {
                search(detectors[index], text, rule, source.name) { finding in
                    if first.map({ finding.range.lowerBound < $0.range.lowerBound }) ?? true { first = finding }
                    return false
                }
            }
            if let first { findings.append(first) }
        }
        return findings
    }

    private func all(_ text: Span<UInt8>, _ seen: UInt64) -> [Finding] {
        var findings: [Finding] = []
        forEachSource(seen) { rule, source, open in
            var all: [Finding] = []
            for index in source.detectors where open(index) {
                search(detectors[index], text, rule, source.name) { finding in
                    all.append(finding)
                    return true
                }
            }
            findings += all.sorted { $0.range.lowerBound < $1.range.lowerBound }
        }
        return findings
    }

    /// The same without the shared pass: what tests compare with.
    package var ungated: ContentScanner {
        var copy = self
        copy.detectors = detectors.map { Detector(pattern: $0.pattern, check: $0.check, bits: nil) }
        copy.alwaysRuns = true
        return copy
    }
    /// Patterns that run on every text.
    package var alwaysRunning: Int { detectors.count { $0.bits == nil } }
    /// Patterns in all.
    package var detectorCount: Int { detectors.count }

    private func forEachSource(
        _ seen: UInt64,
        without fired: [Bool] = [],
        _ body: (Int, Source, (Int) -> Bool) -> Void
    ) {
        // Most text holds nothing that any pattern needs.
        guard seen & ~SeenBytes.foldBit != 0 || alwaysRuns else { return }
        for (rule, all) in sources.enumerated() where rule >= fired.count || !fired[rule] {
            for source in all { body(rule, source) { detectors[$0].bits.map { $0 & seen != 0 } ?? true } }
        }
    }

    /// Calls with each find until the answer is false.
    private func search(
        _ detector: Detector,
        _ text: Span<UInt8>,
        _ rule: Int,
        _ source: Finding.Source,
        _ found: (Finding) -> Bool
    ) {
        var offset = 0
        while offset <= text.count {
            switch detector.pattern.search(text, from: offset) {
            case .none: return
            case .limit:
                _ = found(Finding(rule: rule, source: source, range: offset..<text.count, isGivenUp: true))
                return
            case .match(let range):
                guard let accepted = detector.check.accepted(range, in: text) else {
                    // Matches with a check begin with an ASCII character.
                    offset = range.lowerBound + 1
                    continue
                }
                guard found(Finding(rule: rule, source: source, range: accepted, isGivenUp: false)) else { return }
                offset = accepted.isEmpty ? next(after: accepted.upperBound, in: text) : accepted.upperBound
            }
        }
    }

    /// The beginning of the next character.
    private func next(after offset: Int, in text: Span<UInt8>) -> Int {
        var offset = offset + 1
        while offset < text.count, text[offset] & 0xc0 == 0x80 { offset += 1 }
        return offset
    }
}
