/// Places boxes in columns from left to right, so that every arrow points to the right and no box covers another.
///
/// Columns by longest way from a start; inside a column boxes are ordered by where their arrows come from (the barycentre
/// heuristic of Sugiyama, Tagawa and Toda, 1981), then moved level with their sources where there is room.
struct LayeredLayout {
    struct Place {
        var x: Double
        var y: Double
        var width: Double
        var height: Double
    }

    static let letterWidth = 6.7
    static let lineHeight = 15.0
    static let padding = 9.0
    static let rowGap = 16.0
    static let columnGap = 46.0
    /// Lines of a box are cut to this many letters.
    static let letterLimit = 64

    private(set) var places: [Place] = []
    private(set) var width = 0.0
    private(set) var height = 0.0

    init(_ diagram: Diagram) {
        let columns = Self.columns(diagram)
        places = diagram.boxes.map { box in
            let letters = box.lines.map { min($0.unicodeScalars.count, Self.letterLimit) }.max() ?? 1
            return Place(
                x: 0,
                y: 0,
                width: Double(letters) * Self.letterWidth + 2 * Self.padding,
                height: Double(max(box.lines.count, 1)) * Self.lineHeight + 2 * Self.padding
            )
        }
        var groups: [[Int]] = Array(repeating: [], count: (columns.max() ?? -1) + 1)
        for (box, column) in columns.enumerated() { groups[column].append(box) }
        order(&groups, diagram)
        arrange(groups, diagram)
    }

    /// The column of each box; arrows of a damaged picture that would close a circle are passed over.
    private static func columns(_ diagram: Diagram) -> [Int] {
        var targets: [[Int]] = Array(repeating: [], count: diagram.boxes.count)
        var incoming = Array(repeating: 0, count: diagram.boxes.count)
        for arrow in diagram.arrows {
            targets[arrow.from].append(arrow.to)
            incoming[arrow.to] += 1
        }
        var column = Array(repeating: 0, count: diagram.boxes.count)
        var open = diagram.boxes.indices.filter { incoming[$0] == 0 }
        while let box = open.popLast() {
            for target in targets[box] {
                column[target] = max(column[target], column[box] + 1)
                incoming[target] -= 1
                if incoming[target] == 0 { open.append(target) }
            }
        }
        return column
    }

    private func order(_ groups: inout [[Int]], _ diagram: Diagram) {
        var sources: [[Int]] = Array(repeating: [], count: diagram.boxes.count)
        for arrow in diagram.arrows { sources[arrow.to].append(arrow.from) }
        var rank = Array(repeating: 0.0, count: diagram.boxes.count)
        for index in groups.indices {
            let centre = { (box: Int) -> Double in
                let all = sources[box]
                return all.isEmpty ? Double(box) : all.reduce(0) { $0 + rank[$1] } / Double(all.count)
            }
            if index > 0 { groups[index].sort { (centre($0), $0) < (centre($1), $1) } }
            for (position, box) in groups[index].enumerated() { rank[box] = Double(position) }
        }
    }

    private mutating func arrange(_ groups: [[Int]], _ diagram: Diagram) {
        var sources: [[Int]] = Array(repeating: [], count: diagram.boxes.count)
        for arrow in diagram.arrows { sources[arrow.to].append(arrow.from) }
        let labelWidth = Self.labelWidths(diagram)
        var x = 0.0
        for (index, group) in groups.enumerated() {
            var next = 0.0
            for box in group {
                let above = sources[box].map { places[$0].y + places[$0].height / 2 }
                let wanted = above.isEmpty ? next : (above.min() ?? 0) - places[box].height / 2
                places[box].x = x
                places[box].y = max(next, wanted)
                next = places[box].y + places[box].height + Self.rowGap
            }
            height = max(height, next - Self.rowGap)
            let widest = group.map { places[$0].width }.max() ?? 0
            width = x + widest
            x += widest + Self.columnGap + (labelWidth[index] ?? 0)
        }
    }

    /// Room for the labels of the arrows that leave each column.
    private static func labelWidths(_ diagram: Diagram) -> [Int: Double] {
        let columns = Self.columns(diagram)
        var widths: [Int: Double] = [:]
        for arrow in diagram.arrows {
            let letters = Diagram.shortened(arrow.labels).map { min($0.unicodeScalars.count, 40) }.max() ?? 0
            let width = Double(letters) * letterWidth * 0.9
            widths[columns[arrow.from]] = max(widths[columns[arrow.from]] ?? 0, width)
        }
        return widths
    }
}
