import Foundation
import TestKit
import Testing

/// Speech servers behind the proxy: whisper.cpp's and Piper's, by the mock's imitation of both.
final class SoundStation {
    let station: Station
    /// Behind the kinds `whisper` and `piper`.
    let mock: MockUpstream

    /// `routes` stand in front of those that send each endpoint to its servers.
    init(
        routes: String = "",
        hearing: String = "[whisper]",
        speaking: String = "[piper]",
        more: String = ""
    ) throws {
        mock = try MockUpstream()
        let health = "health: {mode: none}"
        station = try Station(
            providers: """
                  whisper: {kind: whisper, url: "\(mock.url)", \(health)}
                  piper: {kind: piper, url: "\(mock.url)", \(health)}
                  gone: {kind: whisper, url: "http://127.0.0.1:9", \(health)}
                """,
            more: more,
            routes: """
                \(routes)
                  - {name: stt, match: {api: [transcriptions, translations]}, to: \(hearing)}
                  - {name: tts, match: {api: speech}, to: \(speaking)}
                  - {name: all, to: [mock]}
                """
        )
    }

    static func field(_ name: String, _ value: String) -> String {
        "--b1\r\nContent-Disposition: form-data; name=\"\(name)\"\r\n\r\n\(value)\r\n"
    }

    /// A form as OpenAI's libraries write it: the fields, then the file.
    static func form(_ size: Int, fields: String = field("model", "whisper-1")) -> [UInt8] {
        let file = "--b1\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n\r\n"
        return Array((fields + file).utf8) + content(size) + Array("\r\n--b1--\r\n".utf8)
    }

    static func content(_ size: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0x20, count: size)
        for index in stride(from: 0, to: size, by: 97) { bytes[index] = UInt8(truncatingIfNeeded: index / 97) }
        return bytes
    }

    /// The hash that the mock tells of what it got.
    static func hash(_ bytes: [UInt8]) -> String {
        bytes.withUnsafeBytes { raw in
            var value: UInt64 = 0xcbf2_9ce4_8422_2325
            var index = 0
            while index + 8 <= raw.count {
                value = (value ^ raw.loadUnaligned(fromByteOffset: index, as: UInt64.self)) &* 0x100_0000_01b3
                index += 8
            }
            while index < raw.count {
                value = (value ^ UInt64(raw[index])) &* 0x100_0000_01b3
                index += 1
            }
            return String(value, radix: 16)
        }
    }

    static let type = "Content-Type: multipart/form-data; boundary=b1\r\n"

    static func head(_ path: String, _ fields: String) -> String { "POST \(path) HTTP/1.1\r\nHost: h\r\n\(fields)\r\n" }

    /// One request with a body of known length.
    func post(_ path: String, _ body: [UInt8], _ fields: String = SoundStation.type) throws -> Response {
        let connection = try station.connect()
        try connection.send(Self.head(path, "\(fields)Content-Length: \(body.count)\r\n"))
        try? connection.send(body)
        return connection.readResponse(to: "POST")
    }

    /// The body in chunks of these sizes, over and over.
    static func chunks(_ body: [UInt8], _ sizes: [Int]) -> [UInt8] {
        var text: [UInt8] = []
        var start = 0
        var round = 0
        while start < body.count {
            let count = min(sizes[round % sizes.count], body.count - start)
            text += Array("\(String(count, radix: 16));a=b\r\n".utf8) + body[start..<(start + count)] + [0x0d, 0x0a]
            start += count
            round += 1
        }
        return text + Array("0\r\n\r\n".utf8)
    }
}
