import Decision
import Providers
import Routing

/// `tools` of a route file: the MCP servers, and which of their tools may be called.
package struct ToolSettings: Sendable {
    /// In file order.
    package var servers: [ToolServer] = []
    /// Globs over `server/tool`; a tool that none of them fits does not exist for clients.
    package var allow: [Glob] = []
    /// Largest arguments of a call, bytes.
    package var argumentLimitBytes = 1 << 20
    /// Largest message that is taken from a server, bytes.
    package var resultLimitBytes = 4 << 20

    /// No server, nothing allowed.
    package init() {}

    /// True when a client may see and call the tool of that whole name (`server/tool`).
    package func allows(_ name: String) -> Bool {
        let bytes = Array(name.utf8)
        return allow.contains { $0.matches(bytes.span) }
    }
}

/// One MCP server of the route file, with everything resolved.
package struct ToolServer: Equatable, Sendable {
    /// How it is reached.
    package enum Place: Equatable, Sendable {
        /// A child process: program and arguments, and what its environment has beyond the few harmless names.
        case command([String], environment: [HeaderPair])
        /// Streamable HTTP: the address with its path, and header fields to send.
        case http(HTTPPlace)
    }

    /// An address of streamable HTTP.
    package struct HTTPPlace: Equatable, Sendable {
        package var url: ProviderURL
        /// Sent as `authorization: Bearer`.
        package var key: String?
        package var headers: [HeaderPair]
        package var tls: TLSSettings
        /// True when no proxy of the environment is asked for it.
        package var isLocal: Bool
        package init(url: ProviderURL, key: String?, headers: [HeaderPair], tls: TLSSettings, isLocal: Bool) {
            self.url = url
            self.key = key
            self.headers = headers
            self.tls = tls
            self.isLocal = isLocal
        }
    }

    package let name: String
    package let place: Place
    /// From the start to the list of tools, milliseconds.
    package var startMilliseconds = 10_000
    /// From a client's call to the answer, waiting included, milliseconds.
    package var callMilliseconds = 60_000
    /// Calls at a time; four times as many wait.
    package var maxInFlight = 8
    /// The highest class of a call that it may get.
    package var clearance: Level

    package init(name: String, place: Place) {
        self.name = name
        self.place = place
        // As for providers: what is on our side may see what must not leave it.
        clearance =
            switch place {
            case .command: .confidential
            case .http(let http): http.isLocal ? .confidential : .internal
            }
    }

    /// Values of it that no log may show.
    package var secrets: [String] {
        switch place {
        case .command(_, let environment): environment.map(\.value)
        case .http(let http): http.headers.map(\.value) + (http.key.map { [$0] } ?? [])
        }
    }
}
