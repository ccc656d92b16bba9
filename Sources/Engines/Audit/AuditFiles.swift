import Bytes
import Glibc
import Loop

/// Where a log's files are: `PATH` is written, `PATH.1` `PATH.2` … were, the oldest first; `PATH.head` anchors the end.
package struct AuditFiles: Sendable {
    /// The file that is being written.
    package let path: String
    package var headPath: String { path + ".head" }

    package init(path: String) { self.path = path }

    /// The log that a file belongs to by its name, and its number; nil for the one that is being written.
    package static func log(of file: String) -> (files: AuditFiles, number: Int?) {
        // A log whose own name ends like that has a head file; none of its closed ones has.
        let own = AuditFiles(path: file)
        if FileSize.of(own.headPath) != nil { return (own, nil) }
        if let dot = file.lastIndex(of: "."),
            let number = AuditLine.number(Array(file[file.index(after: dot)...].utf8)[...])
        {
            return (AuditFiles(path: String(file[..<dot])), number)
        }
        return (own, nil)
    }

    /// A closed file by its number.
    package func numbered(_ number: Int) -> String { "\(path).\(number)" }

    /// Numbers of the closed files, ascending.
    package var numbers: [Int] {
        let slash = path.lastIndex(of: "/")
        let folder = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let name = slash.map { String(path[path.index(after: $0)...]) } ?? path
        guard let handle = opendir(folder) else { return [] }
        defer { closedir(handle) }
        var found: [Int] = []
        while let entry = readdir(handle) {
            let text = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard text.hasPrefix(name + ".") else { continue }
            if let number = AuditLine.number(Array(text.dropFirst(name.count + 1).utf8)[...]) { found.append(number) }
        }
        return found.sorted()
    }

    /// All files of the log in the order of the chain.
    package var all: [String] { numbers.map(numbered) + (FileSize.of(path) == nil ? [] : [path]) }

    // MARK: Reading

    /// Why a file could not be read, in the system's words.
    package struct Unreadable: Error {
        package let file: String
        package let reason: String
    }

    /// Calls with each line of a file, without its line feed, and with what stands behind the last one if anything does.
    ///
    /// * `limit`: bytes from the beginning that are read.
    package static func lines(
        of file: String,
        limit: Int = .max,
        _ body: (_ line: ArraySlice<UInt8>, _ isEnded: Bool) -> Void
    ) throws(Unreadable) {
        let descriptor = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw Unreadable(file: file, reason: Kernel.describe(errno)) }
        defer { close(descriptor) }
        var carry: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        var left = limit
        while left > 0 {
            let count = Glibc.read(descriptor, &buffer, min(buffer.count, left))
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Unreadable(file: file, reason: Kernel.describe(errno)) }
            if count == 0 { break }
            left -= count
            var start = 0
            while let end = end(of: buffer, from: start, count) {
                if carry.isEmpty {
                    body(buffer[start..<end], true)
                } else {
                    carry += buffer[start..<end]
                    body(carry[...], true)
                    carry = []
                }
                start = end + 1
            }
            carry += buffer[start..<count]
        }
        if !carry.isEmpty { body(carry[...], false) }
    }

    private static func end(of buffer: [UInt8], from start: Int, _ count: Int) -> Int? {
        guard let hit = Scan.find(0x0a, in: buffer.span, from: start), hit < count else { return nil }
        return hit
    }

    /// The whole of a small file; nil when there is none or it cannot be read.
    package static func small(_ file: String) -> [UInt8]? {
        let descriptor = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 4_096)
        let count = Glibc.read(descriptor, &buffer, buffer.count)
        return count < 0 ? nil : Array(buffer[..<count])
    }

    /// Where the first line of a file says that the chain stood before it; nil when it says nothing that is genuine.
    package static func beginning(of file: String, key: AuditKey) -> AuditHead? {
        var first: AuditHead?
        var isDone = false
        try? lines(of: file) { line, _ in
            if isDone { return }
            isDone = true
            guard let read = AuditLine(line), read.isGenuine(line, key) else { return }
            first = AuditHead(sequence: read.sequence - 1, mac: read.previous)
        }
        return first
    }

    /// What the head file says; nil when there is none, or it was not signed with this key.
    package func anchoredHead(_ key: AuditKey) -> AuditHead? {
        AuditFiles.small(headPath).flatMap { AuditHead(signed: $0, with: key) }
    }
}

/// How large files are.
enum FileSize {
    /// Bytes; nil when there is no such file.
    static func of(_ path: String) -> Int? {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_size) : nil
    }
}
