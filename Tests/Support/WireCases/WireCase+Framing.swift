// How the end of a message is told: what two parsers could read differently smuggles (RFC 9112 §6.3, §7.1, §11.2).
extension WireCase {
    static let lengths: [WireCase] = [
        WireCase(
            "a length beside chunks",
            400,
            head("Content-Length: 6\r\nTransfer-Encoding: chunked\r\n", body: "0\r\n\r\nG")
        ),
        WireCase(
            "chunks beside a length",
            400,
            head("Transfer-Encoding: chunked\r\nContent-Length: 6\r\n", body: "0\r\n\r\nG")
        ),
        WireCase(
            "a length of 0 beside chunks",
            400,
            head("Content-Length: 0\r\nTransfer-Encoding: chunked\r\n", body: "0\r\n\r\n")
        ),
        WireCase("two lengths that differ", 400, head("Content-Length: 2\r\nContent-Length: 3\r\n", body: "{}")),
        WireCase("two lengths that agree", 400, head("Content-Length: 2\r\nContent-Length: 2\r\n", body: "{}")),
        WireCase("a list of lengths", 400, head("Content-Length: 2, 2\r\n", body: "{}")),
        WireCase("a length with a plus", 400, head("Content-Length: +2\r\n", body: "{}")),
        WireCase("a length below zero", 400, head("Content-Length: -1\r\n", body: "{}")),
        WireCase("a length in hexadecimal", 400, head("Content-Length: 0x2\r\n", body: "{}")),
        WireCase("a length with a fraction", 400, head("Content-Length: 2.0\r\n", body: "{}")),
        WireCase("a length with an inner space", 400, head("Content-Length: 1 2\r\n", body: "{}")),
        WireCase("an empty length", 400, head("Content-Length:\r\n", body: "{}")),
        WireCase("a length in words", 400, head("Content-Length: two\r\n", body: "{}")),
        WireCase("a length beyond 64 bits", 400, head("Content-Length: 18446744073709551618\r\n", body: "{}")),
        WireCase("a length with a no-break space", 400, head("Content-Length: \u{a0}2\r\n", body: "{}")),
        WireCase("a length with a semicolon", 400, head("Content-Length: 2;\r\n", body: "{}")),
    ]

    static let codings: [WireCase] = [
        WireCase("gzip as the last coding", 400, head("Transfer-Encoding: chunked, gzip\r\n", body: "0\r\n\r\n")),
        WireCase("gzip before chunks", 400, head("Transfer-Encoding: gzip, chunked\r\n", body: "0\r\n\r\n")),
        WireCase("identity", 400, head("Transfer-Encoding: identity\r\n", body: "0\r\n\r\n")),
        WireCase("chunked twice in a field", 400, head("Transfer-Encoding: chunked, chunked\r\n", body: "0\r\n\r\n")),
        WireCase(
            "chunked in two fields",
            400,
            head("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", body: "0\r\n\r\n")
        ),
        WireCase(
            "chunked and identity in two fields",
            400,
            head("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", body: "0\r\n\r\n")
        ),
        WireCase("a coding that begins as chunked", 400, head("Transfer-Encoding: chunkedx\r\n", body: "0\r\n\r\n")),
        WireCase("a coding with an x in front", 400, head("Transfer-Encoding: xchunked\r\n", body: "0\r\n\r\n")),
        WireCase("a coding in quotes", 400, head("Transfer-Encoding: \"chunked\"\r\n", body: "0\r\n\r\n")),
        WireCase("a coding with a parameter", 400, head("Transfer-Encoding: chunked;q=1\r\n", body: "0\r\n\r\n")),
        WireCase(
            "a coding behind a vertical tab",
            400,
            head("Transfer-Encoding: \u{0b}chunked\r\n", body: "0\r\n\r\n")
        ),
        WireCase("an empty coding", 400, head("Transfer-Encoding:\r\n", body: "0\r\n\r\n")),
        WireCase("a coding behind a comma", 400, head("Transfer-Encoding: ,chunked\r\n", body: "0\r\n\r\n")),
        WireCase(
            "a space before the colon of the coding",
            400,
            head("Transfer-Encoding : chunked\r\n", body: "0\r\n\r\n")
        ),
        WireCase(
            "chunks in HTTP/1.0",
            400,
            "POST /v1/chat/completions HTTP/1.0\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
        ),
    ]

    static let chunks: [WireCase] = [
        WireCase("a chunk size that is no number", 400, chunked("zz\r\n")),
        WireCase("a chunk size below zero", 400, chunked("-1\r\n")),
        WireCase("a chunk size with a plus", 400, chunked("+2\r\n{}\r\n0\r\n\r\n")),
        WireCase("a chunk size with 0x", 400, chunked("0x2\r\n{}\r\n0\r\n\r\n")),
        WireCase("a chunk size behind a space", 400, chunked(" 2\r\n{}\r\n0\r\n\r\n")),
        WireCase("a chunk size before a space", 400, chunked("2 \r\n{}\r\n0\r\n\r\n")),
        WireCase("a chunk size before a tab", 400, chunked("2\t\r\n{}\r\n0\r\n\r\n")),
        WireCase("an empty chunk size", 400, chunked("\r\n{}\r\n0\r\n\r\n")),
        WireCase("a chunk size line that ends in LF", 400, chunked("2\n{}\r\n0\r\n\r\n")),
        WireCase("a chunk size line that ends in CR", 400, chunked("2\r{}\r\n0\r\n\r\n")),
        WireCase("a chunk size of 16 digits", 400, chunked("0000000000000002\r\n{}\r\n0\r\n\r\n")),
        WireCase("a chunk size beyond 64 bits", 400, chunked("ffffffffffffffff2\r\n")),
        WireCase("a chunk size with an underscore", 400, chunked("1_0\r\n")),
        WireCase("a chunk longer than it said", 400, chunked("2\r\n{}}\r\n0\r\n\r\n")),
        WireCase("a chunk that ends in LF", 400, chunked("2\r\n{}\n0\r\n\r\n")),
        WireCase("a chunk without a line end", 400, chunked("2\r\n{}0\r\n\r\n")),
        WireCase("a NUL in a chunk extension", 400, chunked("2;a=\u{0}\r\n{}\r\n0\r\n\r\n")),
        WireCase("an LF in a chunk extension", 400, chunked("2;a\nb\r\n{}\r\n0\r\n\r\n")),
        WireCase("a chunk extension of 5,000 bytes", 400, chunked("2;" + String(repeating: "a", count: 5_000))),
        WireCase("a last chunk that ends in LF", 400, chunked("2\r\n{}\r\n0\n\n")),
    ]

    static let trailers: [WireCase] = [
        WireCase("a length among the trailers", 400, chunked("2\r\n{}\r\n0\r\nContent-Length: 7\r\n\r\n")),
        WireCase("a coding among the trailers", 400, chunked("2\r\n{}\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n")),
        WireCase("a host among the trailers", 400, chunked("2\r\n{}\r\n0\r\nHost: other\r\n\r\n")),
        WireCase("a trailer without a colon", 400, chunked("2\r\n{}\r\n0\r\nnonsense\r\n\r\n")),
        WireCase("a folded trailer", 400, chunked("2\r\n{}\r\n0\r\nX-A: b\r\n c\r\n\r\n")),
        WireCase("a trailer line that ends in LF", 400, chunked("2\r\n{}\r\n0\r\nX-A: b\n\r\n")),
        WireCase("a NUL in a trailer", 400, chunked("2\r\n{}\r\n0\r\nX-A: \u{0}\r\n\r\n")),
        WireCase("a space before a trailer's colon", 400, chunked("2\r\n{}\r\n0\r\nX-A : b\r\n\r\n")),
        WireCase(
            "trailers of 20 KiB",
            400,
            chunked(
                "2\r\n{}\r\n0\r\n" + String(repeating: "X-A: \(String(repeating: "b", count: 1_000))\r\n", count: 20)
            )
        ),
    ]
}
