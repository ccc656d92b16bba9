import Report

/// Boxes and arrows, before it is decided how they are written.
package struct Diagram {
    /// What a box stands for; every format gives each kind a look of its own.
    package enum Kind: String {
        case start, question, leaf, route, tier, deny, level, local, remote, gate
    }

    /// A box with its text.
    package struct Box {
        package let kind: Kind
        /// The first line is the title.
        package let lines: [String]
    }

    /// A way from one box to another.
    package struct Arrow {
        package let from: Int
        package let to: Int
        /// One line each.
        package let labels: [String]
    }

    /// What the picture shows.
    package let title: String
    /// In the order they were added.
    package private(set) var boxes: [Box] = []
    /// In the order they were drawn.
    package private(set) var arrows: [Arrow] = []

    init(title: String) { self.title = Columns.printable(title) }

    /// Adds a box and answers its number; control characters of names and values become visible.
    mutating func add(_ kind: Kind, _ lines: [String]) -> Int {
        boxes.append(Box(kind: kind, lines: lines.map { Columns.printable($0) }))
        return boxes.count - 1
    }

    /// Draws an arrow between two boxes.
    mutating func connect(_ from: Int, _ to: Int, _ labels: [String] = []) {
        arrows.append(Arrow(from: from, to: to, labels: labels.map { Columns.printable($0) }))
    }

    /// Labels that fit beside an arrow: the first few, and how many more there are.
    package static func shortened(_ labels: [String], limit: Int = 6) -> [String] {
        guard labels.count > limit else { return labels }
        return Array(labels.prefix(limit - 1)) + ["… \(labels.count - limit + 1) more"]
    }
}
