import Foundation
import Synchronization
import TestKit
import Testing

/// Streams that their budget ends, however their bytes come and however many run at once.
@Suite struct CutStreamTests {
    private struct Way {
        let path: String
        let kind: String
        let body: String
        let ending: String
        /// It passes unchanged.
        let isPassed: Bool
        /// The mock can vary what stands in the events.
        var isRandom = false
    }

    private static let messages = "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]"
    private static let claude = "{\"model\":\"mock-small\",\"max_tokens\":20,\"stream\":true,\(messages)}"
    private static let gemini = "{\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"hi\"}]}]}"
    /// The mock says Gemini's words again, and counts them in the last event.
    private static let long = gemini.replacing("hi", with: String(repeating: "word ", count: 100))
    private static let geminiPath = "/v1beta/models/mock-small:streamGenerateContent?alt=sse"
    private static let responses = "{\"model\":\"mock-small\",\"stream\":true,\"input\":\"hi\"}"
    private static let length = "\"finish_reason\":\"length\""
    private static let chat = "/v1/chat/completions"
    private static let compatible = "openai-compatible"
    private static let ways = [
        Way(path: chat, kind: compatible, body: chatBody(stream: true), ending: length, isPassed: true, isRandom: true),
        Way(path: "/v1/messages", kind: "anthropic", body: claude, ending: "\"max_tokens\"", isPassed: true),
        Way(
            path: "/api/chat",
            kind: "ollama",
            body: "{\"model\":\"mock-small\",\(messages)}",
            ending: "\"length\"",
            isPassed: true
        ),
        Way(path: geminiPath, kind: "google", body: long, ending: "\"MAX_TOKENS\"", isPassed: true),
        Way(path: "/v1/responses", kind: "openai", body: responses, ending: "response.incomplete", isPassed: true),
        Way(path: chat, kind: "anthropic", body: chatBody(stream: true), ending: length, isPassed: false),
        Way(
            path: "/v1/messages",
            kind: compatible,
            body: claude,
            ending: "\"max_tokens\"",
            isPassed: false,
            isRandom: true
        ),
        Way(path: "/v1/responses", kind: "anthropic", body: responses, ending: "response.incomplete", isPassed: false),
        Way(path: geminiPath, kind: compatible, body: gemini, ending: "\"MAX_TOKENS\"", isPassed: false),
        Way(
            path: "/api/chat",
            kind: compatible,
            body: "{\"model\":\"mock-small\",\(messages)}",
            ending: "\"length\"",
            isPassed: false
        ),
    ]

    private func pieces(_ body: [UInt8], lines: Bool) -> [String] {
        let text = String(decoding: body, as: UTF8.self).replacing("\r\n", with: "\n").replacing("\r", with: "\n")
        return text.components(separatedBy: lines ? "\n" : "\n\n")
    }

    @Test(arguments: ways.indices)
    func `what is cut is whole events, as they came, and the dialect's own end`(index: Int) throws {
        let way = Self.ways[index]
        let mock = try MockUpstream(models: ["mock-small"])
        let base =
            ["anthropic", "ollama"].contains(way.kind)
            ? mock.url : "\(mock.url)/v1\(way.kind == "google" ? "beta" : "")"
        let station = try Station(
            providers: "  other: {kind: \(way.kind), url: \"\(base)\", key: env:APP_TOKEN, health: {mode: none}, "
                + "pass_headers: [x-mock-*]}",
            more: "pools: {team: {tokens: 200/day, reserve: {output: 10}, overrun: cut, per: \"header:x-user\"}}",
            routes: "  - {name: cut, match: {headers: {x-user: \"u*\"}}, to: [other], pool: team}\n"
                + "  - {name: all, to: [other]}",
            environment: ["APP_TOKEN": "app-0123456789abcdef0123"]
        )
        let isLines = way.path == "/api/chat"
        let cuts = Mutex(0)
        try concurrently(4) { worker in
            for turn in 0..<6 {
                let seed = index * 100 + worker * 10 + turn
                var headers = [
                    ("x-mock-pace-ms", "1"),
                    ("anthropic-version", "2023-06-01"),
                    ("content-type", "application/json"),
                ]
                if way.kind != "google" { headers += [("x-mock-events", "60"), ("x-mock-event-bytes", "300")] }
                if way.isRandom, turn % 2 == 0 {
                    headers += [("x-mock-random", "1"), ("x-mock-seed", "\(seed)")]
                } else {
                    headers += [("x-mock-chunk-bytes", "\(17 + seed * 7 % 300)")]
                }
                let connection = try station.connect()
                let answer = try connection.fetch(
                    "POST",
                    way.path,
                    headers: headers + [("x-user", "u\(seed)")],
                    body: way.body
                )
                #expect(answer.status == 200 && answer.ending == .complete, "\(seed): \(answer.text.suffix(400))")
                let got = pieces(answer.body, lines: isLines)
                for data in isLines ? got.filter({ !$0.isEmpty }) : answer.events where data != "[DONE]" {
                    guard !(way.isRandom && turn % 2 == 0 && way.isPassed) else { break }
                    let value = try? JSONSerialization.jsonObject(with: Data(data.utf8))
                    #expect(value != nil, "\(way.path) \(way.kind) \(seed): \(data)")
                }
                guard let own = got.firstIndex(where: { $0.contains("\"x_hoosh\":{\"cut\":\"budget_exceeded\"") })
                else {
                    continue
                }
                cuts.withLock { $0 += 1 }
                #expect(got[own].contains(way.ending), "\(got[own])")
                #expect(try connection.fetch("GET", "/v1/tokens/pools").status == 200)
                guard way.isPassed else { continue }
                let whole = try station.connect().fetch("POST", way.path, headers: headers, body: way.body)
                let all = pieces(whole.body, lines: isLines)
                var before = Array(got[..<own])
                if way.kind == "anthropic", before.last?.contains("content_block_stop") == true { before.removeLast() }
                #expect(before == Array(all.prefix(before.count)), "\(way.path) \(seed): \(got[..<own].suffix(2))")
            }
        }
        #expect(cuts.withLock { $0 } >= 12, "\(way.path) \(way.kind)")
    }

    /// Tokens used of the pool once nothing is set aside any more.
    private func used(_ station: Station) throws -> Int {
        for _ in 0..<500 {
            let answer = try station.connect().fetch("GET", "/v1/tokens/pools")
            let line = try #require((try object(answer)["pools"] as? [[String: Any]])?.first, "\(answer.text)")
            if line["reserved"] as? Int == 0 { return line["used"] as? Int ?? -1 }
            usleep(20_000)
        }
        return -1
    }

    /// Fifty streams at once, each of which would take more than there is for all.
    private func press(_ stations: [Station]) throws -> Int {
        let cuts = Mutex(0)
        try concurrently(50) { worker in
            let headers = [("x-mock-events", "300"), ("x-mock-gap-us", "500")]
            let isTranslated = worker % 3 == 0
            let answer = try stations[worker % stations.count].connect().fetch(
                "POST",
                isTranslated ? "/v1/messages" : "/v1/chat/completions",
                headers: headers,
                body: isTranslated ? Self.claude : chatBody(stream: true)
            )
            guard answer.status == 200 else {
                return #expect(answer.status == 429, "\(answer.text)")
            }
            #expect(answer.ending == .complete)
            if answer.text.contains("budget_exceeded") { cuts.withLock { $0 += 1 } }
        }
        return cuts.withLock { $0 }
    }

    @Test(arguments: [false, true])
    func `streams that run at once take no more together than their pool has`(isKept: Bool) throws {
        let folder = try TemporaryFolder()
        let state = isKept ? "state: \"sqlite:\(folder.file("state.db"))\"\n" : ""
        let station = try Station(
            more: "\(state)pools: {team: {tokens: 6000/day, reserve: {output: 10}, overrun: cut, parent: org}, "
                + "org: {tokens: 5000/day, overrun: cut}}",
            routes: "  - {name: all, to: [mock], pool: team}"
        )
        let cuts = try press([station])
        #expect(cuts > 20, "\(cuts)")
        let used = try used(station)
        #expect(used <= 5_000 && used > 3_500, "\(used)")
    }

    @Test(.enabled(if: RedisServer.isInstalled, "\(RedisServer.missing)"))
    func `streams of two proxies take no more together than their pool has`() throws {
        let server = try RedisServer()
        let stations = try (0..<2).map { _ in
            try Station(
                more: "state: {store: \"\(server.url)\", timeout: 10s}\n"
                    + "pools: {team: {tokens: 8000/day, reserve: {output: 10}, overrun: cut}}",
                routes: "  - {name: all, to: [mock], pool: team}"
            )
        }
        let cuts = try press(stations)
        #expect(cuts > 10, "\(cuts)")
        let used = try used(stations[0])
        #expect(used <= 8_000 && used > 4_000, "\(used)")
    }
}
