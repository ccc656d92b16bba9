import EventStream
import Forwarding
import Loop
import MCP
import Providers

/// An MCP server over streamable HTTP: each message is a POST of its own, its answer JSON or a stream of events.
///
/// MCP, transports, 2025-03-26 and later. Loop only.
final class HTTPTransport: Watcher, ToolTransport {
    private weak var connection: ToolConnection?
    private let place: ToolServer.HTTPPlace
    private let curl: CurlMulti
    private let limitBytes: Int
    private let timeoutMilliseconds: Int
    private var posts: [ObjectIdentifier: Post] = [:]
    /// What events brought, until the end of the turn: libcurl may not be called from within its callbacks.
    private var arrived: [(post: Post, message: [UInt8]?)] = []
    /// Given by the server with the handshake (session management).
    private var sessionID: String?

    /// One message on its way, with its answer.
    private final class Post {
        let message: ServerSession.Outgoing
        let handle: CurlHandle
        let sessionID: String?
        var framer = EventFramer()
        var receivedBytes = 0
        var fault: String?
        init(_ message: ServerSession.Outgoing, _ handle: CurlHandle, _ sessionID: String?) {
            self.message = message
            self.handle = handle
            self.sessionID = sessionID
        }
    }

    private struct TooLarge: Error {}

    init(
        _ connection: ToolConnection,
        _ place: ToolServer.HTTPPlace,
        curl: CurlMulti,
        limitBytes: Int,
        timeoutMilliseconds: Int
    ) {
        self.connection = connection
        self.place = place
        self.curl = curl
        self.limitBytes = limitBytes
        self.timeoutMilliseconds = timeoutMilliseconds
    }

    private var target: CurlTarget {
        let path = place.url.basePath.isEmpty ? "/" : place.url.basePath
        return CurlTarget(place.url, path: path, tls: place.tls, isLocal: place.isLocal)
    }

    private var fields: [String] {
        var lines = ["content-type: application/json", "accept: application/json, text/event-stream"]
        if let key = place.key { lines.append("authorization: Bearer \(key)") }
        if let sessionID { lines.append("mcp-session-id: \(sessionID)") }
        if let version = connection?.agreedVersion { lines.append("mcp-protocol-version: \(version.rawValue)") }
        for pair in place.headers {
            lines.removeAll { $0.hasPrefix("\(pair.name):") }
            lines.append("\(pair.name): \(pair.value)")
        }
        return lines
    }

    // MARK: Sending

    func send(_ message: ServerSession.Outgoing) {
        guard let handle = curl.handle(target, bodyLimit: limitBytes + 4_096) else { return }
        let post = Post(message, handle, sessionID)
        // The connection's own deadlines come first; this one ends what they have forgotten.
        handle.ask("POST", message.bytes, timeoutMilliseconds: timeoutMilliseconds + 5_000, headerLines: fields)
        handle.whenBody = { [unowned self, unowned post] in self.tookBody(post) }
        handle.whenDone = { [self, unowned post] fault in self.done(post, fault) }
        posts[ObjectIdentifier(post)] = post
        curl.start(handle)
    }

    func abandon(_ id: Int) {
        guard let post = posts.values.first(where: { $0.message.id == id }) else { return }
        drop(post)
    }

    private func drop(_ post: Post) {
        post.handle.end()
        posts[ObjectIdentifier(post)] = nil
    }

    func close() {
        connection = nil
        for post in Array(posts.values) { drop(post) }
        guard let sessionID, let handle = curl.handle(target, bodyLimit: 4_096) else { return }
        // Politeness (session management, 5): whatever the answer.
        var lines = fields
        lines.removeAll { $0.hasPrefix("content-type:") }
        if !lines.contains(where: { $0.hasPrefix("mcp-session-id:") }) { lines.append("mcp-session-id: \(sessionID)") }
        handle.ask("DELETE", nil, timeoutMilliseconds: 2_000, headerLines: lines)
        handle.whenDone = { [unowned handle] _ in handle.end() }
        curl.start(handle)
        self.sessionID = nil
    }

    func endNow() -> [ChildTransport] {
        connection = nil
        for post in Array(posts.values) { drop(post) }
        return []
    }

    // MARK: Hearing

    private static func field(_ name: String, of post: Post) -> String? {
        let line = post.handle.headLines.last { $0.lowercased().hasPrefix("\(name):") }
        return line.map { line in
            let value = line.dropFirst(name.count + 1).drop { $0 == " " || $0 == "\t" }
            return String(value.prefix { !$0.isNewline })
        }
    }

    private func isStream(_ post: Post) -> Bool {
        HTTPTransport.field("content-type", of: post)?.lowercased().hasPrefix("text/event-stream") ?? false
    }

    /// Within libcurl's callback: only notes.
    private func tookBody(_ post: Post) {
        guard isStream(post), post.handle.status == 200 else { return }
        takeEvents(post)
        curl.loop.again(self)
    }

    private func takeEvents(_ post: Post) {
        let bytes = post.handle.takeBody()
        post.receivedBytes += bytes.count
        guard post.fault == nil else { return }
        do throws(TooLarge) {
            // Others than its answer may come on the stream, but not without end.
            if post.receivedBytes > 4 * limitBytes + (8 << 20) { throw TooLarge() }
            try post.framer.take(bytes.span, tooLarge: TooLarge()) { _, data throws(TooLarge) in
                if data.count > limitBytes + 1_024 { throw TooLarge() }
                arrived.append((post, data.indices.map { data[$0] }))
            }
        } catch {
            post.fault = ""
            arrived.append((post, nil))
        }
    }

    override func resumed() { deliver() }

    private func deliver() {
        while !arrived.isEmpty {
            let (post, message) = arrived.removeFirst()
            noteSession(post)
            if let message, !message.isEmpty {
                connection?.received(message)
            } else if message == nil {
                drop(post)
                connection?.receivedTooMuch(id: post.message.id)
            }
        }
    }

    private func noteSession(_ post: Post) {
        // Visible ASCII, as the specification has it; anything else is not repeated.
        if sessionID == nil, connection?.isInHandshake == true,
            let id = HTTPTransport.field("mcp-session-id", of: post),
            !id.isEmpty, id.utf8.count <= 1_024, id.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f })
        {
            sessionID = id
        }
    }

    private func done(_ post: Post, _ fault: CurlFault?) {
        let status = post.handle.status
        if fault == nil, status == 200, isStream(post) { takeEvents(post) }
        deliver()
        let body = post.handle.takeBody()
        drop(post)
        guard let connection else { return }
        let message = post.message
        if status == 404, post.sessionID != nil {
            if sessionID == post.sessionID { sessionID = nil }
            return connection.expired(message)
        }
        if let fault {
            // 23: our own callback refused to take more.
            if fault.code == 23 { return connection.receivedTooMuch(id: message.id) }
            return connection.lost(message, fault.isTimeout ? "it did not answer in time" : fault.reason)
        }
        guard (200..<300).contains(status) else { return connection.lost(message, "it answered with status \(status)") }
        guard let id = message.id else { return connection.delivered(message) }
        if !body.isEmpty, !isStream(post) {
            noteSession(post)
            connection.received(body)
        }
        if connection.isOpen(id) { connection.lost(message, "its answer broke off, or was none") }
    }
}
