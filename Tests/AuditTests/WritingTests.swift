import Audit
import Foundation
import Testing

@Suite struct WritingTests {
    @Test func `the encoding is what the page says`() throws {
        let folder = try LogFolder()
        try folder.fill(1)
        let lines = try folder.lines(folder.log).map { String(decoding: $0, as: UTF8.self) }
        let zeros = String(repeating: "0", count: 64)
        #expect(
            lines[0].hasPrefix("{\"seq\":1,\"time\":\"2025-11-21T13:43:32.124Z\",\"type\":\"genesis\",\"format\":1,")
        )
        #expect(lines[0].contains(",\"prev\":\"\(zeros)\",\"mac\":\""))
        let digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        let expected =
            "\"type\":\"request\",\"request_id\":\"request-0\",\"key\":\"app\",\"tenant\":null,\"peer\":null,"
            + "\"method\":\"POST\",\"path\":\"/v1/chat/completions\",\"model\":\"gpt \\\"4\\\" \\\\ \u{e9}\\u0001\","
            + "\"model_used\":null,\"stream\":false,\"route\":null,\"plan\":[],\"class\":null,\"tags\":[\"pii\",\"phi\"],"
            + "\"decision\":\"forwarded\",\"code\":null,\"provider\":null,\"attest\":null,"
            + "\"tries\":[{\"provider\":\"one\",\"outcome\":\"answered 503\"}],\"status\":200,"
            + "\"tokens\":{\"input\":0,\"output\":2,\"cached\":0,\"reasoning\":0,\"estimated\":false},"
            + "\"cost_nano_usd\":null,\"pool\":null,\"duration_us\":null,\"client_left\":false,\"config\":\"\","
            + "\"body\":{\"bytes\":3,\"sha256\":\"\(digest)\",\"text\":null},\"prev\":\""
        #expect(lines[1].contains(expected), "\(lines[1])")
        for line in lines { #expect(try JSONSerialization.jsonObject(with: Data(line.utf8)) is [String: Any]) }
        let seal = lines[0].components(separatedBy: "\"mac\":\"")[1].prefix(64)
        #expect(lines[1].contains("\"prev\":\"\(seal)\""))
    }

    @Test func `the MAC is HMAC-SHA256 as RFC 4231 has it`() {
        let key = AuditKey([UInt8](repeating: 0x0b, count: 20))
        let mac = Hex.text(key.mac(of: Array("Hi There".utf8)))
        #expect(mac == "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7")
    }

    @Test func `a restart goes on with the chain`() throws {
        let folder = try LogFolder()
        for start in 0..<4 { try folder.fill(3, from: start * 3) }
        let result = try folder.verify()
        #expect(result.isVerified && result.lines == 4 * 3 + 4 + 4, "\(result.faults)")
        #expect(try folder.verify().files == [folder.log])
    }

    @Test func `a line that a crash cut off is sealed at any byte, and nothing before it is lost`() throws {
        let folder = try LogFolder()
        try folder.fill(2)
        let whole = try folder.bytes(folder.log)
        let head = try folder.bytes(folder.log + ".head")
        let chain = try folder.open()
        chain.submit(folder.entry(9).record)
        chain.stop()
        let next = Array(try folder.bytes(folder.log)[whole.count...]).split(separator: 0x0a)[0]
        for count in stride(from: 1, through: next.count - 1, by: 7) + [next.count - 1] {
            try folder.put(whole + next.prefix(count), folder.log)
            try folder.put(head, folder.log + ".head")
            #expect(try !folder.verify().isVerified)
            let again = try folder.open()
            again.submit(folder.entry(10).record)
            again.stop()
            let result = try folder.verify()
            #expect(result.isVerified && result.sealed == 1, "cut to \(count): \(result.faults)")
            #expect(try Array(folder.bytes(folder.log).prefix(whole.count)) == whole)
            var changed = try folder.bytes(folder.log)
            changed[whole.count] ^= 4
            try folder.put(changed, folder.log)
            #expect(try !folder.verify().isVerified, "what was sealed was changed")
            changed.removeSubrange(whole.count..<(whole.count + count + 1))
            try folder.put(changed, folder.log)
            #expect(try !folder.verify().isVerified, "what was sealed was removed")
        }
        #expect(folder.words.contains { $0.contains("cut off by a crash; sealed") })
        // Only the line feed is missing: the line counts.
        try folder.put(whole + next, folder.log)
        try folder.put(head, folder.log + ".head")
        try folder.fill(1)
        let result = try folder.verify()
        #expect(result.isVerified && result.sealed == 0, "\(result.faults)")
    }

    @Test func `a log that was tampered with is not gone on with, unless that is asked for`() throws {
        let folder = try LogFolder()
        try folder.fill(5)
        let whole = try folder.lines(folder.log)
        func expectRefusal(_ lines: [[UInt8]], _ part: String) throws {
            try folder.put(lines.flatMap(\.self), folder.log)
            let trouble = try #require(throws: AuditTrouble.self) { try folder.open() }
            #expect(trouble.isTampered && trouble.message.contains(part), "\(trouble.message)")
        }
        var changed = whole
        changed[2][70] ^= 1
        try expectRefusal(changed, "audit.log:3: was changed")
        changed = whole
        changed[6][70] ^= 1
        try expectRefusal(changed, "audit.log:7: was changed")
        try expectRefusal(whole.dropLast(), "its end was cut off")
        try expectRefusal([], "is empty, but it had reached 7")
        try folder.put(whole.flatMap(\.self), folder.log)
        let other = AuditKey(Array("another key of that length, surely".utf8))
        #expect(throws: AuditTrouble.self) { try folder.open(key: other) }
        try FileManager.default.removeItem(atPath: folder.log + ".head")
        try expectRefusal(whole, "is missing")
        let log = try folder.open(anyway: true)
        log.submit(folder.entry(1).record)
        log.stop()
        #expect(folder.words.contains { $0.contains("a new chain begins") })
        #expect(try folder.lines(folder.log + ".1") == whole, "what was there is kept as it was")
        let first = String(decoding: try folder.lines(folder.log)[0], as: UTF8.self)
        #expect(first.contains("\"type\":\"genesis\"") && first.contains("is missing"))
        #expect(try !folder.verify().isVerified, "the break stays to be seen")
    }

    @Test func `two processes do not write one log`() throws {
        let folder = try LogFolder()
        let log = try folder.open()
        let trouble = try #require(throws: AuditTrouble.self) { try folder.open() }
        #expect(trouble.message.contains("another process writes"))
        log.stop()
        #expect(try folder.verify().isVerified)
    }

    @Test func `a folder that goes away stops it, and one that comes back lets it go on`() throws {
        let folder = try LogFolder()
        let log = try folder.open()
        for number in 0..<3 { log.submit(folder.entry(number).record) }
        #expect(folder.eventually { log.status.records >= 4 })
        let moved = folder.path + "-moved"
        try FileManager.default.moveItem(atPath: folder.path, toPath: moved)
        defer { try? FileManager.default.removeItem(atPath: moved) }
        #expect(folder.eventually { !log.isWorking })
        log.countDenied()
        log.submit(folder.entry(3).record)
        try FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: false)
        #expect(folder.eventually { log.isWorking })
        log.stop()
        #expect(folder.words.contains { $0.contains("CANNOT BE WRITTEN") })
        let lines = try folder.lines(folder.log).map { String(decoding: $0, as: UTF8.self) }
        #expect(lines[0].contains("\"type\":\"file\"") && lines[0].contains("\"seq\":5,"))
        #expect(lines.contains { $0.contains("\"type\":\"resumed\"") && $0.contains("\"denied\":1,\"lost\":0") })
        #expect(lines.contains { $0.contains("request-3") })
        var knowledge = AuditCheck.Knowledge()
        knowledge.from = 5
        #expect(try folder.verify(knowing: knowledge).isVerified)
        // The old file and the new ones are one chain.
        let result = try folder.verify([moved + "/audit.log", folder.log])
        #expect(result.isVerified, "\(result.faults)")
    }

    @Test func `what finds no room is counted, and it says that nothing new should begin`() throws {
        let folder = try LogFolder()
        var bounds = AuditLog.Bounds()
        bounds.records = 4
        bounds.excess = 2
        let log = try folder.open(bounds: bounds)
        let moved = folder.path + "-moved"
        try FileManager.default.moveItem(atPath: folder.path, toPath: moved)
        defer { try? FileManager.default.removeItem(atPath: moved) }
        #expect(folder.eventually { !log.isWorking })
        let kept = (0..<20).filter { log.submit(folder.entry($0).record) }
        #expect(kept.count == 8 && log.lost == 12 && log.queued == 8)
        try FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: false)
        #expect(folder.eventually { log.isWorking && log.queued == 0 })
        log.stop()
        let text = String(decoding: try folder.bytes(folder.log), as: UTF8.self)
        #expect(text.contains("\"lost\":12"))
        for number in kept { #expect(text.contains("\"request-\(number)\"")) }
    }

    @Test func `many threads hand in and nothing is lost`() throws {
        let folder = try LogFolder()
        var bounds = AuditLog.Bounds()
        bounds.records = 100_000
        let log = try folder.open(rotate: 50_000, bounds: bounds)
        DispatchQueue.concurrentPerform(iterations: 8) { part in
            for number in 0..<200 { log.submit(folder.entry(part * 200 + number).record) }
        }
        log.stop()
        let result = try folder.verify()
        #expect(result.isVerified, "\(result.faults)")
        #expect(result.lines == 1_600 + 2 + result.files.count - 1)
        var seen = Set<Int>()
        for file in result.files {
            for line in try folder.lines(file) {
                let text = String(decoding: line, as: UTF8.self)
                guard let part = text.components(separatedBy: "\"request_id\":\"request-").dropFirst().first else {
                    continue
                }
                seen.insert(try #require(Int(part.prefix { $0 != "\"" })))
            }
        }
        #expect(seen == Set(0..<1_600))
    }

    @Test func `the last lines are read with what they are asked for, and verified`() throws {
        let folder = try LogFolder()
        let log = try folder.open(rotate: 8_000)
        for number in 0..<30 { log.submit(folder.entry(number).record) }
        #expect(folder.eventually { log.status.records >= 31 && log.queued == 0 })
        let all = AuditTail.read(log, last: 5)
        #expect(all.isVerified && all.lines.count == 5, "\(all.faults)")
        var filter = AuditTail.Filter()
        #expect(filter.want("status", "203") && filter.want("key", "app") && !filter.want("mac", "0"))
        let some = AuditTail.read(log, last: 2, filter)
        #expect(
            some.lines.map { String(decoding: $0, as: UTF8.self) }.map { $0.contains("\"request-28\"") } == [
                false, true,
            ]
        )
        let bytes = try folder.bytes(folder.log)
        var changed = bytes
        changed[bytes.count / 2] ^= 1
        try folder.put(changed, folder.path + "/other")
        // In place: the log is being written.
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: folder.log))
        try handle.write(contentsOf: Data(changed))
        #expect(!AuditTail.read(log, last: 5).isVerified)
        try handle.seek(toOffset: 0)
        try handle.write(contentsOf: Data(bytes))
        #expect(AuditTail.read(log, last: 5).isVerified)
        log.stop()
    }
}
