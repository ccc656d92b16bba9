import Anthropic
import Conversation
import Dialect
import Gemini
import JSON
import Ollama

/// Lists of models in the form that a client asks for.
package enum ModelListTranslation {
    /// Writes the page of the list that a query asks for; all on one where it asks for none.
    ///
    /// - Throws: what of the query is no page.
    package static func write(
        _ models: [ListedModel],
        as format: ModelListFormat,
        query: String = ""
    ) throws(ConversationFault) -> [UInt8] {
        let page = try ModelPaging(models, query, as: format)
        let models = page.models
        return switch format {
        case .openAI: openAI(models) { entry($0, &$1) }
        case .anthropic: AnthropicModels.write(models.map { ($0.id, $0.created) }, hasMore: page.hasMore)
        case .gemini: GeminiModels.list(models.map(\.id), nextPage: page.token)
        case .ollama: OllamaModels.tags(models.map { ($0.id, $0.created, $0.tag) })
        }
    }

    /// Writes one model.
    package static func write(_ model: ListedModel, as format: ModelListFormat) -> [UInt8] {
        switch format {
        case .openAI: return JSONBytes.of { entry(model, &$0) }
        case .anthropic: return AnthropicModels.write(id: model.id, created: model.created)
        case .gemini: return GeminiModels.one(model.id)
        case .ollama:
            let details = model.tag.flatMap { try? JSONNode.parse(Array($0)) }?["details"]
            return OllamaModels.show(modified: model.created, details: details)
        }
    }

    /// Writes OpenAI's list with the providers that serve each model.
    package static func catalogue(_ models: [ListedModel]) -> [UInt8] {
        openAI(models) { model, writer in
            entry(model, &writer) { writer in
                writer.key("providers")
                writer.beginArray()
                for name in model.providers { writer.string(name) }
                writer.endArray()
            }
        }
    }

    private static func openAI(_ models: [ListedModel], _ entry: (ListedModel, inout JSONWriter) -> Void) -> [UInt8] {
        JSONBytes.of { writer in
            writer.beginObject()
            writer.key("object")
            writer.string("list" as StaticString)
            writer.key("data")
            writer.beginArray()
            for model in models { entry(model, &writer) }
            writer.endArray()
            writer.endObject()
        }
    }

    private static func entry(
        _ model: ListedModel,
        _ writer: inout JSONWriter,
        _ more: (inout JSONWriter) -> Void = { _ in }
    ) {
        writer.beginObject()
        writer.key("id")
        writer.string(model.id)
        writer.key("object")
        writer.string("model" as StaticString)
        writer.key("created")
        writer.number(model.created)
        writer.key("owned_by")
        writer.string(model.owner)
        more(&writer)
        writer.endObject()
    }

    /// Writes the answer of Ollama's `/api/version`.
    package static func ollamaVersion() -> [UInt8] { OllamaModels.version() }

    /// Writes the answer of Ollama's `/api/ps`.
    package static func ollamaRunning() -> [UInt8] { OllamaModels.running() }

    /// The model that a body of Ollama's `/api/show` asks about; nil when it names none.
    package static func shown(_ body: [UInt8]) -> String? {
        (try? JSONNode.parse(body)).flatMap { OllamaModels.shown($0)?.text }
    }
}

/// JSON that is written at once.
private enum JSONBytes {
    static func of(_ body: (inout JSONWriter) -> Void) -> [UInt8] {
        var writer = JSONWriter()
        body(&writer)
        return writer.bytes
    }
}
