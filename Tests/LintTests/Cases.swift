import Glibc
import Report
import RouteLanguage
import Testing

/// The folder of golden cases, and what tests need of files.
enum Cases {
    static let tests = #filePath.split(separator: "/").dropLast(2).reduce("") { "\($0)/\($1)" }
    static let folder = tests + "/RouteCases"
    static let root = tests.split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" }

    /// True when golden files are written anew; read the difference before keeping it.
    static var updates: Bool { getenv("UPDATE_ROUTE_CASES") != nil }

    static func names(_ folder: String) -> [String] {
        (try? Files.names(in: folder)) ?? []
    }

    static func text(_ path: String) -> String {
        String(decoding: (try? Files.read(path, limit: .max)) ?? [], as: UTF8.self)
    }

    static func write(_ text: String, to path: String) {
        guard let file = fopen(path, "w") else { return }
        fputs(text, file)
        fclose(file)
    }
}
