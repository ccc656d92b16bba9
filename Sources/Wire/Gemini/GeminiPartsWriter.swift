import Conversation
import JSON

extension GeminiParts {
    /// Writes a part with text.
    static func writeText(_ text: JSONString, seal: JSONString? = nil, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("text")
        writer.string(text)
        writeSeal(seal, to: &writer)
        writer.endObject()
    }

    /// Writes a thought; a part without text that has none of a thought's marks when it is only a seal.
    static func writeThought(_ thought: ReasoningPart, to writer: inout JSONWriter) {
        if let redacted = thought.redacted {
            guard let seal = GeminiRedaction.seal(redacted) else { return }
            return writeThought("", seal, &writer)
        }
        if thought.text.isEmpty {
            if thought.signature != nil { writeText("", seal: thought.signature, to: &writer) }
            return
        }
        writeThought(thought.text, thought.signature, &writer)
    }

    private static func writeThought(_ text: JSONString, _ seal: JSONString?, _ writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("text")
        writer.string(text)
        writer.key("thought")
        writer.bool(true)
        writeSeal(seal, to: &writer)
        writer.endObject()
    }

    /// Writes a call; `arguments` is an object.
    static func writeCall(
        id: JSONString,
        name: JSONString,
        arguments: [UInt8],
        seal: JSONString?,
        to writer: inout JSONWriter
    ) {
        writer.beginObject()
        writer.key("functionCall")
        writer.beginObject()
        if !id.isEmpty {
            writer.key("id")
            writer.string(id)
        }
        writer.key("name")
        writer.string(name)
        writer.key("args")
        writer.raw(arguments[...])
        writer.endObject()
        writeSeal(seal, to: &writer)
        writer.endObject()
    }

    /// Writes a seal, if it is one that Google's libraries can decode.
    static func writeSeal(_ seal: JSONString?, to writer: inout JSONWriter) {
        guard let seal, SealText.isWhole(seal.plain) else { return }
        writer.key("thoughtSignature")
        writer.string(seal)
    }

    /// Writes an image, sound, film or document.
    static func writeMedia(_ media: Media, _ path: String, to writer: inout JSONWriter) throws(ConversationFault) {
        switch media.source {
        case .data(let type, let base64): writeData(type, base64, &writer)
        case .text(let text): writeText(text, to: &writer)
        case .url(let address):
            if let (type, base64) = GeminiMedia.data(ofAddress: address) { return writeData(type, base64, &writer) }
            writeFile(address, &writer)
        case .file(let address):
            guard GeminiMedia.isUploaded(address) else {
                throw ConversationFault(
                    "a file that was uploaded to another provider cannot be given to Gemini: send its data",
                    parameter: path
                )
            }
            writeFile(address, &writer)
        }
    }

    private static func writeData(_ type: JSONString, _ base64: JSONString, _ writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("inlineData")
        writer.beginObject()
        writer.key("mimeType")
        writer.string(type)
        writer.key("data")
        writer.string(base64)
        writer.endObject()
        writer.endObject()
    }

    private static func writeFile(_ address: JSONString, _ writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("fileData")
        writer.beginObject()
        if let type = GeminiMedia.type(ofAddress: address) {
            writer.key("mimeType")
            writer.string(type)
        }
        writer.key("fileUri")
        writer.string(address)
        writer.endObject()
        writer.endObject()
    }
}
