import Compiler
import Lint
import Report
import RouteLanguage
import RouteModel

/// `hoosh-proxy graph FILE`: pictures of a route file.
package enum GraphCommand {
    /// What is drawn.
    package enum View: String, CaseIterable, Sendable { case tree, tiers, zones }
    /// How it is written.
    package enum Format: String, CaseIterable, Sendable { case dot, mermaid, svg, json }

    static let usage = """
        usage: hoosh-proxy graph [--view tree|tiers|zones] [--format dot|mermaid|svg|json] [--output FILE] FILE
               tree   the decision tree: the very array of nodes that decides
               tiers  the routes in order, and where each may send a request
               zones  which class of content may reach which provider

        """

    /// Does what the command line asks for and answers the exit code (`routes.md` 4.3).
    package static func run(_ arguments: [String], _ terminal: Terminal) -> Int32 {
        do throws(Misuse) {
            let options = try Arguments(
                arguments,
                [.init("--view", "a view"), .init("--format", "a format"), .init("--output", "a file")]
            )
            if options.has("--help") {
                terminal.print(usage)
                return ExitCode.success
            }
            let view = try options.word("--view", View.tree)
            let format = try options.word("--format", Format.svg)
            guard options.paths.count == 1 else { throw Misuse("name one route file") }
            guard let document = try CheckedDocument.load(options.paths[0], terminal, command: "graph") else {
                return ExitCode.finding
            }
            let text = picture(document, view, format)
            guard let output = options["--output"] else {
                terminal.print(text)
                return ExitCode.success
            }
            guard TextFile.write(text, to: output) else {
                throw Misuse("cannot write `\(output)`: \(TextFile.reason)")
            }
            return ExitCode.success
        } catch {
            return terminal.misuse(error, command: "graph", usage: usage)
        }
    }

    /// One picture of a document.
    package static func picture(_ document: RouteDocument, _ view: View, _ format: Format) -> String {
        if view == .zones {
            let zones = ZonePicture(document)
            if format == .svg { return zones.svg }
            if format == .json { return zones.json }
            return text(zones.diagram, format)
        }
        let diagram =
            view == .tiers
            ? TierDiagram.make(document)
            : TreeDiagram.make(RouteCompiler.compile(document).program, path: document.path)
        return text(diagram, format)
    }

    private static func text(_ diagram: Diagram, _ format: Format) -> String {
        switch format {
        case .dot: DiagramText(diagram: diagram).dot
        case .mermaid: DiagramText(diagram: diagram).mermaid
        case .svg: DiagramSVG(diagram: diagram).text
        case .json: DiagramText(diagram: diagram).json
        }
    }
}
