import Shortening
import Testing

@Suite struct ProseTests {
    private func collapsed(_ text: String) -> String {
        String(decoding: Prose.collapsed(Array(text.utf8)), as: UTF8.self)
    }

    @Test func `spaces and empty lines of prose are collapsed`() {
        #expect(collapsed("This is  a text.  It has   gaps.") == "This is a text. It has gaps.")
        #expect(
            collapsed("One two three four five.\n\n\n\nSix seven eight nine ten.")
                == "One two three four five.\n\nSix seven eight nine ten."
        )
        #expect(collapsed("Größe  und  Maß sind  hier wichtig.") == "Größe und Maß sind hier wichtig.")
    }

    @Test(arguments: [
        // Fences, inline code, indented code.
        "Look at this here:\n```\na  b\n\n\n\nc   d\n```", "~~~~ swift\nlet  x\n~~~\nstill code  here and there\n~~~~",
        "```\nnever ends\n\n\n\nso  this stays  as it is",
        "Use `a  b` and  then go on with it", "    four  spaces  are code here",
        "\ttab  is  code as well here", "a  \tb c d e f",
        "````markdown\n```js\nx  = 1\n```\nThis is  inside of the outer block\n````",
        "> ```\nquoted fence  here or not here\n```\nand what  is this then",
        // Data.
        "{\"a\":  1,  \"b\":  2}", "name:  value and  more words here", "- one  two  three four",
        "1.  first  item of list here",
        "| a  | b   |\n|----|-----|\n| 1  | 2   |", "NAME     AGE     CITY and more",
        "Anna      Berlin is where\nBertha    Hamburg is where", "x = a  + b in some way",
        "call(a);  call(b) and so on;",
        "<p>some  text  in a tag</p>", "$ ls  -l  /tmp # list it all", "# A  heading  of some kind", "a  b",
        // Nothing to do.
        "A plain sentence.", "", " ", "\n\n\n", "One line with a break here  \nand the next line of it",
        "Text with words in it.\n\n\n\n    code  block\n\n\n\nMore text with words in it.",
    ])
    func `what may mean something by its spaces stays`(text: String) {
        #expect(collapsed(text) == text)
    }

    @Test func `prose around code is collapsed, the code is not`() {
        let code = "```python\ndef  f(x):\n    return  x\n\n\n\nf(1)\n```"
        let text =
            "Some  words stand  before it.\n\n\(code)\n\nSome  words stand  behind it.\n\n\n\nAnd more of them  here."
        #expect(
            collapsed(text)
                == "Some words stand before it.\n\n\(code)\n\nSome words stand behind it.\n\nAnd more of them here."
        )
    }

    @Test func `whatever the text, twice is as once, words stay, and code blocks stay byte for byte`() {
        let pieces = [
            "Some words that go on  and on.", "a   b", "\n", "\n\n\n", "```", "```js", "~~~", "    code  here", "\t",
            " ", "  ",
            "| a  | b |", "- item  of a list", "key:  value", "let  x = [1,  2]", "`inline  code`",
            "Zwölf  Boxkämpfer jagen Viktor",
            "\r\n", "end;", "> quote  of it", "{\"a\":  1}", "One two  three four five six.",
        ]
        var random = Random(seed: 11)
        var changed = 0
        for _ in 0..<4_000 {
            let text = (0..<(1 + random.below(14))).map { _ in
                pieces[random.below(pieces.count)] + (random.below(2) == 0 ? "\n" : "")
            }.joined()
            let once = collapsed(text)
            #expect(collapsed(once) == once, "\(text.debugDescription)")
            #expect(once.utf8.count <= text.utf8.count)
            #expect(words(once) == words(text), "\(text.debugDescription)")
            #expect(blocks(once) == blocks(text), "\(text.debugDescription)")
            if once != text { changed += 1 }
        }
        #expect(changed > 100, "\(changed)")
    }

    private func words(_ text: String) -> [[UInt8]] {
        text.utf8.split { [0x20, 0x0a, 0x0d, 0x09].contains($0) }.map(Array.init)
    }

    /// Fenced blocks as CommonMark has them, and indented lines, read by other means than the code under test.
    private func blocks(_ text: String) -> [String] {
        var found: [String] = []
        var fence: String?
        var block = ""
        for line in text.utf8.split(separator: 0x0a, omittingEmptySubsequences: false).map({
            String(decoding: $0, as: UTF8.self)
        }) {
            let indent = line.prefix { $0 == " " }.count
            let rest = line.dropFirst(indent)
            if let open = fence {
                block += line + "\n"
                let signs = rest.prefix { $0 == open.first }
                let isEnd = signs.count >= open.count && rest.dropFirst(signs.count).allSatisfy { " \t\r".contains($0) }
                if indent < 4, isEnd {
                    found.append(block)
                    fence = nil
                }
            } else if indent < 4, rest.hasPrefix("```") && !rest.dropFirst(3).contains("`") || rest.hasPrefix("~~~") {
                fence = String(rest.prefix { $0 == rest.first })
                block = line + "\n"
            } else if words(line).isEmpty {
                continue
            } else if indent >= 4 || line.contains("\t") || line.contains("`") {
                found.append(line)
            }
        }
        return fence == nil ? found : found + [block]
    }
}

/// The same numbers for the same seed.
struct Random {
    private var state: UInt64
    init(seed: UInt64) { state = seed }
    mutating func below(_ limit: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int((state >> 33) % UInt64(limit))
    }
}
