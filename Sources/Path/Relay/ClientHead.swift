import Bytes
import HTTP

/// Writes the head of the answer as the client shall see it.
package enum ClientHead {
    /// Names of the proxy's own fields and their values, all without line ends.
    package struct Marks {
        package var requestID: [UInt8]
        package var route: [UInt8]
        package var provider: [UInt8]
        package var model: [UInt8]
        /// The word of the request's privacy class.
        package var level: StaticString
        package var attempts: Int
        package var configHash: [UInt8]
        /// From the request complete to the upstream's head, microseconds.
        package var upstreamMicroseconds: Int64
        /// Members of the request that could not be said to the provider, comma-separated; empty when none.
        package var dropped: [UInt8]
        /// What was done to a long chat; empty when nothing.
        package var context: [UInt8]
        /// More fields, each with its line end.
        package var fields: [UInt8]
        /// What the upstream says of its own limits is not passed on: `fields` speaks of ours.
        package var hidesLimits: Bool
        /// What the cache had; empty when it was not asked.
        package var cache: StaticString
        package init(
            requestID: [UInt8],
            route: [UInt8],
            provider: [UInt8],
            model: [UInt8],
            level: StaticString,
            attempts: Int,
            configHash: [UInt8],
            upstreamMicroseconds: Int64,
            dropped: [UInt8] = [],
            context: [UInt8] = [],
            fields: [UInt8] = [],
            hidesLimits: Bool = false,
            cache: StaticString = ""
        ) {
            self.fields = fields
            self.hidesLimits = hidesLimits
            self.requestID = requestID
            self.route = route
            self.provider = provider
            self.model = model
            self.level = level
            self.attempts = attempts
            self.configHash = configHash
            self.upstreamMicroseconds = upstreamMicroseconds
            self.dropped = dropped
            self.context = context
            self.cache = cache
        }
    }

    /// What the Connection field says.
    package enum Connection { case close, keepAlive, unsaid }

    /// Composes an upstream's head for the client.
    ///
    /// * `bytes`: what `head` was parsed from.
    /// * `framing`: how the body will be framed towards this client.
    /// * `connection`: what is said of the connection's future.
    /// * `status`: in place of the upstream's, where its answer is an error that it gave none for.
    /// * `contentType`: of a body that was translated; nil leaves the upstream's, an empty one is left to the caller.
    package static func write(
        _ writer: inout ByteWriter,
        head: ResponseHead,
        bytes: Span<UInt8>,
        framing: BodyFraming,
        connection: Connection,
        marks: Marks,
        status: (code: Int, reason: StaticString)? = nil,
        contentType: StaticString? = nil
    ) {
        writer.put("HTTP/1.1 ")
        writer.put(decimal: status?.code ?? head.status)
        writer.put(byte: 0x20)
        if let status { writer.put(status.reason) } else { writer.put(bytes.extracting(head.reason.range)) }
        writer.put("\r\n")
        for index in head.fields.indices {
            let field = head.fields[index]
            switch field.id {
            case .contentLength, .transferEncoding: continue
            case .contentType where contentType != nil: continue
            case .xRequestID:
                // Ours is the one the client may quote; the provider's is kept beside it.
                writer.put("x-hoosh-upstream-request-id: ")
                writer.put(bytes.extracting(field.value.range))
                writer.put("\r\n")
                continue
            default: break
            }
            if HopByHop.isDropped(responseField: index, of: head, in: bytes) { continue }
            if field.id == .other, isOurs(bytes.extracting(field.name.range)) { continue }
            if marks.hidesLimits, isLimit(bytes.extracting(field.name.range)) { continue }
            writer.put(bytes.extracting(field.name.range))
            writer.put(": ")
            writer.put(bytes.extracting(field.value.range))
            writer.put("\r\n")
        }
        putFraming(&writer, framing, head)
        if let contentType, contentType.utf8CodeUnitCount > 0 {
            writer.put("content-type: ")
            writer.put(contentType)
            writer.put("\r\n")
        }
        if contentType.map({ $0.utf8CodeUnitCount == 17 }) ?? head.isEventStream {
            writer.put("x-accel-buffering: no\r\ncache-control: no-transform\r\n")
        }
        switch connection {
        case .close: writer.put("connection: close\r\n")
        case .keepAlive: writer.put("connection: keep-alive\r\n")
        case .unsaid: break
        }
        put(&writer, marks)
        writer.put("\r\n")
    }

    /// Our own names mean what this proxy says: an upstream (another proxy, perhaps) does not speak for it.
    private static func isOurs(_ name: Span<UInt8>) -> Bool {
        name.count > 8 && ASCII.equalsIgnoringCase(name.extracting(..<8), "x-hoosh-")
    }

    private static func isLimit(_ name: Span<UInt8>) -> Bool {
        name.count > 12 && ASCII.equalsIgnoringCase(name.extracting(..<12), "x-ratelimit-")
    }

    private static func putFraming(_ writer: inout ByteWriter, _ framing: BodyFraming, _ head: ResponseHead) {
        switch framing {
        case .none:
            // A HEAD or 304 answer may tell the length of what it does not carry (RFC 9110 §8.6).
            if let length = head.declaredLength, head.status != 204 {
                writer.put("content-length: ")
                writer.put(decimal: length)
                writer.put("\r\n")
            }
        case .length(let count):
            writer.put("content-length: ")
            writer.put(decimal: count)
            writer.put("\r\n")
        case .chunked: writer.put("transfer-encoding: chunked\r\n")
        case .untilClose: break
        }
    }

    private static func put(_ writer: inout ByteWriter, _ marks: Marks) {
        writer.put("x-request-id: ")
        writer.put(marks.requestID)
        writer.put("\r\nx-hoosh-route: ")
        writer.put(marks.route)
        writer.put("\r\nx-hoosh-provider: ")
        writer.put(marks.provider)
        if !marks.model.isEmpty {
            writer.put("\r\nx-hoosh-model: ")
            writer.put(marks.model.span.extracting(first: 256))
        }
        writer.put("\r\nx-hoosh-class: ")
        writer.put(marks.level)
        writer.put("\r\nx-hoosh-attempts: ")
        writer.put(decimal: marks.attempts)
        writer.put("\r\nx-hoosh-config: ")
        writer.put(marks.configHash)
        if !marks.dropped.isEmpty {
            writer.put("\r\nx-hoosh-dropped-params: ")
            writer.put(marks.dropped.span.extracting(first: 1_024))
        }
        if !marks.context.isEmpty {
            writer.put("\r\nx-hoosh-context: ")
            writer.put(marks.context)
        }
        if marks.cache.utf8CodeUnitCount > 0 {
            writer.put("\r\nx-hoosh-cache: ")
            writer.put(marks.cache)
        }
        writer.put("\r\n")
        writer.put(marks.fields)
        writer.put("server-timing: upstream;dur=")
        writer.put(decimal: Int(marks.upstreamMicroseconds / 1_000))
        writer.put(byte: 0x2e)
        let micros = Int(marks.upstreamMicroseconds % 1_000)
        if micros < 100 { writer.put(byte: 0x30) }
        if micros < 10 { writer.put(byte: 0x30) }
        writer.put(decimal: micros)
        writer.put("\r\n")
    }
}
