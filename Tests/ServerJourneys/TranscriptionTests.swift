import Foundation
import TestKit
import Testing

@Suite struct TranscriptionTests {
    private let place = "/v1/audio/transcriptions"

    @Test func `a form reaches whisper-cpp's place whole, with its fields, and json comes back`() throws {
        let sound = try SoundStation()
        let fields = ["model": "whisper-1", "language": "de", "temperature": "0.2"].sorted { $0.key < $1.key }
        let text = fields.map { SoundStation.field($0.key, $0.value) }.joined()
        for size in [10, 60_000, 65_536, 300_000, 2_000_000] {
            let response = try sound.post(place, SoundStation.form(size, fields: text))
            let hash = SoundStation.hash(SoundStation.content(size))
            #expect(response.status == 200, "\(response.text)")
            #expect(response["content-type"] == "application/json")
            let said = "a file a.wav of \(size) bytes, hash \(hash), language de, model whisper-1, temperature 0.2"
            #expect(try object(response)["text"] as? String == said)
            let seen = try sound.mock.lastEnded()
            #expect(seen.path == "/inference")
            #expect(seen.values("content-type") == ["multipart/form-data; boundary=b1"])
            #expect(seen.bodyBytes == SoundStation.form(size, fields: text).count)
        }
    }

    @Test func `a translation is a field of its own in front, its language is found out`() throws {
        let sound = try SoundStation()
        for size in [10, 65_500, 300_000] {
            for sizes in [[], [70_000], [1, 5_000, 65_536]] {
                let body = SoundStation.form(size)
                let connection = try sound.station.connect()
                let framing = sizes.isEmpty ? "Content-Length: \(body.count)" : "Transfer-Encoding: chunked"
                try connection.send(SoundStation.head("/v1/audio/translations", "\(SoundStation.type)\(framing)\r\n"))
                try connection.send(sizes.isEmpty ? body : SoundStation.chunks(body, sizes))
                let response = connection.readResponse(to: "POST")
                let hash = SoundStation.hash(SoundStation.content(size))
                #expect(response.status == 200, "\(response.text)")
                let said = "of \(size) bytes, hash \(hash), translate true, language auto, model whisper-1"
                #expect(response.text.contains(said), "\(response.text)")
                #expect(try sound.mock.lastEnded().path == "/inference")
                #expect(try connection.fetch("GET", "/v1/health").status == 200, "the connection goes on")
            }
        }
    }

    @Test func `formats other than json pass with a type that is true`() throws {
        let sound = try SoundStation()
        let types = [
            "text": "text/plain; charset=utf-8", "srt": "application/x-subrip", "vtt": "text/vtt",
            "verbose_json": "application/json",
        ]
        for (format, type) in types {
            let fields = SoundStation.field("model", "m") + SoundStation.field("response_format", format)
            let response = try sound.post(place, SoundStation.form(100, fields: fields))
            #expect(response.status == 200)
            #expect(response["content-type"] == type)
            #expect(response.text.contains("a file a.wav of 100 bytes"))
        }
    }

    @Test func `a form may be cut anywhere on its way`() throws {
        let sound = try SoundStation()
        let body = SoundStation.form(40)
        let hash = SoundStation.hash(SoundStation.content(40))
        let connection = try sound.station.connect()
        let head = SoundStation.head("/v1/audio/translations", "\(SoundStation.type)Content-Length: \(body.count)\r\n")
        for cut in stride(from: 1, to: body.count, by: 3) {
            try connection.send(Array(head.utf8) + body[..<cut])
            usleep(1_000)
            try connection.send(Array(body[cut...]))
            let response = connection.readResponse(to: "POST")
            #expect(response.text.contains("hash \(hash), translate true, language auto, model"), "\(response.text)")
        }
        try connection.send(SoundStation.head(place, "\(SoundStation.type)Transfer-Encoding: chunked\r\n"))
        for byte in SoundStation.chunks(body, [1]) { try connection.send([byte]) }
        #expect(connection.readResponse(to: "POST").text.contains("hash \(hash), model whisper-1"))
    }

    @Test(arguments: ["/v1/transcribe", "/v1/audio/transcriptions"])
    func `a sound without a form gets one on its way to whisper-cpp and to those who are asked as OpenAI is`(
        path: String
    ) throws {
        let sound = try SoundStation(
            routes: "  - {name: house, match: {headers: {x-to: mock}, api: transcriptions}, to: [mock]}"
        )
        for size in [10, 65_536, 300_000] {
            for target in ["whisper", "mock"] {
                for sizes in [[], [100_000], [1, 70_000, 9]] {
                    let body = SoundStation.content(size)
                    let connection = try sound.station.connect()
                    let framing = sizes.isEmpty ? "Content-Length: \(body.count)" : "Transfer-Encoding: chunked"
                    let fields = "Content-Type: audio/mpeg\r\nx-to: \(target)\r\n\(framing)\r\n"
                    try connection.send(SoundStation.head("\(path)?language=de", fields))
                    try connection.send(sizes.isEmpty ? body : SoundStation.chunks(body, sizes))
                    let response = connection.readResponse(to: "POST")
                    #expect(response.status == 200, "\(response.text)")
                    let said = "a file audio.mp3 of \(size) bytes, hash \(SoundStation.hash(body))"
                    let model = target == "mock" ? ", model whisper-1" : ""
                    #expect(response.text.contains("\(said)\(model), language de"), "\(response.text)")
                    let seen = try (target == "mock" ? sound.station.mock : sound.mock).lastEnded()
                    #expect(seen.path == (target == "mock" ? place : "/inference"))
                    #expect(
                        seen.values("content-type").first?.hasPrefix("multipart/form-data; boundary=hoosh-") == true
                    )
                    #expect(seen.values("content-type").count == 1)
                    #expect(try connection.fetch("GET", "/v1/health").status == 200, "the connection goes on")
                }
            }
        }
    }

    @Test func `the model that a route or an alias names takes the place of the form's`() throws {
        let sound = try SoundStation(
            routes: """
                  - {name: large, match: {model: big}, to: [mock/whisper-large]}
                  - {name: house, match: {model: [whisper-1]}, to: [mock]}
                """,
            more: "models: {aliases: {ears: whisper-1}}"
        )
        let pairs = [("big", "whisper-large"), ("ears", "whisper-1"), ("whisper-1", "whisper-1")]
        for (asked, named) in pairs {
            for size in [100, 300_000] {
                let fields = SoundStation.field("prompt", "big") + SoundStation.field("model", asked)
                let response = try sound.post(place, SoundStation.form(size, fields: fields))
                let hash = SoundStation.hash(SoundStation.content(size))
                let said = "\(size) bytes, hash \(hash), prompt big, model \(named)"
                #expect(response.text.contains(said), "\(response.text)")
            }
        }
        let raw = try sound.post("/v1/transcribe?model=ears", [1, 2, 3], "Content-Type: audio/wav\r\n")
        #expect(raw.text.contains("a file audio.wav of 3 bytes") && raw.text.contains("model whisper-1"))
        #expect(raw["x-hoosh-route"] == "house")
    }

    // MARK: Bad input

    @Test func `a model behind a large file is refused with what to do`() throws {
        let sound = try SoundStation()
        let file = "--b1\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n"
        let end = "\r\n" + SoundStation.field("model", "whisper-1") + "--b1--\r\n"
        let late = Array(file.utf8) + SoundStation.content(1_000_000) + Array(end.utf8)
        for path in [place, "/v1/transcribe", "/v1/audio/translations"] {
            let error = try expectError(try sound.post(path, late), 400, code: "missing_model")
            #expect(error.param == "model")
            #expect(error.message.contains("64 KiB"))
        }
        #expect(try sound.mock.counters().requests == 0)
        let small = Array(file.utf8) + SoundStation.content(30_000) + Array(end.utf8)
        #expect(try sound.post(place, small).text.contains("30000 bytes"))
    }

    @Test func `a form that names two models, or cannot be read, is refused`() throws {
        let sound = try SoundStation()
        let twice = SoundStation.field("model", "a") + SoundStation.field("model", "b")
        try expectError(try sound.post(place, SoundStation.form(10, fields: twice)), 400, code: "missing_model")
        try expectError(try sound.post(place, Array("no form".utf8)), 400, code: "missing_model")
        #expect(try sound.mock.counters().requests == 0)
    }

    @Test func `whisper-cpp's errors come in OpenAI's words`() throws {
        let sound = try SoundStation()
        let body = Array((SoundStation.field("model", "m") + "--b1--\r\n").utf8)
        let missing = try expectErrorShape(try sound.post(place, body), 400)
        #expect(missing == "no 'file' field in the request")
        let cut = SoundStation.form(100).dropLast(8)
        let broken = try expectErrorShape(try sound.post(place, Array(cut)), 400)
        #expect(broken == "the form is not whole")
    }

    /// The message of an error whose code may be null.
    private func expectErrorShape(_ response: Response, _ status: Int) throws -> String? {
        #expect(response.status == status)
        let error = try object(response)["error"] as? [String: Any]
        #expect(error.map { Set($0.keys) } == ["message", "type", "param", "code"])
        #expect(error?["type"] as? String == "invalid_request_error")
        return error?["message"] as? String
    }

    @Test func `hoosh's name takes sound and forms by POST, nothing else`() throws {
        let sound = try SoundStation()
        try expectError(try sound.post("/v1/transcribe", [1], "Content-Type: text/plain\r\n"), 415)
        try expectError(try sound.post("/v1/transcribe", [1], ""), 415)
        try expectError(
            try sound.post("/v1/transcribe", [1], "Content-Type: audio/wav\r\nContent-Encoding: gzip\r\n"),
            415
        )
        let get = try sound.station.connect().fetch("GET", "/v1/transcribe")
        try expectError(get, 405)
        #expect(get["allow"] == "POST")
        #expect(try sound.mock.counters().requests == 0)
    }

    @Test func `what whisper-cpp has no words for is named`() throws {
        let sound = try SoundStation()
        let fields = SoundStation.field("model", "m") + SoundStation.field("stream", "true")
        let response = try sound.post(place, SoundStation.form(100, fields: fields))
        #expect(response["x-hoosh-dropped-params"] == "stream")
    }
}
