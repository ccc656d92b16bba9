import Bytes
import Dialect
import Foundation
import Testing
import WireCases

@Suite struct RequestShapeTests {
    private func read(_ text: String) throws -> (shape: RequestShape, bytes: [UInt8]) {
        let bytes = Array(text.utf8)
        return (try RequestShape.read(bytes.span), bytes)
    }

    @Test func `what routing needs is found wherever it stands`() throws {
        let (shape, bytes) = try read(
            " {\"messages\":[{\"model\":\"no\",\"stream\":true}], \"max_tokens\" : 5,\"model\" : \"gpt-4o\" ,\"stream\":false}\n"
        )
        #expect(String(decoding: bytes[shape.model.range], as: UTF8.self) == "gpt-4o")
        #expect(String(decoding: bytes[shape.modelWithQuotes.range], as: UTF8.self) == "\"gpt-4o\"")
        #expect(!shape.stream && !shape.modelIsEscaped && shape.maxTokens == 5)
    }

    @Test(
        arguments: [
            ("{\"max_tokens\":1,\"max_completion_tokens\":2}", 2),
            ("{\"max_completion_tokens\":2,\"max_tokens\":1}", 2),
            ("{\"max_output_tokens\":3}", 3), ("{\"max_tokens\":null}", nil), ("{\"max_tokens\":\"5\"}", nil),
            ("{}", nil),
        ] as [(String, Int?)]
    ) func `the newer name of the limit counts`(text: String, limit: Int?) throws {
        #expect(try read(text).shape.maxTokens == limit)
    }

    @Test func `streaming is a boolean or left out`() throws {
        #expect(try read("{\"stream\":true}").shape.stream)
        #expect(try !read("{\"stream\":null}").shape.stream)
        #expect(throws: RequestFault.self) { try read("{\"stream\":1}") }
        #expect(throws: RequestFault.self) { try read("{\"stream\":\"true\"}") }
    }

    @Test(arguments: [
        ("{\"model\":\"a\",\"model\":\"b\"}", "model"), ("{\"model\":\"a\",\"\\u006dodel\":\"b\"}", "model"),
        ("{\"stream\":true,\"stream\":true}", "stream"), ("{\"stream\":null,\"stre\\u0061m\":true}", "stream"),
        ("{\"model\":5}", "model"), ("{\"model\":null}", "model"), ("{\"model\":[\"a\"]}", "model"),
    ]) func `what two readers could read differently is refused`(text: String, parameter: String) {
        do {
            _ = try read(text)
            Issue.record("taken: \(text)")
        } catch { #expect((error as? RequestFault)?.parameter == parameter) }
    }

    @Test(arguments: [
        "", "[]", "\"model\"", "{\"model\":\"a\"", "{\"model\":\"a\"}}", "{\"model\":\"a\"} x", "{model:1}", "null",
    ])
    func `what is no object is refused with the place`(text: String) {
        do {
            _ = try read(text)
            Issue.record("taken: \(text)")
        } catch { #expect("\(error)".contains("(byte ")) }
    }

    @Test func `a model may be spelled with escapes, and be 1,024 bytes long`() throws {
        #expect(try read("{\"model\":\"gpt\\u002d4\"}").shape.modelIsEscaped)
        let name = String(repeating: "m", count: 1_024)
        #expect(try read("{\"model\":\"\(name)\"}").shape.model.count == 1_024)
        #expect(throws: RequestFault.self) { try read("{\"model\":\"\(name)m\"}") }
    }
}

@Suite struct UsageShapeTests {
    @Test func `both families' names are read`() {
        let chat = Array(
            "{\"prompt_tokens\":11,\"completion_tokens\":0,\"total_tokens\":11,\"prompt_tokens_details\":{\"cached_tokens\":4}}"
                .utf8
        )
        let usage = UsageShape.read(chat.span)
        #expect(usage?.input == 11 && usage?.output == 0 && usage?.total == 11 && usage?.cachedInput == 4)
        let responses = UsageShape.read(Array("{\"input_tokens\":3,\"output_tokens\":4}".utf8).span)
        #expect(responses?.input == 3 && responses?.output == 4 && responses?.total == nil)
        #expect(UsageShape.read(Array("{\"other\":1}".utf8).span) == nil)
        #expect(UsageShape.read(Array("nonsense".utf8).span) == nil)
    }

    @Test func `the last whole object in a piece counts`() {
        func find(_ text: String) -> Int? { UsageShape.findMember(in: Array(text.utf8).span)?.input }
        #expect(find("x,\"usage\":{\"prompt_tokens\":1}} \"usage\" : {\"prompt_tokens\":2},") == 2)
        #expect(find("\"usage\":{\"prompt_tokens\":1},\"usage\":{\"prompt_tok") == 1)
        #expect(find("\"usage\":null") == nil)
        #expect(find("\"content\":\"\\\"usage\\\":{\\\"prompt_tokens\\\":9}\"") == nil)
        #expect(find("\"usage\"") == nil)
        #expect(find("") == nil)
    }
}

@Suite struct MultipartModelTests {
    private let type = "multipart/form-data; boundary=b1"

    private func find(_ body: String, _ type: String) -> String? {
        let bytes = Array(body.utf8)
        guard case .found(let range) = MultipartModel.find(in: bytes.span, contentType: Array(type.utf8).span) else {
            return nil
        }
        return String(decoding: bytes[range], as: UTF8.self)
    }

    @Test func `the field is found behind others`() {
        let body =
            "--b1\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\nContent-Type: audio/wav\r\n\r\n"
            + "RIFF--b1 model\r\n--b1\r\nCONTENT-DISPOSITION: form-data;name=\"model\"\r\n\r\nwhisper-1\r\n--b1--\r\n"
        #expect(find(body, type) == "whisper-1")
        #expect(find(body, "Multipart/Form-Data; charset=x; Boundary=\"b1\"") == "whisper-1")
        #expect(find("preamble\r\n" + body, type) == "whisper-1")
        #expect(find(body, "application/json") == nil)
        #expect(find(body, "multipart/form-data") == nil)
        #expect(find(body, "multipart/form-data; boundary=") == nil)
    }

    @Test func `names without quotes and empty values are taken`() {
        #expect(find("--b1\r\nContent-Disposition: form-data; name=model\r\n\r\nx\r\n--b1--", type) == "x")
        #expect(find("--b1\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\n\r\n--b1--", type) == "")
    }

    @Test(arguments: [
        "--b1\r\nContent-Disposition: form-data; name=\"models\"\r\n\r\nx\r\n--b1--",
        "--b1\r\nContent-Disposition: form-data; name=\"f\"; filename=\"; name=\\\"model\\\"\"\r\n\r\nx\r\n--b1--",
        "--b1\r\nContent-Disposition: form-data; name=\"f\"; filename=\"; name=model; \"\r\n\r\nx\r\n--b1--",
        "--b1\r\nX-Note: form-data; name=\"model\"\r\n\r\nx\r\n--b1--",
        "--b1\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nnot at its end",
        "--b1--\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nx\r\n--b1--",
        "Content-Disposition: form-data; name=\"model\"\r\n\r\nx\r\n--b1--", "", "--b1", "--b1\r\n",
    ]) func `what only looks like the field is not taken`(body: String) { #expect(find(body, type) == nil) }

    @Test func `mutated forms break nothing`() {
        let base = Array(
            "multipart/form-data; boundary=b1\n--b1\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nx\r\n--b1--\r\n"
                .utf8
        )
        var dice = Dice(seed: 8)
        for _ in 0..<20_000 {
            let bytes = dice.mutated(base, alphabet: Array("\r\n--b1;=\" name".utf8))
            if let violation = WireCheck.multipart.violation(bytes) {
                Issue.record("\(violation): \(String(decoding: bytes, as: UTF8.self).debugDescription)")
                return
            }
        }
    }
}

@Suite struct EndpointNameTests {
    @Test(arguments: [
        ("/v1/chat/completions", EndpointName.chat), ("/v1/completions", .completions), ("/v1/responses", .responses),
        ("/v1/responses/r1/cancel", .responses), ("/v1/messages", .messages), ("/v1/messages/count_tokens", .messages),
        ("/v1/embeddings", .embeddings), ("/v1/models/m", .models), ("/v1/audio/transcriptions", .transcriptions),
        ("/v1/audio/translations", .translations), ("/v1/audio/speech", .speech), ("/v1/images/generations", .images),
        ("/v1/moderations", .moderations), ("/v1/files", .other), ("/v1/chat/completions/", .other),
        ("/v1/Chat/completions", .other), ("/v2/completions", .other), ("/v1", .other), ("/", .other), ("", .other),
        ("/v1/responsesx", .other),
    ]) func `paths name their endpoint`(path: String, name: EndpointName) {
        #expect(EndpointName.recognise(path: Array(path.utf8).span) == name)
    }
}

@Suite struct RoutedRequestsTests {
    @Test(arguments: [
        ("/v1/chat/completions", EndpointName.chat), ("/v1/files", .other), ("/v1/models/a%2Fb", .models),
        ("/v1/models", nil), ("/v1/Models", .other), ("/v1/health", nil), ("/v1/health/providers", nil),
        ("/v1/health/x", .other), ("/v1", nil), ("/v1/", nil), ("/other", nil), ("", nil), ("*", nil),
        ("/v1/chat/completions/", nil), ("/v1//x", nil), ("/v1/./x", nil), ("/v1/x/..", nil), ("/v1/...", .other),
        ("/v1/%41", nil), ("/v1/x%2Fy", nil), ("/v1/%5b", .other), ("/v1/%5", nil), ("/v1/a?b", nil), ("/v1/ä", nil),
    ]) func `some paths come to the routes, with their endpoint`(path: String, name: EndpointName?) {
        #expect(RoutedRequests.endpoint(of: Array(path.utf8).span) == name)
    }

    @Test func `the reader of paths agrees with the check of whole ones`() {
        var whole = 0
        var dice = SystemRandomNumberGenerator()
        let parts = ["/", "a", ".", "%", "2", "f", "5", "b", "models/", "~", "%2F", "%5B", "\\", "é", "?"]
        for _ in 0..<20_000 {
            let count = Int.random(in: 0...7, using: &dice)
            let path = (0..<count).reduce(Bool.random() ? "/v1/" : "/v1/models/") { text, _ in
                text + (parts.randomElement(using: &dice) ?? "")
            }
            var reader = PathReader()
            let isRead = path.utf8.allSatisfy { reader.take($0) } && reader.isWhole
            let segments = path.dropFirst(4).split(separator: "/", omittingEmptySubsequences: false)
            let isPlain =
                PlainPath.holds(Array(path.utf8).span) && !segments.contains { ["", ".", ".."].contains($0) }
                && path.utf8.allSatisfy { $0 < 0x7F } && !path.contains("?")
            #expect(isRead == isPlain, "\(path)")
            if isRead { whole += 1 }
        }
        #expect(whole > 500)
    }

    @Test func `the usual request of every endpoint comes to the routes as one for it`() {
        for name in EndpointName.allCases {
            #expect(RoutedRequests.endpoint(of: Array(name.usualPath.utf8).span) == name)
            #expect(RoutedRequests.passes(name, isPost: name.usualMethod == "POST", hasModel: true))
        }
        #expect(!RoutedRequests.passes(.chat, isPost: false, hasModel: true))
        #expect(!RoutedRequests.passes(.chat, isPost: true, hasModel: false))
        #expect(RoutedRequests.passes(.responses, isPost: false, hasModel: false))
        let methods = ["GET", "LOCK", "TRACE", "post", "", "GET "].filter { method in
            RoutedRequests.passes(method: Array(method.utf8).span)
        }
        #expect(methods == ["GET", "LOCK"])
    }
}

@Suite struct ErrorBodyTests {
    @Test func `an error is valid JSON whatever its message`() throws {
        var room = [UInt8](repeating: 0, count: 4_096)
        let message = "quote \" slash \\ line\r\n tab\t bell\u{7} \u{e4} \u{1F600} nul\u{0}"
        let bytes = room.withUnsafeMutableBytes { raw in
            var writer = ByteWriter(raw)
            ErrorBody.writeEvent(&writer, message: message, type: "api_error", param: "a\"b", code: "x")
            return Array(writer.written)
        }
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(text.hasPrefix("data: ") && text.hasSuffix("\n\n"))
        let read = try JSONSerialization.jsonObject(with: Data(bytes.dropFirst(6))) as? [String: [String: String]]
        #expect(read?["error"]?["message"] == message)
        #expect(read?["error"]?["param"] == "a\"b")
    }
}
