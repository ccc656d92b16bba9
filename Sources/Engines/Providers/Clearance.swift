import Routing

/// What a provider may see: a class and everything below, and any tags but some.
package struct Clearance: Equatable, Sendable {
    /// The highest class.
    package let level: Level
    /// By bit of `Program.tagNames`.
    package let deniedTags: UInt64
    package init(level: Level, deniedTags: UInt64) {
        self.level = level
        self.deniedTags = deniedTags
    }

    /// True when a request with this label may go there.
    package func admits(_ level: Level, tags: UInt64) -> Bool { level <= self.level && tags & deniedTags == 0 }
}
