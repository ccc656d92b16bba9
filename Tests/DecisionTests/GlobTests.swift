import Decision
import Routing
import Testing

@Suite struct GlobTests {
    @Test(arguments: [
        ("gpt-*", "gpt-4o", true), ("gpt-*", "gpt-", true), ("gpt-*", "gpt", false), ("*", "", true),
        ("*-mini", "gpt-4o-mini", true),
        ("*-mini", "-mini", true), ("*-mini", "gpt-4o-mini2", false), ("o[134]*", "o1", true), ("o[134]*", "o2", false),
        ("o[!2]*", "o3-mini", true), ("a?c", "abc", true), ("a?c", "aéc", true), ("a?c", "ac", false),
        ("{a,b}*", "bx", true),
        ("{a,b{c,d}}", "bd", true), ("{a,b{c,d}}", "b", false), ("a{,x}", "a", true), ("\\*x", "*x", true),
        ("\\*x", "ax", false),
        ("[é-ü]", "ö", true), ("*a*b*", "xxaxxbxx", true), ("*a*b*", "xxbxxaxx", false), ("a/b*", "a/b/c", true),
        ("", "", true),
        ("*llama*", "meta-llama/llama-3", true), ("a*a", "a", false), ("a*a", "aa", true), ("A", "a", false),
        ("[a-]", "-", true),
    ])
    func `a glob matches whole strings`(pattern: String, text: String, isMatch: Bool) throws {
        #expect(try Glob(parsing: pattern).fits(text) == isMatch)
        #expect(ReferenceGlob.matches(pattern, text) == isMatch)
    }

    @Test(arguments: [
        ("a**", 1), ("[a-", 0), ("x[]", 1), ("x[z-a]", 2), ("{a", 0), ("a}", 1), ("a\\", 1), ("[^a]", 1),
        ("a*b*c*d*e*f*g*h*i*", 17),
        ("{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}", 30), (String(repeating: "a", count: 257), 256), ("[a", 0), ("[\\", 0),
    ])
    func `a fault has its place`(pattern: String, offset: Int) {
        #expect {
            try Glob(parsing: pattern)
        } throws: { error in
            (error as? Glob.Fault)?.offset == offset
        }
    }

    @Test func `bytes that are not UTF-8 count as characters`() throws {
        #expect(try Glob(parsing: "a?b").fits(bytes: [0x61, 0xFF, 0x62]))
        #expect(try Glob(parsing: "?").fits(bytes: [0xC3]))
        #expect(try !Glob(parsing: "[a-z]").fits(bytes: [0xC3]))
        #expect(try Glob(parsing: "a*").fits(bytes: [0x61, 0xE2, 0x82]))
    }

    @Test func `many stars stay cheap`() throws {
        let glob = try Glob(parsing: "*a*a*a*a*a*a*a?")
        let text = [UInt8](repeating: 0x61, count: 20_000) + [0x62, 0x62]
        #expect(!glob.fits(bytes: text))
    }

    @Test func `random globs match as the recursive definition says`() throws {
        var random = SeededGenerator(seed: 7)
        let pieces = ["a", "b", "*", "?", "[ab]", "[!a]", "{a,b}", "{a*,}", "é", "\\*"]
        var checked = 0
        while checked < 30_000 {
            let pattern = (0..<Int.random(in: 0...6, using: &random)).compactMap { _ in
                pieces.randomElement(using: &random)
            }.joined()
            guard let glob = try? Glob(parsing: pattern) else {
                checked += 1
                continue
            }
            for _ in 0..<8 {
                let letters = (0..<Int.random(in: 0...6, using: &random)).compactMap { _ in
                    ["a", "b", "é", "*"].randomElement(using: &random)
                }
                let text = letters.joined()
                if glob.fits(text) != ReferenceGlob.matches(pattern, text) {
                    Issue.record("`\(pattern)` against `\(text)`")
                }
                checked += 1
            }
        }
    }

    @Test func `exact texts are known`() throws {
        #expect(try Glob(parsing: "gpt-4o").exactText == "gpt-4o")
        #expect(try Glob(parsing: "gpt-*").exactText == nil)
        #expect(try Glob(parsing: "{a,b}c").exactTexts == ["ac", "bc"])
        #expect(try Glob(parsing: "{*,b}").matchesEverything)
    }
}

@Suite struct HeaderPatternTests {
    @Test func `a pattern is anchored at both ends`() throws {
        let pattern = try HeaderPattern(parsing: "night-\\d+")
        #expect(pattern.fits("night-12"))
        #expect(!pattern.fits("night-12x"))
        #expect(!pattern.fits("anight-12"))
        #expect(try HeaderPattern(parsing: "").fits(bytes: [UInt8]()))
    }

    @Test func `a pattern that would take forever is given up`() throws {
        let pattern = try HeaderPattern(parsing: "(?:a+)+b")
        #expect(!pattern.fits(bytes: [UInt8](repeating: 0x61, count: 5_000)))
    }

    @Test(arguments: [
        "(a)\\1", "(?R)", "(?1)", "(?<n>a)(?&n)", "\\g{1}", "(*COMMIT)a", "a\\C", "(?C1)a", "(ab", "(?(1)a|b)",
        "(?P>n)",
    ])
    func `constructs that reach outside a pattern are refused`(text: String) {
        #expect(throws: HeaderPattern.Fault.self) { try HeaderPattern(parsing: text) }
    }

    @Test(arguments: ["[(*]a", "[]\\]x]", "(?:a|b)", "(?i)a", "(?=a)a", "\\(\\*a", "(?-i)a"])
    func `what only looks like them is allowed`(text: String) throws {
        #expect(try HeaderPattern(parsing: text).text == text)
    }

    @Test func `threads share a pattern`() async throws {
        let pattern = try HeaderPattern(parsing: "[a-z]{3,}")
        let hits = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                group.addTask { (0..<2_000).filter { _ in pattern.fits("abcdef") }.count }
            }
            return await group.reduce(0, +)
        }
        #expect(hits == 16_000)
    }
}

// `#expect` cannot hold a span, so these take what a test has.
extension Glob {
    func fits(_ text: String) -> Bool { fits(bytes: Array(text.utf8)) }
    func fits(bytes: [UInt8]) -> Bool { matches(bytes.span) }
}

extension HeaderPattern {
    func fits(_ text: String) -> Bool { fits(bytes: Array(text.utf8)) }
    func fits(bytes: [UInt8]) -> Bool { matches(bytes.span) }
}
