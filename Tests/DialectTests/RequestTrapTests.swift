import Dialect
import Testing

@Suite struct RequestTrapTests {
    private func parameter(_ text: String) -> String? {
        do throws(RequestFault) { _ = try RequestShape.read(Array(text.utf8).span) } catch { return error.parameter }
        return nil
    }

    @Test(arguments: [
        ("{\"max_tokens\":1,\"max_tokens\":9}", "max_tokens"),
        ("{\"max_completion_tokens\":1,\"max_completion_tokens\":9}", "max_completion_tokens"),
        ("{\"max_output_tokens\":1,\"max_output_toke\\u006es\":9}", "max_output_tokens"),
    ])
    func `a limit of tokens that is given twice is refused by name`(_ text: String, _ name: String) {
        #expect(parameter(text) == name)
    }

    @Test func `a key with bytes that some readers drop is refused`() {
        let bytes = Array("{\"model\":\"a\",\"mo".utf8) + [0xff] + Array("del\":\"b\"}".utf8)
        #expect(throws: RequestFault.self) { _ = try RequestShape.read(bytes.span) }
    }
}
