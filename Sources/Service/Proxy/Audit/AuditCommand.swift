import Audit
import Glibc
import JSON
import RouteLanguage

/// `hoosh-proxy audit verify FILE...`: tells whether an audit log is as it was written.
package enum AuditCommand {
    private static let short =
        "usage: hoosh-proxy audit verify [--key env:NAME|file:PATH] [--head SEQ:MAC] [--from SEQ] [--json] FILE...\n"

    private struct Wish {
        var files: [String] = []
        var key = "env:HOOSH_AUDIT_KEY"
        var knowledge = AuditCheck.Knowledge()
        var isJSON = false
    }

    /// A command line, or a key, that cannot be used.
    private struct Fault: Error { let sentence: String }

    /// Verifies and answers the exit code: 0 as written, 1 not, 2 usage or unreadable.
    package static func run(_ arguments: [String]) -> Int32 {
        do throws(Fault) {
            let wish = try read(arguments)
            let key = try key(wish.key)
            do throws(AuditFiles.Unreadable) {
                let result = try AuditCheck.verify(wish.files, key: key, knowing: wish.knowledge)
                Console.print(wish.isJSON ? json(result) : text(result))
                return result.isVerified ? 0 : 1
            } catch { throw Fault(sentence: "cannot read \(error.file): \(error.reason)") }
        } catch {
            Console.say(error.sentence)
            if error.sentence.hasPrefix("audit") { Console.write(short) }
            return 2
        }
    }

    private static func read(_ arguments: [String]) throws(Fault) -> Wish {
        guard arguments.first == "verify" else { throw Fault(sentence: "audit has one command: verify") }
        var wish = Wish()
        var rest = arguments.dropFirst()
        while let argument = rest.popFirst() {
            guard argument.hasPrefix("--") else {
                wish.files.append(argument)
                continue
            }
            if argument == "--json" {
                wish.isJSON = true
                continue
            }
            let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
            guard ["--key", "--head", "--from"].contains(parts[0]) else {
                throw Fault(sentence: "audit verify knows no `\(argument)`")
            }
            guard let value = parts.count > 1 ? parts[1] : rest.popFirst() else {
                throw Fault(sentence: "audit verify: \(parts[0]) wants a value behind it")
            }
            try take(parts[0], value, &wish)
        }
        if wish.files.isEmpty { throw Fault(sentence: "audit verify wants the log's file") }
        return wish
    }

    private static func take(_ name: String, _ value: String, _ wish: inout Wish) throws(Fault) {
        switch name {
        case "--key": wish.key = value
        case "--head":
            guard let head = AuditHead(value) else {
                throw Fault(sentence: "audit verify: --head takes SEQ:MAC as an earlier run printed it")
            }
            wish.knowledge.head = head
        default:
            guard let number = Int(value), number > 0 else {
                throw Fault(sentence: "audit verify: --from takes the sequence that the first file begins with")
            }
            wish.knowledge.from = number
        }
    }

    /// The key behind a reference; a message never repeats what is no reference, for it may be the key.
    private static func key(_ reference: String) throws(Fault) -> AuditKey {
        var bytes: [UInt8]
        if reference.hasPrefix("env:") {
            let name = String(reference.dropFirst(4))
            guard let value = getenv(name) else {
                throw Fault(
                    sentence: "the environment variable `\(name)` is not set; name the key:  --key env:NAME|file:PATH"
                )
            }
            bytes = Array(String(cString: value).utf8)
        } else if reference.hasPrefix("file:") {
            let path = String(reference.dropFirst(5))
            do throws(Files.Failure) { bytes = try Files.read(path, limit: 65_536) } catch {
                throw Fault(sentence: "cannot read `\(path)`: \(error.reason)")
            }
        } else {
            throw Fault(sentence: "audit verify: --key takes `env:NAME` or `file:PATH`, never the key itself")
        }
        // As the server reads it: one line end at the end belongs to the file.
        if bytes.last == 0x0a { bytes.removeLast() }
        if bytes.last == 0x0d { bytes.removeLast() }
        guard !bytes.isEmpty else { throw Fault(sentence: "what `\(reference)` names is empty") }
        return AuditKey(bytes)
    }

    private static func text(_ result: AuditCheck.Result) -> String {
        var text = ""
        for fault in result.faults { text += "\(fault.text)\n" }
        if result.faultCount > result.faults.count {
            text += "and \(result.faultCount - result.faults.count) more\n"
        }
        let files = "\(result.files.count) file\(result.files.count == 1 ? "" : "s")"
        let sealed = result.sealed == 0 ? "" : ", \(result.sealed) cut off by a crash and sealed"
        let verdict = result.isVerified ? "as it was written" : "NOT as it was written"
        text += "\(result.files.last ?? ""): \(verdict): \(files), \(result.lines) lines\(sealed)\n"
        if let head = result.head { text += "head \(head.text)\n" }
        return text
    }

    private static func json(_ result: AuditCheck.Result) -> String {
        let faults = result.faults.map { fault in
            "{\"file\":\(quoted(fault.file)),\"line\":\(fault.line.map(String.init) ?? "null"),"
                + "\"message\":\(quoted(fault.message))}"
        }
        return "{\"verified\":\(result.isVerified),\"files\":[\(result.files.map(quoted).joined(separator: ","))],"
            + "\"lines\":\(result.lines),\"first\":\(result.first),\"last\":\(result.head?.sequence ?? 0),"
            + "\"head\":\(result.head.map { quoted($0.text) } ?? "null"),\"sealed\":\(result.sealed),"
            + "\"fault_count\":\(result.faultCount),\"faults\":[\(faults.joined(separator: ","))]}\n"
    }

    private static func quoted(_ text: String) -> String {
        "\"\(String(decoding: JSONText.escaped(Array(text.utf8)), as: UTF8.self))\""
    }
}
