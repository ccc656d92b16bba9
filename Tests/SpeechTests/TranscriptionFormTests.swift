import Dialect
import Speech
import Testing

@Suite struct TranscriptionFormTests {
    private let type = Array("multipart/form-data; boundary=X".utf8)

    private func form(_ body: String) throws -> (bytes: [UInt8], form: MultipartForm) {
        let bytes = Array(body.utf8)
        let read = MultipartForm(bytes.span, contentType: type.span)
        return (bytes, try #require(read))
    }

    private func field(_ name: String, _ value: String) -> String {
        "--X\r\nContent-Disposition: form-data; name=\"\(name)\"\r\n\r\n\(value)\r\n"
    }

    private let file = "--X\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nRIFF"

    @Test(arguments: ["", "preamble\r\n"])
    func `a translation is a field in front of the client's first`(preamble: String) throws {
        let body = preamble + field("model", "m") + file
        let (bytes, form) = try form(body)
        let said = TranscriptionForm.forWhisper(bytes, form, translates: true)
        let fields = field("translate", "true") + field("language", "auto")
        #expect(String(decoding: said, as: UTF8.self) == preamble + fields + field("model", "m") + file)
        #expect(TranscriptionForm.forWhisper(bytes, form, translates: false) == bytes)
    }

    @Test func `a language that the client names stays the only one`() throws {
        let (bytes, form) = try form(field("language", "de") + file)
        let said = String(decoding: TranscriptionForm.forWhisper(bytes, form, translates: true), as: UTF8.self)
        #expect(said == field("translate", "true") + field("language", "de") + file)
    }

    @Test func `another model takes the place of the client's, or comes in front`() throws {
        let (bytes, form) = try form(field("model", "alias") + field("prompt", "model") + file)
        let renamed = TranscriptionForm.naming(Array("whisper-1".utf8), bytes, form)
        let said = try #require(renamed)
        #expect(String(decoding: said, as: UTF8.self) == field("model", "whisper-1") + field("prompt", "model") + file)
        let (bare, none) = try self.form(file)
        let named = try #require(TranscriptionForm.naming(Array("m".utf8), bare, none))
        #expect(String(decoding: named, as: UTF8.self) == field("model", "m") + file)
        let (twice, two) = try self.form(field("model", "a") + field("model", "b") + file)
        #expect(TranscriptionForm.naming(Array("m".utf8), twice, two) == nil)
    }

    @Test func `what whisper-cpp passes over is named`() throws {
        let (_, form) = try form(field("stream", "true") + field("timestamp_granularities[]", "word") + file)
        #expect(TranscriptionForm.droppedByWhisper(form) == ["stream", "timestamp_granularities[]"])
    }

    @Test func `a sound without a form gets one, with the query's items as fields`() throws {
        let items = QueryItems.read(Array("language=de&prompt=a%20b+c&model=x&file=y&a%22b=z&=&e".utf8).span)
        let boundary = Array("B".utf8)
        let front = TranscriptionForm.wrapping(
            items: items,
            fields: [("model", Array("whisper-1".utf8))],
            contentType: Array("audio/mpeg".utf8).span,
            boundary: boundary
        )
        let whole = front + Array("ID3".utf8) + TranscriptionForm.ending(boundary: boundary)
        let type = Array("multipart/form-data; boundary=B".utf8)
        let read = MultipartForm(whole.span, contentType: type.span)
        let form = try #require(read)
        #expect(form.parts.map { $0.names } == [["model"], ["language"], ["prompt"], ["e"], ["file"]])
        let values = form.parts.compactMap { $0.value.map { String(decoding: whole[$0], as: UTF8.self) } }
        #expect(values == ["whisper-1", "de", "a b c", "", "ID3"])
        #expect(
            String(decoding: whole, as: UTF8.self).contains("filename=\"audio.mp3\"\r\nContent-Type: audio/mpeg\r\n")
        )
    }

    @Test(arguments: [
        ("multipart/form-data; boundary=x", AudioBody.form), ("Audio/WAV", .raw), ("audio/wav; rate=1", .raw),
        ("video/mp4", .raw), ("application/octet-stream", .raw), ("application/json", .other), ("", .other),
        ("audio", .other), ("multipart/mixed; boundary=x", .other),
    ])
    func `the type tells a form from a sound`(type: String, body: AudioBody) {
        #expect(AudioBody(contentType: Array(type.utf8).span) == body)
    }
}
