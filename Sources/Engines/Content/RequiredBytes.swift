import Routing

/// What every match of a pattern holds: one of a few short runs of bytes.
///
/// A text without any of them cannot match, so the pattern need not run (`routes.md` F6).
package struct RequiredBytes: Equatable, Sendable {
    /// Up to four places that follow one another, each with the bytes that may stand there.
    package typealias Window = [CharacterSet]

    /// One of them is in every match.
    package let windows: [Window]
    /// How likely any of them begins at some byte of ordinary text.
    let likelihood: Double

    /// Places of a window.
    static let widthLimit = 4
    private static let windowLimit = 16
    private static let itemLimit = 64
    /// Runs that begin at every fiftieth byte spare nothing.
    private static let likelihoodLimit = 0.02

    /// Derives them; nil when a match need hold nothing that ordinary text lacks (HP804).
    package init?(of tree: PatternTree) {
        guard let best = RequiredBytes(of: Self.items(tree.root)), best.likelihood < Self.likelihoodLimit else {
            return nil
        }
        self = best
    }

    private init(windows: [Window], likelihood: Double) {
        self.windows = windows
        self.likelihood = likelihood
    }

    /// What stands in every match, in its order.
    private indirect enum Item {
        case bytes(CharacterSet)
        /// Anything, or nothing.
        case gap
        /// One of several, none of them next to what surrounds it.
        case either([RequiredBytes])
    }

    /// The rarest window or choice of a list.
    private init?(of items: [Item]) {
        var best: RequiredBytes?
        func offer(_ other: RequiredBytes) {
            if best.map({ other.likelihood < $0.likelihood }) ?? true { best = other }
        }
        var run: Window = []
        for item in items + [.gap] {
            if case .bytes(let set) = item {
                run.append(set)
                let window = Array(run.suffix(Self.widthLimit))
                offer(RequiredBytes(windows: [window], likelihood: Self.likelihood(of: window)))
            } else {
                run = []
                if case .either(let choices) = item {
                    offer(
                        RequiredBytes(
                            windows: choices.flatMap(\.windows),
                            likelihood: choices.reduce(0) { $0 + $1.likelihood }
                        )
                    )
                }
            }
        }
        guard let best, best.windows.count <= Self.windowLimit else { return nil }
        self = best
    }

    private static func items(_ node: PatternTree.Node) -> [Item] {
        switch node.kind {
        // A character beyond ASCII has several bytes.
        case .character(let set): return [set.isWide ? .gap : .bytes(set)]
        case .something: return [.gap]
        // Takes no byte, so its neighbours still stand side by side.
        case .assertion: return []
        case .atomic(let part): return items(part)
        case .sequence(let parts): return Array(parts.flatMap(items).prefix(itemLimit)) + cut(parts.count)
        case .alternation(let branches): return alternatives(branches)
        case .repetition(let part, let minimum, let maximum, _):
            guard minimum > 0 else { return [.gap] }
            let once = items(part)
            let copies = (0..<min(minimum, widthLimit)).flatMap { _ in once }
            // The first copies stand beside what comes before, the last beside what comes after.
            return minimum == maximum && minimum <= widthLimit ? copies : copies + [.gap] + copies
        }
    }

    private static func cut(_ count: Int) -> [Item] { count > itemLimit ? [.gap] : [] }

    private static func alternatives(_ branches: [PatternTree.Node]) -> [Item] {
        let lists = branches.map(items)
        var united = CharacterSet()
        var required: [RequiredBytes] = []
        var areSingle = true
        for list in lists {
            if list.count == 1, case .bytes(let set) = list[0] { united = united.union(set) } else { areSingle = false }
            guard let choice = RequiredBytes(of: list) else { return [.gap] }
            required.append(choice)
        }
        return areSingle ? [.bytes(united)] : [.gap, .either(required), .gap]
    }

    // MARK: Likelihood

    private static func likelihood(of window: Window) -> Double { window.reduce(1) { $0 * likelihood(of: $1) } }

    private static func likelihood(of set: CharacterSet) -> Double {
        var sum = 0.0
        for byte in UInt8(0)..<128 where set.contains(byte) { sum += frequencies[Int(byte)] }
        return min(sum, 1)
    }

    /// Shares of bytes in prompts, roughly: English prose with some code and JSON in it.
    private static let frequencies: [Double] = {
        var table = [Double](repeating: 0.000_1, count: 128)
        for byte in 0x21..<0x7f { table[byte] = 0.002 }
        for byte in 0x30..<0x3a { table[byte] = 0.003 }
        for (letter, share) in zip(
            "etaoinshrdlcumwfgypbvkjxqz".utf8,
            [
                0.09, 0.065, 0.058, 0.054, 0.05, 0.049, 0.046, 0.044, 0.043, 0.03, 0.029, 0.02, 0.02, 0.018, 0.016,
                0.016,
                0.015, 0.014, 0.014, 0.011, 0.008, 0.006, 0.002, 0.002, 0.001, 0.001,
            ]
        ) { table[Int(letter)] = share }
        table[0x20] = 0.15
        table[0x0a] = 0.02
        for byte in ",.\"".utf8 { table[Int(byte)] = 0.01 }
        for byte in "-_:/()".utf8 { table[Int(byte)] = 0.004 }
        return table
    }()
}
