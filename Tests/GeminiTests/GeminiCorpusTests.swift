import Bytes
import CodecKit
import Conversation
import Foundation
import Gemini
import JSON
import Testing

/// What Foundation finds in recorded answers.
private struct Found {
    var text: [Int: String] = [:]
    var reasoning: [Int: String] = [:]
    var calls: [Int: [(name: String, arguments: NSDictionary, signature: String?)]] = [:]
    var finish: [Int: String] = [:]
    var usage: [String: Int] = [:]

    mutating func add(_ answer: NSDictionary) {
        for candidate in answer["candidates"] as? [NSDictionary] ?? [] {
            let choice = candidate["index"] as? Int ?? 0
            let content = candidate["content"] as? NSDictionary
            for part in content?["parts"] as? [NSDictionary] ?? [] { add(part, choice) }
            if let reason = candidate["finishReason"] as? String { finish[choice] = reason }
        }
        // Counts with a total are all that was counted.
        if (answer["usageMetadata"] as? NSDictionary)?["totalTokenCount"] != nil { usage = [:] }
        for (key, value) in answer["usageMetadata"] as? NSDictionary ?? [:] {
            if let key = key as? String, let value = value as? Int { usage[key] = value }
        }
    }

    private mutating func add(_ part: NSDictionary, _ choice: Int) {
        if let call = part["functionCall"] as? NSDictionary {
            calls[choice, default: []].append(
                (
                    call["name"] as? String ?? "", call["args"] as? NSDictionary ?? [:],
                    part["thoughtSignature"] as? String
                )
            )
        } else if let text = part["text"] as? String, !text.isEmpty {
            if part["thought"] as? Bool == true {
                reasoning[choice, default: ""] += text
            } else {
                self.text[choice, default: ""] += text
            }
        }
    }

    func expectEqual(_ gathered: Gathered, _ id: String) throws {
        #expect(gathered.text == text, "\(id)")
        #expect(gathered.reasoning == reasoning, "\(id)")
        #expect(gathered.calls.keys.sorted() == calls.keys.sorted(), "\(id)")
        for (choice, list) in calls {
            let read = gathered.calls[choice] ?? []
            #expect(read.map(\.name) == list.map(\.name), "\(id)")
            #expect(read.map(\.signature) == list.map(\.signature), "\(id)")
            for (one, other) in zip(read, list) {
                #expect(try object(one.arguments.isEmpty ? "{}" : one.arguments) == other.arguments, "\(id)")
            }
        }
        // What has no reason gets one when it is written again.
        #expect(Set(finish.keys).isSubset(of: gathered.finish.keys), "\(id)")
        for (choice, word) in finish where word == "STOP" {
            #expect(gathered.finish[choice] == (calls[choice] == nil ? .stop : .toolCalls), "\(id)")
        }
        expectUsage(gathered.usage, id)
    }

    func expectUsage(_ read: TokenUsage, _ id: String) {
        func sum(_ names: String...) -> Int? {
            let values = names.compactMap { usage[$0] }
            return values.isEmpty ? nil : values.reduce(0, +)
        }
        #expect(read.input == sum("promptTokenCount", "toolUsePromptTokenCount"), "\(id)")
        // A session of the Live API counts its answer under another name.
        let answer = usage["candidatesTokenCount"] == nil ? "responseTokenCount" : "candidatesTokenCount"
        #expect(read.output == sum(answer, "thoughtsTokenCount"), "\(id)")
        #expect(read.reasoning == usage["thoughtsTokenCount"], "\(id)")
        #expect(read.cachedInput == usage["cachedContentTokenCount"], "\(id)")
        // Where there is no total, writers add one up.
        if let total = usage["totalTokenCount"] { #expect(read.total == total, "\(id)") }
    }
}

@Suite struct GeminiCorpusTests {
    private let corpus = Corpus.load(apis: ["gemini.generateContent", "gemini.streamGenerateContent"])

    private func recordings(_ matches: (Corpus.Recording) -> Bool) -> [Corpus.Recording] {
        #expect(corpus != nil || !Corpus.isRequired, "HOOSH_REAL=1 wants the corpus")
        return corpus?.recordings.filter(matches) ?? []
    }

    /// The deltas of a whole answer's parts would be the same: gathers them for comparison.
    private func gathered(_ answer: ChatAnswer) -> Gathered {
        var gathered = Gathered()
        for choice in answer.choices {
            for part in choice.parts {
                switch part {
                case .text(let text) where !text.isEmpty: gathered.text[choice.index, default: ""] += text.text
                case .reasoning(let thought) where !thought.text.isEmpty:
                    gathered.reasoning[choice.index, default: ""] += thought.text.text
                case .toolCall(let call):
                    var read = Gathered.Call()
                    read.name = call.name.text
                    read.arguments = String(decoding: call.arguments, as: UTF8.self)
                    read.signature = call.signature?.text
                    gathered.calls[choice.index, default: []].append(read)
                default: break
                }
            }
            gathered.finish[choice.index] = choice.finish
        }
        gathered.usage = answer.usage ?? TokenUsage()
        return gathered
    }

    @Test func `every recorded answer is read as Foundation finds it`() throws {
        let all = recordings { $0.api == "gemini.generateContent" && $0.status == 200 && !$0.id.contains("batch") }
        for recording in all {
            let json = try object(recording.response)
            guard json["candidates"] != nil else { continue }
            var found = Found()
            found.add(json)
            let answer = try GeminiAnswer.read(try JSONNode.parse(recording.response))
            try found.expectEqual(gathered(answer), recording.id)
            // Written and read again, nothing is lost.
            let written = GeminiAnswer.write(answer, .sample)
            try found.expectEqual(gathered(try GeminiAnswer.read(try JSONNode.parse(written))), recording.id + " again")
        }
        print("Gemini: read \(all.count) recorded answers")
    }

    @Test func `every recorded stream is read as Foundation finds it, in any pieces`() throws {
        var count = 0
        for recording in recordings({ $0.api == "gemini.streamGenerateContent" && $0.framing != "json" }) {
            var bytes = recording.response
            if recording.framing == "chunks" {
                bytes = bytes.split(separator: 0x0a).flatMap { Array("data: ".utf8) + $0 + [0x0a, 0x0a] }
            }
            var found = Found()
            let lines = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline)
            for line in lines where line.hasPrefix("data: ") { found.add(try object(String(line.dropFirst(6)))) }
            let (whole, isComplete) = try Feeding.read([bytes[...]], .events, with: GeminiStreamReader.self)
            try found.expectEqual(whole, recording.id)
            #expect(isComplete == !found.finish.isEmpty, "\(recording.id)")
            let small = bytes.prefix(20_000)
            let bytewise = try Feeding.read(
                Feeding.bytewise(Array(small)) + [bytes[small.endIndex...]],
                .events,
                with: GeminiStreamReader.self
            )
            #expect(bytewise.gathered == whole, "\(recording.id)")
            // Every boundary within 64 bytes of an event's end, for streams small enough to read so often.
            for cut in Feeding.cuts(bytes) where bytes.count < 6_000 {
                let (parts, _) = try Feeding.read(cut, .events, with: GeminiStreamReader.self)
                #expect(parts == whole, "\(recording.id)")
            }
            let written = try Feeding.translate(
                bytes,
                .events,
                from: GeminiStreamReader.self,
                to: GeminiStreamWriter.self
            )
            var (again, _) = try Feeding.read([written[...]], .events, with: GeminiStreamReader.self)
            if found.finish.isEmpty { again.finish = [:] }
            try found.expectEqual(again, recording.id + " again")
            count += 1
        }
        print("Gemini: read \(count) recorded streams of events")
    }

    @Test func `every recorded stream in the list form is read as Foundation finds it`() throws {
        var count = 0
        for recording in recordings({ $0.api == "gemini.streamGenerateContent" && $0.framing == "json" }) {
            let list = try JSONSerialization.jsonObject(with: Data(recording.response)) as? [NSDictionary] ?? []
            var found = Found()
            for element in list { found.add(element) }
            let elements = try #require(try JSONNode.parse(recording.response).elements)
            try found.expectEqual(gathered(try GeminiAnswer.read(list: elements)), recording.id)
            var framer = GeminiArrayFramer()
            var reader = GeminiStreamReader()
            var stream = Gathered()
            for piece in Feeding.bytewise(recording.response) {
                try framer.take(piece.span, tooLarge: FeedFault.tooLarge, broken: .tooLarge) {
                    (data) throws(FeedFault) in
                    var deltas: [ChatDelta] = []
                    do throws(EventFault) { try reader.read(name: [UInt8]().span, data: data, into: &deltas) } catch {
                        throw FeedFault.event(error)
                    }
                    for delta in deltas { stream.add(delta, data) }
                }
            }
            try found.expectEqual(stream, recording.id)
            #expect(reader.isComplete && framer.isAtEnd)
            count += 1
        }
        print("Gemini: read \(count) recorded streams in the list form")
    }

    @Test func `every recorded error keeps its message`() throws {
        let all = recordings { $0.status >= 400 }
        for recording in all {
            let error = try object(recording.response)["error"] as? NSDictionary
            let fault = GeminiFault.read(status: recording.status, body: recording.response)
            #expect(fault.message.text == error?["message"] as? String)
            #expect(fault.type?.text == error?["status"] as? String)
            #expect(fault.status == recording.status)
        }
        print("Gemini: read \(all.count) recorded errors")
    }

    /// A value in a form that can be compared.
    private func canonical(_ value: Any?) -> String {
        let data = try? JSONSerialization.data(withJSONObject: value ?? [:], options: [.sortedKeys, .fragmentsAllowed])
        return String(decoding: data ?? Data(), as: UTF8.self)
    }

    /// All texts, calls and answers of a body of Foundation's, by kind: thoughts in a row are joined on the way.
    private func said(_ body: NSDictionary) -> [String] {
        let contents = body["contents"]
        let turns = contents as? [NSDictionary] ?? (contents as? NSDictionary).map { [$0] } ?? []
        let thoughts = turns.flatMap { $0["parts"] as? [NSDictionary] ?? [] }.filter { $0["thought"] as? Bool == true }
        return [thoughts.map { $0["text"] as? String ?? "" }.joined()]
            + turns.flatMap { turn in
                (turn["parts"] as? [NSDictionary] ?? []).filter { $0["thought"] as? Bool != true }.map { part in
                    func member(_ name: String, _ snake: String) -> NSDictionary? {
                        (part[name] ?? part[snake]) as? NSDictionary
                    }
                    if let call = member("functionCall", "function_call") {
                        return "call \(call["name"] ?? "") \(canonical(call["args"]))"
                    }
                    if let answer = member("functionResponse", "function_response") {
                        return "answer \(answer["name"] ?? "") \(canonical(answer["response"]))"
                    }
                    if let data = member("inlineData", "inline_data") {
                        // Two alphabets of base64 say the same (RFC 4648 §5).
                        let text = (data["data"] as? String ?? "").map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 }
                        return "data \(String(text))"
                    }
                    if let file = member("fileData", "file_data") {
                        return "file \(file["fileUri"] ?? file["file_uri"] ?? "")"
                    }
                    return "text \(part["text"] ?? "")"
                }
            }
    }

    @Test func `every recorded request that Google took is read, and written with the same turns`() throws {
        var count = 0
        for recording in recordings({ $0.status == 200 && $0.request != nil }) {
            guard let bytes = recording.request else { continue }
            let body = try object(bytes)
            guard body["contents"] != nil else { continue }
            let request = try GeminiRequest.read(try JSONNode.parse(bytes))
            let written = try GeminiRequest.write(request, RequestTerms(model: "gemini-3-flash", streams: false))
            #expect(said(try object(written.body)).sorted() == said(body).sorted(), "\(recording.id)")
            #expect(written.dropped.isEmpty, "\(recording.id) \(written.dropped)")
            count += 1
        }
        print("Gemini: read \(count) recorded requests")
    }
}
