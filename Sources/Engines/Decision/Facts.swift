import Bytes

/// What routes may test about one request: small values, and ranges into its head.
///
/// Filled by whoever reads the request; kept and reused by a connection, so that filling it allocates nothing.
package struct Facts: Sendable {
    /// The endpoint.
    package var api: API
    /// The method's bytes in the head.
    package var method: TextRange
    /// True when the request asks for an event stream.
    package var stream: Bool
    /// The path's bytes in the head, without the query.
    package var path: TextRange
    /// The first field of each name in `Program.headerNames`, in that order; absent where the request has none.
    package var headers: [TextRange]

    /// Gathers the facts of a request.
    package init(
        api: API = .other,
        method: TextRange = .absent,
        stream: Bool = false,
        path: TextRange = .absent,
        headers: [TextRange] = []
    ) {
        self.api = api
        self.method = method
        self.stream = stream
        self.path = path
        self.headers = headers
    }
}
