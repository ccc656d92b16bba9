import Bytes

/// Finds the form field `model` at the beginning of a `multipart/form-data` body (RFC 7578).
package enum MultipartModel {
    package enum Answer: Equatable {
        /// The value's place in the bytes.
        case found(Range<Int>)
        /// Not in what is here.
        case missing
    }

    /// Looks through the parts that are here.
    ///
    /// - Parameter contentType: the Content-Type's value, which names the boundary.
    package static func find(in body: Span<UInt8>, contentType: Span<UInt8>) -> Answer {
        guard contentType.count > 10, ASCII.equalsIgnoringCase(contentType.extracting(..<10), "multipart/"),
            let boundary = boundary(contentType)
        else { return .missing }
        var delimiter: [UInt8] = [0x2d, 0x2d]
        for index in boundary { delimiter.append(contentType[index]) }
        var position = Scan.find(delimiter.span, in: body)
        while let start = position {
            let headStart = start + delimiter.count
            guard let headEnd = Scan.find("\r\n\r\n", in: body, from: headStart) else { return .missing }
            let next = Scan.find(delimiter.span, in: body, from: headEnd)
            if let next, next - 2 >= headEnd + 4, isModel(body.extracting(headStart..<headEnd)) {
                return .found((headEnd + 4)..<(next - 2))
            }
            position = next
        }
        return .missing
    }

    private static func boundary(_ type: Span<UInt8>) -> Range<Int>? {
        var start = 0
        while start + 9 <= type.count {
            if ASCII.equalsIgnoringCase(type.extracting(start..<(start + 9)), "boundary=") { break }
            start += 1
        }
        start += 9
        guard start < type.count else { return nil }
        if type[start] == 0x22 {
            guard let end = Scan.find(0x22, in: type, from: start + 1), end > start + 1 else { return nil }
            return (start + 1)..<end
        }
        var end = start
        while end < type.count, type[end] != 0x3b, type[end] != 0x20 { end += 1 }
        return end > start ? start..<end : nil
    }

    private static func isModel(_ head: Span<UInt8>) -> Bool {
        Scan.find(" name=\"model\"", in: head) != nil || Scan.find(";name=\"model\"", in: head) != nil
            || Scan.find("name=model\r\n", in: head) != nil
    }
}
