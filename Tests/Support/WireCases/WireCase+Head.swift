// The grammar of heads (RFC 9112 §2 to §5), and what this server takes.
extension WireCase {
    static let fields: [WireCase] = [
        WireCase("a space before the colon", 400, head("X-A : b\r\nContent-Length: 2\r\n", body: "{}")),
        WireCase("a tab before the colon", 400, head("X-A\t: b\r\nContent-Length: 2\r\n", body: "{}")),
        WireCase("a folded line", 400, head("X-A: b\r\n c\r\nContent-Length: 2\r\n", body: "{}")),
        WireCase("a line folded with a tab", 400, head("X-A: b\r\n\tc\r\nContent-Length: 2\r\n", body: "{}")),
        WireCase("a first field behind a space", 400, chat + " Host: localhost\r\n\r\n"),
        WireCase("a field without a name", 400, head(": b\r\nContent-Length: 2\r\n", body: "{}")),
        WireCase("a field without a colon", 400, head("nonsense\r\nContent-Length: 2\r\n", body: "{}")),
        WireCase("a name in brackets", 400, head("X[A]: b\r\nContent-Length: 2\r\n", body: "{}")),
        WireCase("a name with a byte above 127", 400, head("X-\u{e4}: b\r\nContent-Length: 2\r\n", body: "{}")),
        WireCase("a name with a NUL", 400, head("X-\u{0}A: b\r\nContent-Length: 2\r\n", body: "{}")),
        WireCase("a value with a NUL", 400, head("X-A: b\u{0}c\r\nContent-Length: 2\r\n", body: "{}")),
        WireCase("a value with a bare CR", 400, head("X-A: b\rc\r\nContent-Length: 2\r\n", body: "{}")),
        WireCase("a value with an escape byte", 400, head("X-A: b\u{1b}[2J\r\nContent-Length: 2\r\n", body: "{}")),
        WireCase("a value with a DEL", 400, head("X-A: b\u{7f}\r\nContent-Length: 2\r\n", body: "{}")),
        WireCase("a value with two CRs at its end", 400, head("X-A: b\r\r\nContent-Length: 2\r\n", body: "{}")),
        WireCase("a field line that ends in LF", 400, head("X-A: b\nContent-Length: 2\r\n", body: "{}")),
        WireCase("a head that ends in LF LF", 400, "GET /v1/models HTTP/1.1\nHost: localhost\n\n"),
        WireCase("a head that ends in CRLF LF", 400, "GET /v1/models HTTP/1.1\r\nHost: localhost\r\n\n"),
        WireCase("an expectation nobody knows", 417, head("Expect: 200-maybe\r\nContent-Length: 2\r\n", body: "{}")),
    ]

    static let requestLines: [WireCase] = [
        WireCase("two spaces behind the method", 400, line("GET  /v1/models HTTP/1.1")),
        WireCase("a tab behind the method", 400, line("GET\t/v1/models HTTP/1.1")),
        WireCase("two spaces before the version", 400, line("GET /v1/models  HTTP/1.1")),
        WireCase("a space behind the version", 400, line("GET /v1/models HTTP/1.1 ")),
        WireCase("a space before the method", 400, line(" GET /v1/models HTTP/1.1")),
        WireCase("a method in brackets", 400, line("<GET> /v1/models HTTP/1.1")),
        WireCase("a method in small letters", 400, line("get /v1/models HTTP/1.1")),
        WireCase("a method of 33 letters", 400, line(String(repeating: "M", count: 33) + " /v1/models HTTP/1.1")),
        WireCase("no method", 400, line("/v1/models HTTP/1.1")),
        WireCase("no target", 400, line("GET HTTP/1.1")),
        WireCase("no version (HTTP/0.9)", 400, line("GET /v1/models")),
        WireCase("a target with a space", 400, line("GET /v1/mod els HTTP/1.1")),
        WireCase("a target with a NUL", 400, line("GET /v1/\u{0}models HTTP/1.1")),
        WireCase("a target with a tab", 400, line("GET /v1/\tmodels HTTP/1.1")),
        WireCase("a target with a CR", 400, line("GET /v1/\rmodels HTTP/1.1")),
        WireCase("a target with a byte above 127", 400, line("GET /v1/m\u{f6}dels HTTP/1.1")),
        WireCase("a target with a fragment", 400, line("GET /v1/models#top HTTP/1.1")),
        WireCase("a target that climbs", 400, line("GET /v1/../admin HTTP/1.1")),
        WireCase("a target that climbs at its end", 400, line("GET /v1/files/..?a HTTP/1.1")),
        WireCase("a target that climbs in disguise", 400, line("GET /v1/x/%2e%2E/files HTTP/1.1")),
        WireCase("a target with half a disguise", 400, line("GET http://localhost/v1/.%2e/files HTTP/1.1")),
        WireCase("a target with a segment that is a dot", 400, line("GET /v1/./models HTTP/1.1")),
        WireCase("a relative target", 400, line("GET v1/models HTTP/1.1")),
        WireCase("a star for a GET", 400, line("GET * HTTP/1.1")),
        WireCase("a target with a foreign scheme", 400, line("GET ftp://localhost/v1/models HTTP/1.1")),
        WireCase("a target with the file scheme", 400, line("GET file:///etc/passwd HTTP/1.1")),
        WireCase("a tunnel", 400, line("CONNECT localhost:443 HTTP/1.1")),
        WireCase("a target with a user", 400, line("GET http://me@localhost/v1/models HTTP/1.1")),
        WireCase("a target without a host", 400, line("GET http:///v1/models HTTP/1.1")),
        WireCase("HTTP/2.0 in the request line", 505, line("GET /v1/models HTTP/2.0")),
        WireCase("HTTP/0.9 in the request line", 505, line("GET /v1/models HTTP/0.9")),
        WireCase("HTTP/1.2 in the request line", 505, line("GET /v1/models HTTP/1.2")),
        WireCase("the preface of HTTP/2", 505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        WireCase("a version in lower case", 400, line("GET /v1/models http/1.1")),
        WireCase("a version without a minor number", 400, line("GET /v1/models HTTP/1")),
        WireCase("a version with a comma", 400, line("GET /v1/models HTTP/1,1")),
        WireCase("another protocol", 400, line("GET /v1/models ICY/1.1")),
        WireCase("a TLS greeting", 400, "\u{16}\u{03}\u{01}\u{02}\u{00}\u{01}\u{00}\n\r\n"),
        WireCase("nothing but LF", 400, "\n"),
        WireCase("five empty lines before the request", 400, "\r\n\r\n\r\n\r\n\r\n" + line("GET /v1/models HTTP/1.1")),
    ]

    static let hosts: [WireCase] = [
        WireCase("no host", 400, "GET /v1/models HTTP/1.1\r\n\r\n"),
        WireCase("two hosts", 400, "GET /v1/models HTTP/1.1\r\nHost: localhost\r\nHost: other\r\n\r\n"),
        WireCase("the same host twice", 400, "GET /v1/models HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n"),
        WireCase("a list of hosts", 400, "GET /v1/models HTTP/1.1\r\nHost: localhost, other\r\n\r\n"),
        WireCase("an empty host", 400, "GET /v1/models HTTP/1.1\r\nHost:\r\n\r\n"),
        WireCase("a host with an open bracket", 400, "GET /v1/models HTTP/1.1\r\nHost: [::1\r\n\r\n"),
        WireCase("a host with two ports", 400, "GET /v1/models HTTP/1.1\r\nHost: localhost:80:81\r\n\r\n"),
        WireCase("a host with a port in letters", 400, "GET /v1/models HTTP/1.1\r\nHost: localhost:http\r\n\r\n"),
        WireCase("a host with a path", 400, "GET /v1/models HTTP/1.1\r\nHost: localhost/x\r\n\r\n"),
        WireCase("a host with a user", 400, "GET /v1/models HTTP/1.1\r\nHost: me@localhost\r\n\r\n"),
        WireCase("a host with a space", 400, "GET /v1/models HTTP/1.1\r\nHost: local host\r\n\r\n"),
        WireCase(
            "a host that differs from the target",
            400,
            "GET http://other/v1/models HTTP/1.1\r\nHost: localhost\r\n\r\n"
        ),
    ]

    static let limits: [WireCase] = [
        WireCase("a target of 9,000 bytes", 414, line("GET /v1/" + String(repeating: "a", count: 9_000) + " HTTP/1.1")),
        WireCase("a request line without an end", 414, "GET /v1/" + String(repeating: "a", count: 9_000)),
        WireCase("a field of 70,000 bytes", 431, head("X-A: " + String(repeating: "b", count: 70_000) + "\r\n")),
        WireCase("a field without an end", 431, chat + "X-A: " + String(repeating: "b", count: 70_000)),
        WireCase("a head of 100 fields of 1,000 bytes", 431, head(manyFields(100, size: 1_000))),
        WireCase(
            "40 options in Connection",
            431,
            head("Connection: close" + String(repeating: ", a", count: 40) + "\r\n")
        ),
        WireCase("129 fields", 431, head(manyFields(127, size: 1))),
        WireCase("a method of 9,000 bytes", 414, String(repeating: "M", count: 9_000) + " / HTTP/1.1\r\n\r\n"),
    ]

    private static func manyFields(_ count: Int, size: Int) -> String {
        (0..<count).map { "X-\($0): \(String(repeating: "v", count: size))\r\n" }.joined()
    }

    static let paths: [WireCase] = [
        WireCase("a chat without a length", 411, head(""), judge: .server),
        WireCase("a body that is announced too large", 413, head("Content-Length: 99999999\r\n"), judge: .server),
        WireCase(
            "a chat as plain text",
            415,
            chat + "Host: localhost\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}",
            judge: .server
        ),
        WireCase(
            "a chat as a form",
            415,
            chat + "Host: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 2\r\n\r\n{}",
            judge: .server
        ),
        WireCase(
            "a compressed chat",
            415,
            head("Content-Encoding: gzip\r\nContent-Length: 2\r\n", body: "{}"),
            judge: .server
        ),
        WireCase(
            "an upload that is announced too large",
            413,
            "POST /v1/files HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=b\r\n"
                + "Content-Length: 99999999999\r\n\r\n",
            judge: .server
        ),
    ]
}
