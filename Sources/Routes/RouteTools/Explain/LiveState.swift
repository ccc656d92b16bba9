import Bytes
import Glibc
import JSON
import Loop

/// What a running proxy says of its providers: `GET /v1/admin/state`, asked over a socket.
package enum LiveState {
    /// How long connecting and each read may take.
    private static let timeoutMilliseconds = 2_000
    private static let sizeLimitBytes = 16 << 20

    /// Asks a running proxy's admin listener.
    ///
    /// - Throws: in words, why there is no answer.
    static func ask(_ text: String) throws(Misuse) -> Situation {
        let plain = text.hasPrefix("http://") ? String(text.dropFirst(7)) : text
        let name = plain.hasSuffix("/") ? String(plain.dropLast()) : plain
        guard let address = ListenAddress(name) else {
            throw Misuse("`\(text)` is no address; write host:port or unix:/path")
        }
        guard let connection = address.connect(timeoutMilliseconds: timeoutMilliseconds) else {
            throw Misuse("nothing answers at \(address)")
        }
        let answer = exchange(connection)
        guard let end = headEnd(answer), answer.starts(with: Array("HTTP/1.1 200 ".utf8)) else {
            let line = String(decoding: answer.prefix { $0 != 0x0D && $0 != 0x0A }, as: UTF8.self)
            throw Misuse("\(address)/v1/admin/state answered: \(line.isEmpty ? "nothing" : line)")
        }
        return read(Array(answer[end...]))
    }

    /// The variable that holds the admin's token (`auth.admin`).
    static let tokenVariable = "HOOSH_ADMIN_TOKEN"

    /// A field with the admin's token; nothing without one, or with one that is no field's value.
    private static var credential: String {
        guard let token = getenv(tokenVariable).map({ String(cString: $0) }), !token.isEmpty,
            token.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f })
        else { return "" }
        return "Authorization: Bearer \(token)\r\n"
    }

    private static func exchange(_ connection: borrowing Descriptor) -> [UInt8] {
        let head = "GET /v1/admin/state HTTP/1.1\r\nHost: admin\r\nConnection: close\r\n"
        let request = Array("\(head)\(credential)\r\n".utf8)
        _ = request.withUnsafeBytes { Kernel.send(connection.number, $0) }
        var answer: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 65_536)
        while answer.count < sizeLimitBytes {
            let result = part.withUnsafeMutableBytes { Kernel.receive(connection.number, into: $0) }
            guard case .moved(let count) = result else { break }
            answer += part[..<count]
        }
        return answer
    }

    private static func headEnd(_ answer: [UInt8]) -> Int? {
        guard answer.count >= 4 else { return nil }
        return (0...(answer.count - 4)).first { answer[$0..<($0 + 4)].elementsEqual([0x0D, 0x0A, 0x0D, 0x0A]) }
            .map { $0 + 4 }
    }

    /// Takes the answer's body apart; what is missing counts as well and idle.
    package static func read(_ body: [UInt8]) -> Situation {
        var situation = Situation()
        let bytes = body.span
        guard let range = ObjectFields.value(of: "providers", in: bytes) else { return situation }
        ObjectFields.forEachElement(of: bytes.extracting(range)) { provider in
            guard let spelled = ObjectFields.stringValue(of: "provider", in: provider) else { return }
            let name = String(decoding: spelled, as: UTF8.self)
            if let up = ObjectFields.value(of: "up", in: provider), provider[up.lowerBound] == UInt8(ascii: "f") {
                situation.down.insert(name)
            }
            situation.inFlight[name] = ObjectFields.integerValue(of: "in_flight", in: provider)
            guard let latency = ObjectFields.value(of: "latency", in: provider) else { return }
            ObjectFields.forEachElement(of: provider.extracting(latency)) { cell in
                guard let microseconds = ObjectFields.integerValue(of: "microseconds", in: cell) else { return }
                // A provider's models may differ; the quickest stands for it when none is asked for by name.
                situation.latencies[name] = min(situation.latencies[name] ?? .max, microseconds)
                readModels(cell, microseconds, name, &situation)
            }
        }
        return situation
    }

    private static func readModels(
        _ cell: Span<UInt8>,
        _ microseconds: Int,
        _ name: String,
        _ situation: inout Situation
    ) {
        guard let range = ObjectFields.value(of: "models", in: cell) else { return }
        let text = String(decoding: range.map { cell[$0] }, as: UTF8.self)
        // A list of plain texts: every second part between quotes is one.
        for (index, model) in text.split(separator: "\"", omittingEmptySubsequences: false).enumerated()
        where index % 2 == 1 {
            situation.latencies["\(name)/\(model)"] = microseconds
        }
    }
}
