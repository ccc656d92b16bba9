import JSON
import MCP
import Testing

@Suite struct SessionTests {
    private func hear(_ session: inout ServerSession, _ text: String) throws -> [ServerSession.Effect] {
        session.received(try RPCMessage.heard(Array(text.utf8)))
    }

    private func sent(_ effects: [ServerSession.Effect]) -> [String] {
        effects.compactMap {
            if case .send(let message) = $0 { String(decoding: message.bytes, as: UTF8.self) } else { nil }
        }
    }

    private func isListed(_ effects: [ServerSession.Effect]) -> Bool {
        effects.contains { if case .listed = $0 { true } else { false } }
    }

    private func expectNothing(_ effects: [ServerSession.Effect], _ why: Comment = "") {
        #expect(effects.isEmpty, why)
    }

    private func broken(_ effects: [ServerSession.Effect]) -> String? {
        effects.compactMap { if case .broken(let why) = $0 { why } else { nil } }.first
    }

    private let hello =
        #"{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{}}}"#

    /// A session that offers these tools.
    private func ready(_ tools: String = #"[{"name":"a","inputSchema":{}},{"name":"b"}]"#) throws -> ServerSession {
        var session = ServerSession(clientVersion: "1")
        _ = session.begin()
        _ = try hear(&session, hello)
        _ = session.confirmed()
        let listed = try hear(&session, #"{"jsonrpc":"2.0","id":2,"result":{"tools":\#(tools)}}"#)
        #expect(isListed(listed))
        return session
    }

    @Test func `a handshake comes first, then the note, then the list by pages`() throws {
        var session = ServerSession(clientVersion: "9.9")
        let first = sent(session.begin())
        #expect(first.count == 1)
        #expect(first[0].contains(#""method":"initialize""#) && first[0].contains(#""version":"9.9""#))
        #expect(first[0].contains(ProtocolVersion.newest.rawValue))
        let second = try hear(&session, hello)
        #expect(sent(second) == [#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#])
        #expect(session.version == .v2025June)
        let asked = session.confirmed()
        #expect(sent(asked) == [#"{"jsonrpc":"2.0","id":2,"method":"tools/list","params":{}}"#])
        let page = try hear(
            &session,
            #"{"jsonrpc":"2.0","id":2,"result":{"tools":[{"name":"a"}],"nextCursor":"x\"y"}}"#
        )
        #expect(sent(page) == [#"{"jsonrpc":"2.0","id":3,"method":"tools/list","params":{"cursor":"x\"y"}}"#])
        #expect(session.tools.isEmpty && !session.isListed)
        let end = try hear(
            &session,
            #"{"jsonrpc":"2.0","id":3,"result":{"tools":[{"name":"b"},{"name":"a"},{"no":1}]}}"#
        )
        #expect(isListed(end))
        #expect(session.tools.map(\.plainName) == ["a", "b"])
    }

    @Test(arguments: ProtocolVersion.allCases)
    func `every revision with a handshake is taken`(version: ProtocolVersion) throws {
        var session = ServerSession(clientVersion: "1")
        _ = session.begin()
        let answer = #"{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":"\#(version.rawValue)","capabilities":{}}}"#
        let heard = try hear(&session, answer)
        #expect(broken(heard) == nil)
        #expect(session.version == version)
        let confirmed = session.confirmed()
        #expect(isListed(confirmed), "a server without tools has a list, which is empty")
    }

    @Test func `a revision nobody knows ends it`() throws {
        var session = ServerSession(clientVersion: "1")
        _ = session.begin()
        let answer = #"{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":"1999-01-01","capabilities":{}}}"#
        let heard = try hear(&session, answer)
        #expect(broken(heard)?.contains("1999-01-01") == true)
    }

    @Test func `answers reach the call they belong to, in any order`() throws {
        var session = try ready()
        let arguments = Array("{}".utf8)[...]
        let first = session.call(100, tool: "a", arguments: arguments)
        let second = session.call(200, tool: "b", arguments: arguments)
        let one = first.id ?? 0
        let two = second.id ?? 0
        let answer = try hear(&session, #"{"jsonrpc":"2.0","id":\#(two),"result":{"content":[],"isError":true}}"#)
        guard case .answered(call: 200, .result(let result, isError: true))? = answer.first else {
            Issue.record("\(answer)"); return
        }
        #expect(String(decoding: result, as: UTF8.self) == #"{"content":[],"isError":true}"#)
        let refusal = #"{"jsonrpc":"2.0","id":\#(one),"error":{"code":-32602,"message":"no","data":[1]}}"#
        guard case .answered(call: 100, .refused(let error))? = try hear(&session, refusal).first else {
            Issue.record("no refusal"); return
        }
        #expect(error == RPCError(-32_602, "no", data: Array("[1]".utf8)[...]))
        expectNothing(try hear(&session, refusal), "a second answer is nobody's")
    }

    @Test func `a call that was cancelled has no answer any more`() throws {
        var session = try ready()
        let id = session.call(1, tool: "a", arguments: Array("{}".utf8)[...]).id ?? 0
        let cancelled = session.cancel(1, reason: "left")
        let note = try #require(cancelled)
        let text = String(decoding: note.bytes, as: UTF8.self)
        #expect(
            text
                == #"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":\#(id),"reason":"left"}}"#
        )
        expectNothing(try hear(&session, #"{"jsonrpc":"2.0","id":\#(id),"result":{}}"#))
        let again = session.cancel(1, reason: "left")
        #expect(again == nil)
    }

    @Test func `a change of the list is asked for, once more when it changes meanwhile`() throws {
        var session = try ready()
        let note = #"{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}"#
        let asked = try hear(&session, note)
        #expect(sent(asked).count == 1)
        expectNothing(try hear(&session, note))
        let effects = try hear(&session, #"{"jsonrpc":"2.0","id":3,"result":{"tools":[{"name":"c"}]}}"#)
        #expect(isListed(effects) && sent(effects).count == 1)
        #expect(session.tools.map(\.plainName) == ["c"])
    }

    @Test func `a server's questions get an answer`() throws {
        var session = try ready()
        let pong = try hear(&session, #"{"jsonrpc":"2.0","id":"s1","method":"ping"}"#)
        #expect(sent(pong) == [#"{"jsonrpc":"2.0","id":"s1","result":{}}"#])
        let refused = sent(
            try hear(&session, #"{"jsonrpc":"2.0","id":5,"method":"sampling/createMessage","params":{}}"#)
        )
        #expect(refused.first?.contains("-32601") == true)
        expectNothing(try hear(&session, #"{"jsonrpc":"2.0","method":"notifications/message","params":{}}"#))
    }

    @Test func `a session that expired keeps its open calls`() throws {
        var session = try ready()
        let id = session.call(7, tool: "a", arguments: Array("{}".utf8)[...]).id ?? 0
        let begun = session.expire()
        #expect(sent(begun).first?.contains("initialize") == true)
        #expect(session.isOpen(id) && session.call(of: id) == 7 && session.version == nil)
        expectNothing(session.expire(), "it begins anew once")
    }

    @Test func `a definition is passed on under the client's name for it`() throws {
        let session = try ready(#"[{"description":"D","name":"a\u00e9","inputSchema":{"x":1.50},"server":"s"}]"#)
        var writer = JSONWriter()
        session.tools[0].write(&writer, server: "fs", namesServer: true)
        #expect(
            String(decoding: writer.bytes, as: UTF8.self)
                == #"{"name":"fs/a\u00e9","server":"fs","description":"D","inputSchema":{"x":1.50}}"#
        )
    }

    // MARK: Batches

    @Test func `a batch of a server answers what is open, and its questions are answered together`() throws {
        var session = try ready()
        let first = session.call(7, tool: "a", arguments: Array("{}".utf8)[...])
        let second = session.call(8, tool: "b", arguments: Array("{}".utf8)[...])
        let one = try #require(first.id)
        let two = try #require(second.id)
        let effects = try hear(
            &session,
            """
            [{"jsonrpc":"2.0","id":\(two),"error":{"code":-5,"message":"no"}}, 7, {"jsonrpc":"2.0","id":"p","method":"ping"},
             {"jsonrpc":"2.0","id":"s","method":"sampling/createMessage"}, {"jsonrpc":"2.0","method":"notifications/message"},
             {"jsonrpc":"2.0","id":\(one),"result":{"content":[]}}]
            """
        )
        #expect(sent(effects).count == 1)
        #expect(
            sent(effects)[0].hasPrefix(#"[{"jsonrpc":"2.0","id":"p","result":{}},{"jsonrpc":"2.0","id":"s","error":"#)
        )
        let answered = effects.compactMap { if case .answered(let call, _) = $0 { call } else { nil } }
        #expect(answered == [8, 7])
        #expect(!session.isOpen(one) && !session.isOpen(two))
    }

    @Test func `a batch may have one message, and must have one`() throws {
        var session = try ready()
        let id = try #require(session.call(7, tool: "a", arguments: Array("{}".utf8)[...]).id)
        for empty in ["[]", "[7]", "[[]]"] {
            #expect(throws: RPCError.self) { try RPCMessage.heard(Array(empty.utf8)) }
        }
        let effects = try hear(&session, #"[{"jsonrpc":"2.0","id":\#(id),"result":{"content":[]}}]"#)
        #expect(effects.count == 1 && !session.isOpen(id))
    }
}
