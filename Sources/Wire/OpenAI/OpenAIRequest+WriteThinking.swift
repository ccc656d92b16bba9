import Conversation
import JSON

// How much to think, in the words that the model takes.
extension RequestWriter {
    /// Writes what the model has words for: the wanted one or the closest, and nothing to a model that never thinks.
    ///
    /// A word that is not known ends a request with 400 ("Unrecognized request argument supplied: reasoning_effort" by
    /// gpt-4o). What a model cannot be kept from is named as dropped: it is told the least it knows.
    mutating func reasoning(_ request: ChatRequest) {
        guard let asked = request.reasoning else { return }
        if asked.isShown == false { drop("reasoning.exclude") }
        let effort = asked.effort?.text
        if asked.isEnabled == false || effort == "none" || effort == nil && asked.budgetTokens == 0 {
            return turnOff(request)
        }
        guard effort != nil || asked.isEnabled == true || asked.budgetTokens != nil else { return }
        guard terms.efforts.thinks else { return drop("reasoning_effort") }
        if terms.efforts.toggle == .member { writeToggle("enabled") }
        guard let wanted = RequestWriter.effort(asked, hasToggle: terms.efforts.toggle == .member) else { return }
        if terms.efforts.efforts == nil { return writeEffort(asked.effort ?? JSONString(wanted)) }
        guard let word = terms.efforts.closest(to: wanted.lowercased()) else { return drop("reasoning_effort") }
        writeEffort(JSONString(word))
    }

    private mutating func turnOff(_ request: ChatRequest) {
        guard terms.efforts.thinks else { return }
        switch terms.efforts.toggle {
        case .member: writeToggle("disabled")
        case .template:
            // The client's own arguments for the template are written with the other extras.
            guard !request.extras.contains(where: { $0.key == "chat_template_kwargs" }) else {
                return drop("reasoning_effort")
            }
            output.key("chat_template_kwargs")
            output.raw("{\"enable_thinking\":false}")
        case .word:
            if let word = terms.efforts.off { return writeEffort(JSONString(word)) }
            drop("reasoning_effort")
            if let least = terms.efforts.closest(to: "none"), least != "default" { writeEffort(JSONString(least)) }
        }
    }

    private mutating func writeEffort(_ word: JSONString) {
        output.key("reasoning_effort")
        output.string(word)
    }

    /// DeepSeek's switch (<https://api-docs.deepseek.com/guides/thinking_mode>).
    private mutating func writeToggle(_ word: StaticString) {
        output.key("thinking")
        output.beginObject()
        output.key("type")
        output.string(word)
        output.endObject()
    }

    /// The wanted word: OpenAI has words for how much, not numbers, so a budget becomes the word it comes closest to; nil
    /// leaves it to the model.
    private static func effort(_ reasoning: ReasoningRequest, hasToggle: Bool) -> String? {
        if let effort = reasoning.effort { return effort.text }
        switch reasoning.budgetTokens {
        case nil: return hasToggle ? nil : "medium"
        case .some(..<0): return nil
        case .some(...2_048): return "low"
        case .some(...8_192): return "medium"
        default: return "high"
        }
    }
}
