import TestKit
import Testing

/// `--corpus` and `x-mock-replay`, on a corpus made here.
@Suite struct ReplayTests {
    let folder: TemporaryFolder
    let mock: MockUpstream

    init() throws {
        folder = try TemporaryFolder()
        let head =
            #""response_headers": {"content-type": "text/event-stream", "x-kept": "yes", "transfer-encoding": "chunked"}"#
        _ = try folder.write("001-events.meta.json", "{\"status\": 200, \(head)}")
        _ = try folder.write("001-events.res.sse", "event: a\r\ndata: 1\r\n\r\ndata: 2\r\n\r\ndata: [DONE]\r\n\r\n")
        _ = try folder.write("002-error.meta.json", #"{"status": 429, "response_headers": {"retry-after": "7"}}"#)
        _ = try folder.write("002-error.res.json", #"{"error": {"message": "slow down"}}"#)
        _ = try folder.write("003-lines.meta.json", #"{"status": 200, "response_headers": {}}"#)
        _ = try folder.write("003-lines.res.ndjson", "{\"done\":false}\n{\"done\":true}\n")
        _ = try folder.write("004-chat.meta.json", #"{"status": 200, "response_headers": {}}"#)
        _ = try folder.write("004-chat.res.chunks.jsonl", "{\"choices\":[{}]}\n{\"choices\":[]}\n")
        _ = try folder.write("005-messages.meta.json", #"{"status": 200, "response_headers": {}}"#)
        _ = try folder.write(
            "005-messages.res.chunks.jsonl",
            "{\"type\":\"message_start\"}\n{\"type\":\"message_stop\"}"
        )
        mock = try MockUpstream(arguments: ["--corpus", folder.path])
    }

    private func replay(_ id: String, _ more: Headers = []) throws -> Response {
        try mock.fetch("POST", "/any/path", headers: [("x-mock-replay", id)] + more, body: "{}")
    }

    @Test func `a recorded stream comes as it was recorded, an event per chunk, with its headers`() throws {
        let response = try replay("001-events")
        #expect(response.status == 200)
        #expect(response.text == "event: a\r\ndata: 1\r\n\r\ndata: 2\r\n\r\ndata: [DONE]\r\n\r\n")
        #expect(response.chunks.count == 3)
        #expect(response.head?.values("content-type") == ["text/event-stream"])
        #expect(response.head?.values("transfer-encoding") == ["chunked"])
        #expect(response["x-kept"] == "yes")
    }

    @Test func `a recorded error keeps its status and its body`() throws {
        let response = try replay("002-error")
        #expect(response.status == 429)
        #expect(response["retry-after"] == "7")
        #expect(response["content-type"] == "application/json")
        #expect(response.text == #"{"error": {"message": "slow down"}}"#)
    }

    @Test func `lines of JSON are events of their own`() throws {
        let response = try replay("003-lines")
        #expect(response["content-type"] == "application/x-ndjson")
        #expect(response.chunks.map { $0.count } == [15, 14])
    }

    @Test func `payloads that lost their framing are framed again`() throws {
        #expect(
            try replay("004-chat").text
                == "data: {\"choices\":[{}]}\n\ndata: {\"choices\":[]}\n\ndata: [DONE]\n\n"
        )
        #expect(
            try replay("005-messages").text
                == "event: message_start\ndata: {\"type\":\"message_start\"}\n\n"
                + "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"
        )
    }

    @Test func `chunk sizes and faults are laid over a recording`() throws {
        let small = try replay("001-events", [("x-mock-chunk-bytes", "1")])
        #expect(small.chunks.allSatisfy { $0.count == 1 })
        #expect(small.chunks.count == small.body.count)
        let cut = try replay("001-events", [("x-mock-fault", "cut"), ("x-mock-after", "1")])
        #expect(cut.ending != .complete)
        #expect(cut.text.hasPrefix("event: a\r\ndata: 1\r\n\r\n"))
        #expect(!cut.text.contains("DONE"))
        #expect(try mock.lastEnded().ended == "fault")
        #expect(try replay("001-events", [("x-mock-status", "503")]).status == 503)
    }

    @Test(arguments: ["009-none", "../001-events", "", "nested/../001-events"])
    func `a recording that is not there is a 404 that names it`(id: String) throws {
        let response = try replay(id)
        #expect(response.status == 404)
        #expect(response.text.contains("no recording '\(id)' in the corpus"))
    }

    @Test func `without a corpus a replay says how to get one`() throws {
        let plain = try MockUpstream()
        let response = try plain.fetch("POST", "/v1/messages", headers: [("x-mock-replay", "a/1")], body: "{}")
        #expect(response.status == 404)
        #expect(response.text.contains("started with --corpus DIR"))
    }
}
