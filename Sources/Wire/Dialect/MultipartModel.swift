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
    /// `contentType`: the Content-Type's value, which names the boundary.
    package static func find(in body: Span<UInt8>, contentType: Span<UInt8>) -> Answer {
        guard contentType.count > 10, ASCII.equalsIgnoringCase(contentType.extracting(..<10), "multipart/"),
            let boundary = boundary(contentType)
        else { return .missing }
        var delimiter: [UInt8] = [0x0d, 0x0a, 0x2d, 0x2d]
        for index in boundary { delimiter.append(contentType[index]) }
        var position = firstPart(body, delimiter)
        while let start = position {
            // The closing delimiter has dashes behind it, and no part.
            guard start + 1 < body.count, !(body[start] == 0x2d && body[start + 1] == 0x2d),
                let headEnd = Scan.find("\r\n\r\n", in: body, from: start)
            else { return .missing }
            // An empty value shares its line end with the head's.
            guard let next = Scan.find(delimiter.span, in: body, from: headEnd + 2) else { return .missing }
            if isModel(body.extracting(start..<headEnd)) {
                return next >= headEnd + 4 ? .found((headEnd + 4)..<next) : .missing
            }
            position = next + delimiter.count
        }
        return .missing
    }

    /// Behind the first delimiter, which has no line end before it when the body begins with it (RFC 2046 §5.1.1).
    private static func firstPart(_ body: Span<UInt8>, _ delimiter: [UInt8]) -> Int? {
        let dashes = delimiter.span.extracting(2...)
        if Scan.find(dashes, in: body.extracting(..<min(dashes.count, body.count))) == 0 { return dashes.count }
        return Scan.find(delimiter.span, in: body).map { $0 + delimiter.count }
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

    /// True when the part's Content-Disposition names it `model`; its other fields say nothing about that.
    private static func isModel(_ head: Span<UInt8>) -> Bool {
        var start = 0
        while start < head.count {
            let end = Scan.find("\r\n", in: head, from: start) ?? head.count
            let line = head.extracting(start..<end)
            let name: StaticString = "content-disposition:"
            if line.count > name.utf8CodeUnitCount,
                ASCII.equalsIgnoringCase(line.extracting(..<name.utf8CodeUnitCount), name)
            {
                return isNamedModel(line)
            }
            start = end + 2
        }
        return false
    }

    /// Reads the parameters; what stands in quotes, such as a file's name, is passed over.
    private static func isNamedModel(_ line: Span<UInt8>) -> Bool {
        var position = Scan.find(0x3b, in: line)
        while let semicolon = position {
            var start = semicolon + 1
            while start < line.count, line[start] == 0x20 || line[start] == 0x09 { start += 1 }
            var end = start
            var isQuoted = false
            while end < line.count, isQuoted || line[end] != 0x3b {
                if line[end] == 0x5c, isQuoted { end += 1 } else if line[end] == 0x22 { isQuoted.toggle() }
                end += 1
            }
            end = min(end, line.count)
            let parameter = line.extracting(start..<end)
            if ASCII.equalsIgnoringCase(parameter, "name=\"model\"")
                || ASCII.equalsIgnoringCase(parameter, "name=model")
            {
                return true
            }
            position = end < line.count ? end : nil
        }
        return false
    }
}
