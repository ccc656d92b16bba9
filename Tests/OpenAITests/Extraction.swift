import Conversation
import Foundation

/// What a recording says, taken from it with Foundation and none of the code that is tested.
struct Extraction: Equatable {
    var text = ""
    var reasoning = ""
    var refusal = ""
    var calls: [Heard.Call] = []
    var finish: String?
    var usage: [String: Int] = [:]
    var hasError = false

    /// A whole answer.
    init(answer: [String: Any]) {
        let choice = (answer["choices"] as? [[String: Any]])?.first ?? [:]
        let message = choice["message"] as? [String: Any] ?? [:]
        take(message)
        finish = (choice["finish_reason"] as? String).flatMap { $0.isEmpty ? nil : $0 }
        for call in message["tool_calls"] as? [[String: Any]] ?? [] {
            let function = call["function"] as? [String: Any] ?? [:]
            calls.append(
                Heard.Call(
                    id: call["id"] as? String ?? "",
                    name: function["name"] as? String ?? "",
                    arguments: function["arguments"] as? String ?? ""
                )
            )
        }
        if let function = message["function_call"] as? [String: Any], function["name"] as? String != "" {
            calls.append(
                Heard.Call(
                    name: function["name"] as? String ?? "",
                    arguments: function["arguments"] as? String ?? ""
                )
            )
        }
        take(usage: answer["usage"] as? [String: Any])
    }

    /// A stream.
    init(stream: [UInt8]) throws {
        let text = String(decoding: stream, as: UTF8.self).replacingOccurrences(of: "\r\n", with: "\n")
        var pieces: [Int: Heard.Call] = [:]
        for line in text.split(separator: "\n") where line.hasPrefix("data:") && !line.contains("[DONE]") {
            guard let event = try JSONSerialization.jsonObject(with: Data(line.dropFirst(5).utf8)) as? [String: Any]
            else { continue }
            if event["error"] != nil { hasError = true }
            for choice in event["choices"] as? [[String: Any]] ?? [] where choice["index"] as? Int ?? 0 == 0 {
                let delta = choice["delta"] as? [String: Any] ?? [:]
                take(delta)
                if let word = choice["finish_reason"] as? String, !word.isEmpty { finish = word }
                for call in delta["tool_calls"] as? [[String: Any]] ?? [] {
                    let function = call["function"] as? [String: Any] ?? [:]
                    let index = call["index"] as? Int ?? pieces.count
                    if let id = call["id"] as? String, !id.isEmpty { pieces[index, default: Heard.Call()].id = id }
                    // OpenRouter's providers may name it in every piece.
                    if let name = function["name"] as? String, pieces[index]?.name != name {
                        pieces[index, default: Heard.Call()].name += name
                    }
                    if let more = function["arguments"] as? String {
                        pieces[index, default: Heard.Call()].arguments += more
                    }
                }
            }
            let groq = event["x_groq"] as? [String: Any]
            take(usage: event["usage"] as? [String: Any] ?? groq?["usage"] as? [String: Any])
        }
        calls = pieces.sorted { $0.key < $1.key }.map(\.value)
    }

    private mutating func take(_ message: [String: Any]) {
        text += message["content"] as? String ?? ""
        for part in message["content"] as? [[String: Any]] ?? [] {
            text += part["text"] as? String ?? ""
            for thought in part["thinking"] as? [[String: Any]] ?? [] { reasoning += thought["text"] as? String ?? "" }
        }
        refusal += message["refusal"] as? String ?? ""
        let plain = [message["reasoning_content"] as? String, message["reasoning"] as? String]
        if let said = plain.compactMap({ $0 }).first(where: { !$0.isEmpty }) {
            reasoning += said
        } else {
            for detail in message["reasoning_details"] as? [[String: Any]] ?? [] {
                reasoning += detail["text"] as? String ?? detail["summary"] as? String ?? ""
            }
        }
    }

    private mutating func take(usage: [String: Any]?) {
        guard let usage else { return }
        let input = usage["prompt_tokens_details"] as? [String: Any]
        let output = usage["completion_tokens_details"] as? [String: Any]
        self.usage = [:]
        self.usage["input"] = usage["prompt_tokens"] as? Int
        self.usage["output"] = usage["completion_tokens"] as? Int
        self.usage["total"] = usage["total_tokens"] as? Int
        self.usage["cached"] =
            input?["cached_tokens"] as? Int ?? usage["prompt_cache_hit_tokens"] as? Int
            ?? usage["cached_tokens"] as? Int ?? usage["num_cached_tokens"] as? Int
        self.usage["written"] = input?["cache_write_tokens"] as? Int
        self.usage["reasoning"] = output?["reasoning_tokens"] as? Int
        // xAI counts thinking beside the completion.
        if let prompt = self.usage["input"], let said = self.usage["output"], let thought = self.usage["reasoning"],
            thought > 0, self.usage["total"] == prompt + said + thought
        {
            self.usage["output"] = said + thought
        }
    }
}

extension Extraction {
    /// The same form, from what was read.
    static func usage(_ usage: TokenUsage?) -> [String: Int] {
        var result: [String: Int] = [:]
        result["input"] = usage?.input
        result["output"] = usage?.output
        result["total"] = usage?.total
        result["cached"] = usage?.cachedInput
        result["written"] = usage?.cacheWrite
        result["reasoning"] = usage?.reasoning
        return result
    }

    /// The word that a reason came from.
    static func matches(_ word: String?, _ reason: FinishReason?) -> Bool {
        switch word {
        case nil: reason == nil
        case "stop", "eos": reason == .stop || reason == .stopSequence
        case "length": reason == .length
        case "tool_calls", "function_call": reason == .toolCalls
        case "content_filter": reason == .contentFilter
        default: reason != nil
        }
    }
}
