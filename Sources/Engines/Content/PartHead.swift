import Bytes

/// What the head of a form's part says of its value (RFC 7578 §4, RFC 2045).
struct PartHead {
    private(set) var contentType: [UInt8] = []
    private(set) var carrier = Carrier.plain
    /// It names a file.
    private(set) var isFile = false
    /// It says what readers may take differently, or what is not undone here.
    private(set) var isStrange = false

    /// Reads the lines of a head.
    init(_ head: Span<UInt8>) {
        isFile = Self.holds("filename", head)
        // Words in another encoding (RFC 2047).
        if Scan.find("=?", in: head) != nil, Scan.find("?=", in: head) != nil { isStrange = true }
        var hasCarrier = false
        var start = 0
        while start < head.count {
            let end = Scan.find(UInt8(ascii: "\n"), in: head, from: start) ?? head.count
            let line = head.extracting(start..<end)
            start = end + 1
            // A line that goes on in the next.
            if line.count > 1, line[0] == 0x20 || line[0] == 0x09 { isStrange = isStrange || !Self.isBlank(line) }
            guard let colon = Scan.find(UInt8(ascii: ":"), in: line) else { continue }
            let value = Self.trimmed(line.extracting((colon + 1)...))
            switch String(decoding: Self.trimmed(line.extracting(..<colon)), as: UTF8.self).lowercased() {
            case "content-type":
                if !contentType.isEmpty { isStrange = true }
                contentType = value
            case "content-transfer-encoding":
                let known = Carrier(String(decoding: value, as: UTF8.self))
                if hasCarrier || known == nil { isStrange = true }
                hasCarrier = true
                carrier = known ?? .plain
            case "content-encoding":
                if String(decoding: value, as: UTF8.self).lowercased() != "identity" { isStrange = true }
            default: break
            }
        }
    }

    private static func isBlank(_ line: Span<UInt8>) -> Bool { trimmed(line).isEmpty }

    private static func trimmed(_ text: Span<UInt8>) -> [UInt8] {
        var (start, end) = (0, text.count)
        while start < end, text[start] <= 0x20 { start += 1 }
        while end > start, text[end - 1] <= 0x20 { end -= 1 }
        return (start..<end).map { text[$0] }
    }

    private static func holds(_ word: StaticString, _ head: Span<UInt8>) -> Bool {
        let count = word.utf8CodeUnitCount
        var index = 0
        while index + count <= head.count {
            if ASCII.equalsIgnoringCase(head.extracting(index..<(index + count)), word) { return true }
            index += 1
        }
        return false
    }
}
