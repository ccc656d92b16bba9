/// The head of a response, as it came.
package struct ResponseHead: Sendable {
    /// All bytes up to and with the empty line.
    package let bytes: [UInt8]
    /// `HTTP/1.1`.
    package let version: String
    /// The status, 0 when there is none.
    package let status: Int
    /// Names and values in their order.
    package let headers: [(name: String, value: String)]

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\r\n")
        let first = (lines.first ?? "").split(separator: " ", maxSplits: 2)
        version = first.first.map(String.init) ?? ""
        status = first.count > 1 ? Int(first[1]) ?? 0 : 0
        headers = lines.dropFirst().map { line in
            let halves = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            let value = halves.count > 1 ? String(halves[1].drop { $0 == " " }) : ""
            return (String(halves[0]), value)
        }
    }

    /// The values of a header, whatever the case of its name.
    package func values(_ name: String) -> [String] {
        headers.filter { $0.name.lowercased() == name.lowercased() }.map(\.value)
    }

    /// The first value of a header.
    package subscript(name: String) -> String? { values(name).first }
}

/// A response as far as it came.
package struct Response: Sendable {
    /// The final head; nil when none came.
    package internal(set) var head: ResponseHead?
    /// Heads with 1xx before it.
    package internal(set) var interims: [ResponseHead] = []
    /// The body without its framing.
    package internal(set) var body: [UInt8] = []
    /// The body's chunks.
    package internal(set) var chunks: [[UInt8]] = []
    /// The trailer fields.
    package internal(set) var trailers: [(name: String, value: String)] = []
    /// How it ended; `.complete` for a whole one.
    package internal(set) var ending = Ending.complete

    /// The status, 0 when there is no head.
    package var status: Int { head?.status ?? 0 }
    /// The body as text.
    package var text: String { String(decoding: body, as: UTF8.self) }
    /// The first value of a header.
    package subscript(name: String) -> String? { head?[name] }

    /// The data of each event of an event stream: lines end with LF, CRLF or CR, comments left out.
    package var events: [String] {
        var events: [String] = []
        var data: [Substring] = []
        let normal = String(decoding: lineFeedsOnly(body), as: UTF8.self)
        for line in normal.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.isEmpty {
                if !data.isEmpty { events.append(data.joined(separator: "\n")) }
                data = []
            } else if line.hasPrefix("data:") {
                let value = line.dropFirst(5)
                data.append(value.hasPrefix(" ") ? value.dropFirst() : value)
            }
        }
        return events
    }

    private func lineFeedsOnly(_ bytes: [UInt8]) -> [UInt8] {
        var out: [UInt8] = []
        var last: UInt8 = 0
        for byte in bytes {
            if byte == 0x0d {
                out.append(0x0a)
            } else if byte != 0x0a || last != 0x0d {
                out.append(byte)
            }
            last = byte
        }
        return out
    }
}

extension RawConnection {
    /// Reads one response to a request with this method: interims, head, body by its framing (RFC 9112 §6.3).
    ///
    /// Never throws: what is missing or broken shows in `ending`.
    package func readResponse(to method: String = "GET") -> Response {
        var response = Response()
        while true {
            if let ending = read(until: "\r\n\r\n") {
                response.ending = ending
                return response
            }
            let head = ResponseHead(take(endOfHead))
            if (100..<200).contains(head.status), head.status != 101 {
                response.interims.append(head)
                continue
            }
            response.head = head
            readBody(of: head, method, &response)
            return response
        }
    }

    private var endOfHead: Int {
        var index = 3
        while index < buffer.count {
            if buffer[index] == 0x0a, buffer[index - 1] == 0x0d, buffer[index - 2] == 0x0a { return index + 1 }
            index += 1
        }
        return buffer.count
    }

    private func readBody(of head: ResponseHead, _ method: String, _ response: inout Response) {
        if method == "HEAD" || head.status == 204 || head.status == 304 { return }
        if head.values("transfer-encoding").contains(where: { $0.lowercased().contains("chunked") }) {
            response.ending = readChunks(&response)
        } else if let text = head["content-length"] {
            guard let count = Int(text) else {
                response.ending = .malformed("Content-Length: \(text)")
                return
            }
            while buffer.count < count {
                guard let ending = fill() else { continue }
                response.ending = ending
                break
            }
            response.body = take(min(count, buffer.count))
        } else {
            let (bytes, ending) = readToEnd()
            response.body = bytes
            response.ending = ending == .ended ? .complete : ending
        }
    }

    private func line() throws(BrokenOff) -> String {
        var from = 0
        while true {
            if let end = buffer[from...].firstIndex(of: 0x0a) {
                let line = take(end + 1)
                return String(decoding: line.dropLast(line.dropLast().last == 0x0d ? 2 : 1), as: UTF8.self)
            }
            from = buffer.count
            if let ending = fill() { throw BrokenOff(ending: ending) }
        }
    }

    private struct BrokenOff: Error { let ending: Ending }

    private func readChunks(_ response: inout Response) -> Ending {
        do throws(BrokenOff) {
            while true {
                let sizeLine = try line()
                let digits = sizeLine.prefix { $0 != ";" }
                guard let size = Int(digits, radix: 16), size >= 0 else { return .malformed("chunk size \(sizeLine)") }
                if size == 0 { break }
                while buffer.count < size {
                    guard let ending = fill() else { continue }
                    response.body += take(buffer.count)
                    return ending
                }
                let chunk = take(size)
                response.body += chunk
                response.chunks.append(chunk)
                let end = try line()
                guard end.isEmpty else { return .malformed("\(end) after a chunk") }
            }
            while true {
                let field = try line()
                if field.isEmpty { return .complete }
                let halves = field.split(separator: ":", maxSplits: 1)
                response.trailers.append((String(halves[0]), String((halves.last ?? "").drop { $0 == " " })))
            }
        } catch {
            return error.ending
        }
    }
}

extension Sequence where Element == UInt8, Self: RandomAccessCollection {
    /// True when the bytes of `other` occur in it.
    package func contains(_ other: [UInt8]) -> Bool {
        guard let first = other.first else { return true }
        var index = startIndex
        while let found = self[index...].firstIndex(of: first) {
            if self[found...].starts(with: other) { return true }
            index = self.index(after: found)
        }
        return false
    }
}
