/// A compiled tree as data: what `graph` draws and `explain` walks.
///
/// Numbers are positions in `nodes`. The picture shows the very arrays that decide; ways that lead to the same place are one
/// edge with several labels.
package struct TreePicture: Sendable {
    /// What a box of the picture is.
    package enum Kind: String, Sendable {
        /// Asks one thing of the request.
        case question
        /// Boxes to verify in order; the first that holds wins.
        case leaf
        /// Leads on only when enough of the request is known; else its `unknown` way answers what can be answered.
        case gate
    }

    /// One box of the picture.
    package struct Node: Sendable {
        package let kind: Kind
        /// The question (`model`, `api`, `tokens`, `header x-team`), or empty for a leaf.
        package let title: String
        /// A leaf's boxes: route name and what is still verified there.
        package let entries: [Entry]
    }

    /// A box in a leaf.
    package struct Entry: Sendable {
        /// Position in `Program.routes`.
        package let route: Int
        package let name: String
        /// What is verified there, as text; empty when nothing is left to ask.
        package let conditions: [String]
    }

    /// A way from one node to another.
    package struct Edge: Sendable {
        package let from: Int
        package let to: Int
        /// Answers that lead this way.
        package let labels: [String]
    }

    /// In the order that `Program.print()` shows.
    package let nodes: [Node]
    package let edges: [Edge]
    /// Where deciding begins; several are asked one after the other, and the first route in file order wins.
    package let roots: [Int]
}
