/// Turns libyaml's indices, which count code points, into bytes.
///
/// Linear in the file to build and constant to ask, so that one long line of a million nodes costs no more than many short
/// ones. A file of ASCII needs no table.
struct ByteMap {
    private static let step = 16
    private let bytes: [UInt8]
    /// The byte at which every 16th code point begins; empty for ASCII.
    private var starts: [Int] = []

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        guard !bytes.allSatisfy({ $0 < 0x80 }) else { return }
        var count = 0
        for (offset, byte) in bytes.enumerated() where byte & 0xC0 != 0x80 {
            if count % Self.step == 0 { starts.append(offset) }
            count += 1
        }
    }

    /// The byte offset of a code point's index.
    func offset(_ index: Int) -> Int {
        if starts.isEmpty { return min(index, bytes.count) }
        guard index / Self.step < starts.count else { return bytes.count }
        var offset = starts[index / Self.step]
        for _ in 0..<(index % Self.step) {
            guard offset < bytes.count else { return bytes.count }
            offset += 1
            while offset < bytes.count, bytes[offset] & 0xC0 == 0x80 { offset += 1 }
        }
        return offset
    }

    /// Drops the white space at the end of a range.
    func trimmed(_ range: Range<Int>) -> Range<Int> {
        var end = range.upperBound
        while end > range.lowerBound {
            let byte = bytes[end - 1]
            guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { break }
            end -= 1
        }
        return range.lowerBound..<end
    }
}
