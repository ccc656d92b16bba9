import Conversation
import JSON

extension RequestWriter {
    /// Writes an image, a sound, a film or a document as a part of a message.
    mutating func write(_ media: Media, _ path: String) throws(ConversationFault) {
        switch media.kind {
        case .image: try linked("image_url", media, path)
        case .video: try linked("video_url", media, path)
        case .audio: try sound(media, path)
        case .document: try document(media, path)
        }
    }

    /// A part that names a URL: `{"type": "image_url", "image_url": {"url": …}}`.
    private mutating func linked(_ type: StaticString, _ media: Media, _ path: String) throws(ConversationFault) {
        let url: JSONString
        switch media.source {
        case .url(let text): url = text
        case .data(let type, let base64): url = DataURL.spelled(type: type, base64: base64)
        case .file, .text: throw needsData(path)
        }
        output.beginObject()
        output.key("type")
        output.string(type)
        output.key(type)
        output.beginObject()
        output.key("url")
        output.string(url)
        if let detail = media.detail {
            output.key("detail")
            output.string(detail)
        }
        output.endObject()
        output.endObject()
    }

    private mutating func sound(_ media: Media, _ path: String) throws(ConversationFault) {
        if case .url = media.source { return try linked("audio_url", media, path) }
        guard case .data(let type, let base64) = media.source else { throw needsData(path) }
        output.beginObject()
        output.key("type")
        output.string("input_audio")
        output.key("input_audio")
        if terms.words.attachments == .mistral {
            output.string(base64)
            return output.endObject()
        }
        output.beginObject()
        output.key("data")
        output.string(base64)
        output.key("format")
        output.string(RequestWriter.soundFormat(type))
        output.endObject()
        output.endObject()
    }

    /// OpenAI's word for a media type: the subtype, with its common other names.
    private static func soundFormat(_ type: JSONString) -> JSONString {
        switch type.text {
        case "audio/mpeg", "audio/mp3": "mp3"
        case "audio/wav", "audio/x-wav", "audio/wave", "audio/vnd.wave": "wav"
        case let other:
            JSONString(other.split(separator: "/").last.map(String.init) ?? other)
        }
    }

    private mutating func document(_ media: Media, _ path: String) throws(ConversationFault) {
        if case .text(let text) = media.source {
            output.beginObject()
            output.key("type")
            output.string("text")
            output.key("text")
            output.string(media.title.map { $0 + JSONString("\n\n") + text } ?? text)
            output.endObject()
            return
        }
        if terms.words.attachments == .mistral { return mistral(media) }
        output.beginObject()
        output.key("type")
        output.string("file")
        output.key("file")
        output.beginObject()
        switch media.source {
        case .data(let type, let base64):
            output.key("filename")
            output.string(media.title ?? "document.pdf")
            output.key("file_data")
            output.string(DataURL.spelled(type: type, base64: base64))
        case .url(let url):
            // OpenRouter fetches documents, OpenAI does not.
            guard !terms.limitsCompletion else { throw needsData(path) }
            output.key("filename")
            output.string(media.title ?? "document.pdf")
            output.key("file_data")
            output.string(url)
        case .file(let id):
            output.key("file_id")
            output.string(id)
        case .text: break
        }
        output.endObject()
        output.endObject()
    }

    /// A document as Mistral takes it (<https://docs.mistral.ai/capabilities/document_ai/document_qna>).
    private mutating func mistral(_ media: Media) {
        output.beginObject()
        output.key("type")
        switch media.source {
        case .file(let id):
            output.string("file")
            output.key("file_id")
            output.string(id)
            return output.endObject()
        case .url(let url): linked(document: url)
        case .data(let type, let base64): linked(document: DataURL.spelled(type: type, base64: base64))
        case .text: break
        }
        if let title = media.title {
            output.key("document_name")
            output.string(title)
        }
        output.endObject()
    }

    private mutating func linked(document url: JSONString) {
        output.string("document_url")
        output.key("document_url")
        output.string(url)
    }

    private func needsData(_ path: String) -> ConversationFault {
        ConversationFault(
            "`\(path)` is named by where it lies, and the provider cannot fetch it from there: give its data in base64",
            parameter: path
        )
    }
}
