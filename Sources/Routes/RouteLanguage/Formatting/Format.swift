import Report

/// `hoosh-proxy fmt`: one layout for all route files (`routes.md` 5.3).
///
/// Comments stay, since the author's bytes are moved rather than written from a tree. What comes out is read again and
/// must mean the same; a file for which it would not is left as it is.
package enum Format {
    /// What became of a file.
    package enum Outcome: Equatable, Sendable {
        /// The whole text as it should be, which may be what it is.
        case text([UInt8])
        /// No YAML, or a construct without a style: tags, keys of several lines, a second document.
        case leftAlone
    }

    /// What a file is: the order of its keys hangs on it.
    package enum Kind: Sendable {
        case root, fragment
        /// Cases, or a file of something else: keys stay in their order.
        case other
    }

    /// Lays a file out.
    package static func format(_ source: [UInt8], kind: Kind, sortsGlobs: Bool = false) -> Outcome {
        let bytes = withPlainLineEnds(source.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(source.dropFirst(3)) : source)
        guard !hasDirective(bytes), let root = LayoutReader.read(bytes), let units = LayoutUnits(root, bytes) else {
            return .leftAlone
        }
        let schema: Schema? =
            switch kind {
            case .root: .root
            case .fragment: .fragment
            case .other: nil
            }
        var anchors: [String] = []
        root.forEach { node in if let anchor = node.anchor { anchors.append(anchor) } }
        let writer = LayoutWriter(
            bytes: bytes,
            sortsGlobs: sortsGlobs,
            movesKeys: Set(anchors).count == anchors.count
        )
        let text = Array(writer.text(units, schema).utf8)
        guard let again = LayoutReader.read(text), root.means(again, inAnyOrder: sortsGlobs) else { return .leftAlone }
        guard comments(root, bytes) == comments(again, text) else { return .leftAlone }
        return .text(text)
    }

    /// True when `format` would change nothing, or can say nothing about the file (HP901).
    package static func isFormatted(_ source: [UInt8], kind: Kind) -> Bool {
        switch format(source, kind: kind) {
        case .text(let text): text == source
        case .leftAlone: true
        }
    }

    private static func comments(_ root: LayoutNode, _ bytes: [UInt8]) -> [String] {
        Comments(root, bytes, Lines(bytes)).all.map(\.text).sorted()
    }

    /// Line ends of other systems mean the same to YAML.
    private static func withPlainLineEnds(_ bytes: [UInt8]) -> [UInt8] {
        guard bytes.contains(0x0D) else { return bytes }
        var result: [UInt8] = []
        for (offset, byte) in bytes.enumerated() {
            if byte != 0x0D {
                result.append(byte)
            } else if offset + 1 == bytes.count || bytes[offset + 1] != 0x0A {
                result.append(0x0A)
            }
        }
        return result
    }

    /// `%YAML` and its like hang on the document's start.
    private static func hasDirective(_ bytes: [UInt8]) -> Bool {
        bytes.first == UInt8(ascii: "%")
            || zip(bytes, bytes.dropFirst()).contains { $0 == 0x0A && $1 == UInt8(ascii: "%") }
    }
}
