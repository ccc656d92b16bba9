import Bytes

/// The head of a WAV file: where its samples begin and what they are.
///
/// Multimedia Programming Interface and Data Specifications 1.0 (IBM and Microsoft, 1991): `RIFF`, a size, `WAVE`, then
/// chunks of a name, a size and content, padded to even length.
package struct WaveHead: Equatable, Sendable {
    /// Where the samples begin.
    package let start: Int
    /// How many bytes they are; nil when the writer did not know, and all that follows is meant.
    package let count: Int?
    package let rate: Int
    package let channels: Int
    package let bits: Int

    package init(start: Int, count: Int?, rate: Int, channels: Int, bits: Int) {
        self.start = start
        self.count = count
        self.rate = rate
        self.channels = channels
        self.bits = bits
    }

    /// What the bytes say so far.
    package enum Answer: Equatable, Sendable {
        case more
        case found(WaveHead)
        case none
    }

    /// A head larger than this is none.
    package static let limitBytes = 64 * 1024

    package static func find(_ bytes: Span<UInt8>) -> Answer {
        guard isPrefix(bytes, "RIFF", at: 0), isPrefix(bytes, "WAVE", at: 8) else { return .none }
        var position = 12
        var format: (channels: Int, rate: Int, bits: Int)?
        while position + 8 <= bytes.count {
            let size = number(bytes, position + 4, 4)
            let content = position + 8
            if ASCII.equals(bytes.extracting(position..<(position + 4)), "data") {
                guard let format else { return .none }
                // Writers that could not go back leave 0 or the largest number.
                let isUnknown = size == 0 || size >= 0xffff_fff0 - 64
                return .found(
                    WaveHead(
                        start: content,
                        count: isUnknown ? nil : size,
                        rate: format.rate,
                        channels: format.channels,
                        bits: format.bits
                    )
                )
            }
            let next = content + size + size % 2
            guard next <= limitBytes else { return .none }
            if ASCII.equals(bytes.extracting(position..<(position + 4)), "fmt "), size >= 16 {
                guard content + 16 <= bytes.count else { return .more }
                format = (number(bytes, content + 2, 2), number(bytes, content + 4, 4), number(bytes, content + 14, 2))
            }
            position = next
        }
        return bytes.count > limitBytes ? .none : .more
    }

    /// As far as the bytes are here, they are these.
    private static func isPrefix(_ bytes: Span<UInt8>, _ word: StaticString, at offset: Int) -> Bool {
        for index in 0..<word.utf8CodeUnitCount where offset + index < bytes.count {
            if bytes[offset + index] != ASCII.byte(word, at: index) { return false }
        }
        return true
    }

    private static func number(_ bytes: Span<UInt8>, _ start: Int, _ count: Int) -> Int {
        var value = 0
        for index in (0..<count).reversed() { value = value << 8 | Int(bytes[start + index]) }
        return value
    }
}
