import Foundation
import Testing

import RouteTools

/// A folder of its own for one test, and commands run in it without a process.
struct Workbench: ~Copyable {
    struct Outcome {
        var code: Int32
        var output: String
        var complaint: String
    }

    let folder: String

    /// Writes files by name.
    init(_ files: KeyValuePairs<String, String>) throws {
        folder = NSTemporaryDirectory() + "route-tools-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for (name, text) in files { try text.write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8) }
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    func path(_ name: String) -> String { "\(folder)/\(name)" }

    func text(_ name: String) throws -> String { try String(contentsOfFile: path(name), encoding: .utf8) }

    func write(_ text: String, to name: String) throws {
        try text.write(toFile: path(name), atomically: true, encoding: .utf8)
    }

    /// Runs a command; this folder's name is taken out of what it says.
    func run(_ command: ([String], Terminal) -> Int32, _ arguments: String...) -> Outcome {
        final class Box { var output = "", complaint = "" }
        let box = Box()
        let terminal = Terminal(print: { box.output += $0 }, complain: { box.complaint += $0 })
        let code = command(arguments, terminal)
        func short(_ text: String) -> String { text.replacingOccurrences(of: folder + "/", with: "") }
        return Outcome(code: code, output: short(box.output), complaint: short(box.complaint))
    }
}

/// The lines of an output that begin with a label, without it.
func row(_ label: String, of output: String) -> String? {
    output.split(separator: "\n").first { $0.hasPrefix(label + " ") }
        .map { $0.dropFirst(label.count).trimmingCharacters(in: .whitespaces) }
}
