/// Boxes and arrows, before it is decided how they are written.
struct Diagram {
    /// What a box stands for; every format gives each kind a look of its own.
    enum Kind: String {
        case start, question, leaf, route, tier, deny, level, local, remote, gate
    }

    struct Box {
        let kind: Kind
        /// The first line is the title.
        let lines: [String]
    }

    struct Arrow {
        let from: Int
        let to: Int
        /// One line each.
        let labels: [String]
    }

    /// What the picture shows.
    let title: String
    private(set) var boxes: [Box] = []
    private(set) var arrows: [Arrow] = []

    init(title: String) { self.title = title }

    /// Adds a box and answers its number.
    mutating func add(_ kind: Kind, _ lines: [String]) -> Int {
        boxes.append(Box(kind: kind, lines: lines))
        return boxes.count - 1
    }

    /// Draws an arrow between two boxes.
    mutating func connect(_ from: Int, _ to: Int, _ labels: [String] = []) {
        arrows.append(Arrow(from: from, to: to, labels: labels))
    }

    /// Labels that fit beside an arrow: the first few, and how many more there are.
    static func shortened(_ labels: [String], limit: Int = 6) -> [String] {
        guard labels.count > limit else { return labels }
        return Array(labels.prefix(limit - 1)) + ["… \(labels.count - limit + 1) more"]
    }
}
