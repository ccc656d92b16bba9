import Report
import RouteLanguage
import Testing

@Suite struct SecretsTests {
    /// Every secret that stands in a golden case, in the environment of the tests, or behind a reference.
    static let secrets = [
        "sk-proj-abcdefghijklmnop1234567890", "hunter2hunter2", "topsecretvalue", "abcdefghijkl", "first-secret-line",
        "second-secret-line", "anothersecretvalue", "listedlisted", "elsewhereelsewhere", "qwertyuiop",
        "plainsecretvalue",
        "passw0rd", "sk-test-0123456789abcdef",
    ]

    @Test(arguments: Cases.names("broken") + Cases.names("good"))
    func `no output shows a secret`(name: String) throws {
        for kind in ["broken", "good"] {
            guard let bytes = Cases.bytes("\(Cases.folder)/\(kind)/\(name).yaml") else { continue }
            for purpose in ["", "serve-"] {
                let problems = Cases.load(bytes, purpose + name).problems
                for format in Render.Format.allCases {
                    let text = Render(problems, isColored: true).text(format)
                    for secret in Self.secrets { #expect(!text.contains(secret), "\(name) as \(format)") }
                }
            }
        }
    }

    @Test(arguments: [
        "https://u:p@llm.acme.example/v1?api_key=SECRET", "https://llm.acme.example/v1?access=SECRET#x",
        "https://llm.acme.example/v1#SECRET", "https://ll m.acme.example/v1?access=SECRET",
        "llm.acme.example/v1?access=SECRET", "https://llm.acme.example:99999/v1?a=1,2}&access=SECRET",
    ])
    func `what stands in the query of a URL is not shown`(url: String) {
        let file = """
            version: 1
            providers:
              # not https://other.example/?k=opensesame either
              a: {kind: openai-compatible, url: "\(url.replacing("SECRET", with: "opensesame"))"}
            routes:
              - to: [a]
            """
        for purpose in ["", "serve-"] {
            let problems = Cases.load(Array(file.utf8), purpose + "query").problems
            #expect(problems.all.contains { ["HP111", "HP710"].contains($0.code) })
            for format in Render.Format.allCases {
                let text = Render(problems).text(format)
                #expect(text.contains("HP") && !text.contains("sesame"), "\(text)")
            }
        }
    }

    @Test func `a secret that is used is never shown, even where it stands in the file again`() {
        let file = """
            version: 1
            providers:
              a: {kind: openai, key: env:OPENAI_API_KEY}
            routes:
              - to: [sk-test-0123456789abcdef]
            """
        let problems = Cases.load(Array(file.utf8), "serve-again").problems
        let text = Render(problems).text(.human)
        #expect(text.contains("HP201"))
        #expect(!text.contains("0123456789abcdef"))
    }

    @Test func `the key reaches the provider and nothing else`() {
        let file = "version: 1\nproviders:\n  a: {kind: openai, key: env:OPENAI_API_KEY}\nroutes:\n  - to: [a]\n"
        let served = Cases.load(Array(file.utf8), "serve-a")
        #expect(served.providers[0].key == "sk-test-0123456789abcdef")
        #expect(served.providers[0].secretName == "env:OPENAI_API_KEY")
        #expect(served.providers[0].keyField?.value == "Bearer sk-test-0123456789abcdef")
        let linted = Cases.load(Array(file.utf8), "a")
        #expect(linted.providers[0].key == nil)
    }
}
