import Foundation
import WireCases

// How what is planted is spelled, in JSON and otherwise.
extension PlantedRequest {
    /// Ways to write a text in JSON.
    struct Spelling {
        var dice: Dice
        init(_ dice: Dice) { self.dice = dice }

        mutating func flip(_ percent: Int = 50) -> Bool { Int.random(in: 0..<100, using: &dice) < percent }

        /// With words around it.
        mutating func sentence(_ text: String) -> String {
            let words = [
                "please", "look at", "the following:", "Größe", "\u{1f600}", "\"quoted\"", "line\nbreak", "a\\b",
            ]
            func some() -> String {
                (0..<Int.random(in: 0...3, using: &dice)).map { _ in
                    words[Int.random(in: 0..<words.count, using: &dice)]
                }
                .joined(separator: " ")
            }
            return "\(some()) \(text) \(some())"
        }

        /// A JSON string; some or all characters as `\u00XX`.
        mutating func quoted(_ text: String) -> String {
            let share = [0, 0, 20, 100][Int.random(in: 0..<4, using: &dice)]
            var result = "\""
            for unit in text.utf16 {
                let isPlain = unit >= 0x20 && unit < 0x7f && unit != 0x22 && unit != 0x5c
                if isPlain, !flip(share) {
                    result += String(UnicodeScalar(UInt8(unit)))
                } else {
                    let digits = String(unit, radix: 16, uppercase: flip())
                    result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                }
            }
            return result + "\""
        }

        /// As word processors and people who hide something write it: other digits, dashes and spaces, and what has no
        /// width in between.
        mutating func typeset(_ text: String) -> String {
            let dashes = ["\u{2010}", "\u{2011}", "\u{2013}", "\u{2014}", "\u{2212}", "\u{ff0d}"]
            let spaces = ["\u{a0}", "\u{2009}", "\u{202f}", "\u{3000}"]
            let unseen = ["\u{200b}", "\u{ad}", "\u{2060}", "\u{feff}", "\u{200d}"]
            let digits: [UInt32] = [0xff10, 0x660, 0x966, 0x1d7ce, 0x1d7f6]
            let zero = digits[Int.random(in: 0..<digits.count, using: &dice)]
            let (dash, space) = (flip(), flip())
            let (digit, hidden) = (flip(30), flip(30))
            var result = ""
            for character in text.unicodeScalars {
                if hidden, flip(30), !result.isEmpty {
                    result += unseen[Int.random(in: 0..<unseen.count, using: &dice)]
                }
                switch character {
                case "-" where dash: result += dashes[Int.random(in: 0..<dashes.count, using: &dice)]
                case " " where space: result += spaces[Int.random(in: 0..<spaces.count, using: &dice)]
                case "0"..."9" where digit:
                    result.unicodeScalars.append(Unicode.Scalar(zero + character.value - 0x30) ?? character)
                default: result.unicodeScalars.append(character)
                }
            }
            return result
        }

        /// In the address of something, once or twice; some or all bytes as `%XX`.
        mutating func address(_ text: String) -> String {
            let share = [20, 100][Int.random(in: 0..<2, using: &dice)]
            let percent = flip(25) ? "%25" : "%"
            let spelled = text.utf8.map { byte in
                let isPlain = UInt8(ascii: "0")...UInt8(ascii: "z") ~= byte && byte != UInt8(ascii: "\\")
                if isPlain, !flip(share) { return String(UnicodeScalar(byte)) }
                return percent + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: flip())
            }
            return "https://x.example/?k=\(spelled.joined())&n=1"
        }

        /// As HTML has it, some or all characters by number.
        mutating func page(_ text: String) -> String {
            let share = [20, 100][Int.random(in: 0..<2, using: &dice)]
            let spelled = text.unicodeScalars.map { character in
                guard flip(share) else { return String(character) }
                return flip() ? "&#\(character.value);" : "&#x\(String(character.value, radix: 16));"
            }
            return "<p>\(spelled.joined())</p>"
        }

        mutating func planted(_ text: String) -> String { quoted(sentence(text)) }

        /// The text in two to four parts.
        mutating func split(_ text: String) -> [String] {
            let all = Array(sentence(text))
            var cuts = (0..<Int.random(in: 1...3, using: &dice)).map { _ in Int.random(in: 0...all.count, using: &dice)
            }
            cuts.append(Int(all.count / 2))
            cuts = ([0, all.count] + cuts).sorted()
            return zip(cuts, cuts.dropFirst()).map { String(all[$0..<$1]) }
        }

        mutating func textParts(_ text: String, type: String? = "text") -> String {
            let parts = split(text).map { part in
                (type.map { "{\"type\": \"\($0)\", " } ?? "{") + "\"text\": \(quoted(part))}"
            }
            return "[\(parts.joined(separator: ", "))]"
        }
    }

    // MARK: Other spellings

    /// Links and pages in JSON, tokens by their numbers, lines of requests.
    static let spelledOtherwise: [Surface] = [
        { request, text, spelling in
            let link = spelling.address(text)
            request.secrets = request.secrets.isEmpty ? [] : [link]
            (request.path, request.body) = chat(
                "\"messages\": [\(hello)], \"metadata\": {\"u\": \(spelling.quoted(link))}"
            )
        },
        { request, text, spelling in
            let page = spelling.page(text)
            request.secrets = request.secrets.isEmpty ? [] : [page]
            (request.path, request.body) = chat(
                "\"messages\": [{\"role\": \"user\", \"content\": \(spelling.quoted(page))}]"
            )
        },
        { request, text, spelling in
            // Arguments that hold a link.
            let link = spelling.address(text)
            request.secrets = request.secrets.isEmpty ? [] : [link]
            let inner = "{\"url\": \(spelling.quoted(link))}"
            (request.path, request.body) = chat(
                "\"messages\": [\(hello), {\"role\": \"assistant\", \"tool_calls\": [{\"id\": \"c1\", \"type\": "
                    + "\"function\", \"function\": {\"name\": \"open\", \"arguments\": \(spelling.quoted(inner))}}]}, "
                    + "{\"role\": \"tool\", \"tool_call_id\": \"c1\", \"content\": \"done\"}]"
            )
        },
        { request, text, _ in
            // Nobody here knows what they say.
            (request.level, request.tags, request.secrets, request.isFixed) = (3, [], [], true)
            request.path = "/v1/embeddings"
            let tokens = text.utf8.map { "\(Int($0) * 97)" }.joined(separator: ", ")
            request.body = "{\"model\": \"mock-small\", \"input\": [[\(tokens)]]}"
        },
        { request, text, spelling in
            request.path = "/v1/notes"
            request.contentType = "application/jsonl"
            let line = "{\"custom_id\": \"1\", \"body\": {\"messages\": [{\"role\": \"user\", \"content\": "
            request.body = "\(line)\"hello\"}]}}\n\(line)\(spelling.textParts(text))}]}}\n"
            request.isFixed = request.level > 0
        },
    ]

    /// Forms with one part that is written or carried in another way.
    private static func form(_ pack: @escaping @Sendable (String, inout Spelling) -> (head: String, value: String))
        -> Surface
    {
        { request, text, spelling in
            request.path = "/v1/images/edits"
            request.contentType = "multipart/form-data; boundary=XX"
            let (head, value) = pack(spelling.sentence(text), &spelling)
            request.body =
                "--XX\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nmock-small\r\n--XX\r\n"
                + "Content-Disposition: form-data; name=\"prompt\"\r\n\(head)\r\n\r\n\(value)\r\n--XX--\r\n"
            request.isFixed = request.level > 0
        }
    }

    static let packedForms: [Surface] = [
        form {
            (
                "Content-Transfer-Encoding: base64",
                Data($0.utf8).base64EncodedString(options: $1.flip() ? .lineLength64Characters : [])
            )
        },
        form { text, spelling in
            let bytes = text.utf8.map { byte in
                let isPlain = 0x21...0x7e ~= byte && byte != UInt8(ascii: "=")
                if isPlain, spelling.flip(70) {
                    return String(UnicodeScalar(byte)) + (spelling.flip(10) ? "=\r\n" : "")
                }
                return "=" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
            return ("Content-Transfer-Encoding: Quoted-Printable", bytes.joined())
        },
        // Bytes of UTF-16 that happen to be UTF-8, too: a test's body is a string.
        form { text, spelling in
            let isLittle = spelling.flip()
            // What is not ASCII is left to HTML's numbers.
            let plain = text.unicodeScalars.map { $0.isASCII ? String($0) : "&#\($0.value);" }.joined()
            let value = plain.unicodeScalars.map { isLittle ? "\($0)\u{0}" : "\u{0}\($0)" }.joined()
            return ("Content-Type: text/plain; charset=\(isLittle ? "utf-16le" : "UTF-16BE")", value)
        },
        { request, text, spelling in
            // Not read here, whatever it holds.
            form { text, _ in ("Content-Type: text/plain; charset=utf-7", text) }(&request, text, &spelling)
            (request.level, request.isFixed) = (3, true)
        },
    ]
}
