import Foundation
import TestKit
import Testing

@Suite struct CommandLineTests {
    @Test(arguments: [
        (["--rotues", "x.yaml"], "did you mean `--routes`"), (["--thread", "2"], "did you mean `--threads`"),
        (["lnit", "x"], "did you mean `lint`"), (["--routes"], "a file"), ([], "--routes"),
        (["--routes", "x.yaml", "--threads", "0"], "1 to 256"), (["--routes", "x.yaml", "--threads", "many"], "many"),
        (["--routes", "x.yaml", "extra"], "extra"),
    ]) func `a command line that makes no sense ends with 2 and a hint`(arguments: [String], hint: String) throws {
        let result = try run("hoosh-proxy", arguments)
        #expect(result.status == 2)
        #expect(result.errors.contains(hint), "\(result.errors)")
        #expect(result.errors.contains("usage:"))
        #expect(result.output.isEmpty)
    }

    @Test func `help and version go to the standard output`() throws {
        let help = try run("hoosh-proxy", ["--help"])
        #expect(help.status == 0 && help.output.contains("hoosh-proxy lint") && help.errors.isEmpty)
        let version = try run("hoosh-proxy", ["--version"])
        #expect(version.status == 0 && version.output.hasPrefix("hoosh-proxy "))
    }

    @Test func `a port in use ends with 1 and says which`() throws {
        let station = try Station()
        let folder = try TemporaryFolder()
        let file = try folder.write(
            "r.yaml",
            """
            version: 1
            listen: {address: "\(station.address)", admin: none}
            providers:
              one: {kind: ollama}
            routes:
              - {name: all, to: [one]}
            """
        )
        let result = try run("hoosh-proxy", ["--routes", file])
        #expect(result.status == 1)
        #expect(result.errors.contains("\(station.address)") && result.errors.contains("in use"), "\(result.errors)")
        #expect(!result.errors.contains(": ready"))
        #expect(try station.chat().status == 200)
    }

    @Test func `a broken route file ends with 1, all its errors with their places`() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write(
            "bad.yaml",
            """
            version: 1
            listn: {address: 127.0.0.1:0}
            providers:
              one: {kind: olama}
            routes:
              - {name: all, to: [two]}
            """
        )
        let result = try run("hoosh-proxy", ["--routes", file])
        #expect(result.status == 1)
        for text in ["bad.yaml:2:1", "did you mean `listen`", "bad.yaml:4:15", "bad.yaml:6:", "^"] {
            #expect(result.errors.contains(text), "\(text) is missing in:\n\(result.errors)")
        }
        let missing = try run("hoosh-proxy", ["--routes", folder.file("none.yaml")])
        #expect(missing.status == 1)
        #expect(missing.errors.contains("none.yaml"))
    }
}

@Suite struct SecretTests {
    private static let key = "sk-very-secret-0123456789"

    @Test func `a provider's key goes to the provider and nowhere else`() throws {
        let station = try Station(
            provider: "key: env:TEST_PROVIDER_KEY, headers: {x-second: env:TEST_SECOND_KEY}",
            providers:
                "  down: {kind: openai-compatible, url: \"http://127.0.0.1:1/v1\", key: env:TEST_PROVIDER_KEY, health: {mode: none}}",
            routes: "  - {name: dead, match: {model: dead}, to: [down]}\n  - {name: all, to: [mock]}",
            arguments: ["--access-log"],
            environment: ["TEST_PROVIDER_KEY": Self.key, "TEST_SECOND_KEY": Self.key + "-two"]
        )
        var said = ""
        func note(_ response: Response) {
            said += String(decoding: response.head?.bytes ?? [], as: UTF8.self) + response.text
        }
        let own = [("Authorization", "Bearer client-key"), ("x-api-key", "client-key"), ("Cookie", "a=client-key")]
        note(try station.chat(headers: own))
        let seen = try station.mock.lastEnded()
        #expect(seen.values("authorization") == ["Bearer \(Self.key)"])
        #expect(seen.values("x-second") == [Self.key + "-two"])
        #expect(!seen.headers.contains { $0[1].contains("client-key") })
        note(try station.chat(stream: true))
        note(try station.chat(headers: [("x-mock-status", "401")]))
        note(try station.chat(headers: [("x-mock-fault", "bad-head")]))
        note(try station.chat(stream: true, headers: [("x-mock-fault", "cut"), ("x-mock-after", "1")]))
        note(try station.chat(model: "dead"))
        note(try station.chat(body: "{"))
        for path in ["/v1/models", "/v1/health", "/v1/health/providers"] {
            note(try station.connect().fetch("GET", path))
        }
        for path in ["/metrics", "/readyz", "/healthz"] { note(try station.ask(path)) }
        #expect(try station.proxy.stop() == 0)
        #expect(station.proxy.output.contains("\"route\":\"dead\""))
        for text in [said, station.proxy.errors, station.proxy.output] {
            #expect(!text.contains("very-secret"))
            #expect(!text.contains("client-key"))
        }
    }

    @Test func `each line of the access log is a JSON object without content`() throws {
        let station = try Station(arguments: ["--access-log"])
        _ = try station.chat(body: chatBody(message: "a-private-word"))
        _ = try station.chat(body: "{\"model\":\"odd \\\" \\n \\u0000 model\",\"messages\":[]}")
        _ = try station.chat(stream: true)
        #expect(try station.proxy.stop() == 0)
        let lines = station.proxy.output.split(separator: "\n")
        #expect(lines.count == 3)
        for line in lines {
            let value = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            #expect(value?["status"] as? Int == 200)
            #expect(value?["route"] as? String == "all")
        }
        #expect(!station.proxy.output.contains("a-private-word"))
    }
}
