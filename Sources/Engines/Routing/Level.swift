/// How sensitive a request is: a total order, joined only upwards (`routes.md` 2.7, privacy lattice).
package enum Level: UInt8, CaseIterable, Comparable, Sendable {
    case `public`, `internal`, confidential, restricted

    /// The word in a route file.
    package var word: String {
        switch self {
        case .public: "public"
        case .internal: "internal"
        case .confidential: "confidential"
        case .restricted: "restricted"
        }
    }

    /// Reads the word; nil for any other.
    package init?(word: String) {
        guard let level = Level.allCases.first(where: { $0.word == word }) else { return nil }
        self = level
    }

    package static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }
}

/// A set of levels.
package struct LevelSet: OptionSet, Hashable, Sendable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }
    /// The set of one.
    package init(_ level: Level) { rawValue = 1 << level.rawValue }
    /// The levels of a range, both ends included.
    package init(_ range: ClosedRange<Level>) {
        self = Level.allCases.reduce(into: []) { set, level in if range.contains(level) { set.insert(LevelSet(level)) }
        }
    }
    package static let all = LevelSet(rawValue: 15)
}
