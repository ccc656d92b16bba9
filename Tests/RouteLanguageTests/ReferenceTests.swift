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
        var tables = ([""] + LanguageReference.parts).map { part in
            (mark: "keys \(part)", lines: LanguageReference.head + rows.filter { $0.part == part }.map(\.markdown))
        }
        let kinds = ProviderKind.all.map { kind in
            let url = kind.defaultURL.map { "`\($0)`" } ?? "needs `url`"
            let place =
                switch kind.speech {
                case .openai: "`\(kind.v1Path)`"
                case .whisper: "asked at `/inference`"
                case .piper: "asked at `/synthesize`"
                }
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

    @Test func `the reference has a row for every key`() {
        let page = self.page
        for row in LanguageReference.rows {
            #expect(page.contains(row.markdown), "docs/routes.md lacks: \(row.markdown)")
        }
    }

    @Test func `every key says in one sentence what it is for`() {
        for key in Schema.table {
            #expect(key.note.hasSuffix(".") && key.note.count < 120, "\(key.path): \(key.note)")
            #expect(!key.note.contains("|") && !key.standard.contains("|"))
        }
        #expect(Set(Schema.table.map(\.path)).count == Schema.table.count)
    }

    @Test func `every key of the tree is a row of the table`() {
        var found: Set<String> = []
        func walk(_ schema: Schema) {
            if let key = schema.key { found.insert(key.path) }
            for child in schema.children { walk(child.schema) }
            if let any = schema.anyName { walk(any) }
            if let item = schema.item { walk(item) }
        }
        walk(Schema.root)
        #expect(found == Set(Schema.table.map(\.path)))
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
