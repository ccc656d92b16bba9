import Conversation
import Dialect
import JSON
import Routing
import Shortening
import Testing
import Translation

@Suite struct CompactionTests {
    private static let estimate = TokenEstimate(tenthsPerToken: 40)

    private func text(_ role: ChatMessage.Role, _ words: String) -> ChatMessage {
        ChatMessage(role: role, parts: [.text(JSONString(words))])
    }

    private func call(_ ids: String...) -> ChatMessage {
        let calls = ids.map { ChatPart.toolCall(ToolCall(id: JSONString($0), name: "f", arguments: Array("{}".utf8))) }
        return ChatMessage(role: .assistant, parts: calls)
    }

    private func result(_ id: String, role: ChatMessage.Role = .tool) -> ChatMessage {
        let parts = [ChatPart.text(JSONString("answer of \(id)"))]
        return ChatMessage(
            role: role,
            parts: [.toolResult(ToolResult(callID: JSONString(id), name: "f", parts: parts))]
        )
    }

    private func shown(_ request: ChatRequest) -> [String] {
        request.messages.map { message in
            message.parts.map { part in
                switch part {
                case .text(let text): text.text
                case .toolCall(let call): "call \(call.id.text)"
                case .toolResult(let result): "result \(result.callID.text)"
                default: "?"
                }
            }.joined(separator: "+")
        }
    }

    @Test func `the oldest turns go until the rest fits, system turns stay`() {
        var request = ChatRequest()
        request.messages = [text(.system, "rules")]
        for number in 0..<10 {
            request.messages += [text(.user, "question \(number)"), text(.assistant, "answer \(number)")]
        }
        request.messages.insert(text(.developer, "more rules"), at: 9)
        let all = Self.estimate.tokens(request)
        let dropped = Compaction(limitTokens: all / 2, keptTurns: 2, estimate: Self.estimate).apply(&request)
        #expect(Self.estimate.tokens(request) <= all / 2)
        #expect(dropped == 12 && request.messages.count == 22 - 12)
        #expect(Array(shown(request).prefix(3)) == ["rules", "more rules", "question 6"])
        #expect(shown(request).last == "answer 9")
    }

    @Test func `a call and its result go together or stay together`() {
        var request = ChatRequest()
        request.messages = [
            text(.user, "one"), call("a", "b"), result("a"), text(.user, "in between"), result("b"),
            text(.assistant, "done"),
            text(.user, "two"), call("c"), result("c", role: .user), text(.assistant, "end"),
        ]
        let dropped = Compaction(limitTokens: 1, keptTurns: 1, estimate: Self.estimate).apply(&request)
        #expect(dropped == 6)
        #expect(shown(request) == ["two", "call c", "result c", "end"])
    }

    @Test func `what cannot be cut stays whole`() {
        for messages in [
            [text(.user, "one"), text(.assistant, "two")], [text(.user, "one")], [],
            [text(.system, "rules"), text(.user, "one"), call("a"), result("a"), text(.assistant, "x")],
            [text(.assistant, "hello"), text(.assistant, "again"), text(.assistant, "more")],
        ] {
            var request = ChatRequest()
            request.messages = messages
            let before = shown(request)
            #expect(Compaction(limitTokens: 1, keptTurns: 1, estimate: Self.estimate).apply(&request) == 0)
            #expect(shown(request) == before)
        }
    }

    @Test func `without a window nothing is taken out`() throws {
        var policy = ContextPolicy()
        policy.compactAtPercent = 1
        policy.keptTurns = 1
        var request = ChatRequest()
        request.messages = (0..<9).map {
            text($0 % 2 == 0 ? .user : .assistant, String(repeating: "words ", count: 99))
        }
        #expect(Shortening(policy, windowTokens: nil, estimate: Self.estimate).shortened(request) == nil)
        let short = try #require(
            Shortening(policy, windowTokens: 1_000, estimate: Self.estimate).shortened(request)
        )
        #expect(short.request.messages.count == 1 && short.report.droppedMessages == 8)
        #expect(short.report.field.hasPrefix("compacted; dropped_messages=8; from_tokens="))
        #expect(short.report.toTokens < short.report.fromTokens)
    }

    // MARK: Any conversation

    /// A conversation as agents have them: calls in parallel, answered out of order, by ids that come again or by none.
    private func conversation(_ random: inout Random) -> ChatRequest {
        var request = ChatRequest()
        var number = 0
        if random.below(2) == 0 { request.messages.append(text(.system, "rules")) }
        for _ in 0..<(1 + random.below(12)) {
            number += 1
            request.messages.append(
                text(.user, "question \(number) " + String(repeating: "x", count: random.below(80)))
            )
            if random.below(6) == 0 { request.messages.append(text(.developer, "rule \(number)")) }
            for _ in 0..<random.below(3) {
                let names = (0..<(1 + random.below(3))).map { random.below(4) == 0 ? "" : "c\(number)-\($0)" }
                let ids = random.below(5) == 0 ? names.map { $0.isEmpty ? "" : String($0.suffix(1)) } : names
                var answers = ids
                request.messages.append(
                    ChatMessage(
                        role: .assistant,
                        parts: ids.map {
                            .toolCall(ToolCall(id: JSONString($0), name: "f", arguments: Array("{}".utf8)))
                        }
                    )
                )
                if random.below(2) == 0 { answers.reverse() }
                if random.below(12) == 0 { answers.removeLast() }
                for id in answers {
                    if random.below(9) == 0 { request.messages.append(text(.user, "meanwhile")) }
                    request.messages.append(result(id, role: random.below(2) == 0 ? .tool : .user))
                }
            }
            if random.below(5) > 0 { request.messages.append(text(.assistant, "answer \(number)")) }
        }
        return request
    }

    /// Results whose call does not stand before them, by position counted from the end.
    private func orphans(_ request: ChatRequest) -> [Int] {
        var known: [String: Int] = [:]
        var found: [Int] = []
        for (place, message) in request.messages.enumerated() {
            for part in message.parts {
                if case .toolCall(let call) = part { known[call.id.text, default: 0] += 1 }
                guard case .toolResult(let result) = part else { continue }
                if known[result.callID.text, default: 0] == 0 { found.append(request.messages.count - place) }
                if result.callID.isEmpty { known["", default: 0] -= 1 }
            }
        }
        return found
    }

    /// Calls without a result behind them, counted from the end.
    private func unanswered(_ request: ChatRequest) -> [Int] {
        var found: [Int] = []
        for (place, message) in request.messages.enumerated() {
            for part in message.parts {
                guard case .toolCall(let call) = part, !call.id.isEmpty else { continue }
                let isAnswered = request.messages[place...].contains { later in
                    later.parts.contains {
                        if case .toolResult(let result) = $0 { result.callID == call.id } else { false }
                    }
                }
                if !isAnswered { found.append(request.messages.count - place) }
            }
        }
        return found
    }

    @Test func `no result loses its call, order and system turns stay, and twice is as once`() {
        var random = Random(seed: 5)
        var cuts = 0
        for _ in 0..<4_000 {
            let request = conversation(&random)
            let kept = 1 + random.below(6)
            let all = Self.estimate.tokens(request)
            let compaction = Compaction(limitTokens: random.below(all + 20), keptTurns: kept, estimate: Self.estimate)
            var short = request
            let dropped = compaction.apply(&short)
            if dropped > 0 { cuts += 1 }
            #expect(short.messages.count == request.messages.count - dropped)
            #expect(Self.estimate.tokens(short) <= all)
            #expect(!short.messages.isEmpty)
            let before = shown(request)
            let after = shown(short)
            #expect(Array(before.suffix(min(kept, before.count))) == Array(after.suffix(min(kept, before.count))))
            #expect(before.filter { $0.hasPrefix("rule") } == after.filter { $0.hasPrefix("rule") })
            // What is kept besides is the end of the conversation, in its order.
            let turns = before.filter { !$0.hasPrefix("rule") }
            #expect(Array(turns.suffix(turns.count - dropped)) == after.filter { !$0.hasPrefix("rule") })
            #expect(Set(orphans(short)).isSubset(of: orphans(request)), "\(before) → \(after)")
            #expect(Set(unanswered(short)).isSubset(of: unanswered(request)), "\(before) → \(after)")
            #expect(compaction.apply(&short) == 0 && shown(short) == after, "\(before) → \(after) → \(shown(short))")
        }
        #expect(cuts > 1_000, "\(cuts)")
    }

    @Test(arguments: [ChatFormat.chat, .messages, .gemini, .ollama])
    func `a shortened chat is one of the same format, read back the same`(format: ChatFormat) throws {
        var request = ChatRequest()
        request.model = "m"
        request.messages = [text(.system, "rules")]
        let prose = "This is the question that I ask. Here are some more words of it."
        for number in 0..<6 {
            request.messages += [
                text(.user, "\(prose)\n\n\n\nThe number \(number) is what it has. That is all there is to say."),
                call("id\(number)"), result("id\(number)"),
                text(.assistant, "answer \(number)"),
            ]
        }
        request.tools = [ToolDefinition(name: "f")]
        var terms = RequestTerms(model: "m", streams: false)
        terms.wantsStreamUsage = false
        let body = try RequestTranslation.write(request, as: format, terms).body
        let read = try RequestTranslation.read(body, as: format)
        var policy = ContextPolicy()
        policy.compactAtPercent = 50
        policy.keptTurns = 4
        policy.compressesWhitespace = true
        let shortening = Shortening(policy, windowTokens: Self.estimate.tokens(read), estimate: Self.estimate)
        let (short, report) = try #require(shortening.shortened(read))
        #expect(report.droppedMessages > 0 && report.savedBytes > 0)
        let written = try RequestTranslation.write(short, as: format, terms).body
        #expect(written.count < body.count)
        let again = try RequestTranslation.read(written, as: format)
        #expect(shown(again) == shown(short))
        #expect(shown(again).first == "rules" && shown(again).contains { $0.hasPrefix("\(prose)\n\nThe number 5 is") })
        #expect(orphans(again).isEmpty)
        #expect(shortening.shortened(again)?.report.droppedMessages ?? 0 == 0)
    }
}
