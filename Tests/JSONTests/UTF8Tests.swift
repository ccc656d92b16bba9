import JSON
import Testing

@Suite struct UTF8Tests {
    /// Whether the whole text is one valid value.
    private func isValid(_ bytes: [UInt8]) -> Bool {
        var scanner = JSONScanner()
        do throws(JSONFault) { try scanner.skipValue(bytes.span) } catch { return false }
        return scanner.isAtEnd(bytes.span)
    }

    @Test(
        arguments: [
            [0x80], [0xbf], [0xc0, 0x80], [0xc1, 0xbf], [0xc2], [0xc2, 0x41], [0xe0, 0x80, 0x80], [0xe0, 0x9f, 0xbf],
            [0xe2, 0x82],
            [0xed, 0xa0, 0x80], [0xed, 0xbf, 0xbf], [0xf0, 0x8f, 0xbf, 0xbf], [0xf0, 0x9f, 0x98],
            [0xf4, 0x90, 0x80, 0x80],
            [0xf5, 0x80, 0x80, 0x80], [0xff], [0xe2, 0x28, 0xa1], [0xf0, 0x28, 0x8c, 0xbc], [0xfe, 0xfe],
        ] as [[UInt8]]
    )
    func `bytes that are no UTF-8 are refused in a string`(_ bytes: [UInt8]) {
        #expect(!isValid([0x22] + bytes + [0x22]))
        #expect(!isValid(Array("{\"mo".utf8) + bytes + Array("del\":1}".utf8)))
    }

    @Test func `every character of Unicode is passed`() {
        for value in stride(from: UInt32(0x80), through: 0x10ffff, by: 7) {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let bytes = Array("\"\(Character(scalar))\"".utf8)
            if !isValid(bytes) { Issue.record("U+\(String(value, radix: 16))") }
        }
    }
}
