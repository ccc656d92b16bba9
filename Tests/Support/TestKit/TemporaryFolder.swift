import Foundation
import Glibc
import Synchronization

/// A folder of its own for a test, removed with this object, or at the end of the process.
package final class TemporaryFolder: Sendable {
    /// Where it is.
    package let path: String
    private static let all = Mutex<[String]>([])

    /// Makes a folder below the system's temporary one; short, so that unix sockets fit in.
    package init() throws {
        var template = Array("/tmp/hoosh-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw TestKitFailure("cannot make a folder in /tmp") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let isFirst = TemporaryFolder.all.withLock { list in
            list.append(path)
            return list.count == 1
        }
        if isFirst { atexit { TemporaryFolder.removeAll() } }
    }

    deinit { TemporaryFolder.remove(path) }

    /// The path of a file in it.
    package func file(_ name: String) -> String { "\(path)/\(name)" }

    /// Writes a file in it and gives its path.
    @discardableResult
    package func write(_ name: String, _ text: String) throws -> String {
        try text.write(toFile: file(name), atomically: false, encoding: .utf8)
        return file(name)
    }

    private static func remove(_ path: String) { try? FileManager.default.removeItem(atPath: path) }

    private static func removeAll() {
        for path in all.withLock({ $0 }) { remove(path) }
    }
}
