/// Why a message is refused, with the status that says so.
package struct HTTPFault: Error, Equatable {
    /// 400, 408, 411, 413, 414, 415, 431, 501 or 505.
    package let status: Int
    /// A word for programs.
    package let code: StaticString
    /// A sentence for people, without the message's own bytes.
    package let message: StaticString

    /// Names a fault.
    package init(_ status: Int, _ code: StaticString, _ message: StaticString) {
        self.status = status
        self.code = code
        self.message = message
    }

    /// Whether both say the same.
    package static func == (left: HTTPFault, right: HTTPFault) -> Bool {
        left.status == right.status && left.code.description == right.code.description
            && left.message.description == right.message.description
    }

    /// A message that breaks the grammar.
    package static func malformed(_ message: StaticString) -> HTTPFault {
        HTTPFault(400, "malformed_request", message)
    }
}

/// Limits on heads, with the status for exceeding them.
package enum HeadLimits {
    /// A request's whole head, bytes (431).
    ///
    /// Clients with long cookies and traces stay below it.
    package static let requestBytes = 64 * 1024
    /// A response's whole head, bytes: what the proxy can look at in one go.
    package static let responseBytes = 64 * 1024
    /// The first line, bytes (414); RFC 9112 §3 wants at least 8,000.
    package static let startLineBytes = 8 * 1024
    /// Fields of one head (431).
    package static let fields = 128
    /// Words of all Connection fields together (431): each is compared with each field.
    package static let connectionOptions = 32
}
