import Bytes
import JSON

/// What an answer tells a second time, in pieces: its tokens with their probabilities and bytes, its words with their times.
///
/// Nothing in it can be replaced, because pieces and numbers would no longer fit each other; so it is read here and left
/// out as a whole.
struct ShadowText {
    /// Pieces that follow one another, joined: those that were chosen, and the alternatives of each rank.
    private(set) var joined: [[UInt8]] = []
    /// Every string and unknown name by itself.
    private(set) var singles: [[UInt8]] = []

    /// What one of several runs of pieces is made of.
    private struct Run: Hashable {
        /// Place among the alternatives; -1 for what was chosen.
        let rank: Int
        let isBytes: Bool
    }
    private struct Place {
        var name: [UInt8] = []
        var rank = -1
        /// Where the nearest list stands.
        var index = 0
        var isAlternative = false
        /// The rank is that of a name, not of a place in a list.
        var isNamed = false
    }
    private var runs: [Run: [UInt8]] = [:]
    private var words: [UInt8] = []
    private var scanner = JSONScanner()

    /// Reads one whole value.
    init(_ bytes: Span<UInt8>) throws(JSONFault) {
        // Depth is bounded there.
        var whole = JSONScanner()
        try whole.skipValue(bytes)
        try value(Place(), bytes)
        joined = runs.sorted { ($0.key.rank, $0.value.count) < ($1.key.rank, $1.value.count) }.map(\.value)
        if !words.isEmpty { joined.append(words) }
    }

    private mutating func value(_ place: Place, _ bytes: Span<UInt8>) throws(JSONFault) {
        scanner.skipSpace(bytes)
        switch bytes[scanner.position] {
        case UInt8(ascii: "{"): try members(place, bytes)
        case UInt8(ascii: "["): try elements(place, bytes)
        case UInt8(ascii: "\""): take(try string(bytes), place)
        default:
            let start = scanner.position
            guard try scanner.skipValue(bytes) == .number, place.name == Array("bytes".utf8) else { return }
            let text = (start..<scanner.position).map { Character(Unicode.Scalar(bytes[$0])) }
            if let byte = UInt8(String(text)) { runs[Run(rank: place.rank, isBytes: true), default: []].append(byte) }
        }
    }

    private mutating func string(_ bytes: Span<UInt8>) throws(JSONFault) -> [UInt8] {
        let (range, _) = try scanner.skipString(bytes)
        return JSONText.unescape(bytes.extracting(range.range))
    }

    private mutating func take(_ text: [UInt8], _ place: Place) {
        singles.append(text)
        switch String(decoding: place.name, as: UTF8.self) {
        case "token", "tokens", "decoded_token":
            runs[Run(rank: place.rank, isBytes: false), default: []] += text
        case "word":
            runs[Run(rank: place.rank, isBytes: false), default: []] += text
            words += (words.isEmpty ? [] : [0x20]) + text
        default: break
        }
    }

    private mutating func members(_ place: Place, _ bytes: Span<UInt8>) throws(JSONFault) {
        try scanner.expect(UInt8(ascii: "{"), "an object should begin here", bytes)
        var index = 0
        while try !isAtEnd(UInt8(ascii: "}"), bytes) {
            var inner = place
            inner.name = try string(bytes)
            scanner.skipSpace(bytes)
            try scanner.expect(UInt8(ascii: ":"), "a colon is missing after a key", bytes)
            scanner.skipSpace(bytes)
            if inner.name.starts(with: Array("top".utf8)) { inner.isAlternative = true }
            if Self.names.value(of: inner.name.span) == 0 {
                // The alternatives of one place are named by themselves, or by their numbers.
                inner.isAlternative = true
                inner.isNamed = true
                inner.rank = index
                if bytes[scanner.position] == UInt8(ascii: "{") {
                    singles.append(inner.name)
                } else {
                    take(inner.name, Place(name: Array("token".utf8), rank: index))
                }
            } else if place.isAlternative, place.rank < 0 || !place.isNamed {
                inner.rank = place.index
            }
            try value(inner, bytes)
            index += 1
        }
    }

    private mutating func elements(_ place: Place, _ bytes: Span<UInt8>) throws(JSONFault) {
        try scanner.expect(UInt8(ascii: "["), "an array should begin here", bytes)
        var inner = place
        inner.index = 0
        while try !isAtEnd(UInt8(ascii: "]"), bytes) {
            try value(inner, bytes)
            inner.index += 1
        }
    }

    /// Passes a comma, or the end of a container.
    private mutating func isAtEnd(_ end: UInt8, _ bytes: Span<UInt8>) throws(JSONFault) -> Bool {
        scanner.skipSpace(bytes)
        if bytes[scanner.position] == UInt8(ascii: ",") { try scanner.expect(UInt8(ascii: ","), "", bytes) }
        scanner.skipSpace(bytes)
        guard bytes[scanner.position] == end else { return false }
        try scanner.expect(end, "", bytes)
        return true
    }

    private static let names = WordTable(
        """
        token tokens bytes logprob logprobs top_logprobs token_logprobs text_offset content refusal chosenCandidates
        topCandidates candidates tokenId logProbability logProbabilitySum word start end decoded_token rank speaker
        score probability confidence
        """.split(whereSeparator: \.isWhitespace).map { (String($0), 1) }
    )
}
