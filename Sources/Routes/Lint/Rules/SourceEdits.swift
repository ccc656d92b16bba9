import Report
import RouteModel

/// Edits of a file's text by where its values stand; nil where the text is not of the simple form that can be edited
/// without reading it anew.
struct SourceEdits {
    private let sources: [String: SourceText]

    init(_ sources: [String: SourceText]) { self.sources = sources }

    /// Bytes of a scalar on one line, quotes included.
    func range(_ spot: Spot) -> Range<Int>? {
        guard let source = sources[spot.path] else { return nil }
        let start = source.offset(line: spot.line, column: spot.column)
        let end = source.offset(line: spot.line, column: spot.column + spot.length)
        guard start < end, end <= source.bytes.count else { return nil }
        let first = source.bytes[start]
        let last = source.bytes[end - 1]
        if last == 0x0A || last == 0x0D { return nil }
        for quote in [UInt8(ascii: "\""), UInt8(ascii: "'")] where first == quote {
            if last != quote || end - start < 2 { return nil }
        }
        // An anchor or a tag before the value, a block text, or a structure: nothing to replace in place.
        return [UInt8(ascii: "&"), UInt8(ascii: "|"), UInt8(ascii: ">"), UInt8(ascii: "["), UInt8(ascii: "{")]
            .contains(first) ? nil : start..<end
    }

    /// The text a scalar has in the file, quotes included.
    func text(_ spot: Spot) -> String? {
        guard let source = sources[spot.path], let range = range(spot) else { return nil }
        return String(decoding: source.bytes[range], as: UTF8.self)
    }

    /// The value of a scalar that is written without escapes; nil for any other.
    func value(_ spot: Spot) -> String? {
        guard let text = text(spot) else { return nil }
        guard let quote = text.first, quote == "\"" || quote == "'" else { return text }
        let inner = String(text.dropFirst().dropLast())
        return inner.contains(quote) || quote == "\"" && inner.contains("\\") ? nil : inner
    }

    /// Puts another value in a scalar's place, in the quotes it has, or in quotes when it needs them.
    func rewriting(_ spot: Spot, to value: String) -> [Edit] {
        guard let text = text(spot), let first = text.first else { return [] }
        if value.contains("\"") || value.contains("'") || value.contains("\\") { return [] }
        if first == "\"" || first == "'" { return replacing(spot, with: "\(first)\(value)\(first)") }
        let isPlain = value.unicodeScalars.allSatisfy {
            $0.properties.isAlphabetic || "0123456789-_./".unicodeScalars.contains($0)
        }
        return replacing(spot, with: isPlain ? value : "\"\(value)\"")
    }

    /// Puts something in a scalar's place.
    func replacing(_ spot: Spot, with text: String) -> [Edit] {
        guard let range = range(spot) else { return [] }
        return [Edit(path: spot.path, range: range, replacement: text)]
    }

    /// Takes a scalar out of the list it stands in; nothing when it is the only one.
    func removingItem(_ spot: Spot) -> [Edit] {
        guard let source = sources[spot.path], let range = range(spot) else { return [] }
        let bytes = source.bytes
        var before = range.lowerBound
        while before > 0, bytes[before - 1] == 0x20 { before -= 1 }
        var after = range.upperBound
        while after < bytes.count, bytes[after] == 0x20 { after += 1 }
        guard before > 0, after <= bytes.count else { return [] }
        let following = after < bytes.count ? bytes[after] : 0x0A
        switch (bytes[before - 1], following) {
        case (UInt8(ascii: "["), UInt8(ascii: ",")), (UInt8(ascii: ","), UInt8(ascii: ",")):
            var end = after + 1
            while end < bytes.count, bytes[end] == 0x20 { end += 1 }
            return [Edit(path: spot.path, range: range.lowerBound..<end, replacement: "")]
        case (UInt8(ascii: ","), UInt8(ascii: "]")):
            return [Edit(path: spot.path, range: (before - 1)..<range.upperBound, replacement: "")]
        case (UInt8(ascii: "-"), 0x0A), (UInt8(ascii: "-"), 0x0D):
            return wholeLines(source, from: range.lowerBound, to: range.upperBound)
        default: return []
        }
    }

    /// Takes `key: value` out of its mapping, given where the value stands.
    func removingEntry(valueAt spot: Spot) -> [Edit] {
        guard let source = sources[spot.path], let range = range(spot) else { return [] }
        let bytes = source.bytes
        var key = range.lowerBound
        while key > 0, bytes[key - 1] == 0x20 { key -= 1 }
        guard key > 0, bytes[key - 1] == UInt8(ascii: ":") else { return [] }
        key -= 1
        while key > 0, Self.isNameByte(bytes[key - 1]) { key -= 1 }
        var before = key
        while before > 0, bytes[before - 1] == 0x20 { before -= 1 }
        var after = range.upperBound
        while after < bytes.count, bytes[after] == 0x20 { after += 1 }
        let following = after < bytes.count ? bytes[after] : 0x0A
        let leading = before > 0 ? bytes[before - 1] : 0x0A
        switch (leading, following) {
        case (0x0A, 0x0A), (0x0A, 0x0D), (0x0A, UInt8(ascii: "#")):
            return wholeLines(source, from: key, to: range.upperBound)
        case (UInt8(ascii: "{"), UInt8(ascii: ",")), (UInt8(ascii: ","), UInt8(ascii: ",")):
            var end = after + 1
            while end < bytes.count, bytes[end] == 0x20 { end += 1 }
            return [Edit(path: spot.path, range: key..<end, replacement: "")]
        case (UInt8(ascii: ","), UInt8(ascii: "}")):
            return [Edit(path: spot.path, range: (before - 1)..<range.upperBound, replacement: "")]
        default: return []
        }
    }

    /// Puts `key: value` first in a route's mapping.
    func addingEntry(_ text: String, to route: RouteEntry) -> [Edit] {
        guard let source = sources[route.spot.path], source.bytes.indices.contains(route.extent.lowerBound) else {
            return []
        }
        let start = route.extent.lowerBound
        if source.bytes[start] == UInt8(ascii: "{") {
            return [Edit(path: route.spot.path, range: (start + 1)..<(start + 1), replacement: "\(text), ")]
        }
        let column = source.place(ofOffset: start).column
        let indent = String(repeating: " ", count: column - 1)
        return [Edit(path: route.spot.path, range: start..<start, replacement: "\(text)\n\(indent)")]
    }

    /// Puts a route's lines above another's, both in block style in one file.
    func moving(_ route: RouteEntry, above other: RouteEntry) -> [Edit] {
        guard route.spot.path == other.spot.path, let source = sources[route.spot.path],
            let lines = itemLines(route, source), let target = itemLines(other, source),
            target.lowerBound < lines.lowerBound
        else { return [] }
        var text = String(decoding: source.bytes[lines], as: UTF8.self)
        if !text.hasSuffix("\n") { text += "\n" }
        return [
            Edit(path: source.path, range: target.lowerBound..<target.lowerBound, replacement: text),
            Edit(path: source.path, range: lines, replacement: ""),
        ]
    }

    /// Adds a route of two keys below another in block style.
    func appending(_ first: String, _ second: String, after route: RouteEntry) -> [Edit] {
        guard let source = sources[route.spot.path], let lines = itemLines(route, source) else { return [] }
        let column = source.place(ofOffset: route.extent.lowerBound).column
        let indent = String(repeating: " ", count: max(0, column - 3))
        let end = lines.upperBound
        let isOpen = end > 0 && source.bytes[end - 1] != 0x0A
        let text = "\(isOpen ? "\n" : "")\(indent)- \(first)\n\(indent)  \(second)\n"
        return [Edit(path: source.path, range: end..<end, replacement: text)]
    }

    /// The whole lines of a list's item, when nothing else is on them.
    private func itemLines(_ route: RouteEntry, _ source: SourceText) -> Range<Int>? {
        let bytes = source.bytes
        guard bytes.indices.contains(route.extent.lowerBound), route.extent.upperBound <= bytes.count else {
            return nil
        }
        var start = route.extent.lowerBound
        while start > 0, bytes[start - 1] == 0x20 { start -= 1 }
        guard start > 0, bytes[start - 1] == UInt8(ascii: "-") else { return nil }
        start -= 1
        while start > 0, bytes[start - 1] == 0x20 { start -= 1 }
        guard start == 0 || bytes[start - 1] == 0x0A else { return nil }
        var end = route.extent.upperBound
        while end < bytes.count, bytes[end] != 0x0A { end += 1 }
        return start..<min(end + 1, bytes.count)
    }

    /// Takes out the lines that hold these bytes, line end included.
    func removingLines(_ path: String, _ range: Range<Int>) -> [Edit] {
        guard let source = sources[path], range.upperBound <= source.bytes.count else { return [] }
        return wholeLines(source, from: range.lowerBound, to: range.upperBound)
    }

    private func wholeLines(_ source: SourceText, from: Int, to: Int) -> [Edit] {
        var start = from
        while start > 0, source.bytes[start - 1] != 0x0A { start -= 1 }
        var end = to
        while end < source.bytes.count, source.bytes[end] != 0x0A { end += 1 }
        return [Edit(path: source.path, range: start..<min(end + 1, source.bytes.count), replacement: "")]
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        byte >= 0x61 && byte <= 0x7A || byte >= 0x30 && byte <= 0x39 || byte == 0x5F || byte == 0x2D
    }
}
