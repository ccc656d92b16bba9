import Routing

/// What of a box is said in numbers: looked at first, since most boxes are out by it and it holds no references.
struct Gate {
    private let apis: UInt16
    private let streams: UInt8
    private let levels: UInt8
    private let tokens: Box.TokenSpan
    private let tags: Bits
    private let features: Bits
    private let expressions: Bits

    /// The gate of a box.
    init(_ box: Box) {
        apis = box.apis
        streams = box.streams
        levels = box.levels.rawValue
        tokens = box.tokens
        tags = box.tags
        features = box.features
        expressions = box.expressions
    }

    /// The gate of one point.
    init(_ point: Point) {
        apis = 1 << UInt16(point.api.rawValue)
        streams = point.stream ? 2 : 1
        levels = LevelSet(point.level).rawValue
        tokens = Box.TokenSpan(lower: point.tokens, upper: point.tokens)
        tags = Bits(on: point.tags, off: ~point.tags)
        features = Bits(on: point.features, off: ~point.features)
        expressions = Bits(on: point.expressions, off: ~point.expressions)
    }

    /// False when the point of the other gate is not in this one's box.
    func takes(_ point: Gate) -> Bool {
        apis & point.apis != 0 && streams & point.streams != 0 && levels & point.levels != 0
            && tokens.contains(point.tokens.lower) && tags.contains(point.tags.on)
            && features.contains(point.features.on) && expressions.contains(point.expressions.on)
    }

    /// False when nothing is in both boxes.
    func mayMeet(_ other: Gate) -> Bool {
        apis & other.apis != 0 && streams & other.streams != 0 && levels & other.levels != 0
            && max(tokens.lower, other.tokens.lower) < min(tokens.upper, other.tokens.upper)
            && !tags.meeting(other.tags).isEmpty && !features.meeting(other.features).isEmpty
            && !expressions.meeting(other.expressions).isEmpty
    }
}
