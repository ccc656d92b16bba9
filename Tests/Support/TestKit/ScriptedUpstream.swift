import CLinux
import Foundation
import Glibc
import Synchronization

/// An upstream that answers what a test says, request by request, and remembers what it was asked.
///
/// For answers that `hoosh-mock` has no form for: pages of a list, progress told piece by piece.
package final class ScriptedUpstream: Sendable {
    /// A request as it came.
    package struct Question: Sendable {
        /// Its method.
        package let method: String
        /// Its target, with the query.
        package let target: String
        /// Names in lower case, and values.
        package let headers: [String: String]
        /// Its body, without framing.
        package let body: [UInt8]
        /// The body as text.
        package var text: String { String(decoding: body, as: UTF8.self) }
    }

    /// What is answered.
    package struct Answer: Sendable {
        let status: Int
        let type: String
        let pieces: [String]

        /// A whole body.
        package init(_ body: String, status: Int = 200, type: String = "application/json") {
            self.status = status
            self.type = type
            pieces = [body]
        }

        /// A body that comes in chunks, one after the other.
        package init(pieces: [String], type: String) {
            status = 200
            self.type = type
            self.pieces = pieces
        }
    }

    /// Where it listens.
    package let address: Address
    private let descriptor: Int32
    private let asked = Mutex<[Question]>([])
    private let script: @Sendable (Question) -> Answer

    /// Listens on a free port.
    ///
    /// - Throws: `TestKitFailure` when there is none.
    package init(_ script: @escaping @Sendable (Question) -> Answer) throws {
        ignoreBrokenPipes()
        self.script = script
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var place = sockaddr_in()
        place.sin_family = sa_family_t(AF_INET)
        inet_pton(AF_INET, "127.0.0.1", &place.sin_addr)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let socket = descriptor
        let result = withUnsafeMutablePointer(to: &place) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
                bind(socket, name, size) == 0 && listen(socket, 64) == 0 ? getsockname(socket, name, &size) : -1
            }
        }
        guard result == 0 else {
            close(descriptor)
            throw TestKitFailure("no port to listen on")
        }
        address = .tcp(host: "127.0.0.1", port: UInt16(bigEndian: place.sin_port))
        Thread.detachNewThread { [weak self] in
            while true {
                let client = accept(socket, nil, nil)
                guard client >= 0 else {
                    // Here and not in `deinit`: a number closed there could be another test's by the next `accept`.
                    close(socket)
                    return
                }
                guard let self else {
                    close(client)
                    continue
                }
                Thread.detachNewThread { self.serve(client) }
            }
        }
    }

    deinit { shutdown(descriptor, Int32(SHUT_RDWR)) }

    /// `http://127.0.0.1:PORT`.
    package var url: String { "http://\(address)" }

    /// All it was asked, in order.
    package var questions: [Question] { asked.withLock { $0 } }

    private func serve(_ client: Int32) {
        defer { close(client) }
        var bytes: [UInt8] = []
        while let question = Self.read(client, &bytes) {
            asked.withLock { $0.append(question) }
            guard Self.write(client, script(question)) else { return }
        }
    }

    private static func read(_ client: Int32, _ bytes: inout [UInt8]) -> Question? {
        let end = Array("\r\n\r\n".utf8)
        var headEnd: Int?
        while headEnd == nil {
            headEnd = bytes.count < 4 ? nil : (0...(bytes.count - 4)).first { Array(bytes[$0..<($0 + 4)]) == end }
            if headEnd == nil, !fill(client, &bytes) { return nil }
        }
        guard let headEnd else { return nil }
        let lines = String(decoding: bytes[..<headEnd], as: UTF8.self).split(separator: "\r\n")
        let words = (lines.first ?? "").split(separator: " ")
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            headers[line[..<colon].lowercased()] = String(line[line.index(after: colon)...].drop { $0 == " " })
        }
        let length = Int(headers["content-length"] ?? "0") ?? 0
        while bytes.count < headEnd + 4 + length { guard fill(client, &bytes) else { return nil } }
        let body = Array(bytes[(headEnd + 4)..<(headEnd + 4 + length)])
        bytes.removeFirst(headEnd + 4 + length)
        return Question(
            method: words.first.map(String.init) ?? "",
            target: words.count > 1 ? String(words[1]) : "",
            headers: headers,
            body: body
        )
    }

    private static func fill(_ client: Int32, _ bytes: inout [UInt8]) -> Bool {
        var room = [UInt8](repeating: 0, count: 65_536)
        let count = recv(client, &room, room.count, 0)
        guard count > 0 else { return false }
        bytes += room[..<count]
        return true
    }

    private static func write(_ client: Int32, _ answer: Answer) -> Bool {
        var head = "HTTP/1.1 \(answer.status) Scripted\r\ncontent-type: \(answer.type)\r\n"
        guard answer.pieces.count > 1 else {
            let body = answer.pieces.first ?? ""
            head += "content-length: \(body.utf8.count)\r\n\r\n"
            return send(client, head + body)
        }
        guard send(client, head + "transfer-encoding: chunked\r\n\r\n") else { return false }
        for piece in answer.pieces {
            guard send(client, "\(String(piece.utf8.count, radix: 16))\r\n\(piece)\r\n") else { return false }
        }
        return send(client, "0\r\n\r\n")
    }

    private static func send(_ client: Int32, _ text: String) -> Bool {
        let bytes = Array(text.utf8)
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(client, $0.baseAddress?.advanced(by: sent), $0.count - sent, 0)
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }
}
