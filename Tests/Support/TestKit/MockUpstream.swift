import Foundation

/// A `hoosh-mock` of a test's own.
package final class MockUpstream: Sendable {
    /// The process.
    package let program: RunningProgram
    /// Where it listens.
    package let address: Address
    /// How to talk to it directly when it serves https.
    package let tls: TLSSettings?

    /// Starts one on a free port, or on a unix socket at `unixPath`.
    ///
    /// - Throws: `TestKitFailure` when it does not come up.
    package init(
        models: [String] = [],
        certificates: Certificates? = nil,
        demandsClientCertificate: Bool = false,
        unixPath: String? = nil,
        arguments: [String] = []
    ) throws {
        var all = ["--listen", unixPath.map { "unix:\($0)" } ?? "127.0.0.1:0"]
        for model in models { all += ["--model", model] }
        if let certificates {
            all += ["--tls-cert", certificates.server, "--tls-key", certificates.serverKey]
            if demandsClientCertificate { all += ["--client-ca", certificates.authority] }
        }
        program = try RunningProgram("hoosh-mock", all + arguments)
        let line = try program.line(containing: "listening on")
        guard let address = Address(saidIn: line) else { throw TestKitFailure("no address in: \(line)") }
        self.address = address
        tls = certificates.map { certificates in
            TLSSettings(
                authority: certificates.authority,
                identity: demandsClientCertificate ? (certificates.client, certificates.clientKey) : nil
            )
        }
    }

    /// `http://127.0.0.1:PORT` or `https://...`.
    package var url: String { "\(tls == nil ? "http" : "https")://\(address)" }

    /// A connection to it, which keeps it running.
    ///
    /// - Throws: `TestKitFailure` when it is gone.
    package func connect(timeoutSeconds: Double = 60) throws -> RawConnection {
        let connection = try RawConnection(to: address, tls: tls, timeoutSeconds: timeoutSeconds)
        connection.owner = self
        return connection
    }

    /// One request on a connection of its own.
    ///
    /// - Throws: `TestKitFailure` when it is gone.
    package func fetch(
        _ method: String = "GET",
        _ path: String,
        headers: Headers = [],
        body: String? = nil
    ) throws -> Response {
        try connect().fetch(method, path, headers: headers, body: body)
    }

    /// One chat request with `x-mock-` headers, their names given without that prefix.
    ///
    /// - Throws: `TestKitFailure` when it is gone.
    package func chat(stream: Bool = true, _ controls: Headers = []) throws -> Response {
        try fetch(
            "POST",
            "/v1/chat/completions",
            headers: controls.map { ("x-mock-\($0.0)", $0.1) },
            body: chatBody(stream: stream)
        )
    }

    // MARK: Its record

    /// One request as the mock saw it.
    package struct Seen: Decodable, Sendable {
        /// Its number, from 1 on.
        package let seq: Int
        /// The number of its connection.
        package let connection: Int
        /// When it was read, monotonic.
        package let timeNs: Int64
        /// Its method.
        package let method: String
        /// Its target.
        package let path: String
        /// Pairs of name and value.
        package let headers: [[String]]
        /// The size of its body.
        package let bodyBytes: Int
        /// The first 64 KiB of its body.
        package let body: String
        /// The content events sent, a whole JSON body being one.
        package let eventsSent: Int
        /// `open`, `completed`, `peer-closed` or `fault`.
        package let ended: String
        /// The faults asked for when one of them ended it.
        package let fault: String?
        /// When the peer's close was seen, monotonic.
        package let closedNs: Int64?
        /// How long before the next event was due that was.
        package let beforeDueNs: Int64?

        /// The values of a header, whatever the case of its name.
        package func values(_ name: String) -> [String] {
            headers.filter { $0[0].lowercased() == name.lowercased() }.map { $0[1] }
        }
    }

    /// What it has counted; its own `/mock/` requests are left out.
    package struct Counters: Decodable, Sendable {
        /// Requests read.
        package let requests: Int
        /// Connections accepted.
        package let connectionsOpened: Int
        /// Connections open at this moment.
        package let openNow: Int
        /// Content events sent, of exchanges that have ended.
        package let eventsSent: Int
        /// Exchanges that the peer left.
        package let peerClosed: Int
    }

    /// The last 1,000 requests, oldest first.
    ///
    /// - Throws: when it is gone.
    package func requests() throws -> [Seen] { try decode("/mock/requests") }

    /// The counts.
    ///
    /// - Throws: when it is gone.
    package func counters() throws -> Counters { try decode("/mock/counters") }

    /// What the requests of one `x-mock-account` came to.
    package struct Account: Decodable, Sendable {
        /// Requests read.
        package var requests = 0
        /// Those that are over, however they ended.
        package var ended = 0
        /// Those whose answer went out whole and told its usage.
        package var answered = 0
        /// The sums of what those told.
        package var promptTokens = 0
        package var completionTokens = 0
        /// Content events sent, of all that have ended.
        package var eventsSent = 0
        package init() {}
    }

    /// What the requests of each account came to.
    ///
    /// - Throws: when it is gone.
    package func usage() throws -> [String: Account] { try decode("/mock/usage") }

    private func decode<Value: Decodable>(_ path: String) throws -> Value {
        let response = try fetch("GET", path)
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(Value.self, from: Data(response.body))
    }

    /// Forgets requests, counts and defaults.
    ///
    /// - Throws: `TestKitFailure` when it is gone.
    package func reset() throws { _ = try fetch("POST", "/mock/reset") }

    /// Sets what holds for requests that bring no `x-mock-` header, names without that prefix.
    ///
    /// - Throws: `TestKitFailure` when it is gone.
    package func setDefaults(_ controls: Headers) throws {
        _ = try fetch("POST", "/mock/defaults", headers: controls.map { ("x-mock-\($0.0)", $0.1) })
    }

    /// Waits until the last request has ended, and gives it.
    ///
    /// - Throws: `TestKitFailure` when it is still open at the deadline.
    package func lastEnded(seconds: Double = 60) throws -> Seen {
        var last: Seen?
        let isEnded = try eventually(seconds: seconds) {
            last = try requests().last
            return last.map { $0.ended != "open" } ?? false
        }
        guard isEnded, let last else { throw TestKitFailure("the mock's last request has not ended") }
        return last
    }
}
