import Routing

extension Search {
    /// A box cut along one dimension other than a text, as finely as the candidates ask.
    static func parts(
        of box: Box,
        _ dimension: Dimension,
        _ candidates: [Candidate],
        _ universe: Universe
    ) -> [Box] {
        var parts: [Box] = []
        func add(_ change: (inout Box) -> Void) {
            var part = box
            change(&part)
            parts.append(part)
        }
        switch dimension {
        case .api: for bit in bits(UInt64(box.apis)) { add { $0.apis = 1 << UInt16(bit) } }
        case .stream: for stream in [UInt8(1), 2] where box.streams & stream != 0 { add { $0.streams = stream } }
        case .level:
            for level in Level.allCases where box.levels.contains(LevelSet(level)) {
                add { $0.levels = LevelSet(level) }
            }
        case .tag(let bit): halves(box.tags, bit).forEach { half in add { $0.tags = half } }
        case .feature(let bit): halves(box.features, bit).forEach { half in add { $0.features = half } }
        case .expression(let bit): halves(box.expressions, bit).forEach { half in add { $0.expressions = half } }
        case .tokens:
            var cuts: Set<Int> = [box.tokens.lower, box.tokens.upper]
            for candidate in candidates where candidate.open.contains(.tokens) {
                for cut in [candidate.box.tokens.lower, candidate.box.tokens.upper]
                where cut > box.tokens.lower && cut < box.tokens.upper {
                    cuts.insert(cut)
                }
            }
            let sorted = cuts.sorted()
            for (low, high) in zip(sorted, sorted.dropFirst()) {
                add { $0.tokens = Box.TokenSpan(lower: low, upper: high) }
            }
        case .zone(let zone):
            for cell in bits(box.cells(zone) & universe.zones[zone].all) {
                add { $0.setCells(zone, 1 << UInt64(cell)) }
            }
        case .sample(let subject):
            let own = box.buckets(subject)
            var cuts: Set<Int> = [own.lower, own.upper]
            for candidate in candidates where candidate.open.contains(dimension) {
                let other = candidate.box.buckets(subject)
                for cut in [other.lower, other.upper] where cut > own.lower && cut < own.upper { cuts.insert(cut) }
            }
            let sorted = cuts.sorted()
            for (low, high) in zip(sorted, sorted.dropFirst()) {
                add { $0.setBuckets(subject, Buckets(lower: low, upper: high, isAbsentIn: false)) }
            }
            if own.isAbsentIn { add { $0.setBuckets(subject, Buckets(lower: 0, upper: 0, isAbsentIn: true)) } }
        case .text: parts = [box]
        }
        return parts
    }

    private static func halves(_ bits: Bits, _ bit: Int) -> [Bits] {
        let mask = UInt64(1) << UInt64(bit)
        return [Bits(on: bits.on, off: bits.off | mask), Bits(on: bits.on | mask, off: bits.off)].filter { !$0.isEmpty }
    }
}

extension Box {
    mutating func setCells(_ zone: Int, _ cells: UInt64) {
        if let index = times.firstIndex(where: { $0.zone == zone }) {
            times[index].cells = cells
        } else {
            times.append((zone, cells))
        }
    }

    mutating func setBuckets(_ subject: Int, _ buckets: Buckets) {
        if let index = samples.firstIndex(where: { $0.subject == subject }) {
            samples[index].buckets = buckets
        } else {
            samples.append((subject, buckets))
        }
    }

    /// Whether a part that was cut along a dimension lies inside this box there.
    func isTaking(_ part: Box, _ dimension: Dimension) -> Bool {
        func takes(_ bits: Bits, _ other: Bits, _ bit: Int) -> Bool {
            let mask = UInt64(1) << UInt64(bit)
            return bits.on & mask & ~other.on == 0 && bits.off & mask & ~other.off == 0
        }
        switch dimension {
        case .api: return part.apis & ~apis == 0
        case .stream: return part.streams & ~streams == 0
        case .level: return part.levels.isSubset(of: levels)
        case .tokens: return part.tokens.lower >= tokens.lower && part.tokens.upper <= tokens.upper
        case .tag(let bit): return takes(tags, part.tags, bit)
        case .feature(let bit): return takes(features, part.features, bit)
        case .expression(let bit): return takes(expressions, part.expressions, bit)
        case .zone(let zone): return part.cells(zone) & ~cells(zone) == 0
        case .sample(let subject): return part.buckets(subject).isInside(buckets(subject))
        case .text: return true
        }
    }
}
