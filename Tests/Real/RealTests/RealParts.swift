import Foundation
import TestKit

/// The real parts that `sh Tests/run.sh --real` brings into the cache.
enum RealParts {
    /// True when this run asked for them.
    static let areAsked = ProcessInfo.processInfo.environment["HOOSH_REAL"] == "1"
    /// What a skipped test says.
    static let absence = "left out: sh Tests/run.sh --real runs it"

    static var cache: String {
        get throws {
            guard let folder = ProcessInfo.processInfo.environment["HOOSH_CACHE"] else {
                throw TestKitFailure("HOOSH_CACHE is not set; start the tests with sh Tests/run.sh --real")
            }
            return folder
        }
    }

    /// `Tests/Real` in the checkout.
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().path
}

/// Something with the OpenAI API at a URL, alive as long as this object.
protocol Endpoint: AnyObject {
    var url: String { get }
}

extension Endpoint {
    /// Makes one call with the official openai SDK; see `Tests/Real/sdk.py` for what it reports.
    func sdk<Facts: Decodable>(_ call: String, model: String = "smollm2") throws -> Facts {
        let result = try run(
            "\(RealParts.cache)/sdks/bin/python",
            ["\(RealParts.folder)/sdk.py", call, "\(url)/v1", model],
            environment: ["NO_PROXY": "127.0.0.1,localhost"],
            seconds: 280
        )
        guard result.status == 0 else { throw TestKitFailure("sdk.py \(call) failed:\n\(result.errors)") }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(Facts.self, from: Data(result.output.utf8))
    }
}

/// A `llama-server` of a test's own, with SmolLM2 loaded.
final class LlamaServer: Endpoint, Sendable {
    let address: Address
    private let program: RunningProgram

    /// Starts one and waits until the model is loaded.
    ///
    /// - Throws: `TestKitFailure` with what it said when it does not come up.
    init(model: String, arguments: [String]) throws {
        let port = try FreePort.find()
        address = .tcp(host: "127.0.0.1", port: port)
        let cache = try RealParts.cache
        // One thread: several would spin for one another while the tests beside this one use the cores.
        program = try RunningProgram(
            "\(cache)/lcbuild/bin/llama-server",
            [
                "-m", "\(cache)/models/SmolLM2-135M-Instruct.Q4_1.gguf", "--alias", model, "--host", "127.0.0.1",
                "--port", "\(port)", "-c", "4096", "-np", "1", "-t", "1", "--no-webui", "--metrics",
            ] + arguments
        )
        let isLoaded = eventually(seconds: 120) { [program, address] in
            program.hasEnded || (try? fetch(address, "GET", "/health"))?.status == 200
        }
        guard isLoaded, !program.hasEnded else {
            throw TestKitFailure("llama-server did not come up; it said:\n\(program.errors.suffix(4_000))")
        }
    }

    var url: String { "http://\(address)" }

    /// One that chats, with a template that knows tools.
    static func chatting() throws -> LlamaServer {
        try LlamaServer(
            model: "smollm2",
            arguments: ["--jinja", "--chat-template-file", "\(RealParts.folder)/tools.jinja"]
        )
    }

    /// One that embeds.
    static func embedding() throws -> LlamaServer {
        try LlamaServer(model: "embedder", arguments: ["--embeddings", "--pooling", "mean"])
    }

    /// How many requests it works on, by its own metrics.
    func requestsRunning() throws -> Int? {
        let page = try fetch(address, "GET", "/metrics").text
        let line = page.split(separator: "\n").first { $0.hasPrefix("llamacpp:requests_processing ") }
        return line?.split(separator: " ").last.flatMap { Double($0) }.map { Int($0) }
    }
}

/// A `hoosh-proxy` of a test's own, on free ports.
final class ProxyInFront: Endpoint, Sendable {
    let client: Address
    let admin: Address
    private let program: RunningProgram
    private let folder: TemporaryFolder

    /// Starts one with what follows `listen` in its route file.
    ///
    /// - Throws: `TestKitFailure` with what it said when it does not come up.
    init(routes: String, environment: [String: String] = [:]) throws {
        folder = try TemporaryFolder()
        let file = try folder.write(
            "routes.yaml",
            "version: 1\nlisten: {address: \"127.0.0.1:0\", admin: \"127.0.0.1:0\"}\n\(routes)\n"
        )
        program = try RunningProgram(
            "hoosh-proxy",
            ["--routes", file, "--threads", "1"],
            environment: environment
        )
        try program.line(containing: "hoosh-proxy: ready", seconds: 30)
        guard let client = Address(saidIn: try program.line(containing: "(client)")),
            let admin = Address(saidIn: try program.line(containing: "(admin)"))
        else { throw TestKitFailure("no addresses in:\n\(program.errors)") }
        self.client = client
        self.admin = admin
    }

    var url: String { "http://\(client)" }

    /// A sample of `/metrics`; its labels in any order.
    func metric(_ name: String, _ labels: String...) throws -> Double {
        let page = try fetch(admin, "GET", "/metrics").text
        for line in page.split(separator: "\n") where line.hasPrefix(name) {
            guard labels.allSatisfy({ line.contains($0) }), let value = line.split(separator: " ").last else {
                continue
            }
            return Double(value) ?? .nan
        }
        return .nan
    }
}
