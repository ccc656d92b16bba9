import Foundation
import TestKit
import WireCases

/// A request with something planted in it that not every provider may see.
struct PlantedRequest {
    /// How high what is planted is marked: 0 public to 3 restricted.
    var level = 0
    /// Tags of the rules that must fire.
    var tags: Set<String> = []
    /// What was planted, as it reads once all escapes are resolved.
    var secrets: [String] = []
    var method = "POST"
    /// Path and query.
    var path = ""
    var contentType = "application/json"
    var body = ""
    /// It stands where nothing can be replaced.
    var isFixed = false

    static let levels = ["public", "internal", "confidential", "restricted"]

    /// The rules that the generator plants for.
    static let rules = """
          - {tag: mail, class: internal, builtin: email}
          - {tag: pii, class: confidential, builtin: [ssn, credit_card, iban]}
          - {tag: project, class: confidential, pattern: '\\bfalcon-\\d{4}\\b', flags: i}
          - {tag: secret, class: restricted, builtin: [api_key, aws_key, github_token, private_key]}
        """

    /// Draws one; the same dice draw the same.
    init(_ dice: inout Dice) {
        var spelling = Spelling(dice)
        var (text, tag, level) = Self.secret(&spelling.dice)
        if let tag {
            if spelling.flip(40) { text = spelling.typeset(text) }
            secrets = [text]
            tags = [tag]
            self.level = level
        }
        let surface = Self.surfaces[Int.random(in: 0..<Self.surfaces.count, using: &spelling.dice)]
        surface(&self, text, &spelling)
        dice = spelling.dice
    }

    // MARK: What is planted

    /// A text, its tag and its class; the tag is nil for a text that anybody may see.
    private static func secret(_ dice: inout Dice) -> (String, String?, Int) {
        func digits(_ count: Int) -> String {
            (0..<count).map { _ in String(Int.random(in: 0...9, using: &dice)) }.joined()
        }
        func letters(_ count: Int) -> String {
            let all = Array("ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789")
            return "aB7" + String((3..<count).map { _ in all[Int.random(in: 0..<all.count, using: &dice)] })
        }
        switch Int.random(in: 0..<9, using: &dice) {
        case 0: return ("j.\(letters(8).lowercased())@corp-\(digits(3)).example", "mail", 1)
        case 1:
            return (
                "\(Int.random(in: 100...599, using: &dice))-\(Int.random(in: 10...99, using: &dice))-7\(digits(3))",
                "pii", 2
            )
        case 2: return (card(&dice), "pii", 2)
        case 3: return ("falcon-\(digits(4))", "project", 2)
        case 4: return ("sk-proj-\(letters(40))", "secret", 3)
        case 5: return ("ghp_\(letters(36))", "secret", 3)
        case 6: return ("AKIA\(letters(16).uppercased())", "secret", 3)
        default: return ("nothing that \(digits(3)) people may not see", nil, 0)
        }
    }

    private static func card(_ dice: inout Dice) -> String {
        var digits = [Int.random(in: 3...6, using: &dice)]
        for _ in 0..<14 { digits.append(Int.random(in: 0...9, using: &dice)) }
        let sum = digits.reversed().enumerated().reduce(0) { sum, item in
            let doubled = item.element * 2
            return sum + (item.offset % 2 == 0 ? (doubled > 9 ? doubled - 9 : doubled) : item.element)
        }
        digits.append((10 - sum % 10) % 10)
        let text = digits.map(String.init).joined()
        guard Bool.random(using: &dice) else { return text }
        return stride(from: 0, to: 16, by: 4).map { String(Array(text)[$0..<($0 + 4)]) }.joined(separator: " ")
    }

    // MARK: Where it stands

    typealias Surface = @Sendable (inout PlantedRequest, String, inout Spelling) -> Void

    static func chat(_ members: String, at path: String = "/v1/chat/completions") -> (String, String) {
        (path, "{\"model\": \"mock-small\", \(members)}")
    }
    static let hello = "{\"role\": \"user\", \"content\": \"hello\"}"

    /// A surface of OpenAI's chats: the members of a body.
    private static func chats(_ make: @escaping @Sendable (String, inout Spelling) -> String) -> Surface {
        { request, text, spelling in (request.path, request.body) = chat(make(text, &spelling)) }
    }
    static func bodies(_ path: String, _ make: @escaping @Sendable (String, inout Spelling) -> String)
        -> Surface
    {
        { request, text, spelling in
            request.path = path
            request.body = "{\"model\": \"mock-small\", \(make(text, &spelling))}"
        }
    }

    private static let surfaces: [Surface] =
        chatSurfaces + otherChats + otherEndpoints + otherBodies + spelledOtherwise + packedForms

    private static let chatSurfaces: [Surface] = [
        chats { "\"messages\": [{\"role\": \"user\", \"content\": \($1.planted($0))}]" },
        chats { "\"stream\": true, \"messages\": [{\"role\": \"user\", \"content\": \($1.planted($0))}]" },
        chats { "\"messages\": [{\"role\": \"user\", \"content\": \($1.textParts($0))}]" },
        chats { "\"messages\": [{\"role\": \"system\", \"content\": \($1.planted($0))}, \(hello)]" },
        chats { "\"messages\": [{\"role\": \"developer\", \"content\": \($1.textParts($0))}, \(hello)]" },
        chats { "\"messages\": [{\"role\": \"user\", \"name\": \($1.quoted($0)), \"content\": \"hello\"}]" },
        chats { text, spelling in
            // Arguments are JSON in a string, with escapes of both.
            let inner = "{\"to\": \(spelling.planted(text)), \"n\": [1, {\"deep\": true}]}"
            return
                "\"messages\": [\(hello), {\"role\": \"assistant\", \"content\": null, \"tool_calls\": [{\"id\": \"c1\", "
                + "\"type\": \"function\", \"function\": {\"name\": \"send\", \"arguments\": \(spelling.quoted(inner))}}]}, "
                + "{\"role\": \"tool\", \"tool_call_id\": \"c1\", \"content\": \"done\"}]"
        },
        chats { text, spelling in
            "\"messages\": [\(hello), {\"role\": \"assistant\", \"tool_calls\": [{\"id\": \"c1\", \"type\": \"function\", "
                + "\"function\": {\"name\": \"get\", \"arguments\": \"{}\"}}]}, {\"role\": \"tool\", "
                + "\"tool_call_id\": \"c1\", \"content\": \(spelling.planted(text))}]"
        },
        chats { text, spelling in
            "\"messages\": [\(hello)], \"tools\": [{\"type\": \"function\", \"function\": {\"name\": \"get\", "
                + "\"description\": \(spelling.planted(text)), \"parameters\": {\"type\": \"object\"}}}]"
        },
        chats { text, spelling in
            "\"messages\": [\(hello)], \"tools\": [{\"type\": \"function\", \"function\": {\"name\": \"get\", "
                + "\"parameters\": {\"type\": \"object\", \"properties\": {\"city\": {\"type\": \"string\", "
                + "\"description\": \(spelling.planted(text)), \"enum\": [\"a\", \"b\"]}}}}}]"
        },
        chats { "\"messages\": [\(hello)], \"stop\": [\"x\", \($1.quoted($0))]" },
        chats { "\"messages\": [\(hello)], \"user\": \($1.quoted($0))" },
        chats { "\"messages\": [\(hello)], \"metadata\": {\"note\": \($1.planted($0))}" },
        chats { "\"messages\": [\(hello)], \"x_next_year\": {\"deep\": [[{\"er\": \($1.planted($0))}]]}" },
    ]

    private static let otherChats: [Surface] = [
        bodies("/v1/completions") { "\"prompt\": \($1.planted($0))" },
        bodies("/v1/completions") { "\"prompt\": [\($1.planted($0))], \"echo\": false" },
        bodies("/v1/responses") { "\"input\": \($1.planted($0))" },
        bodies("/v1/responses") { "\"instructions\": \($1.planted($0)), \"input\": \"hello\"" },
        bodies("/v1/responses") {
            "\"input\": [{\"role\": \"user\", \"content\": \($1.textParts($0, type: "input_text"))}]"
        },
        bodies("/v1/responses") {
            "\"input\": [{\"role\": \"user\", \"content\": \"hi\"}, {\"type\": \"function_call\", \"call_id\": \"c\", "
                + "\"name\": \"f\", \"arguments\": \"{}\"}, {\"type\": \"function_call_output\", \"call_id\": \"c\", "
                + "\"output\": \($1.planted($0))}]"
        },
        bodies("/v1/messages") {
            "\"max_tokens\": 9, \"messages\": [{\"role\": \"user\", \"content\": \($1.planted($0))}]"
        },
        bodies("/v1/messages") {
            "\"max_tokens\": 9, \"system\": \($1.textParts($0)), \"messages\": [\(hello)]"
        },
        bodies("/v1/messages") {
            "\"max_tokens\": 9, \"messages\": [\(hello), {\"role\": \"assistant\", \"content\": [{\"type\": \"tool_use\", "
                + "\"id\": \"t1\", \"name\": \"send\", \"input\": {\"to\": \($1.planted($0))}}]}, {\"role\": \"user\", "
                + "\"content\": [{\"type\": \"tool_result\", \"tool_use_id\": \"t1\", \"content\": \"ok\"}]}]"
        },
        bodies("/v1/messages") {
            "\"max_tokens\": 9, \"messages\": [\(hello), {\"role\": \"assistant\", \"content\": [{\"type\": \"tool_use\", "
                + "\"id\": \"t1\", \"name\": \"get\", \"input\": {}}]}, {\"role\": \"user\", \"content\": "
                + "[{\"type\": \"tool_result\", \"tool_use_id\": \"t1\", \"content\": \($1.textParts($0))}]}]"
        },
        bodies("/v1/messages/count_tokens") { "\"messages\": [{\"role\": \"user\", \"content\": \($1.planted($0))}]" },
        gemini { "\"contents\": [{\"role\": \"user\", \"parts\": \($1.textParts($0, type: nil))}]" },
        gemini {
            "\"systemInstruction\": {\"parts\": [{\"text\": \($1.planted($0))}]}, \"contents\": [{\"role\": \"user\", "
                + "\"parts\": [{\"text\": \"hello\"}]}]"
        },
        bodies("/api/chat") {
            "\"stream\": false, \"messages\": [{\"role\": \"user\", \"content\": \($1.planted($0))}]"
        },
        bodies("/api/generate") { "\"stream\": false, \"system\": \($1.planted($0)), \"prompt\": \"hello\"" },
        bodies("/api/embed") { "\"input\": [\"one\", \($1.planted($0))]" },
    ]

    private static func gemini(_ make: @escaping @Sendable (String, inout Spelling) -> String) -> Surface {
        { request, text, spelling in
            request.path = "/v1beta/models/mock-small:generateContent"
            request.body = "{\(make(text, &spelling))}"
        }
    }

    private static let otherEndpoints: [Surface] = [
        bodies("/v1/embeddings") { "\"input\": \($1.planted($0))" },
        bodies("/v1/embeddings") { "\"input\": [\"one\", \($1.planted($0))]" },
        bodies("/v1/moderations") { "\"input\": \($1.planted($0))" },
        bodies("/v1/rerank") { "\"query\": \"q\", \"documents\": [\"one\", {\"text\": \($1.planted($0))}]" },
        bodies("/v1/images/generations") { "\"prompt\": \($1.planted($0))" },
        bodies("/v1/audio/speech") { "\"voice\": \"alloy\", \"input\": \($1.planted($0))" },
        { request, text, spelling in
            // A name that somebody gave.
            request.path = "/v1/rerank"
            request.body = "{\"model\": \"mock-small\", \"documents\": {\(spelling.quoted(text)): 1}}"
            request.isFixed = request.level > 0
        },
    ]

    private static func unreserved(_ text: String) -> String {
        text.utf8.map { byte in
            let character = Character(UnicodeScalar(byte))
            return byte < 128 && (character.isLetter || character.isNumber)
                ? String(character) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
    }

    private static let otherBodies: [Surface] = [
        { request, text, _ in
            request.method = "GET"
            request.path = "/v1/lookup?limit=3&q=\(unreserved(text))"
            request.isFixed = request.level > 0
        },
        { request, text, _ in
            request.path = "/v1/lookup"
            request.contentType = "application/x-www-form-urlencoded"
            request.body = "a=b&q=\(unreserved(text))"
            request.isFixed = request.level > 0
        },
        { request, text, spelling in
            request.path = "/v1/notes"
            request.contentType = "text/plain; charset=utf-8"
            request.body = spelling.sentence(text)
            request.isFixed = request.level > 0
        },
        { request, text, spelling in
            request.path = "/v1/images/edits"
            request.contentType = "multipart/form-data; boundary=XX"
            let padding = spelling.flip(10) ? String(repeating: "long ago ", count: 20_000) : ""
            request.body =
                "--XX\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nmock-small\r\n--XX\r\n"
                + "Content-Disposition: form-data; name=\"prompt\"\r\n\r\n\(padding)\(spelling.sentence(text))\r\n--XX--\r\n"
            request.isFixed = request.level > 0
        },
    ]
}
