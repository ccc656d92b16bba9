import CLinux

/// Speech: sound to text as whisper.cpp's server has it, text to sound as Piper's.
extension Answer {
    /// `POST /inference`, and the same under OpenAI's names for it: says what has come instead of what was spoken.
    ///
    /// The form must be whole: from its first delimiter to its last, with a part `file`.
    func inference(_ controls: Controls) -> Script {
        let isWhisper = head.targetText.contains("/inference")
        guard let boundary = head.boundary else {
            return isWhisper ? complaint(400, "no 'file' field in the request", controls) : echo(controls)
        }
        guard let form = SeenForm(body, boundary: boundary) else {
            return complaint(400, "the form is not whole", controls)
        }
        guard let file = form.file else { return complaint(400, "no 'file' field in the request", controls) }
        var said = "a file \(file.name) of \(file.content.count) bytes, hash \(file.hash)"
        for field in form.fields where field.name != "response_format" { said += ", \(field.name) \(field.value)" }
        // whisper.cpp gives the first of several fields.
        let format = form.fields.first { $0.name == "response_format" }?.value ?? "json"
        if !isWhisper { said += ", body_bytes \(bodyCount)" }
        var out = ByteText()
        switch format {
        case "text":
            out.add(text: said + "\n")
            return sound(out, "text/html; charset=utf-8", controls)
        case "srt":
            out.add(text: "1\n00:00:00,000 --> 00:00:01,000\n\(said)\n\n")
            return sound(out, "application/x-subrip", controls)
        case "vtt":
            out.add(text: "WEBVTT\n\n00:00:00.000 --> 00:00:01.000\n\(said)\n\n")
            return sound(out, "text/vtt", controls)
        default:
            out.add("{\"text\":")
            out.add(quoted: said)
            if format == "verbose_json" {
                let translates = form.fields.first { $0.name == "translate" }?.value == "true"
                out.add(text: ",\"task\":\"\(translates ? "translate" : "transcribe")\",\"language\":\"english\",")
                out.add(text: "\"duration\":1.0,\"segments\":[{\"id\":0,\"text\":")
                out.add(quoted: said)
                out.add(",\"start\":0.0,\"end\":1.0}]")
            }
            if !isWhisper { out.add(text: ",\"body_bytes\":\(bodyCount)") }
            out.add("}\n")
            return json(out, controls)
        }
    }

    /// `POST /synthesize`: 100 samples for each byte of the text, or as many as `x-mock-body-bytes` leaves room for.
    func synthesis(_ controls: Controls) -> Script {
        let facts = Array(body)
        guard let text = member("text", of: facts), !text.isEmpty else {
            return page(500, "Internal Server Error", controls)
        }
        let samples = max(0, (controls.bodyBytes.map { $0 - 44 } ?? text.utf8.count * 200)) / 2 * 2
        var out = ByteText()
        out.reserve(samples + 44)
        func number(_ value: Int, _ count: Int) {
            for index in 0..<count { out.add(byte: UInt8(truncatingIfNeeded: value >> (8 * index))) }
        }
        out.add("RIFF")
        number(samples + 36, 4)
        out.add("WAVEfmt ")
        for (value, count) in [(16, 4), (1, 2), (1, 2), (22_050, 4), (44_100, 4), (2, 2), (16, 2)] {
            number(value, count)
        }
        out.add("data")
        number(samples, 4)
        let block = (0..<251).map { UInt8($0) }
        while out.count + block.count <= samples + 44 { out.add(bytes: block) }
        out.add(bytes: Array(block[..<(samples + 44 - out.count)]))
        return sound(out, "text/html; charset=utf-8", controls)
    }

    /// A member of a small JSON object whose value is a string; escapes stay as they are.
    private func member(_ name: String, of bytes: [UInt8]) -> String? {
        let whole = String(decoding: bytes, as: UTF8.self)
        let marks = ["\"\(name)\": \"", "\"\(name)\":\""]
        for mark in marks {
            let pieces = whole.split(separator: mark, maxSplits: 1, omittingEmptySubsequences: false)
            if pieces.count == 2 { return String(pieces[1].prefix { $0 != "\"" }) }
        }
        return nil
    }

    /// An error as whisper.cpp's server words it.
    private func complaint(_ status: Int, _ message: String, _ controls: Controls) -> Script {
        var out = ByteText()
        out.add("{\"error\":")
        out.add(quoted: message)
        out.add("}")
        return json(out, controls, status: status)
    }

    /// A failure that was asked for, as each of the two servers has it; nil for what is no speech.
    func soundFailure(_ status: Int, _ message: String, _ controls: Controls) -> Script? {
        switch endpoint {
        case .synthesize: page(status, message, controls)
        case .inference where head.targetText.contains("/inference"): complaint(status, message, controls)
        default: nil
        }
    }

    /// Flask's page for an error.
    private func page(_ status: Int, _ title: String, _ controls: Controls) -> Script {
        var out = ByteText()
        out.add(text: "<!doctype html>\n<html lang=en>\n<title>\(status) \(title)</title>\n<h1>\(title)</h1>\n")
        return sound(out, "text/html; charset=utf-8", controls, status: status)
    }

    private func sound(_ out: ByteText, _ type: String, _ controls: Controls, status: Int = 200) -> Script {
        var payload = Payload()
        payload.text = out
        payload.close(from: 0, events: 1, isPaced: false, joins: true)
        if let size = controls.chunkBytes { payload.rechunk(size) }
        var fields = ByteText()
        fields.add(text: "Content-Type: \(type)\r\n")
        return compose(status, fields, payload, controls, isStream: false)
    }
}

extension RequestHead {
    /// The boundary of a form.
    var boundary: String? {
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\r\n")
        let line = lines.first { $0.lowercased().hasPrefix("content-type: multipart/form-data") }
        guard let pieces = line?.split(separator: "boundary=", maxSplits: 1), pieces.count == 2 else { return nil }
        return String(pieces[1].prefix { $0 != ";" }).split(separator: "\"").joined()
    }
}

/// A whole form, read by other code than the proxy's.
struct SeenForm {
    struct File {
        let name: String
        let content: UnsafeRawBufferPointer

        /// FNV-1a over words of eight bytes, then over what is left.
        var hash: String {
            var value: UInt64 = 0xcbf2_9ce4_8422_2325
            var index = 0
            while index + 8 <= content.count {
                value = (value ^ content.loadUnaligned(fromByteOffset: index, as: UInt64.self)) &* 0x100_0000_01b3
                index += 8
            }
            while index < content.count {
                value = (value ^ UInt64(content[index])) &* 0x100_0000_01b3
                index += 1
            }
            return String(value, radix: 16)
        }
    }

    var fields: [(name: String, value: String)] = []
    var file: File?

    /// Nil unless each part has a head and an end, and the last delimiter is there.
    init?(_ body: UnsafeRawBufferPointer, boundary: String) {
        var at = 0
        let first = "--\(boundary)\r\n"
        guard SeenForm.find(body, first, from: 0) == 0 else { return nil }
        at = first.utf8.count
        while true {
            guard let headEnd = SeenForm.find(body, "\r\n\r\n", from: at),
                let end = SeenForm.find(body, "\r\n--\(boundary)", from: headEnd + 2)
            else { return nil }
            let head = text(part(body, at..<headEnd))
            let content = part(body, (headEnd + 4)..<max(end, headEnd + 4))
            guard let name = SeenForm.parameter("name", in: head) else { return nil }
            if let fileName = SeenForm.parameter("filename", in: head) {
                if name == "file" { file = File(name: fileName, content: content) }
            } else {
                fields.append((name, text(content)))
            }
            at = end + boundary.utf8.count + 4
            guard at + 2 <= body.count else { return nil }
            if body[at] == UInt8(ascii: "-"), body[at + 1] == UInt8(ascii: "-") { return }
            guard body[at] == 0x0d, body[at + 1] == 0x0a else { return nil }
            at += 2
        }
    }

    private static func parameter(_ name: String, in head: String) -> String? {
        let pieces = head.split(separator: " \(name)=\"", maxSplits: 1, omittingEmptySubsequences: false)
        return pieces.count == 2 ? String(pieces[1].prefix { $0 != "\"" }) : nil
    }

    private static func find(_ body: UnsafeRawBufferPointer, _ wanted: String, from: Int) -> Int? {
        guard from <= body.count, let base = body.baseAddress else { return nil }
        guard let found = clinux_find(base + from, body.count - from, wanted, wanted.utf8.count) else { return nil }
        return UnsafeRawPointer(found) - base
    }
}
