// What looks odd and is right: a server that is strict must not be stricter than the standard.
extension WireCase {
    /// Whole requests that the grammar allows; their status tells no more than that.
    package static let accepted: [WireCase] = [
        fine("a length with zeros before it", head("Content-Length: 0022\r\n", body: plainBody)),
        fine("a length with blanks around it", head("Content-Length: \t 22 \t\r\n", body: plainBody)),
        fine("a length without a blank", head("content-length:22\r\n", body: plainBody)),
        fine("chunks", chunked("16\r\n" + plainBody + "\r\n0\r\n\r\n")),
        fine(
            "chunks in capitals",
            head("TRANSFER-ENCODING: CHUNKED\r\n", body: "0016\r\n" + plainBody + "\r\n000\r\n\r\n")
        ),
        fine("chunks with extensions", chunked("1;a=b;c=\"d e\"\r\n{\r\n1 ;x\r\n}\r\n0\t;last\r\n\r\n")),
        fine("chunks with trailers", chunked("2\r\n{}\r\n0\r\nX-Sum: 1\r\nX-More:\r\n\r\n")),
        fine("a chunk size in small letters", chunked("a\r\n{        }\r\n0\r\n\r\n")),
        fine("an unknown method", line("QUERY /v1/models HTTP/1.1")),
        fine("empty lines before the request", "\r\n\r\n" + line("GET /v1/models HTTP/1.1")),
        fine("an absolute target", "GET http://a:80/v1/models?x HTTP/1.1\r\nHost: A:80\r\n\r\n"),
        fine("an absolute target of https", "GET https://a/v1/models HTTP/1.1\r\nHost: a\r\n\r\n"),
        fine("the star for OPTIONS", line("OPTIONS * HTTP/1.1")),
        fine("an empty query", line("GET /v1/models? HTTP/1.1")),
        fine("HTTP/1.0 without a host", "GET /v1/models HTTP/1.0\r\n\r\n"),
        fine("a host with a port", "GET /v1/models HTTP/1.1\r\nHost: a.example:8080\r\n\r\n"),
        fine("a host that is an address of IPv6", "GET /v1/models HTTP/1.1\r\nHost: [::ffff:127.0.0.1]:80\r\n\r\n"),
        fine("a host with an underscore", "GET /v1/models HTTP/1.1\r\nHost: my_host-1\r\n\r\n"),
        fine("names and values of all kinds", head("X:\r\n!#$%&'*+-.^_`|~9: a\tb\u{e4}\r\nContent-Length: 0\r\n")),
        fine("connection options", head("Connection: keep-alive, close,, X\r\nContent-Length: 0\r\n")),
        fine("100 fields", head(String(repeating: "X-A: b\r\n", count: 100) + "Content-Length: 0\r\n")),
    ]

    private static func fine(_ name: String, _ text: String) -> WireCase { WireCase(name, 200, text) }
}
