import Dialect
import Foundation
import Routing
import Shortening
import Testing

/// Chats that stay in their format: what stays of them stays byte for byte.
@Suite struct BodyChangeTests {
    private static let estimate = TokenEstimate(tenthsPerToken: 40)
    private let long = String(repeating: "w ", count: 3_000)

    private func shortening(window: Int = 1_000, keeps turns: Int = 2, compresses: Bool = true) -> Shortening {
        var policy = ContextPolicy()
        policy.compactAtPercent = 80
        policy.keptTurns = turns
        policy.compressesWhitespace = compresses
        return Shortening(policy, windowTokens: window, estimate: Self.estimate)
    }

    private func short(
        _ body: String,
        _ format: ChatFormat,
        _ shortening: Shortening? = nil
    ) -> (body: String, report: Shortening.Report)? {
        let bytes = Array(body.utf8)
        guard let (changes, report) = (shortening ?? self.shortening()).changes(to: bytes, in: format) else {
            return nil
        }
        return (String(decoding: BodyChange.apply(changes, to: bytes), as: UTF8.self), report)
    }

    // MARK: What stays

    private static let chatRest = """
        {"role":"user", "name":"bob","content":[{"type":"text","text":"I am Bob","cache_control":{"type":"ephemeral"}}\\
        ,{"type":"image_url","image_url":{"url":"https://x/a.png"},"cache_control":{"type":"ephemeral"}}]} , \
        {"role":"assistant","content":"x","tool_calls":[{"id":"c1","type":"function","index":0,"function":{"name":"f",\
        "arguments":"{\\"a\\": 1,  \\"b\\":2}","zz":1},"extra_content":{"google":{"thought_signature":"SIG"}}}],\
        "reasoning_content":"because","audio":{"id":"audio_1"},"annotations":[{"type":"url_citation"}],"refusal":null},
        {"role":"tool","tool_call_id":"c1","name":"f","content":"r","cache_control":{"type":"ephemeral"}},
        {"role":"assistant","content":"y","prefix":true,"vendor_x":5},{"role":"user","name":"carol","content":"end"}
        """.replacing("\\\n", with: "\n")

    private static let messagesRest = """
        {"role":"user","content":[{"type":"document","source":{"type":"text","media_type":"text/plain","data":"doc"},\
        "title":"T","context":"C","citations":{"enabled":true},"cache_control":{"type":"ephemeral","ttl":"1h"}},\
        {"type":"text","text":"q","cache_control":{"type":"ephemeral"}}]},
        {"role":"assistant","content":[{"type":"thinking","thinking":"t","signature":"sig"},{"type":"redacted_thinking",\
        "data":"zz"},{"type":"server_tool_use","id":"srvtoolu_1","name":"web_search","input":{"query":"q"}},\
        {"type":"web_search_tool_result","tool_use_id":"srvtoolu_1","content":[]},{"type":"text","text":"ans",\
        "citations":[{"type":"web_search_result_location","cited_text":"c"}]},{"type":"tool_use","id":"t1","name":"f",\
        "input":{"a":1.0},"caller":{"type":"direct"}}]},
        {"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","is_error":false,"content":[{"type":"text",\
        "text":"r"},{"type":"search_result","source":"s","title":"x","content":[]}],"cache_control":{"type":"ephemeral"}}]}
        """

    private static let geminiRest = """
        {"role":"user","parts":[{"text":"see"},{"inlineData":{"mimeType":"image/png","data":"AAAA","displayName":"n"},\
        "mediaResolution":{"level":"MEDIA_RESOLUTION_LOW"}},{"fileData":{"mimeType":"video/mp4","fileUri":"https://y"},\
        "videoMetadata":{"startOffset":"1s"}}]},
        {"role":"model","parts":[{"text":"th","thought":true},{"functionCall":{"name":"f","args":{"a":1.0},"id":"i"},\
        "thoughtSignature":"AAAA"},{"executableCode":{"language":"PYTHON","code":"1"}}]},
        {"role":"user","parts":[{"functionResponse":{"name":"f","id":"i","response":{"output":"x","z":1},\
        "willContinue":false,"scheduling":"SILENT"}}]}
        """

    @Test func `of turns that stay no byte changes, nor of the members beside them`() throws {
        let cases: [(ChatFormat, String, String, String, String)] = [
            (
                .chat,
                #"{"temperature":1.0e0,"x":{"a":1,"a":2}, "n":1e400,"messages": [ {"role":"system","content":"s"},"#,
                #" {"role":"user","content":"\#(long)"} , {"role":"assistant","content":"k"},"#, Self.chatRest,
                #" ] ,"model":"m"}"#
            ),
            (
                .messages, #"{"model":"m","max_tokens":5,"messages":["#,
                #"{"role":"user","content":"\#(long)"},{"role":"assistant","content":"k"},"#, Self.messagesRest, "]}"
            ),
            (
                .gemini, #"{"contents":["#,
                #"{"role":"user","parts":[{"text":"\#(long)"}]},{"role":"model","parts":[{"text":"a"}]},"#,
                Self.geminiRest, #"],"safetySettings":[]}"#
            ),
            (
                .ollama, #"{"model":"m","messages":["#,
                #"{"role":"user","content":"\#(long)"},{"role":"assistant","content":"k"},"#,
                #"{"role":"user","content":"a","images":["AAAA"],"zz":1},{"role":"assistant","content":"","thinking":"t"}"#,
                #"],"keep_alive":5}"#
            ),
        ]
        for (format, start, gone, rest, end) in cases {
            let found = try #require(short(start + gone + rest + end, format), "\(format)")
            // White space around what goes is nobody's.
            #expect(squeezed(found.body) == squeezed(start + rest + end), "\(format): \(found.body)")
            #expect(found.body.hasSuffix(rest + end) && found.body.hasPrefix(start), "\(format)")
            #expect(found.report.droppedMessages == 2 && found.report.savedBytes == 0)
            #expect(found.report.toTokens < found.report.fromTokens)
        }
    }

    private func squeezed(_ text: String) -> String { text.filter { $0 != " " } }

    @Test(arguments: [
        #"[{"type":"text","text":"a"},{"type":"weird","v":1}]"#, "null", "7", #"[{"type":"text"}]"#,
        #"[{"type":"file","file":{"file_id":"f1"}}]"#, "{}",
    ])
    func `what is not understood does not keep a chat long`(content: String) throws {
        let last = #"{"role":"user","content":\#(content)}"#
        let body =
            #"{"n":1e400,"stop":5,"tools":"x","messages":[{"role":"user","content":"\#(long)"},"#
            + #"{"role":"user","content":"b"},\#(last)]}"#
        let found = try #require(short(body, .chat))
        #expect(found.report.droppedMessages == 1 && found.body.hasSuffix(#""b"},\#(last)]}"#))
    }

    @Test func `what cannot be done is told`() throws {
        for body in [
            #"{"messages":"x"}"#, #"{"messages":[],"messages":[]}"#, "[]", "{}", #"{"messages":{"role":"user"}}"#,
        ] {
            let found = try #require(short(body, .chat))
            #expect(found.body == body && found.report.field == "unchanged; reason=unreadable")
        }
        let body = #"{"messages":[{"role":"user","content":"\#(long)"},{"role":"user","content":"b"}]}"#
        let found = try #require(short(body, .chat))
        #expect(found.body == body && found.report.field.hasPrefix("uncompacted; reason=no_place_to_cut; from_tokens="))
        #expect(short(#"{"messages":[{"role":"user","content":"b"}]}"#, .chat) == nil)
    }

    @Test func `a system turn of Anthropic's keeps the turn before it`() throws {
        let turns = (0..<4).map { #"{"role":"user","content":"\#($0) \#(long)"}"# }
        let system = #"{"role":"system","content":"rules"}"#
        let body = #"{"messages":[\#([turns[0], turns[1], system, turns[2], turns[3]].joined(separator: ","))]}"#
        let found = try #require(short(body, .messages))
        #expect(found.body == #"{"messages":[\#([turns[1], system, turns[2], turns[3]].joined(separator: ","))]}"#)
        let chat = try #require(short(body, .chat))
        #expect(chat.body == #"{"messages":[\#([system, turns[2], turns[3]].joined(separator: ","))]}"#)
    }

    @Test func `calls without ids are answered in their order`() throws {
        func turn(_ number: Int) -> String {
            #"{"role":"user","content":"\#(number) \#(long)"},"#
                + #"{"role":"assistant","content":"","tool_calls":[{"function":{"name":"f","arguments":{}}}]},"#
                + #"{"role":"tool","content":"r"},{"role":"assistant","content":"done"}"#
        }
        let body = #"{"messages":[\#((0..<4).map(turn).joined(separator: ","))]}"#
        let found = try #require(short(body, .ollama, shortening(window: 2_500)))
        #expect(found.body == #"{"messages":[\#(turn(3))]}"#)
    }

    // MARK: Texts

    private static let prose =
        #"This is some prose \nof two lines here. It has two sentences. \n\n\n\n\nAnd here is the next one of them. It is as plain."#
    private static let thin =
        #"This is some prose\nof two lines here. It has two sentences.\n\nAnd here is the next one of them. It is as plain."#

    @Test func `only texts of people and models that are nothing but texts are compressed`() throws {
        let (prose, thin) = (Self.prose, Self.thin)
        func body(_ text: String) -> String {
            #"{"x": 1.0 ,"messages":[{"role":"system","content":"\#(text)"},{"role":"user","content":[{"text":"\#(text)", "type":"text"},"#
                + #"{"type":"text","text":"\#(prose)","zz":1},{"type":"image_url","image_url":{"url":"u"}}]},"#
                + #"{"role":"assistant","content":"\#(text)","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"\#(prose)"}}]},"#
                + #"{"role":"tool","tool_call_id":"c","content":"\#(prose)"},{"role":"assistant","content":"\#(prose)","reasoning_content":"t"},"#
                + #"{"role":"assistant","content":"\#(prose)","annotations":[{"start_index":3}]},{"role":"user","content":[{"type":"weird"},{"type":"text","text":"\#(prose)"}]},"#
                + #"{"role":"user","content":"\#(text)","name":"b"},{"role":"assistant","content":"\#(prose)"}]}"#
        }
        let found = try #require(short(body(prose), .chat, shortening(window: 100_000)))
        #expect(found.body == body(thin))
        #expect(found.report.savedBytes == 4 * 5 && found.report.droppedMessages == 0)
    }

    @Test func `Anthropic's and Gemini's texts are compressed too, sealed turns are not`() throws {
        let (prose, thin) = (Self.prose, Self.thin)
        func messages(_ text: String) -> String {
            #"{"system":[{"type":"text","text":"\#(text)","cache_control":{"type":"ephemeral"}}],"messages":[{"role":"user","content":"\#(text)"},"#
                + #"{"role":"assistant","content":[{"type":"thinking","thinking":"t","signature":"s"},{"type":"text","text":"\#(prose)"}]},"#
                + #"{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":"\#(prose)"},{"type":"document","source":{"type":"text","data":"\#(prose)"}}]}]}"#
        }
        func gemini(_ text: String) -> String {
            #"{"system_instruction":{"parts":[{"text":"\#(text)"}]},"contents":[{"parts":[{"text":"\#(text)"}]},"#
                + #"{"role":"model","parts":[{"text":"\#(prose)","thoughtSignature":"AA"}]},{"role":"user","parts":[{"text":"\#(prose)","zz":1},{"text":"\#(text)"}]}]}"#
        }
        #expect(short(messages(prose), .messages, shortening(window: 100_000))?.body == messages(thin))
        #expect(short(gemini(prose), .gemini, shortening(window: 100_000))?.body == gemini(thin))
    }

    // MARK: Any chat

    @Test func `whatever the chat, what stays is a run of its own turns, and calls keep their results`() throws {
        var random = Random(seed: 77)
        var cuts = 0
        for _ in 0..<1_500 {
            let elements = chat(&random)
            let body = #"{"messages":[\#(elements.joined(separator: " , "))]}"#
            let kept = 1 + random.below(4)
            let found = short(body, .chat, shortening(window: 60 + random.below(400), keeps: kept))
            guard let found, found.report.droppedMessages > 0 else { continue }
            cuts += 1
            let object = try JSONSerialization.jsonObject(with: Data(found.body.utf8)) as? [String: Any]
            let left = try #require(object?["messages"] as? [[String: Any]])
            #expect(left.count == elements.count - found.report.droppedMessages)
            // Every turn that stays stands there as it was spelled, and the newest are among them.
            let system = elements.filter { $0.contains("system") }
            let others = elements.filter { !$0.contains("system") }
            let stays = others.suffix(left.count - system.count)
            #expect(stays.count >= min(kept, others.count))
            var gone = elements
            gone.removeAll { !$0.contains("system") && !stays.contains($0) }
            #expect(found.body == #"{"messages":[\#(gone.joined(separator: " , "))]}"#)
            let calls = Set(
                left.flatMap { ($0["tool_calls"] as? [[String: Any]] ?? []).compactMap { $0["id"] as? String } }
            )
            for result in left.compactMap({ $0["tool_call_id"] as? String }) { #expect(calls.contains(result)) }
            #expect(left.first { $0["role"] as? String != "system" }?["role"] as? String == "user")
        }
        #expect(cuts > 500, "\(cuts)")
    }

    /// Turns that differ from one another.
    private func chat(_ random: inout Random) -> [String] {
        var elements: [String] = []
        for number in 0..<(2 + random.below(9)) {
            if random.below(7) == 0 { elements.append(#"{"role": "system","content":"rule \#(number)"}"#) }
            elements.append(
                #"{"role":"user","content":"\#(number) \#(String(repeating: "word ", count: random.below(60)))"}"#
            )
            guard random.below(3) > 0 else { continue }
            let ids = (0..<(1 + random.below(3))).map { "c\(number)-\($0)" }
            let calls = ids.map { #"{"id":"\#($0)","type":"function","function":{"name":"f","arguments":"{}"}}"# }
            elements.append(#"{"role":"assistant","content":null,"tool_calls":[\#(calls.joined(separator: ","))]}"#)
            for id in random.below(2) == 0 ? ids : ids.reversed() {
                if random.below(5) == 0 { elements.append(#"{"role":"user","content":"meanwhile \#(id)"}"#) }
                elements.append(#"{"role":"tool","tool_call_id":"\#(id)","content":"result \#(id)"}"#)
            }
            elements.append(#"{"role":"assistant","content":"answer \#(number)"}"#)
        }
        return elements
    }
}
