/// Patterns laid flat: plain arrays that matching only reads.
///
/// A program keeps all its globs in one pool, so a decision touches three arrays and no object.
struct GlobPool: Sendable {
    /// What a pattern amounts to; the first four need no token walk.
    enum Form: UInt8, Sendable {
        case exact, prefix, suffix, contains, general
    }

    /// One pattern without braces.
    struct Alternative: Sendable {
        var form: Form
        /// The literal of an exact, prefix, suffix or contains form; of a general one, the literal it starts with.
        var literalStart: UInt32
        var literalCount: UInt32
        /// Steps of a general form after its literal.
        var stepStart: UInt32
        var stepCount: UInt32
    }

    /// A token laid flat: kind, and a byte or a range of class ranges.
    struct Step: Sendable {
        enum Kind: UInt8, Sendable { case byte, anyCharacter, anyRun, oneOf, noneOf }
        var kind: Kind
        var byte: UInt8 = 0
        var classStart: UInt32 = 0
        var classCount: UInt16 = 0
    }

    private(set) var alternatives: [Alternative] = []
    private(set) var literals: [UInt8] = []
    private(set) var steps: [Step] = []
    private(set) var classes: [ClosedRange<UInt32>] = []

    init() {}

    /// Adds one pattern given as tokens.
    mutating func append(_ tokens: [GlobToken]) {
        let stars = tokens.filter { $0 == .anyRun }.count
        let isLiteral = tokens.allSatisfy { token in
            if case .byte = token { true } else { token == .anyRun }
        }
        let form: Form =
            if !isLiteral {
                .general
            } else if stars == 0 {
                .exact
            } else if stars == 1, tokens.last == .anyRun {
                .prefix
            } else if stars == 1, tokens.first == .anyRun {
                .suffix
            } else if stars == 2, tokens.count > 2, tokens.first == .anyRun, tokens.last == .anyRun {
                .contains
            } else {
                .general
            }
        var alternative = Alternative(
            form: form,
            literalStart: UInt32(literals.count),
            literalCount: 0,
            stepStart: UInt32(steps.count),
            stepCount: 0
        )
        var rest = tokens[...]
        if form == .suffix || form == .contains { rest = rest.dropFirst() }
        while case .byte(let byte)? = rest.first {
            literals.append(byte)
            alternative.literalCount += 1
            rest = rest.dropFirst()
        }
        if form == .general {
            for token in rest { steps.append(step(token)) }
            alternative.stepCount = UInt32(rest.count)
        }
        alternatives.append(alternative)
    }

    /// Adds all patterns of a glob and answers where they are.
    mutating func append(_ glob: Glob) -> Range<Int> {
        let start = alternatives.count
        for var alternative in glob.pool.alternatives {
            let from = Int(alternative.stepStart)
            let moved = glob.pool.steps[from..<(from + Int(alternative.stepCount))].map { step in
                var step = step
                step.classStart += UInt32(classes.count)
                return step
            }
            let literal = glob.pool.literal(of: alternative)
            alternative.literalStart = UInt32(literals.count)
            alternative.stepStart = UInt32(steps.count)
            literals += literal
            steps += moved
            alternatives.append(alternative)
        }
        classes += glob.pool.classes
        return start..<alternatives.count
    }

    private mutating func step(_ token: GlobToken) -> Step {
        switch token {
        case .byte(let byte): return Step(kind: .byte, byte: byte)
        case .anyCharacter: return Step(kind: .anyCharacter)
        case .anyRun: return Step(kind: .anyRun)
        case .oneOf(let ranges, let isNegated):
            let start = UInt32(classes.count)
            classes += ranges
            return Step(
                kind: isNegated ? .noneOf : .oneOf,
                classStart: start,
                classCount: UInt16(ranges.count)
            )
        }
    }

    /// The bytes that a pattern starts with or consists of.
    func literal(of alternative: Alternative) -> [UInt8] {
        let start = Int(alternative.literalStart)
        return Array(literals[start..<(start + Int(alternative.literalCount))])
    }

    /// True when any of the patterns in `range` takes the whole of `subject`.
    func matches(_ range: Range<Int>, _ subject: Span<UInt8>) -> Bool {
        for index in range where matches(index, subject) { return true }
        return false
    }

    private func matches(_ index: Int, _ subject: Span<UInt8>) -> Bool {
        let alternative = alternatives[index]
        let count = Int(alternative.literalCount)
        switch alternative.form {
        case .exact: return subject.count == count && hasLiteral(alternative, subject, at: 0)
        case .prefix: return subject.count >= count && hasLiteral(alternative, subject, at: 0)
        case .suffix: return subject.count >= count && hasLiteral(alternative, subject, at: subject.count - count)
        case .contains:
            guard subject.count >= count else { return false }
            for start in 0...(subject.count - count) where hasLiteral(alternative, subject, at: start) { return true }
            return false
        case .general:
            guard subject.count >= count, hasLiteral(alternative, subject, at: 0) else { return false }
            return walk(alternative, subject, from: count)
        }
    }

    private func hasLiteral(_ alternative: Alternative, _ subject: Span<UInt8>, at offset: Int) -> Bool {
        let start = Int(alternative.literalStart)
        for index in 0..<Int(alternative.literalCount) where literals[start + index] != subject[offset + index] {
            return false
        }
        return true
    }

    /// Two pointers and one place to come back to: the last star.
    private func walk(_ alternative: Alternative, _ subject: Span<UInt8>, from: Int) -> Bool {
        let end = Int(alternative.stepStart) + Int(alternative.stepCount)
        var step = Int(alternative.stepStart)
        var offset = from
        var starStep = -1
        var starOffset = 0
        while true {
            if step < end, steps[step].kind == .anyRun {
                starStep = step
                starOffset = offset
                step += 1
                continue
            }
            if offset == subject.count {
                if step == end { return true }
                // What is missing now stays missing when the star takes more.
                return false
            }
            let taken = step < end ? take(steps[step], subject, offset) : 0
            if taken > 0 {
                step += 1
                offset += taken
                continue
            }
            guard starStep >= 0 else { return false }
            starOffset += UTF8Step.decode(subject, starOffset).count
            offset = starOffset
            step = starStep + 1
        }
    }

    /// Bytes that one step takes at `offset`; 0 when it does not match.
    private func take(_ step: Step, _ subject: Span<UInt8>, _ offset: Int) -> Int {
        switch step.kind {
        case .byte: return subject[offset] == step.byte ? 1 : 0
        case .anyRun: return 0
        case .anyCharacter: return UTF8Step.decode(subject, offset).count
        case .oneOf, .noneOf:
            let (scalar, count) = UTF8Step.decode(subject, offset)
            let start = Int(step.classStart)
            var isInside = false
            for index in start..<(start + Int(step.classCount)) where classes[index].contains(scalar) {
                isInside = true
                break
            }
            return isInside == (step.kind == .oneOf) ? count : 0
        }
    }
}

extension GlobPool {
    /// A pattern as a route file would write it, braces spelled out.
    func text(of number: Int) -> String {
        let alternative = alternatives[number]
        let literal = literal(of: alternative).flatMap { Self.escaped($0) }
        var bytes: [UInt8]
        switch alternative.form {
        case .exact: bytes = literal
        case .prefix: bytes = literal + [UInt8(ascii: "*")]
        case .suffix: bytes = [UInt8(ascii: "*")] + literal
        case .contains: bytes = [UInt8(ascii: "*")] + literal + [UInt8(ascii: "*")]
        case .general:
            bytes = literal
            for step in steps[Int(alternative.stepStart)..<Int(alternative.stepStart + alternative.stepCount)] {
                bytes += text(of: step)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func escaped(_ byte: UInt8) -> [UInt8] {
        "*?[]{},\\".utf8.contains(byte) ? [UInt8(ascii: "\\"), byte] : [byte]
    }

    private func text(of step: Step) -> [UInt8] {
        switch step.kind {
        case .byte: return Self.escaped(step.byte)
        case .anyCharacter: return Array("?".utf8)
        case .anyRun: return Array("*".utf8)
        case .oneOf, .noneOf:
            let start = Int(step.classStart)
            let ranges = classes[start..<(start + Int(step.classCount))].map { range in
                let low = Unicode.Scalar(range.lowerBound).map(String.init) ?? "?"
                let high = Unicode.Scalar(range.upperBound).map(String.init) ?? "?"
                return low == high ? low : "\(low)-\(high)"
            }
            return Array("[\(step.kind == .noneOf ? "!" : "")\(ranges.joined())]".utf8)
        }
    }
}
