import Bytes
import JSON

/// An error of JSON-RPC 2.0 (§5.1).
package struct RPCError: Error, Equatable, Sendable {
    package let code: Int
    package let message: JSONString
    /// JSON, as it came.
    package let data: ArraySlice<UInt8>?

    package init(_ code: Int, _ message: JSONString, data: ArraySlice<UInt8>? = nil) {
        self.code = code
        self.message = message
        self.data = data
    }

    /// Codes with a meaning of their own.
    package static let parse = -32_700
    package static let invalidRequest = -32_600
    package static let methodNotFound = -32_601
    package static let invalidParameters = -32_602
    package static let inner = -32_603
    /// The range that JSON-RPC leaves to servers: what the gateway says of a server that cannot be asked.
    package static let unavailable = -32_000
    /// What MCP's libraries call a request that took too long.
    package static let timeout = -32_001
}

/// One message of JSON-RPC 2.0, as MCP narrows it: an id is a text or a number, never null.
package enum RPCMessage: Sendable {
    /// `id` is the JSON of the id, quotes included.
    case request(id: ArraySlice<UInt8>, method: String, parameters: JSONNode?)
    case notification(method: String, parameters: JSONNode?)
    case result(id: ArraySlice<UInt8>, JSONNode)
    /// The id is nil when the other side could not read one.
    case failure(id: ArraySlice<UInt8>?, RPCError)

    /// Reads one message.
    ///
    /// - Throws: the error that answers it (JSON-RPC 2.0 §5.1).
    package static func read(_ bytes: [UInt8]) throws(RPCError) -> RPCMessage { try read(parsed(bytes)) }

    /// Reads what a server sends: one message, or several as a list.
    ///
    /// Revision 2025-03-26 lets servers send batches, and its clients must take them
    /// (modelcontextprotocol.io/specification/2025-03-26/basic, Batching). Servers of other revisions are not told off for
    /// it. What is no message within a batch is left out; a call that it may have answered runs into its time limit.
    ///
    /// - Throws: the error that answers it; also when nothing of a batch is a message.
    package static func heard(_ bytes: [UInt8]) throws(RPCError) -> Heard {
        let node = try parsed(bytes)
        guard let elements = node.elements else { return .one(try read(node)) }
        let messages = elements.compactMap { try? read($0) }
        guard !messages.isEmpty else {
            throw RPCError(RPCError.invalidRequest, "there is no message in this batch")
        }
        return .batch(messages)
    }

    /// What came in one piece.
    package enum Heard: Sendable {
        case one(RPCMessage)
        /// Its requests are answered together (JSON-RPC 2.0 §6).
        case batch([RPCMessage])
    }

    private static func parsed(_ bytes: [UInt8]) throws(RPCError) -> JSONNode {
        do { return try JSONNode.parse(bytes) } catch {
            throw RPCError(
                RPCError.parse,
                JSONString("this is no JSON: \(error.message.description), at byte \(error.offset)")
            )
        }
    }

    /// Reads one message that was taken apart.
    ///
    /// - Throws: the error that answers it.
    package static func read(_ node: JSONNode) throws(RPCError) -> RPCMessage {
        if node.elements != nil {
            throw RPCError(RPCError.invalidRequest, "batches are no part of MCP since 2025-06-18; send one message")
        }
        guard node.isObject, node["jsonrpc"]?.string?.plain == Array("2.0".utf8) else {
            throw RPCError(RPCError.invalidRequest, "a message is an object with `jsonrpc`: `2.0`")
        }
        var id: ArraySlice<UInt8>?
        if let given = node["id"], !given.isNull {
            guard given.string != nil || given.number != nil, given.source.count <= 256 else {
                throw RPCError(RPCError.invalidRequest, "an id is a text or a number of at most 256 bytes")
            }
            id = given.source
        }
        if let method = node["method"] {
            guard let name = method.string?.text else {
                throw RPCError(RPCError.invalidRequest, "`method` is a text")
            }
            let parameters = node["params"].flatMap { $0.isNull ? nil : $0 }
            guard let id else { return .notification(method: name, parameters: parameters) }
            return .request(id: id, method: name, parameters: parameters)
        }
        if let error = node["error"], error.isObject {
            return .failure(id: id, RPCError(reading: error))
        }
        guard let id, let result = node["result"] else {
            throw RPCError(RPCError.invalidRequest, "neither `method` nor an id with `result` or `error`")
        }
        return .result(id: id, result)
    }
}

extension RPCError {
    fileprivate init(reading node: JSONNode) {
        let spelled = node["code"]?.number.map { String(decoding: $0, as: UTF8.self) }
        self.init(
            spelled.flatMap { Int($0) } ?? RPCError.inner,
            node["message"]?.string ?? "the server gave no message",
            data: node["data"]?.source
        )
    }
}

/// Spells messages of JSON-RPC 2.0, without a line end.
package enum RPCText {
    /// A request or, without an id, a notification; `parameters` writes one value.
    package static func request(
        _ id: Int?,
        _ method: StaticString,
        _ parameters: ((inout JSONWriter) -> Void)? = nil
    ) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("jsonrpc")
        writer.string("2.0" as StaticString)
        if let id {
            writer.key("id")
            writer.number(id)
        }
        writer.key("method")
        writer.string(method)
        if let parameters {
            writer.key("params")
            parameters(&writer)
        }
        writer.endObject()
        return writer.bytes
    }

    /// The answer to a request; `id` and `result` are JSON.
    package static func result(_ id: ArraySlice<UInt8>, _ result: ArraySlice<UInt8>) -> [UInt8] {
        var writer = open(id)
        writer.key("result")
        writer.raw(result)
        writer.endObject()
        return writer.bytes
    }

    /// The answer to a request that failed; a nil id stands for one that could not be read.
    package static func failure(_ id: ArraySlice<UInt8>?, _ error: RPCError) -> [UInt8] {
        var writer = open(id)
        writer.key("error")
        writer.beginObject()
        writer.key("code")
        writer.number(error.code)
        writer.key("message")
        writer.string(error.message)
        if let data = error.data {
            writer.key("data")
            writer.raw(data)
        }
        writer.endObject()
        writer.endObject()
        return writer.bytes
    }

    private static func open(_ id: ArraySlice<UInt8>?) -> JSONWriter {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("jsonrpc")
        writer.string("2.0" as StaticString)
        writer.key("id")
        if let id { writer.raw(id) } else { writer.null() }
        return writer
    }
}
