import Foundation
import TestKit

/// What the scripts of `Tests/Real/sdks` report; each fills what it knows.
struct ScriptReport: Decodable {
    /// What is not as it has to be, a sentence each.
    let different: [String]
    /// Claims that were checked.
    let checks: Int?
    /// Pairs of a client and a provider, streamed or not.
    let cells: Int?
    /// Recordings read; refusals apart.
    let read: Int?
    let errors: Int?
    /// Of those read: streams, and such with calls.
    let streams: Int?
    let calls: Int?
    /// Read through the proxy by the provider's own SDK, and by the others'.
    let same: Int?
    let translated: Int?
    /// Read by the SDKs of providers that speak OpenAI's format.
    let own: Int?
    /// Recordings that no SDK reads, with the reason.
    let skipped: [String]?
}

/// Runs the scripts of `Tests/Real/sdks` in the environment that has all SDKs.
enum Scripts {
    /// Runs one to its end and gives the line that it prints.
    ///
    /// - Throws: `TestKitFailure` with what it said when it fails.
    static func run<Report: Decodable>(_ name: String, _ arguments: [String], seconds: Double = 900) throws -> Report {
        let result = try TestKit.run(
            "\(RealParts.cache)/sdks/bin/python",
            ["\(RealParts.folder)/sdks/\(name)"] + arguments,
            environment: ["NO_PROXY": "127.0.0.1,localhost", "PYTHONDONTWRITEBYTECODE": "1"],
            seconds: seconds
        )
        guard result.status == 0 else { throw TestKitFailure("\(name) failed:\n\(result.errors.suffix(4_000))") }
        return try JSONDecoder().decode(Report.self, from: Data(result.output.utf8))
    }
}

/// A mock that speaks every format and replays the corpus, behind a proxy that has a provider of each kind.
struct FourFormats {
    let mock: MockUpstream
    let proxy: ProxyInFront

    /// Starts both.
    ///
    /// - Throws: `TestKitFailure` when one does not come up.
    init(corpus: String? = nil) throws {
        mock = try MockUpstream(arguments: corpus.map { ["--corpus", $0] } ?? [])
        let kinds = [
            ("openai", "kind: openai, formats: [chat], key: env:MOCK_KEY"),
            ("anthropic", "kind: anthropic, key: env:MOCK_KEY"),
            ("gemini", "kind: google, formats: [gemini], key: env:MOCK_KEY"),
            ("ollama", "kind: ollama, formats: [ollama]"),
        ]
        var providers = "providers:\n"
        var routes = "routes:\n"
        for (name, kind) in kinds {
            let models = "[from-\(name), to-\(name)]"
            // The kinds themselves let only their own fields pass.
            let fields = "pass_headers: [x-mock-*]"
            providers += "  \(name): {\(kind), url: \"\(mock.url)\", models: \(models), \(fields)}\n"
            routes += "  - {name: \(name), match: {model: \(models)}, to: [\(name)]}\n"
        }
        proxy = try ProxyInFront(routes: providers + routes, environment: ["MOCK_KEY": "mock-key"])
    }

    /// The folder of recorded traffic: `HOOSH_CORPUS`, or `../shared/corpus` beside the package.
    ///
    /// - Throws: `TestKitFailure` when it is not there, since then nothing is shown.
    static func corpus() throws -> String {
        let folder =
            ProcessInfo.processInfo.environment["HOOSH_CORPUS"] ?? "\(RealParts.folder)/../../../shared/corpus"
        guard FileManager.default.fileExists(atPath: "\(folder)/index.tsv") else {
            throw TestKitFailure(
                "NO RECORDINGS: there is no corpus in \(folder); 0 read. HOOSH_CORPUS names its folder"
            )
        }
        return folder
    }
}
