import Routing

/// One node of a compiled tree, 16 bytes; `first`, `second` and `count` mean what `kind` says.
///
/// A node filters: it can only send a request to a place where fewer boxes are looked at. What it has not settled is verified
/// by the leaf. Children have lower numbers than their parents, so a walk ends.
package struct Node: Hashable, Sendable {
    /// What the node does.
    package enum Kind: UInt8, CaseIterable, Sendable {
        /// `first`: start of one jump for each endpoint.
        case switchAPI
        /// `first`: node for requests that do not stream, `second`: for those that do.
        case switchStream
        /// `first`: start of one jump for each class.
        case switchLevel
        /// `first`: root of a trie over the text that `count` numbers, `second`: node for requests without it.
        case switchText
        /// The same from the text's end.
        case switchTextBackwards
        /// `first`: start of `count` ascending cut points over the prompt estimate, `second`: start of one jump more than these.
        case range
        /// `first`: node when condition `count` holds, `second`: when it does not.
        case test
        /// `first`: node once stage `count` is known, `second`: leaf that serves until then.
        case gate
        /// `first`, `count`: entries to verify, ascending by box.
        case leafList
        /// `first`: a leaf with bit vectors over its entries.
        case leafBits
    }
    package var kind: Kind
    package var count: UInt32 = 0
    package var first: UInt32 = 0
    package var second: UInt32 = 0
    /// A node of that kind.
    package init(kind: Kind, count: UInt32 = 0, first: UInt32 = 0, second: UInt32 = 0) {
        self.kind = kind
        self.count = count
        self.first = first
        self.second = second
    }
}

/// A box in a leaf, with what is still to be verified there.
struct LeafEntry: Equatable, Hashable, Sendable {
    var box: UInt32
    /// The box's conditions, one bit each, that the way to this leaf has not settled; the last bit stands for the 32nd and all
    /// behind it.
    var open: UInt32
    static let lastPlace = 31
}

/// A leaf of many entries: one bit each, in rows that are joined by AND before anything is verified.
struct BitLeaf: Hashable, Sendable {
    /// Range of `entries`.
    var entries = FlatRange()
    /// Words in a row.
    var words: UInt32 = 0
    /// Where the rows for every endpoint, for both ways of streaming and for every class begin; `none` without such rows.
    var apis = BitLeaf.none
    var streams = BitLeaf.none
    var levels = BitLeaf.none
    /// Range of `eliminations`, ascending by condition.
    var eliminations = FlatRange()
    static let none = UInt32.max
}

/// What falls with a condition: all entries of a bit leaf that have it open.
struct Elimination: Hashable, Sendable {
    var condition: UInt32
    /// Start of its row.
    var row: UInt32
}

/// A tree, with what lets a walk skip it.
struct Root: Hashable, Sendable {
    var node: UInt32
    /// The first box that the tree can answer.
    var firstBox: UInt32
}

/// A place in a trie over texts: how far a text's bytes agree with some pattern.
struct TrieNode: Equatable, Sendable {
    /// Edges, ascending by first byte.
    var edgeStart: UInt32 = 0
    var edgeCount: UInt32 = 0
    /// Node for texts that end exactly here.
    var exact: UInt32 = 0
    /// Node for texts that go on, but along no edge.
    var longer: UInt32 = 0
}

/// A step in a trie, over one or more bytes.
struct TrieEdge: Equatable, Sendable {
    var firstByte: UInt8
    var labelStart: UInt32
    var labelCount: UInt32
    var child: UInt32
}

/// The arrays a tree consists of.
struct ProgramCode: Sendable {
    var roots: [Root] = []
    var nodes: [Node] = []
    var jumps: [UInt32] = []
    var cuts: [Int] = []
    var entries: [LeafEntry] = []
    var bitLeaves: [BitLeaf] = []
    var eliminations: [Elimination] = []
    var words: [UInt64] = []
    var tries: [TrieNode] = []
    var edges: [TrieEdge] = []
    var labels: [UInt8] = []
    /// For each box, the tree that answers for it.
    var treeOfBox: [UInt8] = []
}
