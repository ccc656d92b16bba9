import JSON
import MCP
import ToolServers

extension ToolPaths {
    /// Why a tool was not called, or gave no result: for plain clients and for those of JSON-RPC.
    struct Fault {
        let status: Int
        let code: String
        let message: String
        /// JSON-RPC's code.
        let number: Int
        var param: String?

        init(_ status: Int, _ code: String, _ message: String, _ number: Int, param: String? = nil) {
            self.status = status
            self.code = code
            self.message = message
            self.number = number
            self.param = param
        }

        static func unknown(_ name: String) -> Fault {
            let message = "there is no tool `\(name)`; GET /v1/tools/list lists those there are"
            return Fault(404, "tool_not_found", message, RPCError.invalidParameters)
        }

        static let notReady = Fault(503, "tool_server_unavailable", "the proxy is still starting", RPCError.unavailable)

        init(_ outcome: ToolOutcome, _ name: ToolName) {
            let server = "the tool server `\(name.server)`"
            switch outcome {
            case .result, .refused, .unknownTool: self = .unknown(String(name.whole.prefix(160)))
            case .unavailable(let why):
                self.init(503, "tool_server_unavailable", "\(server) cannot be asked: \(why)", RPCError.unavailable)
            case .busy:
                let message = "\(server) has as many calls as it may have (max_in_flight); try again later"
                self.init(429, "tool_server_busy", message, RPCError.unavailable)
            case .timedOut(let milliseconds):
                let message = "`\(name.whole.prefix(160))` gave no result within \(milliseconds) ms"
                self.init(504, "tool_timeout", message, RPCError.timeout)
            case .tooLarge(let limit):
                let message = "the result has more than the \(limit) bytes that tools.max_result allows"
                self.init(502, "tool_result_too_large", message, RPCError.inner)
            case .broken(let why):
                self.init(502, "tool_server_failed", "\(server) gave no result: \(why)", RPCError.inner)
            }
        }
    }
}
