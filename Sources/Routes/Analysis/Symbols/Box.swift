import Routing

/// Buckets of one subject, and whether requests without the subject are meant too.
struct Buckets: Equatable {
    var lower = 0
    var upper = SampleBucket.count
    var isAbsentIn = true
    var isEmpty: Bool { lower >= upper && !isAbsentIn }
    func contains(_ bucket: Int) -> Bool { bucket < 0 ? isAbsentIn : bucket >= lower && bucket < upper }
    func isInside(_ other: Buckets) -> Bool {
        (lower >= upper || lower >= other.lower && upper <= other.upper) && (!isAbsentIn || other.isAbsentIn)
    }
    func meeting(_ other: Buckets) -> Buckets {
        Buckets(
            lower: max(lower, other.lower),
            upper: min(upper, other.upper),
            isAbsentIn: isAbsentIn && other.isAbsentIn
        )
    }
}

/// Something that a bit stands for, needed (`on`) or excluded (`off`).
struct Bits: Equatable {
    var on: UInt64 = 0
    var off: UInt64 = 0
    var isEmpty: Bool { on & off != 0 }
    func meeting(_ other: Bits) -> Bits { Bits(on: on | other.on, off: off | other.off) }
    func contains(_ bits: UInt64) -> Bool { bits & on == on && bits & off == 0 }
    /// Bits that decide whether what is in `inner` is in this too.
    func open(over inner: Bits) -> UInt64 { (on & ~inner.on) | (off & ~inner.off) }
}

/// A conjunction over all dimensions: what one way through a `match` asks for.
struct Box {
    /// Clauses that one text must meet.
    struct Text: Equatable {
        var name: Int
        var clauses: [Int]
    }
    var route: Int
    var apis: UInt16 = (1 << UInt16(API.allCases.count)) - 1
    /// Bit 0: not streamed; bit 1: streamed.
    var streams: UInt8 = 3
    var levels = LevelSet.all
    var tokens = TokenSpan()
    var tags = Bits()
    var features = Bits()
    /// Truth of regular expressions on header fields.
    var expressions = Bits()
    /// Zone and cells; a zone that is not listed is not tested.
    var times: [(zone: Int, cells: UInt64)] = []
    var samples: [(subject: Int, buckets: Buckets)] = []
    /// In order of the names.
    var texts: [Text] = []

    init(route: Int) { self.route = route }

    struct TokenSpan: Equatable {
        var lower = 0
        var upper = Int.max
        func contains(_ count: Int) -> Bool { count >= lower && count < upper }
    }

    /// What is in both; nil when that is surely nothing.
    func meeting(_ other: Box, _ universe: Universe) -> Box? {
        var box = self
        box.apis &= other.apis
        box.streams &= other.streams
        box.levels = levels.intersection(other.levels)
        box.tokens = TokenSpan(
            lower: max(tokens.lower, other.tokens.lower),
            upper: min(tokens.upper, other.tokens.upper)
        )
        box.tags = tags.meeting(other.tags)
        box.features = features.meeting(other.features)
        box.expressions = expressions.meeting(other.expressions)
        if box.apis == 0 || box.streams == 0 || box.levels.isEmpty || box.tokens.lower >= box.tokens.upper
            || box.tags.isEmpty || box.features.isEmpty || box.expressions.isEmpty
        {
            return nil
        }
        for (zone, cells) in other.times {
            if let index = box.times.firstIndex(where: { $0.zone == zone }) {
                box.times[index].cells &= cells
                if box.times[index].cells == 0 { return nil }
            } else {
                box.times.append((zone, cells))
            }
        }
        for (subject, buckets) in other.samples {
            if let index = box.samples.firstIndex(where: { $0.subject == subject }) {
                box.samples[index].buckets = box.samples[index].buckets.meeting(buckets)
                if box.samples[index].buckets.isEmpty { return nil }
            } else {
                box.samples.append((subject, buckets))
            }
        }
        for text in other.texts {
            guard let index = box.texts.firstIndex(where: { $0.name >= text.name }) else {
                box.texts.append(text)
                continue
            }
            if box.texts[index].name != text.name {
                box.texts.insert(text, at: index)
                continue
            }
            for clause in text.clauses where !box.texts[index].clauses.contains(clause) {
                if !box.texts[index].clauses.allSatisfy({ universe.mayMeet($0, clause) }) { return nil }
                box.texts[index].clauses.append(clause)
            }
        }
        return box
    }

    /// False when nothing is in both; true also where that cannot be told quickly.
    func mayMeet(_ other: Box, _ universe: Universe) -> Bool {
        if apis & other.apis == 0 || streams & other.streams == 0 || levels.isDisjoint(with: other.levels)
            || max(tokens.lower, other.tokens.lower) >= min(tokens.upper, other.tokens.upper)
            || tags.meeting(other.tags).isEmpty || features.meeting(other.features).isEmpty
            || expressions.meeting(other.expressions).isEmpty
        {
            return false
        }
        for (zone, cells) in other.times where self.cells(zone) & cells == 0 { return false }
        for (subject, buckets) in other.samples where self.buckets(subject).meeting(buckets).isEmpty { return false }
        for text in other.texts {
            for clause in clauses(text.name) {
                for otherClause in text.clauses where !universe.mayMeet(clause, otherClause) { return false }
            }
        }
        return true
    }

    func clauses(_ name: Int) -> [Int] {
        for text in texts where text.name == name { return text.clauses }
        return []
    }

    func cells(_ zone: Int) -> UInt64 {
        for time in times where time.zone == zone { return time.cells }
        return ~0
    }

    func buckets(_ subject: Int) -> Buckets {
        for sample in samples where sample.subject == subject { return sample.buckets }
        return Buckets()
    }

    func contains(_ point: Point, _ universe: Universe) -> Bool {
        guard apis & (1 << UInt16(point.api.rawValue)) != 0, streams & (point.stream ? 2 : 1) != 0,
            levels.contains(LevelSet(point.level)), tokens.contains(point.tokens), tags.contains(point.tags),
            features.contains(point.features), expressions.contains(point.expressions)
        else { return false }
        for text in texts {
            for clause in text.clauses where !universe.takes(clause, point.texts[text.name]) { return false }
        }
        for (zone, cells) in times where cells & (1 << UInt64(point.cells[zone])) == 0 { return false }
        for (subject, buckets) in samples where !buckets.contains(point.buckets[subject]) { return false }
        return true
    }

    /// What keeps a request of `inner` from being in this box; empty when all of them are.
    func open(over inner: Box, _ universe: Universe) -> [Dimension] {
        var open: [Dimension] = []
        if inner.streams & ~streams != 0 { open.append(.stream) }
        if !inner.levels.subtracting(levels).isEmpty { open.append(.level) }
        if inner.apis & ~apis != 0 { open.append(.api) }
        open += bits(tags.open(over: inner.tags)).map { .tag($0) }
        open += bits(features.open(over: inner.features)).map { .feature($0) }
        open += bits(expressions.open(over: inner.expressions)).map { .expression($0) }
        if inner.tokens.lower < tokens.lower || inner.tokens.upper > tokens.upper { open.append(.tokens) }
        for (zone, cells) in times where inner.cells(zone) & universe.zones[zone].all & ~cells != 0 {
            open.append(.zone(zone))
        }
        for (subject, buckets) in samples where !inner.buckets(subject).isInside(buckets) {
            open.append(.sample(subject))
        }
        for text in texts {
            let own = inner.clauses(text.name)
            let isInside = text.clauses.allSatisfy { clause in own.contains { universe.isSurelyInside($0, clause) } }
            if !isInside { open.append(.text(text.name)) }
        }
        return open
    }
}

/// One way in which requests differ.
enum Dimension: Hashable {
    case api, stream, level, tokens
    case tag(Int)
    case feature(Int)
    case expression(Int)
    case zone(Int)
    case sample(Int)
    case text(Int)

    /// The dearer, the later it is split.
    var cost: Int {
        switch self {
        case .stream, .level, .tag, .feature, .expression: 1
        case .api, .zone, .sample: 2
        case .tokens: 3
        case .text(let name): 10 + name
        }
    }
}

/// The numbers of the bits that are set.
func bits(_ set: UInt64) -> [Int] {
    var rest = set
    var numbers: [Int] = []
    while rest != 0 {
        numbers.append(rest.trailingZeroBitCount)
        rest &= rest - 1
    }
    return numbers
}

/// One value on every dimension.
struct Point {
    var api = API.chat
    var stream = false
    var level = Level.public
    var tokens = 0
    var tags: UInt64 = 0
    var features: UInt64 = 0
    var expressions: UInt64 = 0
    /// By zone.
    var cells: [Int] = []
    /// By subject; -1 is absent.
    var buckets: [Int] = []
    /// By text name, aliases resolved; nil is absent.
    var texts: [[UInt8]?] = []
    /// What content must add for the label to be this one.
    var contentLevel = Level.public
    var contentTags: UInt64 = 0
}
