import MCP

/// The way to one MCP server.
///
/// Loop only.
protocol ToolTransport: AnyObject {
    /// Sends a message; what becomes of it is told to the connection later, never from within.
    func send(_ message: ServerSession.Outgoing)
    /// Nobody waits for the answer under this id any more.
    func abandon(_ id: Int)
    /// Ends it in good order; nothing is told any more.
    func close()
    /// The child to wait for when the process ends.
    func endNow() -> [ChildTransport]
}
