import Conversation
import JSON

/// Writes what Ollama says of its models (https://docs.ollama.com/api/tags).
///
/// Sizes, digests and families are not known of models that others serve: they are zero or empty, but there, since typed
/// clients want them.
package enum OllamaModels {
    /// Writes the answer of `GET /api/tags`.
    package static func tags(_ names: [String], modified: Int) -> [UInt8] { tags(names.map { ($0, modified, nil) }) }

    /// Writes the answer of `GET /api/tags`; what Ollama itself said of a model is passed on.
    package static func tags(_ models: [(name: String, modified: Int, tag: ArraySlice<UInt8>?)]) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("models")
        writer.beginArray()
        for (name, modified, tag) in models {
            if let tag {
                writer.raw(tag)
                continue
            }
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

    /// Writes the answer of `GET /api/version`: the version of Ollama whose API this build was written after.
    ///
    /// Clients refuse servers that call themselves older than what they need.
    package static func version() -> [UInt8] { Array("{\"version\":\"0.13.0\"}".utf8) }

    /// Writes the answer of `GET /api/ps`: of what providers hold in memory nothing is known.
    package static func running() -> [UInt8] { Array("{\"models\":[]}".utf8) }

    /// Writes the answer of `POST /api/show`, with `details` where Ollama told them.
    package static func show(modified: Int, details known: JSONNode? = nil) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        for key: StaticString in ["modelfile", "parameters", "template"] {
            writer.key(key)
            writer.string("" as StaticString)
        }
        if let known {
            writer.key("details")
            writer.node(known)
        } else {
            details(&writer)
        }
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
