import Bytes
import Dialect
import HTTP

/// Sizes a request must keep to (`listen.max_body`, `listen.max_upload`).
package struct RequestLimits: Sendable {
    package let bodyBytes: Int
    package let uploadBytes: Int
    /// Uploads up to `bodyBytes` are gathered whole, since somebody wants to look at them.
    package let gathersUploads: Bool
    package init(bodyBytes: Int, uploadBytes: Int, gathersUploads: Bool = false) {
        self.bodyBytes = bodyBytes
        self.uploadBytes = uploadBytes
        self.gathersUploads = gathersUploads
    }
}

/// Finds one request after the other in the bytes of a connection.
///
/// Pure: takes what has arrived, answers what is still missing. JSON bodies are gathered whole, without the chunks
/// around them; uploads are handed on as soon as their first 64 KiB are there.
package final class RequestReader {
    /// What the reader has come to.
    package enum Answer: Equatable {
        case more
        /// The head is complete, the body is not, and the client waits for "100 Continue".
        case moreAfterContinue
        /// A request can be routed.
        case ready
    }

    /// The head, once `isHeadComplete`.
    package let head = RequestHead()
    package private(set) var isHeadComplete = false
    /// Where the body begins: the length of the head.
    package private(set) var headBytes = 0
    /// Body bytes at `headBytes...` that belong to the request: all of a JSON body, the beginning of an upload.
    package private(set) var bodyBytes = 0
    /// The body goes on in the socket: an upload to be streamed.
    package private(set) var streamsRest = false
    /// How the client asks.
    package private(set) var surface = Surface(endpoint: .other)
    package var endpoint: EndpointName { surface.endpoint }
    /// A question about one model, which the server answers once the routes have let it pass.
    package var asksForModel: Bool {
        surface.endpoint == .models && (head.method == .get || head.method == .head)
    }
    package private(set) var isJSON = false
    private var finder = HeadFinder()
    private var walker = BodyWalker(.none)
    private var walked = 0
    private var hasContinued = false

    /// How much of an upload is gathered before it is routed: its `model` field must come within this.
    package static let uploadWindowBytes = 64 * 1024
    /// The same for this request.
    private var windowBytes = RequestReader.uploadWindowBytes

    package init() {}

    /// Begins the next request.
    package func reset() {
        head.reset()
        isHeadComplete = false
        headBytes = 0
        bodyBytes = 0
        streamsRest = false
        finder = HeadFinder()
        hasContinued = false
        walked = 0
        unwalked = 0..<0
    }

    /// Bytes in all that are known to come; for the buffer to grow towards.
    package var wantedBytes: Int {
        guard isHeadComplete, case .length(let count) = head.framing else { return 0 }
        return headBytes + (streamsRest ? min(windowBytes, count) : count)
    }

    /// Bytes at the end of the gathered part that `uploadWalker` has not passed: a size line's beginning.
    package private(set) var unwalked = 0..<0
    /// The rest of an upload's framing, to go on with where the gathered part ended.
    package var uploadWalker: BodyWalker { walker }

    /// Looks at all bytes that have arrived for this request.
    ///
    /// - Throws: why the request is refused; the connection can then only be closed.
    package func advance(_ buffer: RequestBuffer, limits: RequestLimits) throws(HTTPFault) -> Answer {
        if !isHeadComplete {
            let span = buffer.bytes.bindMemory(to: UInt8.self).span
            switch finder.advance(span) {
            case .incomplete: return .more
            case .refused(let fault): throw fault
            case .complete(let length):
                try head.parse(span, length: length)
                headBytes = length
                isHeadComplete = true
                try admit(span, limits)
            }
        }
        let answer = try body(buffer, limits)
        if answer == .more, head.expectsContinue, !hasContinued {
            hasContinued = true
            return .moreAfterContinue
        }
        return answer
    }

    /// Judges a request by its head alone, before any of its body is waited for.
    private func admit(_ span: Span<UInt8>, _ limits: RequestLimits) throws(HTTPFault) {
        surface = Surface.recognise(path: span.extracting(head.path.range))
        // Anthropic's libraries ask for models where OpenAI's do, and say so.
        if surface.endpoint == .models, !head.firstValue(of: "anthropic-version", in: span).isAbsent {
            surface.format = .messages
        }
        let type = MediaType(head, span)
        // What is sent to Ollama is JSON whatever it says: its documentation shows curl without a type.
        isJSON =
            type.isJSON || (type.isAbsent && (endpoint.takesOnlyJSON || surface.isCommand))
            || surface.format.streamsLines
        walker = BodyWalker(head.framing)
        let hasBody = head.framing != .none && head.framing != .length(0)
        if head.method == .post, head.framing == .none, endpoint.takesOnlyJSON {
            throw HTTPFault(411, "length_required", "this request needs a Content-Length")
        }
        guard hasBody else { return }
        if endpoint.takesOnlyJSON, head.method == .post {
            guard isJSON else {
                throw HTTPFault(415, "unsupported_media_type", "send the body as Content-Type: application/json")
            }
            guard !head.hasContentCoding(in: span) else {
                throw HTTPFault(415, "unsupported_media_type", "send the body without Content-Encoding")
            }
        }
        streamsRest = !isJSON
        windowBytes = RequestReader.uploadWindowBytes
        if limits.gathersUploads {
            switch head.framing {
            // What is larger cannot be gathered whole, so its beginning does.
            case .length(let count): if count <= limits.bodyBytes { windowBytes = max(windowBytes, count) }
            default: windowBytes = max(windowBytes, limits.bodyBytes)
            }
        }
        if case .length(let count) = head.framing, count > (isJSON ? limits.bodyBytes : limits.uploadBytes) {
            throw RequestReader.tooLarge
        }
    }

    private static let tooLarge = HTTPFault(
        413,
        "request_too_large",
        "the request body is larger than listen.max_body (JSON) or listen.max_upload (uploads) allows"
    )

    private func body(_ buffer: RequestBuffer, _ limits: RequestLimits) throws(HTTPFault) -> Answer {
        let arrived = buffer.count - headBytes
        switch head.framing {
        case .none: return .ready
        case .length(let count):
            let needed = streamsRest ? min(count, windowBytes) : count
            guard arrived >= needed else { return .more }
            bodyBytes = min(arrived, count)
            streamsRest = bodyBytes < count
            if streamsRest { walker.skipPayload(bodyBytes) }
            return .ready
        case .chunked, .untilClose:
            return streamsRest ? try chunkedUpload(buffer, limits) : try chunkedBody(buffer, limits)
        }
    }

    /// Takes the chunks off a JSON body in place, so that it stands in one piece behind the head.
    ///
    /// Every byte moves once per call, so that many small chunks cost no more than few large ones.
    private func chunkedBody(_ buffer: RequestBuffer, _ limits: RequestLimits) throws(HTTPFault) -> Answer {
        let all = buffer.bytes
        let span = all.bindMemory(to: UInt8.self).span
        var position = headBytes + bodyBytes
        while true {
            let step = try walker.next(span, at: &position)
            switch step {
            case .payload(let range):
                guard bodyBytes + range.count <= limits.bodyBytes else { throw RequestReader.tooLarge }
                buffer.move(range, to: headBytes + bodyBytes)
                bodyBytes += range.count
            case .more:
                buffer.close(gapFrom: headBytes + bodyBytes, upTo: position)
                return .more
            case .end:
                buffer.close(gapFrom: headBytes + bodyBytes, upTo: position)
                return .ready
            }
        }
    }

    /// Checks the chunks of an upload's beginning, which travel on as they are.
    private func chunkedUpload(_ buffer: RequestBuffer, _ limits: RequestLimits) throws(HTTPFault) -> Answer {
        let span = buffer.bytes.bindMemory(to: UInt8.self).span.extracting(headBytes...)
        while true {
            switch try walker.next(span, at: &walked) {
            case .payload: continue
            case .more:
                guard walked >= windowBytes else {
                    bodyBytes = walked
                    return .more
                }
                // The beginning of a size line travels on too; `unwalked` tells the upload what it was.
                bodyBytes = span.count
                unwalked = (headBytes + walked)..<(headBytes + span.count)
                return .ready
            case .end:
                bodyBytes = walked
                streamsRest = false
                return .ready
            }
        }
    }

    /// The body was replaced by one of another length, in the buffer and here.
    package func replaceBody(in buffer: RequestBuffer, with bytes: [UInt8]) {
        buffer.replace(headBytes..<consumedBytes, with: bytes)
        bodyBytes = bytes.count
    }

    /// Bytes of the buffer that belong to this request.
    package var consumedBytes: Int { headBytes + bodyBytes }
}

/// What a request says its body is.
private struct MediaType {
    var isJSON = false
    var isAbsent = true

    init(_ head: RequestHead, _ span: Span<UInt8>) {
        guard let field = head.fields.first(where: { $0.id == .contentType }) else { return }
        isAbsent = false
        let value = span.extracting(field.value.range)
        var end = 0
        while end < value.count, value[end] != 0x3b, value[end] != 0x20 { end += 1 }
        let type = value.extracting(..<end)
        isJSON =
            ASCII.equalsIgnoringCase(type, "application/json")
            || (type.count > 5 && ASCII.equalsIgnoringCase(type.extracting((type.count - 5)...), "+json"))
    }
}
