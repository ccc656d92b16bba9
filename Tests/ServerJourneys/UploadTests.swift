import TestKit
import Testing
import WireCases

@Suite struct UploadTests {
    private func form(_ size: Int) -> String {
        "--b1\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nmock-small\r\n--b1\r\n"
            + "Content-Disposition: form-data; name=\"file\"; filename=\"a.bin\"\r\n\r\n"
            + String(repeating: "0123456789abcdef", count: size / 16) + "\r\n--b1--\r\n"
    }

    private let lines = "Host: h\r\nContent-Type: multipart/form-data; boundary=b1\r\n"

    @Test func `an upload with a length passes whole, and what is pipelined behind it is served`() throws {
        let station = try Station()
        for size in [16, 60_000, 65_536, 70_000, 2_000_000] {
            let body = form(size)
            let connection = try station.connect()
            try connection.send("POST /v1/files HTTP/1.1\r\n\(lines)Content-Length: \(body.utf8.count)\r\n\r\n")
            try connection.send(body + "GET /v1/health HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(connection.readResponse().text.contains("\"body_bytes\":\(body.utf8.count)"))
            #expect(connection.readResponse().text.contains("providers_configured"))
            #expect(try station.mock.lastEnded().body == String(decoding: body.utf8.prefix(65_536), as: UTF8.self))
        }
    }

    @Test(arguments: 0..<8) func `an upload in chunks passes wherever they are cut`(round: Int) throws {
        let station = try Station()
        var dice = Dice(seed: UInt64(round))
        for _ in 0..<6 {
            let body = Array(form(200_000).utf8)
            var text: [UInt8] = []
            var start = 0
            let largest = [3, 40, 5_000, 65_536, 150_000][dice.roll(5)]
            while start < body.count {
                let count = min(1 + dice.roll(largest), body.count - start)
                text +=
                    Array("\(String(count, radix: 16));x=y\r\n".utf8) + body[start..<(start + count)] + [0x0d, 0x0a]
                start += count
            }
            text += Array("0\r\n\r\n".utf8)
            let connection = try station.connect()
            try connection.send("POST /v1/files HTTP/1.1\r\n\(lines)Transfer-Encoding: chunked\r\n\r\n")
            var sent = 0
            while sent < text.count {
                let count = min(1 + dice.roll(90_000), text.count - sent)
                try connection.send(Array(text[sent..<(sent + count)]))
                sent += count
            }
            let response = connection.readResponse()
            #expect(response.text.contains("\"body_bytes\":\(body.count)"), "\(response.status) \(response.text)")
            #expect(try station.mock.lastEnded().body == String(decoding: body.prefix(65_536), as: UTF8.self))
            // The connection stands at the end of the upload.
            #expect(try connection.fetch("GET", "/v1/health").status == 200)
        }
    }

    @Test func `what stands behind an upload in chunks never reaches the upstream with it`() throws {
        let station = try Station()
        for size in [16, 100_000, 400_000] {
            let before = try station.forwarded
            let body = form(size)
            let connection = try station.connect()
            let smuggled = "POST /v1/smuggled HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n"
            try? connection.send(
                "POST /v1/files HTTP/1.1\r\n\(lines)Transfer-Encoding: chunked\r\n\r\n"
                    + "\(String(body.utf8.count, radix: 16))\r\n\(body)\r\n0\r\n\r\n\(smuggled)"
            )
            #expect(connection.readResponse().text.contains("\"body_bytes\":\(body.utf8.count)"))
            // Either the proxy took it for the request that it is, or it ended the connection.
            let second = connection.readResponse()
            let seen = try station.mock.requests().suffix(try station.forwarded - before)
            if second.status == 0 {
                #expect(seen.map(\.path) == ["/v1/files"])
            } else {
                #expect(second.status == 200)
                #expect(seen.map(\.path) == ["/v1/files", "/v1/smuggled"])
                #expect(seen.last?.values("x-request-id").count == 1, "it was forwarded, not passed along")
            }
        }
    }

    @Test func `broken chunks end an upload without an answer from its upstream`() throws {
        let station = try Station()
        for broken in ["zz\r\n", "3\r\nabcd\r\n0\r\n\r\n", "0\r\nContent-Length: 3\r\n\r\n"] {
            let body = form(100_000)
            let connection = try station.connect()
            try? connection.send(
                "POST /v1/files HTTP/1.1\r\n\(lines)Transfer-Encoding: chunked\r\n\r\n"
                    + "\(String(body.utf8.count, radix: 16))\r\n\(body)\r\n\(broken)"
            )
            try expectError(connection.readResponse(), 400)
            #expect(connection.readToEnd().bytes.isEmpty)
        }
        #expect(try station.mock.requests().allSatisfy { $0.ended != "completed" })
    }

    @Test func `the model of a form decides its route, in chunks too`() throws {
        let station = try Station(routes: "  - {name: known, match: {model: [\"mock-*\"]}, to: [mock]}")
        let body = form(1_000)
        let connection = try station.connect()
        try connection.send("POST /v1/audio/transcriptions HTTP/1.1\r\n\(lines)Transfer-Encoding: chunked\r\n\r\n")
        var text = ""
        for part in body.utf8 { text += "1\r\n\(Character(Unicode.Scalar(part)))\r\n" }
        try connection.send(text + "0\r\n\r\n")
        let response = connection.readResponse()
        #expect(response.status == 200, "\(response.text)")
        let other = body.replacing("mock-small", with: "whisper")
        try connection.send(
            "POST /v1/audio/transcriptions HTTP/1.1\r\n\(lines)Content-Length: \(other.utf8.count)\r\n\r\n\(other)"
        )
        try expectError(connection.readResponse(), 404, code: "model_not_found")
    }
}
