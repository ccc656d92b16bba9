import Compiler
import Foundation
import RouteLanguage
import RouteModel
import RouteTools
import Testing

#if canImport(FoundationXML)
    import FoundationXML
#endif

@Suite struct GraphTests {
    private static let text = """
        version: 1
        providers:
          near: {kind: ollama, models: ["llama*"]}
          far: {kind: openai, key: env:KEY, clearance: public, deny_tags: [eu]}
          cage: {kind: openai-compatible, url: http://127.0.0.1:9, clearance: restricted, attest: "a < b & \\"c\\""}
        privacy: {rules: [{tag: eu, header: {x-residency: eu}}]}
        routes:
          - {name: secret, match: {class: confidential..}, to: [cage]}
          - {name: gpt, match: {model: "gpt-*"}, to: [[far, near], near/llama3]}
          - {name: closed, match: {headers: {x-a: "<&\\">"}}, deny: {status: 403, message: "no & never"}}
          - {name: rest, to: [near]}
        """

    private func document() throws -> RouteDocument {
        let loaded = RouteFile.read(Array(Self.text.utf8), path: "a&b.yaml", purpose: .lint, environment: { _ in nil })
        return try #require(loaded.document)
    }

    /// What an XML parser finds: element names in order, and all text.
    private final class Reader: NSObject, XMLParserDelegate {
        var names: [String] = []
        var text = ""
        func parser(
            _ parser: XMLParser,
            didStartElement name: String,
            namespaceURI: String?,
            qualifiedName: String?,
            attributes: [String: String]
        ) {
            names.append(name)
        }
        func parser(_ parser: XMLParser, foundCharacters string: String) { text += string + "\n" }
    }

    private func parsed(_ svg: String) throws -> Reader {
        let parser = XMLParser(data: Data(svg.utf8))
        let reader = Reader()
        parser.delegate = reader
        #expect(parser.parse(), "\(parser.parserError.map { "\($0)" } ?? "")")
        return reader
    }

    @Test(arguments: GraphCommand.View.allCases)
    func `a picture is well-formed XML and names every provider or route`(view: GraphCommand.View) throws {
        let reader = try parsed(GraphCommand.picture(try document(), view, .svg))
        #expect(reader.names.first == "svg")
        let words = view == .zones ? ["near", "far", "cage", "restricted"] : ["secret", "gpt", "closed", "rest"]
        for word in words { #expect(reader.text.contains(word), "\(word)") }
    }

    @Test(arguments: [GraphCommand.View.tiers, .tree, .zones]) func `no box of a picture covers another`(
        view: GraphCommand.View
    ) throws {
        let document = try document()
        let diagram =
            switch view {
            case .tiers: TierDiagram.make(document)
            case .tree: TreeDiagram.make(RouteCompiler.compile(document).program, path: "x")
            case .zones: ZonePicture(document).diagram
            }
        let places = LayeredLayout(diagram).places
        #expect(places.count == diagram.boxes.count)
        for (index, first) in places.enumerated() {
            for second in places[(index + 1)...] {
                let apart =
                    first.x + first.width <= second.x || second.x + second.width <= first.x
                    || first.y + first.height <= second.y || second.y + second.height <= first.y
                #expect(apart)
            }
        }
        for arrow in diagram.arrows { #expect(places[arrow.from].x < places[arrow.to].x) }
    }

    @Test func `the tree's picture has every node of the program, and its text says the same`() throws {
        let program = RouteCompiler.compile(try document()).program
        let diagram = TreeDiagram.make(program, path: "x")
        #expect(diagram.boxes.count == program.nodes.count + 1)
        let printed = program.print()
        for number in program.nodes.indices { #expect(printed.contains("#\(number) ")) }
    }

    @Test func `zones close what is above a provider's clearance`() throws {
        let zones = ZonePicture(try document())
        let rows = Dictionary(uniqueKeysWithValues: zones.rows.map { ($0.level, $0.cells) })
        #expect(rows[.restricted] == [.closed, .closed, .open(routes: ["secret"])])
        #expect(rows[.public] == [.open(routes: ["gpt", "rest"]), .open(routes: ["gpt"]), .unused])
    }

    @Test(arguments: GraphCommand.View.allCases)
    func `the formats for programs parse`(view: GraphCommand.View) throws {
        let document = try document()
        let json = GraphCommand.picture(document, view, .json)
        #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(json.utf8)) }
        let dot = GraphCommand.picture(document, view, .dot)
        #expect(dot.hasPrefix("digraph routes {") && dot.hasSuffix("}\n"))
        // Quotes come in pairs once escaped ones are taken out.
        let bare = dot.replacingOccurrences(of: "\\\\", with: "").replacingOccurrences(of: "\\\"", with: "")
        #expect(bare.filter { $0 == "\"" }.count.isMultiple(of: 2))
        let mermaid = GraphCommand.picture(document, view, .mermaid)
        #expect(mermaid.contains("flowchart LR"))
        for line in mermaid.split(separator: "\n").dropFirst() where line.contains("[\"") {
            #expect(line.filter { $0 == "\"" }.count == 2)
        }
    }

    @Test func `a long list of labels is cut`() {
        let labels = (0..<20).map { "l\($0)" }
        #expect(Diagram.shortened(labels) == ["l0", "l1", "l2", "l3", "l4", "… 15 more"])
        #expect(Diagram.shortened(["a"]) == ["a"])
    }
}
