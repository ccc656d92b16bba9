import Report
import RouteLanguage
import Testing

@Suite struct EditTests {
    /// A file with the edits of its findings made, those that are safe or all.
    private static func mended(_ bytes: [UInt8], _ name: String, all: Bool) -> [UInt8]? {
        let edits = Cases.load(bytes, name).problems.all.filter { $0.fix == .safe || all && $0.fix != nil }.flatMap(
            \.edits
        )
        var result = bytes
        var last = Int.max
        for edit in Set(edits).sorted(by: { $0.range.lowerBound > $1.range.lowerBound })
        where edit.range.upperBound <= last {
            last = edit.range.lowerBound
            result.replaceSubrange(edit.range, with: Array(edit.replacement.utf8))
        }
        return result == bytes ? nil : result
    }

    private func codes(_ text: String) -> [String] { Cases.load(Array(text.utf8), "edits").problems.all.map(\.code) }

    private func mended(_ text: String, all: Bool = false) -> String {
        String(decoding: Self.mended(Array(text.utf8), "edits", all: all) ?? [], as: UTF8.self)
    }

    private let head = "version: 1\nproviders:\n  ollama: {kind: ollama}\nroutes:\n"

    @Test func `safe edits mean what was meant`() {
        let cases = [
            ("  - match: {model: *-mini}\n    to: [ollama]\n", "  - match: {model: \"*-mini\"}\n    to: [ollama]\n"),
            ("  - match: {model: !gpt-x}\n    to: [ollama]\n", "  - match: {model: \"!gpt-x\"}\n    to: [ollama]\n"),
            ("  - to: [@local]\n", "  - to: [local]\n"),
            ("  - match: {model: %x}\n    to: [ollama]\n", "  - match: {model: \"%x\"}\n    to: [ollama]\n"),
            ("  - match: {model: &a \"x*\"}\n    to: &b [ollama]\n", "  - match: {model: \"x*\"}\n    to: [ollama]\n"),
            ("  - match: {model: \"x**\"}\n    to: [ollama]\n", "  - match: {model: \"x*\"}\n    to: [ollama]\n"),
            ("  - match: {tenant: 0123}\n    to: [ollama]\n", "  - match: {tenant: \"0123\"}\n    to: [ollama]\n"),
            ("  - to:\n    \t- ollama\n", "  - to:\n      - ollama\n"),
        ]
        for (broken, good) in cases {
            #expect(mended(head + broken) == head + good)
            #expect(codes(head + good) == [])
        }
    }

    @Test func `unsafe edits take what is near`() {
        let broken = "  - mtach: {api: chatt, sample_by: tennant, sample: 5%}\n    to: [olama/x, \"ollma\"]\n"
        let good = "  - match: {api: chatt, sample_by: tennant, sample: 5%}\n    to: [ollama/x, \"ollama\"]\n"
        #expect(mended(head + broken, all: true) == head + good)
        let better = "  - match: {api: chat, sample_by: tenant, sample: 5%}\n    to: [ollama/x, \"ollama\"]\n"
        #expect(mended(head + good, all: true) == head + better)
        #expect(codes(head + better) == [])
    }

    @Test(arguments: Cases.names("broken"))
    func `edits never add a fault of the text, and come to an end`(name: String) throws {
        var bytes = try #require(Cases.bytes("\(Cases.folder)/broken/\(name).yaml"))
        var rounds = 0
        let before = Cases.load(bytes, name).problems.all.filter { $0.code < "HP010" }.count
        while rounds < 20, let next = Self.mended(bytes, name, all: true) {
            bytes = next
            rounds += 1
        }
        #expect(rounds < 20)
        #expect(Cases.load(bytes, name).problems.all.filter { $0.code < "HP010" }.count <= before)
    }
}
