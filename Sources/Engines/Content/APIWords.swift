import Bytes

/// Words of the APIs themselves, as member names and as values of `type` and `role`.
///
/// They say what stands where and are constants, so nobody can hide text in them; any other word is looked at. A pattern
/// like `name` would else fire on every request.
enum APIWords {
    /// What is known of a member by its name.
    struct Traits: OptionSet {
        let rawValue: UInt16
        /// The name itself is a word of an API.
        static let known = Traits(rawValue: 1)
        /// An object or a list that holds a picture, sound or a file.
        static let media = Traits(rawValue: 2)
        /// Its text may be base64.
        static let data = Traits(rawValue: 4)
        /// Its value is a word of an API, too.
        static let kind = Traits(rawValue: 8)
        /// Text of a part, which providers join with its neighbours'.
        static let text = Traits(rawValue: 16)
        /// A list of strings here is one text.
        static let pieces = Traits(rawValue: 32)
        /// Members are named by the author of a schema.
        static let properties = Traits(rawValue: 64)
        /// What somebody says: text, even where it looks like a picture.
        static let speech = Traits(rawValue: 128)
        /// A list of numbers here is text, by the numbers of its tokens.
        static let tokens = Traits(rawValue: 256)
        /// In answers: an id or the name of a model.
        static let identity = Traits(rawValue: 512)
        /// In answers: a time, or how long something took.
        static let time = Traits(rawValue: 1_024)
        /// In answers: what only its provider can read.
        static let sealed = Traits(rawValue: 2_048)
        /// In answers: the text once more, in pieces.
        static let shadow = Traits(rawValue: 4_096)
        /// In answers: what stands here is built by a provider, not by a model.
        static let envelope = Traits(rawValue: 8_192)
    }

    /// What a member's name says; nothing of one that no API has.
    static func traits(of name: Span<UInt8>) -> Traits { Traits(rawValue: names.value(of: name)) }

    /// True for a value that says what an object is or who speaks.
    static func isKind(_ value: Span<UInt8>) -> Bool { kinds.value(of: value) != 0 }

    private static let names: WordTable = {
        var words: [(String, UInt16)] = []
        func add(_ text: String, _ traits: Traits) {
            for word in text.split(separator: " ") { words.append((String(word), traits.union(.known).rawValue)) }
        }
        add("image_url input_audio inlineData inline_data fileData file_data images", [.media, .data])
        add("data b64_json", .data)
        add("role type", .kind)
        add("text", [.text, .speech])
        add("content parts system", [.pieces, .speech])
        add("prompt input", [.speech, .tokens])
        add("context tokens token_ids prompt_token_ids", .tokens)
        add("instructions suffix query documents arguments thinking output refusal description", .speech)
        add("reasoning_content summary messages", .speech)
        add("properties", .properties)
        add(plain, [])
        return WordTable(words)
    }()

    /// OpenAI, Anthropic, Gemini, Ollama, Cohere and the servers that follow them.
    private static let plain = """
        model messages stream stream_options include_usage temperature top_p top_k min_p n stop max_tokens
        max_completion_tokens max_output_tokens presence_penalty frequency_penalty repetition_penalty logit_bias logprobs
        top_logprobs user seed tools tool_choice tool_calls tool_call_id tool_use_id parallel_tool_calls function
        function_call functions name description parameters strict arguments required additionalProperties items enum
        anyOf oneOf allOf format default minimum maximum minLength maxLength minItems maxItems pattern title
        response_format json_schema schema prompt suffix echo best_of input instructions previous_response_id store
        metadata include reasoning reasoning_effort reasoning_content effort summary truncation text verbosity modalities
        audio voice speed id object created status call_id output output_text refusal annotations detail url file file_id
        filename file_url input_text input_image system stop_sequences thinking budget_tokens signature source
        media_type input_schema cache_control ttl is_error citations enabled contents generationConfig
        generation_config systemInstruction system_instruction safetySettings safety_settings category threshold
        functionDeclarations function_declarations functionCall functionResponse function_response response args
        toolConfig tool_config mimeType mime_type fileUri file_uri maxOutputTokens stopSequences candidateCount topP
        topK responseMimeType responseSchema thinkingConfig thinkingBudget includeThoughts options num_ctx num_predict
        keep_alive raw template context think dimensions encoding_format input_type truncate query documents top_n
        return_documents size quality style background output_format response_format service_tier prediction
        web_search_options safety_identifier prompt_cache_key messages requests embedContentRequest taskType
        outputDimensionality models provider transforms route image mask language timestamp_granularities custom_id
        method body endpoint
        """.split(whereSeparator: \.isWhitespace).joined(separator: " ")

    private static let kinds = WordTable(
        """
        user assistant system developer tool function model text input_text output_text summary_text reasoning_text image
        image_url input_image input_audio audio file input_file document base64 url content refusal tool_use tool_result
        server_tool_use thinking redacted_thinking message function_call function_call_output item_reference reasoning
        custom object string number integer boolean array null json_schema json_object auto none required any enabled
        disabled adaptive ephemeral web_search file_search code_interpreter mcp computer_use_preview
        image_generation local_shell grammar server_vad
        """.split(whereSeparator: \.isWhitespace).map { (String($0), 1) }
    )
}

/// A fixed set of words, each with a number: looked up by their bytes without making a string.
struct WordTable: Sendable {
    private var slots: [UInt16]
    private var bytes: [UInt8] = []
    private var entries: [(start: Int32, count: Int32, value: UInt16)] = []

    init(_ words: [(String, UInt16)]) {
        slots = [UInt16](repeating: 0, count: 1_024)
        for (word, value) in words {
            let text = Array(word.utf8)
            // The first mention counts.
            guard self.value(of: text.span) == 0 else { continue }
            entries.append((Int32(bytes.count), Int32(text.count), value))
            bytes += text
            var slot = Self.slot(text.span)
            while slots[slot] != 0 { slot = (slot + 1) & 1_023 }
            slots[slot] = UInt16(entries.count)
        }
    }

    /// The number of a word; 0 for one that is not here.
    func value(of word: Span<UInt8>) -> UInt16 {
        guard word.count <= 32 else { return 0 }
        var slot = Self.slot(word)
        while slots[slot] != 0 {
            let entry = entries[Int(slots[slot]) - 1]
            if holds(entry.start, entry.count, word) { return entry.value }
            slot = (slot + 1) & 1_023
        }
        return 0
    }

    private func holds(_ start: Int32, _ count: Int32, _ word: Span<UInt8>) -> Bool {
        guard Int(count) == word.count else { return false }
        for index in word.indices where bytes[Int(start) + index] != word[index] { return false }
        return true
    }

    /// FNV-1a, folded.
    private static func slot(_ word: Span<UInt8>) -> Int {
        var hash: UInt32 = 0x811c_9dc5
        for index in word.indices { hash = (hash ^ UInt32(word[index])) &* 0x0100_0193 }
        return Int((hash ^ hash >> 16) & 1_023)
    }
}
