/// Places boxes in columns from left to right, so that every arrow points to the right and no box covers another.
///
/// Columns by longest way from a start, rows by the ends that a box leads to, as in a dendrogram.
package struct LayeredLayout {
    /// Where a box lies: its upper left corner and its size.
    package struct Place {
        package var x: Double
        package var y: Double
        package var width: Double
        package var height: Double
    }

    static let letterWidth = 6.7
    static let lineHeight = 15.0
    static let padding = 9.0
    static let rowGap = 16.0
    static let columnGap = 46.0
    /// Lines of a box are cut to this many letters.
    static let letterLimit = 64

    /// In the order of the diagram's boxes.
    package private(set) var places: [Place] = []
    private(set) var width = 0.0
    private(set) var height = 0.0

    /// Places everything.
    package init(_ diagram: Diagram) {
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

    /// Boxes in the order in which a reader meets them: each below what comes before it.
    private static func readingOrder(_ diagram: Diagram, _ targets: [[Int]]) -> [Int] {
        var incoming = Array(repeating: 0, count: diagram.boxes.count)
        for arrow in diagram.arrows { incoming[arrow.to] += 1 }
        var seen = Array(repeating: false, count: diagram.boxes.count)
        var order: [Int] = []
        for start in diagram.boxes.indices where incoming[start] == 0 {
            var stack = [start]
            while let box = stack.popLast() {
                if seen[box] { continue }
                seen[box] = true
                order.append(box)
                stack += targets[box].reversed()
            }
        }
        return order + diagram.boxes.indices.filter { !seen[$0] }
    }

    /// Ends get a row each, from top to bottom; what leads to them stands level with their middle.
    private mutating func arrange(_ groups: [[Int]], _ diagram: Diagram) {
        var targets: [[Int]] = Array(repeating: [], count: diagram.boxes.count)
        var labelLines = Array(repeating: 0, count: diagram.boxes.count)
        for arrow in diagram.arrows {
            targets[arrow.from].append(arrow.to)
            labelLines[arrow.to] = max(labelLines[arrow.to], Diagram.shortened(arrow.labels).count)
        }
        let order = Self.readingOrder(diagram, targets)
        var rank = Array(repeating: 0, count: diagram.boxes.count)
        for (position, box) in order.enumerated() { rank[box] = position }
        let slots = places.indices.map { max(places[$0].height, Double(labelLines[$0]) * 11 + 8) }
        // A row is as high as the highest box of the chain that ends there.
        var rows = slots
        for group in groups {
            for box in group where targets[box].count == 1 {
                rows[targets[box][0]] = max(rows[targets[box][0]], rows[box])
            }
        }
        var middles = Array(repeating: 0.0, count: places.count)
        var next = 0.0
        for box in order where targets[box].isEmpty {
            middles[box] = next + rows[box] / 2
            next += rows[box] + Self.rowGap
        }
        for group in groups.reversed() {
            for box in group where !targets[box].isEmpty {
                let below = targets[box].map { middles[$0] }
                middles[box] = ((below.min() ?? 0) + (below.max() ?? 0)) / 2
            }
            var free = 0.0
            for box in group.sorted(by: { (middles[$0], rank[$0]) < (middles[$1], rank[$1]) }) {
                middles[box] = max(middles[box], free + slots[box] / 2)
                free = middles[box] + slots[box] / 2 + Self.rowGap
            }
        }
        let labelWidth = Self.labelWidths(diagram)
        var x = 0.0
        for (index, group) in groups.enumerated() {
            for box in group {
                places[box].x = x
                places[box].y = middles[box] - places[box].height / 2
                height = max(height, middles[box] + slots[box] / 2)
            }
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
