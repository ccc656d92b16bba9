import TestKit
import Testing

/// Every dialect's official SDK, through the proxy, to providers of every dialect.
///
/// What an SDK hands to an application is the measure: see `Tests/Real/sdks`.
@Suite(.serialized, .enabled(if: RealParts.areAsked, Comment(rawValue: RealParts.absence)), .timeLimit(.minutes(30)))
struct SDKTranslationTests {
    @Test func `every recorded chat reads through the proxy as its provider's SDK reads it, in every dialect`() throws {
        let corpus = try FourFormats.corpus()
        let four = try FourFormats(corpus: corpus)
        let report: ScriptReport = try Scripts.run("corpus.py", [corpus, four.mock.url, four.proxy.url])
        show(report)
        #expect(report.different.isEmpty, "\(report.different.joined(separator: "\n"))")
        #expect(try #require(report.read) >= 350)
        #expect(try #require(report.errors) >= 30)
        #expect(try #require(report.calls) >= 100)
        #expect(report.same == report.read)
        #expect(try #require(report.translated) >= 1_000)
        #expect(try #require(report.own) >= 60)
    }

    @Test func `recorded streams in chunks of seven bytes are translated the same`() throws {
        let corpus = try FourFormats.corpus()
        let four = try FourFormats(corpus: corpus)
        let report: ScriptReport = try Scripts.run("corpus.py", [corpus, four.mock.url, four.proxy.url, "7"])
        show(report)
        #expect(report.different.isEmpty, "\(report.different.joined(separator: "\n"))")
        #expect(try #require(report.streams) >= 200)
    }

    @Test func `every client's dialect chats, streams, calls, sees, counts and fails with every provider's`() throws {
        let four = try FourFormats()
        let report: ScriptReport = try Scripts.run("matrix.py", [four.mock.url, four.proxy.url])
        #expect(report.different.isEmpty, "\(report.different.joined(separator: "\n"))")
        // Six SDKs, four dialects of providers, streamed and not.
        #expect(report.cells == 48)
        #expect(try #require(report.checks) >= 1_400)
    }

    @Test func `surfaces that a provider of chats does not have are made of its chats`() throws {
        let four = try FourFormats()
        let models = ["to-openai", "to-anthropic", "to-gemini", "to-ollama"]
        let report: ScriptReport = try Scripts.run("others.py", [four.proxy.url] + models)
        #expect(report.different.isEmpty, "\(report.different.joined(separator: "\n"))")
        #expect(try #require(report.checks) >= 120)
    }

    private func show(_ report: ScriptReport) {
        print(
            "recordings: \(report.read ?? 0) answers and \(report.errors ?? 0) refusals read, \(report.streams ?? 0) of "
                + "them streams, \(report.calls ?? 0) with calls; \(report.same ?? 0) in their own dialect, "
                + "\(report.translated ?? 0) translations"
        )
        for reason in report.skipped ?? [] { print("not read: \(reason)") }
    }
}

/// A real model behind the proxy, asked in two formats by the SDKs of four.
@Suite(.serialized, .enabled(if: RealParts.areAsked, Comment(rawValue: RealParts.absence)), .timeLimit(.minutes(30)))
struct RealTranslationTests {
    /// What `llama.py` reports of a turn.
    struct Turn: Decodable, Equatable {
        struct Call: Decodable, Equatable {
            let name: String
            let arguments: [String: String]
        }
        let text: String
        let calls: [Call]
        let finish: String
        let input: Int?
        let output: Int?
    }

    @Test func `SDKs of every dialect chat, stream and call with a real model, and read the same`() throws {
        let llama = try LlamaServer.chatting()
        let proxy = try ProxyInFront(
            routes: """
                providers:
                  chats: {kind: llamacpp, url: "\(llama.url)", formats: [chat]}
                  messages: {kind: llamacpp, url: "\(llama.url)", formats: [messages]}
                routes:
                  - {name: chats, match: {model: asked-in-chats}, to: [{provider: chats, model: smollm2}]}
                  - {name: messages, match: {model: asked-in-messages}, to: [{provider: messages, model: smollm2}]}
                """
        )
        for model in ["asked-in-chats", "asked-in-messages"] {
            let seen: [String: [String: Turn]] = try Scripts.run("llama.py", [proxy.url, model])
            #expect(seen.keys.sorted() == ["anthropic", "gemini", "ollama", "openai"])
            let measure = try #require(seen["openai"])
            let text = try #require(measure["chat whole"]).text
            #expect(!text.isEmpty)
            for (dialect, turns) in seen {
                for kind in ["whole", "stream"] {
                    let place = "\(dialect), \(model), \(kind)"
                    let chat = try #require(turns["chat \(kind)"])
                    #expect(chat == measure["chat whole"], "\(place)")
                    #expect(chat.finish == "stop", "\(place)")
                    #expect(try #require(chat.output) > 0, "\(place)")
                    let call = try #require(turns["call \(kind)"])
                    #expect(call.calls == [Turn.Call(name: "get_weather", arguments: ["city": "Paris"])], "\(place)")
                    #expect(call.finish == "calls", "\(place)")
                    #expect(call.input == measure["call whole"]?.input, "\(place)")
                    let result = try #require(turns["result \(kind)"])
                    #expect(!result.text.isEmpty, "\(place)")
                    #expect(try #require(result.output) > 0, "\(place)")
                }
            }
        }
    }
}
