import Dialect

/// Forms: what is found stands between the end of a part's head and a delimiter.
enum MultipartCheck {
    /// The first line is the Content-Type.
    static func run(_ bytes: [UInt8]) throws(Violation) {
        let end = bytes.firstIndex(of: 0x0a) ?? bytes.count
        let body = Array(bytes[min(end + 1, bytes.count)...])
        guard case .found(let range) = MultipartModel.find(in: body.span, contentType: Array(bytes[..<end]).span) else {
            return
        }
        try claim(range.upperBound <= body.count, "a value outside")
        try claim(Array(body[..<range.lowerBound].suffix(4)) == Array("\r\n\r\n".utf8), "a value that no head precedes")
        try claim(body[range.upperBound...].starts(with: Array("\r\n--".utf8)), "a value that no delimiter follows")
    }
}
