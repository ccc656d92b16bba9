/// Header lines for a request, in order.
package typealias Headers = [(String, String)]

extension RawConnection {
    /// Sends one request: `Host`, the length of the body and its type, where that is not said, are added, nothing else.
    ///
    /// - Throws: `TestKitFailure` when the peer is gone.
    package func request(
        _ method: String = "GET",
        _ path: String,
        headers: Headers = [],
        body: String? = nil
    ) throws {
        var text = "\(method) \(path) HTTP/1.1\r\nHost: localhost\r\n"
        for (name, value) in headers { text += "\(name): \(value)\r\n" }
        let saysType = headers.contains { $0.0.lowercased() == "content-type" }
        if body != nil, !saysType { text += "Content-Type: application/json\r\n" }
        if let body { text += "Content-Length: \(body.utf8.count)\r\n" }
        try send(text + "\r\n" + (body ?? ""))
    }

    /// Sends one request and reads its response.
    ///
    /// - Throws: `TestKitFailure` when the peer is gone before all is sent.
    package func fetch(
        _ method: String = "GET",
        _ path: String,
        headers: Headers = [],
        body: String? = nil
    ) throws -> Response {
        try request(method, path, headers: headers, body: body)
        return readResponse(to: method)
    }
}

/// Sends one request on a connection of its own and reads the response.
///
/// - Throws: `TestKitFailure` when nobody listens.
package func fetch(
    _ address: Address,
    _ method: String = "GET",
    _ path: String,
    headers: Headers = [],
    body: String? = nil,
    tls: TLSSettings? = nil,
    timeoutSeconds: Double = 60
) throws -> Response {
    let connection = try RawConnection(to: address, tls: tls, timeoutSeconds: timeoutSeconds)
    return try connection.fetch(method, path, headers: headers, body: body)
}

/// The body of a chat request; `extra` is put in as further members, such as `"n":1`.
package func chatBody(
    model: String = "mock-small",
    stream: Bool = false,
    includesUsage: Bool = false,
    message: String = "hello there",
    extra: String = ""
) -> String {
    var text = "{\"model\":\"\(model)\",\"stream\":\(stream),"
    if includesUsage { text += "\"stream_options\":{\"include_usage\":true}," }
    if !extra.isEmpty { text += "\(extra)," }
    return text + "\"messages\":[{\"role\":\"user\",\"content\":\"\(message)\"}]}"
}
