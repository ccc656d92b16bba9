// Further spellings of the same faults, each one that some parser has let pass.
extension WireCase {
    static let lengthVariants: [WireCase] = [
        WireCase(
            "a second length in other case",
            400,
            head("Content-Length: 2\r\ncontent-LENGTH: 5\r\n", body: "{}   ")
        ),
        WireCase("a length with an exponent", 400, head("Content-Length: 2e0\r\n", body: "{}")),
        WireCase("a length of blanks", 400, head("Content-Length:  \t \r\n", body: "{}")),
        WireCase(
            "a length of 30 digits",
            400,
            head("Content-Length: \(String(repeating: "0", count: 29))2\r\n", body: "{}")
        ),
        WireCase("a length in full-width digits", 400, head("Content-Length: \u{ef}\u{bc}\u{92}\r\n", body: "{}")),
        WireCase("a length with an underscore", 400, head("Content-Length: 1_0\r\n", body: "{}        ")),
        WireCase("a length with a vertical tab", 400, head("Content-Length: \u{b}2\r\n", body: "{}")),
        WireCase("a length in a folded line", 400, head("X-A: b\r\n Content-Length: 2\r\n", body: "{}")),
    ]

    static let codingVariants: [WireCase] = [
        WireCase("a coding before a comma", 400, head("Transfer-Encoding: chunked,\r\n", body: "0\r\n\r\n")),
        WireCase("a coding before a NUL", 400, head("Transfer-Encoding: chunked\u{0}\r\n", body: "0\r\n\r\n")),
        WireCase("a folded coding", 400, head("Transfer-Encoding:\r\n chunked\r\n", body: "0\r\n\r\n")),
        WireCase(
            "a tab before the colon of the coding",
            400,
            head("Transfer-Encoding\t: chunked\r\n", body: "0\r\n\r\n")
        ),
        WireCase("a blank before the coding's name", 400, head(" Transfer-Encoding: chunked\r\n", body: "0\r\n\r\n")),
        WireCase("a coding behind a bare LF", 400, head("X-A: b\nTransfer-Encoding: chunked\r\n", body: "0\r\n\r\n")),
        WireCase("a coding behind a bare CR", 400, head("X-A: b\rTransfer-Encoding: chunked\r\n", body: "0\r\n\r\n")),
    ]

    static let chunkVariants: [WireCase] = [
        WireCase("a chunk size before a word", 400, chunked("2 2\r\n{}\r\n0\r\n\r\n")),
        WireCase("a chunk extension without a size", 400, chunked(";a\r\n{}\r\n0\r\n\r\n")),
        WireCase("a chunk size before 5,000 blanks", 400, chunked("2" + String(repeating: " ", count: 5_000))),
        WireCase("a chunk that ends in CR", 400, chunked("2\r\n{}\r0\r\n\r\n")),
        WireCase("a chunked body that ends in LF", 400, chunked("2\r\n{}\r\n0\r\n\n")),
        WireCase("a request in place of the trailers", 400, chunked("2\r\n{}\r\n0\r\nGET / HTTP/1.1\r\n\r\n")),
        WireCase("a trailer with an empty name", 400, chunked("2\r\n{}\r\n0\r\n: b\r\n\r\n")),
    ]

    static let lineVariants: [WireCase] = [
        WireCase("a method in mixed letters", 400, line("Get /v1/models HTTP/1.1")),
        WireCase("a method with a NUL", 400, line("GE\u{0}T /v1/models HTTP/1.1")),
        WireCase("a version of three numbers", 400, line("GET /v1/models HTTP/1.1.1")),
        WireCase("a version of two digits", 400, line("GET /v1/models HTTP/1.10")),
        WireCase("a version without a dot", 400, line("GET /v1/models HTTP/11")),
        WireCase("an empty version", 400, line("GET /v1/models ")),
        WireCase("a request line that ends in CR", 400, "GET /v1/models HTTP/1.1\rHost: localhost\r\r"),
        WireCase("a request line that ends in CR CR LF", 400, "GET /v1/models HTTP/1.1\r\r\nHost: localhost\r\n\r\n"),
        WireCase(
            "a head that ends in a line of blanks",
            400,
            "GET /v1/models HTTP/1.1\r\nHost: localhost\r\n \r\n\r\n"
        ),
        WireCase("a target with a DEL", 400, line("GET /v1/m\u{7f}dels HTTP/1.1")),
        WireCase("a TLS greeting without a line end", 400, "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}\u{1}\u{fc}\u{3}\u{3}"),
    ]

    static let hostVariants: [WireCase] = [
        host("a host with a query", "a?b"), host("a host with a backslash", "a\\b"),
        host("a host with a byte above 127", "\u{e4}"),
        host("a port of six digits", "a:808080"), host("a port alone", ":80"),
        host("empty brackets", "[]"), host("a host name in brackets", "[a.example]"),
        host("brackets with more behind", "[::1]x"),
        WireCase("two hosts in HTTP/1.0", 400, "GET /v1/models HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n"),
    ]

    private static func host(_ name: String, _ value: String) -> WireCase {
        WireCase(name, 400, "GET /v1/models HTTP/1.1\r\nHost: " + value + "\r\n\r\n")
    }
}
