import Content
import Routing
import Testing

/// Which patterns are allowed, and where the others fail.
struct ContentPatternTests {
    @Test(
        arguments: [
            ("(ab", 3), ("[a-", 3), ("a**", 2), ("(a)\\1", 3), ("(?R)", 0), ("x(?1)", 1), ("(*COMMIT)a", 0),
            ("a\\Cb", 1),
            ("(?C1)a", 0), ("\\Qa\\E", 0), ("a\\Kb", 1), ("(?(1)a|b)", 0), ("(?x)a b", 0), ("\\012", 0), ("a{,3}", 1),
        ]
    )
    func `a pattern that may not be used is told where`(text: String, offset: Int) {
        let fault = #expect(throws: ContentPattern.Fault.self) { try ContentPattern(parsing: text) }
        #expect(fault?.offset == offset, "\(fault?.sentence ?? "")")
        #expect(fault?.sentence.hasSuffix(".") == false)
    }

    @Test(
        arguments: [
            "(?#[)\\1", "[[:alpha:]\\]]\\1", "[]a]\\1", "[^]]\\1", "(?i)\\1", "(?:(?<n>a)|b)\\k<n>", "a#[\n\\1",
        ]
    )
    func `a back-reference cannot hide`(text: String) {
        #expect(throws: ContentPattern.Fault.self) { try ContentPattern(parsing: text, flags: "x") }
    }

    @Test func `flags mean what they say`() throws {
        #expect(try ContentPattern(parsing: "ab", flags: "i").outcome("xAB") == .match(1..<3))
        #expect(try ContentPattern(parsing: "^b", flags: "m").outcome("a\nb") == .match(2..<3))
        #expect(try ContentPattern(parsing: "a.b", flags: "s").outcome("a\nb") == .match(0..<3))
        #expect(try ContentPattern(parsing: "a b # c", flags: "x").outcome("ab") == .match(0..<2))
        #expect(throws: ContentPattern.Fault.self) { try ContentPattern(parsing: "a", flags: "g") }
    }

    @Test func `an empty pattern matches everything`() throws {
        #expect(try ContentPattern(parsing: "").outcome("") == .match(0..<0))
    }
}

/// What every match must hold (HP804).
struct RequiredBytesTests {
    private func windows(_ pattern: String, flags: String = "") throws -> [String]? {
        let letters = try #require(PatternTree.Flags(flags))
        return RequiredBytes(of: try PatternTree(parsing: pattern, flags: letters))?.windows.map { window in
            window.map { set in
                let text = (UInt8(0x20)..<0x7f).filter(set.contains).map { String(Character(Unicode.Scalar($0))) }
                    .joined()
                return text.count == 1 ? text : "[\(text.count > 12 ? "…" : text)]"
            }.joined()
        }
    }

    @Test(arguments: [#"\w+"#, ".*", "a?b?", "(a|)", "[a-z]+ [a-z]+", "e", "(?=AKIA)", "(AKIA)?x*", "(AKIA|.)"])
    func `a pattern that ordinary text may always match has none`(pattern: String) throws {
        #expect(try windows(pattern) == nil)
    }

    @Test func `the rarest run is chosen`() throws {
        #expect(try windows("the AKIA key") == ["AKIA"])
        #expect(try windows(#"\bMRN[- ]?\d{7,10}\b"#) == ["MRN"])
        #expect(try windows(#"\d{2}-\d"#) == ["[0123456789][0123456789]-[0123456789]"])
        #expect(try windows("(?:QZX|QZJ) a") == ["QZX", "QZJ"])
        #expect(try windows("gh[po]_") == ["gh[op]_"])
        #expect(try windows("(ab){3}Z") == ["babZ"])
        #expect(try windows("xq{2,5}z") == ["qqz"])
    }

    @Test func `letters with partners beyond ASCII do not count without regard to case`() throws {
        // U+212A is a capital K to PCRE2, U+017F a capital S.
        #expect(try windows("api_key", flags: "i") == ["[Aa][Pp][Ii]_"])
        #expect(try windows("(?i)skis") == nil)
        #expect(try ContentPattern(parsing: "key", flags: "i").outcome("\u{212a}EY") == .match(0..<5))
    }

    /// Random small patterns on random small texts: a match without a required window would be lost in production.
    @Test func `no match lacks them`() throws {
        var checked = 0
        for _ in 0..<6_000 {
            let text = randomPattern(3)
            guard let pattern = try? ContentPattern(parsing: text) else { continue }
            let gated = ContentScanner([ContentRule(pattern: pattern)])
            for _ in 0..<8 {
                let subject = String((0..<Int.random(in: 0...12)).map { _ in "QZXJ1".randomElement() ?? "Q" })
                let ungated = gated.scanUngated(subject)
                // What was given up may or may not have matched; without the bytes it would not have.
                if ungated.contains(where: \.isGivenUp) { continue }
                #expect(gated.scan(subject) == ungated, "\(text) on \(subject)")
                checked += 1
            }
        }
        #expect(checked > 20_000)
    }

    private func randomPattern(_ depth: Int) -> String {
        let atoms = ["Q", "Z", "X", "J", "1", #"\d"#, "[QZ]", "[^Q]", ".", #"\b"#, #"\x{51}"#, "(?i)q", "(?=Z)"]
        guard depth > 0 else { return atoms.randomElement() ?? "Q" }
        let parts = (0..<Int.random(in: 1...3)).map { _ in
            let part = randomPattern(depth - 1)
            return switch Int.random(in: 0..<8) {
            case 0: "(?:\(part))*"
            case 1: "(?:\(part)){2,3}"
            case 2: "(?:\(part)|\(randomPattern(depth - 1)))"
            case 3: "(?:\(part))?"
            case 4: "(?>\(part))+"
            case 5: "(\(part)){3}"
            default: part
            }
        }
        return parts.joined()
    }
}

/// Patterns that may take very long (HP312).
struct PatternSafetyTests {
    @Test(
        arguments: [
            #"(\d+)+x"#, "^(a+)+$", "(?:[a-z]+-?)+", #"(\w|\d)+x"#, "(a|b|)+c", #"\s*\s*x"#, #"(?:(?:\d+)*)*"#,
            "(a*b?)*c",
            #"\w+\s*\w+="#,
        ]
    )
    func `ways without number are seen`(pattern: String) throws {
        #expect(PatternSafety.risk(of: try PatternTree(parsing: pattern)) != nil)
    }

    @Test(
        arguments: [
            #"\bMRN[- ]?\d{7,10}\b"#, #"(?:\d+,)+"#, #"(?>\d+)+x"#, #"(?:\d++)+x"#, "(?:foo|bar)+", #"\s*=\s*"#,
            #"(\w+\s)*"#,
            #"(?:\d{1,3}\.){3}\d{1,3}"#, "(a|b)+c",
        ]
    )
    func `patterns with one way are not blamed`(pattern: String) throws {
        #expect(PatternSafety.risk(of: try PatternTree(parsing: pattern)) == nil)
    }

    @Test func `the risk is told where`() throws {
        let risk = PatternSafety.risk(of: try PatternTree(parsing: #"ab(\d+)+x"#))
        #expect(risk?.range == 2..<8)
    }

    @Test func `no built-in is risky`() throws {
        for shape in Builtin.allCases.flatMap(\.shapes) {
            let flags = try #require(PatternTree.Flags(shape.flags))
            #expect(
                PatternSafety.risk(of: try PatternTree(parsing: shape.pattern, flags: flags)) == nil,
                "\(shape.pattern)"
            )
        }
    }
}
