import Foundation

/// Shows what was written to a provider's own library for Python.
package struct Library {
    private let python: URL

    /// The library in the cache of `Tests/Real/parts.sh`; nil when it is not there, which is said loudly.
    package init?(_ name: String) {
        let environment = ProcessInfo.processInfo.environment
        let home = environment["XDG_CACHE_HOME"] ?? (environment["HOME"] ?? "/root") + "/.cache"
        let cache = environment["HOOSH_CACHE"] ?? home + "/hoosh-proxy"
        python = URL(fileURLWithPath: cache).appendingPathComponent("\(name)/bin/python")
        guard !FileManager.default.isExecutableFile(atPath: python.path) else { return }
        print("NO LIBRARY at \(python.path): nothing was judged. Run Tests/Real/parts.sh.")
        return nil
    }

    /// What the script says of a folder with these files, as JSON.
    package func replay(_ files: [String: [UInt8]], script: String = "replay.py", beside file: String = #filePath)
        throws
        -> NSDictionary
    {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("replay-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for (name, bytes) in files { try Data(bytes).write(to: folder.appendingPathComponent(name)) }
        let process = Process()
        process.executableURL = python
        let path = URL(fileURLWithPath: file).deletingLastPathComponent().appendingPathComponent(script).path
        process.arguments = ["-W", "ignore", path, folder.path]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let said = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return try object([UInt8](said))
    }
}
