import Decision
import Routing
import Glibc
import Providers
import RouteLanguage
import Testing

@Suite(.serialized) struct ReferenceTests {
    private let path = "\(Cases.folder)/../../docs/routes.md"

    private var page: String { String(decoding: Cases.bytes(path) ?? [], as: UTF8.self) }

    /// The tables that come from the program, by the mark above them in the page.
    private var tables: [(mark: String, lines: [String])] {
        let rows = LanguageReference.rows
        var tables = ["", "listen", "defaults", "providers", "models", "routes"].map { part in
            let head = ["| Key | Type | Default | Meaning |", "|---|---|---|---|"]
            return (mark: "keys \(part)", lines: head + rows.filter { $0.hasEngine && $0.part == part }.map(\.markdown))
        }
        let later = rows.filter { !$0.hasEngine }.map { "`\($0.path)`" }.joined(separator: " · ")
        tables.append(("keys without an engine", [later]))
        let kinds = ProviderKind.all.map { kind in
            let url = kind.defaultURL.map { "`\($0)`" } ?? "needs `url`"
            let place = kind.hasEngine ? "`\(kind.v1Path)`" : "**no engine in this build**"
            return "| `\(kind.name)` | \(url) | \(place) | `\(kind.healthPath)` |"
        }
        tables.append(("kinds", ["| Kind | Where | In place of `/v1` | Probe |", "|---|---|---|---|"] + kinds))
        return tables
    }

    @Test func `the tables of the reference are those of the program`() {
        // UPDATE_ROUTE_CASES=1 writes them anew.
        for (mark, lines) in tables {
            let opening = "<!-- \(mark.trimmed) -->\n"
            let parts = page.split(separator: opening, maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, let end = parts[1].range(of: "<!-- end -->") else {
                Issue.record("docs/routes.md has no table marked \(mark)")
                continue
            }
            let wanted = lines.map { $0 + "\n" }.joined()
            if getenv("UPDATE_ROUTE_CASES") != nil {
                Cases.write("\(parts[0])\(opening)\(wanted)\(parts[1][end...])", to: path)
            } else {
                #expect(parts[1][..<end] == wanted)
            }
        }
    }

    @Test func `the reference has a row for every key with an engine`() {
        let page = self.page
        for row in LanguageReference.rows where row.hasEngine {
            #expect(page.contains(row.markdown), "docs/routes.md lacks: \(row.markdown)")
        }
    }

    @Test func `the reference names every key without an engine`() {
        let page = self.page
        for row in LanguageReference.rows where !row.hasEngine {
            #expect(page.contains("`\(row.path)`"), "docs/routes.md does not name \(row.path)")
        }
    }

    @Test func `the reference has every kind`() {
        let page = self.page
        for kind in ProviderKind.all { #expect(page.contains("| `\(kind.name)` |")) }
    }
}

extension String {
    fileprivate var trimmed: String { hasSuffix(" ") ? String(dropLast()) : self }
}

extension Substring {
    /// Where a text begins.
    fileprivate func range(of text: String) -> Index? {
        indices.first { self[$0...].hasPrefix(text) }
    }
}
