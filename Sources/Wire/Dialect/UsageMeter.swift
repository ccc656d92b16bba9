import Bytes
import Conversation
import JSON

/// Watches an answer that passes unchanged for what the provider counts, and measures its text in case it counts nothing.
///
/// Takes the payload as it comes, in pieces that end anywhere. Events and lines are searched where they stand; only one that
/// comes in pieces is put together, so nothing is allocated per event. What holds a usage object is then read by its
/// structure. After an event that ends the stream no count counts any more, but text does that comes all the same.
package struct UsageMeter {
    /// What was counted, and the text that went by.
    package private(set) var tally = StreamTally()
    /// What the provider says it counted, so far; zero is said, nil is not.
    package var usage: TokenUsage? { tally.usage }
    /// The output is counted, not only what was read.
    package var countsOutput: Bool { tally.countsOutput }
    /// An event came that ends the stream.
    package private(set) var hasEnded = false
    /// Anthropic's reason to end came, where the end is watched: only its last event is missing.
    package private(set) var hasReason = false

    /// The content block that is open in a stream of Anthropic's, where that is watched; nil when none is.
    package var openBlock: Int? { block < 0 ? nil : Int(block) }
    /// It stands in front of a line, all of those before were whole.
    package var isBetweenLines: Bool { isStream && !isCut && carried.isEmpty }
    /// Watches which block is open, and for an end without a count; only for who may have to end the stream.
    package var watchesEnd = false
    private var block: Int32 = -1

    private let format: ChatFormat?
    private var isStream: Bool
    private var shape = UsageShape()
    /// The beginning of a line that has not ended; of a whole answer, its last bytes.
    private var carried: [UInt8] = []
    /// The beginning of that line is not there.
    private var isCut = false
    /// That line ends the stream, and what makes it long is not text: Responses says all of the answer again in it.
    private var cutIsLast = false

    /// A line that comes in pieces is kept up to this size, of a larger one the end: there stands what is counted.
    private static let lineBytes = 16_384
    /// How large a usage object may be to be found across two pieces.
    package static let tailBytes = 4_096

    /// Begins before the first byte.
    ///
    /// * `format`: nil for what is no chat.
    /// * `isStream`: the body is events or lines; else it is one answer.
    package init(_ format: ChatFormat?, isStream: Bool) {
        self.format = format
        self.isStream = isStream
    }

    /// What comes from here on is events, though nothing had said so.
    package mutating func becomeStream() { (isStream, carried) = (true, []) }

    /// The stream is over: no count that follows counts.
    ///
    /// * `isWhole`: it came to its end, and was not broken off.
    package mutating func end(isWhole: Bool = true) {
        hasEnded = true
        if isWhole { tally.end() }
    }

    /// The body is complete: a last line needs no end.
    package mutating func finish() {
        guard isStream, !carried.isEmpty else { return carried = [] }
        takeCarried()
    }

    /// Bytes went by that nobody looked at.
    package mutating func skip() {
        carried = []
        (isCut, cutIsLast) = (isStream, false)
    }

    /// Takes the next piece; `isLast` when the body is known to end with it.
    package mutating func take(_ piece: Span<UInt8>, isLast: Bool = false) {
        guard !piece.isEmpty else { return }
        guard isStream else { return takeWhole(piece, isLast) }
        var start = 0
        if isCut || !carried.isEmpty {
            guard let end = Scan.find(0x0a, in: piece) else { return carry(piece) }
            carry(piece.extracting(...end))
            takeCarried()
            start = end + 1
        }
        let rest = piece.extracting(start...)
        var end = rest.count
        while end > 0, rest[end - 1] != 0x0a { end -= 1 }
        takeLines(rest.extracting(..<end))
        if end < rest.count { carry(rest.extracting(end...)) }
    }

    /// Keeps the beginning of a line.
    private mutating func carry(_ piece: Span<UInt8>) {
        let kept = min(piece.count, UsageMeter.lineBytes)
        if kept < piece.count || carried.count + kept > 2 * UsageMeter.lineBytes {
            let dropped = max(0, carried.count - (UsageMeter.lineBytes - kept))
            if !isCut { noteLast(piece) }
            carried.removeFirst(dropped)
            isCut = true
            // Nobody will read it again, so all of it counts as text.
            if !cutIsLast { tally.add(textBytes: dropped + piece.count - kept) }
        }
        for index in (piece.count - kept)..<piece.count { carried.append(piece[index]) }
    }

    /// Notes whether the line that is carried, and goes on with a piece, ends the stream, and what text it has.
    private mutating func noteLast(_ piece: Span<UInt8>) {
        guard format == .responses || format?.streamsLines == true else { return }
        var line = carried
        for index in 0..<min(piece.count, UsageMeter.lineBytes) { line.append(piece[index]) }
        cutIsLast = StreamEnd.begins(line.span, format)
        if cutIsLast { tally.add(textBytes: UsageText.count(line.span, format)) }
    }

    private mutating func takeCarried() {
        let line = carried
        carried = []
        if isCut {
            let isLast = cutIsLast
            (isCut, cutIsLast) = (false, false)
            if !isLast { tally.add(textBytes: line.count) }
            apply(UsageEvent(searching: line.span, format))
            if isLast { end() }
        } else {
            takeLines(line.span)
        }
    }

    // MARK: Lines

    /// Takes lines that are all there.
    private mutating func takeLines(_ lines: Span<UInt8>) {
        guard !lines.isEmpty else { return }
        if watchesEnd, format == .messages { noteBlock(lines) }
        var start = 0
        while !hasEnded, let hit = findUsage(lines, from: start) {
            var first = hit
            while first > 0, lines[first - 1] != 0x0a { first -= 1 }
            let end = Scan.find(0x0a, in: lines, from: hit) ?? lines.count
            // Text counts before what is told of it in the same event.
            tally.add(textBytes: UsageText.count(lines.extracting(start..<end), format))
            if saysEnd(lines.extracting(start..<first)) {
                self.end()
            } else {
                takeEvent(lines.extracting(first..<end))
            }
            start = end
        }
        tally.add(textBytes: UsageText.count(lines.extracting(start...), format))
        guard !hasEnded else { return }
        if watchesEnd {
            switch StreamEnd.said(in: lines, format) {
            case .ended: end()
            case .reason: hasReason = true
            case .open: break
            }
        } else if format == .messages, countsOutput, saysEnd(lines) {
            end()
        }
    }

    /// The last event that names a block opens it, goes on with it, or ends it; within texts every quote is escaped.
    private mutating func noteBlock(_ lines: Span<UInt8>) {
        let word: StaticString = "\"index\":"
        var place = lines.count - word.utf8CodeUnitCount
        while place >= 0, lines[place] != 0x22 || !ASCII.starts(lines.extracting(place...), with: word) { place -= 1 }
        guard place >= 0 else { return }
        var first = place
        while first > 0, lines[first - 1] != 0x0a { first -= 1 }
        guard Scan.find("content_block_stop", in: lines.extracting(first..<place)) == nil else { return block = -1 }
        var number: Int32 = 0
        var digit = place + word.utf8CodeUnitCount
        while digit < lines.count, lines[digit] == 0x20 { digit += 1 }
        while digit < lines.count, (0x30...0x39).contains(lines[digit]), number < 100_000 {
            number = number * 10 + Int32(lines[digit] - 0x30)
            digit += 1
        }
        block = number
    }

    /// Whether an event ends the stream and says nothing else: within texts every quote is escaped, and every line's end.
    private func saysEnd(_ lines: Span<UInt8>) -> Bool {
        guard format != .messages else { return Scan.find("\"message_stop\"", in: lines) != nil }
        let (word, name): (StaticString, StaticString) = ("[DONE]", "data:")
        var start = 0
        while let hit = Scan.find(word, in: lines, from: start) {
            start = hit + word.utf8CodeUnitCount
            let end = hit > 0 && lines[hit - 1] == 0x20 ? hit - 1 : hit
            let first = end - name.utf8CodeUnitCount
            guard first >= 0, ASCII.starts(lines.extracting(first...), with: name) else { continue }
            if first == 0 || lines[first - 1] == 0x0a || lines[first - 1] == 0x0d { return true }
        }
        return false
    }

    private func findUsage(_ lines: Span<UInt8>, from start: Int) -> Int? {
        switch format {
        case .gemini: UsageShape.findObject("\"usageMetadata\"", in: lines, from: start)?.member
        case .ollama, .generate: Scan.find("eval_count\"", in: lines, from: start)
        default: UsageShape.findObject("\"usage\"", in: lines, from: start)?.member
        }
    }

    private mutating func takeEvent(_ line: Span<UInt8>) {
        guard let start = Scan.find(0x7b, in: line) else { return }
        if let event = UsageEvent(line, from: start, format) {
            apply(event)
        } else {
            apply(UsageEvent(searching: line, format))
        }
    }

    private mutating func apply(_ event: UsageEvent) {
        guard !hasEnded, let said = event.shape, let later = said.said else { return }
        var usage = usage
        switch format {
        case .messages, .gemini:
            shape.update(said, replacesAll: format == .gemini)
            usage = shape.said
        default: if usage == nil { usage = later } else { usage?.update(later) }
        }
        tally.report(usage, told: event.countsOutput && later.output != nil ? usage?.output : nil)
        if event.isLast { end() }
    }

    // MARK: Whole answers

    private mutating func takeWhole(_ piece: Span<UInt8>, _ isLast: Bool) {
        // Who read all of it before, for its price, need not read it once more.
        guard !hasEnded else { return }
        if !carried.isEmpty {
            for index in 0..<min(piece.count, UsageMeter.tailBytes) { carried.append(piece[index]) }
            let joined = carried
            apply(UsageEvent(searching: joined.span, format))
            if piece.count < UsageMeter.tailBytes {
                carried.removeFirst(max(0, carried.count - UsageMeter.tailBytes))
            } else {
                carried = []
            }
        }
        apply(UsageEvent(searching: piece, format))
        guard !isLast else { return carried = [] }
        guard carried.isEmpty else { return }
        for index in max(0, piece.count - UsageMeter.tailBytes)..<piece.count { carried.append(piece[index]) }
    }
}

/// Measures the text in lines of a stream, for answers whose provider counts nothing.
enum UsageText {
    /// Bytes of text, thinking and arguments, escapes resolved.
    static func count(_ lines: Span<UInt8>, _ format: ChatFormat?) -> Int {
        switch format {
        case .chat, .messages, .responses: count("\"delta\"", lines)
        case .completions, .gemini: count("\"text\"", lines)
        case .ollama: count("\"message\"", lines)
        case .generate: count("\"response\"", lines)
        case nil: 0
        }
    }

    private static func count(_ member: StaticString, _ lines: Span<UInt8>) -> Int {
        var total = 0
        var start = 0
        while let hit = Scan.find(member, in: lines, from: start) {
            start = hit + member.utf8CodeUnitCount
            guard let value = JSONMembers.valueStart(lines, after: start) else { continue }
            var scanner = JSONScanner(at: value)
            var count = 0
            guard (try? add(&scanner, lines, isText: true, depth: 0, &count)) != nil else { continue }
            total += count
            start = scanner.position
        }
        return total
    }

    /// Levels of lists and objects that are looked into; a piece of a call's arguments has five.
    private static let depthLimit = 8

    /// Passes a value, and adds the strings in it that are text.
    private static func add(
        _ scanner: inout JSONScanner,
        _ bytes: Span<UInt8>,
        isText: Bool,
        depth: Int,
        _ total: inout Int
    ) throws(JSONFault) {
        let first = RequestMeasure.peek(&scanner, bytes) ?? 0
        switch first {
        case 0x22 where isText:
            let (text, isEscaped) = try scanner.skipString(bytes)
            total += isEscaped ? RequestMeasure.plainCount(bytes.extracting(text.range)) : Int(text.count)
        case 0x5b where depth < depthLimit:
            try scanner.expect(0x5b, "", bytes)
            if RequestMeasure.peek(&scanner, bytes) == 0x5d { return try scanner.expect(0x5d, "", bytes) }
            while true {
                try add(&scanner, bytes, isText: isText, depth: depth + 1, &total)
                if RequestMeasure.peek(&scanner, bytes) == 0x5d { return try scanner.expect(0x5d, "", bytes) }
                try scanner.expect(0x2c, "", bytes)
            }
        case 0x7b where depth < depthLimit: try addMembers(&scanner, bytes, depth: depth, &total)
        default: try scanner.skipValue(bytes)
        }
    }

    private static func addMembers(
        _ scanner: inout JSONScanner,
        _ bytes: Span<UInt8>,
        depth: Int,
        _ total: inout Int
    ) throws(JSONFault) {
        try scanner.expect(0x7b, "", bytes)
        if RequestMeasure.peek(&scanner, bytes) == 0x7d { return try scanner.expect(0x7d, "", bytes) }
        while true {
            scanner.skipSpace(bytes)
            let key = try scanner.skipString(bytes).text
            scanner.skipSpace(bytes)
            try scanner.expect(0x3a, "", bytes)
            switch role(bytes.extracting(key.range)) {
            case .text: try add(&scanner, bytes, isText: true, depth: depth + 1, &total)
            case .holder: try add(&scanner, bytes, isText: false, depth: depth + 1, &total)
            case .arguments:
                let isText = RequestMeasure.peek(&scanner, bytes) == 0x22
                let start = scanner.position
                try add(&scanner, bytes, isText: isText, depth: isText ? depth : depthLimit, &total)
                if !isText { total += scanner.position - start }
            case .other: try scanner.skipValue(bytes)
            }
            if RequestMeasure.peek(&scanner, bytes) == 0x7d { return try scanner.expect(0x7d, "", bytes) }
            try scanner.expect(0x2c, "", bytes)
        }
    }

    private enum Role { case text, holder, arguments, other }

    private static func role(_ key: Span<UInt8>) -> Role {
        switch key.count {
        case 4 where ASCII.starts(key, with: "text"), 7 where ASCII.starts(key, with: "content"),
            7 where ASCII.starts(key, with: "refusal"), 8 where ASCII.starts(key, with: "thinking"),
            9 where ASCII.starts(key, with: "reasoning"), 12 where ASCII.starts(key, with: "partial_json"),
            17 where ASCII.starts(key, with: "reasoning_content"):
            .text
        case 8 where ASCII.starts(key, with: "function"), 10 where ASCII.starts(key, with: "tool_calls"),
            13 where ASCII.starts(key, with: "function_call"):
            .holder
        case 9 where ASCII.starts(key, with: "arguments"): .arguments
        default: .other
        }
    }
}
