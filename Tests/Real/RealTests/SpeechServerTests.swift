import TestKit
import Testing

/// What the SDK got when it spoke and listened.
struct SpeechFacts: Decodable {
    let type: String
    let head: String
    let bytes: Int
    let sampleBytes: Int
    let streamedBytes: Int
    let text: String
    let verboseText: String
    let duration: Double
    let translatedText: String
    let bareText: String
    let spokenHeaders: [String: String]
    let heardHeaders: [String: String]
}

/// The official openai SDK speaks through the proxy with a real voice of Piper, and a real Whisper writes it down.
///
/// whisper.cpp's own server is in no package of Debian or PyPI: its form is held to its documentation with `hoosh-mock`
/// (`docs/speech.md`).
@Suite(.serialized, .enabled(if: RealParts.areAsked, Comment(rawValue: RealParts.absence)), .timeLimit(.minutes(30)))
struct SpeechServerTests {
    let hearing: SpeechServer
    let speaking: SpeechServer

    init() throws {
        hearing = try SpeechServer.hearing()
        speaking = try SpeechServer.speaking()
    }

    private func proxy() throws -> ProxyInFront {
        try ProxyInFront(
            routes: """
                providers:
                  ears: {kind: openai-compatible, url: "\(hearing.url)/v1"}
                  voice: {kind: piper, url: "\(speaking.url)"}
                routes:
                  - name: speech-to-text
                    match: {api: [transcriptions, translations]}
                    to: [ears]
                  - name: text-to-speech
                    match: {api: speech}
                    to: [voice]
                """
        )
    }

    private func words(_ text: String) -> [String] {
        text.lowercased().split { !$0.isLetter }.map(String.init)
    }

    @Test func `what Piper speaks, Whisper writes down word for word`() throws {
        let facts: SpeechFacts = try proxy().sdk("speak_and_hear", model: "whisper-1")
        let said = words("The quick brown fox jumps over the lazy dog")
        #expect(words(facts.text) == said)
        #expect(words(facts.verboseText) == said)
        #expect(words(facts.translatedText) == said)
        #expect(words(facts.bareText) == said)
        #expect(facts.duration > 1 && facts.duration < 10)
        #expect(facts.type == "audio/wav")
        #expect(facts.head == "RIFFWAVE")
        #expect(facts.bytes > 40_000)
        #expect(facts.sampleBytes > 40_000 && facts.sampleBytes % 2 == 0)
        #expect(facts.streamedBytes > 40_000)
        #expect(facts.spokenHeaders["x-hoosh-provider"] == "voice")
        #expect(facts.heardHeaders["x-hoosh-provider"] == "ears")
    }

    @Test func `what cannot be spoken or heard is an error that the SDK understands`() throws {
        let proxy = try proxy()
        let spoken: FailureFacts = try proxy.sdk("speech_in_mp3")
        #expect(spoken.error == "BadRequestError")
        #expect(try #require(spoken.message).contains("`wav` or `pcm`"))
        let heard: FailureFacts = try proxy.sdk("unheard", model: "whisper-1")
        #expect(try #require(heard.status) >= 400)
    }
}
