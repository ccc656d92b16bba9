import Report
import RouteLanguage

/// `# hoosh: allow HP412, HP413 -- reason`: silences findings on its line, or alone on a line, on the next.
struct AllowComment {
    /// A code with its bytes.
    struct Code {
        let name: String
        let range: Range<Int>
    }

    let path: String
    /// Whose findings it silences.
    let line: Int
    let codes: [Code]
    let hasReason: Bool
    /// The word behind `hoosh:`, when it is not `allow`.
    let strangeWord: String?
    /// From `#` to the end of the line.
    let range: Range<Int>
    /// What goes when the comment goes: with its line, or with the spaces before it.
    let removal: Range<Int>

    /// The comments of a file; none where its text is no YAML.
    static func all(in file: LoadedFile) -> [AllowComment] {
        guard let root = file.root else { return [] }
        let bytes = file.source.bytes
        var found: [AllowComment] = []
        for offset in candidates(bytes) where !isInScalar(offset, root, file.path) {
            if let comment = AllowComment(file, hash: offset) { found.append(comment) }
        }
        return found
    }

    private static let word = Array("hoosh:".utf8)

    /// Every `#` that may open such a comment: at the start of a line or behind a space, `hoosh:` following.
    private static func candidates(_ bytes: [UInt8]) -> [Int] {
        var found: [Int] = []
        bytes.withUnsafeBufferPointer { bytes in
            for offset in bytes.indices where bytes[offset] == UInt8(ascii: "#") {
                guard offset == 0 || isBlank(bytes[offset - 1]) || isLineEnd(bytes[offset - 1]) else { continue }
                var next = offset + 1
                while next < bytes.count, isBlank(bytes[next]) { next += 1 }
                guard next + word.count <= bytes.count else { continue }
                if word.indices.allSatisfy({ bytes[next + $0] == word[$0] }) { found.append(offset) }
            }
        }
        return found
    }

    /// True when the byte belongs to a text in quotes or to a block text, where `#` opens no comment.
    private static func isInScalar(_ offset: Int, _ node: Node, _ path: String) -> Bool {
        guard node.spot.path == path, node.extent.contains(offset) else { return false }
        if let style = node.style { return style != .plain }
        for entry in node.entries where entry.extent.contains(offset) {
            if isInScalar(offset, entry.key, path) || isInScalar(offset, entry.value, path) { return true }
        }
        return (node.items ?? []).contains { isInScalar(offset, $0, path) }
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
    private static func isLineEnd(_ byte: UInt8) -> Bool { byte == 0x0A || byte == 0x0D }

    private init?(_ file: LoadedFile, hash: Int) {
        let bytes = file.source.bytes
        path = file.path
        var end = hash
        while end < bytes.count, !Self.isLineEnd(bytes[end]) { end += 1 }
        range = hash..<end
        var start = hash
        while start > 0, Self.isBlank(bytes[start - 1]) { start -= 1 }
        let isAlone = start == 0 || Self.isLineEnd(bytes[start - 1])
        let own = file.source.place(ofOffset: hash).line
        if isAlone {
            var after = end
            if after < bytes.count, bytes[after] == 0x0D { after += 1 }
            if after < bytes.count, bytes[after] == 0x0A { after += 1 }
            removal = start..<after
            line = Self.nextLine(after: own, file.source)
        } else {
            removal = start..<end
            line = own
        }
        var words = Self.words(bytes, hash + 1..<end)
        guard !words.isEmpty else { return nil }
        words.removeFirst()  // hoosh:
        let verb = words.isEmpty ? "" : words.removeFirst().text
        strangeWord = verb == "allow" ? nil : verb
        var codes: [Code] = []
        var reason = false
        for (position, word) in words.enumerated() {
            if word.text == "--" {
                reason = position + 1 < words.count
                break
            }
            codes.append(Code(name: word.text, range: word.range))
        }
        self.codes = codes
        hasReason = reason
    }

    /// The first line below that is neither empty nor a comment.
    private static func nextLine(after line: Int, _ source: SourceText) -> Int {
        var next = line + 1
        while next <= source.lineCount {
            let first = source.line(next).unicodeScalars.first { $0 != " " && $0 != "\t" }
            if let first, first != "#" { return next }
            next += 1
        }
        return next
    }

    /// Words between spaces and commas, with their bytes.
    private static func words(_ bytes: [UInt8], _ range: Range<Int>) -> [(text: String, range: Range<Int>)] {
        var found: [(text: String, range: Range<Int>)] = []
        var start: Int?
        for offset in range.lowerBound...range.upperBound {
            let isGap = offset == range.upperBound || isBlank(bytes[offset]) || bytes[offset] == UInt8(ascii: ",")
            if isGap, let from = start {
                found.append((String(decoding: bytes[from..<offset], as: UTF8.self), from..<offset))
                start = nil
            } else if !isGap, start == nil {
                start = offset
            }
        }
        return found
    }
}
