import Bytes

/// Finds the form field `model` at the beginning of a `multipart/form-data` body (RFC 7578).
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
        guard let form = MultipartForm(body, contentType: contentType) else { return .missing }
        let found = form.values(of: "model")
        return found.count == 1 ? .found(found[0]) : .missing
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
