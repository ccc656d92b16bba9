import Bytes

/// Words of answers: what in them is no text, by its name and its looks, where providers put it; all else is text.
enum AnswerWords {
    /// What a member's name says in an answer.
    static func traits(of name: Span<UInt8>) -> APIWords.Traits {
        let own = APIWords.Traits(rawValue: names.value(of: name))
        return own.isEmpty ? APIWords.traits(of: name) : own.union(APIWords.traits(of: name))
    }

    /// True for a value that says how an answer ended, or what kind of thing it is.
    static func isKind(_ value: Span<UInt8>) -> Bool { kinds.value(of: value) != 0 }

    /// True for what a member of these traits holds when it is what its name says; callers know that a provider named it.
    static func isNoText(_ value: Span<UInt8>, _ traits: APIWords.Traits) -> Bool {
        if traits.contains(.identity) {
            return value.count <= 256
                && value.indices.allSatisfy { ASCII.isToken(value[$0]) || ":/@=\\".utf8.contains(value[$0]) }
        }
        if traits.contains(.time) {
            return value.count <= 40
                && value.indices.allSatisfy { ASCII.isDigit(value[$0]) || "-:.+TZ ".utf8.contains(value[$0]) }
        }
        guard traits.contains(.sealed) else { return false }
        return value.count > 64
            && value.indices.allSatisfy {
                ASCII.isLetter(value[$0]) || ASCII.isDigit(value[$0]) || "+/=-_\\".utf8.contains(value[$0])
            }
    }

    private static let names: WordTable = {
        var words: [(String, UInt16)] = []
        func add(_ text: String, _ traits: APIWords.Traits) {
            for word in text.split(whereSeparator: \.isWhitespace) {
                words.append((String(word), traits.union(.known).rawValue))
            }
        }
        add(
            """
            id call_id item_id tool_call_id tool_use_id response_id responseId previous_response_id request_id requestId
            conversation_id container_id batch_id x_request_id system_fingerprint systemFingerprint model modelVersion
            """,
            .identity
        )
        add(
            """
            created created_at completed_at cancelled_at expires_at total_duration load_duration prompt_eval_duration
            eval_duration createTime create_time seed
            """,
            .time
        )
        add("signature thoughtSignature thought_signature encrypted_content encrypted_index", .sealed)
        add("result", .data)
        add(
            "logprobs logprobsResult logprobs_result prompt_logprobs token_ids prompt_token_ids context tokens words",
            .shadow
        )
        add("object status finish_reason finishReason stop_reason service_tier native_finish_reason", .kind)
        add(
            "choices message messages output content candidates parts tool_calls functionCall function_call audio data",
            .envelope
        )
        add("segments items container", .envelope)
        add(plain, [])
        return WordTable(words)
    }()

    private static let plain = """
        index prompt_tokens completion_tokens total_tokens input_tokens output_tokens prompt_tokens_details
        completion_tokens_details input_tokens_details output_tokens_details cached_tokens audio_tokens text_tokens
        image_tokens reasoning_tokens accepted_prediction_tokens rejected_prediction_tokens cost
        cache_creation_input_tokens cache_read_input_tokens cache_creation ephemeral_5m_input_tokens
        ephemeral_1h_input_tokens server_tool_use web_search_requests stop_sequence promptTokenCount
        candidatesTokenCount totalTokenCount thoughtsTokenCount cachedContentTokenCount toolUsePromptTokenCount
        promptTokensDetails candidatesTokensDetails cacheTokensDetails modality tokenCount trafficType avgLogprobs
        safetyRatings probability blocked citationMetadata groundingMetadata promptFeedback blockReason thought
        finishMessage executableCode codeExecutionResult outcome code done done_reason prompt_eval_count eval_count
        tool_name error incomplete_details max_tool_calls reason start end start_index end_index startIndex endIndex
        url_citation transcript duration avg_logprob compression_ratio no_speech_prob seek word task billing payer
        queue_time prompt_time completion_time total_time content_filter_results prompt_filter_results filtered
        severity hate self_harm sexual violence x_groq time_info first_id last_id has_more revised_prompt
        cited_text document_title search_results delta usage usageMetadata name arguments args input
        """

    private static let kinds = WordTable(
        """
        chat.completion chat.completion.chunk text_completion response list embedding stop length tool_calls
        content_filter end_turn max_tokens stop_sequence tool_use pause_turn model_context_window_exceeded completed
        incomplete in_progress failed queued cancelled STOP MAX_TOKENS SAFETY RECITATION LANGUAGE OTHER BLOCKLIST
        PROHIBITED_CONTENT SPII MALFORMED_FUNCTION_CALL default flex priority standard batch on_demand url_citation
        char_location web_search_result_location web_search_tool_result web_search_call file_search_call
        refusal function_call
        """.split(whereSeparator: \.isWhitespace).map { (String($0), 1) }
    )
}
