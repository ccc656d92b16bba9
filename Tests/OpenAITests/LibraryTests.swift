import Conversation
import Foundation
import JSON
import OpenAI
import Testing

/// What is written, judged by the official library: `sdk-openai` in the cache of `Tests/Real/parts.sh`.
@Suite struct `OpenAI's own library` {
    static let python: URL? = {
        let environment = ProcessInfo.processInfo.environment
        let home = environment["XDG_CACHE_HOME"] ?? (environment["HOME"] ?? "/root") + "/.cache"
        let cache = environment["HOOSH_CACHE"] ?? home + "/hoosh-proxy"
        let python = URL(filePath: cache).appending(path: "sdk-openai/bin/python")
        if FileManager.default.isExecutableFile(atPath: python.path) { return python }
        print("NO LIBRARY: the openai SDK is not in \(python.path); run Tests/Real/parts.sh. Nothing was judged.")
        if environment["HOOSH_REAL"] == "1" { Issue.record("HOOSH_REAL=1 needs the SDK") }
        return nil
    }()

    /// What the library makes of files, by their names; nil when it is not there.
    private func replay(_ files: [String: [UInt8]]) throws -> [String: [String: Any]]? {
        guard let python = Self.python else { return nil }
        let folder = FileManager.default.temporaryDirectory.appending(path: "openai-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for (name, bytes) in files { try Data(bytes).write(to: folder.appending(path: name)) }
        let process = Process()
        process.executableURL = python
        let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "replay.py")
        process.arguments = ["-W", "ignore", script.path, folder.path]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let said = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        return try json([UInt8](said)) as? [String: [String: Any]]
    }

    @Test func `it puts recorded streams together as they were said, in all three APIs`() throws {
        var files: [String: [UInt8]] = [:]
        var expected: [String: Heard] = [:]
        for recording in try Recording.all(api: "openai.chat") where recording.isStream {
            let text = String(decoding: recording.response, as: UTF8.self)
            let name = recording.id.replacingOccurrences(of: "/", with: "_")
            let heard = try Listening.hear(text)
            // Those that fail or are cut off raise exceptions, as they should.
            guard heard.failure == nil, heard.choices[0]?.finish != .length else { continue }
            expected[name] = heard
            files["\(name).chat"] = Array(try Listening.rewrite(text, OpenAIStreamWriter(.sample)).utf8)
            files["\(name).responses"] = Array(try Listening.rewrite(text, ResponsesStreamWriter(.sample)).utf8)
            files["\(name).completions"] = Array(try Listening.rewrite(text, CompletionsStreamWriter(.sample)).utf8)
        }
        guard let answers = try replay(files) else { return }
        for (name, heard) in expected {
            let said = heard.choices[0] ?? Heard.Choice()
            let calls = said.calls.sorted { $0.key < $1.key }.map(\.value)
            let arguments = calls.map { $0.arguments.isEmpty ? "{}" : $0.arguments }
            let chat = try #require(answers["\(name).chat"])
            let message = (chat["choices"] as? [[String: Any]])?.first?["message"] as? [String: Any]
            #expect(message?["content"] as? String ?? "" == said.text, "\(name): \(chat["words"] ?? "")")
            #expect(message?["reasoning_content"] as? String ?? "" == said.reasoning, "\(name)")
            let functions = (message?["tool_calls"] as? [[String: Any]] ?? []).map { $0["function"] as? [String: Any] }
            #expect(functions.map { $0?["arguments"] as? String } == arguments, "\(name)")
            if let input = heard.usage?.input {
                #expect((chat["usage"] as? [String: Any])?["prompt_tokens"] as? Int == input, "\(name)")
            }
            let response = try #require(answers["\(name).responses"])
            #expect(response["type"] as? String == "response.completed", "\(name): \(response["words"] ?? "")")
            let items = response["output"] as? [[String: Any]] ?? []
            let texts = items.flatMap { $0["content"] as? [[String: Any]] ?? [] }.compactMap { $0["text"] as? String }
            #expect(texts.joined() == said.text, "\(name)")
            #expect(items.compactMap { $0["arguments"] as? String } == arguments, "\(name)")
            if heard.choices.count == 1 {
                #expect(answers["\(name).completions"]?["text"] as? String == said.text + said.refusal, "\(name)")
            }
        }
    }

    @Test func `it takes whole answers in all three APIs without a member of the wrong type`() throws {
        var files: [String: [UInt8]] = [:]
        for recording in try Recording.all(api: "openai.chat") where !recording.isStream && recording.status == 200 {
            let answer = try OpenAIAnswer.read(try JSONNode.parse(recording.response))
            let name = recording.id.replacingOccurrences(of: "/", with: "_")
            files["\(name).chat.json"] = OpenAIAnswer.write(answer, .sample)
            files["\(name).responses.json"] = ResponsesAnswer.write(answer, .sample)
            files["\(name).completions.json"] = CompletionsAnswer.write(answer, .sample)
        }
        guard let answers = try replay(files) else { return }
        for (name, answer) in answers { #expect(answer["exception"] == nil, "\(name): \(answer["words"] ?? "")") }
    }

    @Test func `it raises the exception of each status, and one for an error in a stream`() throws {
        let statuses = [400, 401, 403, 404, 413, 429, 500, 503, 504]
        var files: [String: [UInt8]] = [:]
        for status in statuses {
            let fault = ChatFault(kind: ChatFault.kind(ofStatus: status), status: status, message: "words")
            files["e.\(status).error"] = OpenAIFault.write(fault, requestID: "r").body
        }
        let stream =
            "data: {\"id\":\"c\",\"choices\":[{\"delta\":{\"content\":\"x\"}}]}\n\ndata: {\"error\":\"busy\"}\n\n"
        files["s.chat"] = Array(try Listening.rewrite(stream, OpenAIStreamWriter(.sample)).utf8)
        files["s.responses"] = Array(try Listening.rewrite(stream, ResponsesStreamWriter(.sample)).utf8)
        guard let answers = try replay(files) else { return }
        #expect(
            statuses.map { answers["e.\($0).error"]?["exception"] as? String ?? "none" } == [
                "BadRequestError", "AuthenticationError", "PermissionDeniedError", "NotFoundError", "APIStatusError",
                "RateLimitError", "InternalServerError", "InternalServerError", "InternalServerError",
            ]
        )
        #expect(answers["s.chat"]?["exception"] as? String == "APIError")
        #expect(answers["s.chat"]?["words"] as? String == "busy")
        #expect(answers["s.responses"]?["type"] as? String == "response.failed")
    }
}
