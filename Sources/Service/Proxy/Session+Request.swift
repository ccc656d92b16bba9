import Arrival
import Bytes
import HTTP

// What others ask of the request that stands in a session.
extension Session {
    /// The request's bytes; empty once they were given up.
    var requestBytes: UnsafeMutableRawBufferPointer {
        buffer?.bytes ?? UnsafeMutableRawBufferPointer(start: nil, count: 0)
    }

    /// The method as it was sent.
    var method: String { text(reader.head.methodText) }

    /// The path without the query.
    var path: String { text(reader.head.path) }

    /// The query; empty when there is none.
    var query: String { text(reader.head.query) }

    /// True when a field of the request has this name, whatever its case.
    func isNamed(_ field: Field, _ name: String) -> Bool {
        ASCII.equalsIgnoringCase(requestBytes.bindMemory(to: UInt8.self).span.extracting(field.name.range), name)
    }

    private func text(_ range: TextRange) -> String {
        guard !range.isAbsent else { return "" }
        return String(decoding: UnsafeRawBufferPointer(rebasing: requestBytes[range.range]), as: UTF8.self)
    }

    /// The client's own `x-request-id` when it is a plain word that is still there, else a new one.
    func requestID() -> [UInt8] {
        guard reader.isHeadComplete, requestBytes.count >= reader.headBytes,
            let field = reader.head.fields.first(where: { $0.id == .xRequestID })
        else { return worker.newRequestID() }
        let bytes = requestBytes[field.value.range]
        let isWord = bytes.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte) || byte == 0x2d
                || byte == 0x5f || byte == 0x2e
        }
        return (1...128).contains(bytes.count) && isWord ? Array(bytes) : worker.newRequestID()
    }
}
