import Interpreter
import Testing

@Suite struct GlobPatternTests {
    @Test(arguments: [
        ("gpt-*", "gpt-4o", true), ("gpt-*", "gpt-", true), ("gpt-*", "GPT-4", false), ("*-mini", "o-mini", true),
        ("*", "", true), ("*", "a/b", true), ("?", "ä", true), ("?", "ab", false), ("?", "", false),
        ("[a-c]x", "bx", true), ("[!a-c]x", "bx", false), ("[!a-c]x", "dx", true), ("[a-]", "-", true),
        ("{a,b{c,d}}x", "bdx", true), ("{a,b{c,d}}x", "bx", false), ("{,a}b", "b", true), ("a\\*", "a*", true),
        ("a\\*", "ab", false), ("a*b*c", "aXbYc", true), ("a*b*c", "acb", false), ("o[134]*", "o3-mini", true),
        ("[a", "a", false), ("{a", "a", false), ("a}", "a}", false), ("[", "[", false), ("a,b", "a,b", true),
    ]) func `a glob fits what it should`(pattern: String, text: String, isFitting: Bool) {
        #expect(GlobPattern(pattern).matches(text) == isFitting)
    }

    @Test func `many stars over a long text end soon`() {
        let text = String(repeating: "a", count: 2_000)
        #expect(!GlobPattern("*a*a*a*a*a*a*a*b").matches(text))
    }
}
