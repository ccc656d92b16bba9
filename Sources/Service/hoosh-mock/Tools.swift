import Glibc
import JSON

/// An MCP server that runs no model and touches nothing: tools that answer, fail, take long and break the protocol.
///
/// Pure: a message in, what to do out. `StdioTools` and the endpoint `/mcp` are the ways to it.
struct Tools {
    /// What one message leads to, in order.
    enum Step {
        case answer([UInt8])
        /// An answer that comes after so many milliseconds, unless the request with this id is cancelled.
        case later([UInt8], milliseconds: Int, id: [UInt8])
        case cancel(id: [UInt8])
        /// Bytes that are no message, so many times.
        case noise(String, times: Int)
        case tell(String)
        case die
    }

    private var hasGrown = false
    /// How many tools one page of the list has.
    private static let pageCount = 4

    private static let names = [
        "echo", "add", "fail", "refuse", "slow", "silent", "die", "garbage", "flood", "huge", "grow", "env", "complain",
    ]

    init() {}

    /// Takes one message.
    mutating func take(_ bytes: [UInt8]) -> [Step] {
        guard let node = try? JSONNode.parse(bytes) else { return [.tell("no JSON came in")] }
        let parameters = node["params"]
        guard let id = node["id"]?.source, let method = node["method"]?.string?.text else {
            if node["method"]?.string?.text == "notifications/cancelled", let id = parameters?["requestId"]?.source {
                return [.cancel(id: Array(id))]
            }
            return []
        }
        switch method {
        case "initialize":
            let version = parameters?["protocolVersion"]?.string?.text ?? "2025-06-18"
            let result =
                "{\"protocolVersion\":\"\(version)\",\"capabilities\":{\"tools\":{\"listChanged\":true}},"
                + "\"serverInfo\":{\"name\":\"hoosh-mock\",\"version\":\"1\"}}"
            return [.answer(Tools.result(id, result))]
        case "ping": return [.answer(Tools.result(id, "{}"))]
        case "tools/list": return [.answer(Tools.result(id, page(parameters?["cursor"]?.string?.text)))]
        case "tools/call":
            return call(id, parameters?["name"]?.string?.text ?? "", parameters?["arguments"])
        default: return [.answer(Tools.failure(id, -32_601, "no method \(method)"))]
        }
    }

    private func page(_ cursor: String?) -> String {
        let all = Tools.names + (hasGrown ? ["grown"] : [])
        let start = min(cursor.flatMap { Int($0) } ?? 0, all.count)
        let end = min(start + Tools.pageCount, all.count)
        let tools = all[start..<end].map { name in
            "{\"name\":\"\(name)\",\"description\":\"Mock tool \(name).\",\"inputSchema\":{\"type\":\"object\"}}"
        }
        let more = end < all.count ? ",\"nextCursor\":\"\(end)\"" : ""
        return "{\"tools\":[\(tools.joined(separator: ","))]\(more)}"
    }

    private mutating func call(_ id: ArraySlice<UInt8>, _ name: String, _ arguments: JSONNode?) -> [Step] {
        func text(_ text: String, isError: Bool = false) -> [UInt8] {
            let escaped = String(decoding: JSONText.escaped(Array(text.utf8)), as: UTF8.self)
            let error = isError ? ",\"isError\":true" : ""
            return Tools.result(id, "{\"content\":[{\"type\":\"text\",\"text\":\"\(escaped)\"}]\(error)}")
        }
        let number = arguments?["n"]?.integer ?? 0
        switch name {
        case "echo": return [.answer(text(String(decoding: arguments?.source ?? [], as: UTF8.self)))]
        case "add":
            let sum = (arguments?["a"]?.integer ?? 0) + (arguments?["b"]?.integer ?? 0)
            let result =
                "{\"content\":[{\"type\":\"text\",\"text\":\"\(sum)\"}],\"structuredContent\":{\"sum\":\(sum)}}"
            return [.answer(Tools.result(id, result))]
        case "fail": return [.answer(text("the tool failed", isError: true))]
        case "refuse": return [.answer(Tools.failure(id, number == 0 ? -32_602 : -number, "refused by the mock"))]
        case "slow": return [.tell("slow \(number)"), .later(text("slept"), milliseconds: number, id: Array(id))]
        case "silent": return []
        case "die": return [.tell("dying"), .die]
        case "garbage": return [.noise("this is no message\n", times: max(1, number)), .answer(text("after garbage"))]
        case "flood":
            return [
                .noise(
                    "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{}}\n",
                    times: max(1, number)
                )
            ]
        case "huge": return [.answer(text(String(repeating: "x", count: number)))]
        case "grow":
            hasGrown = true
            let note = Array("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/tools/list_changed\"}".utf8)
            return [.answer(note), .answer(text("grown"))]
        case "grown" where hasGrown: return [.answer(text("still here"))]
        case "env":
            let variable = arguments?["name"]?.string?.text ?? ""
            return [.answer(text(getenv(variable).map { String(cString: $0) } ?? "unset"))]
        case "complain":
            let said = arguments?["text"]?.string?.text ?? "no text"
            return Array(repeating: .tell(said), count: max(1, number)) + [.answer(text("said"))]
        default: return [.answer(Tools.failure(id, -32_602, "no tool \(name)"))]
        }
    }

    private static func result(_ id: ArraySlice<UInt8>, _ result: String) -> [UInt8] {
        Array("{\"jsonrpc\":\"2.0\",\"id\":".utf8) + id + Array(",\"result\":\(result)}".utf8)
    }

    private static func failure(_ id: ArraySlice<UInt8>, _ code: Int, _ message: String) -> [UInt8] {
        Array("{\"jsonrpc\":\"2.0\",\"id\":".utf8) + id
            + Array(",\"error\":{\"code\":\(code),\"message\":\"\(message)\"}}".utf8)
    }
}

/// `hoosh-mock --mcp-stdio`: the same tools on standard input and output.
struct StdioTools {
    private var tools = Tools()
    private var pending: [(due: Int64, id: [UInt8], bytes: [UInt8])] = []
    private var held: [UInt8] = []

    /// Serves until its input ends.
    static func serve() {
        var server = StdioTools()
        while server.turn() {}
    }

    private var now: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
    }

    private mutating func turn() -> Bool {
        let soonest = pending.map(\.due).min()
        var input = pollfd(fd: 0, events: Int16(POLLIN), revents: 0)
        _ = poll(&input, 1, soonest.map { Int32(max(0, min($0 - now, 60_000))) } ?? -1)
        if input.revents != 0 {
            var buffer = [UInt8](repeating: 0, count: 65_536)
            let count = read(0, &buffer, buffer.count)
            guard count > 0 else { return false }
            held += buffer[..<count]
            while let end = held.firstIndex(of: 0x0a) {
                let line = Array(held[..<end])
                held.removeSubrange(...end)
                for step in tools.take(line) { perform(step) }
            }
        }
        let moment = now
        for answer in pending where answer.due <= moment { put(answer.bytes + [0x0a], to: 1) }
        pending.removeAll { $0.due <= moment }
        return true
    }

    private mutating func perform(_ step: Tools.Step) {
        switch step {
        case .answer(let bytes): put(bytes + [0x0a], to: 1)
        case .later(let bytes, let milliseconds, let id): pending.append((now + Int64(milliseconds), id, bytes))
        case .cancel(let id):
            pending.removeAll { $0.id == id }
            put(Array("cancelled \(String(decoding: id, as: UTF8.self))\n".utf8), to: 2)
        case .noise(let text, let times): for _ in 0..<times { put(Array(text.utf8), to: 1) }
        case .tell(let text): put(Array("\(text)\n".utf8), to: 2)
        case .die: exit(7)
        }
    }

    private func put(_ bytes: [UInt8], to descriptor: Int32) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { exit(1) }
            rest = rest.dropFirst(count)
        }
    }
}
