/// An entry of a block mapping or an item of a block list, with the comments that belong to it.
final class LayoutUnit {
    /// What stands on lines of its own.
    struct Comment {
        let text: String
        let isAfterBlank: Bool
    }

    /// Nil for an item.
    let key: LayoutNode?
    let value: LayoutNode
    /// The key's first byte, or the dash.
    let start: Int
    let column: Int
    let isAfterBlank: Bool
    let children: [LayoutUnit]
    /// Lines above it.
    var leading: [Comment] = []
    /// Behind it on its line, with the column where it stood.
    var trailing: (text: String, column: Int)?
    /// Lines below what it holds, as deep as itself.
    var foot: [Comment] = []
    /// True when a comment stands inside its brackets: they are then left as they are.
    var holdsComments = false

    init(key: LayoutNode?, value: LayoutNode, start: Int, column: Int, isAfterBlank: Bool, children: [LayoutUnit]) {
        self.key = key
        self.value = value
        self.start = start
        self.column = column
        self.isAfterBlank = isAfterBlank
        self.children = children
    }

    /// Names of anchors that are set in it, and of those that are referred to.
    var anchors: (set: Set<String>, used: Set<String>) {
        var names: (set: Set<String>, used: Set<String>) = ([], [])
        value.forEach { node in
            if let anchor = node.anchor { names.set.insert(anchor) }
            if case .alias(let name) = node.content { names.used.insert(name) }
        }
        return names
    }
}

/// A file's units with every comment given to one of them.
struct LayoutUnits {
    private(set) var roots: [LayoutUnit] = []
    /// Comments at the top of the file that speak of all of it.
    private(set) var header: [LayoutUnit.Comment] = []

    private let lines: Lines
    private let comments: Comments

    /// Nil when a part of the file stands where this cannot follow.
    init?(_ root: LayoutNode, _ bytes: [UInt8]) {
        lines = Lines(bytes)
        comments = Comments(root, bytes, lines)
        guard root.isBlock, let units = units(of: root) else { return nil }
        roots = units
        give()
        splitHeader()
    }

    private func units(of node: LayoutNode) -> [LayoutUnit]? {
        var units: [LayoutUnit] = []
        switch node.content {
        case .mapping(let pairs, false):
            for pair in pairs {
                guard let unit = unit(pair.key, pair.value, pair.key.extent.lowerBound) else { return nil }
                units.append(unit)
            }
        case .sequence(let items, false):
            var floor = node.extent.lowerBound
            for item in items {
                guard let dash = dash(before: item.extent.lowerBound, floor), let unit = unit(nil, item, dash) else {
                    return nil
                }
                units.append(unit)
                floor = dash + 1
            }
        default: break
        }
        return units
    }

    private func unit(_ key: LayoutNode?, _ value: LayoutNode, _ start: Int) -> LayoutUnit? {
        guard let children = units(of: value) else { return nil }
        return LayoutUnit(
            key: key,
            value: value,
            start: start,
            column: lines.column(start),
            isAfterBlank: lines.isBlank(lines.line(start) - 1),
            children: children
        )
    }

    /// The `-` of an item: nothing but white space and comments stands between the two.
    private func dash(before start: Int, _ floor: Int) -> Int? {
        // An empty item's mark may be anywhere behind its dash.
        var offset = start - 1
        while offset >= floor {
            if let comment = comments.start(around: offset) {
                offset = comment - 1
                continue
            }
            switch lines.bytes[offset] {
            case UInt8(ascii: "-"): return offset
            case 0x20, 0x09, 0x0A, 0x0D: offset -= 1
            default: return nil
            }
        }
        return nil
    }

    // MARK: Comments

    private func give() {
        var order: [LayoutUnit] = []
        func add(_ units: [LayoutUnit]) {
            for unit in units {
                order.append(unit)
                add(unit.children)
            }
        }
        add(roots)
        var next = 0
        for comment in comments.all {
            while next < order.count, order[next].start <= comment.start { next += 1 }
            let line = lines.line(comment.start)
            let before = next > 0 ? order[next - 1] : nil
            if let before, !before.value.isBlock, before.value.extent.contains(comment.start) {
                before.holdsComments = true
            } else if !comment.isAlone, let before, lines.line(before.start) == line || before.trailing == nil {
                before.trailing = (comment.text, lines.column(comment.start))
            } else {
                let written = LayoutUnit.Comment(text: comment.text, isAfterBlank: lines.isBlank(line - 1))
                let after = next < order.count ? order[next] : nil
                let column = lines.column(comment.start)
                if let after, column <= after.column || before == nil {
                    after.leading.append(written)
                } else {
                    foot(for: column, before: next, order)?.foot.append(written)
                }
            }
        }
    }

    /// The unit below whose content a comment stands: the last one at its column, or at the nearest one to the left.
    private func foot(for column: Int, before next: Int, _ order: [LayoutUnit]) -> LayoutUnit? {
        var limit = Int.max
        for unit in order[..<next].reversed() where unit.column < limit {
            if unit.column <= column { return unit }
            limit = unit.column
        }
        return roots.last
    }

    /// What stands above the first blank line speaks of the file, and so does what editors read.
    private mutating func splitHeader() {
        guard let first = roots.first else { return }
        let lastBlank = first.isAfterBlank ? first.leading.count : first.leading.lastIndex(where: \.isAfterBlank) ?? 0
        let lastForEditors = (first.leading.lastIndex { $0.text.contains("yaml-language-server") } ?? -1) + 1
        let count = max(lastBlank, lastForEditors)
        header = Array(first.leading.prefix(count))
        first.leading.removeFirst(count)
    }
}

/// Where lines begin and what is blank.
struct Lines {
    let bytes: [UInt8]
    private let starts: [Int]

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        starts = [0] + bytes.indices.filter { bytes[$0] == 0x0A }.map { $0 + 1 }
    }

    func line(_ offset: Int) -> Int {
        var (low, high) = (0, starts.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if starts[middle] <= offset { low = middle } else { high = middle }
        }
        return low
    }

    /// Code points before it on its line.
    func column(_ offset: Int) -> Int { bytes[starts[line(offset)]..<offset].count { $0 & 0xC0 != 0x80 } }

    func isBlank(_ line: Int) -> Bool {
        guard line >= 0, line < starts.count else { return false }
        let end = line + 1 < starts.count ? starts[line + 1] : bytes.count
        return bytes[starts[line]..<end].allSatisfy { [0x20, 0x09, 0x0A, 0x0D].contains($0) }
    }

    /// True when only white space stands before it on its line.
    func isAlone(_ offset: Int) -> Bool {
        bytes[starts[line(offset)]..<offset].allSatisfy { $0 == 0x20 || $0 == 0x09 }
    }
}

/// The comments of a file, in their order: `#` outside of scalars.
struct Comments {
    struct Comment {
        let start: Int
        let end: Int
        let text: String
        let isAlone: Bool
    }
    private(set) var all: [Comment] = []

    init(_ root: LayoutNode, _ bytes: [UInt8], _ lines: Lines) {
        var scalars: [Range<Int>] = []
        root.forEach { node in
            switch node.content {
            case .scalar, .alias: if !node.extent.isEmpty { scalars.append(node.extent) }
            case .sequence, .mapping: break
            }
        }
        scalars.sort { $0.lowerBound < $1.lowerBound }
        var rest = scalars[...]
        var offset = 0
        while offset < bytes.count {
            while let first = rest.first, first.upperBound <= offset { rest = rest.dropFirst() }
            if let first = rest.first, first.contains(offset) {
                offset = first.upperBound
                continue
            }
            let isFree = offset == 0 || [0x20, 0x09, 0x0A, 0x0D].contains(bytes[offset - 1])
            guard bytes[offset] == UInt8(ascii: "#"), isFree || Self.isBracket(bytes[offset - 1]) else {
                offset += 1
                continue
            }
            var end = offset
            while end < bytes.count, bytes[end] != 0x0A { end += 1 }
            var last = end
            while last > offset, [0x20, 0x09, 0x0D].contains(bytes[last - 1]) { last -= 1 }
            let text = String(decoding: bytes[offset..<last], as: UTF8.self)
            all.append(Comment(start: offset, end: end, text: text, isAlone: lines.isAlone(offset)))
            offset = end
        }
    }

    private static func isBracket(_ byte: UInt8) -> Bool { "[]{},".utf8.contains(byte) }

    /// The beginning of the comment that an offset lies in.
    func start(around offset: Int) -> Int? {
        var (low, high) = (0, all.count)
        while low < high {
            let middle = (low + high) / 2
            if all[middle].start <= offset { low = middle + 1 } else { high = middle }
        }
        guard low > 0, offset < all[low - 1].end else { return nil }
        return all[low - 1].start
    }
}
