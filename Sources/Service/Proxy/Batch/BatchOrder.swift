import Bytes
import Dialect
import JSON

/// What a client posts to `/v1/batch`, read: requests that have not run yet.
struct BatchOrder: Sendable {
    /// One request of the batch.
    struct Item: Sendable {
        /// Where it is asked, as a client of that endpoint would.
        var path: [UInt8]
        var body: [UInt8]
        /// The client's own name for it, told with its result.
        var customID: JSONString?
    }

    /// Why the batch is refused as a whole: none of it runs then.
    struct Fault: Error {
        let message: String
        let param: String
    }

    /// The most requests of one batch.
    static let itemsLimit = 64

    private(set) var items: [Item] = []
    /// The client does not wait: it asks later.
    private(set) var isAsync = false

    /// Reads a body.
    ///
    /// - Throws: the first thing that is wrong with it, and where.
    init(_ body: [UInt8]) throws(Fault) {
        let node: JSONNode
        do { node = try JSONNode.parse(body) } catch {
            throw Fault(message: "the body is not valid JSON: \(error.message) (byte \(error.offset))", param: "")
        }
        guard let requests = node["requests"]?.elements, (1...Self.itemsLimit).contains(requests.count) else {
            throw Fault(message: "`requests` must be a list of 1 to \(Self.itemsLimit) requests", param: "requests")
        }
        if let word = node["async"], !word.isNull {
            guard let bool = word.bool else { throw Fault(message: "`async` must be true or false", param: "async") }
            isAsync = bool
        }
        for (index, request) in requests.enumerated() {
            items.append(try Self.item(request, "requests[\(index)]"))
        }
    }

    /// Members that speak to the proxy, not to a provider.
    private static let own = ["custom_id", "endpoint", "url", "method", "body"]

    /// Reads one request; `place` says where it stands.
    ///
    /// - Throws: the first thing that is wrong with it.
    static func item(_ node: JSONNode, _ place: String, takesStreams: Bool = false) throws(Fault) -> Item {
        guard node.isObject else { throw Fault(message: "a request must be an object", param: place) }
        // As in OpenAI's batch files, the request may stand in a member of its own.
        let isWrapped = node["body"]?.isObject ?? false
        let body = isWrapped ? node["body"] ?? node : node
        var item = Item(path: try path(node, place), body: Array(body.source))
        if let id = node["custom_id"], !id.isNull {
            guard let text = id.string else {
                throw Fault(message: "`custom_id` must be a text", param: "\(place).custom_id")
            }
            item.customID = text
        }
        if isWrapped {
            if let method = node["method"], method.string?.text != "POST" {
                throw Fault(message: "a request of a batch is a POST", param: "\(place).method")
            }
        } else if node.members.contains(where: { own.contains($0.key) }) {
            item.body = without(node)
        }
        if !takesStreams { try refuseStream(body, item.path, place) }
        return item
    }

    private static func path(_ node: JSONNode, _ place: String) throws(Fault) -> [UInt8] {
        guard let said = node["endpoint"] ?? node["url"], !said.isNull else {
            return Array("/v1/chat/completions".utf8)
        }
        let path = said.string?.plain ?? []
        let isPlain = path.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != 0x3f && $0 != 0x23 } && path.count <= 1_024
        guard isPlain, !path.isEmpty, Surface.recognise(path: path.span).action == .chat else {
            let name = node["endpoint"] == nil ? "url" : "endpoint"
            throw Fault(
                message: "`\(name)` must be the path of a chat, such as /v1/chat/completions or /v1/messages",
                param: "\(place).\(name)"
            )
        }
        return path
    }

    /// A result is one answer, so no request of a batch may ask for a stream.
    private static func refuseStream(_ body: JSONNode, _ path: [UInt8], _ place: String) throws(Fault) {
        let surface = Surface.recognise(path: path.span)
        let standard = surface.streams ?? surface.format.streamsLines
        let streams = surface.streams ?? body["stream"]?.bool ?? standard
        guard streams else { return }
        let message =
            surface.streams == true
            ? "a request of a batch cannot be a stream"
            : "a request of a batch cannot be a stream: say `\"stream\": false`"
        throw Fault(message: message, param: "\(place).stream")
    }

    private static func without(_ node: JSONNode) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        for member in node.members where !own.contains(member.key) {
            writer.key(member.key)
            writer.node(member.value)
        }
        writer.endObject()
        return writer.bytes
    }
}
