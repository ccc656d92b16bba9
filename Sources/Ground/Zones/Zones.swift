import Glibc

/// The machine's tz database.
package enum Zones {
    /// Why a zone could not be loaded.
    package struct Fault: Error, Equatable {
        /// One sentence without a full stop.
        package let sentence: String
        /// True when the machine has no tz database at all, so that the name may well be right.
        package let lacksDatabase: Bool
    }

    /// Where Debian's package `tzdata` puts its files.
    package static let standardFolder = "/usr/share/zoneinfo"
    /// The largest file has about 4 KiB.
    private static let sizeLimitBytes = 1 << 20

    /// Reads a zone; `UTC` needs no file.
    ///
    /// - Throws: what is wrong with the name or its file.
    package static func load(_ name: String, folder: String = standardFolder) throws(Fault) -> Zone {
        if name == "UTC" { return .utc }
        guard isName(name) else {
            throw Fault(sentence: "`\(name)` is no name of a time zone", lacksDatabase: false)
        }
        guard access(folder, R_OK) == 0 else {
            throw Fault(sentence: "this machine has no time zones: \(folder) cannot be read", lacksDatabase: true)
        }
        guard let bytes = read("\(folder)/\(name)") else {
            throw Fault(sentence: "no time zone is called `\(name)`", lacksDatabase: false)
        }
        guard let zone = TZif.zone(name, bytes) else {
            throw Fault(sentence: "\(folder)/\(name) is no file of the time zone database", lacksDatabase: false)
        }
        return zone
    }

    /// The zones of this machine, sorted: what a misspelt name is compared with.
    package static func names(folder: String = standardFolder) -> [String] {
        var found: Set<String> = ["UTC"]
        var waiting = [""]
        while let prefix = waiting.popLast() {
            for entry in entries("\(folder)/\(prefix)") where isName(prefix + entry) {
                var status = stat()
                guard stat("\(folder)/\(prefix)\(entry)", &status) == 0 else { continue }
                switch status.st_mode & S_IFMT {
                case S_IFDIR: waiting.append("\(prefix)\(entry)/")
                case S_IFREG: found.insert(prefix + entry)
                default: break
                }
            }
        }
        return found.sorted()
    }

    /// Holds a name inside the database: parts of letters, digits, `_`, `+` and `-`, at most three of them.
    ///
    /// The first letter is a capital: `posix/`, `right/` (leap seconds) and `localtime` are no zones to an author.
    private static func isName(_ name: String) -> Bool {
        guard let first = name.utf8.first, (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(first) else { return false }
        let parts = name.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        return name.utf8.count <= 64 && parts.count <= 3
            && parts.allSatisfy { part in
                !part.isEmpty
                    && part.allSatisfy { byte in
                        (byte | 0x20) &- 0x61 < 26 || byte &- 0x30 < 10 || [0x5f, 0x2b, 0x2d].contains(byte)
                    }
            }
    }

    private static func read(_ path: String) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 8_192)
        while bytes.count <= sizeLimitBytes {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            if count < 0 { return nil }
            if count == 0 { return bytes }
            bytes += buffer[..<count]
        }
        return nil
    }

    private static func entries(_ folder: String) -> [String] {
        guard let handle = opendir(folder) else { return [] }
        defer { closedir(handle) }
        var names: [String] = []
        while let entry = readdir(handle) {
            names.append(
                withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                    pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
            )
        }
        return names
    }
}
