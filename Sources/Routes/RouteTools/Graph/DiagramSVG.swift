import Report

/// A diagram as a picture (SVG 1.1): boxes in columns, arrows from left to right.
struct DiagramSVG {
    let diagram: Diagram

    static let margin = 24.0
    static let titleHeight = 34.0

    var text: String {
        let layout = LayeredLayout(diagram)
        var svg = SVGText(
            width: layout.width + 2 * Self.margin,
            height: layout.height + 2 * Self.margin + Self.titleHeight,
            title: diagram.title
        )
        svg.text(diagram.title, x: Self.margin, y: Self.margin + 8, size: 14, isBold: true)
        let lines = fanned(layout)
        for line in lines { svg.curve(fromX: line.fromX, fromY: line.fromY, toX: line.toX, toY: line.toY) }
        for line in lines { label(line, &svg) }
        for (box, place) in zip(diagram.boxes, layout.places) { draw(box, place, &svg) }
        return svg.finished
    }

    private func draw(_ box: Diagram.Box, _ place: LayeredLayout.Place, _ svg: inout SVGText) {
        let x = place.x + Self.margin
        let y = place.y + Self.margin + Self.titleHeight
        let colors = DiagramColors(box.kind)
        svg.rectangle(x: x, y: y, width: place.width, height: place.height, colors)
        for (row, line) in box.lines.enumerated() {
            let baseline = y + LayeredLayout.padding + Double(row) * LayeredLayout.lineHeight + 11
            svg.text(
                SVGText.cut(line, LayeredLayout.letterLimit),
                x: x + LayeredLayout.padding,
                y: baseline,
                size: 11,
                isBold: row == 0 && box.lines.count > 1
            )
        }
    }

    /// An arrow with its two ends on the sides of its boxes.
    private struct Line {
        let fromX: Double
        let fromY: Double
        let toX: Double
        let toY: Double
        let labels: [String]
    }

    /// Spreads the ends of arrows over the right side of the box they leave, in the order of their targets, so that their
    /// labels do not lie on one another.
    private func fanned(_ layout: LayeredLayout) -> [Line] {
        var leaving: [Int: [Diagram.Arrow]] = [:]
        for arrow in diagram.arrows { leaving[arrow.from, default: []].append(arrow) }
        var lines: [Line] = []
        for (from, arrows) in leaving.sorted(by: { $0.key < $1.key }) {
            let source = layout.places[from]
            let ordered = arrows.sorted { layout.places[$0.to].y < layout.places[$1.to].y }
            for (index, arrow) in ordered.enumerated() {
                let target = layout.places[arrow.to]
                let share = Double(index + 1) / Double(ordered.count + 1)
                lines.append(
                    Line(
                        fromX: source.x + source.width + Self.margin,
                        fromY: source.y + source.height * share + Self.margin + Self.titleHeight,
                        toX: target.x + Self.margin,
                        toY: target.y + target.height / 2 + Self.margin + Self.titleHeight,
                        labels: Diagram.shortened(arrow.labels)
                    )
                )
            }
        }
        return lines
    }

    private func label(_ line: Line, _ svg: inout SVGText) {
        // Near the target, where arrows of one box have already parted.
        let x = line.toX - 8
        let first = line.toY - Double(line.labels.count - 2) * 5.5 - 10
        for (row, label) in line.labels.enumerated() {
            svg.text(
                SVGText.cut(label, 40),
                x: x,
                y: first + Double(row) * 11,
                size: 10,
                isMuted: true,
                isEndAligned: true
            )
        }
    }
}

/// Writes SVG elements; every text is escaped here.
struct SVGText {
    private var body: [String] = []
    private let width: Double
    private let height: Double
    private let title: String

    init(width: Double, height: Double, title: String) {
        self.width = width.rounded(.up)
        self.height = height.rounded(.up)
        self.title = title
    }

    /// The whole document.
    var finished: String {
        let size = "width=\"\(Self.number(width))\" height=\"\(Self.number(height))\""
        let head = [
            "<svg xmlns=\"http://www.w3.org/2000/svg\" \(size) viewBox=\"0 0 \(Self.number(width)) \(Self.number(height))\" "
                + "font-family=\"ui-monospace, Menlo, Consolas, monospace\">",
            "<title>\(Self.escaped(title))</title>",
            "<defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" "
                + "orient=\"auto\"><path d=\"M0 0L8 4L0 8z\" fill=\"#6b7685\"/></marker></defs>",
            "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>",
        ]
        return (head + body + ["</svg>"]).joined(separator: "\n") + "\n"
    }

    mutating func rectangle(x: Double, y: Double, width: Double, height: Double, _ colors: DiagramColors) {
        body.append(
            "<rect x=\"\(Self.number(x))\" y=\"\(Self.number(y))\" width=\"\(Self.number(width))\" "
                + "height=\"\(Self.number(height))\" rx=\"6\" fill=\"\(colors.fill)\" stroke=\"\(colors.stroke)\"/>"
        )
    }

    mutating func text(
        _ text: String,
        x: Double,
        y: Double,
        size: Int,
        isBold: Bool = false,
        isMuted: Bool = false,
        isEndAligned: Bool = false
    ) {
        let weight = isBold ? " font-weight=\"600\"" : ""
        // The halo keeps a label readable where an arrow passes behind it.
        let anchor =
            isEndAligned
            ? " text-anchor=\"end\" paint-order=\"stroke\" stroke=\"#ffffff\" stroke-width=\"3\"" : ""
        body.append(
            "<text x=\"\(Self.number(x))\" y=\"\(Self.number(y))\" font-size=\"\(size)\"\(weight)\(anchor) "
                + "fill=\"\(isMuted ? "#57606a" : "#1b1f24")\" xml:space=\"preserve\">\(Self.escaped(text))</text>"
        )
    }

    mutating func curve(fromX: Double, fromY: Double, toX: Double, toY: Double) {
        let middle = fromX + min(60, (toX - fromX) / 2)
        let points = [fromX, fromY, middle, fromY, middle, toY, min(middle + 40, toX), toY, toX, toY].map(Self.number)
        body.append(
            "<path d=\"M\(points[0]) \(points[1])C\(points[2]) \(points[3]) \(points[4]) \(points[5]) "
                + "\(points[6]) \(points[7])L\(points[8]) \(points[9])\" fill=\"none\" stroke=\"#6b7685\" "
                + "marker-end=\"url(#tip)\"/>"
        )
    }

    /// Adds an element as it is.
    mutating func raw(_ element: String) { body.append(element) }

    static func number(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return tenths % 10 == 0 ? "\(tenths / 10)" : "\(Double(tenths) / 10)"
    }

    /// XML 1.0 §2.4, and control characters that no XML text may hold.
    static func escaped(_ text: String) -> String {
        Columns.printable(text).unicodeScalars.map { scalar in
            switch scalar {
            case "&": "&amp;"
            case "<": "&lt;"
            case ">": "&gt;"
            case "\"": "&quot;"
            default: scalar.value < 0x20 || scalar.value == 0xFFFE || scalar.value == 0xFFFF ? "·" : String(scalar)
            }
        }.joined()
    }

    static func cut(_ text: String, _ limit: Int) -> String {
        text.unicodeScalars.count <= limit
            ? text : String(String.UnicodeScalarView(text.unicodeScalars.prefix(limit - 1))) + "…"
    }
}
