import Bytes
import Routing

extension Program {
    /// Every box in turn, all its conditions: what the tree is checked against.
    func linear(
        _ facts: borrowing Facts,
        _ model: Span<UInt8>,
        _ head: Span<UInt8>,
        _ identity: Span<UInt8>
    ) -> Found {
        var answers = Answers()
        for box in boxes.indices {
            let entry = LeafEntry(box: UInt32(box), open: tables.everythingOpen(box))
            switch tables.verify(entry, facts, model, head, identity, &answers) {
            case .holds: return Found(box: UInt32(box))
            case .depends(let stage): return Found(box: UInt32(box), missing: stage)
            case .fails: continue
            }
        }
        return Found()
    }
}
