/// The form of a list of models.
package enum ModelListFormat: String, CaseIterable, Sendable {
    /// `/v1/models`, all at once.
    case openAI = "openai"
    /// `/v1/models`, by pages.
    case anthropic
    /// `/v1beta/models`, by pages.
    case gemini
    /// `/api/tags`, all at once.
    case ollama
}
