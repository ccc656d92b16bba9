import Anthropic
import Conversation
import Foundation
import JSON
import Testing

/// What is written, judged by the official library: `sdk-anthropic` in the cache of `Tests/Real/parts.sh`.
@Suite struct `Anthropic's own library` {
    static let python: URL? = {
        let environment = ProcessInfo.processInfo.environment
        let home = environment["XDG_CACHE_HOME"] ?? (environment["HOME"] ?? "/root") + "/.cache"
        let cache = environment["HOOSH_CACHE"] ?? home + "/hoosh-proxy"
        let python = URL(fileURLWithPath: cache).appendingPathComponent("sdk-anthropic/bin/python")
        if FileManager.default.isExecutableFile(atPath: python.path) { return python }
        print("NO LIBRARY: the anthropic SDK is not in \(python.path); run Tests/Real/parts.sh. Nothing was judged.")
        if environment["HOOSH_REAL"] == "1" { Issue.record("HOOSH_REAL=1 needs the SDK") }
        return nil
    }()

    /// What the library makes of files, by their names.
    private func replay(_ files: [String: [UInt8]]) throws -> NSDictionary? {
        guard let python = Self.python else { return nil }
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("anthropic-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for (name, bytes) in files { try Data(bytes).write(to: folder.appendingPathComponent(name)) }
        let process = Process()
        process.executableURL = python
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("replay.py")
        process.arguments = ["-W", "ignore", script.path, folder.path]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let said = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        return try object(Array(said))
    }

    private var script: Script {
        var script = Script()
        script.say("chatcmpl-1", "gpt") { .started(id: $0[0], model: $0[1], created: 5) }
        script.say("hm") { .reasoning(choice: 0, $0[0]) }
        script.say("sealed") { .signature(choice: 0, $0[0]) }
        script.say("Emw") { .redacted(choice: 0, $0[0]) }
        script.say("a\n\"é🙂") { .text(choice: 0, $0[0]) }
        script.say("b") { .text(choice: 0, $0[0]) }
        script.say("c1", "f") { .toolCall(choice: 0, index: 0, id: $0[0], name: $0[1]) }
        script.say(#"{"x""#) { .toolArguments(choice: 0, index: 0, $0[0]) }
        script.say(":1}") { .toolArguments(choice: 0, index: 0, $0[0]) }
        script.say("g") { .toolCall(choice: 0, index: 1, id: .absent, name: $0[0]) }
        script.sayValue(#"{"y": "é\n"}"#) { .toolArguments(choice: 0, index: 1, $0) }
        script.say("h") { .toolCall(choice: 0, index: 2, id: .absent, name: $0[0]) }
        return script
    }

    @Test func `streams, answers, errors and lists are taken as they are meant`() throws {
        var whole = script
        var usage = TokenUsage()
        usage.input = 10
        usage.output = 4
        usage.cachedInput = 6
        whole.say(.finished(choice: 0, .toolCalls, stopSequence: .absent))
        whole.say(.usage(usage))
        var failing = script
        failing.say("busy") { .failed(.overloaded, message: $0[0], type: .absent, code: .absent) }
        var stopped = Script()
        stopped.say("END") { .finished(choice: 0, .stopSequence, stopSequence: $0[0]) }
        var files = ["whole.sse": whole.finish(), "failing.sse": failing.finish(), "stopped.sse": stopped.finish()]
        files["models.list"] = AnthropicModels.write(ids: ["a", "b"], created: 1_700_000_000)
        files["models.one"] = AnthropicModels.write(id: "a", created: 1_700_000_000)
        files["tokens.count"] = AnthropicCount.write(12)
        let statuses = [400, 401, 403, 404, 413, 429, 500, 504, 529]
        for status in statuses {
            let fault = ChatFault(kind: ChatFault.kind(ofStatus: status), status: status, message: "words")
            files["e\(status).\(status).error"] = AnthropicFault.write(fault, requestID: "r").body
        }
        guard let heard = try replay(files) else { return }
        let message = try #require(heard["whole.sse"] as? NSDictionary)
        let content = #"""
            {"content":[{"type":"thinking","thinking":"hm","signature":"sealed"},{"type":"redacted_thinking","data":"Emw"},
            {"type":"text","text":"a\n\"é🙂b"},{"type":"tool_use","id":"c1","name":"f","input":{"x":1}},
            {"type":"tool_use","id":"toolu_r1_1","name":"g","input":{"y":"é\n"}},
            {"type":"tool_use","id":"toolu_r1_2","name":"h","input":{}}]}
            """#
        #expect(message["content"] as? NSArray == (try object(content)["content"] as? NSArray))
        #expect(message["id"] as? String == "chatcmpl-1" && message["model"] as? String == "gpt")
        #expect(message["stop_reason"] as? String == "tool_use" && message["role"] as? String == "assistant")
        #expect(
            message["usage"] as? NSDictionary == ["input_tokens": 4, "cache_read_input_tokens": 6, "output_tokens": 4]
        )
        let end = try #require(heard["stopped.sse"] as? NSDictionary)
        #expect(end["stop_reason"] as? String == "stop_sequence" && end["stop_sequence"] as? String == "END")
        let failure = try #require(heard["failing.sse"] as? NSDictionary)
        #expect((failure["words"] as? String)?.contains("busy") == true, "\(failure)")
        #expect((heard["models.list"] as? NSDictionary)?["ids"] as? [String] == ["a", "b"])
        #expect((heard["models.one"] as? NSDictionary)?["created_at"] as? String == "2023-11-14T22:13:20Z")
        #expect(heard["tokens.count"] as? NSDictionary == ["input_tokens": 12])
        let classes = statuses.map { (heard["e\($0).\($0).error"] as? NSDictionary)?["exception"] as? String ?? "none" }
        #expect(
            classes == [
                "BadRequestError", "AuthenticationError", "PermissionDeniedError", "NotFoundError",
                "ContentTooLargeError",
                "RateLimitError", "InternalServerError", "GatewayTimeoutError", "OverloadedError",
            ]
        )
    }

    @Test func `what is written again says what the recording said`() throws {
        var files: [String: [UInt8]] = [:]
        for recording in try Corpus.recordings() where recording.api == "anthropic.messages" && recording.status == 200
        {
            let name = String(recording.id.dropFirst("anthropic/".count))
            if let stream = try Corpus.stream(recording) {
                // The library goes by the events' names, which some recorders lost.
                let named = try String(decoding: stream, as: UTF8.self).components(separatedBy: "\n").map { line in
                    guard line.hasPrefix("data: "), recording.response.pathExtension == "jsonl" else { return line }
                    let type = try object(String(line.dropFirst(6)))["type"] as? String ?? ""
                    return "event: \(type)\n\(line)"
                }
                files["raw-\(name).sse"] = Array(named.joined(separator: "\n").utf8)
                files["new-\(name).sse"] = try rewrite(stream)
            } else if recording.response.lastPathComponent.hasSuffix(".res.json") {
                let bytes = Array(try Data(contentsOf: recording.response))
                files["raw-\(name).json"] = bytes
                files["new-\(name).json"] = AnthropicAnswer.write(
                    try AnthropicAnswer.read(JSONNode.parse(bytes)),
                    answerTerms
                )
            }
        }
        guard !files.isEmpty, let heard = try replay(files) else { return }
        var count = 0
        for name in files.keys.sorted() where name.hasPrefix("raw-") {
            let raw = try #require(heard[name] as? NSDictionary)
            let new = try #require(heard["new-" + name.dropFirst(4)] as? NSDictionary)
            // What the library cannot read, or two answers in one stream, say nothing to compare.
            let starts = text(files[name] ?? []).components(separatedBy: "\"message_start\"").count - 1
            if raw["exception"] != nil || starts > 1 { continue }
            count += 1
            #expect(blocks(new) == blocks(raw), "\(name)")
            for key in ["id", "model", "stop_reason", "stop_sequence"] {
                #expect(new[key] as? String == raw[key] as? String, "\(name) \(key)")
            }
            let (said, was) = (new["usage"] as? NSDictionary, raw["usage"] as? NSDictionary)
            for key in ["input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"] {
                #expect(said?[key] as? Int == was?[key] as? Int, "\(name) \(key)")
            }
        }
        print("Anthropic's library: \(count) recordings say the same when they are written again")
        #expect(count > 0)
    }

    /// Texts joined, thinking, and calls in their order; what only Anthropic has is left out, as it is in streams.
    private func blocks(_ message: NSDictionary) -> [String] {
        var words = ""
        var lines: [String] = []
        for block in message["content"] as? [NSDictionary] ?? [] {
            switch block["type"] as? String {
            case "text": words += block["text"] as? String ?? ""
            case "thinking": lines.append("thinking \(block["thinking"] ?? "") \(block["signature"] ?? "")")
            case "redacted_thinking": lines.append("redacted \(block["data"] ?? "")")
            case "tool_use":
                let options: JSONSerialization.WritingOptions = [.sortedKeys, .fragmentsAllowed]
                let input = try? JSONSerialization.data(withJSONObject: block["input"] ?? "", options: options)
                lines.append("call \(block["id"] ?? "") \(block["name"] ?? "") \(text(input ?? Data()))")
            default: continue
            }
        }
        let refusal = (message["stop_details"] as? NSDictionary)?["explanation"] as? String ?? ""
        return lines + ["text " + words + refusal]
    }
}
