/// Files of the tz database (RFC 8536).
enum TZif {
    /// Reads a file of version 2 or later; nil when it is none, or counts leap seconds.
    ///
    /// The first block holds 32-bit times for old readers and is passed over.
    static func zone(_ name: String, _ file: [UInt8]) -> Zone? {
        guard let old = Header(file, at: 0), old.version >= UInt8(ascii: "2") else { return nil }
        let start = Header.size + old.length(timeSize: 4)
        guard let header = Header(file, at: start), header.leapCount == 0, header.typeCount > 0 else { return nil }
        let times = start + Header.size
        let kinds = times + header.timeCount * 8
        let types = kinds + header.timeCount
        let footer = start + Header.size + header.length(timeSize: 8)
        guard footer < file.count, file[footer] == UInt8(ascii: "\n"),
            let end = file[(footer + 1)...].firstIndex(of: UInt8(ascii: "\n"))
        else { return nil }

        func offset(_ kind: Int) -> Int { Int(Int32(truncatingIfNeeded: number(file, types + kind * 6, size: 4))) }
        var transitions: [Int] = []
        var offsets: [Int] = []
        for index in 0..<header.timeCount {
            let kind = Int(file[kinds + index])
            let moment = number(file, times + index * 8, size: 8)
            guard kind < header.typeCount, transitions.last.map({ $0 < moment }) ?? true else { return nil }
            transitions.append(moment)
            offsets.append(offset(kind))
        }
        let text = file[(footer + 1)..<end]
        let rule = PosixRule(parsing: text)
        guard text.isEmpty || rule != nil else { return nil }
        return Zone(name: name, transitions: transitions, offsets: offsets, firstOffset: offset(0), rule: rule)
    }

    /// A big-endian number that the caller knows to lie inside the file.
    private static func number(_ file: [UInt8], _ offset: Int, size: Int) -> Int {
        file[offset..<offset + size].reduce(0) { value, byte in value << 8 | Int(byte) }
    }

    private struct Header {
        static let size = 44
        let version: UInt8
        let universalCount: Int
        let standardCount: Int
        let leapCount: Int
        let timeCount: Int
        let typeCount: Int
        let characterCount: Int

        init?(_ file: [UInt8], at offset: Int) {
            guard offset + Self.size <= file.count, Array("TZif".utf8) == Array(file[offset..<offset + 4]) else {
                return nil
            }
            version = file[offset + 4]
            let counts = (0..<6).map { index in TZif.number(file, offset + 20 + index * 4, size: 4) }
            // More than the file has bytes cannot be meant, and would overflow what follows.
            guard counts.allSatisfy({ $0 <= file.count }) else { return nil }
            universalCount = counts[0]
            standardCount = counts[1]
            leapCount = counts[2]
            timeCount = counts[3]
            typeCount = counts[4]
            characterCount = counts[5]
        }

        func length(timeSize: Int) -> Int {
            timeCount * (timeSize + 1) + typeCount * 6 + characterCount + leapCount * (timeSize + 4) + standardCount
                + universalCount
        }
    }
}
