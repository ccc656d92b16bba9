import Foundation
import TestKit
import Testing

/// One proxy of a test's own, and the mock behind it.
final class Station: Sendable {
    /// The upstream, provider `mock`.
    let mock: MockUpstream
    /// The process.
    let proxy: RunningProgram
    /// The listener of clients.
    let address: Address
    /// The listener of probes and metrics.
    let admin: Address
    /// The route file.
    let file: String
    private let folder: TemporaryFolder

    /// Starts a mock and a proxy before it.
    ///
    /// * `listen`: further keys of `listen`; `provider`: further keys of the mock's provider.
    /// * `providers`, `more`: whole lines below `providers` and behind it.
    init(
        client: String = "127.0.0.1:0",
        listen: String = "",
        provider: String = "",
        providers: String = "",
        more: String = "",
        routes: String = "  - {name: all, to: [mock]}",
        models: [String] = ["mock-small"],
        arguments: [String] = [],
        environment: [String: String] = [:]
    ) throws {
        mock = try MockUpstream(models: models)
        folder = try TemporaryFolder()
        var text =
            "version: 1\nlisten: {address: \"\(client)\", admin: 127.0.0.1:0\(listen.isEmpty ? "" : ", \(listen)")}\n"
        text += "defaults: {retry: {attempts: 0}}\nproviders:\n"
        text += "  mock: {kind: openai-compatible, url: \"\(mock.url)/v1\", health: {mode: none}"
        text += "\(provider.isEmpty ? "" : ", \(provider)")}\n\(providers)\n\(more)\nroutes:\n\(routes)\n"
        file = try folder.write("routes.yaml", text)
        proxy = try RunningProgram(
            "hoosh-proxy",
            ["--routes", file, "--threads", "2"] + arguments,
            environment: environment
        )
        guard let address = Address(saidIn: try proxy.line(containing: "(client)")),
            let admin = Address(saidIn: try proxy.line(containing: "(admin)"))
        else { throw TestKitFailure("no addresses in: \(proxy.errors)") }
        try proxy.line(containing: "ready")
        self.address = address
        self.admin = admin
    }

    /// A connection to the client listener, which keeps all of this running.
    func connect(timeoutSeconds: Double = 60) throws -> RawConnection {
        let connection = try RawConnection(to: address, timeoutSeconds: timeoutSeconds)
        connection.owner = self
        return connection
    }

    /// One chat request on a connection of its own.
    func chat(stream: Bool = false, model: String = "mock-small", headers: Headers = []) throws -> Response {
        try connect().fetch(
            "POST",
            "/v1/chat/completions",
            headers: headers,
            body: chatBody(model: model, stream: stream)
        )
    }

    /// One chat request with this body.
    func chat(body: String) throws -> Response { try connect().fetch("POST", "/v1/chat/completions", body: body) }

    /// One question to the admin listener.
    func ask(_ path: String, _ method: String = "GET") throws -> Response { try fetch(admin, method, path) }

    /// Writes the route file anew, in place.
    func rewrite(_ text: String) throws { try folder.write("routes.yaml", text) }

    /// Puts another file in the route file's place, at once.
    func replace(_ text: String) throws {
        let new = try folder.write("new", text)
        guard rename(new, file) == 0 else { throw TestKitFailure("cannot rename \(new)") }
    }

    /// Gives an answer once it is kept, where it is: the client has its last byte a moment before that.
    func whenKept(_ answer: Response) throws -> Response {
        guard answer["x-hoosh-cache"] == "MISS" else { return answer }
        _ = try eventually(seconds: 5) { try object(ask("/v1/cache/stats"))["in_flight"] as? Int == 0 }
        return answer
    }

    /// Requests the mock has seen.
    var forwarded: Int { get throws { try mock.counters().requests } }
}

/// An error in OpenAI's shape.
struct OpenAIError {
    let message: String
    let type: String
    let param: String?
    let code: String
}

/// Reads an error and checks all that every error has.
@discardableResult
func expectError(
    _ response: Response,
    _ status: Int,
    code: String? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
) throws -> OpenAIError {
    #expect(response.status == status, "\(response.ending) \(response.text)", sourceLocation: sourceLocation)
    #expect(response.ending == .complete, sourceLocation: sourceLocation)
    #expect(response["content-type"] == "application/json", sourceLocation: sourceLocation)
    #expect((response["x-request-id"] ?? "").count >= 1, sourceLocation: sourceLocation)
    let value = try JSONSerialization.jsonObject(with: Data(response.body)) as? [String: Any]
    let error = try #require(value?["error"] as? [String: Any], sourceLocation: sourceLocation)
    #expect(Set(error.keys) == ["message", "type", "param", "code"], sourceLocation: sourceLocation)
    let found = OpenAIError(
        message: try #require(error["message"] as? String, sourceLocation: sourceLocation),
        type: try #require(error["type"] as? String, sourceLocation: sourceLocation),
        param: error["param"] as? String,
        code: try #require(error["code"] as? String, sourceLocation: sourceLocation)
    )
    #expect(!found.message.isEmpty && !found.type.isEmpty, sourceLocation: sourceLocation)
    if let code { #expect(found.code == code, sourceLocation: sourceLocation) }
    return found
}

/// The members of a JSON object.
func object(_ response: Response) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(response.body)) as? [String: Any])
}

/// The body without what it cost: an answer that is kept costs nothing when it is given again.
func uncosted(_ response: Response) -> String {
    response.text.replacing(#/,"cost_micro_usd":\d+/#, with: "")
}
