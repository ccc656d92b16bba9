import Bytes
import JSON

/// Text with escapes resolved, which remembers where each of its bytes came from.
struct Unescaped {
    private(set) var bytes: [UInt8] = []
    /// For each byte, where what it stands for begins and ends in the source.
    private(set) var starts: [Int] = []
    private(set) var ends: [Int] = []

    private init() {}

    /// The inside of a JSON string; positions count from `offset` on.
    ///
    /// Also takes text that only looks like one: an escape that JSON does not have stands for itself.
    init(_ text: Span<UInt8>, _ kinds: Escape.Kinds? = .json, at offset: Int = 0) {
        var index = 0
        while index < text.count {
            let length = kinds.map { Escape.length(text, index, $0) } ?? 0
            if length == 0 {
                append(text[index], offset + index, offset + index + 1)
                index += 1
            } else {
                for byte in Escape.plain(text.extracting(index..<(index + length))) {
                    append(byte, offset + index, offset + index + length)
                }
                index += length
            }
        }
    }

    /// Several, one behind the other.
    init(joining texts: [Unescaped]) {
        bytes = texts.flatMap(\.bytes)
        starts = texts.flatMap(\.starts)
        ends = texts.flatMap(\.ends)
    }

    private mutating func append(_ byte: UInt8, _ start: Int, _ end: Int) {
        bytes.append(byte)
        starts.append(start)
        ends.append(end)
    }

    /// The same resolved once more, places still those of the first source; nil when nothing changes.
    func again(_ kinds: Escape.Kinds) -> Unescaped? {
        let own = bytes
        guard Escape.mayHold(own.span, kinds) else { return nil }
        var next = Unescaped(own.span, kinds)
        guard next.bytes.count != own.count else { return nil }
        next.starts = next.starts.map { starts[$0] }
        next.ends = next.ends.map { ends[$0 - 1] }
        return next
    }

    /// What a part of the text was in the source; whole escapes.
    func source(of range: Range<Int>) -> Range<Int> {
        guard !range.isEmpty else { return 0..<0 }
        return starts[range.lowerBound]..<max(ends[range.upperBound - 1], starts[range.lowerBound])
    }
}

/// Escapes in text that may hold none.
enum Escape {
    /// Which are resolved.
    enum Kinds {
        /// Those of JSON strings.
        case json
        /// Those of JSON, of URLs (`%40`, RFC 3986 §2.1), of HTML (`&#64;`, `&nbsp;`) and of program text (`\x40`), each
        /// in the other.
        case all
    }

    /// How often text is resolved once more: JSON in a string of JSON in a string, and far beyond.
    static let depthLimit = 7

    /// False for text without any sign of an escape.
    static func mayHold(_ text: Span<UInt8>, _ kinds: Kinds) -> Bool {
        Scan.find(UInt8(ascii: "\\"), in: text) != nil || kinds == .all && mayHoldOthers(text)
    }

    /// Signs of escapes that JSON does not have.
    static func mayHoldOthers(_ text: Span<UInt8>) -> Bool {
        Scan.find(UInt8(ascii: "%"), in: text) != nil || Scan.find(UInt8(ascii: "&"), in: text) != nil
            || Scan.find("\\x", in: text) != nil
    }

    /// Resolves what can be resolved; nil when nothing can.
    static func resolved(_ text: Span<UInt8>, _ kinds: Kinds) -> [UInt8]? {
        guard mayHold(text, kinds) else { return nil }
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        var index = 0
        while index < text.count {
            let length = length(text, index, kinds)
            if length == 0 {
                result.append(text[index])
                index += 1
            } else {
                result += plain(text.extracting(index..<(index + length)))
                index += length
            }
        }
        // Every escape is longer than what it stands for.
        return result.count == text.count ? nil : result
    }

    /// The length of the escape that begins there, both halves of a pair; 0 for none.
    static func length(_ text: Span<UInt8>, _ index: Int, _ kinds: Kinds) -> Int {
        switch text[index] {
        case 0x5c: break
        case 0x25 where kinds == .all:
            return index + 2 < text.count && hex(text, index + 1) != nil ? 3 : 0
        case 0x26 where kinds == .all: return CharacterReference(text, index)?.length ?? 0
        default: return 0
        }
        guard index + 1 < text.count else { return 0 }
        switch text[index + 1] {
        case 0x22, 0x5c, 0x2f, 0x62, 0x66, 0x6e, 0x72, 0x74: return 2
        case 0x75:
            guard let first = unit(text, index) else { return 0 }
            if first & 0xfc00 == 0xd800, let second = unit(text, index + 6), second & 0xfc00 == 0xdc00 { return 12 }
            return 6
        case 0x78 where kinds == .all: return index + 3 < text.count && hex(text, index + 2) != nil ? 4 : 0
        default: return 0
        }
    }

    /// What one escape stands for.
    static func plain(_ escape: Span<UInt8>) -> [UInt8] {
        switch escape[0] {
        case 0x25: return hex(escape, 1).map { [$0] } ?? []
        case 0x26: return CharacterReference(escape, 0).map { Array(String(Character($0.scalar)).utf8) } ?? []
        default:
            guard escape[1] == 0x78 else { return JSONText.unescape(escape) }
            return hex(escape, 2).map { Array(String(Character(Unicode.Scalar($0))).utf8) } ?? []
        }
    }

    private static func hex(_ text: Span<UInt8>, _ index: Int) -> UInt8? {
        guard let high = ASCII.hexValue(text[index]), let low = ASCII.hexValue(text[index + 1]) else { return nil }
        return UInt8(high << 4 | low)
    }

    private static func unit(_ text: Span<UInt8>, _ index: Int) -> Int? {
        guard index + 6 <= text.count, text[index] == 0x5c, text[index + 1] == 0x75 else { return nil }
        var value = 0
        for place in (index + 2)..<(index + 6) {
            guard let digit = ASCII.hexValue(text[place]) else { return nil }
            value = value << 4 | digit
        }
        return value
    }

    /// Plus as a space, where forms have it so; nil when there is none.
    static func spaced(_ text: Span<UInt8>) -> [UInt8]? {
        guard Scan.find(UInt8(ascii: "+"), in: text) != nil else { return nil }
        return text.indices.map { text[$0] == UInt8(ascii: "+") ? 0x20 : text[$0] }
    }

    /// True for text: UTF-8 (RFC 3629) without the zero bytes that other encodings have between letters.
    static func isText(_ bytes: Span<UInt8>) -> Bool {
        var index = 0
        while index < bytes.count {
            let first = bytes[index]
            if first &- 1 < 0x7f {
                index += 1
                continue
            }
            let count = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4
            guard first >= 0xc2, first <= 0xf4, index + count <= bytes.count else { return false }
            for next in (index + 1)..<(index + count) where bytes[next] & 0xc0 != 0x80 { return false }
            index += count
        }
        return true
    }
}
