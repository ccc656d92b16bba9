import Bytes

/// The parts of a `multipart/form-data` body, as far as they are here (RFC 7578).
///
/// Reads parts as a provider will: a delimiter counts only at the beginning of a line and in full (RFC 2046 §5.1.1),
/// a name only as the parameter of Content-Disposition. Else a client could show the proxy one model inside a file, and
/// the provider another.
package struct MultipartForm: Sendable {
    /// One part.
    package struct Part: Equatable, Sendable {
        /// What its head calls it; more than one when readers could differ.
        package let names: [String]
        /// Where its value stands; nil when the end of it is not here.
        package let value: Range<Int>?
    }

    /// What separates the parts, without the dashes in front.
    package let boundary: [UInt8]
    /// Where the first delimiter begins.
    package let start: Int
    /// In the order of the body.
    package let parts: [Part]

    /// Reads the parts that are here; nil when the body is no form, or one that readers take differently.
    ///
    /// - Parameters:
    ///   - body: its beginning, or all of it.
    ///   - contentType: the Content-Type's value, which names the boundary.
    package init?(_ body: Span<UInt8>, contentType: Span<UInt8>) {
        guard contentType.count > 10, ASCII.equalsIgnoringCase(contentType.extracting(..<10), "multipart/"),
            let range = Parameters.value(of: "boundary", in: contentType), !range.isEmpty, range.count <= 70
        else { return nil }
        boundary = range.map { contentType[$0] }
        let delimiter = [0x2d, 0x2d] + boundary
        guard let first = Delimiter.next(delimiter.span, in: body, from: 0) else { return nil }
        start = first.start + 2
        var parts: [Part] = []
        var position: Delimiter? = first
        while let here = position, !here.isLast {
            guard let headEnd = MultipartForm.endOfHead(body, here.end) else { break }
            // A delimiter right behind the empty line ends the part for some readers and is content for others.
            guard Scan.find(delimiter.span, in: body.extracting(headEnd...).extracting(first: delimiter.count)) == nil
            else { return nil }
            position = Delimiter.next(delimiter.span, in: body, from: headEnd)
            let names = MultipartForm.names(body, here.end..<headEnd)
            parts.append(Part(names: names, value: position.map { headEnd..<$0.start }))
        }
        self.parts = parts
    }

    /// The whole values of parts with this name.
    package func values(of name: String) -> [Range<Int>] {
        parts.filter { $0.names.contains(name) }.compactMap(\.value)
    }

    /// True when a part with this name has begun.
    package func has(_ name: String) -> Bool { parts.contains { $0.names.contains(name) } }

    /// Where the value of a part begins: after its empty line.
    private static func endOfHead(_ body: Span<UInt8>, _ start: Int) -> Int? {
        if body.count >= start + 2, body[start] == 0x0d, body[start + 1] == 0x0a { return start + 2 }
        return Scan.find("\r\n\r\n", in: body, from: start).map { $0 + 4 }
    }

    /// What the part's head says with `Content-Disposition: form-data; name="…"`.
    private static func names(_ body: Span<UInt8>, _ head: Range<Int>) -> [String] {
        var names: [String] = []
        var start = head.lowerBound
        while start < head.upperBound, let end = Scan.find(0x0a, in: body, from: start), end < head.upperBound {
            let line = body.extracting(start..<max(start, end - 1))
            start = end + 1
            guard line.count > 20, ASCII.equalsIgnoringCase(line.extracting(..<20), "content-disposition:"),
                let name = Parameters.value(of: "name", in: line)
            else { continue }
            names.append(String(decoding: name.map { line[$0] }, as: UTF8.self))
        }
        return names
    }

    /// A line that separates parts.
    private struct Delimiter {
        /// Where the line end before it begins, the end of the part before it; -2 at the beginning of the body.
        let start: Int
        /// After its own line end.
        let end: Int
        /// It closes the body.
        let isLast: Bool

        static func next(_ text: Span<UInt8>, in body: Span<UInt8>, from: Int) -> Delimiter? {
            var position = from
            while let hit = Scan.find(text, in: body, from: position) {
                position = hit + 1
                // The line end before it belongs to it, so it cannot be the one that ended the part's head.
                guard hit == 0 || (hit - 2 >= from && body[hit - 2] == 0x0d && body[hit - 1] == 0x0a) else { continue }
                var end = hit + text.count
                if end + 2 <= body.count, body[end] == 0x2d, body[end + 1] == 0x2d {
                    return Delimiter(start: hit - 2, end: end + 2, isLast: true)
                }
                while end < body.count, body[end] == 0x20 || body[end] == 0x09 { end += 1 }
                guard end + 2 <= body.count else { return nil }
                guard body[end] == 0x0d, body[end + 1] == 0x0a else { continue }
                return Delimiter(start: hit - 2, end: end + 2, isLast: false)
            }
            return nil
        }
    }
}
