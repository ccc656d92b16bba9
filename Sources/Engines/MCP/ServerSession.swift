import JSON

/// One session with an MCP server, as seen by its client: what is asked, what is open, which tools there are.
///
/// Pure: takes whole messages, answers what is to be done. It knows neither pipes nor HTTP nor time.
package struct ServerSession: Sendable {
    /// Something to be done, in order.
    package enum Effect: Sendable {
        case send(Outgoing)
        /// The list of tools is there, for the first time or anew.
        case listed
        /// A call has its answer.
        case answered(call: Int, Answer)
        /// The server does not speak the protocol; the sentence says how.
        case broken(String)
    }

    /// A message for the server.
    package struct Outgoing: Sendable {
        package let bytes: [UInt8]
        /// Set for requests: the transport says when it will have no answer.
        package let id: Int?
        /// Says that the handshake is over; nothing may overtake it.
        package let isInitialized: Bool
    }

    /// How a call ended on the server's side.
    package enum Answer: Sendable {
        /// The result object as it came, and whether the tool says that it failed.
        case result(ArraySlice<UInt8>, isError: Bool)
        case refused(RPCError)
    }

    private enum Purpose: Sendable { case initialize, list, call(Int) }
    private enum Phase: Sendable { case new, initializing, confirming, ready }

    /// The revision that both agreed on; nil before.
    package private(set) var version: ProtocolVersion?
    /// What the server offers.
    package private(set) var tools: [Tool] = []
    /// True once the first list is whole.
    package private(set) var isListed = false
    private var phase = Phase.new
    private var hasTools = false
    private var open: [Int: Purpose] = [:]
    private var nextID = 1
    private var gathered: [Tool] = []
    private var pages = 0
    private var isListing = false
    private var mustListAgain = false
    private let clientVersion: String

    /// Most tools, and pages of tools, that are taken from one server.
    package static let toolLimit = 1_000
    static let pageLimit = 100

    /// * `clientVersion`: the version of this program.
    package init(clientVersion: String) { self.clientVersion = clientVersion }

    // MARK: Asking

    /// Begins the handshake.
    package mutating func begin() -> [Effect] {
        phase = .initializing
        let id = take(.initialize)
        let version = clientVersion
        let bytes = RPCText.request(id, "initialize") { writer in
            writer.beginObject()
            writer.key("protocolVersion")
            writer.string(ProtocolVersion.newest.rawValue)
            writer.key("capabilities")
            writer.raw("{}" as StaticString)
            writer.key("clientInfo")
            writer.beginObject()
            writer.key("name")
            writer.string("hoosh-proxy" as StaticString)
            writer.key("version")
            writer.string(version)
            writer.endObject()
            writer.endObject()
        }
        return [.send(Outgoing(bytes: bytes, id: id, isInitialized: false))]
    }

    /// The note that ends the handshake has reached the server.
    package mutating func confirmed() -> [Effect] {
        guard phase == .confirming else { return [] }
        phase = .ready
        guard hasTools else {
            isListed = true
            return [.listed]
        }
        return list(after: nil)
    }

    /// Asks for the list of tools anew.
    package mutating func listAgain() -> [Effect] {
        guard phase == .ready, hasTools else { return [] }
        guard !isListing else {
            mustListAgain = true
            return []
        }
        return list(after: nil)
    }

    private mutating func list(after cursor: JSONString?) -> [Effect] {
        if cursor == nil {
            gathered = []
            pages = 0
        }
        isListing = true
        let id = take(.list)
        let bytes = RPCText.request(id, "tools/list") { writer in
            writer.beginObject()
            if let cursor {
                writer.key("cursor")
                writer.string(cursor)
            }
            writer.endObject()
        }
        return [.send(Outgoing(bytes: bytes, id: id, isInitialized: false))]
    }

    /// Calls a tool; `arguments` is a JSON object.
    package mutating func call(_ call: Int, tool: JSONString, arguments: ArraySlice<UInt8>) -> Outgoing {
        let id = take(.call(call))
        let bytes = RPCText.request(id, "tools/call") { writer in
            writer.beginObject()
            writer.key("name")
            writer.string(tool)
            writer.key("arguments")
            writer.raw(arguments)
            writer.endObject()
        }
        return Outgoing(bytes: bytes, id: id, isInitialized: false)
    }

    /// Gives a call up: the note for the server, and the id whose answer nobody waits for.
    package mutating func cancel(_ call: Int, reason: StaticString) -> Outgoing? {
        guard let id = id(of: call) else { return nil }
        open[id] = nil
        let bytes = RPCText.request(nil, "notifications/cancelled") { writer in
            writer.beginObject()
            writer.key("requestId")
            writer.number(id)
            writer.key("reason")
            writer.string(reason)
            writer.endObject()
        }
        return Outgoing(bytes: bytes, id: nil, isInitialized: false)
    }

    /// The id that a call travels under.
    package func id(of call: Int) -> Int? {
        open.first { if case .call(call) = $0.value { true } else { false } }?.key
    }

    /// The call behind an id; nil when it is none, or over.
    package func call(of id: Int) -> Int? {
        if case .call(let call)? = open[id] { call } else { nil }
    }

    /// No answer will come under this id; true when the session cannot go on without it.
    package mutating func lost(_ id: Int) -> Bool {
        switch open.removeValue(forKey: id) {
        case .initialize: return true
        case .list:
            isListing = false
            return !isListed
        case .call, nil: return false
        }
    }

    /// True while an answer under this id is waited for.
    package func isOpen(_ id: Int) -> Bool { open[id] != nil }

    /// The server has forgotten the session (streamable HTTP, 404): it begins anew, and what is open stays open.
    package mutating func expire() -> [Effect] {
        guard phase != .initializing, phase != .confirming else { return [] }
        open = open.filter { if case .call = $0.value { true } else { false } }
        isListing = false
        isListed = false
        version = nil
        return begin()
    }

    private mutating func take(_ purpose: Purpose) -> Int {
        let id = nextID
        nextID += 1
        open[id] = purpose
        return id
    }

    // MARK: Hearing

    /// Takes what the server sent in one piece.
    package mutating func received(_ heard: RPCMessage.Heard) -> [Effect] {
        let messages: [RPCMessage]
        switch heard {
        case .one(let message): return received(message)
        case .batch(let batch): messages = batch
        }
        var effects: [Effect] = []
        var replies = JSONWriter()
        replies.beginArray()
        var isAsked = false
        for message in messages {
            if case .request(let id, let method, _) = message {
                replies.raw(reply(id, method).bytes[...])
                isAsked = true
            } else {
                effects += received(message)
            }
        }
        guard isAsked else { return effects }
        replies.endArray()
        return [.send(Outgoing(bytes: replies.bytes, id: nil, isInitialized: false))] + effects
    }

    /// Takes a message of the server.
    package mutating func received(_ message: RPCMessage) -> [Effect] {
        switch message {
        case .request(let id, let method, _): return [.send(reply(id, method))]
        case .notification(let method, _):
            return method == "notifications/tools/list_changed" ? listAgain() : []
        case .result(let id, let result):
            guard let number = ServerSession.number(id), let purpose = open.removeValue(forKey: number) else {
                return []
            }
            return finished(purpose, result)
        case .failure(let id, let error):
            guard let number = id.flatMap(ServerSession.number), let purpose = open.removeValue(forKey: number)
            else { return [] }
            return failed(purpose, error)
        }
    }

    /// What a server may ask of its client; the gateway offers neither files nor models (no capabilities).
    private func reply(_ id: ArraySlice<UInt8>, _ method: String) -> Outgoing {
        let bytes =
            method == "ping"
            ? RPCText.result(id, [0x7b, 0x7d])
            : RPCText.failure(id, RPCError(RPCError.methodNotFound, "this client offers nothing to servers"))
        return Outgoing(bytes: bytes, id: nil, isInitialized: false)
    }

    private static func number(_ id: ArraySlice<UInt8>) -> Int? { Int(String(decoding: id, as: UTF8.self)) }

    private mutating func finished(_ purpose: Purpose, _ result: JSONNode) -> [Effect] {
        switch purpose {
        case .initialize: return initialized(result)
        case .list: return page(result)
        case .call(let call):
            guard result.isObject else {
                let error = RPCError(RPCError.inner, "the server's result is no object")
                return [.answered(call: call, .refused(error))]
            }
            return [.answered(call: call, .result(result.source, isError: result["isError"]?.bool ?? false))]
        }
    }

    private mutating func failed(_ purpose: Purpose, _ error: RPCError) -> [Effect] {
        switch purpose {
        case .initialize: return [.broken("it refused the handshake: \(error.message.text.prefix(200))")]
        case .list:
            isListing = false
            // A list that was whole once serves on.
            return isListed ? [] : [.broken("it would not list its tools: \(error.message.text.prefix(200))")]
        case .call(let call): return [.answered(call: call, .refused(error))]
        }
    }

    private mutating func initialized(_ result: JSONNode) -> [Effect] {
        let said = result["protocolVersion"]?.string?.text ?? ""
        guard let agreed = ProtocolVersion(rawValue: said) else {
            return [.broken("it speaks revision `\(said.prefix(40))` of MCP, which this proxy does not")]
        }
        version = agreed
        hasTools = result["capabilities"]?["tools"]?.isObject ?? false
        phase = .confirming
        let bytes = RPCText.request(nil, "notifications/initialized")
        return [.send(Outgoing(bytes: bytes, id: nil, isInitialized: true))]
    }

    private mutating func page(_ result: JSONNode) -> [Effect] {
        guard let elements = result["tools"]?.elements else {
            isListing = false
            return isListed ? [] : [.broken("its list of tools is none")]
        }
        for element in elements where gathered.count < ServerSession.toolLimit {
            guard let tool = Tool(element), !gathered.contains(where: { $0.plainName == tool.plainName }) else {
                continue
            }
            gathered.append(tool)
        }
        pages += 1
        if let cursor = result["nextCursor"]?.string, pages < ServerSession.pageLimit,
            gathered.count < ServerSession.toolLimit
        {
            return list(after: cursor)
        }
        tools = gathered
        gathered = []
        isListing = false
        isListed = true
        if mustListAgain {
            mustListAgain = false
            return [.listed] + list(after: nil)
        }
        return [.listed]
    }
}
