import Foundation

/// Recorded traffic of OpenAI's dialect; it lies beside the package and is no part of it.
struct Recording {
    var id: String
    var status: Int
    var request: [UInt8]?
    var response: [UInt8]
    var isStream: Bool

    /// The recordings of an API; empty, and said so, when they are not there.
    static func all(api: String) throws -> [Recording] {
        let folder = self.folder
        guard let index = try? String(contentsOf: folder.appending(path: "index.tsv"), encoding: .utf8) else {
            print("NO RECORDINGS at \(folder.path): nothing was compared with them (HOOSH_CORPUS names their folder)")
            if ProcessInfo.processInfo.environment["HOOSH_REAL"] == "1" { throw Missing() }
            return []
        }
        let rows = index.split(separator: "\n").map { $0.split(separator: "\t", omittingEmptySubsequences: false) }
        guard let header = rows.first?.map(String.init) else { return [] }
        var recordings: [Recording] = []
        for row in rows.dropFirst() {
            var cells: [String: String] = [:]
            for (name, cell) in zip(header, row) { cells[name] = String(cell) }
            guard cells["api"] == api, let file = cells["response_file"] else { continue }
            var response = try [UInt8](Data(contentsOf: folder.appending(path: file)))
            if file.hasSuffix(".jsonl") { response = framed(response) }
            let request = cells["request_file"].flatMap { $0.isEmpty ? nil : $0 }
            recordings.append(
                Recording(
                    id: cells["id"] ?? "",
                    status: Int(cells["status"] ?? "") ?? 0,
                    request: try request.map { try [UInt8](Data(contentsOf: folder.appending(path: $0))) },
                    response: response,
                    isStream: !file.hasSuffix(".json")
                )
            )
        }
        print("read \(recordings.count) recordings of \(api)")
        return recordings
    }

    struct Missing: Error {}

    private static var folder: URL {
        if let path = ProcessInfo.processInfo.environment["HOOSH_CORPUS"] { return URL(filePath: path) }
        return URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "../shared/corpus").standardizedFileURL
    }

    /// Gives payloads, of which one stands in each line, their framing back.
    private static func framed(_ lines: [UInt8]) -> [UInt8] {
        lines.split(separator: 0x0a).flatMap { Array("data: ".utf8) + $0 + Array("\n\n".utf8) }
    }
}
