import Conversation
import Dialect
import Foundation
import Providers
import Testing

/// `docs/providers.md` has the table of kinds as the program has it.
@Suite struct ProviderPageTests {
    private let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path + "/../../docs/providers.md"

    private static func words(_ list: [String]) -> String {
        list.isEmpty ? "–" : list.map { "`\($0)`" }.joined(separator: " ")
    }

    private static func thinking(_ kind: ProviderKind) -> String {
        switch kind.thinking {
        case .none: "–"
        case .reasoningContent: "`reasoning_content`"
        case .reasoning: "`reasoning`"
        case .details: "`reasoning_details`"
        case .parts: "parts `thinking`"
        }
    }

    private static var chats: [String] {
        let rows = ProviderKind.all.filter { !$0.formats.isEmpty }.map { kind in
            let asked = kind.formats.first { $0.canBeAsked }
            let field = "`\(kind.keyHeader): \(kind.keyPrefix)…`"
            let isOpenAI = kind.formats.contains(.chat) && asked == .chat
            let words = isOpenAI ? "\(kind.knowsNewestWords ? "OpenAI's own" : "common")" : "–"
            return
                "| `\(kind.name)` | \(Self.words(kind.formats.map(\.rawValue))) | \(asked.map { "`\($0.rawValue)`" } ?? "–") "
                + "| \(kind.name == "google" ? "`x-goog-api-key: …` in its own format, else " : "")\(field) "
                + "| `\(kind.healthPath)` | \(words) | \(isOpenAI ? (kind.knowsOpenSampling ? "sent" : "dropped") : "–") "
                + "| \(isOpenAI ? Self.thinking(kind) : "–") |"
        }
        return [
            "| Kind | Chats pass in | others are said in | Key | Probe | Words | `top_k`, `min_p`, `repetition_penalty` "
                + "| Earlier thinking |",
            "|---|---|---|---|---|---|---|---|",
        ] + rows
    }

    private static var rest: [String] {
        let rows = ProviderKind.all.map { kind in
            let speech = kind.apis.contains(.speech) || kind.apis.contains(.transcriptions)
            return "| `\(kind.name)` | \(kind.modelList.map { "`\($0.rawValue)`" } ?? "–") "
                + "| \(Self.words(kind.embeddings.map(\.rawValue))) | \(Self.words(kind.counts.map(\.rawValue))) "
                + "| \(Self.words(kind.commands.map(\.rawValue))) | \(speech ? "`\(kind.speech.rawValue)`" : "–") |"
        }
        return ["| Kind | Models | Embeddings | Token counts | Commands | Speech |", "|---|---|---|---|---|---|"] + rows
    }

    @Test func `the tables of the page are those of the program`() throws {
        // UPDATE_DOCS=1 writes them anew.
        var page = try String(contentsOfFile: path, encoding: .utf8)
        for (mark, lines) in [("chats", Self.chats), ("rest", Self.rest)] {
            let opening = "<!-- \(mark) -->\n"
            let start = try #require(page.range(of: opening), "docs/providers.md has no table marked \(mark)")
            let end = try #require(page.range(of: "<!-- end -->", range: start.upperBound..<page.endIndex))
            let wanted = lines.map { $0 + "\n" }.joined()
            if ProcessInfo.processInfo.environment["UPDATE_DOCS"] != nil {
                page.replaceSubrange(start.upperBound..<end.lowerBound, with: wanted)
            } else {
                #expect(page[start.upperBound..<end.lowerBound] == wanted)
            }
        }
        if ProcessInfo.processInfo.environment["UPDATE_DOCS"] != nil {
            try page.write(toFile: path, atomically: true, encoding: .utf8)
        }
    }
}
