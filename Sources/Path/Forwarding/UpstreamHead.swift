import Bytes
import Decision
import Dialect
import Routing
import HTTP
import Identity
import Providers

/// Writes the head of the request as one provider shall see it.
///
/// What the client sent passes as far as the provider's kind and the file let it (`HeaderRule`), but for what belongs
/// to its own connection (RFC 9110 §7.6.1), its credentials, and what the route or the provider sets instead.
package enum UpstreamHead {
    /// What follows the head.
    package enum Body {
        case none
        case length(Int)
        case chunked
    }

    /// A request that is not the client's own: said in another format, or for another path.
    package struct Restatement {
        /// Path and query.
        package let path: [UInt8]
        package let format: ChatFormat
        /// The body is ours too: `content-type` is written, and what belongs to the client's dialect is left out.
        package let isTranslated: Bool
        /// In place of the client's method; nil keeps that.
        package let method: String?
        /// What the body is now; nil leaves what the client says.
        package let contentType: [UInt8]?
        package init(
            path: [UInt8],
            format: ChatFormat,
            isTranslated: Bool,
            method: String? = nil,
            contentType: [UInt8]? = nil
        ) {
            self.method = method
            self.path = path
            self.format = format
            self.isTranslated = isTranslated
            self.contentType = contentType
        }
    }

    /// Composes the head into `writer`; check `writer.overflowed` afterwards.
    ///
    /// * `bytes`: the bytes that `head` was parsed from.
    /// * `requestID`: sent as `x-request-id`.
    /// * `restated`: nil passes the client's path and fields on.
    package static func write(
        _ writer: inout ByteWriter,
        head: RequestHead,
        bytes: Span<UInt8>,
        pool: UpstreamPool,
        plan: Plan,
        target: Target,
        body: Body,
        requestID: [UInt8],
        restated: Restatement? = nil
    ) {
        if let method = restated?.method {
            writer.put(method)
        } else {
            writer.put(bytes.extracting(head.methodText.range))
        }
        writer.put(byte: 0x20)
        if let restated { writer.put(restated.path) } else { putTarget(&writer, head, bytes, pool) }
        writer.put(" HTTP/1.1\r\n")
        writer.put(restated?.format == .gemini ? pool.geminiFields : pool.fixedFields)
        if restated?.isTranslated == true { putOwn(&writer, restated?.format) }
        if let type = restated?.contentType {
            writer.put("content-type: ")
            writer.put(type)
            writer.put("\r\n")
        }
        let sets = !plan.setHeaders.isEmpty || !target.headers.isEmpty
        let isPlain = !sets && plan.removedHeaders.isEmpty && pool.fixedNames.count <= 2
        for index in head.fields.indices {
            let field = head.fields[index]
            if isDropped(field.id) || HopByHop.isDropped(requestField: index, of: head, in: bytes) { continue }
            if !pool.provider.passes.passes(bytes.extracting(field.name.range)) { continue }
            if restated?.isTranslated == true, isOfDialect(field, bytes) { continue }
            if restated?.contentType != nil, field.id == .contentType { continue }
            if !isPlain, isReplaced(bytes.extracting(field.name.range), pool, plan, target) { continue }
            put(&writer, field, bytes)
        }
        for pair in target.headers { put(&writer, pair) }
        for pair in plan.setHeaders where !target.headers.contains(where: { $0.name == pair.name }) {
            put(&writer, pair)
        }
        writer.put("accept-encoding: identity\r\nx-request-id: ")
        writer.put(requestID)
        switch body {
        case .none: writer.put("\r\n\r\n")
        case .length(let count):
            writer.put("\r\ncontent-length: ")
            writer.put(decimal: count)
            writer.put("\r\n\r\n")
        case .chunked: writer.put("\r\ntransfer-encoding: chunked\r\n\r\n")
        }
    }

    /// The fields of a request whose body is ours.
    private static func putOwn(_ writer: inout ByteWriter, _ format: ChatFormat?) {
        writer.put("content-type: application/json\r\n")
        if format == .messages { writer.put("anthropic-version: 2023-06-01\r\n") }
    }

    /// Fields that mean something in the client's dialect alone, and the type of a body that is not sent.
    private static func isOfDialect(_ field: Field, _ bytes: Span<UInt8>) -> Bool {
        if field.id == .contentType || field.id == .accept { return true }
        let name = bytes.extracting(field.name.range)
        func begins(_ prefix: StaticString) -> Bool {
            let count = prefix.utf8CodeUnitCount
            return name.count >= count && ASCII.equalsIgnoringCase(name.extracting(..<count), prefix)
        }
        return begins("anthropic-") || begins("openai-") || begins("x-goog-") || begins("x-stainless-")
            || begins("content-encoding")
    }

    /// Fields the proxy writes itself, and the client's credentials, which never go upstream.
    private static func isDropped(_ id: KnownField) -> Bool {
        switch id {
        case .host, .contentLength, .transferEncoding, .expect, .acceptEncoding, .xRequestID, .authorization, .xApiKey,
            .xGoogApiKey, .apiKey, .cookie, .proxyAuthorization:
            true
        default: false
        }
    }

    private static func isReplaced(_ name: Span<UInt8>, _ pool: UpstreamPool, _ plan: Plan, _ target: Target) -> Bool {
        pool.fixedNames.contains { ASCII.equalsIgnoringCase(name, $0) }
            || plan.removedHeaders.contains { ASCII.equalsIgnoringCase(name, $0) }
            || plan.setHeaders.contains { ASCII.equalsIgnoringCase(name, $0.name) }
            || target.headers.contains { ASCII.equalsIgnoringCase(name, $0.name) }
    }

    private static func put(_ writer: inout ByteWriter, _ field: Field, _ bytes: Span<UInt8>) {
        writer.put(bytes.extracting(field.name.range))
        writer.put(": ")
        writer.put(bytes.extracting(field.value.range))
        writer.put("\r\n")
    }

    private static func put(_ writer: inout ByteWriter, _ pair: HeaderPair) {
        writer.put(pair.name)
        writer.put(": ")
        writer.put(pair.value)
        writer.put("\r\n")
    }

    /// The request target: the provider's base path, the client's path by the provider's rule, the client's query.
    private static func putTarget(
        _ writer: inout ByteWriter,
        _ head: RequestHead,
        _ bytes: Span<UInt8>,
        _ pool: UpstreamPool
    ) {
        let path = bytes.extracting(head.path.range)
        writer.put(pool.prefixBytes)
        writer.put(path.extracting(pool.prefix.droppedBytes(of: path)...))
        guard !head.query.isAbsent else { return }
        let query = bytes.extracting(head.query.range)
        // What a client proves itself by stays here, wherever it stands.
        let kept = QueryKey.isIn(query) ? QueryKey.removed(from: query) : nil
        if let kept, kept.isEmpty { return }
        writer.put(byte: 0x3f)
        if let kept { writer.put(kept.span) } else { writer.put(query) }
    }
}
