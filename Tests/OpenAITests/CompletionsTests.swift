import Conversation
import Foundation
import JSON
import OpenAI
import Testing

@Suite struct `Completions and embeddings` {
    @Test(arguments: [#""Say this""#, #"["Say this"]"#])
    func `a prompt is the user's turn`(prompt: String) throws {
        let body =
            #"{"model":"m","prompt":\#(prompt),"max_tokens":7,"logprobs":2,"stop":"\n","best_of":3,"echo":false}"#
        let request = try CompletionsRequest.read(try parse(body))
        guard case .text(let text) = request.messages[0].parts[0] else { throw Missing() }
        #expect(text.text == "Say this" && request.sampling.maxTokens == 7 && request.sampling.stop == [#"\#n"#])
        #expect(request.sampling.topLogProbabilities == 2 && request.dropped == ["best_of"])
    }

    @Test(arguments: [
        (#"{}"#, "prompt"), (#"{"prompt":["a","b"]}"#, "prompt"), (#"{"prompt":[1,2]}"#, "prompt"),
        (#"{"prompt":"a","echo":true}"#, "echo"), (#"{"prompt":"a","suffix":"b"}"#, "suffix"),
    ])
    func `what a chat cannot do is refused`(body: String, parameter: String) throws {
        let fault = #expect(throws: ConversationFault.self) { try CompletionsRequest.read(try parse(body)) }
        #expect(fault?.parameter == parameter)
    }

    @Test func `answers and streams have texts, ends, usage and probabilities in their place`() throws {
        let logs =
            #"{"content":[{"token":"He","logprob":-0.5,"top_logprobs":[{"token":"He","logprob":-0.5}]},{"token":"y","logprob":-1}]}"#
        let answer = try OpenAIAnswer.read(
            try parse(
                #"{"choices":[{"message":{"content":"Hey"},"logprobs":\#(logs),"finish_reason":"length"}],"usage":{"prompt_tokens":1}}"#
            )
        )
        let whole = try json(CompletionsAnswer.write(answer, .sample))
        let choice = try #require((whole["choices"] as? [[String: Any]])?.first)
        #expect(choice["text"] as? String == "Hey" && choice["finish_reason"] as? String == "length")
        let told = try #require(choice["logprobs"] as? [String: Any])
        #expect(told["tokens"] as? [String] == ["He", "y"] && told["text_offset"] as? [Int] == [0, 2])
        #expect(whole["object"] as? String == "text_completion" && whole["id"] as? String == "cmpl-r1")
        let stream = try Listening.rewrite(
            "data: {\"id\":\"x\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hey\"},\"logprobs\":\(logs),\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":1}}\n\n",
            CompletionsStreamWriter(.sample)
        )
        let chunks = try events(stream)
        let texts = chunks.compactMap { ($0["choices"] as? [[String: Any]])?.first?["text"] as? String }
        #expect(texts.joined() == "Hey" && stream.hasSuffix("[DONE]\n\n"))
        #expect((chunks.last?["usage"] as? [String: Any])?["prompt_tokens"] as? Int == 1)
    }

    @Test(arguments: [
        #"{"model":"m","input":"a\u00e9","dimensions":256,"encoding_format":"base64","user":"u"}"#,
        #"{"model":"m","input":["a","b"]}"#, #"{"model":"m","input":[1,2,3]}"#, #"{"model":"m","input":[[1,2],[3]]}"#,
    ])
    func `requests for embeddings are written as they were read`(body: String) throws {
        let request = try OpenAIEmbeddings.read(request: try parse(body))
        let written = OpenAIEmbeddings.write(request, model: request.model)
        #expect(try json(written.body) as NSDictionary == json(Array(body.utf8)) as NSDictionary)
        #expect(written.dropped.isEmpty)
    }

    @Test(arguments: [
        "{}", #"{"input":[]}"#, #"{"input":1}"#, #"{"input":[1,"a"]}"#, #"{"input":"a","encoding_format":"hex"}"#,
    ])
    func `wrong requests for embeddings are refused`(body: String) throws {
        #expect(throws: ConversationFault.self) { try OpenAIEmbeddings.read(request: try parse(body)) }
    }

    @Test func `numbers become base64 of floats and back, and otherwise keep their spelling`() throws {
        let body =
            #"{"data":[{"index":0,"embedding":[0.10, -1e-5,3.4028235e38]}],"model":"m","usage":{"prompt_tokens":3,"total_tokens":3}}"#
        let answer = try OpenAIEmbeddings.read(answer: try parse(body))
        let plain = String(decoding: try OpenAIEmbeddings.write(answer, encoding: nil, model: "x"), as: UTF8.self)
        #expect(plain.contains("[0.10, -1e-5,3.4028235e38]"))
        let packed = try OpenAIEmbeddings.write(answer, encoding: .base64, model: "x")
        let text = try #require((try json(packed)["data"] as? [[String: Any]])?.first?["embedding"] as? String)
        let data = try #require(Data(base64Encoded: text))
        let floats = stride(from: 0, to: data.count, by: 4).map { place in
            Float(bitPattern: (0..<4).reduce(UInt32(0)) { $0 | UInt32(data[place + $1]) << UInt32($1 * 8) })
        }
        #expect(floats == [0.1, -1e-5, 3.4028235e38])
        let again = try OpenAIEmbeddings.read(answer: try JSONNode.parse(packed))
        #expect(again.embeddings[0].numbers.map { String(decoding: $0, as: UTF8.self) } == "[0.1,-1e-05,3.4028235e+38]")
        let broken = Embedding(index: 0, vector: .base64("AAA"))
        #expect(broken.numbers == nil)
    }

    @Test func `base64 is RFC 4648's`() {
        for (plain, text) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")] {
            #expect(Base64.encode(Array(plain.utf8)) == Array(text.utf8))
            #expect(Base64.decode(Array(text.utf8)) == Array(plain.utf8))
        }
        #expect(Base64.decode(Array("Z".utf8)) == nil && Base64.decode(Array("Zm9v!".utf8)) == nil)
    }

    struct Missing: Error {}
}
