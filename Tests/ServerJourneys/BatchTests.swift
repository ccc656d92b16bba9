import Foundation
import TestKit
import Testing

@Suite struct BatchTests {
    private static func item(_ model: String = "mock-small", _ more: String = "") -> String {
        "{\"model\": \"\(model)\", \"messages\": [{\"role\": \"user\", \"content\": \"hi\"}]\(more)}"
    }

    private static func body(_ items: [String], isAsync: Bool = false) -> String {
        "{\"requests\": [\(items.joined(separator: ", "))]\(isAsync ? ", \"async\": true" : "")}"
    }

    private func post(_ station: Station, _ body: String, _ headers: Headers = []) throws -> Response {
        try station.connect().fetch("POST", "/v1/batch", headers: headers, body: body)
    }

    private func results(_ object: [String: Any]) throws -> [[String: Any]] {
        try #require(object["results"] as? [[String: Any]])
    }

    /// The batch once it is over.
    private func over(_ station: Station, _ id: String, _ headers: Headers = []) throws -> [String: Any] {
        var last: [String: Any] = [:]
        let isOver = try eventually(seconds: 60) {
            last = try object(station.connect().fetch("GET", "/v1/batch/\(id)", headers: headers))
            return ["completed", "cancelled"].contains(last["status"] as? String)
        }
        #expect(isOver, "\(last)")
        return last
    }

    private func opened(_ response: Response) throws -> String {
        #expect(response.status == 200, "\(response.text)")
        let receipt = try object(response)
        #expect(Set(receipt.keys) == ["id", "status", "total"])
        let id = try #require(receipt["id"] as? String)
        #expect(id.hasPrefix("batch_") && id.utf8.count == 38)
        return id
    }

    @Test func `results that are let go of to make room are nobody else's`() throws {
        let station = try Station()
        let large: Headers = [("x-mock-body-bytes", "7000000")]
        let first = try opened(post(station, Self.body(Array(repeating: Self.item(), count: 9), isAsync: true), large))
        #expect(try over(station, first)["completed"] as? Int == 9)
        // The two are under way when the first is let go of for their results.
        let alice: Headers = [("authorization", "Bearer alice")]
        let bob: Headers = [("authorization", "Bearer bob")]
        let slow = alice + [("x-mock-body-bytes", "7100000")]
        let hers = try opened(post(station, Self.body([Self.item(), Self.item()], isAsync: true), slow))
        let his = try opened(post(station, Self.body([Self.item()], isAsync: true), bob))
        let answer = try over(station, hers, alice)
        #expect(answer["completed"] as? Int == 2)
        for result in try results(answer) { #expect("\(result["body"] ?? "")".utf8.count > 7_000_000) }
        let other = try over(station, his, bob)
        #expect(try results(other).count == 1)
        #expect("\(try results(other)[0]["body"] ?? "")".utf8.count < 10_000)
        #expect(try station.connect().fetch("GET", "/v1/batch/\(first)").status == 404)
        #expect(try station.connect().fetch("GET", "/v1/batch/\(hers)", headers: bob).status == 404)
    }

    // MARK: At once

    @Test func `who waits gets every answer in the order of the requests`() throws {
        let station = try Station()
        let items = (0..<20).map { Self.item("mock-small", ", \"custom_id\": \"c\($0)\"") }
        let response = try post(station, Self.body(items), [("x-request-id", "job")])
        #expect(response.status == 200 && response["x-request-id"] == "job", "\(response.text)")
        let answer = try object(response)
        #expect(Set(answer.keys) == ["results"])
        for (index, result) in try results(answer).enumerated() {
            #expect(result["index"] as? Int == index && result["custom_id"] as? String == "c\(index)")
            #expect(result["status"] as? Int == 200)
            #expect((result["body"] as? [String: Any])?["object"] as? String == "chat.completion")
        }
        #expect(try results(answer).count == 20)
        let seen = try station.mock.requests()
        #expect(Set(seen.flatMap { $0.values("x-request-id") }) == Set((0..<20).map { "job-\($0)" }))
        #expect(seen.allSatisfy { !$0.body.contains("custom_id") })
        #expect(try station.forwarded == 20)
    }

    @Test func `each request goes the way of every other, with the batch's fields`() throws {
        let station = try Station(
            provider: "clearance: internal",
            more: "privacy: {default: internal, header: x-class}",
            routes:
                "  - {name: no, match: {model: banned}, deny: {status: 451, message: never}}\n  - {name: all, to: [mock]}"
        )
        let open = try object(post(station, Self.body([Self.item(), Self.item("banned")])))
        #expect(try results(open).map { $0["status"] as? Int } == [200, 451])
        let secret = try object(post(station, Self.body([Self.item(), Self.item()]), [("x-class", "restricted")]))
        for result in try results(secret) {
            #expect(result["status"] as? Int == 403)
            #expect("\(result["body"] ?? "")".contains("privacy_no_target"))
        }
        #expect(try station.forwarded == 1)
        let page = try MetricsPage(station.ask("/metrics").text)
        #expect(page.value("hoosh_requests_total", ["route": "all", "status": "200"]) == 1)
    }

    @Test func `a request may be any chat, and may stand in a member of its own`() throws {
        let station = try Station()
        let messages = "\"messages\": [{\"role\": \"user\", \"content\": \"hi\"}]"
        let response = try post(
            station,
            Self.body([
                "{\"endpoint\": \"/v1/messages\", \"model\": \"mock-small\", \"max_tokens\": 9, \(messages)}",
                "{\"custom_id\": \"w\", \"method\": \"POST\", \"url\": \"/v1/chat/completions\", "
                    + "\"body\": {\"model\": \"mock-small\", \(messages)}}",
                "{\"endpoint\": \"/api/chat\", \"stream\": false, \"model\": \"mock-small\", \(messages)}",
            ])
        )
        let found = try results(object(response))
        #expect(found.map { $0["status"] as? Int } == [200, 200, 200], "\(response.text)")
        #expect((found[0]["body"] as? [String: Any])?["type"] as? String == "message")
        #expect((found[1]["body"] as? [String: Any])?["object"] as? String == "chat.completion")
        #expect(found[1]["custom_id"] as? String == "w")
        #expect((found[2]["body"] as? [String: Any])?["message"] != nil)
    }

    @Test func `one upstream that fails spoils its own requests only`() throws {
        let station = try Station(
            providers: "  dead: {kind: openai-compatible, url: \"http://127.0.0.1:1/v1\", health: {mode: none}}",
            routes: "  - {name: dead, match: {model: dead}, to: [dead]}\n  - {name: all, to: [mock]}"
        )
        let id = try opened(post(station, Self.body([Self.item(), Self.item("dead"), Self.item()], isAsync: true)))
        let report = try over(station, id)
        #expect(report["status"] as? String == "completed" && report["total"] as? Int == 3)
        #expect(report["completed"] as? Int == 2 && report["failed"] as? Int == 1)
        #expect(try results(report).map { $0["status"] as? Int } == [200, 502, 200])
    }

    @Test(arguments: [
        ("{", "", "not valid JSON"), ("{}", "requests", "1 to 64"), ("{\"requests\": []}", "requests", "1 to 64"),
        ("{\"requests\": [1]}", "requests[0]", "object"),
        ("{\"requests\": [{}], \"async\": 1}", "async", "true or false"),
        ("{\"requests\": [{}, {\"stream\": true}]}", "requests[1].stream", "stream"),
        ("{\"requests\": [{\"endpoint\": \"/api/chat\"}]}", "requests[0].stream", "stream"),
        ("{\"requests\": [{\"endpoint\": \"/v1/embeddings\"}]}", "requests[0].endpoint", "chat"),
        ("{\"requests\": [{\"url\": \"/v1/chat/completions?x HTTP/1.1\"}]}", "requests[0].url", "chat"),
        ("{\"requests\": [{\"custom_id\": 7}]}", "requests[0].custom_id", "text"),
    ])
    func `a batch with something wrong in it is refused as a whole`(body: String, param: String, words: String) throws {
        let station = try Station()
        let error = try expectError(post(station, body), 400, code: "invalid_batch")
        #expect((error.param ?? "") == param && error.message.contains(words), "\(error)")
        #expect(try station.forwarded == 0)
    }

    @Test func `more than 64 requests, other methods and other types are refused`() throws {
        let station = try Station()
        try expectError(post(station, Self.body((0..<65).map { _ in Self.item() })), 400, code: "invalid_batch")
        let connection = try station.connect()
        let get = try connection.fetch("GET", "/v1/batch")
        try expectError(get, 405)
        #expect(get["allow"] == "POST")
        try expectError(try connection.fetch("DELETE", "/v1/batch/batch_0"), 405)
        try expectError(try connection.fetch("GET", "/v1/batch/x/y"), 404)
        try connection.send(
            "POST /v1/batch HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}"
        )
        try expectError(connection.readResponse(to: "POST"), 415)
        #expect(try station.forwarded == 0)
    }

    // MARK: Later

    @Test func `another's batch is not there, one without an owner is everybody's`() throws {
        let station = try Station()
        let mine: Headers = [("authorization", "Bearer mine")]
        let id = try opened(post(station, Self.body([Self.item()], isAsync: true), mine))
        #expect(try over(station, id, mine)["status"] as? String == "completed")
        for headers: Headers in [[], [("authorization", "Bearer other")], [("x-api-key", "mine")]] {
            let connection = try station.connect()
            for (method, path) in [("GET", "/v1/batch/\(id)"), ("POST", "/v1/batch/\(id)/cancel")] {
                try expectError(
                    try connection.fetch(method, path, headers: headers),
                    404,
                    code: "batch_not_found"
                )
            }
        }
        try expectError(try station.connect().fetch("GET", "/v1/batch/batch_1"), 404, code: "batch_not_found")
        let open = try opened(post(station, Self.body([Self.item()], isAsync: true)))
        #expect(try over(station, open, mine)["status"] as? String == "completed")
    }

    @Test func `no more run at a time than the file says, and a cancelled batch begins no more`() throws {
        let station = try Station(more: "batch: {concurrency: 2}")
        let slow: Headers = [("x-mock-fault", "slow-head"), ("x-mock-delay-ms", "1500")]
        let id = try opened(post(station, Self.body((0..<10).map { _ in Self.item() }, isAsync: true), slow))
        #expect(try eventually { try station.forwarded == 2 })
        let running = try object(station.connect().fetch("GET", "/v1/batch/\(id)"))
        #expect(running["status"] as? String == "running" && running["completed"] as? Int == 0)
        let answer = try object(station.connect().fetch("POST", "/v1/batch/\(id)/cancel"))
        #expect(answer["status"] as? String == "cancelling" && answer["id"] as? String == id)
        let report = try over(station, id)
        #expect(report["status"] as? String == "cancelled" && report["completed"] as? Int == 2)
        #expect(try results(report).filter { $0["status"] is NSNull }.count == 8)
        #expect(try station.forwarded == 2, "what had not begun never did")
        let again = try object(station.connect().fetch("POST", "/v1/batch/\(id)/cancel"))
        #expect(again["status"] as? String == "cancelled")
    }

    @Test func `a batch outlives a reload, and begins its later requests by the new file`() throws {
        let station = try Station(listen: "watch: false", more: "batch: {concurrency: 1}")
        let slow: Headers = [("x-mock-fault", "slow-head"), ("x-mock-delay-ms", "800")]
        let id = try opened(post(station, Self.body((0..<3).map { _ in Self.item() }, isAsync: true), slow))
        #expect(try eventually { try station.forwarded == 1 })
        try station.rewrite(
            """
            version: 1
            listen: {address: "127.0.0.1:0", admin: 127.0.0.1:0, watch: false}
            providers:
              mock: {kind: openai-compatible, url: "\(station.mock.url)/v1", health: {mode: none}}
            routes:
              - {name: closed, deny: {status: 418, message: closed}}

            """
        )
        #expect(try object(station.ask("/v1/admin/reload", "POST"))["result"] as? String == "reloaded")
        let report = try over(station, id)
        #expect(try results(report).map { $0["status"] as? Int } == [200, 418, 418])
        #expect(report["completed"] as? Int == 1 && report["failed"] as? Int == 2)
    }

    @Test func `when the client that waits leaves, what runs is cut and what waits is dropped`() throws {
        let station = try Station(more: "batch: {concurrency: 2}")
        do {
            let connection = try station.connect()
            try connection.request(
                "POST",
                "/v1/batch",
                headers: [("x-mock-fault", "slow-head"), ("x-mock-delay-ms", "60000")],
                body: Self.body((0..<6).map { _ in Self.item() })
            )
            #expect(try eventually { try station.forwarded == 2 })
            connection.close()
        }
        #expect(try eventually { try station.mock.counters().peerClosed == 2 })
        // The places are free again.
        #expect(try results(object(post(station, Self.body([Self.item()])))).first?["status"] as? Int == 200)
        #expect(try station.forwarded == 3)
    }

    @Test func `the oldest batch that is over makes room, one that runs does not`() throws {
        let station = try Station(more: "batch: {concurrency: 1}")
        let first = try opened(post(station, Self.body([Self.item()], isAsync: true)))
        _ = try over(station, first)
        let slow: Headers = [("x-mock-fault", "slow-head"), ("x-mock-delay-ms", "60000")]
        let running = try opened(post(station, Self.body([Self.item()], isAsync: true), slow))
        let connection = try station.connect()
        for _ in 0..<62 {
            let response = try connection.fetch("POST", "/v1/batch", body: Self.body([Self.item()], isAsync: true))
            #expect(response.status == 200)
        }
        #expect(try connection.fetch("GET", "/v1/batch/\(first)").status == 200)
        // The sixty-fifth takes the place of the first; for another there is none.
        let next = try connection.fetch("POST", "/v1/batch", body: Self.body([Self.item()], isAsync: true))
        #expect(next.status == 200)
        try expectError(try connection.fetch("GET", "/v1/batch/\(first)"), 404)
        #expect(try connection.fetch("GET", "/v1/batch/\(running)").status == 200)
        let full = try connection.fetch("POST", "/v1/batch", body: Self.body([Self.item()]))
        try expectError(full, 503, code: "batches_full")
        #expect(full["retry-after"] == "5")
    }

    @Test func `who waits is answered while the process ends`() throws {
        let station = try Station(listen: "drain: 20s", more: "batch: {concurrency: 1}")
        let connection = try station.connect()
        try connection.request(
            "POST",
            "/v1/batch",
            headers: [("x-mock-fault", "slow-head"), ("x-mock-delay-ms", "500")],
            body: Self.body([Self.item(), Self.item()])
        )
        #expect(try eventually { try station.forwarded == 1 })
        station.proxy.signal(SIGTERM)
        let answer = try object(connection.readResponse(to: "POST"))
        #expect(try results(answer).map { $0["status"] as? Int } == [200, 200])
        #expect(try station.proxy.wait() == 0)
    }

    @Test func `the audit log names a batch whose bytes are long gone`() throws {
        let folder = try TemporaryFolder()
        try folder.write("key", "a-key-for-this-test-and-no-other\n")
        let settings = "{path: \(folder.file("audit.log")), key: \"file:\(folder.file("key"))\", sync: 50ms}"
        let station = try Station(more: "audit: \(settings)")
        let connection = try station.connect()
        let body = Self.body([Self.item()])
        // What follows on the connection is another request.
        try connection.send(
            "POST /v1/batch HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)"
                + "\r\n\r\n\(body)GET /v1/models?a-path-that-is-longer-than-the-other HTTP/1.1\r\nHost: x\r\n\r\n"
        )
        #expect(connection.readResponse(to: "POST").status == 200)
        #expect(connection.readResponse(to: "GET").status == 200)
        func lines() throws -> [String] {
            try String(contentsOfFile: folder.file("audit.log"), encoding: .utf8).split(separator: "\n").map(
                String.init
            )
        }
        #expect(try eventually { try lines().contains { $0.contains("/v1/models") } })
        let paths = try lines().compactMap { line -> String? in
            let value = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            guard let path = value?["path"] as? String, let method = value?["method"] as? String else { return nil }
            return "\(method) \(path)"
        }
        #expect(paths == ["POST /v1/chat/completions", "POST /v1/batch", "GET /v1/models"], "\(paths)")
        #expect(try station.proxy.stop() == 0)
    }
}
