import Bytes
import Dialect

/// What a form for a transcription becomes on its way: something in front, something in place of its model.
package enum TranscriptionForm {
    /// Members of OpenAI's form that whisper.cpp's server has no words for.
    private static let unknownToWhisper = [
        "stream", "timestamp_granularities[]", "timestamp_granularities", "include[]", "include", "chunking_strategy",
        "known_speaker_names[]", "known_speaker_references[]",
    ]

    /// The form's beginning as whisper.cpp's server wants it.
    ///
    /// What is said there first counts: its form reader gives the first of several fields with one name. Translations are
    /// a field there, not a path, and for them the language must be found out, since it takes all sound for English.
    package static func forWhisper(_ body: [UInt8], _ form: MultipartForm, translates: Bool) -> [UInt8] {
        guard translates else { return body }
        var writer = FormWriter(boundary: form.boundary)
        writer.field("translate", Array("true".utf8))
        if !form.has("language") { writer.field("language", Array("auto".utf8)) }
        return Array(body[..<form.start]) + writer.bytes + body[form.start...]
    }

    /// The names of fields that whisper.cpp's server passes over.
    package static func droppedByWhisper(_ form: MultipartForm) -> [String] {
        unknownToWhisper.filter(form.has)
    }

    /// The form's beginning with another model; nil when it names several.
    package static func naming(_ model: [UInt8], _ body: [UInt8], _ form: MultipartForm) -> [UInt8]? {
        let values = form.values(of: "model")
        switch values.count {
        case 0 where !form.has("model"):
            var writer = FormWriter(boundary: form.boundary)
            writer.field("model", model)
            return Array(body[..<form.start]) + writer.bytes + body[form.start...]
        case 1: return Array(body[..<values[0].lowerBound]) + model + body[values[0].upperBound...]
        default: return nil
        }
    }

    /// What stands in front of a sound that came without a form.
    ///
    /// `items` are those of the query; what can be a field becomes one. `boundary` is made up anew for each request, so
    /// that no sound can hold it.
    package static func wrapping(
        items: [(name: String, value: [UInt8])],
        fields: [(name: String, value: [UInt8])],
        contentType: Span<UInt8>,
        boundary: [UInt8]
    ) -> [UInt8] {
        var writer = FormWriter(boundary: boundary)
        for field in fields { writer.field(field.name, field.value) }
        for item in items where isField(item.name) && !fields.contains(where: { $0.name == item.name }) {
            writer.field(item.name, item.value)
        }
        writer.file(AudioBody.fileName(contentType: contentType), type: contentType.indices.map { contentType[$0] })
        return writer.bytes
    }

    /// What ends that form.
    package static func ending(boundary: [UInt8]) -> [UInt8] {
        var writer = FormWriter(boundary: boundary)
        writer.end()
        return writer.bytes
    }

    private static func isField(_ name: String) -> Bool {
        name != "file" && name != "model" && !name.isEmpty && name.utf8.count <= 64
            && name.utf8.allSatisfy {
                ASCII.isLetter($0) || ASCII.isDigit($0) || [0x5f, 0x2d, 0x5b, 0x5d].contains($0)
            }
    }
}
