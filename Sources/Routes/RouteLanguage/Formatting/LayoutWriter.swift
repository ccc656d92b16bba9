/// Writes units anew: two spaces a level, keys in the language's order, short brackets on one line.
struct LayoutWriter {
    static let widthLimit = 100

    let bytes: [UInt8]
    let sortsGlobs: Bool
    /// False when some anchor is set twice: what an alias means then hangs on the order.
    let movesKeys: Bool

    private struct Lines {
        /// Comments that must stand above the first line.
        var above: [String] = []
        var lines: [String] = []
    }

    func text(_ units: LayoutUnits, _ schema: Schema?) -> String {
        var lines: [String] = []
        for comment in units.header { append(comment, "", &lines) }
        let body = block(units.roots, schema, indent: 0)
        let hasGap = !units.header.isEmpty && (units.roots.first?.isAfterBlank ?? false)
        lines += (hasGap ? [""] : []) + body.above + body.lines
        return lines.joined(separator: "\n") + "\n"
    }

    private func append(_ comment: LayoutUnit.Comment, _ margin: String, _ lines: inout [String]) {
        if comment.isAfterBlank, !lines.isEmpty { lines.append("") }
        lines.append(margin + comment.text)
    }

    private func raw(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

    // MARK: Blocks

    private func block(_ units: [LayoutUnit], _ schema: Schema?, indent: Int) -> Lines {
        let margin = String(repeating: " ", count: indent)
        var result = Lines()
        for (position, unit) in ordered(units, schema).enumerated() {
            let body = lines(of: unit, schema, indent: indent)
            if position == 0 {
                for comment in unit.leading { append(comment, margin, &result.above) }
                result.above += body.above.map { margin + $0 }
            } else {
                if let first = unit.leading.first {
                    if first.isAfterBlank { result.lines.append("") }
                    for (number, comment) in unit.leading.enumerated() {
                        if number > 0, comment.isAfterBlank { result.lines.append("") }
                        result.lines.append(margin + comment.text)
                    }
                }
                if unit.isAfterBlank { result.lines.append("") }
                result.lines += body.above.map { margin + $0 }
            }
            result.lines += body.lines
            for comment in unit.foot {
                if comment.isAfterBlank { result.lines.append("") }
                result.lines.append(margin + comment.text)
            }
        }
        return result
    }

    /// The lines of a unit; `above` is without its margin.
    private func lines(of unit: LayoutUnit, _ schema: Schema?, indent: Int) -> Lines {
        guard let key = unit.key else { return item(unit, schema?.below, indent: indent) }
        let margin = String(repeating: " ", count: indent)
        let name = self.key(key)
        let inner = schema?.below(key.text ?? "")
        let anchor = unit.value.anchor.map { " &\($0)" } ?? ""
        if unit.value.isBlock {
            let body = block(unit.children, inner, indent: indent + 2)
            return Lines(lines: [commented("\(margin)\(name):\(anchor)", unit)] + body.above + body.lines)
        }
        let written = value(unit, inner, indent: indent, prefix: "\(margin)\(name):")
        return Lines(lines: written)
    }

    private func item(_ unit: LayoutUnit, _ schema: Schema?, indent: Int) -> Lines {
        let margin = String(repeating: " ", count: indent)
        guard unit.value.isBlock else { return Lines(lines: value(unit, schema, indent: indent, prefix: margin + "-")) }
        let body = block(unit.children, schema, indent: indent + 2)
        if let anchor = unit.value.anchor {
            return Lines(lines: [commented("\(margin)- &\(anchor)", unit)] + body.above + body.lines)
        }
        var result = dashed(body, margin)
        if let trailing = unit.trailing { result.above.insert(trailing.text, at: 0) }
        return result
    }

    /// Puts the dash before the first line; comments above that line go above the dash.
    private func dashed(_ body: Lines, _ margin: String) -> Lines {
        var result = Lines(above: body.above.map { String($0.drop { $0 == " " }) }, lines: body.lines)
        if let first = result.lines.first { result.lines[0] = margin + "- " + first.dropFirst(margin.count + 2) }
        return result
    }

    private func commented(_ line: String, _ unit: LayoutUnit) -> String {
        guard let trailing = unit.trailing else { return line }
        let gap = trailing.column - line.unicodeScalars.count
        return line + String(repeating: " ", count: gap > 0 ? gap : 2) + trailing.text
    }

    // MARK: Values

    /// A value that is no block, behind its key or dash.
    private func value(_ unit: LayoutUnit, _ schema: Schema?, indent: Int, prefix: String) -> [String] {
        let node = unit.value
        if unit.holdsComments { return commentedLast(verbatim(node, indent, prefix, isFlow: true), unit) }
        switch node.content {
        case .scalar(let text, let style):
            if style == .block { return blockScalar(node, indent, prefix) }
            if node.anchor == nil, let line = Spelling.oneLine(text, style, raw: raw(node.extent)),
                style != .plain || isOneLine(node)
            {
                return [commented(line.isEmpty ? prefix : "\(prefix) \(line)", unit)]
            }
            return commentedLast(verbatim(node, indent, prefix, isFlow: false), unit)
        case .alias(let name): return [commented("\(prefix) *\(name)", unit)]
        case .sequence, .mapping:
            guard let line = oneLine(node, schema) else {
                return commentedLast(verbatim(node, indent, prefix, isFlow: true), unit)
            }
            let whole = "\(prefix) \(line)"
            if whole.unicodeScalars.count <= Self.widthLimit || isEmpty(node) { return [commented(whole, unit)] }
            return opened(unit, schema, indent: indent, prefix: prefix)
        }
    }

    private func isOneLine(_ node: LayoutNode) -> Bool { !bytes[node.extent].contains(0x0A) }

    private func isEmpty(_ node: LayoutNode) -> Bool {
        switch node.content {
        case .sequence(let items, _): items.isEmpty
        case .mapping(let pairs, _): pairs.isEmpty
        case .scalar, .alias: true
        }
    }

    /// Brackets that are too long for a line become a block.
    private func opened(_ unit: LayoutUnit, _ schema: Schema?, indent: Int, prefix: String) -> [String] {
        let node = unit.value
        let anchor = node.anchor.map { " &\($0)" } ?? ""
        let body = block(parts(of: node), schema, indent: indent + 2)
        if unit.key == nil, anchor.isEmpty {
            let margin = String(repeating: " ", count: indent)
            let dashed = dashed(body, margin)
            return (unit.trailing.map { [margin + $0.text] } ?? []) + dashed.lines
        }
        return [commented(prefix + anchor, unit)] + body.lines
    }

    private func parts(of node: LayoutNode) -> [LayoutUnit] {
        func unit(_ key: LayoutNode?, _ value: LayoutNode) -> LayoutUnit {
            LayoutUnit(key: key, value: value, start: 0, column: 0, isAfterBlank: false, children: [])
        }
        switch node.content {
        case .sequence(let items, _): return items.map { unit(nil, $0) }
        case .mapping(let pairs, _): return pairs.map { unit($0.key, $0.value) }
        case .scalar, .alias: return []
        }
    }

    private func commentedLast(_ lines: [String], _ unit: LayoutUnit) -> [String] {
        lines.dropLast() + lines.suffix(1).map { commented($0, unit) }
    }

    /// The author's own lines, moved to the margin.
    private func verbatim(_ node: LayoutNode, _ indent: Int, _ prefix: String, isFlow: Bool) -> [String] {
        let inner = String(repeating: " ", count: indent + 2)
        var lines: [String] = []
        for part in raw(node.extent).split(separator: "\n", omittingEmptySubsequences: false) {
            let line = String(part.drop { $0 == " " || $0 == "\t" || $0 == "\r" }.trimmingEnd)
            if lines.isEmpty {
                lines.append("\(prefix) \(line)")
            } else if line.isEmpty {
                lines.append("")
            } else {
                let isClosing = isFlow && (line.hasPrefix("]") || line.hasPrefix("}"))
                lines.append((isClosing ? String(inner.dropLast(2)) : inner) + line)
            }
        }
        return lines
    }

    /// `|` and `>`: every line keeps what it has beyond the first one's margin.
    private func blockScalar(_ node: LayoutNode, _ indent: Int, _ prefix: String) -> [String] {
        var parts = raw(node.extent).split(separator: "\n", omittingEmptySubsequences: false).map { line in
            line.hasSuffix("\r") ? line.dropLast() : line
        }
        if parts.last?.allSatisfy({ $0 == " " }) ?? false { parts.removeLast() }
        guard let head = parts.first else { return [prefix] }
        // Blank lines at its end belong to it only where `+` keeps them.
        if !head.contains("+") {
            while parts.count > 1, parts.last?.allSatisfy({ $0 == " " }) ?? false { parts.removeLast() }
        }
        let content = parts.dropFirst()
        let margin = content.first { !$0.allSatisfy { $0 == " " } }?.prefix { $0 == " " }.count ?? 0
        let inner = String(repeating: " ", count: indent + 2)
        return ["\(prefix) \(head.trimmingEnd)"]
            + content.map { line in
                line.allSatisfy { $0 == " " } && line.count <= margin ? "" : inner + line.dropFirst(margin)
            }
    }

    private func key(_ node: LayoutNode) -> String {
        guard case .scalar(let text, let style) = node.content else { return "" }
        return Spelling.oneLine(text, style, raw: raw(node.extent)) ?? raw(node.extent)
    }

    // MARK: Brackets

    /// Brackets on one line; nil when something in them needs its own lines.
    private func oneLine(_ node: LayoutNode, _ schema: Schema?) -> String? {
        let anchor = node.anchor.map { "&\($0) " } ?? ""
        switch node.content {
        case .scalar(let text, let style):
            if node.anchor != nil { return isOneLine(node) ? raw(node.extent) : nil }
            return Spelling.oneLine(text, style, raw: raw(node.extent))
        case .alias(let name): return "*\(name)"
        case .sequence(let items, _):
            let units = ordered(items.map { part(nil, $0) }, schema)
            let parts = units.map { oneLine($0.value, schema?.below) }
            guard !parts.contains(nil) else { return nil }
            return anchor + "[" + parts.compactMap { $0 }.joined(separator: ", ") + "]"
        case .mapping(let pairs, _):
            let units = ordered(pairs.map { part($0.key, $0.value) }, schema)
            let parts = units.map { unit -> String? in
                guard let key = unit.key, let text = oneLine(unit.value, schema?.below(key.text ?? "")) else {
                    return nil
                }
                return text.isEmpty ? "\(self.key(key)):" : "\(self.key(key)): \(text)"
            }
            guard !parts.contains(nil) else { return nil }
            return anchor + "{" + parts.compactMap { $0 }.joined(separator: ", ") + "}"
        }
    }

    private func part(_ key: LayoutNode?, _ value: LayoutNode) -> LayoutUnit {
        LayoutUnit(key: key, value: value, start: 0, column: 0, isAfterBlank: false, children: [])
    }

    // MARK: Order

    /// The order of the language for keys that it names; of names that authors choose, their own.
    private func ordered(_ units: [LayoutUnit], _ schema: Schema?) -> [LayoutUnit] {
        guard let schema = schema?.resolved else { return units }
        let sorted: [LayoutUnit]
        if units.first?.key == nil {
            guard sortsGlobs, schema.isGlobList, !units.contains(where: { !$0.leading.isEmpty || !$0.foot.isEmpty })
            else {
                return units
            }
            sorted = units.sorted { ($0.value.text ?? "", $0.start) < ($1.value.text ?? "", $1.start) }
        } else {
            guard schema.anyName == nil, !schema.children.isEmpty else { return units }
            var places = ["<<": -1]
            for (place, child) in schema.children.enumerated() { places[child.name] = place }
            let ranked = units.enumerated().map { (places[$1.key?.text ?? ""] ?? Int.max, $0, $1) }
            sorted = ranked.sorted { ($0.0, $0.1) < ($1.0, $1.1) }.map(\.2)
        }
        return movesKeys && keepsAnchorsFirst(sorted) ? sorted : units
    }

    /// An alias must stand behind the anchor it names.
    private func keepsAnchorsFirst(_ units: [LayoutUnit]) -> Bool {
        var used: Set<String> = []
        for unit in units {
            let names = unit.anchors
            if !names.set.isDisjoint(with: used) { return false }
            used.formUnion(names.used)
        }
        return true
    }
}

extension Substring {
    fileprivate var trimmingEnd: Substring {
        var rest = self
        while let last = rest.last, last == " " || last == "\t" || last == "\r" { rest.removeLast() }
        return rest
    }
}

extension Schema {
    /// What a key that repeats another one's rows means.
    fileprivate var resolved: Schema {
        if case .same = key?.type { Schema.match } else { self }
    }

    fileprivate func below(_ name: String) -> Schema? { resolved[name] ?? resolved.anyName }

    /// What stands in an item; a list within a list holds the same.
    fileprivate var below: Schema { resolved.item ?? resolved }

    /// A list whose order means nothing.
    fileprivate var isGlobList: Bool {
        switch key?.type {
        case .list(.glob), .oneOrMore(.glob): true
        default: false
        }
    }
}
