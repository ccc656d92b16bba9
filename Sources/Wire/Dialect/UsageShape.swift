import Bytes
import Conversation
import JSON

/// Reads what a provider says it counted, where a body passes unchanged.
///
/// Knows the names of every format at once; no two of them mean different things by the same one.
package struct UsageShape: Equatable, Sendable {
    private var input: Int?
    private var output: Int?
    private var total: Int?
    /// What OpenAI and its imitators say of the cache, which is part of the input.
    private var cached: Int?
    private var cachedBeside: Int?
    private var written: Int?
    private var reasoning: Int?
    /// Anthropic's cached tokens, which its `input_tokens` leaves out.
    private var leftOutRead: Int?
    private var leftOutWritten: Int?
    /// Gemini's thoughts and prompts of tools, which its other counts leave out.
    private var thoughts: Int?
    private var toolPrompt: Int?

    init() {}

    /// Reads a usage object of any format; nil when it says nothing.
    package static func read(_ object: Span<UInt8>) -> TokenUsage? {
        var shape = UsageShape()
        return shape.readMembers(object, from: 0) == nil ? nil : shape.said
    }

    /// Nil when nothing was said; zero is something.
    var said: TokenUsage? {
        var usage = TokenUsage()
        usage.input = UsageShape.sum(UsageShape.sum(input, toolPrompt), UsageShape.sum(leftOutRead, leftOutWritten))
        usage.output = UsageShape.sum(output, thoughts)
        usage.cachedInput = leftOutRead ?? cached ?? cachedBeside
        usage.cacheWrite = leftOutWritten ?? written
        usage.reasoning = thoughts ?? reasoning
        usage.total = total
        guard !usage.isEmpty else { return nil }
        // xAI counts thinking beside the completion, OpenAI within it; the total tells which.
        if thoughts == nil, let input = usage.input, let output = usage.output, let reasoning, reasoning > 0,
            total == input + output + reasoning
        {
            usage.output = output + reasoning
        }
        return usage
    }

    private static func sum(_ first: Int?, _ second: Int?) -> Int? {
        guard let first else { return second }
        return first + (second ?? 0)
    }

    /// Takes over what a later report of the same stream says.
    ///
    /// Gemini's counts no more than what stands beside its total; others leave out what has not changed.
    mutating func update(_ later: UsageShape, replacesAll: Bool) {
        if replacesAll, later.total != nil {
            self = later
            return
        }
        input = later.input ?? input
        output = later.output ?? output
        total = later.total ?? total
        cached = later.cached ?? cached
        cachedBeside = later.cachedBeside ?? cachedBeside
        written = later.written ?? written
        reasoning = later.reasoning ?? reasoning
        leftOutRead = later.leftOutRead ?? leftOutRead
        leftOutWritten = later.leftOutWritten ?? leftOutWritten
        thoughts = later.thoughts ?? thoughts
        toolPrompt = later.toolPrompt ?? toolPrompt
    }

    /// Reads the members of the object that begins at `start`; answers where it ends, nil when it is not whole.
    mutating func readMembers(_ bytes: Span<UInt8>, from start: Int) -> Int? {
        var shape = self
        let end = JSONMembers.each(of: bytes, from: start) { key, value in
            shape.take(bytes.extracting(key), bytes.extracting(value))
        }
        if end != nil { self = shape }
        return end
    }

    /// Takes one member of a usage object, or of the events of formats that count beside everything else.
    mutating func take(_ key: Span<UInt8>, _ value: Span<UInt8>) {
        guard let first = value.isEmpty ? nil : value[0] else { return }
        if ASCII.isDigit(first) { return count(key, ObjectFields.integer(value)) }
        guard first == 0x7b else { return }
        switch key.count {
        case 20 where ASCII.starts(key, with: "input_tokens_details"),
            21 where ASCII.starts(key, with: "prompt_tokens_details"):
            cached = ObjectFields.integerValue(of: "cached_tokens", in: value) ?? cached
            written = ObjectFields.integerValue(of: "cache_write_tokens", in: value) ?? written
        case 21 where ASCII.starts(key, with: "output_tokens_details"),
            25 where ASCII.starts(key, with: "completion_tokens_details"):
            reasoning =
                ObjectFields.integerValue(of: "reasoning_tokens", in: value)
                ?? ObjectFields.integerValue(of: "thinking_tokens", in: value) ?? reasoning
        default: break
        }
    }

    private mutating func count(_ key: Span<UInt8>, _ number: Int?) {
        guard let number else { return }
        switch key.count {
        case 10 where ASCII.starts(key, with: "eval_count"): output = number
        case 12 where ASCII.starts(key, with: "input_tokens"): input = input ?? number
        case 12 where ASCII.starts(key, with: "total_tokens"): total = number
        case 13 where ASCII.starts(key, with: "prompt_tokens"): input = number
        case 13 where ASCII.starts(key, with: "output_tokens"): output = output ?? number
        case 13 where ASCII.starts(key, with: "cached_tokens"),
            17 where ASCII.starts(key, with: "num_cached_tokens"),
            23 where ASCII.starts(key, with: "prompt_cache_hit_tokens"):
            cachedBeside = cachedBeside ?? number
        case 15 where ASCII.starts(key, with: "totalTokenCount"): total = number
        case 16 where ASCII.starts(key, with: "promptTokenCount"): input = number
        case 17 where ASCII.starts(key, with: "completion_tokens"): output = number
        case 17 where ASCII.starts(key, with: "prompt_eval_count"): input = number
        case 18 where ASCII.starts(key, with: "thoughtsTokenCount"): thoughts = number
        case 18 where ASCII.starts(key, with: "responseTokenCount"): output = output ?? number
        case 20 where ASCII.starts(key, with: "candidatesTokenCount"): output = number
        case 23 where ASCII.starts(key, with: "toolUsePromptTokenCount"): toolPrompt = number
        case 23 where ASCII.starts(key, with: "cachedContentTokenCount"): cached = number
        case 23 where ASCII.starts(key, with: "cache_read_input_tokens"): leftOutRead = number
        case 27 where ASCII.starts(key, with: "cache_creation_input_tokens"): leftOutWritten = number
        default: break
        }
    }

    // MARK: Searching

    /// Finds the last `"usage":{…}` that is complete in a piece of a body.
    ///
    /// A search, not a parse: the piece may begin anywhere. Inside a JSON string the quotes would be escaped, so text
    /// that talks about usage is not taken for it.
    package static func findMember(in bytes: Span<UInt8>) -> TokenUsage? { search("\"usage\"", in: bytes)?.said }

    /// The same for a member of any name, quotes included; nil when no such object says anything.
    static func search(_ member: StaticString, in bytes: Span<UInt8>) -> UsageShape? {
        var found: UsageShape?
        var start = 0
        while let hit = findObject(member, in: bytes, from: start) {
            var shape = UsageShape()
            guard let end = shape.readMembers(bytes, from: hit.object) else {
                start = hit.object
                continue
            }
            start = end
            guard shape.said != nil else { continue }
            // Groq's compound models tell the parts of a sum behind it.
            let isPart = found != nil && Scan.find("\"usage_breakdown\"", in: bytes.extracting(..<hit.member)) != nil
            if !isPart { found = shape }
        }
        return found
    }

    /// Where the first member of this name stands whose value is an object, and where that begins.
    static func findObject(
        _ member: StaticString,
        in bytes: Span<UInt8>,
        from start: Int
    ) -> (member: Int, object: Int)? {
        var start = start
        while let hit = Scan.find(member, in: bytes, from: start) {
            start = hit + member.utf8CodeUnitCount
            if hit > 0, bytes[hit - 1] == 0x5c { continue }
            guard let value = JSONMembers.valueStart(bytes, after: start), bytes[value] == 0x7b else { continue }
            return (hit, value)
        }
        return nil
    }

    /// The counts that Ollama says beside everything else, wherever they stand in a piece of a body.
    static func searchCounts(in bytes: Span<UInt8>) -> UsageShape? {
        var shape = UsageShape()
        shape.input = lastNumber("\"prompt_eval_count\"", in: bytes)
        shape.output = lastNumber("\"eval_count\"", in: bytes)
        return shape.said == nil ? nil : shape
    }

    private static func lastNumber(_ member: StaticString, in bytes: Span<UInt8>) -> Int? {
        var found: Int?
        var start = 0
        while let hit = Scan.find(member, in: bytes, from: start) {
            start = hit + member.utf8CodeUnitCount
            guard let value = JSONMembers.valueStart(bytes, after: start) else { continue }
            var end = value
            while end < bytes.count, ASCII.isDigit(bytes[end]) { end += 1 }
            // A number that the piece ends with may go on in the next.
            guard end > value, end < bytes.count else { continue }
            found = ObjectFields.integer(bytes.extracting(value..<end)) ?? found
        }
        return found
    }
}

/// Steps over the members of one object in a piece that may end anywhere.
enum JSONMembers {
    /// Calls with each key, between its quotes, and each value; answers where the object ends, nil when it is not whole.
    static func each(
        of bytes: Span<UInt8>,
        from start: Int,
        _ body: (_ key: Range<Int>, _ value: Range<Int>) -> Void
    ) -> Int? {
        var scanner = JSONScanner(at: start)
        do {
            try scanner.expect(0x7b, "", bytes)
            scanner.skipSpace(bytes)
            if scanner.position < bytes.count, bytes[scanner.position] == 0x7d { return scanner.position + 1 }
            while true {
                scanner.skipSpace(bytes)
                let key = try scanner.skipString(bytes).text
                scanner.skipSpace(bytes)
                try scanner.expect(0x3a, "", bytes)
                scanner.skipSpace(bytes)
                let value = scanner.position
                try scanner.skipValue(bytes)
                body(key.range, value..<scanner.position)
                scanner.skipSpace(bytes)
                if scanner.position < bytes.count, bytes[scanner.position] == 0x7d { return scanner.position + 1 }
                try scanner.expect(0x2c, "", bytes)
            }
        } catch { return nil }
    }

    /// Where the value begins of a member whose key ends at `offset`; nil when no colon and value stand there.
    static func valueStart(_ bytes: Span<UInt8>, after offset: Int) -> Int? {
        var scanner = JSONScanner(at: offset)
        scanner.skipSpace(bytes)
        guard scanner.position < bytes.count, bytes[scanner.position] == 0x3a else { return nil }
        scanner = JSONScanner(at: scanner.position + 1)
        scanner.skipSpace(bytes)
        return scanner.position < bytes.count ? scanner.position : nil
    }
}
