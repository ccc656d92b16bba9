import Shortening
import Testing

@Suite struct ProseTests {
    private func collapsed(_ text: String) -> String {
        String(decoding: Prose.collapsed(Array(text.utf8)), as: UTF8.self)
    }

    private static let one = "This is the first paragraph of it all. It has two sentences in it."
    private static let two = "Another one stands behind it, and goes on a bit. That is all there is to say."

    @Test func `spaces at the end of lines and empty lines between paragraphs go`() {
        let (one, two) = (Self.one, Self.two)
        #expect(collapsed("\(one)   \n\n\n\n\n\(two)") == "\(one)\n\n\(two)")
        #expect(collapsed("\(one)\r\n\r\n\r\n\r\n\(two)") == "\(one)\r\n\r\n\(two)")
        #expect(collapsed("\(one)\n \n\t\n\(two)") == "\(one)\n \n\(two)".replacing("\n \n", with: "\n\n"))
        #expect(
            collapsed(
                "This first line ends \nin a space, and so on it goes. The next line ends    \nin four, that is a break.  \n"
            )
                == "This first line ends\nin a space, and so on it goes. The next line ends  \nin four, that is a break.\n"
        )
        let german = "Größe und Maß sind hier wichtig. Das weiß auch jeder, der misst und wägt."
        #expect(collapsed("\(german)\n\n\n\n\(german)") == "\(german)\n\n\(german)")
        #expect(
            collapsed("# A heading\n\nDear all,\n\n\(one) \n\n\n\n\(two)")
                == "# A heading\n\nDear all,\n\n\(one)\n\n\(two)"
        )
    }

    @Test func `what stands within a line and what ends the text stays`() {
        let (one, two) = (Self.one, Self.two)
        let spaced = one.replacing(". It", with: ".  It")
        #expect(collapsed("\(spaced) \n\n\n\n\(two)   ") == "\(spaced)\n\n\(two)   ")
        #expect(collapsed("\(one)\n\n\n\n") == "\(one)\n\n\n\n")
        #expect(collapsed("\n\n\n\n\(one)") == "\n\n\n\n\(one)")
    }

    @Test func `prose around a fenced block is collapsed, the block is not`() {
        let (one, two) = (Self.one, Self.two)
        let code = "```python\ndef  f(x):   \n    return  x\n\n\n\nf(1)\n```"
        #expect(
            collapsed("\(one)  \n\n\n\(code)\n\n\n\n\(one)\n\n\n\(two)")
                == "\(one)\n\n\n\(code)\n\n\n\n\(one)\n\n\(two)"
        )
    }

    // MARK: What is not prose

    @Test(arguments: corpus)
    func `code, tables, logs and the like stay byte for byte, wherever prose stands`(code: String) {
        let (one, two) = (Self.one, Self.two)
        #expect(collapsed(code) == code)
        for text in [
            "\(one)   \n\n\n\n\(code)", "\(code)   \n\n\n\n\(one)   \n\n\n\n\n\(two)  \n", "\(one)\n\(code)  \n\(two)",
        ] {
            let after = collapsed(text)
            #expect(after.contains(code), "\(after)")
        }
        // Within a literal of several lines.
        for text in [
            "x = \"\"\"\n\n\(one)   \n\n\n\n\(two)\n\n\"\"\"\n\(code)",
            "cat <<END\n\n\(one)  \n\n\n\n\(two)\n\nEND\n\(code)",
            "/*\n\n\(one)  \n\n\n\n\(two)\n\n*/\n\(code)", "const x = `\n\n\(one)  \n\n\n\n\(two)\n\n`;\n\(code)",
            "<pre>\n\n\(one)  \n\n\n\n\(two)\n\n</pre>\n\(code)", "```\n\n\(one)  \n\n\n\n\(two)\n\n\(code)",
        ] {
            #expect(collapsed(text) == text)
        }
    }

    /// Snippets as people paste them, most without a fence.
    private static let corpus = [
        // What a reader of an earlier build saw changed.
        "for i in  range(3):\n\n\n\n  print(i)", "git commit   -m x", "SELECT name   FROM users", "0x00  0xff  12  af",
        // Python, Ruby, shell, make.
        "def  foo():\n  return  1", "import   os\nfrom   sys import argv\n\n\n\nprint  (argv)",
        "x = [1,  2]   \n\n\n\ny = 3",
        "\"\"\"Says hello.\n\n\n\nIt does so to all. And then it ends.   \n\"\"\"",
        "class  Foo\n  def  bar\n  end\nend",
        "#!/bin/sh\necho  hello   world   \n\n\n\ncd   /tmp", "make   all\nmake   install",
        "make all\n\n\n\nmake install",
        "all:\n\tgcc  -o  x  x.c   \n\n\n\nclean:\n\trm x", "echo hello   world", "npm  install   express",
        "$ ls   -l   \n\n\n\ntotal 0",
        "export PATH=$PATH:/usr/bin   \n\n\n\n", "cat <<EOF\nThis is text. It is in a file.   \n\n\n\nEOF",
        // C and its kin.
        "int  main(void)\n{\n\treturn 0;   \n}\n\n\n\nint x;", "if  (a)  { b  }", "let  x  =  5", "return  value",
        "// A comment that goes on. It has two sentences.   \n\n\n\nfunc f() {}",
        "/* Text. More of it here.   \n\n\n\n*/",
        "fn main() {\n    println!(\"a  b\");\n}\n\n\n\n", "func f() -> Int {\n  1\n}   \n\n\n\nstruct S {}",
        "public class  A { }",
        "const s = `a\n\n\n\nb   \n`;", "package main\n\n\n\nimport \"fmt\"   \n", "int  main", "class  Foo",
        // Others.
        "SELECT  *  FROM  t  WHERE  a  =  1", "select name   from users   \n\n\n\nwhere x",
        "(defun f (x)   \n\n\n\n  x)",
        "main = do\n  print  1   \n\n\n\n", "\\section{One}   \n\n\n\nSome text here. It is in a paper.",
        "program  hello\nend",
        "MOVE A TO B.   \nSTOP RUN.\n\n\n\nEND PROGRAM.", "likes(mary, wine).   \n\n\n\nlikes(john, X).",
        "a  b\\\n c   d",
        "identification division.\nprogram-id. hello.   \n\n\n\nprocedure division.\ndisplay greeting.   \n",
        "<p>a   b</p>   \n\n\n\n<p>c</p>", "body {\n  color:  red;   \n}\n\n\n\n", "{\"a\":  1,   \n\n\n\n\"b\": 2}",
        "diff --git a/x b/x\n-one  \n+one\n\n\n\n context  ", "@@ -1,2 +1,2 @@\n line   \n",
        "FROM alpine   \n\n\n\nRUN apk add curl",
        // YAML, INI, logs, tables, dumps.
        "key:   value", "key: value   \n\n\n\nother: value",
        "a: |\n  Text in a block. It goes on here.   \n\n\n\n  More.",
        "[section]\nname =  x   \n\n\n\nother = y", "- item   one\n- b", "1.  foo   bar",
        "- a: 1   \n- b: 2\n\n\n\n- c: 3",
        "2024-01-01 12:00:00  INFO   started   \n\n\n\n2024-01-01 12:00:01  WARN   slow",
        "Jan  1 12:00:00 host sshd[1]: Accepted   \n\n\n\n", "| a  | b |\n|--|--|", "a\tb\tc   \n\n\n\nd\te\tf",
        "col1    col2    col3\n1       2       3", "Total      15\nTax         3", "A  B  C\nD  E  F",
        "Anna      Berlin\nBo        Ulm",
        "NAME   READY   STATUS\nweb    1/1     Running", "00000000  48 65 6c 6c 6f  |Hello|",
        "00 01 02 03   \n04 05 06 07\n\n\n\n08",
        "name,age   \nanna,3\n\n\n\nbo,4", "12  34\n56  78", "     centered     text",
        "poem line one\n   indented line\n\n\n\nstanza",
        // Markdown.
        "    indented   code\n\n\n    more", "\tindent  tab", "`a  b`",
        "Use `a  b` and  then go on. It is so.   \n\n\n\nMore.",
        "> quote   x", "~~~~ swift\nlet  x   \n~~~\nstill here  and there\n~~~~", "````md\n```js\nx  = 1\n```\n````",
        "> ```\nquoted fence  here\n```\nand what  is this then", "```\nnever ends   \n\n\n\nso  this stays",
        "- ```\n  a   \n  ```", "``` a ` b\nx   \n```", "hello    world\n  second line",
        "Dear   all\n\n\n\nthis is   prose.",
        "print   hello\nreturn   x", "WHERE  name   like   joe", "one  two\nthree  four",
    ]

    @Test(arguments: ["A plain sentence.", "", " ", "\n\n\n", "One line with a break here  \nand the next line of it"])
    func `where there is nothing to do nothing is done`(text: String) { #expect(collapsed(text) == text) }

    @Test func `whatever the text, twice is as once, words stay, and code blocks stay byte for byte`() {
        let pieces = [
            Self.one, Self.one + "   ", Self.two, Self.two + " ", "Dear all", "# A heading", "- a point of a list",
            "a   b", "\n",
            "\n\n\n", "```", "```js", "~~~", "    code  here", "\t", " ", "  ", "| a  | b |", "key:  value",
            "let  x = [1,  2]",
            "`inline  code`", "Zwölf Boxkämpfer jagen Viktor quer durch den Park. Am Ende sind alle müde und satt.  ",
            "\r\n",
            "end;", "> quote  of it", "{\"a\":  1}",
        ]
        var random = Random(seed: 11)
        var changed = 0
        for round in 0..<6_000 {
            // Few kinds of pieces at a time, so that some texts are prose from end to end.
            let some = round % 2 == 0 ? Array(pieces[0..<10]) : pieces
            let text = (0..<(1 + random.below(9))).map { _ in
                some[random.below(some.count)] + (random.below(4) > 0 ? "\n" : "")
            }.joined()
            let once = collapsed(text)
            #expect(collapsed(once) == once, "\(text.debugDescription)")
            #expect(once.utf8.count <= text.utf8.count)
            #expect(words(once) == words(text), "\(text.debugDescription)")
            #expect(blocks(once) == blocks(text), "\(text.debugDescription)")
            if once != text { changed += 1 }
        }
        #expect(changed > 300, "\(changed)")
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
