import Arrival
import Bytes
import Content
import HTTP
import JSON
import MCP
import Routing
import ToolServers

/// `/v1/tools/list`, `/v1/tools/call` and `/mcp`: what clients ask of the tools of MCP servers.
///
/// Each takes a plain request or a message of JSON-RPC; `/mcp` is an endpoint of streamable HTTP without sessions, whose
/// answers are JSON (MCP, transports). Names are decided here, by the allow-list of the snapshot that the request began with.
enum ToolPaths {
    static func list(_ session: Session) {
        guard isFromHere(session) else { return }
        guard ClientPaths.allow(session, .get, .post, "GET, POST") else { return }
        let body = body(of: session)
        guard session.reader.head.method == .post, !body.isEmpty else { return list(session, .plain) }
        guard let node = parsed(session, body) else { return }
        if node["jsonrpc"] != nil { return answer(session, node, noteStatus: 204) }
        list(session, .plain)
    }

    static func call(_ session: Session) {
        guard isFromHere(session) else { return }
        guard ClientPaths.allow(session, .post, .post, "POST") else { return }
        guard let node = parsed(session, body(of: session)) else { return }
        if node["jsonrpc"] != nil { return answer(session, node, noteStatus: 204) }
        call(session, node, .plain)
    }

    /// `/mcp`: one message a POST; there is no stream to GET and no session to DELETE.
    static func speak(_ session: Session) {
        guard isFromHere(session) else { return }
        guard ClientPaths.allow(session, .post, .post, "POST") else { return }
        guard session.reader.isJSON || session.reader.bodyBytes == 0 else { return refuseType(session) }
        guard speaksItsRevision(session) else { return }
        do throws(RPCError) {
            try answer(session, RPCMessage.read(body(of: session)), noteStatus: 202)
        } catch {
            session.answer(400, "application/json", RPCText.failure(nil, error))
        }
    }

    // MARK: Requests

    /// How the client asked, and so how it is answered.
    enum Form: Sendable {
        case plain
        /// With the JSON of the request's id.
        case rpc(ArraySlice<UInt8>)
    }

    /// A page of another origin must not reach tools through a browser that is let in (MCP, transports, security): only
    /// pages of this machine may, everything that is no browser has no such field.
    private static func isFromHere(_ session: Session) -> Bool {
        guard let field = session.reader.head.fields.first(where: { session.isNamed($0, "origin") }) else {
            return true
        }
        let text = String(decoding: session.requestBytes[field.value.range], as: UTF8.self)
        var host = text.drop { $0 != "/" }.drop { $0 == "/" }
        host = host.hasPrefix("[") ? host.prefix { $0 != "]" }.dropFirst() : host.prefix { $0 != ":" && $0 != "/" }
        if ["localhost", "127.0.0.1", "::1"].contains(String(host)) { return true }
        session.refuse(Refusal(403, "origin_forbidden", "tools are not for web pages of other hosts"))
        return false
    }

    /// A client that names a revision which is none of ours is told those that are.
    private static func speaksItsRevision(_ session: Session) -> Bool {
        let head = session.reader.head
        guard let field = head.fields.first(where: { session.isNamed($0, "mcp-protocol-version") }) else { return true }
        let asked = String(decoding: session.requestBytes[field.value.range], as: UTF8.self)
        if ProtocolVersion(rawValue: asked) != nil { return true }
        let known = ProtocolVersion.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ",")
        let data = Array("{\"supported\":[\(known)]}".utf8)
        let error = RPCError(RPCError.invalidRequest, "this revision of MCP is not spoken here", data: data[...])
        session.answer(400, "application/json", RPCText.failure(nil, error))
        return false
    }

    private static func body(of session: Session) -> [UInt8] {
        let reader = session.reader
        return Array(session.requestBytes[reader.headBytes..<(reader.headBytes + reader.bodyBytes)])
    }

    private static func refuseType(_ session: Session) {
        let message = "send the body as Content-Type: application/json"
        session.refuse(Refusal(415, "unsupported_media_type", message))
    }

    private static func parsed(_ session: Session, _ body: [UInt8]) -> JSONNode? {
        guard session.reader.isJSON || body.isEmpty else {
            refuseType(session)
            return nil
        }
        do {
            let node = try JSONNode.parse(body)
            if node.isObject { return node }
            session.refuse(Refusal(400, "invalid_json", "the body should be a JSON object"))
        } catch {
            let message = "the body is no JSON: \(error.message), at byte \(error.offset)"
            session.refuse(Refusal(400, "invalid_json", message))
        }
        return nil
    }

    private static func answer(_ session: Session, _ node: JSONNode, noteStatus: Int) {
        do throws(RPCError) {
            try answer(session, RPCMessage.read(node), noteStatus: noteStatus)
        } catch {
            session.answer(200, "application/json", RPCText.failure(nil, error))
        }
    }

    private static func answer(_ session: Session, _ message: RPCMessage, noteStatus: Int) {
        guard case .request(let id, let method, let parameters) = message else {
            // Notes and answers: nothing here is in need of them.
            return session.answer(noteStatus, "application/json", [])
        }
        switch method {
        case "initialize":
            session.answer(200, "application/json", RPCText.result(id, greeting(parameters)[...]))
        case "ping": session.answer(200, "application/json", RPCText.result(id, [0x7b, 0x7d]))
        case "tools/list": list(session, .rpc(id))
        case "tools/call":
            guard let parameters, parameters.isObject else {
                return refuse(
                    session,
                    .rpc(id),
                    Fault(400, "missing_name", "`params` names no tool", RPCError.invalidParameters)
                )
            }
            call(session, parameters, .rpc(id))
        default:
            let error = RPCError(RPCError.methodNotFound, JSONString("there is no method `\(method.prefix(80))` here"))
            session.answer(200, "application/json", RPCText.failure(id, error))
        }
    }

    private static func greeting(_ parameters: JSONNode?) -> [UInt8] {
        let version = ProtocolVersion.answer(to: parameters?["protocolVersion"]?.string?.text)
        return Array(
            ("{\"protocolVersion\":\"\(version.rawValue)\",\"capabilities\":{\"tools\":{}},"
                + "\"serverInfo\":{\"name\":\"hoosh-proxy\",\"version\":\"\(Version.current)\"}}").utf8
        )
    }

    // MARK: Tools

    private static func list(_ session: Session, _ form: Form) {
        let settings = session.worker.snapshot.configuration.tools
        let asker = LoopBound(WeakSession(session))
        let inbox = session.loop.inbox
        session.awaitAnswer(until: .max) {}
        let isOpen = session.worker.shared.tools.post { gateway in
            gateway.list(settings) { listing in
                let body = ToolAnswers.list(listing, form)
                inbox.post { asker.value.session?.answer(200, "application/json", body) }
            }
        }
        if !isOpen { refuse(session, form, .notReady) }
    }

    private static func call(_ session: Session, _ node: JSONNode, _ form: Form) {
        let settings = session.worker.snapshot.configuration.tools
        guard let text = node["name"]?.string?.text, !text.isEmpty else {
            let fault = Fault(400, "missing_name", "`name` names no tool", RPCError.invalidParameters, param: "name")
            return refuse(session, form, fault)
        }
        let shown = String(text.prefix(160))
        let arguments = node["arguments"].flatMap { $0.isNull ? nil : $0.source } ?? [0x7b, 0x7d]
        guard node["arguments"].map({ $0.isObject || $0.isNull }) ?? true else {
            let message = "`arguments` is an object, or left out"
            return refuse(
                session,
                form,
                Fault(400, "invalid_arguments", message, RPCError.invalidParameters, param: "arguments")
            )
        }
        guard arguments.count <= settings.argumentLimitBytes else {
            let message =
                "the arguments have \(arguments.count) bytes; tools.max_arguments allows \(settings.argumentLimitBytes)"
            return refuse(session, form, Fault(413, "arguments_too_large", message, RPCError.invalidParameters))
        }
        guard let name = ToolName(text, among: settings.servers.map(\.name)) else {
            return refuse(session, form, .unknown(shown))
        }
        // Decided by the name alone, whether there is such a tool or not.
        guard settings.allows(name.whole) else {
            let message = "the tool `\(shown)` is not allowed here (tools.allow)"
            return refuse(session, form, Fault(403, "tool_not_allowed", message, RPCError.invalidParameters))
        }
        let label = label(session)
        if let fault = privacyFault(session, name, settings, label) { return refuse(session, form, fault) }
        guard let arguments = redacted(arguments, session, form, label) else {
            let refusal = Session.redactionRefusal
            return refuse(
                session,
                form,
                Fault(refusal.status, refusal.code, refusal.message, RPCError.invalidRequest)
            )
        }
        pass(session, name, arguments, form)
    }

    /// A call has a class as a chat has one.
    private static func label(_ session: Session) -> RequestJudge.Verdict {
        session.worker.local.judge.judge(
            RequestJudge.Subject(
                api: .other,
                model: [],
                streams: false,
                requestID: session.requestID(),
                caller: session.caller
            ),
            session.reader,
            session.requestBytes.bindMemory(to: UInt8.self).span
        )
    }

    /// Why the server may not see the call: it gets what its clearance lets it see.
    private static func privacyFault(
        _ session: Session,
        _ name: ToolName,
        _ settings: ToolSettings,
        _ label: RequestJudge.Verdict
    ) -> Fault? {
        func fault(_ status: Int, _ code: String, _ message: String) -> Fault {
            Fault(status, code, message, RPCError.invalidRequest)
        }
        if let field = label.repeatedField {
            return fault(
                400,
                "repeated_header",
                "the rules ask about `\(field)`, which this request has more than once"
            )
        }
        if let key = session.caller.key, label.level > key.maxLevel {
            let message = "the key `\(key.name)` sends requests up to class \(key.maxLevel.word)"
            return fault(403, "class_not_allowed", message)
        }
        guard let server = settings.servers.first(where: { $0.name == name.server }), server.clearance < label.level
        else { return nil }
        let message = "the tools of `\(name.server)` may not see a request of class \(label.level.word)"
        return fault(403, "privacy_no_target", message)
    }

    /// The arguments with what rules replace; nil where that cannot be done.
    private static func redacted(
        _ arguments: ArraySlice<UInt8>,
        _ session: Session,
        _ form: Form,
        _ label: RequestJudge.Verdict
    ) -> ArraySlice<UInt8>? {
        let policy = session.worker.local.snapshot.content
        guard policy.redacts, let reading = label.reading else { return arguments }
        let span = session.requestBytes.bindMemory(to: UInt8.self).span
        switch RequestContent(session.reader, span).redaction(policy, reading, span) {
        case .none: return arguments
        case .impossible: return nil
        case .body(let bytes):
            guard let body = try? JSONNode.parse(bytes) else { return nil }
            let call = if case .rpc = form { body["params"] } else { body as JSONNode? }
            return call?["arguments"]?.source ?? arguments
        }
    }

    private static func pass(_ session: Session, _ name: ToolName, _ arguments: ArraySlice<UInt8>, _ form: Form) {
        let desk = session.worker.shared.tools
        let ticket = desk.ticket()
        let asker = LoopBound(WeakSession(session))
        let inbox = session.loop.inbox
        let isOpen = desk.post { gateway in
            gateway.call(ticket, name, arguments: arguments) { outcome in
                inbox.post {
                    guard let session = asker.value.session else { return }
                    ToolPaths.answer(session, outcome, name, form)
                }
            }
        }
        guard isOpen else { return refuse(session, form, .notReady) }
        // The server's own deadline comes first.
        session.awaitAnswer(until: .max) { desk.post { $0.cancel(ticket) } }
    }

    private static func answer(_ session: Session, _ outcome: ToolOutcome, _ name: ToolName, _ form: Form) {
        switch outcome {
        case .result(let result, _):
            // What a tool says of its own failure is a result as well (MCP, tools, error handling).
            switch form {
            case .plain: session.answer(200, "application/json", Array(result))
            case .rpc(let id): session.answer(200, "application/json", RPCText.result(id, result))
            }
        case .refused(let error):
            if case .rpc(let id) = form {
                return session.answer(200, "application/json", RPCText.failure(id, error))
            }
            let isTheirs = error.code == RPCError.invalidParameters
            let code = isTheirs ? "invalid_arguments" : "tool_server_error"
            let text = String(error.message.text.prefix(2_000))
            refuse(session, form, Fault(isTheirs ? 400 : 502, code, "`\(name.server)`: \(text)", error.code))
        default: refuse(session, form, Fault(outcome, name))
        }
    }

    private static func refuse(_ session: Session, _ form: Form, _ fault: Fault) {
        switch form {
        case .plain: session.refuse(Refusal(fault.status, fault.code, fault.message, param: fault.param))
        case .rpc(let id):
            let error = RPCError(fault.number, JSONString(fault.message))
            session.answer(200, "application/json", RPCText.failure(id, error))
        }
    }
}
