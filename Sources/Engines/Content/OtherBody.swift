import Bytes
import Dialect

/// A body that is no JSON: a form, sound, plain text.
struct OtherBody {
    let contentType: [UInt8]
    /// It goes on beyond the bytes that are here.
    let isCut: Bool

    /// Shows a reader all text that can be made out.
    func read(_ body: Span<UInt8>, _ reader: inout LabelReader) {
        let type = contentType
        if AudioBody(contentType: type.span) == .form { return readForm(body, &reader) }
        if Self.isOfMedia(type.span) { reader.sawOpaque() }
        value(body, type.span, Charset.declared(type.span), isFile: false, "body", &reader)
    }

    /// Sound, pictures and files (RFC 9110 §8.3): nobody looks for text in them.
    private static func isOfMedia(_ bytes: Span<UInt8>) -> Bool {
        begins(bytes, "audio/") || begins(bytes, "video/") || begins(bytes, "image/")
            || begins(bytes, "application/octet-stream") || begins(bytes, "application/pdf")
    }

    private static func begins(_ bytes: Span<UInt8>, _ prefix: StaticString) -> Bool {
        let count = prefix.utf8CodeUnitCount
        return bytes.count >= count && ASCII.equalsIgnoringCase(bytes.extracting(..<count), prefix)
    }

    /// A whole body, or the value of a part, as its type says and as it stands.
    ///
    /// Text under a type that promises none is looked at all the same; what is neither is an error.
    private func value(
        _ bytes: Span<UInt8>,
        _ type: Span<UInt8>,
        _ charset: Charset?,
        isFile: Bool,
        _ path: String,
        _ reader: inout LabelReader
    ) {
        // Forms within forms, and mails: parts of their own, with encodings of their own.
        if Self.begins(type, "multipart/") || Self.begins(type, "message/") { reader.sawUnreadable() }
        let isMarked = Charset.isMarked(bytes)
        let isText = Escape.isText(bytes)
        if isText { plain(bytes, path, &reader) }
        switch charset {
        case .unknown?: reader.sawUnreadable()
        case .utf16?, .utf32?, .latin?:
            for text in charset?.readings(bytes) ?? [] { plain(text.span, path, &reader) }
        case nil, .utf8?:
            if isText { break }
            if isMarked { for text in Charset.utf16.readings(bytes) { plain(text.span, path, &reader) } }
            let isMedia = Self.isOfMedia(type) || isFile && type.isEmpty
            if isMedia { reader.sawOpaque() } else if !isMarked { reader.sawUnreadable() }
        }
    }

    /// Text as it stands, as JSON when it is that, each line for itself when all are, and with pluses for spaces.
    private func plain(_ text: Span<UInt8>, _ path: String, _ reader: inout LabelReader) {
        guard !text.isEmpty else { return }
        if let first = firstByte(text), first == UInt8(ascii: "{") || first == UInt8(ascii: "["),
            readsAsJSON(text, &reader) || readsAsLines(text, &reader)
        {
            return
        }
        reader.text(text) { path }
        if let spaced = Escape.spaced(text) { reader.search(spaced.span) { path } }
    }

    private func readsAsJSON(_ text: Span<UInt8>, _ reader: inout LabelReader) -> Bool {
        var walker = RequestWalker(reader, names: nil)
        guard (try? walker.whole(text)) != nil else { return false }
        reader = walker.reader
        return true
    }

    /// Requests of a batch, one a line: parts of a message belong together in each.
    private func readsAsLines(_ text: Span<UInt8>, _ reader: inout LabelReader) -> Bool {
        var all = reader
        var start = 0
        while start < text.count {
            let end = Scan.find(UInt8(ascii: "\n"), in: text, from: start) ?? text.count
            let line = text.extracting(start..<end)
            start = end + 1
            guard firstByte(line) != nil else { continue }
            guard readsAsJSON(line, &all) else { return false }
        }
        reader = all
        return true
    }

    private func firstByte(_ text: Span<UInt8>) -> UInt8? {
        for index in text.indices where text[index] > 0x20 { return text[index] }
        return nil
    }

    // MARK: Forms

    /// Every part's head and value; a file is opaque, and looked at when it is text.
    private func readForm(_ body: Span<UInt8>, _ reader: inout LabelReader) {
        let type = contentType
        guard let form = MultipartForm(body, contentType: type.span) else {
            reader.reading.isUnreadable = true
            return
        }
        // A part may say in which encoding the others are (RFC 7578 §4.6).
        let named = form.values(of: "_charset_").map { range in
            Charset(String(decoding: range.map { body[$0] }, as: UTF8.self))
        }
        let charset = named.count > 1 ? .unknown : named.first
        var position = 0
        for part in form.parts {
            guard let value = part.value else {
                // It goes on beyond what is here, or never ends.
                if !isCut { reader.reading.isUnreadable = true }
                return plainHead(body.extracting(position...), &reader)
            }
            let head = body.extracting(position..<value.lowerBound)
            position = value.upperBound
            if let fields = reader.fields, !part.names.contains(where: fields.contains) { continue }
            plainHead(head, &reader)
            packed(PartHead(head), body.extracting(value), charset, part.names.first ?? "form", &reader)
        }
        plainHead(body.extracting(position...), &reader)
    }

    /// One value, as it stands and as it was packed.
    private func packed(
        _ head: PartHead,
        _ bytes: Span<UInt8>,
        _ charset: Charset?,
        _ path: String,
        _ reader: inout LabelReader
    ) {
        let type = head.contentType
        let own = Charset.declared(type.span) ?? charset
        if head.isFile { reader.sawOpaque() }
        if head.isStrange { reader.sawUnreadable() }
        value(bytes, type.span, own, isFile: head.isFile, path, &reader)
        guard head.carrier != .plain else { return }
        guard let unpacked = head.carrier.unpacked(bytes) else { return reader.sawUnreadable() }
        value(unpacked.span, type.span, own, isFile: head.isFile, path, &reader)
    }

    /// Names of files are text, too.
    private func plainHead(_ head: Span<UInt8>, _ reader: inout LabelReader) {
        guard Escape.isText(head) else { return reader.sawUnreadable() }
        reader.text(head) { "form" }
    }
}

extension LabelReader {
    /// The text of a path and its query, as it stands and with its %XX resolved.
    mutating func target(_ target: Span<UInt8>) {
        let mark = Scan.find(UInt8(ascii: "?"), in: target) ?? target.count
        let path = target.extracting(..<mark)
        part(path, "path", plusIsSpace: false)
        guard mark < target.count else { return }
        let query = target.extracting((mark + 1)...)
        // Gemini's clients put the proxy's own key there, which goes no further.
        let isGemini = Surface.recognise(path: path).format == .gemini
        var position = 0
        while position <= query.count {
            let end = Scan.find(UInt8(ascii: "&"), in: query, from: position) ?? query.count
            let item = query.extracting(position..<end)
            position = end + 1
            if isGemini, ASCII.starts(item, with: "key=") { continue }
            part(item, "query", plusIsSpace: true)
        }
    }

    private mutating func part(_ text: Span<UInt8>, _ name: String, plusIsSpace: Bool) {
        search(text) { name }
        if plusIsSpace, let spaced = Escape.spaced(text) { search(spaced.span) { name } }
    }
}
