import Bytes
import Testing

@Suite struct ASCIITests {
    @Test func `the tables agree with the standard for every byte`() {
        let marks = Set("!#$%&'*+-.^_`|~".utf8)
        for byte in UInt8.min...UInt8.max {
            let scalar = Unicode.Scalar(byte)
            let isLetter = ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar)
            let isDigit = ("0"..."9").contains(scalar)
            #expect(ASCII.isToken(byte) == (isLetter || isDigit || marks.contains(byte)))
            #expect(ASCII.isDigit(byte) == isDigit)
            let hex = byte < 128 ? Int(String(scalar), radix: 16) : nil
            #expect(ASCII.hexValue(byte) == (byte == 0x2b || byte == 0x2d ? nil : hex))
            let isUpper = ("A"..."Z").contains(scalar)
            #expect(ASCII.lower(byte) == (isUpper ? byte + 32 : byte))
        }
    }

    @Test func `comparing ignores case and nothing else`() {
        let name = Array("Content-LENGTH".utf8)
        #expect(ASCII.equalsIgnoringCase(name.span, "content-length" as StaticString) == true)
        #expect(ASCII.equalsIgnoringCase(name.span, "content-length" as String) == true)
        #expect(ASCII.equalsIgnoringCase(name.span, Array("CONTENT-length".utf8).span) == true)
        #expect(ASCII.equalsIgnoringCase(name.span, "content-lengths" as StaticString) == false)
        #expect(ASCII.equalsIgnoringCase(name.span, "content_length" as String) == false)
        // [ and { differ by the bit that makes letters small.
        #expect(ASCII.equalsIgnoringCase(Array("{".utf8).span, Array("[".utf8).span) == false)
        #expect(ASCII.equalsIgnoringCase([UInt8]().span, "" as StaticString) == true)
    }

    @Test func `a beginning is compared byte by byte`() {
        let bytes = Array("HTTP/1.1".utf8)
        #expect(ASCII.starts(bytes.span, with: "HTTP/") == true)
        #expect(ASCII.starts(bytes.span, with: "HTTP/1.1") == true)
        #expect(ASCII.starts(bytes.span, with: "HTTP/1.1 ") == false)
        #expect(ASCII.starts(bytes.span, with: "http/") == false)
    }
}

@Suite struct ByteWriterTests {
    @Test func `bytes of every kind come one after the other`() {
        var room = [UInt8](repeating: 0, count: 128)
        let text = room.withUnsafeMutableBytes { raw in
            var writer = ByteWriter(raw)
            writer.put("a")
            writer.put(byte: 0x20)
            writer.put([0x62, 0x63])
            writer.put(Array("d".utf8).span)
            writer.put("\u{e4}" as String)
            for number in [0, 7, -1, 1_234_567_890, Int.max, Int.min] {
                writer.put(byte: 0x7c)
                writer.put(decimal: number)
            }
            #expect(writer.count == writer.written.count)
            return String(decoding: writer.written, as: UTF8.self)
        }
        #expect(text == "a bcd\u{e4}|0|7|-1|1234567890|9223372036854775807|-9223372036854775808")
    }

    @Test(arguments: 0...12) func `what does not fit is left out and told`(size: Int) {
        var room = [UInt8](repeating: 0xaa, count: size)
        room.withUnsafeMutableBytes { raw in
            var writer = ByteWriter(raw)
            writer.put("12345678")
            writer.put(byte: 0x39)
            #expect(writer.overflowed == (size < 9))
            #expect(writer.count == (size >= 9 ? 9 : size == 8 ? 8 : 0))
        }
    }

    @Test func `no room takes nothing and empty pieces fit anywhere`() {
        var writer = ByteWriter(UnsafeMutableRawBufferPointer(start: nil, count: 0))
        writer.put("" as StaticString)
        writer.put([])
        #expect(!writer.overflowed)
        writer.put(byte: 1)
        #expect(writer.overflowed)
        #expect(writer.written.isEmpty)
    }
}

@Suite struct ScanTests {
    @Test func `a byte or a piece is found at or after a place, or not at all`() {
        let bytes = Array("a\r\nb\r\n\r\n".utf8)
        #expect(Scan.find(0x0d, in: bytes.span) == 1)
        #expect(Scan.find(0x0d, in: bytes.span, from: 2) == 4)
        #expect(Scan.find(0x0d, in: bytes.span, from: 8) == nil)
        #expect(Scan.find(0x0d, in: bytes.span, from: 80) == nil)
        #expect(Scan.find("\r\n\r\n", in: bytes.span) == 4)
        #expect(Scan.find("\r\n\r\n", in: bytes.span, from: 5) == nil)
        #expect(Scan.find(Array("b\r".utf8).span, in: bytes.span) == 3)
        #expect(Scan.find("long text that is not there", in: bytes.span) == nil)
        #expect(Scan.find(0x0d, in: [UInt8]().span) == nil)
        #expect(Scan.find("x", in: [UInt8]().span) == nil)
    }

    @Test func `absent is not empty`() {
        #expect(TextRange.absent.isAbsent)
        #expect(TextRange.absent.range.isEmpty)
        #expect(!TextRange(start: 3, count: 0).isAbsent)
        #expect(TextRange(start: 3, count: 2).range == 3..<5)
    }
}

@Suite struct BoundedSumTests {
    @Test func `a sum or a product beyond what there is stays at its end`() {
        let numbers = [Int.min, Int.min + 1, -(1 << 62), -3, -1, 0, 1, 2, 1 << 31, 1 << 62, Int.max - 1, Int.max]
        for one in numbers {
            for other in numbers {
                let ends = Int128(Int.min)...Int128(Int.max)
                let sum = min(max(Int128(one) + Int128(other), ends.lowerBound), ends.upperBound)
                let product = min(max(Int128(one) * Int128(other), ends.lowerBound), ends.upperBound)
                #expect(Int128(one.plus(bounded: other)) == sum)
                #expect(Int128(one.times(bounded: other)) == product)
                var total = one
                total.add(bounded: other)
                #expect(Int128(total) == sum)
            }
        }
    }
}
