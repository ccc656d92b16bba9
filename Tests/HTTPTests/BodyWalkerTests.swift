import Bytes
import HTTP
import Testing
import WireCases

@Suite struct BodyWalkerTests {
    /// Walks all of it: payload, what is left over, and whether it ended.
    private func walk(_ framing: BodyFraming, _ text: String) throws(HTTPFault) -> (
        payload: String, rest: String, ended: Bool
    ) {
        let bytes = Array(text.utf8)
        var walker = BodyWalker(framing)
        var position = 0
        var payload: [UInt8] = []
        while true {
            switch try walker.next(bytes.span, at: &position) {
            case .payload(let range): payload += bytes[range]
            case .more:
                return (
                    String(decoding: payload, as: UTF8.self), String(decoding: bytes[position...], as: UTF8.self), false
                )
            case .end:
                return (
                    String(decoding: payload, as: UTF8.self), String(decoding: bytes[position...], as: UTF8.self), true
                )
            }
        }
    }

    @Test func `each framing ends where it says`() throws {
        #expect(try walk(.none, "abc") == ("", "abc", true))
        #expect(try walk(.length(2), "abc") == ("ab", "c", true))
        #expect(try walk(.length(0), "abc") == ("", "abc", true))
        #expect(try walk(.length(9), "abc") == ("abc", "", false))
        #expect(try walk(.untilClose, "abc") == ("abc", "", false))
        #expect(try walk(.chunked, "2\r\nab\r\n01;x=\"y\"\r\nc\r\n0\r\n\r\nGET") == ("abc", "GET", true))
        #expect(try walk(.chunked, "A\r\n0123456789\r\n00\r\nX-A: b\r\nX-B:\r\n\r\n") == ("0123456789", "", true))
    }

    @Test(arguments: ["2", "2 ", "2\r", "2 ;a", "2;ab", "0\r\n\r", "0\r\nX-A: b\r\n"])
    func `a line is not taken before it is whole`(text: String) throws {
        let (payload, rest, ended) = try walk(.chunked, text)
        #expect(payload.isEmpty && !ended)
        #expect(!rest.isEmpty)
    }

    @Test func `skipping and stepping back keep count`() throws {
        var walker = BodyWalker(.length(10))
        walker.skipPayload(4)
        #expect(walker.payloadLeft == 6 && !walker.isEnded)
        walker.skipPayload(6)
        #expect(walker.isEnded)
        walker.stepBack(3)
        #expect(walker.payloadLeft == 3 && !walker.isEnded)
        var chunked = BodyWalker(.chunked)
        var position = 0
        #expect(try chunked.next(Array("3\r\nabc".utf8).span, at: &position) == .payload(3..<6))
        #expect(chunked.owesChunkEnd && chunked.isChunked)
        chunked.stepBack(1)
        #expect(!chunked.owesChunkEnd && chunked.payloadLeft == 1)
    }

    @Test func `random bodies are the same whole and in pieces`() {
        let seeds = [
            "\u{2}\u{0}\u{0}5\r\nhello\r\n6;ext=1\r\n world\r\n0\r\nX-Trailer: yes\r\n\r\nGET / HTTP/1.1",
            "\u{2}\u{0}\u{0}1\r\na\r\n1\r\nb\r\n0\r\n\r\n", "\u{0}\u{0}\u{9}123456789 and more",
            "\u{1}\u{0}\u{0}until the end",
        ]
        var dice = Dice(seed: 4)
        for round in 0..<20_000 {
            let base = Array(seeds[round % seeds.count].utf8)
            let bytes = round < seeds.count ? base : dice.mutated(base, alphabet: Array("\r\n0123af;=\" X:".utf8))
            if let violation = WireCheck.body.violation(bytes) {
                Issue.record("\(violation): \(String(decoding: bytes, as: UTF8.self).debugDescription)")
                return
            }
        }
    }
}

@Suite struct KnownFieldTests {
    @Test(arguments: [
        ("TE", KnownField.te), ("Via", .via), ("Host", .host), ("Date", .date), ("Cookie", .cookie),
        ("Expect", .expect),
        ("Accept", .accept), ("Server", .server), ("Api-Key", .apiKey), ("Trailer", .trailer), ("Upgrade", .upgrade),
        ("X-Api-Key", .xApiKey), ("Connection", .connection), ("Keep-Alive", .keepAlive), ("User-Agent", .userAgent),
        ("Retry-After", .retryAfter), ("Content-Type", .contentType), ("X-Request-ID", .xRequestID),
        ("Authorization", .authorization), ("Content-Length", .contentLength), ("Accept-Encoding", .acceptEncoding),
        ("X-Goog-Api-Key", .xGoogApiKey), ("Content-Encoding", .contentEncoding),
        ("Transfer-Encoding", .transferEncoding), ("Proxy-Connection", .proxyConnection),
        ("Proxy-Authenticate", .proxyAuthenticate), ("Proxy-Authorization", .proxyAuthorization),
        ("Retry-After-Ms", .retryAfterMilliseconds), ("X-Ms-Retry-After-Ms", .azureRetryAfterMilliseconds),
    ]) func `a name is recognised in any case, and no name near it`(name: String, field: KnownField) {
        #expect(KnownField.recognise(Array(name.utf8).span) == field)
        #expect(KnownField.recognise(Array(name.uppercased().utf8).span) == field)
        #expect(KnownField.recognise(Array(name.lowercased().utf8).span) == field)
        var bytes = Array(name.utf8)
        for index in bytes.indices {
            let kept = bytes[index]
            bytes[index] = 0x5f
            #expect(KnownField.recognise(bytes.span) == .other)
            bytes[index] = kept
        }
        #expect(KnownField.recognise(Array((name + "x").utf8).span) == .other)
    }
}
