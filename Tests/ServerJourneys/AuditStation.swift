import Foundation
import TestKit
import Testing

/// A proxy with an audit log in a folder of its own.
final class AuditStation {
    let station: Station
    let folder: TemporaryFolder
    static let secret = "a-secret-that-nobody-may-ever-see-0001"

    var log: String { folder.file("audit.log") }

    init(
        _ settings: String = "",
        providers: String = "",
        more: String = "",
        routes: String = AuditStation.routes,
        listen: String = "",
        environment: [String: String] = [:]
    ) throws {
        folder = try TemporaryFolder()
        try folder.write("key", AuditStation.secret + "\n")
        station = try Station(
            listen: listen,
            providers: providers,
            more: """
                audit: {path: \(folder.file("audit.log")), key: "file:\(folder.file("key"))", sync: 50ms\(settings)}
                \(more)
                """,
            routes: routes,
            environment: environment
        )
    }

    static let routes = """
          - {name: closed, match: {model: "closed*"}, deny: {status: 403, message: "not here"}}
          - {name: all, to: [mock]}
        """

    static let dead = "  dead: {kind: openai-compatible, url: \"http://127.0.0.1:1/v1\", health: {mode: none}}"

    /// The lines of the file that is written.
    func lines() throws -> [[String: Any]] { try AuditStation.lines(log) }

    static func lines(_ file: String) throws -> [[String: Any]] {
        let text = try String(contentsOfFile: file, encoding: .utf8)
        // Who reads while it is written may find the last line half there.
        return try text[..<(text.lastIndex(of: "\n") ?? text.startIndex)].split(separator: "\n").map { line in
            try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        }
    }

    /// Waits for a line, and gives it.
    func line(_ what: ([String: Any]) -> Bool, sourceLocation: SourceLocation = #_sourceLocation) throws -> [String:
        Any]
    {
        var found: [String: Any]?
        _ = try eventually {
            found = try lines().last(where: what)
            return found != nil
        }
        let all = try lines()
        return try #require(found, "\(all)", sourceLocation: sourceLocation)
    }

    func verify(_ arguments: [String] = []) throws -> ProgramResult {
        try run("hoosh-proxy", ["audit", "verify", "--key", "file:\(folder.file("key"))"] + arguments + [log])
    }

    /// Starts another proxy on the same files.
    func again() throws -> RunningProgram {
        let proxy = try RunningProgram("hoosh-proxy", ["--routes", station.file, "--threads", "1"])
        try proxy.line(containing: "ready")
        return proxy
    }
}

extension AuditStation {
    /// The lines of a file; what is no JSON is left out.
    static func lines(_ file: String, skippingTorn: Bool) throws -> [[String: Any]] {
        // A file that was there a moment ago may have another name by now.
        let text = (try? String(contentsOfFile: file, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").compactMap { line in
            try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
        }
    }
}
