import Interpreter
import RouteModel
import Routing

extension Comparer {
    /// A box cut to what goes the witness's way in samples, tokens and time: the rest of it may be alike on both sides.
    func narrowed(_ box: Box, _ witness: Request) -> Box {
        var box = box
        let universe = builder.universe
        let wanted = outcome(witness)
        func isLike(_ change: (inout Request) -> Void) -> Bool {
            var request = witness
            change(&request)
            return outcome(request) == wanted
        }
        let matches = (old.document.routes + new.document.routes).compactMap(\.match).flatMap(Self.all)
        for (index, (subject, buckets)) in box.samples.enumerated() {
            let name = universe.subjectNames[subject]
            guard let own = witness.buckets[name] else { continue }
            let edges = matches.compactMap { $0.sample?.value }
            let range = Self.stretch(own, edges, buckets.lower..<buckets.upper) { value in
                isLike { $0.buckets[name] = value }
            }
            box.samples[index].buckets.lower = range.lowerBound
            box.samples[index].buckets.upper = range.upperBound
        }
        let tokenEdges = matches.compactMap { $0.tokens?.value }.flatMap { [$0.lower, $0.upper ?? $0.lower] }
        let tokens = Self.stretch(witness.tokens, tokenEdges, box.tokens.lower..<box.tokens.upper) { value in
            isLike { $0.tokens = value }
        }
        (box.tokens.lower, box.tokens.upper) = (tokens.lowerBound, tokens.upperBound)
        for (zone, cells) in box.times {
            let windows = Set(universe.zones[zone].windows)
            var kept: UInt64 = 0
            for (cell, open) in universe.zones[zone].cells.enumerated() where cells & (1 << UInt64(cell)) != 0 {
                if isLike({ $0.openWindows = $0.openWindows.subtracting(windows).union(open) }) {
                    kept |= 1 << UInt64(cell)
                }
            }
            if kept != 0 { box.setCells(zone, kept) }
        }
        return box
    }

    private func outcome(_ request: Request) -> [[String]] {
        let (before, after) = (old.interpreter.decide(request), new.interpreter.decide(request))
        return [effect(before, old.document), effect(after, new.document)]
    }

    private static func all(_ match: Match) -> [Match] { [match] + ((match.any ?? []) + match.not).flatMap(all) }

    /// The stretch between edges around a value in which all is like it.
    private static func stretch(_ own: Int, _ edges: [Int], _ range: Range<Int>, _ isLike: (Int) -> Bool) -> Range<Int>
    {
        guard range.contains(own) else { return range }
        let cuts = Set(edges.filter { range.contains($0) } + [range.lowerBound]).sorted()
        var (lower, upper) = (range.lowerBound, range.upperBound)
        for cut in cuts where cut <= own {
            let isOwn = cuts.last { $0 <= own } == cut
            if !isOwn, !isLike(cut) { lower = cuts.first { $0 > cut } ?? lower }
        }
        for cut in cuts where cut > own {
            if !isLike(cut) {
                upper = cut
                break
            }
        }
        return lower..<upper
    }
}
