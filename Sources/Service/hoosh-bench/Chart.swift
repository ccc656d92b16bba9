import Foundation

/// Draws the key numbers as bars, in an SVG that needs nothing else.
struct Chart {
    let summary: Summary

    private struct Panel {
        let workload: Workload
        let metric: Metric
        let title: String
        let note: String
    }

    private static let panels = [
        Panel(workload: .json32, metric: .cpuPerRequest, title: "CPU µs per small request", note: "32 connections"),
        Panel(workload: .saturated, metric: .cpuPerEvent, title: "CPU µs per event, back to back", note: "180 B"),
        Panel(workload: .crowd, metric: .cpuPerEvent, title: "CPU µs per event, paced", note: "1,000 streams × 20/s"),
        Panel(workload: .chunks, metric: .gigabytesPerCPU, title: "GB per CPU second", note: "64 KiB events"),
        Panel(workload: .single, metric: .addedEventP50, title: "Added µs per event, p50", note: "one paced stream"),
        Panel(
            workload: .memory,
            metric: .privatePerStream9000,
            title: "Private KiB per open stream",
            note: "9,000 idle"
        ),
    ]

    private static let width = 960
    private static let panelWidth = 460
    private static let barHeight = 18
    private static let rowHeight = 25
    private static let labelWidth = 120
    private static let font = "font-family=\"Helvetica, Arial, sans-serif\""

    /// The drawing.
    var svg: String {
        let panels = Chart.panels.filter { !rows($0).isEmpty }
        let longest = panels.map { rows($0).count }.max() ?? 0
        let panelHeight = 64 + longest * Chart.rowHeight
        let height = 84 + (panels.count + 1) / 2 * panelHeight
        var out = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"\(Chart.width)\" height=\"\(height)\" "
        out += "viewBox=\"0 0 \(Chart.width) \(height)\" \(Chart.font)>\n"
        out += "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n"
        out += text(20, 32, "hoosh-proxy beside nginx and haproxy, one core each", size: 20, weight: "bold")
        out += text(
            20,
            54,
            "\(summary.machine); medians of \(summary.rounds) rounds, thin line: lowest to highest",
            size: 12
        )
        for (index, panel) in panels.enumerated() {
            out += draw(panel, left: 20 + index % 2 * (Chart.panelWidth + 10), top: 76 + index / 2 * panelHeight)
        }
        return out + "</svg>\n"
    }

    private func rows(_ panel: Panel) -> [Row] {
        summary.rows(of: panel.workload).filter { $0[panel.metric] != nil && $0.contender != .direct }
    }

    private func draw(_ panel: Panel, left: Int, top: Int) -> String {
        let rows = rows(panel)
        let highest = max(rows.compactMap { $0[panel.metric]?.high }.max() ?? 1, 1e-9)
        let room = Double(Chart.panelWidth - Chart.labelWidth - 70)
        let better = panel.metric.isRate ? "more is better" : "less is better"
        var out = text(left, top + 18, panel.title, size: 14, weight: "bold")
        out += text(left, top + 35, "\(panel.note); \(better)", size: 11)
        for (index, row) in rows.enumerated() {
            guard let spread = row[panel.metric] else { continue }
            let y = top + 46 + index * Chart.rowHeight
            let x = left + Chart.labelWidth
            let length = max(1, spread.median / highest * room)
            out += text(x - 8, y + 13, Chart.label(row.contender), size: 12, anchor: "end")
            out += "<rect x=\"\(x)\" y=\"\(y)\" width=\"\(Chart.short(length))\" height=\"\(Chart.barHeight)\" "
            out += "fill=\"\(Chart.color(row.contender))\"/>\n"
            let from = Double(x) + max(0, spread.low) / highest * room
            let to = Double(x) + max(0, spread.high) / highest * room
            out += "<line x1=\"\(Chart.short(from))\" x2=\"\(Chart.short(to))\" y1=\"\(y + 9)\" y2=\"\(y + 9)\" "
            out += "stroke=\"#222222\" stroke-width=\"1.5\"/>\n"
            let end = max(Double(x) + length, to)
            out += text(Int(end) + 6, y + 13, Table.number(spread.median), size: 12)
        }
        return out
    }

    private func text(
        _ x: Int,
        _ y: Int,
        _ words: String,
        size: Int,
        weight: String = "normal",
        anchor: String = "start"
    ) -> String {
        let safe = words.replacingOccurrences(of: "&", with: "&amp;").replacingOccurrences(of: "<", with: "&lt;")
        return "<text x=\"\(x)\" y=\"\(y)\" font-size=\"\(size)\" font-weight=\"\(weight)\" "
            + "text-anchor=\"\(anchor)\" fill=\"#222222\">\(safe)</text>\n"
    }

    private static func label(_ contender: Contender) -> String {
        contender.splice.map { "hoosh, \($0)" } ?? contender.rawValue
    }

    private static func color(_ contender: Contender) -> String {
        switch contender {
        case .hooshAlways: "#1f6f8b"
        case .hooshAuto: "#3d9ab8"
        case .hooshNone: "#8cc6d8"
        case .haproxy: "#c9a227"
        case .nginx, .nginxLarge: "#7a8f3c"
        case .direct: "#999999"
        }
    }

    private static func short(_ value: Double) -> String { String(format: "%.1f", value) }
}
