import Compiler
import Foundation
import RouteTools
import Testing

/// `hoosh-proxy compile --print`.
struct CompileCommandTests {
    private func command(_ arguments: String...) -> (code: Int32, output: String) {
        var output = ""
        let terminal = Terminal(isTerminal: false, print: { output += $0 }, complain: { output += $0 })
        return (CompileCommand.run(arguments, terminal), output)
    }

    @Test func `text and JSON say the same of the program`() throws {
        let file = "\(CompileRoutesTests.root)/routes/prod.yaml"
        let text = command("--print", file)
        #expect(text.code == 0)
        for route in ["block-credentials", "sensitive", "gpt-canary", "default"] {
            #expect(text.output.contains(route))
        }
        let json = command("--print", "--format", "json", file)
        #expect(json.code == 0)
        #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(json.output.utf8)) }
        #expect(json.output.contains("gpt-canary"))
    }

    @Test func `secrets and their references stay out`() {
        #expect(!command("--print", "\(CompileRoutesTests.root)/routes/prod.yaml").output.contains("sk-"))
    }

    @Test func `a file with errors and a wrong command line are told`() {
        #expect(command("--print", "\(CompileRoutesTests.root)/Tests/RouteCases/broken/hp008-empty.yaml").code != 0)
        #expect(command("--format", "xml", "x.yaml").code == 2)
    }
}
