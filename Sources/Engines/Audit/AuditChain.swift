import Bytes

/// Where a chain stands: the number of its last line and that line's MAC.
package struct AuditHead: Equatable, Sendable {
    package var sequence: Int
    package var mac: [UInt8]

    /// Before the first line.
    static let none = AuditHead(sequence: 0, mac: [UInt8](repeating: 0, count: AuditKey.digestBytes))

    init(sequence: Int, mac: [UInt8]) {
        self.sequence = sequence
        self.mac = mac
    }

    /// Reads `SEQ:MAC`, the number in decimal and the MAC as 64 hex digits; nil for anything else.
    package init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let number = AuditLine.number(Array(parts[0].utf8)[...]),
            let mac = Hex.digest(Array(parts[1].utf8))
        else { return nil }
        self.init(sequence: number, mac: mac)
    }

    /// `SEQ:MAC`.
    package var text: String { "\(sequence):\(Hex.text(mac))" }

    // MARK: The file that anchors it

    /// What the head file holds: where the chain stands, signed, so that an end that was cut off is missed.
    func signed(with key: AuditKey) -> [UInt8] {
        var text = Array("{\"seq\":\(sequence),\"mac\":\"\(Hex.text(mac))\"".utf8)
        let signature = AuditHead.signature(of: text, key)
        text += Array(",\"sig\":\"".utf8) + Hex.bytes(signature) + Array("\"}\n".utf8)
        return text
    }

    /// Reads a head file; nil when it is not as this key signed it.
    init?(signed bytes: [UInt8], with key: AuditKey) {
        let tail = 8 + 64 + 3
        guard bytes.count > tail else { return nil }
        let text = Array(bytes.dropLast(tail))
        let rest = bytes.suffix(tail)
        guard rest.starts(with: Array(",\"sig\":\"".utf8)), rest.suffix(3).elementsEqual(Array("\"}\n".utf8)),
            let signature = Hex.digest(rest.dropFirst(8).dropLast(3)),
            AuditKey.isSame(signature, AuditHead.signature(of: text, key))
        else { return nil }
        let end = 8 + 64 + 1
        let numberEnd = text.count - end
        guard numberEnd > 7, let number = AuditLine.number(text[7..<numberEnd]),
            let mac = Hex.digest(text.suffix(65).dropLast())
        else { return nil }
        self.init(sequence: number, mac: mac)
    }

    /// Over other words than those of a line, so that neither can stand for the other.
    private static func signature(of text: [UInt8], _ key: AuditKey) -> [UInt8] {
        key.mac(of: Array("hoosh-audit-head\n".utf8) + text)
    }
}

/// Makes the lines of a log: each is bound to the one before it.
///
/// A line is `{"seq":N,"time":"…","type":…,…,"prev":"…","mac":"…"}`. `prev` is the MAC of the line before, 64 zeros in the
/// first; `mac` is HMAC-SHA256 over the bytes of `prev` and the line's text up to the member `mac`.
struct AuditChain {
    /// Written into the first line of each file; another number means other lines.
    static let format = 1

    private let signer: KeyedMAC
    private(set) var head: AuditHead

    /// A chain that stands here.
    init(key: AuditKey, at head: AuditHead = .none) {
        signer = KeyedMAC(key)
        self.head = head
    }

    /// Bytes of a line beside its record: at most 19 digits, 24 of time, two MACs, and the words around them.
    private static let frameBytes = 256

    /// Appends the next line, with its line feed.
    mutating func append(_ record: AuditRecord, time milliseconds: Int, to output: inout [UInt8]) {
        let previous = head.mac
        let number = head.sequence + 1
        var mac: [UInt8] = []
        let signer = signer
        let line = [UInt8](unsafeUninitializedCapacity: record.bytes.count + AuditChain.frameBytes) { buffer, count in
            var writer = ByteWriter(UnsafeMutableRawBufferPointer(buffer))
            writer.put("{\"seq\":")
            writer.put(decimal: number)
            writer.put(",\"time\":\"")
            CanonicalText.write(time: milliseconds, to: &writer)
            writer.put("\",")
            writer.put(record.bytes)
            writer.put(",\"prev\":\"")
            Hex.write(previous, to: &writer)
            writer.put("\"")
            mac = signer.mac(of: previous, writer.written)
            writer.put(",\"mac\":\"")
            Hex.write(mac, to: &writer)
            writer.put("\"}\n")
            count = writer.count
        }
        head = AuditHead(sequence: number, mac: mac)
        output += line
    }
}

/// What binds one line into its chain, read from its bytes.
struct AuditLine {
    let sequence: Int
    let previous: [UInt8]
    let mac: [UInt8]
    /// Bytes that the MAC is made over, behind those of `previous`.
    let signedCount: Int
    /// The word of `type`.
    let type: String

    /// `,"prev":"` … `"` and `,"mac":"` … `"}`.
    private static let previousCount = 9 + 64 + 1
    private static let macCount = 8 + 64 + 2

    /// Reads a line without its line feed; nil when it is not framed as one.
    init?(_ bytes: ArraySlice<UInt8>) {
        let tail = AuditLine.previousCount + AuditLine.macCount
        guard bytes.count > tail + 50, bytes.starts(with: "{\"seq\":".utf8) else { return nil }
        let mac = bytes.suffix(AuditLine.macCount)
        let previous = bytes.suffix(tail).prefix(AuditLine.previousCount)
        guard mac.starts(with: ",\"mac\":\"".utf8), mac.suffix(2).elementsEqual("\"}".utf8),
            previous.starts(with: ",\"prev\":\"".utf8), previous.last == 0x22,
            let macBytes = Hex.digest(mac.dropFirst(8).dropLast(2)),
            let previousBytes = Hex.digest(previous.dropFirst(9).dropLast())
        else { return nil }
        let digits = bytes.dropFirst(7).prefix { $0 != 0x2c }
        guard let number = AuditLine.number(digits) else { return nil }
        var rest = bytes[digits.endIndex...]
        guard rest.starts(with: ",\"time\":\"".utf8) else { return nil }
        rest = rest.dropFirst(9).drop { $0 != 0x22 }
        guard rest.starts(with: "\",\"type\":\"".utf8) else { return nil }
        type = String(decoding: rest.dropFirst(10).prefix { $0 != 0x22 }, as: UTF8.self)
        sequence = number
        self.mac = macBytes
        self.previous = previousBytes
        signedCount = bytes.count - AuditLine.macCount
    }

    /// A number from 1 up, in the one spelling it has.
    static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        guard (1...18).contains(digits.count), digits.first != 0x30 else { return nil }
        var number = 0
        for digit in digits {
            guard ASCII.isDigit(digit) else { return nil }
            number = number * 10 + Int(digit - 0x30)
        }
        return number
    }

    /// True when the key made it, wherever it stands.
    func isGenuine(_ bytes: ArraySlice<UInt8>, _ key: AuditKey) -> Bool {
        AuditKey.isSame(mac, key.mac(of: previous + bytes.prefix(signedCount)))
    }

    /// True when a line ends as a finished one does: what does not was cut off while it was written.
    static func looksFinished(_ bytes: ArraySlice<UInt8>) -> Bool { bytes.suffix(2).elementsEqual("\"}".utf8) }
}
