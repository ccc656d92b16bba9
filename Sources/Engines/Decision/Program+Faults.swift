import Routing

extension Program {
    /// What is wrong with the tree: nothing, when every request is answered as the boxes say.
    ///
    /// Nothing that the arrays say is believed: bounds first, then the proof.
    package func faults() -> [String] {
        let bounds = TreeBounds(code, tables)
        if !bounds.faults.isEmpty { return bounds.faults }
        return TreeProof(code, tables).faults
    }

    /// True when a route's boxes take a request, one after the other, whatever the tree says; everything must be known.
    package func takes(
        _ route: Int,
        _ facts: borrowing Facts,
        model: Span<UInt8>,
        head: Span<UInt8>,
        identity: Span<UInt8>
    ) -> Bool {
        var answers = Answers()
        var low = 0
        var high = tables.routes.count
        while low < high {
            let middle = (low + high) / 2
            if Int(tables.routes[middle]) < route { low = middle + 1 } else { high = middle }
        }
        while low < tables.routes.count, Int(tables.routes[low]) == route {
            let entry = LeafEntry(box: UInt32(low), open: tables.everythingOpen(low))
            if case .holds = tables.verify(entry, facts, model, head, identity, &answers) { return true }
            low += 1
        }
        return false
    }
}
