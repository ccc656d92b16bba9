import Conversation
import Foundation
import JSON
import OpenAI
import Testing

@Suite struct `Errors of OpenAI's dialect` {
    @Test(arguments: [
        (
            429,
            #"{"error":{"message":"You exceeded","type":"insufficient_quota","param":null,"code":"insufficient_quota"}}"#,
            ChatFault.Kind.billing, "You exceeded"
        ),
        (401, #"{"detail":"Invalid API Key"}"#, .authentication, "Invalid API Key"),
        (
            422, #"{"detail":[{"loc":["body"],"msg":"field required"}]}"#, .invalidRequest,
            #"[{"loc":["body"],"msg":"field required"}]"#
        ),
        (
            400, #"{"object":"error","message":"too long","type":"BadRequestError","code":400}"#, .invalidRequest,
            "too long"
        ),
        (502, "<html>\n <b>Bad  Gateway</b></html>", .server, "<html> <b>Bad Gateway</b></html>"),
        (
            502, "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>", .server,
            "502 Bad Gateway"
        ),
        (503, "", .overloaded, "the provider answered with status 503"),
        (500, #"{"error":"out of memory"}"#, .server, "out of memory"),
        (
            400, #"{"error":{"message":"Provider returned error","code":400,"metadata":{"raw":"why"}}}"#,
            .invalidRequest,
            "Provider returned error: why"
        ),
    ])
    func `every shape of error keeps its words`(status: Int, body: String, kind: ChatFault.Kind, message: String) {
        let fault = OpenAIFault.read(status: status, body: Array(body.utf8))
        #expect(fault.kind == kind && fault.status == status && fault.message.text == message)
    }

    @Test func `messages are bounded, and bytes that are no text do no harm`() throws {
        let long = OpenAIFault.read(status: 500, body: Array(repeating: 0xff, count: 100_000))
        #expect(long.message.spelled.count < 20_000)
        let text = String(repeating: "é\\n", count: 10_000)
        let fault = OpenAIFault.read(status: 500, body: Array("{\"error\":{\"message\":\"\(text)\"}}".utf8))
        #expect(fault.message.plain.count <= 4_096)
        #expect(try json(OpenAIFault.write(fault, requestID: "r").body)["error"] != nil)
    }

    @Test func `the provider's words are written again, and ours where it has none`() throws {
        var fault = ChatFault(kind: .rateLimit, status: 0, message: "slow")
        var (status, body) = OpenAIFault.write(fault, requestID: "r")
        #expect(status == 429)
        var error = try #require(try json(body)["error"] as? [String: Any])
        #expect(error["type"] as? String == "rate_limit_error" && error["code"] as? String == "rate_limit_exceeded")
        fault = ChatFault(kind: .invalidRequest, status: 400, message: "long")
        fault.code = "context_length_exceeded"
        fault.param = "messages"
        (status, body) = OpenAIFault.write(fault, requestID: "r")
        error = try #require(try json(body)["error"] as? [String: Any])
        #expect(status == 400 && error["code"] as? String == "context_length_exceeded")
        #expect(error["param"] as? String == "messages")
    }
}
