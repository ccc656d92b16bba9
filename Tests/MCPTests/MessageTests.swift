import JSON
import MCP
import Testing

@Suite struct MessageTests {
    private func read(_ text: String) throws -> RPCMessage { try RPCMessage.read(Array(text.utf8)) }

    private func fault(_ text: String) -> Int? {
        do {
            _ = try read(text)
            return nil
        } catch let error as RPCError { return error.code } catch { return 0 }
    }

    @Test func `an id keeps its spelling`() throws {
        for id in ["7", "\"seven\"", "-1", "\"\\u00e9\""] {
            guard case .request(let read, "ping", nil) = try read(#"{"jsonrpc":"2.0","id":\#(id),"method":"ping"}"#)
            else {
                Issue.record("\(id) is no request")
                continue
            }
            #expect(String(decoding: read, as: UTF8.self) == id)
            let answer = String(decoding: RPCText.result(read, Array("{}".utf8)[...]), as: UTF8.self)
            #expect(answer == #"{"jsonrpc":"2.0","id":\#(id),"result":{}}"#)
        }
    }

    @Test func `what is no message is refused by its code`() {
        #expect(fault("{") == RPCError.parse)
        #expect(fault("[]") == RPCError.invalidRequest)
        #expect(fault("{}") == RPCError.invalidRequest)
        #expect(fault(#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#) == RPCError.invalidRequest)
        #expect(fault(#"{"jsonrpc":"2.0","id":{},"method":"ping"}"#) == RPCError.invalidRequest)
        #expect(fault(#"{"jsonrpc":"2.0","id":1,"method":3}"#) == RPCError.invalidRequest)
        #expect(fault(#"{"jsonrpc":"2.0","id":1}"#) == RPCError.invalidRequest)
    }

    @Test func `a message without an id is a note`() throws {
        guard
            case .notification("notifications/initialized", nil) = try read(
                #"{"jsonrpc":"2.0","method":"notifications/initialized"}"#
            )
        else { Issue.record("no note"); return }
    }

    @Test func `lines are whole however they are cut`() {
        let text = Array("{\"a\":1}\r\n\n{\"b\":2}\n{\"c\"".utf8)
        for size in 1...text.count {
            var lines = MessageLines(limitBytes: 100)
            var found: [MessageLines.Line] = []
            for start in stride(from: 0, to: text.count, by: size) {
                Array(text[start..<min(start + size, text.count)]).withUnsafeBytes {
                    lines.take($0) { found.append($0) }
                }
            }
            #expect(found == [.whole(Array("{\"a\":1}".utf8)), .whole(Array("{\"b\":2}".utf8))])
        }
    }

    @Test func `a line that is too long still tells whose it was`() {
        let filler = String(repeating: "x", count: 5_000)
        let cases: [(String, Int?)] = [
            (#"{"jsonrpc":"2.0","id":12,"result":{"t":"\#(filler)"}}"#, 12),
            (#"{"id": 3, "result":"\#(filler)"}"#, 3),
            (#"{"result":{"t":"\#(filler)"},"jsonrpc":"2.0","id":44}"#, 44),
            (#"{"result":{"t":"\#(filler)","id":44}}"#, nil),
            (#"{"jsonrpc":"2.0","method":"m","params":{"t":"\#(filler),\"id\":44}"}}"#, nil),
            (filler, nil),
        ]
        for (text, id) in cases {
            for size in [1, 7, 1_000, 100_000] {
                let bytes = Array((text + "\n{}\n").utf8)
                var lines = MessageLines(limitBytes: 2_000)
                var found: [MessageLines.Line] = []
                for start in stride(from: 0, to: bytes.count, by: size) {
                    Array(bytes[start..<min(start + size, bytes.count)]).withUnsafeBytes {
                        lines.take($0) { found.append($0) }
                    }
                }
                #expect(found == [.tooLong(id: id), .whole([0x7b, 0x7d])], "\(text.prefix(40)) by \(size)")
            }
        }
    }

    @Test func `a tool has two spellings`() {
        let servers = ["fs", "fs__a", "web"]
        #expect(ToolName("fs/read", among: servers) == ToolName(server: "fs", tool: "read"))
        #expect(ToolName("fs__read", among: servers) == ToolName(server: "fs", tool: "read"))
        #expect(ToolName("fs__a__read", among: servers) == ToolName(server: "fs__a", tool: "read"))
        #expect(ToolName("web/a/b", among: servers) == ToolName(server: "web", tool: "a/b"))
        for none in ["read", "other/read", "fs/", "fs__", "/read", "fs"] {
            #expect(ToolName(none, among: servers) == nil, "\(none)")
        }
    }
}
