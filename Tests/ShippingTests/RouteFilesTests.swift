import Foundation
import TestKit
import Testing

/// The files in `routes/` do what they are shown for: each is served and streams a chat, or says which key it is too early for.
@Suite struct RouteFilesTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("routes").path

    /// What is asked of each file that is served, and the routes that may take it.
    static let served: [String: (model: String, routes: [String])] = [
        "canary": ("gpt-4o", ["canary", "gpt"]), "dev": ("fast", ["default"]),
        "embeddings-speech": ("llama3.2", ["text"]),
        "local-first": ("llama3.2", ["open-weights"]), "long-context": ("assistant", ["short"]),
        "minimal": ("gpt-4o", ["default"]),
        "night-batch": ("llama-3.3-70b", ["people"]),
        "privacy-tiers": ("llama3.2", ["rest"]), "semantic-cache": ("gpt-4o", ["default"]),
        "sidecar": ("chat", ["open-weights"]),
        "teams": ("llama3.2", ["house"]), "two-regions": ("gpt-4o", ["both"]),
    ]
    /// Files beyond this build, with the keys that the refusal names (`routes.md` A10).
    static let refused: [String: [String]] = [
        "prod": ["`hedge`", "`telemetry`", "`hardware`"]
    ]

    /// One for each test: what is kept for good would outlive the tests.
    private let mock: MockUpstream

    init() throws { mock = try MockUpstream() }

    @Test func `every file is one of both`() throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: Self.folder)
            .filter { $0.hasSuffix(".yaml") && !$0.hasSuffix(".test.yaml") }.map { String($0.dropLast(5)) }
        #expect(Set(names) == Set(Self.served.keys).union(Self.refused.keys))
    }

    /// The same file with its upstreams on the mock, its listeners on free ports, and its secrets in a folder.
    private func moved(_ text: String, _ folder: TemporaryFolder, isRoot: Bool) -> String {
        let url = mock.url
        var lines: [String] = []
        var hasListen = false
        for line in text.components(separatedBy: "\n") {
            if line.contains(#/^\s+url:/#) { continue }
            var line = line.replacing(#/, url: [^,}]+/#, with: "")
            line = line.replacing(#/file:/run/secrets/openai/key/#, with: "file:\(folder.file("secret"))")
            line = line.replacing(#/(address|admin): 127\.0\.0\.1:\d+/#) { "\($0.1): 127.0.0.1:0" }
            hasListen = hasListen || line.hasPrefix("listen:")
            guard let match = line.firstMatch(of: #/^(\s*)(.*?\{)?kind: ([a-z-]+)/#) else {
                lines.append(line)
                continue
            }
            // An address of this machine would make every provider local.
            let isLocal = ["ollama", "llamacpp", "vllm", "whisper", "piper", "openai-compatible"].contains(
                String(match.3)
            )
            let place = "url: \"\(url)\", locality: \(isLocal ? "local" : "remote")"
            if match.2 != nil {
                lines.append(line.replacing("kind: \(match.3)", with: "kind: \(match.3), \(place)"))
            } else {
                lines.append(line)
                lines += place.split(separator: ", ").map { "\(match.1)\($0)" }
            }
        }
        if isRoot, !hasListen { lines.append("listen: {address: 127.0.0.1:0, admin: 127.0.0.1:0}\n") }
        return lines.joined(separator: "\n")
    }

    private func secrets(_ text: String) -> [String: String] {
        Dictionary(text.matches(of: #/env:(\w+)/#).map { (String($0.1), "sk-test-of-\($0.1)") }) { first, _ in first }
    }

    @Test(arguments: served.keys.sorted()) func `a file that is served streams a chat`(name: String) throws {
        let (model, routes) = try #require(Self.served[name])
        let folder = try TemporaryFolder()
        try folder.write("secret", "sk-test-of-a-file")
        let original = try String(contentsOfFile: "\(Self.folder)/\(name).yaml", encoding: .utf8)
        let file = try folder.write("\(name).yaml", moved(original, folder, isRoot: true))
        let parts = "\(Self.folder)/\(name)"
        if let names = try? FileManager.default.contentsOfDirectory(atPath: parts) {
            try FileManager.default.createDirectory(atPath: folder.file(name), withIntermediateDirectories: true)
            for part in names {
                let text = try String(contentsOfFile: "\(parts)/\(part)", encoding: .utf8)
                try folder.write("\(name)/\(part)", moved(text, folder, isRoot: false))
            }
        }
        let proxy = try RunningProgram(
            "hoosh-proxy",
            ["--routes", file, "--threads", "1"],
            environment: secrets(original)
        )
        let address = try #require(Address(saidIn: try proxy.line(containing: "(client)")), "\(proxy.errors)")
        try proxy.line(containing: "ready")
        let response = try RawConnection(to: address).fetch(
            "POST",
            "/v1/chat/completions",
            body: chatBody(model: model, stream: true)
        )
        #expect(response.status == 200 && response.ending == .complete, "\(response.text)\(proxy.errors)")
        #expect(response["content-type"]?.hasPrefix("text/event-stream") == true)
        #expect(response.events.last == "[DONE]")
        #expect(routes.contains(response["x-hoosh-route"] ?? ""), "\(response["x-hoosh-route"] ?? "no route")")
        #expect(try proxy.stop() == 0)
    }

    @Test(arguments: refused.keys.sorted()) func `a file beyond this build is refused by the name of a key`(
        name: String
    ) throws {
        let proxy = try RunningProgram("hoosh-proxy", ["--routes", "\(Self.folder)/\(name).yaml"])
        #expect(try proxy.wait() == 1)
        for key in try #require(Self.refused[name]) {
            #expect(proxy.errors.contains("error[HP120]: \(key) has no engine in this build"), "\(proxy.errors)")
        }
        #expect(proxy.errors.contains("cannot be served"))
    }
}
