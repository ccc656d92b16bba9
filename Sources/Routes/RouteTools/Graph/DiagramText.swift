import Report

/// A diagram as text for other programs.
struct DiagramText {
    let diagram: Diagram

    /// Graphviz (graphviz.org/doc/info/lang.html).
    var dot: String {
        var lines = [
            "digraph routes {", "  rankdir=LR;", "  label=\(quoted(diagram.title));",
            "  node [shape=box, style=rounded, fontname=\"monospace\", fontsize=10];",
            "  edge [fontname=\"monospace\", fontsize=9];",
        ]
        for (number, box) in diagram.boxes.enumerated() {
            lines.append("  n\(number) [label=\(dotLabel(box.lines)), \(look(box.kind))];")
        }
        for arrow in diagram.arrows {
            let label = Diagram.shortened(arrow.labels)
            let suffix = label.isEmpty ? "" : " [label=\(dotLabel(label))]"
            lines.append("  n\(arrow.from) -> n\(arrow.to)\(suffix);")
        }
        return (lines + ["}"]).joined(separator: "\n") + "\n"
    }

    /// Mermaid flow chart (mermaid.js.org/syntax/flowchart.html).
    var mermaid: String {
        var lines = ["%% \(diagram.title)", "flowchart LR"]
        for (number, box) in diagram.boxes.enumerated() {
            let text = "\"\(box.lines.map(Self.entities).joined(separator: "<br/>"))\""
            lines.append("  n\(number)\(box.kind == .question ? "{{\(text)}}" : "[\(text)]"):::\(box.kind.rawValue)")
        }
        for arrow in diagram.arrows {
            let label = Diagram.shortened(arrow.labels).map(Self.entities).joined(separator: "<br/>")
            lines.append("  n\(arrow.from) -->\(label.isEmpty ? "" : "|\"\(label)\"|") n\(arrow.to)")
        }
        for kind in Set(diagram.boxes.map(\.kind.rawValue)).sorted() {
            let colors = DiagramColors(Diagram.Kind(rawValue: kind) ?? .leaf)
            lines.append("  classDef \(kind) fill:\(colors.fill),stroke:\(colors.stroke),color:#1b1f24")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The boxes and arrows themselves.
    var json: String {
        let boxes = diagram.boxes.enumerated().map { number, box in
            JSONValue.object(["id": .number(number), "kind": .text(box.kind.rawValue), "lines": .texts(box.lines)])
        }
        let arrows = diagram.arrows.map { arrow in
            JSONValue.object(["from": .number(arrow.from), "to": .number(arrow.to), "labels": .texts(arrow.labels)])
        }
        let value = JSONValue.object([
            "schema": .text("graph-v1"), "title": .text(diagram.title), "boxes": .list(boxes), "arrows": .list(arrows),
        ])
        return value.written() + "\n"
    }

    private func quoted(_ text: String) -> String {
        "\"\(text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\""
    }

    /// `\l` ends a line that is set to the left.
    private func dotLabel(_ lines: [String]) -> String {
        let escaped = lines.map { $0.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") }
        return "\"\(escaped.map { $0 + "\\l" }.joined())\""
    }

    private func look(_ kind: Diagram.Kind) -> String {
        let colors = DiagramColors(kind)
        let shape = kind == .question ? "shape=hexagon, " : ""
        return "\(shape)style=\"rounded,filled\", fillcolor=\"\(colors.fill)\", color=\"\(colors.stroke)\""
    }

    /// Text inside Mermaid's quotes: what it would take for syntax becomes a numbered entity.
    private static func entities(_ text: String) -> String {
        text.unicodeScalars.map { scalar in
            "\"#;<>|&`".unicodeScalars.contains(scalar) ? "#\(scalar.value);" : String(scalar)
        }.joined()
    }
}

/// Fill and line of a kind of box: readable on white and on black paper, since the fill is always light.
struct DiagramColors {
    let fill: String
    let stroke: String

    init(_ kind: Diagram.Kind) {
        switch kind {
        case .start: (fill, stroke) = ("#eceff3", "#6b7685")
        case .question: (fill, stroke) = ("#fff4d6", "#b58900")
        case .gate: (fill, stroke) = ("#fde9d9", "#c4682b")
        case .leaf, .tier: (fill, stroke) = ("#f6f8fa", "#8b949e")
        case .route: (fill, stroke) = ("#dcebff", "#2f6fbf")
        case .deny: (fill, stroke) = ("#ffe1e1", "#c23b3b")
        case .level: (fill, stroke) = ("#f0e7fb", "#7a4fb3")
        case .local: (fill, stroke) = ("#dff5e3", "#2f8f46")
        case .remote: (fill, stroke) = ("#e3f1f7", "#2a7f9e")
        }
    }
}
