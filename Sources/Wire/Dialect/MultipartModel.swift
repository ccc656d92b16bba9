import Bytes

/// Finds the form field `model` at the beginning of a `multipart/form-data` body (RFC 7578).
///
/// Reads parts as the provider will: a delimiter counts only at the beginning of a line and in full (RFC 2046 §5.1.1),
/// a name only as the parameter of Content-Disposition. Else a client could show the proxy one model inside a file, and
/// the provider another.
package enum MultipartModel {
    /// What the bytes say so far.
    package enum Answer: Equatable {
        /// The value's place in the bytes.
        case found(Range<Int>)
        /// Not in what is here, or there twice.
        case missing
    }

    /// Looks through the parts that are here.
    ///
    /// - Parameters:
    ///   - body: its beginning, or all of it.
    ///   - contentType: the Content-Type's value, which names the boundary.
    /// - Returns: where the value stands.
    package static func find(in body: Span<UInt8>, contentType: Span<UInt8>) -> Answer {
        guard contentType.count > 10, ASCII.equalsIgnoringCase(contentType.extracting(..<10), "multipart/"),
            let boundary = Parameters.value(of: "boundary", in: contentType), !boundary.isEmpty, boundary.count <= 70
        else { return .missing }
        var delimiter: [UInt8] = [0x2d, 0x2d]
        for index in boundary { delimiter.append(contentType[index]) }
        var found: Range<Int>?
        var position = Delimiter.next(delimiter.span, in: body, from: 0)
        while let start = position, !start.isLast {
            guard let headEnd = endOfHead(body, start.end) else { break }
            // A delimiter right behind the empty line ends the part for some readers and is content for others.
            guard Scan.find(delimiter.span, in: body.extracting(headEnd...).extracting(first: delimiter.count)) == nil
            else { return .missing }
            let next = Delimiter.next(delimiter.span, in: body, from: headEnd)
            if let next, isModel(body, start.end..<headEnd) {
                guard found == nil else { return .missing }
                found = headEnd..<next.start
            }
            position = next
        }
        return found.map { .found($0) } ?? .missing
    }

    /// Where the value of a part begins: after its empty line.
    private static func endOfHead(_ body: Span<UInt8>, _ start: Int) -> Int? {
        if body.count >= start + 2, body[start] == 0x0d, body[start + 1] == 0x0a { return start + 2 }
        return Scan.find("\r\n\r\n", in: body, from: start).map { $0 + 4 }
    }

    /// Whether the part's head says `Content-Disposition: form-data; name="model"`.
    private static func isModel(_ body: Span<UInt8>, _ head: Range<Int>) -> Bool {
        var start = head.lowerBound
        while start < head.upperBound, let end = Scan.find(0x0a, in: body, from: start), end < head.upperBound {
            let line = body.extracting(start..<max(start, end - 1))
            start = end + 1
            guard line.count > 20, ASCII.equalsIgnoringCase(line.extracting(..<20), "content-disposition:"),
                let name = Parameters.value(of: "name", in: line)
            else { continue }
            return ASCII.equals(line.extracting(name), "model")
        }
        return false
    }

    /// A line that separates parts.
    private struct Delimiter {
        /// Where the line end before it begins: the end of the part before it.
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

/// The parameters of a field value: `form-data; name="model"` (RFC 9110 §5.6.6).
enum Parameters {
    /// The place of a parameter's value without its quotes; nil when there is none, two, or one that is not plain.
    static func value(of name: StaticString, in text: Span<UInt8>) -> Range<Int>? {
        var found: Range<Int>?
        var position = skip(text, 0, upTo: 0x3b)
        while position < text.count {
            position += 1
            while position < text.count, text[position] == 0x20 || text[position] == 0x09 { position += 1 }
            let start = position
            while position < text.count, ASCII.isToken(text[position]) { position += 1 }
            let isWanted = ASCII.equalsIgnoringCase(text.extracting(start..<position), name)
            guard position < text.count, text[position] == 0x3d else {
                position = skip(text, position, upTo: 0x3b)
                continue
            }
            let value = valueRange(text, position + 1)
            position = skip(text, position, upTo: 0x3b)
            guard isWanted else { continue }
            guard found == nil, let value else { return nil }
            found = value
        }
        return found
    }

    private static func valueRange(_ text: Span<UInt8>, _ start: Int) -> Range<Int>? {
        guard start < text.count, text[start] == 0x22 else {
            var end = start
            while end < text.count, text[end] != 0x3b, text[end] != 0x20, text[end] != 0x09 { end += 1 }
            return start..<end
        }
        var end = start + 1
        while end < text.count, text[end] != 0x22 {
            // No name or boundary of a real client is escaped, and readers differ on how.
            guard text[end] != 0x5c else { return nil }
            end += 1
        }
        return end < text.count ? (start + 1)..<end : nil
    }

    /// The next `byte` outside quotes, or the end.
    private static func skip(_ text: Span<UInt8>, _ start: Int, upTo byte: UInt8) -> Int {
        var position = start
        var isQuoted = false
        while position < text.count, isQuoted || text[position] != byte {
            if text[position] == 0x22 { isQuoted.toggle() }
            if isQuoted, text[position] == 0x5c { position += 1 }
            position += 1
        }
        return min(position, text.count)
    }
}
