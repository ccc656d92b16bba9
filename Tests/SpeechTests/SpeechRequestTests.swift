import Conversation
import Speech
import Testing

@Suite struct SpeechRequestTests {
    private func said(_ body: String, voice: String? = nil) throws -> String {
        let request = try SpeechRequest(Array(body.utf8))
        return String(decoding: request.piperBody(voice: voice.map { Array($0.utf8) }), as: UTF8.self)
    }

    @Test func `what OpenAI calls input, voice and speed is said in the words of Piper`() throws {
        #expect(try said("{\"model\":\"tts-1\",\"input\":\"Hi\"}") == "{\"text\":\"Hi\"}")
        #expect(
            try said("{\"input\":\"caf\\u00e9 \\\"x\\\"\",\"voice\":\"en_US-joe-medium\",\"speed\":0.5}")
                == "{\"text\":\"caf\\u00e9 \\\"x\\\"\",\"voice\":\"en_US-joe-medium\",\"length_scale\":2.0}"
        )
        #expect(
            try said("{\"input\":\"a\",\"voice\":{\"id\":\"v1\"},\"speed\":1}") == "{\"text\":\"a\",\"voice\":\"v1\"}"
        )
        #expect(try said("{\"input\":\"a\",\"voice\":\"default\"}") == "{\"text\":\"a\"}")
        #expect(try said("{\"input\":\"a\",\"voice\":null,\"speed\":null}") == "{\"text\":\"a\"}")
    }

    @Test func `the route's voice goes before the client's`() throws {
        #expect(try said("{\"input\":\"a\",\"voice\":\"alloy\"}", voice: "joe") == "{\"text\":\"a\",\"voice\":\"joe\"}")
    }

    @Test func `members of Piper's own pass, others are named as dropped`() throws {
        let body = "{\"input\":\"a\",\"speaker\":\"p1\",\"noise_scale\":0.3,\"length_scale\":1.5,\"speed\":2}"
        #expect(
            try said(body) == "{\"text\":\"a\",\"speaker\":\"p1\",\"noise_scale\":0.3,\"length_scale\":1.5}"
        )
        let request = try SpeechRequest(Array("{\"input\":\"a\",\"instructions\":\"sing\",\"x\":null}".utf8))
        #expect(request.dropped == ["instructions"])
    }

    @Test(arguments: [
        ("{", nil), ("[1]", nil), ("{}", "input"), ("{\"input\":5}", "input"), ("{\"input\":\" \\n\"}", "input"),
        ("{\"input\":\"a\",\"voice\":7}", "voice"), ("{\"input\":\"a\",\"speed\":0.2}", "speed"),
        ("{\"input\":\"a\",\"speed\":4.01}", "speed"), ("{\"input\":\"a\",\"speed\":\"2\"}", "speed"),
        ("{\"input\":\"a\",\"response_format\":\"mp3\"}", "response_format"),
        ("{\"input\":\"a\",\"response_format\":3}", "response_format"),
        ("{\"input\":\"a\",\"stream_format\":\"sse\"}", "stream_format"),
    ])
    func `what a voice cannot do is refused by the name of the member`(body: String, parameter: String?) {
        #expect {
            _ = try SpeechRequest(Array(body.utf8))
        } throws: { error in
            (error as? ConversationFault)?.parameter == parameter
        }
    }

    @Test func `the text may have 4,096 characters, not bytes`() throws {
        let text = String(repeating: "é", count: 4_096)
        #expect(try said("{\"input\":\"\(text)\"}") == "{\"text\":\"\(text)\"}")
        #expect(throws: ConversationFault.self) { try said("{\"input\":\"\(text)e\"}") }
    }

    @Test func `the format is sound with a head or without`() throws {
        #expect(try SpeechRequest(Array("{\"input\":\"a\"}".utf8)).format == .wav)
        #expect(try SpeechRequest(Array("{\"input\":\"a\",\"response_format\":\"wav\"}".utf8)).format == .wav)
        #expect(try SpeechRequest(Array("{\"input\":\"a\",\"response_format\":\"pcm\"}".utf8)).format == .pcm)
    }
}

@Suite struct WaveHeadTests {
    private func chunk(_ name: String, _ content: [UInt8], size: Int? = nil) -> [UInt8] {
        let count = size ?? content.count
        let number = (0..<4).map { UInt8(truncatingIfNeeded: count >> (8 * $0)) }
        return Array(name.utf8) + number + content + (content.count % 2 == 1 ? [0] : [])
    }

    private let format: [UInt8] = [1, 0, 1, 0, 0x22, 0x56, 0, 0, 0x44, 0xac, 0, 0, 2, 0, 16, 0]

    private func file(_ chunks: [UInt8]...) -> [UInt8] {
        Array("RIFF".utf8) + [0, 0, 0, 0] + Array("WAVE".utf8) + chunks.flatMap { $0 }
    }

    @Test func `the samples of a plain file begin after 44 bytes`() {
        let bytes = file(chunk("fmt ", format), chunk("data", [1, 2, 3, 4]))
        let found = WaveHead.Answer.found(WaveHead(start: 44, count: 4, rate: 22_050, channels: 1, bits: 16))
        #expect(WaveHead.find(bytes.span) == found)
        for count in 0..<44 {
            let part = Array(bytes[..<count])
            #expect(WaveHead.find(part.span) == .more, "\(count)")
        }
    }

    @Test func `chunks in between are passed over, a size that was not known means all`() {
        let odd = file(chunk("LIST", [1, 2, 3]), chunk("fmt ", format + [0, 0]), chunk("data", [], size: 0xffff_ffff))
        let found = WaveHead(start: 12 + 12 + 26 + 8, count: nil, rate: 22_050, channels: 1, bits: 16)
        #expect(WaveHead.find(odd.span) == .found(found))
    }

    @Test func `what is no WAV file is none`() {
        let bad = [
            Array("<!doctype html>".utf8), Array("RIFX".utf8), Array("RIFF1234WAVX".utf8),
            file(chunk("data", [1, 2])), file(chunk("LIST", [], size: 100_000)),
        ]
        for bytes in bad { #expect(WaveHead.find(bytes.span) == .none) }
    }
}
