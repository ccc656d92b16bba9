import Conversation
import JSON

/// `content` of a message or an answer: a text, or a list of parts.
enum ContentReader {
    /// Parts of a request; a part without its member is a fault.
    static func parts(
        _ node: JSONNode?,
        _ path: String,
        _ request: inout ChatRequest
    ) throws(ConversationFault) -> [ChatPart] {
        guard let node, !node.isNull else { return [] }
        if let text = node.string { return [.text(text)] }
        guard let elements = node.elements else { throw Wanted.wrong(path, "a text or a list of parts") }
        var parts: [ChatPart] = []
        for (index, element) in elements.enumerated() {
            let path = "\(path)[\(index)]"
            if let text = element.string {
                parts.append(.text(text))
                continue
            }
            guard element.isObject, let type = element["type"]?.string?.text else {
                throw Wanted.wrong(path, "an object with a `type`")
            }
            guard let part = part(element, type) else {
                if url(element[type]) != nil {
                    throw ConversationFault(
                        "`\(path).\(type)` has a URL that is empty, or a data URL without data",
                        parameter: "\(path).\(type)"
                    )
                }
                throw ConversationFault(
                    "`\(path)` has the type \"\(type)\", but not the member that this type needs",
                    parameter: path
                )
            }
            parts.append(part)
            note("cache_control", of: element, in: &request)
        }
        return parts
    }

    /// Keeps the name of what stands beside a part and has no place in `ChatPart`.
    static func note(_ key: String, of node: JSONNode, in request: inout ChatRequest) {
        guard let value = node[key], !value.isNull, !request.dropped.contains(key) else { return }
        request.dropped.append(key)
    }

    /// Parts of an answer, where nothing is a fault.
    static func parts(ofAnswer node: JSONNode?) -> [ChatPart] {
        guard let node else { return [] }
        if let text = node.string { return text.isEmpty ? [] : [.text(text)] }
        return (node.elements ?? []).compactMap { element in
            if let text = element.string { return .text(text) }
            return element["type"]?.string.flatMap { part(element, $0.text) }
        }
    }

    /// One part; nil when it lacks what its type promises.
    ///
    /// A type nobody here knows is kept as it is.
    private static func part(_ node: JSONNode, _ type: String) -> ChatPart? {
        switch type {
        case "text", "input_text", "output_text": node["text"]?.string.map { .text($0) }
        case "refusal": node["refusal"]?.string.map { .refusal($0) }
        case "thinking": OpenAIThinking.part(ofMistral: node).map { .reasoning($0) }
        case "image_url":
            url(node["image_url"]).flatMap { DataURL.source($0, isImage: true) }.map {
                let detail = node["image_url"]?["detail"]?.string
                return .media(Media(kind: .image, source: $0, detail: detail))
            }
        case "video_url":
            url(node["video_url"]).flatMap { DataURL.source($0) }.map { .media(Media(kind: .video, source: $0)) }
        case "audio_url":
            url(node["audio_url"]).flatMap { DataURL.source($0) }.map { .media(Media(kind: .audio, source: $0)) }
        // Mistral: https://docs.mistral.ai/capabilities/document_ai/document_qna
        case "document_url":
            url(node["document_url"]).flatMap { DataURL.source($0) }.map {
                .media(Media(kind: .document, source: $0, title: node["document_name"]?.string))
            }
        case "input_audio":
            node["input_audio"].flatMap { audio in
                // Mistral has the base64 alone.
                (audio["data"] ?? audio).string.map {
                    .media(Media(kind: .audio, source: sound($0, audio["format"]?.string)))
                }
            }
        case "file": node["file"].flatMap { file($0) }.map { .media($0) }
        default: .other(kind: type, node)
        }
    }

    private static func url(_ node: JSONNode?) -> JSONString? { node?.string ?? node?["url"]?.string }

    static func sound(_ data: JSONString, _ format: JSONString?) -> Media.Source {
        // OpenRouter and some clients give a data URL here.
        if case .data(let type, let base64) = DataURL.source(data) { return .data(type: type, base64: base64) }
        return .data(type: JSONString("audio/") + (format ?? "wav"), base64: data)
    }

    /// A file: its name, and either its data (a data URL, or base64 alone) or its id.
    static func file(_ node: JSONNode) -> Media? {
        let title = node["filename"]?.string
        if let data = node["file_data"]?.string {
            guard var source = DataURL.source(data) else { return nil }
            if case .url(let url) = source, !url.spelled.contains(0x3a) {
                source = .data(type: mediaType(ofName: title), base64: data)
            }
            return Media(kind: .document, source: source, title: title)
        }
        return node["file_id"]?.string.map { Media(kind: .document, source: .file($0), title: title) }
    }

    private static func mediaType(ofName name: JSONString?) -> JSONString {
        guard let name = name?.text.lowercased() else { return "application/pdf" }
        if name.hasSuffix(".txt") { return "text/plain" }
        if name.hasSuffix(".md") { return "text/markdown" }
        if name.hasSuffix(".csv") { return "text/csv" }
        if name.hasSuffix(".html") { return "text/html" }
        return "application/pdf"
    }
}
