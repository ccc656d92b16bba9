import MCP

/// How a call of a tool ended.
package enum ToolOutcome: Sendable {
    /// The result object as the server gave it; `isError` is the tool's own word.
    case result(ArraySlice<UInt8>, isError: Bool)
    /// The server refused by an error of JSON-RPC.
    case refused(RPCError)
    /// The server offers no such tool.
    case unknownTool
    /// The server cannot be asked now; the clause says why.
    case unavailable(String)
    /// As many calls as may are running and waiting.
    case busy
    case timedOut(milliseconds: Int)
    case tooLarge(limitBytes: Int)
    /// The server went away or broke off after it was asked; whether the tool did its work is not known.
    case broken(String)

    /// The value of the metric's `outcome` label.
    var word: String {
        switch self {
        case .result(_, let isError): isError ? "tool_error" : "ok"
        case .refused: "refused"
        case .unknownTool: "unknown"
        case .unavailable: "unavailable"
        case .busy: "busy"
        case .timedOut: "timeout"
        case .tooLarge: "too_large"
        case .broken: "broken"
        }
    }
}

/// Tools that clients may see, and servers that could not be asked for theirs.
package struct ToolListing: Sendable {
    package var tools: [(server: String, tool: Tool)] = []
    package var unavailable: [String] = []
    package init() {}
}
