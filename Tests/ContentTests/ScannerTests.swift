import Content
import Foundation
import Testing

/// What each built-in finds, and what it leaves alone.
struct BuiltinTests {
    @Test(
        arguments: [
            (Builtin.email, "write to jane.doe+x@mail.example.com, please"), (.email, "postmaster@bücher.example"),
            (.email, "name@xn--bcher-kva.example"), (.phoneUS, "call (212) 555-0143 today"), (.phoneUS, "212.555.0143"),
            (.phoneUS, "+1 212 555 0143"), (.phoneUS, "+12125550143"), (.ssn, "my ssn is 078-05-1120"),
            (.ssn, "078 05 1120"), (.creditCard, "4111 1111 1111 1111"), (.creditCard, "card:5555555555554444."),
            (.creditCard, "3782-822463-10005"), (.creditCard, "no.4111111111111111"), (.ipv4, "from 192.168.10.254."),
            (.iban, "pay to DE89 3704 0044 0532 0130 00 and tell me"), (.iban, "gb82west12345698765432"),
            (.iban, "NO9386011117947"), (.privateKey, "-----BEGIN " + "OPENSSH PRIVATE KEY-----"),
            (.privateKey, "-----BEGIN " + "PRIVATE KEY-----"),
        ]
    )
    func `personal data is found`(builtin: Builtin, text: String) {
        #expect(finds(builtin, text))
    }

    @Test(
        arguments: [
            (Builtin.email, "@decorator and a@b and user@localhost"), (.email, "1 @ 2.50"),
            (.phoneUS, "2125550143"), (.phoneUS, "1795165200"), (.phoneUS, "123-456-7890"), (.ssn, "000-12-3456"),
            (.ssn, "666-12-3456"), (.ssn, "912-12-3456"), (.ssn, "078-00-1120"), (.ssn, "078-05-0000"),
            (.ssn, "1078-05-1120"), (.ssn, "078-05 1120"), (.creditCard, "4111 1111 1111 1112"),
            (.creditCard, "0.4111111111111111"), (.creditCard, "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15"),
            (.creditCard, "41111111111111114111"), (.ipv4, "256.1.1.1"), (.ipv4, "1.2.3"), (.ipv4, "1.2.3.4.5"),
            (.ipv4, "v1.2.3.4"), (.iban, "DE88 3704 0044 0532 0130 00"), (.iban, "ZZ12 3456 7890 1234"),
            (.iban, "ab12cdefghijklmnop"), (.privateKey, "-----BEGIN PUBLIC KEY-----"),
            (.apiKey, "sk-learn-tutorial-2024-part-one-of-many"), (.apiKey, "api_key: your_own_api_key_goes_here"),
            (.apiKey, "sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"), (.jwt, "eyJhbGciOi"), (.awsKey, "AKIA is a prefix"),
            (.githubToken, "ghp_short"),
        ]
    )
    func `what only looks alike is left alone`(builtin: Builtin, text: String) {
        #expect(!finds(builtin, text))
    }

    /// Keys are put together here, so that no file of the project holds one.
    @Test(
        arguments: [
            (Builtin.apiKey, "sk-proj-", 80), (.apiKey, "sk-ant-api03-", 93), (.apiKey, "sk-or-v1-", 64),
            (.apiKey, "sk-", 48), (.apiKey, "AI" + "za", 35), (.apiKey, "gsk_", 52), (.apiKey, "xai-", 80),
            (.apiKey, "hf_", 34), (.apiKey, "glpat-", 20), (.apiKey, "sk_live_", 24), (.apiKey, "api_key = ", 32),
            (.apiKey, "API-Key: '", 24), (.githubToken, "gh" + "p_", 36), (.githubToken, "github" + "_pat_", 82),
        ]
    )
    func `keys of today's providers are found`(builtin: Builtin, prefix: String, length: Int) {
        for _ in 0..<200 {
            let key = prefix + random(length)
            #expect(finds(builtin, "here: \(key) thanks"), "\(key.prefix(12))…")
            #expect(!finds(builtin, "x\(prefix.dropLast())"))
        }
    }

    /// Lengths and alphabets as Slack, Google, Vault, Databricks, Notion and Telegram make them.
    @Test(
        arguments: [
            ("xapp" + "-1-A0123ABCD-4567890123456-", 64, ""),
            ("https://hooks.slack" + ".com/services/T0123ABCD/B0123ABCD/", 24, ""),
            ("https://hooks.slack" + ".com/workflows/T0123ABCD/A0123ABCD/442660231806210747/", 24, ""),
            ("ya" + "29.", 180, ""), ("ya" + "29.c.", 180, ""), ("GOCSPX" + "-", 28, ""), ("hv" + "s.", 24, ""),
            ("hv" + "s.CAES", 91, ""), ("hv" + "b.", 140, ""), ("ntn" + "_12345678901", 35, ""),
            ("https://api.telegram.org/bot123456789:AA", 33, "/getMe"),
            ("110201543:AA", 32, ""), ("7110201543:AA", 33, ""),
        ]
    )
    func `tokens of services that agents use are found`(prefix: String, length: Int, suffix: String) {
        for _ in 0..<50 {
            let key = prefix + random(length)
            #expect(finds(.apiKey, "here: \(key)\(suffix) thanks"), "\(prefix)")
            #expect(finds(.apiKey, "{\"token\":\"\(key)\(suffix)\"}"), "\(prefix)")
            #expect(!finds(.apiKey, "here: \(key.prefix(prefix.count + 4)) thanks"), "\(prefix)")
        }
    }

    @Test func `a token of Databricks is hexadecimal, of one length`() {
        let digits = String((0..<32).map { _ in "0123456789abcdef".randomElement() ?? "a" })
        #expect(finds(.apiKey, "token dapi\(digits)."))
        #expect(finds(.apiKey, "token dapi\(digits)-2"))
        #expect(!finds(.apiKey, "token dapi\(digits)0"))
        #expect(!finds(.apiKey, "token dapi\(digits.dropLast())g"))
        #expect(!finds(.apiKey, "xdapi\(digits)"))
    }

    @Test func `what only begins or looks like a token of a service is left alone`() {
        for text in [
            "xapp-1-A0123", "the xapp-framework-for-building-apps-and-more-of-them-still",
            "https://hooks.slack" + ".com/services/",
            "https://hooks.slack" + ".com/services/T0123ABCD/B0123ABCD", "https://slack.com/help/articles/115005265063",
            "ya29. is how they begin", "GOCSPX-your-secret-here", "hvs.example",
            "the ntn_protocol_handler_for_all_of_the_many_old_clients",
            "12:30:ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGH", "1795165200:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
            "123456789:AA" + random(40), "x123456789:AA" + random(33),
        ] {
            #expect(!finds(.apiKey, text), "\(text)")
        }
    }

    @Test func `an AWS key is found by its id and by its secret's name`() {
        let id = "AK" + "IA" + String((0..<16).map { _ in "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".randomElement() ?? "A" })
        #expect(finds(.awsKey, "id \(id)"))
        #expect(!finds(.awsKey, "id \(id)A"))
        #expect(finds(.awsKey, "aws_secret_access_key = " + random(40)))
    }

    @Test func `a token of three parts and one of five are found`() {
        let head = "ey" + "J" + random(30)
        #expect(finds(.jwt, "Bearer \(head).eyJ\(random(60)).\(random(43))"))
        #expect(finds(.jwt, "\(head).\(random(40)).\(random(16)).\(random(80)).\(random(22))"))
    }

    @Test func `Luhn and the remainder by 97 catch one wrong digit`() {
        for _ in 0..<300 {
            let card = randomCard()
            #expect(finds(.creditCard, card), "\(card)")
            var wrong = Array(card)
            let place = Int.random(in: 1..<16)
            wrong[place] = wrong[place] == "9" ? "0" : Character(String((wrong[place].wholeNumberValue ?? 0) + 1))
            #expect(!finds(.creditCard, String(wrong)))
            let account = randomAccount()
            #expect(finds(.iban, account), "\(account)")
            var other = Array(account)
            let digit = Int.random(in: 4..<22)
            other[digit] = other[digit] == "9" ? "0" : Character(String((other[digit].wholeNumberValue ?? 0) + 1))
            #expect(!finds(.iban, String(other)))
        }
    }
}

/// The scanner as a whole.
struct ScannerTests {
    @Test func `every built-in's patterns compile and need bytes that plain text lacks`() {
        // A pattern without required bytes would find its own sample even if the shared pass saw nothing of it; here every
        // one must be told apart from ordinary prose by that pass.
        let scanner = ContentScanner(Builtin.allCases.map { ContentRule(builtins: [$0]) })
        #expect(scanner.alwaysRunning == 0)
        #expect(scanner.detectorCount == Builtin.allCases.flatMap(\.shapes).count)
    }

    @Test func `findings name the rule, the source and the bytes`() throws {
        let rules = [
            ContentRule(builtins: [.apiKey, .email]),
            ContentRule(builtins: [.ssn], pattern: try ContentPattern(parsing: #"\bMRN[- ]?\d{7,10}\b"#, flags: "i")),
        ]
        let scanner = ContentScanner(rules)
        #expect(
            scanner.scan("my ssn is 078-05-1120") == [
                Finding(rule: 1, source: .builtin(.ssn), range: 10..<21, isGivenUp: false)
            ]
        )
        #expect(
            scanner.scan("é mrn 00123456 a@b.de") == [
                Finding(rule: 0, source: .builtin(.email), range: 16..<22, isGivenUp: false),
                Finding(rule: 1, source: .pattern, range: 3..<15, isGivenUp: false),
            ]
        )
        #expect(scanner.scan("").isEmpty)
    }

    @Test func `all finds come in order and do not overlap`() {
        let scanner = ContentScanner([ContentRule(builtins: [.email])])
        let all = scanner.scanAll("a@b.de, c@d.de; e@f.de")
        #expect(all.map(\.range) == [0..<6, 8..<14, 16..<22])
    }

    @Test func `a pattern that takes too long counts as found`() throws {
        let pattern = try ContentPattern(parsing: "^(a+)+$")
        let scanner = ContentScanner([ContentRule(pattern: pattern)])
        let findings = scanner.scan(String(repeating: "a", count: 5_000) + "b")
        #expect(findings == [Finding(rule: 0, source: .pattern, range: 0..<5_001, isGivenUp: true)])
        #expect(scanner.scan("aaaa").map(\.isGivenUp) == [false])
        #expect(scanner.scan("bbbb").isEmpty)
    }

    @Test func `a small limit gives up sooner`() throws {
        let text = String(repeating: "a", count: 24) + "b"
        #expect(try ContentPattern(parsing: "^(a+)+$", matchLimit: 100).outcome(text) == .limit)
    }

    @Test func `what the shared pass leaves out would not have matched`() {
        let gated = ContentScanner(Builtin.allCases.map { ContentRule(builtins: [$0]) })
        var found = 0
        for _ in 0..<4_000 {
            let text = randomText()
            let findings = gated.scan(text)
            found += findings.count
            #expect(findings == gated.scanUngated(text), "\(text)")
        }
        #expect(found > 500)
    }

    @Test func `planted secrets are found wherever they stand`() {
        let scanner = ContentScanner([ContentRule(builtins: [.creditCard]), ContentRule(builtins: [.iban, .ssn])])
        for _ in 0..<300 {
            let before = randomProse(), after = randomProse()
            #expect(scanner.scan("\(before) \(randomCard()) \(after)").contains { $0.rule == 0 })
            #expect(scanner.scan("\(before) \(randomAccount()) \(after)").contains { $0.rule == 1 })
            #expect(scanner.scan("\(before)\n078-05-1120, \(after)").contains { $0.rule == 1 })
        }
    }

    @Test func `bytes that are no UTF-8 do no harm`() {
        let scanner = ContentScanner(Builtin.allCases.map { ContentRule(builtins: [$0]) })
        for _ in 0..<500 {
            let bytes = (0..<Int.random(in: 0...200)).map { _ in UInt8.random(in: 0...255) }
            _ = scanner.scan(bytes.span)
            #expect(scanner.scan((bytes + Array(" 078-05-1120 ".utf8)).span).contains { $0.source == .builtin(.ssn) })
        }
    }

    @Test func `threads share a scanner`() async {
        let scanner = ContentScanner([ContentRule(builtins: [.email, .ssn])])
        let hits = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                group.addTask { (0..<500).reduce(0) { sum, _ in sum + scanner.scan("a@b.de 078-05-1120").count } }
            }
            return await group.reduce(0, +)
        }
        #expect(hits == 8 * 500 * 2)
    }
}
