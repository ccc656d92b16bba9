import TestKit
import Testing

/// The official openai SDK, through the proxy, to an https upstream of our own authority that demands a client certificate.
@Suite(.serialized, .enabled(if: RealParts.areAsked, Comment(rawValue: RealParts.absence)), .timeLimit(.minutes(30)))
struct SecureUpstreamTests {
    private func routes(_ mock: MockUpstream, pin: String, tls: String) -> String {
        """
        providers:
          secure:
            kind: openai-compatible
            url: "\(mock.url)"
            tls:
              pin: ["sha256//\(pin)"]
              \(tls)
        routes:
          - name: everything
            to: [secure]
        """
    }

    @Test func `the SDK streams over https with our authority, the right pin and a client certificate`() throws {
        let certificates = try Certificates.shared()
        let mock = try MockUpstream(certificates: certificates, demandsClientCertificate: true)
        let tls = """
            ca: \(certificates.authority)
                  cert: file:\(certificates.client)
                  key: file:\(certificates.clientKey)
            """
        let proxy = try ProxyInFront(routes: routes(mock, pin: certificates.pin, tls: tls))
        let facts: ChatFacts = try proxy.sdk("chat_stream", model: "mock-small")
        #expect(!facts.text.isEmpty)
        #expect(facts.finish == "stop")
        #expect(facts.completionTokens != nil)
        #expect(facts.headers["x-hoosh-provider"] == "secure")
        #expect(try mock.lastEnded().ended == "completed")
    }

    @Test func `with a wrong pin the SDK gets an error and the upstream gets no request`() throws {
        let certificates = try Certificates.shared()
        let mock = try MockUpstream(certificates: certificates)
        let proxy = try ProxyInFront(
            routes: routes(mock, pin: certificates.wrongPin, tls: "ca: \(certificates.authority)")
        )
        let facts: FailureFacts = try proxy.sdk("unknown_model", model: "-")
        #expect(facts.error == "InternalServerError")
        #expect([502, 503].contains(facts.status))
        #expect(try #require(facts.message).contains("secure"))
        #expect(try mock.counters().requests == 0)
    }
}
