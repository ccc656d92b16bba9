import Bytes
import Conversation
import JSON

// Images and documents in a request (build-with-claude/vision, build-with-claude/pdf-support).
extension AnthropicRequestWriter {
    mutating func write(_ media: Media, _ path: String) throws(ConversationFault) {
        switch media.kind {
        case .image: AnthropicBlocks.begin("image", &output)
        case .document: AnthropicBlocks.begin("document", &output)
        case .audio: throw ConversationFault("this provider takes no sound", parameter: path)
        case .video: throw ConversationFault("this provider takes no film", parameter: path)
        }
        if let detail = media.detail, detail != "auto" { drop("image_url.detail") }
        output.key("source")
        switch media.source {
        case .url(let url): source("url", "url", url)
        case .file(let file): source("file", "file_id", file)
        case .text(let text):
            guard media.kind == .document else {
                throw ConversationFault("an image should be a URL or data", parameter: path)
            }
            self.text(text)
        case .data(let type, let base64): try data(type, base64, media.kind, path)
        }
        if media.kind == .document, let title = media.title {
            output.key("title")
            output.string(title)
        }
        output.endObject()
    }

    private mutating func source(_ type: StaticString, _ key: StaticString, _ value: JSONString) {
        AnthropicBlocks.begin(type, &output)
        output.key(key)
        output.string(value)
        output.endObject()
    }

    private mutating func text(_ text: JSONString) {
        AnthropicBlocks.begin("text", &output)
        output.key("media_type")
        output.string("text/plain" as StaticString)
        output.key("data")
        output.string(text)
        output.endObject()
    }

    private mutating func data(
        _ type: JSONString,
        _ base64: JSONString,
        _ kind: Media.Kind,
        _ path: String
    ) throws(ConversationFault) {
        let name = String(type.text.lowercased().prefix { $0 != ";" })
        if kind == .document, name != "application/pdf" {
            // A document of text is taken as text.
            guard name.hasPrefix("text/") || name == "application/json", let plain = Base64.decode(base64.plain) else {
                let what = "this provider takes PDF and plain text only as documents, not \(name)"
                throw ConversationFault(what, parameter: path)
            }
            return text(JSONString(String(decoding: plain, as: UTF8.self)))
        }
        AnthropicBlocks.begin("base64", &output)
        output.key("media_type")
        output.string(name == "image/jpg" ? "image/jpeg" : JSONString(name))
        output.key("data")
        output.string(base64)
        output.endObject()
    }
}

/// Base64 (RFC 4648 §4 and §5).
enum Base64 {
    /// What it stands for, white space passed over; nil when it is none.
    static func decode(_ text: [UInt8]) -> [UInt8]? {
        var result: [UInt8] = []
        result.reserveCapacity(text.count / 4 * 3)
        var bits: UInt32 = 0
        var held = 0
        for byte in text where byte != 0x3d && byte != 0x0a && byte != 0x0d && byte != 0x20 {
            guard let value = value(byte) else { return nil }
            bits = bits << 6 | UInt32(value)
            held += 6
            if held >= 8 {
                held -= 8
                result.append(UInt8(truncatingIfNeeded: bits >> UInt32(held)))
            }
        }
        return result
    }

    private static func value(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x41...0x5a: byte - 0x41
        case 0x61...0x7a: byte - 0x47
        case 0x30...0x39: byte + 4
        case 0x2b, 0x2d: 62
        case 0x2f, 0x5f: 63
        default: nil
        }
    }
}
