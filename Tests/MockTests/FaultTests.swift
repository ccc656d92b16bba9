import Foundation
import TestKit
import Testing

/// Each fault's bytes, as docs/mock.md has them.
@Suite struct FaultTests {
    let mock: MockUpstream

    init() throws { mock = try MockUpstream() }

    private func fault(_ name: String, stream: Bool = true, _ more: Headers = []) throws -> Response {
        try mock.chat(stream: stream, [("fault", name)] + more)
    }

    private func raw(_ name: String, _ more: Headers = []) throws -> (text: String, ending: Ending) {
        let connection = try mock.connect()
        let headers = ([("fault", name)] + more).map { ("x-mock-\($0.0)", $0.1) }
        try connection.request(
            "POST",
            "/v1/chat/completions",
            headers: headers + [("Connection", "close")],
            body: chatBody(stream: true)
        )
        let (bytes, ending) = connection.readToEnd()
        return (String(decoding: bytes, as: UTF8.self), ending)
    }

    // MARK: Late or silent

    @Test func `slow-head keeps the head back`() throws {
        let start = monotonicNanoseconds()
        #expect(try fault("slow-head", [("delay-ms", "80")]).events.last == "[DONE]")
        #expect(monotonicNanoseconds() - start >= 80_000_000)
    }

    @Test func `late-first-event sends the head at once`() throws {
        let connection = try mock.connect()
        let start = monotonicNanoseconds()
        let controls = [("x-mock-fault", "late-first-event"), ("x-mock-delay-ms", "300")]
        try connection.request("POST", "/v1/chat/completions", headers: controls, body: chatBody(stream: true))
        #expect(connection.read(until: "\r\n\r\n") == nil)
        #expect(monotonicNanoseconds() - start < 250_000_000)
        #expect(connection.readResponse().events.last == "[DONE]")
        #expect(monotonicNanoseconds() - start >= 300_000_000)
    }

    @Test func `stall sends so many events and then nothing`() throws {
        let connection = try mock.connect()
        let controls = [("x-mock-fault", "stall"), ("x-mock-after", "2")]
        try connection.request("POST", "/v1/chat/completions", headers: controls, body: chatBody(stream: true))
        connection.timeoutSeconds = 0.2
        let response = connection.readResponse()
        #expect(response.ending == .silence)
        #expect(response.events.count == 2)
        connection.close()
        let seen = try mock.lastEnded()
        #expect(seen.ended == "peer-closed")
        #expect(seen.eventsSent == 2)
        #expect(seen.beforeDueNs == nil)
    }

    // MARK: Broken off

    @Test func `cut ends in the middle of an event`() throws {
        let response = try fault("cut", [("after", "3"), ("events", "9"), ("event-bytes", "200")])
        #expect(response.ending == .ended)
        #expect(response.chunks.count == 3)
        #expect(response.body.count > 600 && response.body.count < 800)
        let seen = try mock.lastEnded()
        #expect(seen.ended == "fault")
        #expect(seen.fault == "cut")
        #expect(seen.eventsSent == 3)
    }

    @Test func `cut ends in the middle of a whole body`() throws {
        let response = try fault("cut", stream: false)
        #expect(response.ending == .ended)
        #expect(response.status == 200)
        #expect(!response.text.hasSuffix("}\n"))
    }

    @Test func `cut comes over TLS without a closing alert`() throws {
        let tls = try MockUpstream(certificates: try .shared())
        #expect(try tls.chat([("fault", "cut"), ("after", "1")]).ending == .reset)
        #expect(try tls.chat([("framing", "close")]).ending == .complete)
    }

    @Test func `reset comes before the head or after so many events`() throws {
        let before = try fault("reset")
        #expect(before.head == nil)
        #expect(before.ending == .reset)
        let after = try fault("reset", [("after", "2"), ("delay-ms", "50")])
        #expect(after.ending == .reset)
        #expect(after.events.count == 2)
    }

    @Test func `close-before-head says nothing`() throws {
        let response = try fault("close-before-head")
        #expect(response.head == nil)
        #expect(response.ending == .ended)
    }

    @Test func `close-while-idle answers in full, then closes`() throws {
        let connection = try mock.connect()
        let controls = [("x-mock-fault", "close-while-idle"), ("x-mock-idle-close-ms", "60")]
        let body = chatBody(stream: true)
        let response = try connection.fetch("POST", "/v1/chat/completions", headers: controls, body: body)
        #expect(response.ending == .complete)
        #expect(response["connection"] == nil)
        let start = monotonicNanoseconds()
        #expect(connection.readToEnd().ending == .ended)
        #expect(monotonicNanoseconds() - start >= 30_000_000)
    }

    @Test func `short-body promises more than it sends`() throws {
        let response = try fault("short-body", stream: false)
        #expect(response.ending == .ended)
        #expect(response["content-length"] == "\(response.body.count + 100)")
    }

    @Test func `http10 ends with the connection`() throws {
        let response = try fault("http10")
        #expect(response.head?.version == "HTTP/1.0")
        #expect(response["transfer-encoding"] == nil)
        #expect(response.events.last == "[DONE]")
    }

    // MARK: Refusals

    @Test func `status answers with an OpenAI error`() throws {
        let limited = try fault("status", [("status", "429"), ("retry-after", "7")])
        #expect(limited.status == 429)
        #expect(limited["retry-after"] == "7")
        #expect(limited.text.contains("\"type\":\"rate_limit_error\""))
        let failed = try fault("status")
        #expect(failed.status == 500)
        #expect(failed["retry-after"] == nil)
    }

    @Test func `no-content has no body and keeps the connection`() throws {
        let connection = try mock.connect()
        let controls = [("x-mock-fault", "no-content")]
        let response = try connection.fetch("POST", "/v1/chat/completions", headers: controls, body: chatBody())
        #expect(response.status == 204)
        #expect(response["content-length"] == nil)
        #expect(try connection.fetch("GET", "/health").status == 200)
    }

    // MARK: Framing

    @Test func `bad-chunk has a size line that is none`() throws {
        let response = try fault("bad-chunk", [("after", "2")])
        #expect(response.ending == .malformed("chunk size zz"))
        #expect(response.events.count == 2)
        let chosen = try fault("bad-chunk", [("after", "1"), ("chunk-line", "-5")])
        #expect(chosen.ending == .malformed("chunk size -5"))
    }

    @Test func `extra brings a second answer that nobody asked for`() throws {
        for stream in [true, false] {
            let connection = try mock.connect()
            let controls = [("x-mock-fault", "extra")]
            let body = chatBody(stream: stream)
            let response = try connection.fetch("POST", "/v1/chat/completions", headers: controls, body: body)
            #expect(response.ending == .complete)
            #expect(connection.readResponse().text == "{\"smuggled\":\"mock\"}")
        }
    }

    @Test func `double-length and length-and-chunked contradict themselves`() throws {
        let lengths = try fault("double-length").head?.values("content-length") ?? []
        #expect(lengths.count == 2)
        #expect(lengths.first != lengths.last)
        let both = try fault("length-and-chunked")
        #expect(both["content-length"] == "\(both.body.count)")
        #expect(both["transfer-encoding"] == "chunked")
    }

    @Test func `bad-head has a status that is no number`() throws {
        #expect(try raw("bad-head").text.hasPrefix("HTTP/1.1 2OO Fine\r\n"))
    }

    @Test func `huge-head is as large as asked for`() throws {
        let response = try fault("huge-head")
        #expect(response.ending == .complete)
        #expect((1 << 20...(1 << 20) + 2000).contains(response.head?.bytes.count ?? 0))
        let small = try fault("huge-head", [("head-bytes", "5000")])
        #expect((5000...7000).contains(small.head?.bytes.count ?? 0))
    }

    @Test func `interim heads come before the final one`() throws {
        let response = try fault("interim")
        #expect(response.interims.map(\.status) == [100, 103])
        #expect(response.status == 200)
    }

    @Test func `trailers follow the last chunk`() throws {
        let response = try fault("trailers")
        #expect(response["trailer"] == "X-Mock-Digest, X-Mock-End")
        #expect(response.trailers.map(\.name) == ["X-Mock-Digest", "X-Mock-End"])
        #expect(response.events.last == "[DONE]")
    }

    @Test func `chunk-extensions are legal and change nothing`() throws {
        let plain = try mock.chat()
        #expect(try fault("chunk-extensions").chunks == plain.chunks)
        let text = try raw("chunk-extensions").text
        #expect(text.contains("\r\n000") && text.contains(";mock=1\r\n"))
    }

    @Test func `split writes every byte by itself`() throws {
        let plain = try mock.chat()
        let connection = try mock.connect()
        let controls = [("x-mock-fault", "split")]
        try connection.request("POST", "/v1/chat/completions", headers: controls, body: chatBody(stream: true))
        var reads = 0
        while !connection.buffer.contains(Array("0\r\n\r\n".utf8)), connection.fill() == nil { reads += 1 }
        #expect(reads > 50)
        #expect(connection.readResponse().body == plain.body)
    }

    // MARK: Events

    @Test func `comments stand between events`() throws {
        let response = try fault("comments", [("events", "3")])
        #expect(response.text.components(separatedBy: "\n\n: keepalive\n\n").count == 5)
        #expect(response.events.count == 5)
    }

    @Test func `crlf ends every line`() throws {
        let response = try fault("crlf", [("events", "3"), ("event-bytes", "200")])
        #expect(response.chunks[0].count == 200)
        #expect(response.body.filter { $0 == 0x0a }.count == response.body.filter { $0 == 0x0d }.count)
        #expect(response.events == (try fault("crlf,comments", [("events", "3"), ("event-bytes", "200")]).events))
    }

    @Test func `no-space has none after the colon`() throws {
        let response = try fault("no-space")
        #expect(response.text.hasPrefix("data:{"))
        #expect(response.text.hasSuffix("data:[DONE]\n\n"))
    }

    @Test func `huge-event is one event of a mebibyte`() throws {
        let response = try fault("huge-event")
        #expect(response.chunks.map(\.count).first == 1 << 20)
        #expect(response.events.count == 3)
        #expect(try fault("huge-event", [("event-bytes", "3000000")]).chunks[0].count == 3_000_000)
    }

    @Test func `no-done ends in order without the mark`() throws {
        let response = try fault("no-done")
        #expect(response.ending == .complete)
        #expect(response.events.last?.contains("\"finish_reason\":\"stop\"") == true)
    }

    @Test func `error-event ends the stream with an error`() throws {
        let response = try fault("error-event", [("after", "2")])
        #expect(response.ending == .complete)
        #expect(response.events.count == 3)
        #expect(response.events[2].hasPrefix("{\"error\":{\"message\":"))
    }

    @Test func `faults may be combined`() throws {
        let response = try fault("slow-head, crlf, no-space,cut", [("delay-ms", "1"), ("after", "1")])
        #expect(response.ending == .ended)
        #expect(response.text.hasPrefix("data:{"))
        #expect(response.chunks.count == 1)
    }

    @Test func `every fault is in the help and in the manual`() throws {
        let help = try run("hoosh-mock", ["--help"])
        #expect(help.status == 0)
        let source = #filePath.components(separatedBy: "/Tests/")[0]
        let manual = try String(contentsOfFile: "\(source)/docs/mock.md", encoding: .utf8)
        let tail = help.output.components(separatedBy: "x-mock-fault NAME[,NAME]...:").last ?? ""
        let names = tail.split(separator: "\n").compactMap { $0.split(separator: " ").first }
        #expect(names.count == 27)
        for name in names { #expect(manual.contains("| `\(name)` |"), "\(name) is not in docs/mock.md") }
    }
}
