import CLinux
import Foundation
import Glibc

/// A server that understands what Redis is asked, and answers what a test says.
///
/// For what no `redis-server` would send.
package final class ScriptedRedis: Sendable {
    /// Where it listens.
    package let port: Int
    private let descriptor: Int32

    /// Listens on a free port.
    ///
    /// * `greeting`: sent to whoever connects, before anything is asked.
    /// * `answer`: what is sent for the words of a command, one piece after the other with a pause in between.
    ///
    /// - Throws: `TestKitFailure` when there is none.
    package init(
        greeting: @escaping @Sendable () -> String = { "" },
        _ answer: @escaping @Sendable ([String]) -> [String]
    ) throws {
        ignoreBrokenPipes()
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        descriptor = socket
        var place = sockaddr_in()
        place.sin_family = sa_family_t(AF_INET)
        inet_pton(AF_INET, "127.0.0.1", &place.sin_addr)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &place) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
                bind(socket, name, size) == 0 && listen(socket, 64) == 0 ? getsockname(socket, name, &size) : -1
            }
        }
        guard result == 0 else {
            close(socket)
            throw TestKitFailure("no port to listen on")
        }
        port = Int(UInt16(bigEndian: place.sin_port))
        Thread.detachNewThread {
            while true {
                let client = accept(socket, nil, nil)
                guard client >= 0 else {
                    // Here and not in `deinit`: a number closed there could be another test's by the next `accept`.
                    close(socket)
                    return
                }
                Thread.detachNewThread { Self.serve(client, greeting(), answer) }
            }
        }
    }

    deinit { shutdown(descriptor, Int32(SHUT_RDWR)) }

    /// `redis://127.0.0.1:PORT`.
    package var url: String { "redis://127.0.0.1:\(port)" }

    private static func serve(_ client: Int32, _ greeting: String, _ answer: ([String]) -> [String]) {
        defer { close(client) }
        guard write(client, greeting) else { return }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            while let words = command(&bytes) {
                for (index, piece) in answer(words).enumerated() {
                    if index > 0 { usleep(30_000) }
                    guard write(client, piece) else { return }
                }
            }
            let count = recv(client, &buffer, buffer.count, 0)
            guard count > 0 else { return }
            bytes.append(contentsOf: buffer[..<count])
        }
    }

    /// Takes the first command off, once it is whole.
    private static func command(_ bytes: inout [UInt8]) -> [String]? {
        var at = 0
        guard let count = number(bytes, &at) else { return nil }
        var words: [String] = []
        for _ in 0..<count {
            guard let length = number(bytes, &at), at + length + 2 <= bytes.count else { return nil }
            words.append(String(decoding: bytes[at..<(at + length)], as: UTF8.self))
            at += length + 2
        }
        bytes.removeFirst(at)
        return words
    }

    private static func number(_ bytes: [UInt8], _ at: inout Int) -> Int? {
        guard let end = bytes[at...].firstIndex(of: 13), end > at, end + 1 < bytes.count else { return nil }
        defer { at = end + 2 }
        return Int(String(decoding: bytes[(at + 1)..<end], as: UTF8.self))
    }

    private static func write(_ client: Int32, _ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return bytes.isEmpty || send(client, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
    }
}
