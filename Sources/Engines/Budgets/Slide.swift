/// Counts what happened within a length of time, in parts: what is older leaves part by part.
///
/// One part more than the length has, so that no stretch of this length, whenever it begins, is counted too low.
package struct Slide: Sendable {
    package static let parts = 16
    private var counts: InlineArray<17, Int> = .init(repeating: 0)
    private var newest = 0

    package init() {}

    /// How long something counts at most.
    package static func reach(_ length: Int) -> Int { (parts + 1) * partLength(length) }

    /// What a store keeps: the newest part and all counts.
    package var kept: [Int] {
        var all = [newest]
        for index in 0..<17 { all.append(counts[index]) }
        return all
    }

    /// Goes on with what a store kept; nil when it does not come to this sum, or is of a time that is yet to come.
    package init?(kept: [Int], sum: Int, now: Int, length: Int) {
        guard kept.count == 18, let newest = kept.first, (0...max(now, 0) / Slide.partLength(length)).contains(newest)
        else { return nil }
        var left = sum
        for index in 0..<17 {
            guard (0...left).contains(kept[index + 1]) else { return nil }
            counts[index] = kept[index + 1]
            left -= kept[index + 1]
        }
        guard left == 0 else { return nil }
        self.newest = newest
    }

    /// Forgets what is older than `length`, which is answered; both are in the same unit.
    package mutating func advance(to now: Int, length: Int) -> Int {
        let part = now / Slide.partLength(length)
        // A clock that is put back does not bring anything back.
        guard part > newest else { return 0 }
        var dropped = 0
        if part - newest > Slide.parts {
            for index in 0..<17 {
                dropped += counts[index]
                counts[index] = 0
            }
        } else {
            for index in (newest + 1)...part {
                dropped += counts[index % 17]
                counts[index % 17] = 0
            }
        }
        newest = part
        return dropped
    }

    private static func partLength(_ length: Int) -> Int { max((length + parts - 1) / parts, 1) }

    /// Counts something now.
    package mutating func add(_ amount: Int) { counts[newest % 17] += amount }

    /// Takes back what was counted at an earlier moment, out of the part that has it; answers how much that was.
    ///
    /// Taken out of a later part, it would be given twice: once now, and once more when the earlier part leaves.
    package mutating func takeBack(_ amount: Int, from moment: Int, length: Int) -> Int {
        let part = moment / Slide.partLength(length)
        guard part <= newest, newest - part <= Slide.parts else { return 0 }
        let taken = min(amount, max(counts[part % 17], 0))
        counts[part % 17] -= taken
        return taken
    }

    /// When so much will have left; nil when it never holds so much.
    package func moment(whenLeft amount: Int, length: Int) -> Int? {
        var left = 0
        for age in stride(from: Slide.parts, through: 0, by: -1) where newest - age >= 0 {
            left += counts[(newest - age) % 17]
            if left >= amount { return (newest - age + 17) * Slide.partLength(length) }
        }
        return nil
    }
}
