import Decision
import Routing
import Synchronization

/// Moving averages of latency, one for each model of a provider.
///
/// A cell is one 64-bit word changed by compare-and-swap: 36 bits of microseconds, 28 bits of 16 ms ticks
/// (`routes.md` 2.7, EMA). Models are hashed onto 64 cells: two models of one provider may share one. Any thread.
package final class LatencyTable: Sendable {
    private let cells: [Cell]

    private final class Cell: Sendable {
        let word = Atomic<UInt64>(0)
    }

    /// Cells of one table.
    package static let cellCount = 64

    package init() {
        cells = (0..<LatencyTable.cellCount).map { _ in Cell() }
    }

    /// The cell number for a model (and the metric it is measured by).
    package static func cell(model: Span<UInt8>, metric: LatencySettings.Metric) -> Int {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for index in model.indices { hash = (hash ^ UInt64(model[index])) &* 0x100_0000_01b3 }
        switch metric {
        case .firstByte: break
        case .total: hash = hash &* 31 &+ 1
        case .perToken: hash = hash &* 31 &+ 2
        }
        return Int((hash ^ (hash >> 29)) % UInt64(cellCount))
    }

    private static func pack(_ microseconds: Int64, _ now: Int64) -> UInt64 {
        let value = UInt64(min(max(microseconds, 1), 0xf_ffff_ffff))
        return value << 28 | UInt64((now / 16_000_000) & 0xfff_ffff)
    }

    private static func unpack(_ word: UInt64, _ now: Int64) -> (microseconds: Int64, age: Int64) {
        let tick = Int64(word & 0xfff_ffff)
        let nowTick = (now / 16_000_000) & 0xfff_ffff
        // The 28 bits wrap every 49 days; a difference below zero has wrapped.
        let difference = nowTick >= tick ? nowTick - tick : nowTick - tick + 0x1000_0000
        return (Int64(word >> 28), difference * 16_000_000)
    }

    /// Adds one measurement, in microseconds.
    package func record(cell: Int, microseconds: Int64, now: Int64, settings: LatencySettings) {
        let cell = cells[cell]
        var old = cell.word.load(ordering: .relaxed)
        while true {
            let new: Int64
            if old == 0 {
                new = microseconds
            } else {
                let (value, age) = LatencyTable.unpack(old, now)
                let weight: Double
                if let halfLife = settings.halfLifeMilliseconds {
                    let exponent = Double(age) / (Double(halfLife) * 1_000_000)
                    weight = min(max(1 - powerOfTwo(-exponent), 0.02), 1)
                } else {
                    weight = settings.alpha
                }
                new = value + Int64(weight * Double(microseconds - value))
            }
            let exchange = cell.word.compareExchange(
                expected: old,
                desired: LatencyTable.pack(new, now),
                ordering: .relaxed
            )
            if exchange.exchanged { return }
            old = exchange.original
        }
    }

    /// The average in microseconds with its age in nanoseconds; nil when nothing was measured yet.
    package func read(cell: Int, now: Int64) -> (microseconds: Int64, age: Int64)? {
        let word = cells[cell].word.load(ordering: .relaxed)
        return word == 0 ? nil : LatencyTable.unpack(word, now)
    }
}

/// 2 to the power of `exponent` (at most 0) without libm: halvings, then a cubic that is good to 0.1 %.
func powerOfTwo(_ exponent: Double) -> Double {
    guard exponent > -64 else { return 0 }
    let whole = exponent.rounded(.down)
    let rest = exponent - whole
    var result = 1 + rest * (0.695_56 + rest * (0.226_18 + rest * 0.078_26))
    var left = Int(-whole)
    while left > 0 {
        result /= 2
        left -= 1
    }
    return result
}
