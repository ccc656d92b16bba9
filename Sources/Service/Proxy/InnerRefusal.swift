import Bytes
import Dialect
import HTTP

// Requests within a request: routes, keys and budgets would judge the one around them alone.
extension Session {
    /// Why a request that carries others is refused; nil for all else.
    ///
    /// `asked` is the client's model.
    func innerRefusal(asked: [UInt8]) -> Refusal? {
        guard reader.head.method == .post else { return nil }
        let span = requestBytes.bindMemory(to: UInt8.self).span
        let path = span.extracting(reader.head.path.range)
        if InnerRequests.areHandedIn(at: path) {
            let message =
                "requests within a request are not passed on, since nobody would judge them: send them to `/v1/batch`"
            return Refusal(400, "invalid_request", message)
        }
        if !asked.isEmpty, InnerRequests.areInFile(at: path) {
            let message = "a batch names no `model`: its file does, or send the requests to `/v1/batch`"
            return Refusal(400, "invalid_request", message, param: "model")
        }
        guard case .embed = reader.surface.action, reader.surface.format == .gemini, reader.bodyBytes > 0 else {
            return nil
        }
        let body = span.extracting(reader.headBytes..<reader.consumedBytes)
        guard InnerRequests.nameAnother(than: asked.span, in: body) else { return nil }
        let message = "the body names another `model` than the path: one request asks for one model"
        return Refusal(400, "invalid_request", message, param: "model")
    }
}
