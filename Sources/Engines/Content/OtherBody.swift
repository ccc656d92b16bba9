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
        if isOfMedia { reader.sawOpaque() }
        plain(body, "body", &reader)
        // Text under a type that promises none is looked at all the same; what is neither is an error.
        if !Escape.isText(body), !isOfMedia { reader.reading.isUnreadable = true }
    }

    /// Sound, pictures and files (RFC 9110 §8.3): nobody looks for text in them.
    private var isOfMedia: Bool {
        let type = contentType
        let bytes = type.span
        func begins(_ prefix: StaticString) -> Bool {
            let count = prefix.utf8CodeUnitCount
            return bytes.count >= count && ASCII.equalsIgnoringCase(bytes.extracting(..<count), prefix)
        }
        return begins("audio/") || begins("video/") || begins("image/") || begins("application/octet-stream")
            || begins("application/pdf")
    }

    /// Text as it stands, as JSON when it is that, and with its %XX resolved.
    private func plain(_ text: Span<UInt8>, _ path: String, _ reader: inout LabelReader) {
        guard Escape.isText(text) else { return }
        if let first = firstByte(text), first == UInt8(ascii: "{") || first == UInt8(ascii: "[") {
            var walker = RequestWalker(reader, names: nil)
            if (try? walker.whole(text)) != nil {
                reader = walker.reader
                return
            }
        }
        reader.text(text) { path }
        for plusIsSpace in [false, true] {
            if let unquoted = Escape.unquoted(text, plusIsSpace: plusIsSpace) {
                reader.search(unquoted.span) { path }
            }
        }
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
            // A value may also be written in another alphabet (RFC 7578 §4.7 does away with that, but servers take it).
            if holds("filename", head) || holds("content-transfer-encoding", head) { reader.sawOpaque() }
            let text = body.extracting(value)
            if Escape.isText(text) {
                plain(text, part.names.first ?? "form", &reader)
            } else {
                reader.sawOpaque()
            }
        }
        plainHead(body.extracting(position...), &reader)
    }

    /// Names of files are text, too.
    private func plainHead(_ head: Span<UInt8>, _ reader: inout LabelReader) {
        guard Escape.isText(head) else { return reader.sawOpaque() }
        reader.text(head) { "form" }
        if let unquoted = Escape.unquoted(head, plusIsSpace: false) { reader.search(unquoted.span) { "form" } }
    }

    private func holds(_ word: StaticString, _ head: Span<UInt8>) -> Bool {
        let count = word.utf8CodeUnitCount
        var index = 0
        while index + count <= head.count {
            if ASCII.equalsIgnoringCase(head.extracting(index..<(index + count)), word) { return true }
            index += 1
        }
        return false
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
        if let unquoted = Escape.unquoted(text, plusIsSpace: false) { search(unquoted.span) { name } }
        if plusIsSpace, let unquoted = Escape.unquoted(text, plusIsSpace: true) { search(unquoted.span) { name } }
    }
}
