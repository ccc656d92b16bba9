import Audit
import Foundation
import Testing

@Suite struct TamperingTests {
    @Test func `what was written is verified, over several files`() throws {
        let folder = try LogFolder()
        try folder.fill(40, rotate: 6_000)
        let result = try folder.verify()
        #expect(result.isVerified, "\(result.faults)")
        #expect(result.files.count > 3 && result.first == 1)
        // genesis, stop, and the first line of each further file
        #expect(result.lines == 40 + 2 + result.files.count - 1)
        #expect(result.head?.sequence == result.lines)
        for file in result.files.dropLast() {
            #expect(try folder.verify([file], knowing: from(file, folder)).isVerified)
        }
    }

    private func from(_ file: String, _ folder: LogFolder) throws -> AuditCheck.Knowledge {
        var knowledge = AuditCheck.Knowledge()
        let first = try #require(try folder.lines(file).first)
        let text = String(decoding: first, as: UTF8.self)
        knowledge.from = Int(text.dropFirst(7).prefix { $0 != "," })
        return knowledge
    }

    @Test func `any byte that is changed is missed`() throws {
        let folder = try LogFolder()
        try folder.fill(3, rotate: 1_500)
        let files = try folder.files() + [folder.log + ".head"]
        #expect(files.count >= 3)
        var random = SystemRandomNumberGenerator()
        for file in files {
            let original = try folder.bytes(file)
            for index in original.indices {
                var changed = original
                changed[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                try folder.put(changed, file)
                #expect(try !folder.verify().isVerified, "\(file) byte \(index) is \(changed[index])")
            }
            try folder.put(original, file)
        }
        #expect(try folder.verify().isVerified)
    }

    @Test func `every end that is cut off is missed, at each byte`() throws {
        let folder = try LogFolder()
        try folder.fill(3, rotate: 1_500)
        for file in try folder.files() {
            let original = try folder.bytes(file)
            for count in original.indices {
                try folder.put(Array(original[..<count]), file)
                #expect(try !folder.verify().isVerified, "\(file) cut to \(count) of \(original.count)")
            }
            try folder.put(original, file)
        }
        #expect(try folder.verify().isVerified)
    }

    @Test func `lines that are removed, doubled or swapped are missed`() throws {
        let folder = try LogFolder()
        try folder.fill(8, rotate: 3_000)
        let files = try folder.files()
        let whole = try files.map { try folder.lines($0) }
        func expectFault(_ lines: [[[UInt8]]], _ what: String) throws {
            for (file, content) in zip(files, lines) { try folder.put(content.flatMap(\.self), file) }
            let result = try folder.verify()
            #expect(!result.isVerified && !result.faults.isEmpty, "\(what)")
        }
        for file in whole.indices {
            for line in whole[file].indices {
                var changed = whole
                changed[file].remove(at: line)
                try expectFault(changed, "line \(line) of \(file) removed")
                changed = whole
                changed[file].insert(whole[file][line], at: line)
                try expectFault(changed, "line \(line) of \(file) doubled")
                for (other, place) in whole.indices.flatMap({ file in whole[file].indices.map { (file, $0) } })
                where other > file || other == file && place > line {
                    changed = whole
                    changed[file][line] = whole[other][place]
                    changed[other][place] = whole[file][line]
                    try expectFault(changed, "line \(line) of \(file) and \(place) of \(other) swapped")
                }
            }
            var without = whole
            without[file] = []
            try expectFault(without, "file \(file) emptied")
        }
        var moved = whole
        let border = moved[0].removeLast()
        moved[1].insert(border, at: 0)
        // The same lines in the same order: only the border is elsewhere.
        for (file, content) in zip(files, moved) { try folder.put(content.flatMap(\.self), file) }
        #expect(try folder.verify().head != nil)
        for (file, content) in zip(files, whole) { try folder.put(content.flatMap(\.self), file) }
        #expect(try folder.verify().isVerified)
        try FileManager.default.removeItem(atPath: files[0])
        #expect(try !folder.verify().isVerified)
    }

    @Test func `the answer names the line and what is wrong`() throws {
        let folder = try LogFolder()
        try folder.fill(6)
        let whole = try folder.lines(folder.log)
        func faults(_ lines: [[UInt8]]) throws -> [String] {
            try folder.put(lines.flatMap(\.self), folder.log)
            return try folder.verify().faults.map { $0.text.replacingOccurrences(of: folder.log, with: "LOG") }
        }
        #expect(whole.count == 8)
        var changed = whole
        changed[3][60] ^= 1
        #expect(try faults(changed) == ["LOG:4: was changed: its MAC does not fit what it says (sequence 4)"])
        changed = whole
        changed[3][2] = 0x40
        #expect(try faults(changed) == ["LOG:4: is no whole line of an audit log"])
        changed = whole
        changed.removeSubrange(2...3)
        #expect(try faults(changed) == ["LOG:3: sequences 3 to 4 are missing before sequence 5"])
        changed = whole
        changed.swapAt(3, 4)
        #expect(
            try faults(changed) == [
                "LOG:4: sequence 4 is missing before sequence 5", "LOG:5: sequence 4 is out of its order, after 5",
            ]
        )
        changed = whole
        changed.insert(whole[4], at: 4)
        #expect(try faults(changed) == ["LOG:6: sequence 5 stands here a second time, after 5"])
        #expect(
            try faults(whole.dropLast(2)) == [
                "LOG: the log ends at sequence 6, but it had reached 8: its end was cut off"
            ]
        )
        #expect(
            try faults(Array(whole.dropFirst())).first
                == "LOG:1: the file begins with sequence 2 in its middle: the lines before it are missing"
        )
    }

    @Test func `a head from an earlier run tells when head file and end were cut back together`() throws {
        let folder = try LogFolder()
        try folder.fill(4)
        let early = (try folder.bytes(folder.log), try folder.bytes(folder.log + ".head"))
        try folder.fill(4, from: 4)
        var knowledge = AuditCheck.Knowledge()
        knowledge.head = try folder.verify().head
        try folder.put(early.0, folder.log)
        try folder.put(early.1, folder.log + ".head")
        #expect(try folder.verify().isVerified, "nothing on this disk tells")
        #expect(try !folder.verify(knowing: knowledge).isVerified)
        #expect(AuditHead("12:abc") == nil && AuditHead("012:\(String(repeating: "0", count: 64))") == nil)
        #expect(AuditHead(try #require(knowledge.head?.text)) == knowledge.head)
    }

    @Test func `another key, a missing head and an empty file are told`() throws {
        let folder = try LogFolder()
        try folder.fill(2)
        let other = AuditKey(Array("another key of that length, surely".utf8))
        let wrong = try folder.verify(key: other)
        #expect(!wrong.isVerified && wrong.faults[0].message.contains("another key"))
        try FileManager.default.removeItem(atPath: folder.log + ".head")
        #expect(try folder.verify().faults.map(\.message).contains { $0.contains("is missing, so an end") })
        try folder.put([], folder.log)
        #expect(try !folder.verify().isVerified)
        #expect(throws: AuditFiles.Unreadable.self) { try folder.verify([folder.log + ".none"]) }
    }

    @Test func `a log whose own name ends like a closed file's is verified as it is`() throws {
        let folder = try LogFolder(name: "audit.2025")
        try folder.fill(8, rotate: 3_000)
        let result = try folder.verify()
        let files = try folder.files()
        #expect(result.isVerified && result.files == files && files.count > 1, "\(result.faults)")
        let last = try folder.lines(folder.log)
        try folder.put(last.dropLast().flatMap(\.self), folder.log)
        #expect(try !folder.verify().isVerified)
    }
}
