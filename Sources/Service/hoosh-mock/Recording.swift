import Glibc

/// A recorded exchange of a corpus folder, read anew for each answer.
struct Recording {
    /// Why there is none.
    struct Missing: Error {
        let text: String
    }

    /// How a body is cut into events.
    private enum Form: CaseIterable {
        case json, events, lines, chunks, raw

        var ending: StaticString {
            switch self {
            case .json: ".res.json"
            case .events: ".res.sse"
            case .lines: ".res.ndjson"
            case .chunks: ".res.chunks.jsonl"
            case .raw: ".res.raw"
            }
        }

        var contentType: StaticString {
            switch self {
            case .json: "application/json"
            case .events, .chunks: "text/event-stream"
            case .lines: "application/x-ndjson"
            case .raw: "application/octet-stream"
            }
        }
    }

    private(set) var status = 200
    /// Header lines, a `Content-Type` always among them.
    private(set) var fields = ByteText()
    private(set) var payload = Payload()
    private(set) var isStream = false
    private var hasContentType = false

    /// Reads `folder/ID.meta.json` and the body beside it.
    ///
    /// - Throws: `Missing`, which names what is not there.
    init(_ id: String, in folder: String?) throws(Missing) {
        guard let folder else {
            throw Missing(text: "x-mock-replay needs a hoosh-mock that was started with --corpus DIR")
        }
        let path = "\(folder)/\(id)"
        guard !id.split(separator: "/").contains(".."), let meta = Recording.read("\(path).meta.json") else {
            throw Missing(text: "no recording '\(id)' in the corpus")
        }
        meta.withUnsafeBytes { takeMeta($0) }
        for form in Form.allCases {
            guard let body = Recording.read("\(path)\(form.ending)") else { continue }
            if !hasContentType {
                fields.add("Content-Type: ")
                fields.add(form.contentType)
                fields.add("\r\n")
            }
            isStream = form == .events || form == .lines || form == .chunks
            body.withUnsafeBytes { takeBody($0, form) }
            return
        }
        throw Missing(text: "the recording '\(id)' has no body that can be replayed")
    }

    // MARK: Head

    private mutating func takeMeta(_ meta: UnsafeRawBufferPointer) {
        var cursor = JSONCursor(meta)
        cursor.members { cursor, key in
            if cursor.isKey(key, "status") {
                _ = cursor.peek()
                let start = cursor.at
                cursor.skip()
                status = Int(text(cursor.raw(start..<cursor.at))) ?? 200
            } else if cursor.isKey(key, "response_headers"), cursor.peek() == UInt8(ascii: "{") {
                cursor.members { cursor, key in
                    guard cursor.peek() == UInt8(ascii: "\"") else { return cursor.skip() }
                    takeField(cursor.raw(key), cursor.raw(cursor.string()))
                }
            } else {
                cursor.skip()
            }
        }
    }

    /// Keeps a header that does not say how the body was framed; the mock frames it anew.
    private mutating func takeField(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
        let framing: [StaticString] = ["content-length", "transfer-encoding", "content-encoding", "connection", "date"]
        guard !framing.contains(where: { isSameIgnoringCase(name, $0) }) else { return }
        // An escape or a mark of the recorder is no header value.
        guard !value.contains(UInt8(ascii: "\\")), !value.starts(with: "**".utf8) else { return }
        if isSameIgnoringCase(name, "content-type") { hasContentType = true }
        fields.add(raw: name)
        fields.add(": ")
        fields.add(raw: value)
        fields.add("\r\n")
    }

    // MARK: Body

    private mutating func takeBody(_ body: UnsafeRawBufferPointer, _ form: Form) {
        payload.text.reserve(body.count)
        switch form {
        case .json, .raw:
            payload.text.add(raw: body)
            payload.close(from: 0, events: 1, isPaced: false, joins: true)
        case .lines:
            eachLine(body) { line, whole in
                let start = payload.text.count
                payload.text.add(raw: part(body, whole))
                payload.close(from: start, events: line.isEmpty ? 0 : 1)
            }
        case .events: takeEvents(body)
        case .chunks: takeChunks(body)
        }
    }

    /// Event by event: a piece ends with the empty line that ends its event.
    private mutating func takeEvents(_ body: UnsafeRawBufferPointer) {
        var start = 0
        eachLine(body) { line, whole in
            payload.text.add(raw: part(body, whole))
            guard line.isEmpty else { return }
            payload.close(from: start, events: 1)
            start = payload.text.count
        }
        payload.close(from: start, events: 1)
    }

    /// The `data:` payloads of a recording that lost its framing, framed again.
    ///
    /// An object with a `type` (Anthropic, responses) gets it as its `event:`; a stream of `choices` ends with `[DONE]`.
    private mutating func takeChunks(_ body: UnsafeRawBufferPointer) {
        var isChat = false
        eachLine(body) { line, _ in
            guard !line.isEmpty else { return }
            let start = payload.text.count
            let json = part(body, line)
            var cursor = JSONCursor(json)
            cursor.members { cursor, key in
                if cursor.isKey(key, "type"), cursor.peek() == UInt8(ascii: "\"") {
                    payload.text.add("event: ")
                    payload.text.add(raw: cursor.raw(cursor.string()))
                    payload.text.add("\n")
                } else {
                    if cursor.isKey(key, "choices") { isChat = true }
                    cursor.skip()
                }
            }
            payload.text.add("data: ")
            payload.text.add(raw: json)
            payload.text.add("\n\n")
            payload.close(from: start, events: 1)
        }
        guard isChat else { return }
        let start = payload.text.count
        payload.text.add("data: [DONE]\n\n")
        payload.close(from: start, events: 0, isTail: true, joins: true)
    }

    /// Each line without its end, and with it; lines end with LF or CRLF.
    private func eachLine(_ body: UnsafeRawBufferPointer, _ visit: (_ line: Range<Int>, _ whole: Range<Int>) -> Void) {
        var start = 0
        while start < body.count {
            let feed = body[start...].firstIndex(of: 0x0a)
            let next = feed.map { $0 + 1 } ?? body.count
            var end = feed ?? body.count
            if end > start, body[end - 1] == 0x0d { end -= 1 }
            visit(start..<end, start..<next)
            start = next
        }
    }

    // MARK: Files

    private static func read(_ path: String) -> [UInt8]? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes: [UInt8] = []
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 16)
        defer { room.deallocate() }
        while true {
            let count = Glibc.read(file, room.baseAddress, room.count)
            if count < 0 { return nil }
            if count == 0 { return bytes }
            bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: room[..<count]))
        }
    }
}
