import Arrival
import Bytes
import Dialect
import HTTP
import JSON

/// The body of a command to a provider: the model or the training it is about, and who shall be asked.
struct ManagementBody {
    struct Fault: Error { let refusal: Refusal }

    private let command: ModelCommand
    private let node: JSONNode?

    /// * Throws: why it is no such command.
    init(_ session: Session, _ command: ModelCommand) throws(Fault) {
        let reader = session.reader
        self.command = command
        let takesDelete = command == .delete && reader.surface.routedPath != nil
        guard reader.head.method == .post || takesDelete && reader.head.method == .delete else {
            throw Fault(refusal: Refusal(405, "method_not_allowed", "this path takes POST only", allow: "POST"))
        }
        guard reader.bodyBytes > 0 else {
            node = nil
            return
        }
        guard reader.isJSON else {
            let message = "send the body as Content-Type: application/json"
            throw Fault(refusal: Refusal(415, "unsupported_media_type", message))
        }
        let span = session.requestBytes.bindMemory(to: UInt8.self).span
        let body = span.extracting(reader.headBytes..<reader.consumedBytes)
        do { node = try JSONNode.parse(body.indices.map { body[$0] }) } catch {
            let message = "the body is not valid JSON: \(error.message) (byte \(error.offset))"
            throw Fault(refusal: Refusal(400, "invalid_json", message))
        }
    }

    /// Adds to the request what the body says.
    func complete(_ request: inout RoutedRequest) throws(Fault) {
        request.onlyProvider = node?["provider"]?.string?.text
        switch command {
        case .pull, .delete:
            guard request.model.isEmpty else { return }
            throw ManagementBody.missing("model")
        case .training:
            let job = node?["job_id"]?.string?.text ?? ""
            // These two are not names but ways through a tree.
            guard !job.isEmpty, job != ".", job != "..", job.utf8.count <= 256 else {
                throw ManagementBody.missing("job_id")
            }
            request.job = job
        case .sync: break
        }
    }

    private static func missing(_ member: String) -> Fault {
        Fault(refusal: Refusal(400, "missing_\(member)", "the body names no `\(member)`", param: member))
    }

    /// The body as the provider shall see it; the model as the routes know it, and under no other name.
    static func withoutProvider(_ body: [UInt8], model: [UInt8]) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        for member in (try? JSONNode.parse(body))?.members ?? [] where !["provider", "name"].contains(member.key) {
            writer.key(member.key)
            if member.key == "model", member.value.string != nil {
                writer.string(JSONString(plain: model))
            } else {
                writer.node(member.value)
            }
        }
        writer.endObject()
        return writer.bytes
    }
}
