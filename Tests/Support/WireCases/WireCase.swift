/// One message that must be refused: the bytes as they are sent, and what answers them.
package struct WireCase: Sendable, CustomStringConvertible {
    /// Who can tell that the message is wrong.
    package enum Judge: Sendable {
        /// The grammar alone.
        case parser
        /// The server, which knows its paths and limits.
        case server
    }

    /// A sentence.
    package let name: String
    /// What is sent; nothing needs to follow for the answer to come.
    package let bytes: [UInt8]
    /// The answer's status.
    package let status: Int
    /// Who refuses it.
    package let judge: Judge

    init(_ name: String, _ status: Int, _ text: String, judge: Judge = .parser) {
        self.name = name
        self.status = status
        self.judge = judge
        // U+00XX stands for the byte XX, so that a case can hold any byte.
        bytes = text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
    }

    /// The name.
    package var description: String { name }

    /// All that must be refused.
    package static let all =
        lengths + codings + fields + requestLines + hosts + limits + chunks + trailers + paths + lengthVariants
        + codingVariants + chunkVariants + lineVariants + hostVariants

    static let chat = "POST /v1/chat/completions HTTP/1.1\r\n"
    static let json = "Content-Type: application/json\r\n"
    static let plainBody = "{\"model\":\"mock-small\"}"

    /// A chat request whose head has these further lines, each with its line end.
    static func head(_ lines: String, body: String = "") -> String {
        chat + "Host: localhost\r\n" + json + lines + "\r\n" + body
    }

    /// A chat request with these chunks, or what is to be taken for them.
    static func chunked(_ body: String) -> String { head("Transfer-Encoding: chunked\r\n", body: body) }

    /// A GET with this request line.
    static func line(_ line: String) -> String { line + "\r\nHost: localhost\r\n\r\n" }
}
