import Foundation
import TestKit
import Testing

/// Providers that answer 200 and mean something else.
@Suite final class ReportedErrorTests {
    /// They listen as long as somebody holds them.
    private var upstreams: [ScriptedUpstream] = []

    /// A proxy before a provider of each kind, which answers with this.
    private func station(_ body: String, type: String = "application/json", backup: Bool = false) throws -> Station {
        let upstream = try ScriptedUpstream { _ in ScriptedUpstream.Answer(body, type: type) }
        upstreams.append(upstream)
        let health = "url: \"http://\(upstream.address)\", health: {mode: none}"
        return try Station(
            providers: """
                  chat: {kind: openai-compatible, \(health)}
                  claude: {kind: anthropic, \(health)}
                  llama: {kind: ollama, formats: [ollama], \(health)}
                  whisper: {kind: whisper, \(health)}
                  piper: {kind: piper, \(health)}
                """,
            routes: """
                  - {name: stt, match: {api: transcriptions}, to: [whisper]}
                  - {name: tts, match: {api: speech}, to: [piper]}
                  - {name: claude, match: {model: claude-x}, to: [claude]}
                  - {name: llama, match: {model: llama-x}, to: [llama]}
                  - {name: all, to: \(backup ? "[chat, mock]" : "[chat]")}
                """
        )
    }

    private func ask(_ station: Station, _ model: String, stream: Bool) throws -> Response {
        let body = """
            {"model":"\(model)","max_tokens":9,"stream":\(stream),"messages":[{"role":"user","content":"hi"}]}
            """
        let path = model == "claude-x" ? "/v1/chat/completions" : "/v1/messages"
        return try station.connect().fetch("POST", path, body: body)
    }

    private func error(_ response: Response) throws -> [String: Any] {
        try #require(try object(response)["error"] as? [String: Any])
    }

    @Test(arguments: [false, true])
    func `an error with status 200 becomes one with its own status`(stream: Bool) throws {
        let station = try station(#"{"error":{"message":"Insufficient credits","code":402}}"#)
        let response = try ask(station, "m", stream: stream)
        #expect(response.status == 402 && response.ending == .complete)
        #expect(response["content-type"] == "application/json")
        #expect(response["x-hoosh-provider"] == "chat")
        let error = try error(response)
        #expect(error["message"] as? String == "Insufficient credits")
        #expect(error["type"] as? String == "billing_error")
    }

    @Test(arguments: [false, true])
    func `Ollama's error with status 200 keeps its words`(stream: Bool) throws {
        let station = try station(#"{"error":"llama runner process has terminated"}"#)
        let response = try ask(station, "llama-x", stream: stream)
        #expect(response.status == 502)
        #expect(try error(response)["message"] as? String == "llama runner process has terminated")
    }

    @Test func `a stream that begins with an error is an answer with the error's status`() throws {
        let event = #"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#
        let station = try station("event: error\ndata: \(event)\n\n", type: "text/event-stream")
        let response = try ask(station, "claude-x", stream: true)
        #expect(response.status == 529 && response.ending == .complete)
        #expect(response["content-type"] == "application/json")
        let error = try error(response)
        #expect(error["message"] as? String == "Overloaded")
        #expect(error["type"] as? String == "overloaded_error")
    }

    @Test func `another provider is asked where the error's status is one of those that are tried again`() throws {
        for stream in [false, true] {
            let body = #"{"error":{"message":"busy","code":503}}"#
            let station =
                stream
                ? try station("data: \(body)\n\n", type: "text/event-stream", backup: true)
                : try station(body, backup: true)
            let response = try ask(station, "mock-small", stream: stream)
            #expect(response.status == 200 && response["x-hoosh-provider"] == "mock")
            #expect(response["x-hoosh-attempts"] == "2")
        }
    }

    @Test func `a speech server's error with status 200 is no sound and no text`() throws {
        let station = try station(#"{"error":"failed to decode audio"}"#)
        let spoken = try station.connect().fetch("POST", "/v1/audio/speech", body: #"{"input":"hi"}"#)
        #expect(spoken.status == 502)
        #expect(try error(spoken)["message"] as? String == "failed to decode audio")
        let form = SoundStation.form(100)
        let connection = try station.connect()
        try connection.send(
            SoundStation.head("/v1/audio/transcriptions", "\(SoundStation.type)Content-Length: \(form.count)\r\n")
        )
        try connection.send(form)
        let heard = connection.readResponse(to: "POST")
        #expect(heard.status == 502)
        #expect(try error(heard)["message"] as? String == "failed to decode audio")
    }

    @Test func `a speech server's JSON that is no error passes as it is`() throws {
        let station = try station(#"{"text":"the error is \"said\"","error":null}"#)
        let form = SoundStation.form(100)
        let connection = try station.connect()
        try connection.send(
            SoundStation.head("/v1/audio/transcriptions", "\(SoundStation.type)Content-Length: \(form.count)\r\n")
        )
        try connection.send(form)
        let heard = connection.readResponse(to: "POST")
        #expect(heard.status == 200)
        #expect(heard.text == #"{"text":"the error is \"said\"","error":null}"#)
    }
}
