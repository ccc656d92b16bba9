import JSON

/// A chat request in no dialect: what every dialect's request is read into and written from.
///
/// Texts keep their JSON spelling, so nothing is unescaped that will be escaped again. What a dialect has no word for is
/// named in `ChatRequest.dropped` by the writer, never left out in silence.
package struct ChatRequest: Sendable {
    /// The model as the client wrote it; empty when its dialect has it in the path.
    package var model = JSONString(spelled: [])
    package var messages: [ChatMessage] = []
    package var tools: [ToolDefinition] = []
    package var toolChoice: ToolChoice?
    /// False forbids more than one call in a turn; nil leaves it to the provider.
    package var allowsParallelCalls: Bool?
    package var sampling = Sampling()
    package var format: AnswerFormat?
    package var reasoning: ReasoningRequest?
    /// The answer shall come as events.
    package var streams = false
    /// The client wants the usage at the end of its stream (`stream_options.include_usage`); other dialects always have it.
    package var wantsStreamUsage = false
    /// Who asks, as the provider may know them.
    package var user: JSONString?
    /// Members with no counterpart elsewhere, by name: written back by their own dialect, named as dropped by others.
    package var extras: [JSONNode.Member] = []
    /// Members that the reader could keep no more of than their names: told with what the writer drops.
    package var dropped: [String] = []
    /// The client uses OpenAI's `functions`, which came before `tools` (`AnswerTerms.wantsFunctionCall`).
    package var usesFunctions = false

    /// The dialect it was read from, in whose words the client is told what was dropped.
    package var origin = Origin.chat

    /// A dialect of clients.
    package enum Origin: Sendable, CaseIterable { case chat, completions, responses, messages, gemini, ollama }

    package init() {}
}

/// How the next token is chosen, and how many there may be; numbers as they were spelled.
package struct Sampling: Sendable {
    package var maxTokens: Int?
    package var temperature: ArraySlice<UInt8>?
    package var topP: ArraySlice<UInt8>?
    package var topK: ArraySlice<UInt8>?
    package var minP: ArraySlice<UInt8>?
    package var frequencyPenalty: ArraySlice<UInt8>?
    package var presencePenalty: ArraySlice<UInt8>?
    package var repeatPenalty: ArraySlice<UInt8>?
    package var seed: ArraySlice<UInt8>?
    package var stop: [JSONString] = []
    /// Answers asked for; nil is one.
    package var count: Int?
    package var wantsLogProbabilities: Bool?
    package var topLogProbabilities: Int?
    package init() {}
}

/// One turn of a conversation.
package struct ChatMessage: Sendable {
    package enum Role: Sendable { case system, developer, user, assistant, tool }
    package var role: Role
    package var parts: [ChatPart]
    /// Of the speaker, where the dialect has one.
    package var name: JSONString?
    package init(role: Role, parts: [ChatPart], name: JSONString? = nil) {
        self.role = role
        self.parts = parts
        self.name = name
    }
}

/// A piece of a turn.
package enum ChatPart: Sendable {
    case text(JSONString)
    case media(Media)
    case toolCall(ToolCall)
    case toolResult(ToolResult)
    case reasoning(ReasoningPart)
    case refusal(JSONString)
    /// A kind of part that only its own dialect knows, as it stood there.
    case other(kind: String, JSONNode)
}

/// An image, sound, film or document.
package struct Media: Sendable {
    package enum Kind: Sendable { case image, audio, video, document }
    package enum Source: Sendable {
        case url(JSONString)
        /// Base64; `type` is the media type, `image/png`.
        case data(type: JSONString, base64: JSONString)
        /// Something uploaded to that provider before.
        case file(JSONString)
        /// Plain text given as a document.
        case text(JSONString)
    }
    package var kind: Kind
    package var source: Source
    /// OpenAI's `detail`.
    package var detail: JSONString?
    /// A document's name.
    package var title: JSONString?
    package init(kind: Kind, source: Source, detail: JSONString? = nil, title: JSONString? = nil) {
        self.kind = kind
        self.source = source
        self.detail = detail
        self.title = title
    }
}

/// A tool the model wants called.
package struct ToolCall: Equatable, Sendable {
    /// Empty where the dialect has none; a writer that needs one makes one up.
    package var id: JSONString
    package var name: JSONString
    /// The arguments as JSON; what the model wrote, which may be broken.
    package var arguments: [UInt8]
    /// Gemini's proof of thought, without which it refuses the call in the next turn.
    package var signature: JSONString?
    package init(id: JSONString, name: JSONString, arguments: [UInt8], signature: JSONString? = nil) {
        self.id = id
        self.name = name
        self.arguments = arguments
        self.signature = signature
    }
}

/// What a called tool gave back.
package struct ToolResult: Sendable {
    package var callID: JSONString
    /// Of the function, where the dialect names it.
    package var name: JSONString?
    package var parts: [ChatPart]
    package var isError: Bool
    package init(callID: JSONString, name: JSONString? = nil, parts: [ChatPart], isError: Bool = false) {
        self.callID = callID
        self.name = name
        self.parts = parts
        self.isError = isError
    }
}

/// Thinking that a model showed.
package struct ReasoningPart: Equatable, Sendable {
    package var text: JSONString
    /// The provider's seal, which must come back unchanged.
    package var signature: JSONString?
    /// Thinking that only the provider can read.
    package var redacted: JSONString?
    package init(text: JSONString, signature: JSONString? = nil, redacted: JSONString? = nil) {
        self.text = text
        self.signature = signature
        self.redacted = redacted
    }
}

/// A function that the model may call.
package struct ToolDefinition: Sendable {
    package var name: JSONString
    package var description: JSONString?
    /// The JSON schema of its arguments, passed as it stands.
    package var parameters: JSONNode?
    package var isStrict: Bool?
    /// Set for a tool that only its provider runs (web search, code execution): then this is all of it.
    package var builtIn: JSONNode?
    package init(
        name: JSONString,
        description: JSONString? = nil,
        parameters: JSONNode? = nil,
        isStrict: Bool? = nil,
        builtIn: JSONNode? = nil
    ) {
        self.name = name
        self.description = description
        self.parameters = parameters
        self.isStrict = isStrict
        self.builtIn = builtIn
    }
}

/// Whether, and which, tool must be called.
package enum ToolChoice: Equatable, Sendable {
    case auto, none, required
    case function(JSONString)
}

/// The form the answer must have.
package enum AnswerFormat: Sendable {
    case text
    case json
    case schema(name: JSONString?, schema: JSONNode, isStrict: Bool?)
}

/// How much the model shall think.
package struct ReasoningRequest: Sendable {
    /// `none`, `minimal`, `low`, `medium`, `high`, `xhigh`, or what else a provider knows.
    package var effort: JSONString?
    /// Tokens it may spend on it; 0 turns it off, -1 leaves it to the model.
    package var budgetTokens: Int?
    /// False turns it off where that can be said.
    package var isEnabled: Bool?
    /// The thinking shall be shown.
    package var isShown: Bool?
    /// The member that said how much, and the one that said whether it is shown, where the dialect has several.
    package var member: String?
    package var shownMember: String?
    package init() {}
}
