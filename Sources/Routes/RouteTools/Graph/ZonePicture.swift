import Analysis
import Compiler
import Report
import RouteModel
import Routing

/// Which class of content may flow to which provider: the picture a security reviewer asks for.
///
/// Rows are classes, columns providers. A cell is open when the analysis knows a request of the class that some route sends
/// to the provider. Where the analysis did not come to an end, a cell is open for every route that may take the class and
/// names the provider: it is never closed where content could flow.
package struct ZonePicture {
    /// What may flow from a class to a provider.
    package enum Cell: Equatable {
        /// Routes by which content may flow.
        case open(routes: [String])
        /// Cleared, but no route leads there.
        case unused
        /// Above the provider's clearance.
        case closed
    }

    struct Column {
        let name: String
        let isLocal: Bool
        let clearance: Level
        let deniedTags: [String]
    }

    let title: String
    let columns: [Column]
    /// One row for each class, the least sensitive first; cells in the order of the columns.
    package let rows: [(level: Level, cells: [Cell])]

    /// Works out the cells.
    package init(_ document: RouteDocument) {
        title = "\(document.path): where each class of content may go"
        columns = document.providers.map { provider in
            Column(
                name: provider.name.value,
                isLocal: provider.isLocal,
                clearance: provider.clearance.value,
                deniedTags: provider.denyTags.map(\.value)
            )
        }
        let analysis = Analysis(document, patterns: HeaderPatterns.matcher())
        let flows = analysis.isIncomplete || analysis.flows.isEmpty ? nil : analysis.flows
        let routes = document.activeRoutes.map { route in
            (
                name: route.name.value, levels: Self.levels(route.match),
                providers: Set(route.tiers.flatMap(\.targets).map(\.provider))
            )
        }
        rows = Level.allCases.map { level in
            let cells = document.providers.indices.map { index -> Cell in
                let provider = document.providers[index]
                guard provider.isEnabled, level <= provider.clearance.value else { return .closed }
                let names =
                    flows.map { Self.names(of: $0, level, index, document) }
                    ?? routes.filter { $0.levels.contains(LevelSet(level)) && $0.providers.contains(index) }.map(\.name)
                return names.isEmpty ? .unused : .open(routes: names)
            }
            return (level, cells)
        }
    }

    /// The routes of flows from a class to a provider, in file order.
    private static func names(of flows: [Flow], _ level: Level, _ provider: Int, _ document: RouteDocument) -> [String]
    {
        Set(flows.filter { $0.level == level && $0.provider == provider }.map(\.route)).sorted()
            .map { document.routes[$0].name.value }
    }

    /// The classes a match can take; more rather than fewer where `any` and `not` are involved.
    private static func levels(_ match: Match?) -> LevelSet {
        guard let match else { return .all }
        var levels = match.levels.map { LevelSet($0.value) } ?? .all
        if let any = match.any { levels.formIntersection(any.map(Self.levels).reduce([]) { $0.union($1) }) }
        return levels
    }

    /// The same as boxes and arrows, for the formats that know nothing else.
    package var diagram: Diagram {
        var diagram = Diagram(title: title)
        let levels = rows.map { diagram.add(.level, [$0.level.word]) }
        let providers = columns.map { column in
            diagram.add(column.isLocal ? .local : .remote, [column.name] + Self.notes(column))
        }
        for (row, level) in zip(rows, levels) {
            for (cell, provider) in zip(row.cells, providers) {
                if case .open(let routes) = cell { diagram.connect(level, provider, routes) }
            }
        }
        return diagram
    }

    static func notes(_ column: Column) -> [String] {
        ["\(column.isLocal ? "local" : "remote"), up to \(column.clearance.word)"]
            + (column.deniedTags.isEmpty ? [] : ["never: \(column.deniedTags.joined(separator: " "))"])
    }

    // MARK: As a picture

    /// A table with a coloured cell for every flow (SVG 1.1).
    var svg: String {
        let left = 150.0
        let top = 150.0
        let cell = (width: 58.0, height: 44.0)
        let width = max(left + Double(columns.count) * cell.width + 60, 560)
        var svg = SVGText(width: width, height: top + 4 * cell.height + 84, title: title)
        svg.text(title, x: 24, y: 32, size: 14, isBold: true)
        for (index, column) in columns.enumerated() {
            let x = left + (Double(index) + 0.5) * cell.width
            let word = SVGText.escaped(SVGText.cut(column.name, 20))
            let fill = DiagramColors(column.isLocal ? .local : .remote).stroke
            let place = "\(SVGText.number(x)) \(SVGText.number(top - 10))"
            svg.raw(
                "<text transform=\"translate(\(place)) rotate(-40)\" font-size=\"11\" font-weight=\"600\" "
                    + "fill=\"\(fill)\">\(word)</text>"
            )
        }
        for (row, entry) in rows.reversed().enumerated() {
            let y = top + Double(row) * cell.height
            svg.text(entry.level.word, x: left - 14, y: y + 26, size: 12, isBold: true, isEndAligned: true)
            for (index, flow) in entry.cells.enumerated() {
                draw(flow, columns[index], x: left + Double(index) * cell.width, y: y, cell, &svg)
            }
        }
        legend(y: top + 4 * cell.height + 26, &svg)
        return svg.finished
    }

    private func draw(
        _ flow: Cell,
        _ column: Column,
        x: Double,
        y: Double,
        _ size: (width: Double, height: Double),
        _ svg: inout SVGText
    ) {
        let colors: DiagramColors
        let word: String
        switch flow {
        case .open(let routes):
            colors = DiagramColors(column.isLocal ? .local : .remote)
            word = routes.count == 1 ? "1 route" : "\(routes.count) routes"
            svg.raw("<g><title>\(SVGText.escaped(routes.joined(separator: ", ")))</title>")
        case .unused:
            colors = DiagramColors(.leaf)
            word = "unused"
            svg.raw("<g>")
        case .closed:
            colors = DiagramColors(.deny)
            word = "never"
            svg.raw("<g>")
        }
        svg.rectangle(x: x + 2, y: y + 2, width: size.width - 4, height: size.height - 4, colors)
        svg.text(word, x: x + 7, y: y + 26, size: 9, isMuted: flow == .unused)
        svg.raw("</g>")
    }

    private func legend(y: Double, _ svg: inout SVGText) {
        let entries: [(Diagram.Kind, String)] = [
            (.local, "may flow, local"), (.remote, "may flow, remote"), (.leaf, "cleared, no route"),
            (.deny, "above the clearance"),
        ]
        for (index, entry) in entries.enumerated() {
            let x = 24 + Double(index) * 132
            svg.rectangle(x: x, y: y, width: 14, height: 14, DiagramColors(entry.0))
            svg.text(entry.1, x: x + 20, y: y + 11, size: 10, isMuted: true)
        }
    }

    /// The table as data.
    var json: String {
        let providers = columns.map { column in
            JSONValue.object([
                "name": .text(column.name), "local": .bool(column.isLocal), "clearance": .text(column.clearance.word),
                "deny_tags": .texts(column.deniedTags),
            ])
        }
        let flows = rows.flatMap { row in
            zip(columns, row.cells).compactMap { column, cell -> JSONValue? in
                guard case .open(let routes) = cell else { return nil }
                return .object([
                    "class": .text(row.level.word), "provider": .text(column.name), "routes": .texts(routes),
                ])
            }
        }
        let value = JSONValue.object([
            "schema": .text("zones-v1"), "title": .text(title), "providers": .list(providers), "flows": .list(flows),
        ])
        return value.written() + "\n"
    }
}
