import Bytes
import Conversation
import JSON

// The rest of a request: sampling, and what has no place in other dialects.
extension AnthropicRequestWriter {
    private static func number(_ spelled: ArraySlice<UInt8>) -> Double? {
        Double(String(decoding: spelled, as: UTF8.self))
    }

    /// Writes what the model takes: with thinking `temperature` must be 1, `top_p` at least 0.95 and `top_k` unsaid
    /// (build-with-claude/extended-thinking), and the newest take none of them.
    mutating func sampling(_ plan: ThinkingPlan) {
        var hasTemperature = false
        if let temperature = request.sampling.temperature, let value = Self.number(temperature) {
            let isTaken = model.takesSampling && (!plan.thinks || value == 1)
            if isTaken {
                output.key("temperature")
                hasTemperature = true
                // OpenAI's range ends at 2.
                if value > 1 { output.number(1) } else { output.raw(temperature) }
            }
            if value != 1, !isTaken || value > 1 { drop("temperature") }
        }
        if let topP = request.sampling.topP, let value = Self.number(topP) {
            let isTaken =
                model.takesSampling && (!plan.thinks || value >= 0.95)
                && (!hasTemperature || model.takesTemperatureWithTopP)
            if isTaken {
                output.key("top_p")
                output.raw(topP)
            } else if value != 1 {
                drop("top_p")
            }
        }
        // Some dialects say "all" with 0 or less.
        if let topK = request.sampling.topK, let value = Self.number(topK), value > 0 {
            if model.takesSampling, !plan.thinks {
                output.key("top_k")
                output.raw(topK)
            } else {
                drop("top_k")
            }
        }
    }

    mutating func stop() {
        // A sequence of white space alone is refused.
        let sequences = request.sampling.stop.filter { !$0.isBlank }
        if sequences.count < request.sampling.stop.count { drop("stop") }
        guard !sequences.isEmpty else { return }
        output.key("stop_sequences")
        output.beginArray()
        for sequence in sequences { output.string(sequence) }
        output.endArray()
    }

    mutating func metadata() {
        let rest = request.extras.filter { $0.key.hasPrefix("metadata.") }
        guard request.user != nil || !rest.isEmpty else { return }
        output.key("metadata")
        output.beginObject()
        if let user = request.user {
            output.key("user_id")
            output.string(user)
        }
        for member in rest {
            output.key(String(member.key.dropFirst("metadata.".count)))
            output.node(member.value)
        }
        output.endObject()
    }

    /// Writes the extras that are Anthropic's, and names the others.
    mutating func extras(_ plan: ThinkingPlan) {
        for member in request.extras {
            if member.key.hasPrefix("metadata.") || member.key.hasPrefix("output_config.") { continue }
            if member.key == "thinking", plan.isFromExtra { continue }
            guard isOwn(member, plan) else {
                drop(member.key)
                continue
            }
            output.key(member.key)
            output.node(member.value)
        }
    }

    private func isOwn(_ member: JSONNode.Member, _ plan: ThinkingPlan) -> Bool {
        switch member.key {
        case "cache_control", "container", "context_management", "diagnostics", "inference_geo", "mcp_servers", "speed",
            "user_profile_id", "fallbacks":
            true
        // OpenAI has the word too, and others behind it.
        case "service_tier": member.value.string == "auto" || member.value.string == "standard_only"
        // A type that is not known.
        case "thinking": request.reasoning == nil && member.value["type"]?.string != nil
        default: false
        }
    }

    /// Names the typed members that Anthropic has no word for, unless they say nothing.
    mutating func dropRest() {
        func says(_ number: ArraySlice<UInt8>?, _ nothing: Double) -> Bool {
            number.map { Self.number($0) != nothing } ?? false
        }
        let sampling = request.sampling
        if says(sampling.minP, 0) { drop("min_p") }
        if says(sampling.frequencyPenalty, 0) { drop("frequency_penalty") }
        if says(sampling.presencePenalty, 0) { drop("presence_penalty") }
        if says(sampling.repeatPenalty, 1) { drop("repeat_penalty") }
        if sampling.seed != nil { drop("seed") }
        if let count = sampling.count, count > 1 { drop("n") }
        if sampling.wantsLogProbabilities == true { drop("logprobs") }
        if let top = sampling.topLogProbabilities, top > 0 { drop("top_logprobs") }
    }
}
