import Anthropic
import Conversation
import Foundation
import JSON
import Testing

/// Recorded traffic, where there is some: `HOOSH_CORPUS`, else `shared/corpus` beside the package.
enum Corpus {
    static let root: URL? = {
        let environment = ProcessInfo.processInfo.environment
        let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let folder =
            environment["HOOSH_CORPUS"].map { URL(fileURLWithPath: $0) }
            ?? package.deletingLastPathComponent().appendingPathComponent("shared/corpus")
        if FileManager.default.fileExists(atPath: folder.appendingPathComponent("index.tsv").path) { return folder }
        print("NO RECORDINGS: there is no corpus in \(folder.path); set HOOSH_CORPUS. Nothing was read.")
        if environment["HOOSH_REAL"] == "1" { Issue.record("HOOSH_REAL=1 needs the corpus") }
        return nil
    }()

    struct Recording {
        let id: String
        let api: String
        let status: Int
        let request: URL?
        let response: URL
    }

    static func recordings() throws -> [Recording] {
        guard let root else { return [] }
        let table = try String(contentsOf: root.appendingPathComponent("index.tsv"), encoding: .utf8)
        let rows = table.split(separator: "\n").map { $0.split(separator: "\t", omittingEmptySubsequences: false) }
        let heads = rows[0].map(String.init)
        return rows.dropFirst().compactMap { row in
            func field(_ name: String) -> String { heads.firstIndex(of: name).map { String(row[$0]) } ?? "" }
            guard field("api").hasPrefix("anthropic.") else { return nil }
            return Recording(
                id: field("id"),
                api: field("api"),
                status: Int(field("status")) ?? 0,
                request: field("request_file").isEmpty ? nil : root.appendingPathComponent(field("request_file")),
                response: root.appendingPathComponent(field("response_file"))
            )
        }
    }

    /// A stream's bytes; where the recorder kept the data alone, its framing is put back.
    static func stream(_ recording: Recording) throws -> [UInt8]? {
        let bytes = Array(try Data(contentsOf: recording.response))
        if recording.response.lastPathComponent.hasSuffix(".res.sse") { return bytes }
        guard recording.response.lastPathComponent.hasSuffix(".res.chunks.jsonl") else { return nil }
        let lines = String(decoding: bytes, as: UTF8.self).components(separatedBy: "\n").filter { !$0.isEmpty }
        return Array(lines.map { "data: \($0)\n\n" }.joined().utf8)
    }
}

/// What a recording says, read by Foundation alone.
struct Extraction {
    var text = ""
    var reasoning = ""
    var calls: [(name: String, arguments: String)] = []
    var stopReason: String?
    var input: Int?
    var output: Int?
    private var places: [Int: Int] = [:]
    private var counts: [String: Int] = [:]

    /// Of a stream.
    init(stream: [UInt8]) throws {
        for line in String(decoding: stream, as: UTF8.self).components(separatedBy: .newlines)
        where line.hasPrefix("data:") {
            try event(try object(String(line.dropFirst(5))))
        }
        sum()
    }

    /// Of a whole answer.
    init(answer: NSDictionary) throws {
        for block in try #require(answer["content"] as? [NSDictionary]) {
            text += block["text"] as? String ?? ""
            reasoning += block["thinking"] as? String ?? ""
            guard block["type"] as? String == "tool_use" else { continue }
            let input = try JSONSerialization.data(withJSONObject: try #require(block["input"]), options: .sortedKeys)
            calls.append((block["name"] as? String ?? "", String(decoding: input, as: UTF8.self)))
        }
        stopReason = answer["stop_reason"] as? String
        count(answer["usage"])
        sum()
    }

    private mutating func event(_ event: NSDictionary) throws {
        switch event["type"] as? String {
        case "message_start": count((event["message"] as? NSDictionary)?["usage"])
        case "content_block_start":
            let block = try #require(event["content_block"] as? NSDictionary)
            let index = try #require(event["index"] as? Int)
            places[index] = nil
            text += block["text"] as? String ?? ""
            reasoning += block["thinking"] as? String ?? ""
            guard block["type"] as? String == "tool_use" else { return }
            places[index] = calls.count
            calls.append((block["name"] as? String ?? "", ""))
        case "content_block_delta":
            let delta = try #require(event["delta"] as? NSDictionary)
            text += delta["text"] as? String ?? ""
            reasoning += delta["thinking"] as? String ?? ""
            if let piece = delta["partial_json"] as? String, let call = places[event["index"] as? Int ?? -1] {
                calls[call].arguments += piece
            }
        case "message_delta":
            stopReason = (event["delta"] as? NSDictionary)?["stop_reason"] as? String ?? stopReason
            count(event["usage"])
        default: break
        }
    }

    private mutating func count(_ usage: Any?) {
        for (name, value) in usage as? [String: Any] ?? [:] { counts[name] = value as? Int ?? counts[name] }
    }

    private mutating func sum() {
        let parts = ["input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"].map { counts[$0] }
        if parts.contains(where: { $0 != nil }) { input = parts.reduce(0) { $0 + ($1 ?? 0) } }
        output = counts["output_tokens"]
    }

    static let reasons: [String: FinishReason] = [
        "end_turn": .stop, "tool_use": .toolCalls, "max_tokens": .length, "stop_sequence": .stopSequence,
        "refusal": .refusal, "pause_turn": .pause, "model_context_window_exceeded": .contextLength,
    ]
}

@Suite struct `Recorded Anthropic traffic` {
    @Test func `every stream is read as Foundation reads it, however it is cut`() throws {
        var count = 0
        for recording in try Corpus.recordings() {
            guard recording.api == "anthropic.messages", let stream = try Corpus.stream(recording) else { continue }
            count += 1
            let heard = try hear(stream)
            let said = try Extraction(stream: stream)
            #expect(heard.text == said.text, "\(recording.id)")
            #expect(heard.reasoning == said.reasoning, "\(recording.id)")
            #expect(heard.calls.map(\.name) == said.calls.map(\.name), "\(recording.id)")
            #expect(heard.calls.map(\.arguments) == said.calls.map(\.arguments), "\(recording.id)")
            #expect(heard.finish == said.stopReason.flatMap { Extraction.reasons[$0] }, "\(recording.id)")
            #expect(heard.usage?.input == said.input && heard.usage?.output == said.output, "\(recording.id)")
            #expect(heard.starts == 1, "\(recording.id)")
            #expect(try hear(stream.indices.map { stream[$0...$0] }) == heard, "\(recording.id) byte by byte")
            for distance in -64...64 {
                #expect(try hear(cut(stream, distance)) == heard, "\(recording.id) cut \(distance) beside each edge")
            }
            try compareRewritten(stream, heard, recording.id)
        }
        print("Anthropic: read \(count) recorded streams")
        #expect(count > 0 || Corpus.root == nil)
    }

    /// Cuts a stream at this distance from the end of each event.
    private func cut(_ stream: [UInt8], _ distance: Int) -> [ArraySlice<UInt8>] {
        var cuts: [Int] = []
        for index in stream.indices.dropFirst() where stream[index] == 0x0a && stream[index - 1] == 0x0a {
            let place = index + 1 + distance
            if place > cuts.last ?? 0, place < stream.count { cuts.append(place) }
        }
        return zip([0] + cuts, cuts + [stream.count]).map { stream[$0..<$1] }
    }

    private func compareRewritten(_ stream: [UInt8], _ heard: Heard, _ id: String) throws {
        var again = try hear(rewrite(stream))
        // A refusal's words are text in this dialect.
        #expect(again.text == heard.text + heard.refusal, "\(id) rewritten")
        again.text = heard.text
        again.refusal = heard.refusal
        // Some fixtures hold two answers, one behind the other.
        let isOne = String(decoding: stream, as: UTF8.self).components(separatedBy: "\"message_start\"").count == 2
        if !isOne { again.finish = heard.finish }
        // The last event of some fixtures lacks its empty line.
        if !heard.hasEnded, heard.finish != nil { again.hasEnded = false }
        #expect(again == heard, "\(id) rewritten")
    }

    @Test func `every whole answer is read as Foundation reads it`() throws {
        var count = 0
        for recording in try Corpus.recordings() where recording.api == "anthropic.messages" && recording.status == 200
        {
            guard recording.response.lastPathComponent.hasSuffix(".res.json") else { continue }
            count += 1
            let bytes = Array(try Data(contentsOf: recording.response))
            let answer = try AnthropicAnswer.read(JSONNode.parse(bytes))
            let said = try Extraction(answer: object(bytes))
            try compare(answer, said, recording.id)
            // And again, as it is written.
            let written = AnthropicAnswer.write(answer, answerTerms)
            try compare(AnthropicAnswer.read(JSONNode.parse(written)), said, recording.id)
            let (own, other) = (try object(bytes), try object(written))
            for key in ["id", "type", "role", "model", "content", "stop_reason", "stop_sequence"] {
                let isEqual = (own[key] as? NSObject) == (other[key] as? NSObject)
                #expect(isEqual || key == "content" && isRicher(own, other), "\(recording.id) \(key)")
            }
        }
        print("Anthropic: read \(count) recorded answers")
        #expect(count > 0 || Corpus.root == nil)
    }

    /// Blocks may have members that only Anthropic has (`caller`, `citations`).
    private func isRicher(_ own: NSDictionary, _ other: NSDictionary) -> Bool {
        guard let all = own["content"] as? [NSDictionary], let some = other["content"] as? [NSDictionary],
            all.count == some.count
        else { return false }
        return zip(all, some).allSatisfy { rich, poor in
            poor.allSatisfy { (rich[$0.key] as? NSObject) == ($0.value as? NSObject) }
        }
    }

    private func compare(_ answer: ChatAnswer, _ said: Extraction, _ id: String) throws {
        let choice = try #require(answer.choices.first)
        var heard = Heard()
        for part in choice.parts {
            switch part {
            case .text(let text): heard.text += text.text
            case .reasoning(let part): heard.reasoning += part.text.text
            case .toolCall(let call):
                let input = try JSONSerialization.data(
                    withJSONObject: try object(call.arguments),
                    options: .sortedKeys
                )
                heard.calls.append(
                    .init(id: call.id.text, name: call.name.text, arguments: String(decoding: input, as: UTF8.self))
                )
            default: break
            }
        }
        #expect(heard.text == said.text && heard.reasoning == said.reasoning, "\(id)")
        #expect(heard.calls.map(\.name) == said.calls.map(\.name), "\(id)")
        #expect(heard.calls.map(\.arguments) == said.calls.map(\.arguments), "\(id)")
        #expect(choice.finish == said.stopReason.flatMap { Extraction.reasons[$0] }, "\(id)")
        #expect(answer.usage?.input == said.input && answer.usage?.output == said.output, "\(id)")
    }

    @Test func `every request is read, and written with all it had`() throws {
        var count = 0
        for recording in try Corpus.recordings() {
            guard ["anthropic.messages", "anthropic.count_tokens"].contains(recording.api), let file = recording.request
            else { continue }
            count += 1
            let bytes = Array(try Data(contentsOf: file))
            let request = try AnthropicRequest.read(JSONNode.parse(bytes))
            let own = try object(bytes)
            var terms = RequestTerms(model: request.model, streams: request.streams)
            terms.defaultMaxTokens = 77
            let written = try AnthropicRequest.write(request, terms)
            let other = try object(written.body)
            let again = try AnthropicRequest.read(JSONNode.parse(written.body))
            #expect(again.messages.count == request.messages.count, "\(recording.id)")
            for key in own.allKeys.compactMap({ $0 as? String }) {
                let isNamed = written.dropped.contains { $0.hasPrefix(key) }
                #expect(
                    other[key] != nil || isNamed || key == "output_format" || key == "stream",
                    "\(recording.id) \(key)"
                )
            }
            #expect(turnCount(own) == turnCount(other), "\(recording.id)")
            #expect(texts(own) == texts(other), "\(recording.id)")
        }
        print("Anthropic: read \(count) recorded requests")
        #expect(count > 0 || Corpus.root == nil)
    }

    private func turnCount(_ request: NSDictionary) -> Int {
        var roles: [String] = []
        for message in request["messages"] as? [NSDictionary] ?? [] {
            let role = message["role"] as? String ?? ""
            if roles.last != role { roles.append(role) }
        }
        return roles.count
    }

    /// All that stands in the messages as a text somewhere, in order.
    private func texts(_ request: NSDictionary) -> [String] {
        var found: [String] = []
        func walk(_ value: Any, _ key: String) {
            if let list = value as? [Any] {
                for element in list { walk(element, key) }
            } else if let members = value as? [String: Any] {
                for key in members.keys.sorted() where !["citations", "cache_control", "caller"].contains(key) {
                    if let value = members[key] { walk(value, key) }
                }
            } else if let text = value as? String, !["type", "role"].contains(key), text != " " {
                // Blank texts are left out.
                found.append(text)
            }
        }
        walk(request["messages"] ?? [], "")
        walk(request["tools"] ?? [], "")
        return found.sorted()
    }

    @Test func `every error keeps its message and status`() throws {
        var count = 0
        for recording in try Corpus.recordings() where recording.status >= 400 {
            count += 1
            let bytes = Array(try Data(contentsOf: recording.response))
            let fault = AnthropicFault.read(status: recording.status, body: bytes)
            let error = try #require(try object(bytes)["error"] as? NSDictionary)
            #expect(fault.message.text == error["message"] as? String, "\(recording.id)")
            let (status, body) = AnthropicFault.write(fault, requestID: "r")
            #expect(status == recording.status, "\(recording.id)")
            #expect((try object(body)["error"] as? NSDictionary)?["type"] as? String == error["type"] as? String)
        }
        print("Anthropic: read \(count) recorded errors")
        #expect(count > 0 || Corpus.root == nil)
    }
}
