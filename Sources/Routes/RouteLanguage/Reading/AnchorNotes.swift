import Report

/// Where anchors stand, and whether an alias ever named them (HP015).
struct AnchorNotes {
    private var places: [(name: String, offset: Int, isUsed: Bool)] = []
    private var current: [String: Int] = [:]

    /// An anchor, with the byte at which what it names begins: the anchor itself, or a tag before it.
    mutating func define(_ name: String, _ offset: Int) {
        current[name] = places.count
        places.append((name, offset, false))
    }

    mutating func use(_ name: String) {
        if let position = current[name] { places[position].isUsed = true }
    }

    /// Every anchor without an alias; taking it away changes nothing.
    func unused(in source: SourceText) -> [Problem] {
        places.filter { !$0.isUsed }.compactMap { place in
            guard let start = find(place.name, from: place.offset, in: source.bytes) else { return nil }
            let (line, column) = source.place(ofOffset: start)
            let length = place.name.unicodeScalars.count + 1
            let range = removal(start..<(start + place.name.utf8.count + 1), in: source.bytes)
            return Problem(
                .warning,
                "HP015",
                "the anchor `&\(place.name)` is never used",
                at: Spot(path: source.path, line: line, column: column, length: length),
                help: ["remove it, or write  *\(place.name)  where the same belongs"],
                fix: .safe,
                edits: [Edit(path: source.path, range: range, replacement: "")]
            )
        }
    }

    /// Tags are short, so the anchor is near.
    private func find(_ name: String, from offset: Int, in bytes: [UInt8]) -> Int? {
        let wanted = Array("&\(name)".utf8)
        let last = min(bytes.count - wanted.count, offset + 256)
        guard offset <= last else { return nil }
        return (offset...last).first { bytes[$0..<($0 + wanted.count)].elementsEqual(wanted) }
    }

    /// The anchor with the space that parts it from its neighbour.
    private func removal(_ range: Range<Int>, in bytes: [UInt8]) -> Range<Int> {
        var end = range.upperBound
        while end < bytes.count, bytes[end] == 0x20 { end += 1 }
        let isLast = end == bytes.count || bytes[end] == 0x0A || bytes[end] == 0x0D
        if !isLast { return range.lowerBound..<end }
        var start = range.lowerBound
        while start > 0, bytes[start - 1] == 0x20 { start -= 1 }
        return start..<range.upperBound
    }
}
