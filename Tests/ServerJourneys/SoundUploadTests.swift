import Foundation
import TestKit
import Testing

/// Large sounds on their way: little of them is ever held, and what has gone by cannot be sent again.
@Suite(.serialized) struct SoundUploadTests {
    private static let large = 100 << 20

    /// A hundred megabytes: to whisper.cpp with a field more, as OpenAI's libraries send them, without a form, in chunks.
    @Test(arguments: [
        ("/v1/audio/translations", true, false), ("/v1/audio/transcriptions", true, true),
        ("/v1/transcribe", false, false), ("/v1/transcribe", false, true),
    ])
    func `a hundred megabytes pass without being held`(path: String, isForm: Bool, isChunked: Bool) throws {
        let sound = try SoundStation()
        let client = try sound.station.connect(timeoutSeconds: 120)
        _ = try sound.post("/v1/audio/transcriptions", SoundStation.form(500_000))
        let before = try #require(sound.station.proxy.memoryKibibytes("VmRSS"))
        let start = isForm ? SoundStation.form(0).dropLast(10) : []
        let end = isForm ? Array("\r\n--b1--\r\n".utf8) : []
        let total = start.count + Self.large + end.count
        let type = isForm ? SoundStation.type : "Content-Type: audio/wav\r\n"
        let framing = isChunked ? "Transfer-Encoding: chunked" : "Content-Length: \(total)"
        try client.send(SoundStation.head(path, "\(type)\(framing)\r\n"))
        func send(_ bytes: [UInt8]) throws {
            guard isChunked else { return try client.send(bytes) }
            guard !bytes.isEmpty else { return }
            try client.send(Array("\(String(bytes.count, radix: 16))\r\n".utf8) + bytes + [0x0d, 0x0a])
        }
        try send(Array(start))
        let block = SoundStation.content(1 << 20)
        for _ in 0..<(Self.large >> 20) { try send(block) }
        let during = try #require(sound.station.proxy.memoryKibibytes("VmRSS"))
        try send(end)
        if isChunked { try client.send("0\r\n\r\n") }
        let response = client.readResponse(to: "POST")
        #expect(response.status == 200, "\(response.text)")
        #expect(response.text.contains("of \(Self.large) bytes"), "\(response.text)")
        let after = try #require(sound.station.proxy.memoryKibibytes("VmRSS"))
        let peak = try #require(sound.station.proxy.memoryKibibytes("VmHWM"))
        print(
            "\(path) in chunks: \(isChunked): RSS \(before) KiB before, \(during) during, \(after) after, \(peak) at most"
        )
        #expect(peak - before < 8 << 10, "\(before) KiB before, \(peak) KiB at most")
    }

    @Test func `a client that leaves in the middle leaves nothing behind`() throws {
        let sound = try SoundStation()
        for path in ["/v1/audio/translations", "/v1/transcribe"] {
            let client = try sound.station.connect()
            let isForm = path != "/v1/transcribe"
            let type = isForm ? SoundStation.type : "Content-Type: audio/wav\r\n"
            try client.send(SoundStation.head(path, "\(type)Content-Length: 10000000\r\n"))
            try client.send(Array(SoundStation.form(500_000).prefix(400_000)))
            let opened = try eventually(seconds: 60) { try sound.mock.counters().openNow > 0 }
            #expect(opened)
            client.close()
            #expect(try eventually { try sound.mock.counters().openNow == 0 })
        }
        #expect(try sound.mock.counters().requests == 0, "none of them was whole")
        #expect(try eventually { try sound.station.ask("/metrics").text.contains("hoosh_clients_left_total 2") })
    }

    @Test func `a provider that cannot be reached costs nothing, whatever the size`() throws {
        let sound = try SoundStation(hearing: "[gone, whisper]")
        for size in [1_000, 2_000_000] {
            for path in ["/v1/audio/transcriptions", "/v1/audio/translations"] {
                let response = try sound.post(path, SoundStation.form(size))
                let hash = SoundStation.hash(SoundStation.content(size))
                #expect(response.status == 200, "\(response.text)")
                #expect(response.text.contains("of \(size) bytes, hash \(hash)"))
                #expect(response["x-hoosh-provider"] == "whisper")
                #expect(response["x-hoosh-attempts"] == "2")
            }
        }
    }

    @Test func `an upload is repeated while it is all here, and not once some has gone by`() throws {
        let sound = try SoundStation(hearing: "[whisper, mock]")
        func ask(_ size: Int, _ key: String) throws -> Response {
            let fault = "x-mock-status: 503\r\nx-mock-times: 1\r\nx-mock-key: \(key)\r\n"
            return try sound.post("/v1/audio/translations", SoundStation.form(size), SoundStation.type + fault)
        }
        // Each mock counts for itself, so the second answers plainly only when it is not asked to fail.
        let small = try ask(1_000, "a")
        #expect(small["x-hoosh-attempts"] == "2", "\(small.status) \(small.text)")
        let large = try ask(2_000_000, "b")
        #expect(large.status == 503)
        #expect(large["x-hoosh-attempts"] == "1")
        let error = try #require(try object(large)["error"] as? [String: Any])
        #expect(error["message"] as? String == "hoosh-mock was asked to fail")
    }
}
