import Glibc

/// Reading files and folders; Glibc is all there is.
package enum Files {
    /// Why something could not be read, in the system's words.
    package struct Failure: Error {
        /// One sentence.
        package let reason: String
        /// True when there is more of it than may be read.
        package let isTooLarge: Bool
        fileprivate init() { self.init(String(cString: strerror(errno))) }
        fileprivate init(_ reason: String, isTooLarge: Bool = false) {
            self.reason = reason
            self.isTooLarge = isTooLarge
        }
    }

    /// Texts that are read in place of files: edits are tried on them before anything is written.
    @TaskLocal package static var overlay: [String: [UInt8]] = [:]

    /// A file's bytes, or those of standard input for `-`.
    ///
    /// - Throws: the system's reason, that it is no plain file, or that the file is larger than `limit`.
    package static func read(_ path: String, limit: Int) throws(Failure) -> [UInt8] {
        let bytes = try beginning(of: path, limit: limit)
        if bytes.count > limit { throw Failure("larger than \(limit) bytes", isTooLarge: true) }
        return bytes
    }

    /// The same, but of a file that is larger than `limit` something more than that.
    ///
    /// - Throws: the system's reason, or that it is no plain file.
    package static func beginning(of path: String, limit: Int) throws(Failure) -> [UInt8] {
        if let bytes = overlay[path] { return bytes }
        let descriptor = try opened(path)
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            if count < 0 { throw Failure() }
            if count == 0 { return bytes }
            bytes += buffer[..<count]
            if bytes.count - byteOrderMarkLength > limit { return bytes }
        }
    }

    /// A mark at the start does not count against a limit.
    private static let byteOrderMarkLength = 3

    /// A descriptor that ends: a pipe or a device with a file's name could keep its reader waiting for ever.
    private static func opened(_ path: String) throws(Failure) -> Int32 {
        // What the caller's shell hands over is the caller's own business.
        let isHandedOver = path == "-" || path == "/dev/stdin" || path.hasPrefix("/dev/fd/")
        if isHandedOver {
            let descriptor = path == "-" ? dup(0) : open(path, O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { throw Failure() }
            return descriptor
        }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        if descriptor < 0, errno == ENXIO { throw Failure("it is no plain file") }
        guard descriptor >= 0 else { throw Failure() }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw Failure("it is no plain file")
        }
        return descriptor
    }

    /// What keeps us from reading a path; nil when nothing does.
    package static func obstacle(_ path: String) -> String? {
        access(path, R_OK) == 0 ? nil : String(cString: strerror(errno))
    }

    /// True when the path is a folder.
    package static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// True when the path is a file with content, or nothing that can be looked at: reading it then tells why.
    package static func isRegular(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) != 0 || status.st_mode & S_IFMT == S_IFREG
    }

    /// The names in a folder, sorted, without `.` and `..`.
    ///
    /// - Throws: the system's reason.
    package static func names(in folder: String) throws(Failure) -> [String] {
        guard let handle = opendir(folder) else { throw Failure() }
        defer { closedir(handle) }
        var names: [String] = []
        while let entry = readdir(handle) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// The path without symbolic links; nil when nothing is there.
    static func realPath(_ path: String) -> String? {
        guard let pointer = realpath(path, nil) else { return nil }
        defer { free(pointer) }
        return String(cString: pointer)
    }

    /// The folder that a file stands in.
    static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// The last part of a path.
    static func name(of path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }

    /// The files that a pattern of the shell fits, sorted by their bytes; folders are left out.
    static func matching(_ pattern: String) -> [String] {
        var found = glob_t()
        defer { globfree(&found) }
        guard glob(pattern, 0, nil, &found) == 0, let paths = found.gl_pathv else { return [] }
        return (0..<Int(found.gl_pathc)).compactMap { paths[$0].map { String(cString: $0) } }
            .filter { !isFolder($0) }
    }

    /// A path that is relative to another file's folder.
    package static func path(_ path: String, besides file: String) -> String {
        guard !path.hasPrefix("/"), let slash = file.lastIndex(of: "/") else { return path }
        return String(file[...slash]) + path
    }
}
