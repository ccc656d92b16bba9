import Bytes
import Testing

@Suite struct WordTests {
    @Test func `every byte at every place of a word is told apart`() {
        for place in 0..<19 {
            for value in UInt8.min...UInt8.max {
                var bytes = [UInt8](repeating: 0x41, count: 19)
                bytes[place] = value
                let isControl = value < 0x20 || value == 0x7f
                let found = Scan.control(in: bytes.span, from: 0)
                #expect(found == (isControl ? place : 19))
            }
        }
    }

    @Test func `bytes around the limits do not disturb the lowest hit of a word`() {
        // The subtraction borrows from the next byte: only the lowest mark is exact, and only it is used.
        let bytes: [UInt8] = [0x20, 0x1f, 0x20, 0x00, 0x21, 0x80, 0x7f, 0xff]
        let word = Scan.word(bytes.span, at: 0)
        #expect(Scan.below(0x20, in: word).trailingZeroBitCount / 8 == 1)
        #expect(Scan.equal(0x80, in: word).trailingZeroBitCount / 8 == 5)
        #expect(Scan.equal(0x44, in: word) == 0)
    }
}

@Suite struct CutWriterTests {
    /// What `body` writes into `room` bytes, and whether it overflowed.
    private func write(room: Int = 256, _ body: (inout ByteWriter) -> Void) -> (text: String, overflowed: Bool) {
        var memory = [UInt8](repeating: 0xee, count: room)
        return memory.withUnsafeMutableBytes { raw in
            var writer = ByteWriter(raw)
            body(&writer)
            return (String(decoding: writer.written, as: UTF8.self), writer.overflowed)
        }
    }

    @Test(arguments: [0, 1, 15, 16, 255, 256, 0xdead_beef, UInt64.max] as [UInt64])
    func `a number is written in hexadecimal`(_ number: UInt64) {
        #expect(write { $0.put(hex: number) }.text == String(number, radix: 16))
    }

    @Test func `what does not fit is not written, nor anything after it`() {
        let (text, overflowed) = write(room: 8) { writer in
            writer.put("12345")
            writer.put("6789")
            writer.put("x")
            writer.put(byte: 0x79)
            writer.put(decimal: 1)
        }
        #expect(text == "12345")
        #expect(overflowed)
    }

    @Test func `a number that does not fit leaves no part of itself`() {
        #expect(write(room: 3) { $0.put(decimal: -123) }.text == "")
        #expect(write(room: 3) { $0.put(hex: 0x1234) }.text == "")
        #expect(write(room: 4) { $0.put(decimal: -123) } == ("-123", false))
    }
}
