import Report

/// Builds the one document of a file from events, within limits that hold before memory is spent.
///
/// Finds what YAML itself leaves open: duplicate keys, merges, aliases, tags. A fault whose repair is certain (a `*`, `@`
/// or `!` that needed quotes) is reported and read over, so that the rest of the file is checked in the same run.
struct DocumentReader {
    static let depthLimit = 64
    static let nodeLimit = 1_000_000
    static let expansionFactor = 10
    /// Small files may repeat themselves freely.
    static let expansionFloor = 10_000
    static let keyLimitBytes = 1_024
    /// How many faults are read over before giving up.
    static let repairLimit = 50

    /// Reading stops here; what is wrong has been reported.
    private struct Stop: Error {}

    private let source: SourceText
    private let file: FileName
    private let map: ByteMap
    private var events: YAMLEvents
    /// Where the last thing that is written ends, in bytes.
    private var lastEnd = 0
    private var anchors: [String: Node] = [:]
    private var notes = AnchorNotes()
    private var openAnchors: [String] = []
    private var nodeCount = 0
    private var problems: [Problem] = []
    private let repairedOffsets: Set<Int>
    /// The key above what is being read.
    private var key = ""

    private init(_ source: SourceText, _ bytes: [UInt8], _ map: ByteMap, repaired: Set<Int>) {
        self.source = source
        file = FileName(source.path)
        self.map = map
        events = YAMLEvents(bytes)
        repairedOffsets = repaired
    }

    /// Reads a file's text; nil when no tree came of it.
    static func read(_ source: SourceText, _ problems: inout Problems) -> Node? {
        var bytes = source.bytes
        var repaired: Set<Int> = []
        var found: [Problem] = []
        let map = ByteMap(source.bytes)
        while true {
            var reader = DocumentReader(source, bytes, map, repaired: repaired)
            do {
                let root = try reader.document()
                for problem in found + reader.problems { problems.add(problem) }
                return root
            } catch let failure as YAMLFailure {
                let fault = SyntaxFault(failure, source, bytes)
                found.append(contentsOf: fault.problems)
                if let offset = fault.repairOffset, repaired.count < repairLimit, repaired.insert(offset).inserted {
                    bytes[offset] = UInt8(ascii: "x")
                    continue
                }
                for problem in found + reader.problems { problems.add(problem) }
                return nil
            } catch {
                for problem in found + reader.problems { problems.add(problem) }
                return nil
            }
        }
    }

    private func spot(_ start: Mark, _ end: Mark) -> Spot {
        let line = start.line + 1
        // Only what goes on in the next line needs this one's length: a file may be one long line of a million nodes.
        let last = end.line == start.line ? end.column : source.line(line).unicodeScalars.count
        return Spot(file, line: line, column: start.column + 1, length: max(1, last - start.column))
    }

    /// The bytes of a scalar, an alias or a flow collection; what follows starts after them.
    private mutating func extent(_ start: Mark, _ end: Mark) -> Range<Int> {
        let first = map.offset(start.index)
        let range = map.trimmed(first..<max(first, map.offset(end.index)))
        // Nothing has no place of its own: its mark may be that of the next key.
        if !range.isEmpty { lastEnd = max(lastEnd, range.upperBound) }
        return range
    }

    /// The bytes of a collection that has no end of its own when it is a block.
    private mutating func extent(_ start: Int, _ end: YAMLEvent, isFlow: Bool) -> Range<Int> {
        if isFlow { lastEnd = max(lastEnd, map.offset(end.end.index)) }
        return start..<max(start, lastEnd)
    }

    private mutating func report(_ problem: Problem) { problems.append(problem) }

    // MARK: Document

    private mutating func document() throws -> Node? {
        _ = try events.next()
        var event = try events.next()
        guard event.kind == .documentStart else {
            let spot = Spot(path: source.path, line: 1, column: 1, length: 1)
            report(
                Problem(.error, "HP008", "the file is empty", at: spot, help: ["start with:  version: 1"])
            )
            return nil
        }
        event = try events.next()
        let root = try node(event, depth: 1)
        _ = try events.next()
        let after = try events.next()
        if after.kind == .documentStart {
            report(
                Problem(
                    .error,
                    "HP008",
                    "a route file has one document, here starts a second",
                    at: spot(after.start, after.end)
                )
            )
            return nil
        }
        if root.isNothing {
            report(Problem(.error, "HP008", "the file is empty", at: root.spot, help: ["start with:  version: 1"]))
            return nil
        }
        let limit = max(Self.expansionFloor, nodeCount * Self.expansionFactor)
        if root.expandedCount > limit { throw expansion(at: root.spot, root.expandedCount) }
        // After a fault nobody knows what an anchor was for.
        if repairedOffsets.isEmpty, !problems.contains(where: { $0.severity == .error }) {
            problems += notes.unused(in: source)
        }
        return root
    }

    private mutating func expansion(at spot: Spot, _ count: Int) -> Stop {
        let many = count >= Self.nodeLimit ? "more than \(Self.nodeLimit)" : "\(count)"
        report(Problem(.error, "HP007", "aliases expand this file to \(many) nodes, too many for its size", at: spot))
        return Stop()
    }

    // MARK: Nodes

    private mutating func node(_ event: YAMLEvent, depth: Int) throws -> Node {
        nodeCount += 1
        if nodeCount > Self.nodeLimit {
            report(
                Problem(.error, "HP007", "more than \(Self.nodeLimit) nodes", at: spot(event.start, event.end))
            )
            throw Stop()
        }
        if case .alias(let name) = event.kind { return try alias(name, event) }
        if let anchor = event.anchor { openAnchors.append(anchor) }
        let result: Node
        switch event.kind {
        case .scalar(let text, let style): result = scalar(text, style, event)
        case .sequenceStart(let isFlow): result = try sequence(event, depth, isFlow: isFlow)
        case .mappingStart(let isFlow): result = try mapping(event, depth, isFlow: isFlow)
        default: throw Stop()
        }
        if let anchor = event.anchor {
            openAnchors.removeLast()
            anchors[anchor] = result
            notes.define(anchor, map.offset(event.start.index))
        }
        if let tag = event.tag, !tag.isEmpty, event.kind.isStructure { return tagged(tag, event, result) }
        return result
    }

    private static let standardTags = Set(["str", "int", "float", "bool", "null", "map", "seq"])
        .reduce(into: Set<String>()) { $0.insert("tag:yaml.org,2002:\($1)") }

    private mutating func tagged(_ tag: String, _ event: YAMLEvent, _ node: Node) -> Node {
        if Self.standardTags.contains(tag) { return node }
        let place = spot(event.start, event.end)
        report(Problem(.error, "HP004", "route files have no custom tags such as `\(tag)`", at: place))
        return Node(.broken, at: place, extent: node.extent)
    }

    private mutating func scalar(_ text: String, _ style: ScalarStyle, _ event: YAMLEvent) -> Node {
        let place = spot(event.start, event.end)
        let extent = extent(event.start, event.end)
        if let tag = event.tag, !tag.isEmpty, !Self.standardTags.contains(tag) {
            let written = String(decoding: source.bytes[extent], as: UTF8.self)
            let edits = style == .plain ? SyntaxFault.quoting(written, source, extent.lowerBound) : []
            report(SyntaxFault.tagProblem(text.isEmpty ? tag : "\(tag) \(text)", place, edits))
            return Node(.broken, at: place, extent: extent)
        }
        if !repairedOffsets.isEmpty {
            if repairedOffsets.contains(where: { extent.contains($0) }) {
                return Node(.broken, at: place, extent: extent)
            }
        }
        // A block text ends where the next line begins.
        let lastLine = event.end.column == 0 ? event.end.line : event.end.line + 1
        return Node(.scalar(text, style), at: place, extent: extent, lastLine: lastLine)
    }

    private mutating func checkDepth(_ event: YAMLEvent, _ depth: Int) throws {
        guard depth >= Self.depthLimit else { return }
        report(
            Problem(
                .error,
                "HP007",
                "nested deeper than \(Self.depthLimit) levels",
                at: Spot(path: source.path, line: event.start.line + 1, column: event.start.column + 1, length: 1)
            )
        )
        throw Stop()
    }

    private mutating func sequence(_ event: YAMLEvent, _ depth: Int, isFlow: Bool) throws -> Node {
        try checkDepth(event, depth)
        let start = map.offset(event.start.index)
        var items: [Node] = []
        var count = 1
        var next = try events.next()
        while next.kind != .sequenceEnd {
            let item = try node(next, depth: depth + 1)
            items.append(item)
            count = try adding(count, item)
            next = try events.next()
        }
        let extent = extent(start, next, isFlow: isFlow)
        let place = spot(event.start, next.end)
        return Node(.sequence(items, isFlow: isFlow), at: place, extent: extent, expandedCount: count)
    }

    private mutating func adding(_ count: Int, _ node: Node) throws -> Int {
        let sum = count + node.expandedCount
        if sum > Self.nodeLimit { throw expansion(at: node.spot, sum) }
        return sum
    }

    private mutating func mapping(_ event: YAMLEvent, _ depth: Int, isFlow: Bool) throws -> Node {
        try checkDepth(event, depth)
        var builder = MappingBuilder()
        var count = 1
        let outerKey = key
        defer { key = outerKey }
        var next = try events.next()
        while next.kind != .mappingEnd {
            let keyNode = try node(next, depth: depth + 1)
            key = keyNode.text ?? ""
            let value = try node(try events.next(), depth: depth + 1)
            count = try adding(count, value) + 1
            let start = keyNode.extent.lowerBound
            for problem in builder.add(keyNode, value, start..<max(start, lastEnd)) { report(problem) }
            next = try events.next()
        }
        for problem in builder.disagreements() { report(problem) }
        let first = builder.firstKeySpot
        // A block mapping has no sign of its own: its first key stands for it.
        let place = isFlow ? spot(event.start, next.end) : first ?? spot(event.start, event.end)
        let start = isFlow ? map.offset(event.start.index) : builder.firstKeyOffset ?? map.offset(event.start.index)
        return Node(
            .mapping(builder.finished(), isFlow: isFlow),
            at: place,
            extent: extent(start, next, isFlow: isFlow),
            expandedCount: count,
            isPartial: builder.isPartial
        )
    }

    // MARK: Aliases

    private mutating func alias(_ name: String, _ event: YAMLEvent) throws -> Node {
        let place = spot(event.start, event.end)
        let extent = extent(event.start, event.end)
        if openAnchors.contains(name) {
            report(Problem(.error, "HP006", "`*\(name)` stands inside its own anchor", at: place))
            return Node(.broken, at: place, extent: extent)
        }
        if let node = anchors[name] {
            notes.use(name)
            return node
        }
        let near = Suggestion.nearest(to: name, among: anchors.keys.sorted())
        if key != "<<", near == nil {
            let edits = SyntaxFault.quoting("*\(name)", source, extent.lowerBound)
            report(SyntaxFault.starProblem("*\(name)", place, edits))
            return Node(.broken, at: place, extent: extent)
        }
        let help = near.map { ["did you mean `*\($0)`?"] } ?? []
        report(
            Problem(
                .error,
                "HP006",
                "no anchor `&\(name)` before this alias",
                at: place,
                help: help,
                fix: near == nil ? nil : .unsafe,
                edits: near.map { [Edit(path: source.path, range: extent, replacement: "*\($0)")] } ?? []
            )
        )
        return Node(.broken, at: place, extent: extent)
    }
}

extension YAMLEvent.Kind {
    fileprivate var isStructure: Bool {
        switch self {
        case .sequenceStart, .mappingStart: true
        default: false
        }
    }
}
