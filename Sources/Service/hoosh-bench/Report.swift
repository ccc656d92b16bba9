import Foundation

/// Writes the files of a run.
struct Report {
    let folder: String
    private static let begin = "<!-- measured: begin -->"
    private static let end = "<!-- measured: end -->"

    /// `performance.json`, `performance.svg`, and the tables into a `performance.md` that has the place for them.
    func write(_ summary: Summary, _ tables: String) throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try encoder.encode(summary).write(to: URL(fileURLWithPath: "\(folder)/performance.json"))
        try Chart(summary: summary).svg.write(toFile: "\(folder)/performance.svg", atomically: true, encoding: .utf8)
        let page = "\(folder)/performance.md"
        if let text = try? String(contentsOfFile: page, encoding: .utf8), let from = text.range(of: Report.begin),
            let to = text.range(of: Report.end), from.upperBound <= to.lowerBound
        {
            let whole =
                text[..<from.upperBound] + "\n\n![The key numbers as bars](performance.svg)\n\n" + tables + "\n"
                + text[to.lowerBound...]
            try whole.write(toFile: page, atomically: true, encoding: .utf8)
        }
        FileHandle.standardError.write(
            Data("hoosh-bench: wrote performance.json and performance.svg to \(folder)\n".utf8)
        )
    }
}

extension Report {
    /// Prints a table, and writes it into a `performance.md` that has the place for it.
    func write(_ table: String, between marks: String) throws {
        print(table)
        let begin = "<!-- \(marks): begin -->"
        let end = "<!-- \(marks): end -->"
        let page = "\(folder)/performance.md"
        if let text = try? String(contentsOfFile: page, encoding: .utf8), let from = text.range(of: begin),
            let to = text.range(of: end), from.upperBound <= to.lowerBound
        {
            let whole = text[..<from.upperBound] + "\n\n" + table + "\n" + text[to.lowerBound...]
            try whole.write(toFile: page, atomically: true, encoding: .utf8)
        }
    }
}

/// Asks programs for their versions.
enum Versions {
    static func all(_ paths: Paths, _ contenders: [Contender]) -> [String: String] {
        var found: [String: String] = [:]
        if contenders.contains(where: \.isNginx), let program = try? paths.nginx() {
            found["nginx"] = version(in: output(program, "-v"))
        }
        if contenders.contains(.haproxy), let program = try? paths.haproxy() {
            found["haproxy"] = version(in: output(program, "-v"))
        }
        return found
    }

    /// The first word that looks like one: digits and a point.
    private static func version(in text: String) -> String {
        let words = text.split { $0 == " " || $0 == "/" || $0 == "\n" }
        return words.first { $0.first?.isNumber == true && $0.contains(".") }.map(String.init) ?? "of unknown version"
    }

    private static func output(_ program: String, _ argument: String) -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = [argument]
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        guard (try? process.run()) != nil else { return "" }
        let text = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: text, as: UTF8.self)
    }
}
