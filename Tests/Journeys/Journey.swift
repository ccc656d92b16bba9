import Foundation
import TestKit

/// One proxy of a test's own with the mocks behind it.
///
/// The mocks are the providers `first`, `second`, `third`; each has its name as its model too, so that
/// `x-mock-for: first` concerns only that one.
final class Journey: Sendable {
    static let names = ["first", "second", "third"]
    /// The upstreams, in the order of their names.
    let mocks: [MockUpstream]
    /// The process.
    let proxy: RunningProgram
    /// The listener of clients.
    let address: Address
    /// The listener of metrics.
    let admin: Address
    private let folder: TemporaryFolder

    /// What a test leaves as it is: tries follow one another at once, and none is saved for later requests.
    static let quickRetries = "defaults: {retry: {backoff: 1ms..2ms, budget: 100%}}"
    /// One try and no more.
    static let noRetries = "defaults: {retry: {attempts: 0}}"

    /// Starts `upstreams` mocks and a proxy with them as its providers.
    ///
    /// * `providers`: what stands in each provider's mapping besides kind, url and health, such as `key: env:K`.
    /// * `more`: further lines below `providers`.
    /// * `top`: further sections.
    /// * `under`: a command line that the proxy's stands behind.
    /// - Throws: `TestKitFailure` when something does not come up.
    init(
        upstreams: Int = 1,
        mocks given: [MockUpstream]? = nil,
        providers: [String] = [],
        health: String = "{mode: none}",
        more: String = "",
        routes: String = "  - {name: all, to: [first]}",
        top: String = Journey.quickRetries,
        listen: String = "",
        threads: Int = 2,
        arguments: [String] = [],
        environment: [String: String] = [:],
        under: [String] = []
    ) throws {
        let mocks = try given ?? (0..<upstreams).map { try MockUpstream(models: [Journey.names[$0]]) }
        self.mocks = mocks
        folder = try TemporaryFolder()
        var text =
            "version: 1\nlisten: {address: 127.0.0.1:0, admin: 127.0.0.1:0\(listen.isEmpty ? "" : ", \(listen)")}\n"
        text += top + "\nproviders:\n"
        for (index, mock) in mocks.enumerated() {
            let extra = index < providers.count && !providers[index].isEmpty ? ", \(providers[index])" : ""
            let url = if case .unix(let path) = mock.address { "unix:\(path)" } else { "\(mock.url)/v1" }
            text += "  \(Journey.names[index]): {kind: openai-compatible, url: \"\(url)\", health: \(health)\(extra)}\n"
        }
        text += more + "\nroutes:\n" + routes + "\n"
        let file = try folder.write("routes.yaml", text)
        let line = ["\(RunningProgram.folder)/hoosh-proxy", "--routes", file, "--threads", "\(threads)"] + arguments
        let command = under + line
        proxy = try RunningProgram(command[0], Array(command.dropFirst()), environment: environment, tool: true)
        guard let address = Address(saidIn: try proxy.line(containing: "(client)")),
            let admin = Address(saidIn: try proxy.line(containing: "(admin)"))
        else { throw TestKitFailure("no addresses in: \(proxy.errors)") }
        try proxy.line(containing: "ready")
        self.address = address
        self.admin = admin
    }

    /// The first mock.
    var mock: MockUpstream { mocks[0] }

    /// A connection to the proxy, which keeps all of this running.
    func connect(timeoutSeconds: Double = 60) throws -> RawConnection {
        let connection = try RawConnection(to: address, timeoutSeconds: timeoutSeconds)
        connection.owner = self
        return connection
    }

    /// One chat request with `x-mock-` headers, their names given without that prefix, on a connection of its own.
    func chat(
        stream: Bool = true,
        model: String = "mock-small",
        _ controls: Headers = [],
        headers: Headers = []
    ) throws -> Response {
        try connect().chat(stream: stream, model: model, controls, headers: headers)
    }

    // MARK: Metrics

    /// The sum of a metric's samples whose labels include these; nil without any.
    func metric(_ name: String, _ labels: [String: String] = [:]) throws -> Int? {
        let page = try fetch(admin, "GET", "/metrics").text
        var sum: Int?
        for line in page.split(separator: "\n") where !line.hasPrefix("#") {
            guard line.hasPrefix("\(name){") || line.hasPrefix("\(name) ") else { continue }
            guard labels.allSatisfy({ line.contains("\($0.key)=\"\($0.value)\"") }) else { continue }
            sum = (sum ?? 0) + (Int(line.split(separator: " ").last ?? "") ?? 0)
        }
        return sum
    }

    /// Waits for a metric to come to a value; false when it has not after 10 s.
    func comes(_ name: String, _ labels: [String: String] = [:], to value: Int) throws -> Bool {
        try eventually(seconds: 60) { try metric(name, labels) ?? 0 == value }
    }

    /// The lines of the access log so far.
    var accessLog: [String] { proxy.output.split(separator: "\n").map(String.init) }
}

extension RawConnection {
    /// Sends a chat request with `x-mock-` headers and does not wait for the answer.
    func ask(
        stream: Bool = true,
        model: String = "mock-small",
        _ controls: Headers = [],
        headers: Headers = []
    ) throws {
        let all = controls.map { ("x-mock-\($0.0)", $0.1) } + headers
        try request("POST", "/v1/chat/completions", headers: all, body: chatBody(model: model, stream: stream))
    }

    /// Sends a chat request with `x-mock-` headers and reads the answer.
    func chat(
        stream: Bool = true,
        model: String = "mock-small",
        _ controls: Headers = [],
        headers: Headers = []
    ) throws -> Response {
        try ask(stream: stream, model: model, controls, headers: headers)
        return readResponse(to: "POST")
    }
}

extension Response {
    /// `error.code` of an error in OpenAI's shape; nil for anything else.
    var errorCode: String? { Response.member("code", of: text) }

    /// The last event as an error in OpenAI's shape: its code; nil when it is none.
    var lastEventErrorCode: String? { events.last.flatMap { Response.member("code", of: $0) } }

    /// `error.message` of an error in OpenAI's shape.
    var errorMessage: String { Response.member("message", of: text) ?? "" }

    private static func member(_ name: String, of text: String) -> String? {
        let value = try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        return (value?["error"] as? [String: Any])?[name] as? String
    }

    /// The provider that answered.
    var provider: String? { self["x-hoosh-provider"] }
    /// Tries made.
    var attempts: String? { self["x-hoosh-attempts"] }
}

/// Numbers that come out the same in every run (SplitMix64).
struct Dice: RandomNumberGenerator {
    private var state: UInt64
    init(_ seed: Int) { state = UInt64(truncatingIfNeeded: seed) }
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
        return value ^ (value >> 31)
    }
}
