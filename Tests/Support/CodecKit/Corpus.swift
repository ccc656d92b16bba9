import Foundation

/// Recorded traffic, when the folder is there: `HOOSH_CORPUS`, or `../shared/corpus` beside the package.
package struct Corpus {
    /// One recording.
    package struct Recording: CustomStringConvertible {
        package let id: String
        package let api: String
        package let framing: String
        package let status: Int
        package let request: [UInt8]?
        package let response: [UInt8]
        package var description: String { id }
    }

    package let recordings: [Recording]

    /// The recordings of these kinds; nil when there is no corpus, which is said loudly.
    package static func load(apis: [String], file: String = #filePath) -> Corpus? {
        let environment = ProcessInfo.processInfo.environment
        let beside = URL(fileURLWithPath: file).deletingLastPathComponent().appendingPathComponent("../../..")
        let folder =
            environment["HOOSH_CORPUS"].map { URL(fileURLWithPath: $0) }
            ?? beside.appendingPathComponent("shared/corpus").standardizedFileURL
        guard let index = try? String(contentsOf: folder.appendingPathComponent("index.tsv"), encoding: .utf8) else {
            print("NO CORPUS at \(folder.path): nothing recorded was read. Set HOOSH_CORPUS to its folder.")
            return nil
        }
        let recordings = index.split(separator: "\n").dropFirst().compactMap { line -> Recording? in
            let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            guard fields.count > 14, apis.contains(fields[2]) else { return nil }
            let inside = folder.appendingPathComponent(String(fields[0].split(separator: "/")[0]))
            guard let response = try? Data(contentsOf: inside.appendingPathComponent(name(fields[14]))) else {
                return nil
            }
            let request =
                fields[13].isEmpty ? nil : try? Data(contentsOf: inside.appendingPathComponent(name(fields[13])))
            return Recording(
                id: fields[0],
                api: fields[2],
                framing: fields[5],
                status: Int(fields[11]) ?? 0,
                request: request.map { [UInt8]($0) },
                response: [UInt8](response)
            )
        }
        return Corpus(recordings: recordings)
    }

    /// Whether a missing corpus fails the tests.
    package static var isRequired: Bool { ProcessInfo.processInfo.environment["HOOSH_REAL"] == "1" }

    private static func name(_ path: String) -> String { String(path.split(separator: "/").last ?? "") }
}

/// A body as Foundation reads it, to compare with what was written here.
package func object(_ bytes: [UInt8]) throws -> NSDictionary {
    let value = try JSONSerialization.jsonObject(with: Data(bytes))
    return value as? NSDictionary ?? [:]
}

/// A text of JSON as Foundation reads it.
package func object(_ text: String) throws -> NSDictionary { try object(Array(text.utf8)) }
