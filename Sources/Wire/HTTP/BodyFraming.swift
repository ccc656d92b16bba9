/// How the end of a body is known (RFC 9112 §6.3).
package enum BodyFraming: Equatable, Sendable {
    /// There is no body.
    case none
    /// So many bytes.
    case length(Int)
    case chunked
    /// All until the connection ends; responses only.
    case untilClose
}

/// The method of a request, as far as it matters here.
package enum Method: Sendable {
    case get, head, post, put, patch, delete, options, other
}
