import Foundation

/// The tables of a summary, as aligned text that is Markdown too.
struct Table {
    let summary: Summary

    /// All workloads, each with a heading and its table.
    var text: String {
        var out = "\(summary.machine). \(summary.rounds) rounds"
        out += summary.isQuick ? " (`--quick`: short, for a first look only)" : ""
        out += ", medians with (lowest to highest). "
        out += summary.versions.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
        out += ". " + noise + "\n"
        for workload in Workload.allCases {
            let rows = summary.rows(of: workload)
            if rows.isEmpty { continue }
            out += "\n### \(workload.title) (`\(workload.rawValue)`)\n\n" + table(workload, rows)
        }
        return out
    }

    /// How much of the machine others took while it was measured.
    private var noise: String {
        guard let shares = Spread(summary.measured.compactMap(\.neighbourShare)) else { return "" }
        let percents = [shares.median, shares.high].map { String(format: "%.0f", $0 * 100) }
        return "Other programs took \(percents[0]) % of the machine during the median measurement, "
            + "\(percents[1]) % during the worst."
    }

    private func table(_ workload: Workload, _ rows: [Row]) -> String {
        let metrics = workload.metrics
        let key = workload.keyMetric.heading
        var cells = [[""] + metrics.map(\.heading) + ["\(key): × nginx", "× haproxy"]]
        for row in rows {
            if let reason = row.void {
                let blanks = [String](repeating: "", count: metrics.count + 1)
                cells.append([row.contender.rawValue, "void: \(Table.shortened(reason))"] + blanks)
            } else {
                let ratios = [row.ratioToNginx, row.ratioToHaproxy].map { $0.map { Table.number($0.median) } ?? "" }
                cells.append([row.contender.rawValue] + metrics.map { Table.cell(row[$0]) } + ratios)
            }
        }
        return Table.align(cells)
    }

    private static func cell(_ spread: Spread?) -> String {
        guard let spread else { return "" }
        if spread.low == spread.high { return number(spread.median) }
        return "\(number(spread.median)) (\(number(spread.low)) to \(number(spread.high)))"
    }

    /// Three digits that count, none that do not.
    static func number(_ value: Double) -> String {
        let size = abs(value)
        let decimals = size >= 100 ? 0 : size >= 10 ? 1 : 2
        return String(format: "%.\(decimals)f", value)
    }

    private static func shortened(_ text: String) -> String {
        let line = text.split(separator: "\n").first.map(String.init) ?? text
        return line.count > 70 ? String(line.prefix(70)) + "…" : line
    }

    private static func align(_ cells: [[String]]) -> String {
        let widths = cells[0].indices.map { column in
            // A void row's reason may run over the columns to its right.
            cells.filter { !($0.count > 1 && column == 1 && $0[1].hasPrefix("void")) }.map { $0[column].count }.max()
                ?? 0
        }
        var out = ""
        for (index, row) in cells.enumerated() {
            let padded = row.indices.map { column in
                let space = String(repeating: " ", count: max(0, widths[column] - row[column].count))
                return column == 0 || row[column].hasPrefix("void") ? row[column] + space : space + row[column]
            }
            out += "| " + padded.joined(separator: " | ") + " |\n"
            if index == 0 {
                let rules = widths.enumerated().map { column, width in
                    column == 0
                        ? String(repeating: "-", count: max(3, width))
                        : String(repeating: "-", count: max(2, width - 1)) + ":"
                }
                out += "| " + rules.joined(separator: " | ") + " |\n"
            }
        }
        return out
    }
}
