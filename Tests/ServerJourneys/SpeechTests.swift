import Foundation
import TestKit
import Testing

@Suite struct SpeechTests {
    private let place = "/v1/audio/speech"

    private func ask(_ sound: SoundStation, _ members: String, _ headers: Headers = []) throws -> Response {
        try sound.station.connect().fetch("POST", place, headers: headers, body: "{\(members)}")
    }

    /// What the mock makes of a text.
    private func samples(_ count: Int) -> [UInt8] {
        (0..<count).map { UInt8($0 % 251) }
    }

    @Test func `a text is spoken by Piper, as a WAV file with a true type`() throws {
        let sound = try SoundStation()
        let members =
            "\"model\":\"tts-1\",\"input\":\"Hello there\",\"voice\":\"joe\",\"speed\":2,\"instructions\":\"sing\""
        for format in ["", ",\"response_format\":\"wav\""] {
            let response = try ask(sound, members + format)
            #expect(response.status == 200 && response.ending == .complete)
            #expect(response.head?.values("content-type") == ["audio/wav"])
            #expect(response["x-hoosh-dropped-params"] == "instructions")
            #expect(Array(response.body.prefix(4)) == Array("RIFF".utf8))
            #expect(Array(response.body.dropFirst(44)) == samples(2_200))
            let seen = try sound.mock.lastEnded()
            #expect(seen.path == "/synthesize")
            #expect(seen.values("content-type") == ["application/json"])
            #expect(seen.body == "{\"text\":\"Hello there\",\"voice\":\"joe\",\"length_scale\":0.5}")
        }
    }

    @Test func `pcm is the file without its head, wherever it is cut`() throws {
        let sound = try SoundStation()
        for size in [1, 7, 44, 45, 1_000, 60_000] {
            let headers = [("x-mock-chunk-bytes", "\(size)"), ("x-mock-framing", size == 1_000 ? "length" : "chunked")]
            let response = try ask(sound, "\"input\":\"Hi\",\"response_format\":\"pcm\"", headers)
            #expect(response.status == 200 && response.ending == .complete, "\(response.text)")
            #expect(response.head?.values("content-type") == ["audio/pcm;rate=22050;channels=1"])
            #expect(response.body == samples(400))
        }
    }

    @Test func `long speech passes whole as a file and as samples`() throws {
        let sound = try SoundStation()
        let connection = try sound.station.connect()
        for format in ["wav", "pcm"] {
            for framing in ["length", "chunked"] {
                let headers = [("x-mock-body-bytes", "5000044"), ("x-mock-framing", framing)]
                let body = "{\"input\":\"Hi\",\"response_format\":\"\(format)\"}"
                let response = try connection.fetch("POST", place, headers: headers, body: body)
                #expect(response.ending == .complete)
                let said = response.body.dropFirst(format == "wav" ? 44 : 0)
                #expect(said.count == 5_000_000)
                #expect(Array(said.suffix(1_000)) == (4_999_000..<5_000_000).map { UInt8($0 % 251) })
            }
        }
    }

    @Test func `an HTTP-1-0 client gets samples until the connection closes`() throws {
        let sound = try SoundStation()
        let connection = try sound.station.connect()
        let body = "{\"input\":\"Hi\",\"response_format\":\"pcm\"}"
        try connection.send(
            "POST \(place) HTTP/1.0\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
        )
        let response = connection.readResponse(to: "POST")
        #expect(response["transfer-encoding"] == nil)
        #expect(response.body == samples(400))
    }

    @Test func `the voice that a route names is the one that speaks`() throws {
        let sound = try SoundStation(speaking: "[piper/en_US-joe-medium]")
        #expect(try ask(sound, "\"model\":\"tts-1\",\"input\":\"Hi\",\"voice\":\"alloy\"").status == 200)
        #expect(try sound.mock.lastEnded().body == "{\"text\":\"Hi\",\"voice\":\"en_US-joe-medium\"}")
    }

    @Test func `what a voice cannot do is refused and never asked`() throws {
        let sound = try SoundStation()
        let long = String(repeating: "x", count: 4_097)
        let bad = [
            ("\"input\":\"\"", "input"), ("\"input\":\"\(long)\"", "input"), ("\"model\":\"tts-1\"", "input"),
            ("\"input\":\"Hi\",\"response_format\":\"mp3\"", "response_format"),
            ("\"input\":\"Hi\",\"response_format\":\"opus\"", "response_format"),
            ("\"input\":\"Hi\",\"speed\":9", "speed"), ("\"input\":\"Hi\",\"stream_format\":\"sse\"", "stream_format"),
        ]
        for (members, param) in bad {
            let error = try expectError(try ask(sound, members), 400, code: "unsupported_request")
            #expect(error.param == param)
        }
        #expect(
            try expectError(try ask(sound, "\"input\":\"a\",\"response_format\":\"flac\""), 400).message.contains("wav")
        )
        #expect(try sound.mock.counters().requests == 0)
    }

    @Test func `a format that Piper lacks goes to a provider behind it that may have it`() throws {
        let sound = try SoundStation(speaking: "[piper, mock]")
        let body = "{\"input\": \"Hi\", \"response_format\": \"mp3\"}"
        let response = try sound.station.connect().fetch("POST", place, body: body)
        #expect(response.status == 200)
        #expect(response["x-hoosh-provider"] == "mock")
        #expect(try sound.station.mock.lastEnded().body == body, "unchanged to one that is asked as OpenAI is")
        #expect(try sound.mock.counters().requests == 0)
    }

    @Test func `Piper's errors come in OpenAI's words, with its status`() throws {
        let sound = try SoundStation()
        let response = try ask(sound, "\"input\":\"Hi\"", [("x-mock-status", "500")])
        #expect(response.status == 500)
        let error = try #require(try object(response)["error"] as? [String: Any])
        #expect(error["message"] as? String == "500 hoosh-mock was asked to fail")
        #expect(response["content-type"] == "application/json")
    }

    @Test func `an older Piper is asked at its root from the second try on`() throws {
        let sound = try SoundStation()
        let headers = [("x-mock-status", "404"), ("x-mock-times", "1"), ("x-mock-key", "old")]
        // One connection, since each loop learns it by itself.
        let connection = try sound.station.connect()
        let first = try connection.fetch("POST", place, headers: headers, body: "{\"input\":\"Hi\"}")
        #expect(first["content-type"] == "audio/wav")
        #expect(first["x-hoosh-attempts"] == "1")
        #expect(try connection.fetch("POST", place, body: "{\"input\":\"Hi\"}").status == 200)
        #expect(try sound.mock.requests().map(\.path) == ["/synthesize", "/", "/"])
    }

    @Test func `speech that breaks off is never taken for whole`() throws {
        let sound = try SoundStation()
        for format in ["wav", "pcm"] {
            let headers = [("x-mock-fault", "short-body"), ("x-mock-body-bytes", "300000")]
            let response = try ask(sound, "\"input\":\"Hi\",\"response_format\":\"\(format)\"", headers)
            #expect(response.ending != .complete || response.status >= 500, "\(format): \(response.body.count)")
        }
    }
}
