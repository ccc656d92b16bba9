import Routing

/// One node of a compiled tree, 16 bytes; `first`, `second` and `count` mean what `kind` says.
///
/// A node filters: it can only send a request to a place where fewer boxes are looked at. What it has not proved is
/// verified by the leaf, so a wrong turn can lose a match but never invent one.
package struct Node: Hashable, Sendable {
    /// What the node does.
    package enum Kind: UInt8, Sendable {
        /// `first`: start of one jump for each endpoint.
        case switchAPI
        /// `first`: node for requests that do not stream, `second`: for those that do.
        case switchStream
        /// `first`: root of a trie over models.
        case switchModel
        /// `first`: node when header test `count` passes, `second`: when it does not.
        case test
        /// `first`, `count`: entries to verify, ascending by box.
        case leafList
    }
    package var kind: Kind
    package var count: UInt32 = 0
    package var first: UInt32 = 0
    package var second: UInt32 = 0
}

/// A box in a leaf, with what is still to be verified there.
package struct LeafEntry: Equatable, Hashable, Sendable {
    package var box: UInt32
    /// The dimensions that the way to this leaf has not settled.
    package var open: Dimensions
    /// Header tests that the way has settled, one bit each (the first 32 of a program).
    package var settledTests: UInt32 = 0
}

/// The dimensions of a box.
package struct Dimensions: OptionSet, Hashable, Sendable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }
    package static let api = Dimensions(rawValue: 1)
    package static let stream = Dimensions(rawValue: 2)
    package static let model = Dimensions(rawValue: 4)
    package static let path = Dimensions(rawValue: 8)
    package static let method = Dimensions(rawValue: 16)
    package static let headers = Dimensions(rawValue: 32)
}

/// A place in a model trie: how far a model's bytes agree with some pattern.
package struct TrieNode: Equatable, Sendable {
    /// Edges, ascending by first byte.
    package var edgeStart: UInt32 = 0
    package var edgeCount: UInt32 = 0
    /// Node for models that end exactly here.
    package var exact: UInt32 = 0
    /// Node for models that go on, but along no edge.
    package var longer: UInt32 = 0
}

/// A step in a model trie, over one or more bytes.
package struct TrieEdge: Equatable, Sendable {
    package var firstByte: UInt8
    package var labelStart: UInt32
    package var labelCount: UInt32
    package var child: UInt32
}
