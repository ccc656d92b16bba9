import Conversation
import JSON

/// Writes what Ollama says of its models (https://docs.ollama.com/api/tags).
///
/// Sizes, digests and families are not known of models that others serve: they are zero or empty, but there, since typed
/// clients want them.
package enum OllamaModels {
    /// Writes the answer of `GET /api/tags`.
    package static func tags(_ names: [String], modified: Int) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("models")
        writer.beginArray()
        for name in names {
            writer.beginObject()
            writer.key("name")
            writer.string(name)
            writer.key("model")
            writer.string(name)
            writer.key("modified_at")
            writer.string(OllamaTime.text(modified))
            writer.key("size")
            writer.number(0)
            writer.key("digest")
            writer.string("" as StaticString)
            details(&writer)
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        return writer.bytes
    }

    /// Writes the answer of `POST /api/show`.
    package static func show(modified: Int) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        for key: StaticString in ["modelfile", "parameters", "template"] {
            writer.key(key)
            writer.string("" as StaticString)
        }
        details(&writer)
        writer.key("model_info")
        writer.raw("{}")
        writer.key("capabilities")
        writer.raw("[\"completion\",\"tools\"]")
        writer.key("modified_at")
        writer.string(OllamaTime.text(modified))
        writer.endObject()
        return writer.bytes
    }

    /// The model a body of `/api/show` asks about; nil when it names none.
    package static func shown(_ body: JSONNode) -> JSONString? { body["model"]?.string ?? body["name"]?.string }

    private static func details(_ writer: inout JSONWriter) {
        writer.key("details")
        writer.raw(
            """
            {"parent_model":"","format":"","family":"","families":[],"parameter_size":"","quantization_level":""}
            """
        )
    }
}
