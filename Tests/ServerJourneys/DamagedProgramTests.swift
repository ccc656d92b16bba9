import TestKit
import Testing

/// The tree itself decides, and a tree that differs from its file does not get to.
@Suite struct DamagedProgramTests {
    private let folder: TemporaryFolder
    private let mock: MockUpstream
    private let file: String
    /// The node that looks at `x-n`, where it sends requests without one, and where those with a 3.
    private let node: (number: Int, absent: Int, three: Int)

    init() throws {
        folder = try TemporaryFolder()
        mock = try MockUpstream(models: ["mock-small"])
        var text = """
            version: 1
            listen: {address: 127.0.0.1:0, admin: 127.0.0.1:0, watch: false}
            providers: {mock: {kind: openai-compatible, url: "\(mock.url)/v1", health: {mode: none}}}
            routes:

            """
        for number in 0..<12 {
            text +=
                "  - {name: s\(number), match: {stream: true, path: \"/v1/*\", headers: {x-n: \"\(number)\"}}, to: [mock]}\n"
            text +=
                "  - {name: p\(number), match: {stream: false, path: \"/v1/*\", headers: {x-n: \"\(number)\"}}, to: [mock]}\n"
        }
        text += "  - {name: rest, to: [mock]}\n"
        file = try folder.write("routes.yaml", text)
        let listing = try run("hoosh-damaged", [file, "nodes"]).output
        node = try #require(DamagedProgramTests.headerNode(in: listing), "\(listing)")
    }

    /// Reads `#13 header x-n` and the lines `absent → #0` and `"3" → #6` below it.
    private static func headerNode(in listing: String) -> (Int, Int, Int)? {
        func number(after text: String) -> Int? {
            guard let place = listing.range(of: text) else { return nil }
            return Int(listing[place.upperBound...].prefix { $0.isNumber })
        }
        guard let title = listing.split(separator: "\n").first(where: { $0.hasSuffix(" header x-n") }),
            let own = Int(title.dropFirst().prefix { $0.isNumber }), let absent = number(after: "absent → #"),
            let three = number(after: "\"3\" → #")
        else { return nil }
        return (own, absent, three)
    }

    private func start(_ value: Int, _ check: String...) throws -> RunningProgram {
        try RunningProgram("hoosh-damaged", [file, "\(node.number)", "second", "\(value)"] + check)
    }

    private func routeWithoutHeader(_ proxy: RunningProgram) throws -> String? {
        let address = try #require(Address(saidIn: try proxy.line(containing: "(client)")))
        try proxy.line(containing: "ready")
        return try routeWithoutHeader(address)
    }

    private func routeWithoutHeader(_ address: Address) throws -> String? {
        let connection = try RawConnection(to: address)
        let body = chatBody(model: "mock-small", stream: true)
        return try connection.fetch("POST", "/v1/chat/completions", body: body)["x-hoosh-route"]
    }

    @Test func `one node changed is another answer, so the tree decides`() throws {
        // Written anew as it was: nothing changes, and the check is content.
        let whole = try start(node.absent, "check")
        #expect(try routeWithoutHeader(whole) == "rest")
        #expect(try whole.stop() == 0)
        let damaged = try start(node.three, "no-check")
        #expect(try routeWithoutHeader(damaged) == "s3")
        #expect(try damaged.stop() == 0)
    }

    @Test func `the check at load refuses a changed node and says what differs`() throws {
        let proxy = try start(node.three, "check")
        #expect(try proxy.wait() == 1)
        #expect(proxy.errors.contains("the compiled routes differ from the file"))
        #expect(proxy.errors.contains("cannot be served"))
    }

    @Test func `a reload to a changed node is refused, and the tree before it goes on`() throws {
        let proxy = try start(node.three, "check", "later")
        let address = try #require(Address(saidIn: try proxy.line(containing: "(client)")))
        let admin = try #require(Address(saidIn: try proxy.line(containing: "(admin)")))
        #expect(try routeWithoutHeader(proxy) == "rest")
        let before = try object(fetch(admin, "GET", "/v1/admin/config"))["config"] as? String
        for _ in 0..<2 {
            let answer = try fetch(admin, "POST", "/v1/admin/reload")
            let body = try object(answer)
            #expect(answer.status == 422 && body["result"] as? String == "refused")
            #expect((body["message"] as? String ?? "").contains("the compiled routes differ from the file"))
            #expect(body["config"] as? String == before)
            #expect(try routeWithoutHeader(address) == "rest")
        }
        let page = try MetricsPage(fetch(admin, "GET", "/metrics").text)
        #expect(page.value("hoosh_config_reloads_total", ["result": "failure"]) == 2)
        #expect(try proxy.stop() == 0)
    }

    @Test func `without the check the reload would have served it`() throws {
        let proxy = try start(node.three, "no-check", "later")
        let address = try #require(Address(saidIn: try proxy.line(containing: "(client)")))
        let admin = try #require(Address(saidIn: try proxy.line(containing: "(admin)")))
        #expect(try routeWithoutHeader(proxy) == "rest")
        #expect(try fetch(admin, "POST", "/v1/admin/reload").status == 200)
        #expect(try routeWithoutHeader(address) == "s3")
        #expect(try proxy.stop() == 0)
    }
}
