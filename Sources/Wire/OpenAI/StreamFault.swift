import Bytes
import Conversation
import JSON

/// Errors in the middle of a stream.
enum StreamFault {
    /// What the error at this place says.
    static func delta(_ place: JSONPlace, in data: Span<UInt8>) throws(JSONFault) -> ChatDelta {
        guard place.kind == .object else {
            return .failed(.server, message: .filled(place), type: .absent, code: .absent)
        }
        var message = DeltaText.absent
        var type = DeltaText.absent
        var code = DeltaText.absent
        var status: Int?
        try JSONWalk.members(of: place, in: data) { key, value throws(JSONFault) in
            let word = data.extracting(key.range)
            if ASCII.equals(word, "message") || ASCII.equals(word, "detail") && message.isAbsent {
                message = value.kind == .string ? .filled(value) : DeltaText(value.range, isSpelled: false)
            } else if ASCII.equals(word, "type") {
                type = .filled(value)
            } else if ASCII.equals(word, "code") {
                code = value.kind == .number ? DeltaText(value.range, isSpelled: false) : .filled(value)
                status = integer(value, data) ?? status
            } else if ASCII.equals(word, "status_code") {
                status = JSONWalk.integer(value, in: data)
            }
        }
        let kind =
            OpenAIFault.kind(type: text(type, data), code: text(code, data))
            ?? status.map { ChatFault.kind(ofStatus: $0) }
            ?? (ASCII.equals(data.extracting(type.range.range), "invalid_request_error") ? .invalidRequest : .server)
        return .failed(kind, message: message, type: type, code: code, status: status ?? 0)
    }

    /// Some spell their number as a text.
    private static func integer(_ value: JSONPlace, _ data: Span<UInt8>) -> Int? {
        if value.kind == .number { return JSONWalk.integer(value, in: data) }
        guard value.kind == .string, value.text.count == 3 else { return nil }
        return Int(String(decoding: DeltaText(value.text).spelling(in: data), as: UTF8.self))
    }

    private static func text(_ text: DeltaText, _ data: Span<UInt8>) -> String? {
        guard !text.isAbsent else { return nil }
        let span = data.extracting(text.range.range)
        var bytes: [UInt8] = []
        Scan.append(span, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}
