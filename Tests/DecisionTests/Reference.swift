import Decision
import Routing

/// The definition of `match` (`routes.md` 2.6), written straight down; shares nothing with the tree or its globs.
struct ReferenceRoute {
    var apis: [API]?
    var stream: Bool?
    var models: [String]?
    var paths: [String]?
    var methods: [String]?
    var headers: [(name: String, matchers: [String])] = []

    func takes(_ request: ReferenceRequest) -> Bool {
        if let apis, !apis.contains(request.api) { return false }
        if let stream, stream != request.stream { return false }
        if let models {
            guard !request.model.isEmpty, models.contains(where: { ReferenceGlob.matches($0, request.model) }) else {
                return false
            }
        }
        if let paths { guard paths.contains(where: { ReferenceGlob.matches($0, request.path) }) else { return false } }
        if let methods, !methods.contains(request.method) { return false }
        for (name, matchers) in headers {
            guard let value = request.headers[name] else { return false }
            guard matchers.contains(where: { Self.fits($0, value) }) else { return false }
        }
        return true
    }

    /// The few patterns the generator uses, spelled out.
    private static func fits(_ matcher: String, _ value: String) -> Bool {
        switch matcher {
        case "re:a+": !value.isEmpty && value.allSatisfy { $0 == "a" }
        case "re:[ab]b": value == "ab" || value == "bb"
        case "re:(?:ab)*": value.isEmpty || value == "ab" || value == "abab"
        default: ReferenceGlob.matches(matcher, value)
        }
    }
}

struct ReferenceRequest {
    var api = API.chat
    var stream = false
    var model = ""
    var path = "/v1/chat/completions"
    var method = "POST"
    var headers: [String: String] = [:]
}

/// Globs by recursion over characters.
enum ReferenceGlob {
    static func matches(_ pattern: String, _ text: String) -> Bool {
        expanded(Array(pattern)).contains { match($0[...], Array(text.unicodeScalars)[...]) }
    }

    private enum Piece { case run, one, exactly(Unicode.Scalar), within([(Unicode.Scalar, Unicode.Scalar)], Bool) }

    /// Braces written out, left to right.
    private static func expanded(_ pattern: [Character]) -> [[Piece]] {
        var rest = pattern[...]
        return sequence(&rest, isNested: false)
    }

    private static func sequence(_ rest: inout ArraySlice<Character>, isNested: Bool) -> [[Piece]] {
        guard let first = rest.first else { return [[]] }
        if isNested, first == "," || first == "}" { return [[]] }
        var heads: [[Piece]]
        switch first {
        case "{":
            heads = []
            repeat {
                rest.removeFirst()
                heads += sequence(&rest, isNested: true)
            } while rest.first == ","
            rest.removeFirst()
        case "*":
            rest.removeFirst()
            heads = [[.run]]
        case "?":
            rest.removeFirst()
            heads = [[.one]]
        case "[": heads = [[set(&rest)]]
        case "\\":
            rest.removeFirst()
            heads = [rest.removeFirst().unicodeScalars.map { .exactly($0) }]
        default:
            rest.removeFirst()
            heads = [first.unicodeScalars.map { .exactly($0) }]
        }
        let tails = sequence(&rest, isNested: isNested)
        return heads.flatMap { head in tails.map { head + $0 } }
    }

    private static func set(_ rest: inout ArraySlice<Character>) -> Piece {
        rest.removeFirst()
        var isNegated = false
        if rest.first == "!" {
            isNegated = true
            rest.removeFirst()
        }
        var ranges: [(Unicode.Scalar, Unicode.Scalar)] = []
        while rest.first != "]" {
            let low = rest.removeFirst().unicodeScalars.first ?? " "
            var high = low
            if rest.first == "-", rest.dropFirst().first != "]" {
                rest.removeFirst()
                high = rest.removeFirst().unicodeScalars.first ?? " "
            }
            ranges.append((low, high))
        }
        rest.removeFirst()
        return .within(ranges, isNegated)
    }

    private static func match(_ pieces: ArraySlice<Piece>, _ text: ArraySlice<Unicode.Scalar>) -> Bool {
        guard let piece = pieces.first else { return text.isEmpty }
        let rest = pieces.dropFirst()
        switch piece {
        case .run: return match(rest, text) || (!text.isEmpty && match(pieces, text.dropFirst()))
        case .one: return !text.isEmpty && match(rest, text.dropFirst())
        case .exactly(let scalar): return text.first == scalar && match(rest, text.dropFirst())
        case .within(let ranges, let isNegated):
            guard let scalar = text.first else { return false }
            let isInside = ranges.contains { $0.0.value <= scalar.value && scalar.value <= $0.1.value }
            return isInside != isNegated && match(rest, text.dropFirst())
        }
    }
}

/// A small generator with a seed, so that a failure can be repeated.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}
