import Foundation
import TestKit
import Testing

/// What routes ask about a request, over the wire: the same words that `docs/routes.md` explains.
@Suite(.serialized) struct LanguageTests {
    /// Routes named after what they match, and `rest` behind them.
    private func journey(
        _ matches: [(String, String)],
        rest: String = "  - {name: rest, to: [first]}",
        arguments: [String] = []
    ) throws -> Journey {
        let routes = matches.map { "  - {name: \($0.0), match: {\($0.1)}, to: [first]}" }
        return try Journey(
            routes: (routes + [rest]).joined(separator: "\n"),
            arguments: arguments
        )
    }

    private func route(_ journey: Journey, body: String? = nil, headers: Headers = []) throws -> String? {
        let text = body ?? chatBody(model: "mock-small")
        let response = try journey.connect().fetch("POST", "/v1/chat/completions", headers: headers, body: text)
        #expect(response.status == 200, "\(response.text)")
        return response["x-hoosh-route"]
    }

    @Test(arguments: ["tree", "bits", "linear"])
    func `token ranges tile without a gap`(engine: String) throws {
        let journey = try journey(
            [("small", "tokens: ..8"), ("middle", "tokens: 8..100"), ("large", "tokens: 100..")],
            // Nothing is left for another route, and lint would refuse it.
            rest: "",
            arguments: ["--engine", engine]
        )
        // Four for the message, and a quarter of its bytes.
        for (bytes, expected) in [(0, "small"), (15, "small"), (16, "middle"), (383, "middle"), (384, "large")] {
            let body = chatBody(message: String(repeating: "x", count: bytes))
            #expect(try route(journey, body: body) == expected, "\(bytes) bytes")
        }
        // The same text spelled with escapes is as long as it was.
        #expect(try route(journey, body: chatBody(message: String(repeating: "\\u0078", count: 15))) == "small")
    }

    @Test func `features are those of the body`() throws {
        let journey = try journey([
            ("both", "features: [tools, vision]"), ("tools", "features: [tools]"), ("vision", "features: [vision]"),
            ("audio", "features: [audio]"), ("schema", "features: [json_schema]"),
        ])
        let image = #"{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:,x"}}]}"#
        let sound = #"{"role":"user","content":[{"type":"input_audio","input_audio":{"data":"x"}}]}"#
        let bodies = [
            ("rest", chatBody()), ("tools", chatBody(extra: #""tools":[{"type":"function"}]"#)),
            ("vision", #"{"model":"m","messages":[\#(image)]}"#),
            ("both", #"{"model":"m","messages":[\#(image)],"tools":[{}]}"#),
            ("audio", #"{"model":"m","messages":[\#(sound)]}"#),
            ("schema", chatBody(extra: #""response_format":{"type":"json_schema","json_schema":{}}"#)),
            ("rest", chatBody(extra: #""tools":[],"metadata":{"tools":[1]}"#)),
        ]
        for (expected, body) in bodies { #expect(try route(journey, body: body) == expected, "\(body)") }
    }

    @Test func `a window is open inside its hours and no others`() throws {
        // Two days off in either direction, whatever the zone.
        let names = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = try #require(TimeZone(identifier: "UTC"))
        let today = calendar.component(.weekday, from: Date()) - 1
        let near = [6, 0, 1].map { names[(today + $0) % 7] }
        let far = [2, 3, 4, 5].map { names[(today + $0) % 7] }
        let closed = try journey([
            ("closed", "time: [\(far.map { "\"\($0) 00:00-23:59 Europe/Berlin\"" }.joined(separator: ", "))]")
        ])
        #expect(try route(closed) == "rest")
        let open = try journey([
            ("open", "time: [\(near.map { "\"\($0) 12:00-12:00 Asia/Tokyo\"" }.joined(separator: ", "))]")
        ])
        #expect(try route(open) == "open")
        let negated = try journey([("outside", "not: {time: \"\(far[1]) 06:00-18:00\"}")])
        #expect(try route(negated) == "outside")
    }

    @Test func `a sample keeps a subject on its side`() throws {
        let journey = try journey([("half", "sample: 50%, sample_by: \"header:x-user\"")])
        var sides: [String: Int] = [:]
        for user in 0..<40 {
            let first = try #require(try route(journey, headers: [("x-user", "user-\(user)")]))
            #expect(try route(journey, headers: [("x-user", "user-\(user)")]) == first)
            sides[first, default: 0] += 1
        }
        #expect(sides["half"] ?? 0 > 5 && sides["rest"] ?? 0 > 5, "\(sides)")
        // Nobody to be sampled: the match is false.
        #expect(try route(journey) == "rest")
    }

    @Test func `a sample of requests goes by the request's id`() throws {
        let journey = try journey([("tenth", "sample: 10%, sample_by: request")])
        var taken = 0
        for number in 0..<60 {
            let first = try route(journey, headers: [("x-request-id", "id-\(number)")])
            #expect(try route(journey, headers: [("x-request-id", "id-\(number)")]) == first)
            if first == "tenth" { taken += 1 }
        }
        #expect((1...25).contains(taken))
    }

    @Test(arguments: ["tree", "bits", "linear"])
    func `any and not nest`(engine: String) throws {
        let journey = try journey(
            [
                ("either", "any: [{headers: {x-a: \"1\"}}, {headers: {x-b: \"re:[0-9]+\"}, stream: false}]"),
                ("neither", "not: {any: [{headers: {x-c: \"*\"}}, {model: \"mock-*\"}]}"),
            ],
            arguments: ["--engine", engine]
        )
        #expect(try route(journey, headers: [("x-a", "1")]) == "either")
        #expect(try route(journey, headers: [("x-b", "42")]) == "either")
        #expect(try route(journey, headers: [("x-b", "4x")]) == "rest")
        #expect(try route(journey, body: chatBody(model: "other")) == "neither")
        #expect(try route(journey, body: chatBody(model: "other"), headers: [("x-c", "")]) == "rest")
    }

    @Test func `nobody is known by name, so a test for a key is false`() throws {
        let journey = try journey([("known", "key: \"*\""), ("unknown", "not: {tenant: \"*\"}")])
        #expect(try route(journey) == "unknown")
    }
}
