import Bytes
import Content

// `#expect` cannot hold a span, so these take what a test has.
extension ContentScanner {
    func scan(_ text: String) -> [Finding] { scan(Array(text.utf8).span) }
    func scanAll(_ text: String) -> [Finding] { scanAll(Array(text.utf8).span) }
    func scanUngated(_ text: String) -> [Finding] { ungated.scan(text) }
}

extension ContentPattern {
    func outcome(_ text: String) -> Outcome { search(Array(text.utf8).span) }
}

func finds(_ builtin: Builtin, _ text: String) -> Bool {
    scanners[builtin]?.scan(text).isEmpty == false
}

private let scanners = Dictionary(
    uniqueKeysWithValues: Builtin.allCases.map { ($0, ContentScanner([ContentRule(builtins: [$0])])) }
)

/// Letters and digits as a key generator makes them: both cases and a digit are always there.
func random(_ length: Int) -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
    return "aB7" + String((3..<length).map { _ in alphabet.randomElement() ?? "a" })
}

/// Sixteen digits with a right last one.
func randomCard() -> String {
    var digits = [Int.random(in: 3...6)] + (0..<14).map { _ in Int.random(in: 0...9) }
    let sum = digits.reversed().enumerated().reduce(0) { sum, item in
        let doubled = item.element * 2
        return sum + (item.offset % 2 == 0 ? (doubled > 9 ? doubled - 9 : doubled) : item.element)
    }
    digits.append((10 - sum % 10) % 10)
    return digits.map(String.init).joined()
}

/// A German account number with right check digits.
func randomAccount() -> String {
    let account = (0..<18).map { _ in String(Int.random(in: 0...9)) }.joined()
    // D is 13 and E is 14; the check digits stand for 00 while they are sought.
    let remainder = (account + "131400").reduce(0) { value, digit in (value * 10 + (digit.wholeNumberValue ?? 0)) % 97 }
    let check = 98 - remainder
    return "DE" + (check < 10 ? "0" : "") + String(check) + account
}

func randomProse() -> String {
    let words = [
        "the", "model", "answers", "questions", "about", "ski", "trips", "in", "Äpfel", "α", "and", "costs", "12",
        "EUR",
    ]
    return (0..<Int.random(in: 0...40)).map { _ in words.randomElement() ?? "" }.joined(separator: " ")
}

/// Prose, pieces of what is looked for, and whole samples, in any order.
func randomText() -> String {
    let pieces = [
        "@", ".", "-", " ", "sk-", "AKI", "A", "eyJ", "gh", "p_", "api", "key", "078-05-1120", "078-", "05", "a@b.de",
        "1.2.3.4",
        "-----BEGIN ", "PRIVATE KEY", "-----", "+1", "212 555 0143", "DE89", "é", "K", "ſ", "\n", "\"", ":", "=",
    ]
    return (0..<Int.random(in: 0...30)).map { _ in
        switch Int.random(in: 0..<12) {
        case 0: randomCard()
        case 1: randomAccount()
        case 2: random(40)
        case 3: randomProse()
        default: pieces.randomElement() ?? ""
        }
    }.joined()
}
