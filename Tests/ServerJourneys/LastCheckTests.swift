import TestKit
import Testing

/// What stands between a plan that is wrong and a provider that must not see a request.
@Suite struct LastCheckTests {
    private let folder: TemporaryFolder
    private let mock: MockUpstream
    private let file: String

    init() throws {
        folder = try TemporaryFolder()
        mock = try MockUpstream(models: ["mock-small"])
        file = try folder.write(
            "routes.yaml",
            """
            version: 1
            lint: {HP304: none}
            listen: {address: 127.0.0.1:0, admin: 127.0.0.1:0, watch: false}
            privacy: {rules: [{tag: eu, header: {x-residency: eu}}]}
            providers:
              low: {kind: openai-compatible, url: "\(mock.url)/v1", clearance: internal, deny_tags: [eu], health: {mode: none}}
            routes: [{name: all, to: [low]}]

            """
        )
    }

    @Test func `plans that forget about privacy do not get to serve`() throws {
        let proxy = try RunningProgram("hoosh-damaged", [file, "plans", "check"])
        #expect(try proxy.wait() == 1)
        #expect(proxy.errors.contains("the compiled routes differ from the file"))
    }

    @Test func `and would they serve, no connection is made`() throws {
        let proxy = try RunningProgram("hoosh-damaged", [file, "plans", "no-check"])
        let address = try #require(Address(saidIn: try proxy.line(containing: "(client)")))
        let admin = try #require(Address(saidIn: try proxy.line(containing: "(admin)")))
        try proxy.line(containing: "ready")
        func chat(_ headers: Headers) throws -> Response {
            try RawConnection(to: address).fetch("POST", "/v1/chat/completions", headers: headers, body: chatBody())
        }
        for (headers, ending) in [
            ([("x-privacy", "confidential")], "of class confidential"), ([("x-privacy", "?")], "of class restricted"),
            ([("x-residency", "eu")], "with its privacy tags"),
        ] {
            let error = try expectError(try chat(headers), 403, code: "privacy_no_target")
            #expect(error.message.hasSuffix(ending), "\(error.message)")
        }
        #expect(try mock.counters().requests == 0 && mock.counters().connectionsOpened <= 1)
        let page = try MetricsPage(fetch(admin, "GET", "/metrics").text)
        #expect(page.value("hoosh_privacy_stops_total") == 3)
        #expect(try chat([("x-privacy", "internal")]).status == 200)
        #expect(try proxy.stop() == 0)
    }
}
