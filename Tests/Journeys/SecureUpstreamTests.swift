import TestKit
import Testing

/// Upstreams over TLS and unix sockets: who is trusted, and who is not sent a byte.
@Suite struct SecureUpstreamJourneys {
    private func journey(_ tls: String, demandsClientCertificate: Bool = false) throws -> Journey {
        let certificates = try Certificates.shared()
        let mock = try MockUpstream(
            models: ["first"],
            certificates: certificates,
            demandsClientCertificate: demandsClientCertificate
        )
        return try Journey(mocks: [mock], providers: [tls], top: Journey.noRetries)
    }

    private func expectServed(_ journey: Journey) throws {
        let client = try journey.connect()
        for stream in [true, false] {
            let got = try client.chat(stream: stream)
            #expect(got.status == 200 && got.ending == .complete, "\(got.text)")
            #expect(got.body == (try journey.mock.chat(stream: stream)).body)
        }
        #expect(try journey.metric("hoosh_upstream_connections_opened_total") == 1, "TLS connections are kept too")
        #expect(try journey.metric("hoosh_stream_bytes_total", ["path": "splice"]) == 0)
        #expect(try journey.metric("hoosh_stream_bytes_total", ["path": "copy"]) ?? 0 > 0)
    }

    private func expectRefused(_ journey: Journey, _ word: String) throws {
        for stream in [true, false] {
            let got = try journey.chat(stream: stream, headers: [("Authorization", "Bearer of-the-client")])
            #expect(got.status == 502 && got.errorCode == "upstream_error")
            #expect(got.errorMessage.lowercased().contains(word), "\(got.errorMessage)")
            #expect(got.errorMessage.contains("first"))
        }
        #expect(try journey.mock.counters().requests == 0, "no request reached it")
    }

    @Test func `a server of our own authority is trusted`() throws {
        try expectServed(journey("tls: {ca: \(Certificates.shared().authority)}"))
    }

    @Test func `a server of an authority we do not name is refused for its certificate`() throws {
        try expectRefused(journey(""), "certificate")
    }

    @Test func `a server of another authority is refused for its certificate`() throws {
        try expectRefused(journey("tls: {ca: \(Certificates.shared().otherAuthority)}"), "certificate")
    }

    @Test func `the right pin among others is accepted`() throws {
        let certificates = try Certificates.shared()
        let pins = "[\"sha256//\(certificates.wrongPin)\", \"sha256//\(certificates.pin)\"]"
        try expectServed(journey("tls: {ca: \(certificates.authority), pin: \(pins)}"))
    }

    @Test func `a wrong pin is refused before any request`() throws {
        let certificates = try Certificates.shared()
        let pins = "[\"sha256//\(certificates.wrongPin)\"]"
        try expectRefused(journey("tls: {ca: \(certificates.authority), pin: \(pins)}"), "p")
    }

    @Test func `a demanded client certificate is shown`() throws {
        let certificates = try Certificates.shared()
        let identity = "cert: \"file:\(certificates.client)\", key: \"file:\(certificates.clientKey)\""
        try expectServed(journey("tls: {ca: \(certificates.authority), \(identity)}", demandsClientCertificate: true))
    }

    @Test func `without the demanded client certificate no request gets through`() throws {
        let certificates = try Certificates.shared()
        let journey = try journey("tls: {ca: \(certificates.authority)}", demandsClientCertificate: true)
        let got = try journey.chat()
        #expect(got.status == 502 && got.ending == .complete)
        #expect(try journey.mock.counters().requests == 0)
    }

    @Test func `an upstream on a unix socket is spliced`() throws {
        let folder = try TemporaryFolder()
        let mock = try MockUpstream(models: ["first"], unixPath: folder.file("upstream.sock"))
        let journey = try Journey(mocks: [mock])
        let client = try journey.connect()
        for seed in 0..<50 {
            let controls = [("random", "1"), ("seed", "\(seed)")]
            let got = try client.chat(controls)
            try #require(got.status == 200 && got.ending == .complete)
            try #require(got.body == (try mock.chat(controls)).body)
        }
        #expect(try journey.metric("hoosh_stream_bytes_total", ["path": "copy"]) == 0)
        #expect(try journey.metric("hoosh_stream_bytes_total", ["path": "splice"]) ?? 0 > 0)
    }
}
