import Lint
import Report
import Testing

@Suite struct CatalogueTests {
    private let folder = Cases.root + "/docs/rules"

    private func rule(_ arguments: String...) -> (code: Int32, text: String) {
        var text = ""
        let code = RuleCommand.run(arguments, print: { text += $0 }, complain: { text += $0 })
        return (code, text)
    }

    @Test func `the pages in docs are those of the program`() {
        for rule in Catalogue.rules {
            let path = "\(folder)/\(rule.code).md"
            if Cases.updates { Cases.write(rule.page, to: path) }
            #expect(Cases.text(path) == rule.page, "\(path) is stale: UPDATE_ROUTE_CASES=1 writes it anew")
        }
        if Cases.updates { Cases.write(Catalogue.index, to: "\(folder)/README.md") }
        #expect(Cases.text("\(folder)/README.md") == Catalogue.index)
        let names = Set(Catalogue.rules.map { "\($0.code).md" } + ["README.md"])
        #expect(Set(Cases.names(folder)) == names)
    }

    @Test func `codes are unique, in order and well-formed`() {
        let codes = Catalogue.rules.map(\.code)
        #expect(Set(codes).count == codes.count)
        #expect(codes == codes.sorted())
        for code in codes { #expect(code.count == 5 && code.hasPrefix("HP") && Int(code.dropFirst(2)) != nil) }
    }

    @Test func `sentences end with a full stop, rules and examples without`() {
        for rule in Catalogue.rules {
            #expect(!rule.rule.hasSuffix("."), "\(rule.code)")
            for text in [rule.what, rule.why] { #expect(text.hasSuffix("."), "\(rule.code): \(text)") }
            #expect(!rule.bad.isEmpty && !rule.good.isEmpty && rule.bad != rule.good, "\(rule.code)")
            #expect(!rule.page.contains("\n\n\n"), "\(rule.code)")
        }
    }

    @Test func `no golden case shows a code that the catalogue lacks`() {
        for name in Cases.names("\(Cases.folder)/broken") where name.hasSuffix(".problems") {
            for part in Cases.text("\(Cases.folder)/broken/\(name)").split(separator: "[HP").dropFirst() {
                let code = "HP\(part.prefix(3))"
                if part.dropFirst(3).first == "]" { #expect(Catalogue.rule(code) != nil, "\(name): \(code)") }
            }
        }
    }

    @Test func `a page says what, why, an example, the fix and how to silence`() {
        let (code, text) = rule("hp401")
        #expect(code == 0)
        #expect(
            text.hasPrefix(
                "# HP401: unreachable route, covered by one earlier route\n\nerror · routing · fix: unsafe\n"
            )
        )
        for part in ["## What", "## Why", "## Example", "## Fix", "## How to silence"] { #expect(text.contains(part)) }
        #expect(text.contains("# hoosh: allow HP401 -- the reason"))
        #expect(rule("HP101").text.contains("cannot be silenced"))
    }

    @Test func `rules are listed for people and for programs`() {
        let list = rule().text
        for code in Catalogue.rules.map(\.code) { #expect(list.contains("  \(code)  ")) }
        let json = rule("--json").text
        #expect(json.hasPrefix("[\n  {\n"))
        #expect(json.contains("\"code\": \"HP890\""))
        #expect(json.contains("\"fix\": null"))
    }

    @Test func `a code that does not exist exits with 2 and names its neighbour`() {
        #expect(rule("HP499") == (2, rule("HP499").text))
        #expect(rule("HQ401").text.contains("did you mean `HP401`?"))
        #expect(rule("--yaml").code == 2)
    }
}
