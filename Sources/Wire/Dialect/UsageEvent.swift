import Bytes
import Conversation
import JSON

/// What one event of a stream says of usage, read by its structure.
struct UsageEvent {
    /// What is counted in it; nil when it counts nothing.
    private(set) var shape: UsageShape?
    /// It counts the output as it stands; Anthropic's first event counts only what was read.
    private(set) var countsOutput = true
    /// It carries usage and nothing else: OpenAI's `choices` are empty.
    private(set) var isBare = false
    /// No event after it counts.
    private(set) var isLast = false

    /// Reads the JSON object that begins at `start`; nil when it is not whole.
    init?(_ bytes: Span<UInt8>, from start: Int, _ format: ChatFormat?) {
        var event = UsageEvent()
        var (hasNoChoices, isBeginning) = (false, false)
        let end = JSONMembers.each(of: bytes, from: start) { key, value in
            let word = bytes.extracting(key)
            let isObject = bytes[value.lowerBound] == 0x7b
            switch format {
            case .gemini:
                if isObject, ASCII.equals(word, "usageMetadata") { event.read(bytes, value) }
            case .ollama, .generate:
                if ASCII.equals(word, "done") { event.isLast = bytes[value.lowerBound] == 0x74 }
                var shape = event.shape ?? UsageShape()
                shape.take(word, bytes.extracting(value))
                if shape.said != nil { event.shape = shape }
            default:
                if isObject, ASCII.equals(word, "usage") {
                    event.read(bytes, value)
                    event.countsOutput = true
                } else if format == .responses, ASCII.equals(word, "type") {
                    isBeginning = UsageEvent.begins(bytes.extracting(value))
                } else if ASCII.equals(word, "choices") {
                    hasNoChoices = UsageEvent.isEmptyList(bytes.extracting(value))
                    if !hasNoChoices, event.shape == nil, let shape = UsageEvent.ofChoice(bytes.extracting(value)) {
                        event.shape = shape
                    }
                } else if isObject {
                    event.readInner(word, bytes, value, format)
                }
            }
        }
        guard end != nil else { return nil }
        // What is told before the first word is no count of the answer.
        if isBeginning { (event.isLast, event.countsOutput) = (false, false) }
        event.isBare = hasNoChoices && event.shape != nil
        self = event
    }

    /// What of an event is there, wherever it begins and ends.
    init(searching bytes: Span<UInt8>, _ format: ChatFormat?) {
        switch format {
        case .gemini: shape = UsageShape.search("\"usageMetadata\"", in: bytes)
        case .ollama, .generate: shape = UsageShape.searchCounts(in: bytes)
        default: shape = UsageShape.search("\"usage\"", in: bytes)
        }
    }

    private init() {}

    private mutating func read(_ bytes: Span<UInt8>, _ value: Range<Int>) {
        var shape = UsageShape()
        guard shape.readMembers(bytes, from: value.lowerBound) != nil, shape.said != nil else { return }
        self.shape = shape
    }

    /// Usage within another member: Anthropic's `message`, the `response` of Responses, Groq's `x_groq`.
    private mutating func readInner(
        _ word: Span<UInt8>,
        _ bytes: Span<UInt8>,
        _ value: Range<Int>,
        _ format: ChatFormat?
    ) {
        let isMessage = format == .messages && ASCII.equals(word, "message")
        let isResponse = format == .responses && ASCII.equals(word, "response")
        guard isMessage || isResponse || ASCII.equals(word, "x_groq"), shape == nil else { return }
        var found: UsageShape?
        _ = JSONMembers.each(of: bytes, from: value.lowerBound) { key, value in
            guard bytes[value.lowerBound] == 0x7b, ASCII.equals(bytes.extracting(key), "usage") else { return }
            var shape = UsageShape()
            if shape.readMembers(bytes, from: value.lowerBound) != nil, shape.said != nil { found = shape }
        }
        guard let found else { return }
        shape = found
        countsOutput = !isMessage
        isLast = isResponse
    }

    /// The quoted type of an event of Responses that stands before the answer.
    private static func begins(_ type: Span<UInt8>) -> Bool {
        ASCII.equals(type, "\"response.created\"") || ASCII.equals(type, "\"response.in_progress\"")
            || ASCII.equals(type, "\"response.queued\"")
    }

    private static func isEmptyList(_ value: Span<UInt8>) -> Bool {
        guard value.count >= 2, value[0] == 0x5b else { return false }
        var scanner = JSONScanner(at: 1)
        scanner.skipSpace(value)
        return value[scanner.position] == 0x5d
    }

    /// Moonshot counts within the choice that ends.
    private static func ofChoice(_ choices: Span<UInt8>) -> UsageShape? {
        guard let start = Scan.find(0x7b, in: choices) else { return nil }
        var found: UsageShape?
        _ = JSONMembers.each(of: choices, from: start) { key, value in
            guard choices[value.lowerBound] == 0x7b, ASCII.equals(choices.extracting(key), "usage") else { return }
            var shape = UsageShape()
            if shape.readMembers(choices, from: value.lowerBound) != nil, shape.said != nil { found = shape }
        }
        return found
    }
}
