import Decision

/// The compiled tree as a diagram: every node of the array that decides.
package enum TreeDiagram {
    /// Draws the tree.
    package static func make(_ program: Program, path: String) -> Diagram {
        let picture = program.picture()
        var diagram = Diagram(title: "\(path): the decision tree, \(picture.nodes.count) nodes")
        let start = diagram.add(.start, ["request"])
        let numbers = picture.nodes.enumerated().map { number, node in box(number, node, &diagram) }
        for (order, root) in picture.roots.enumerated() where numbers.indices.contains(root) {
            diagram.connect(start, numbers[root], picture.roots.count > 1 ? ["tree \(order + 1)"] : [])
        }
        for edge in picture.edges where numbers.indices.contains(edge.from) && numbers.indices.contains(edge.to) {
            diagram.connect(numbers[edge.from], numbers[edge.to], edge.labels)
        }
        return diagram
    }

    private static func box(_ number: Int, _ node: TreePicture.Node, _ diagram: inout Diagram) -> Int {
        switch node.kind {
        case .question: return diagram.add(.question, ["#\(number) \(node.title)?"])
        case .gate: return diagram.add(.gate, ["#\(number) \(node.title)"])
        case .leaf:
            if node.entries.isEmpty { return diagram.add(.deny, ["#\(number) no route: 404"]) }
            let lines = node.entries.map { entry in
                entry.conditions.isEmpty ? entry.name : "\(entry.name) if \(entry.conditions.joined(separator: ", "))"
            }
            return diagram.add(.leaf, ["#\(number) first of"] + lines)
        }
    }
}
