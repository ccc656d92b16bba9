import Glibc
import Report
import RouteLanguage

/// A file that `lint` was pointed at.
package struct LintInput: Sendable {
    package enum Kind: Sendable {
        /// A route file, begun by `version:`, or one that says nothing of its kind.
        case root
        /// `fragment:`: part of roots.
        case fragment
        /// `*.test.yaml`: cases and proofs.
        case tests
    }

    /// As it was named, `-` for standard input.
    package let path: String
    /// What may be written to when the file is mended.
    package let folder: String
    package let kind: Kind
    package let bytes: [UInt8]

    /// What findings call it.
    package var name: String { path == "-" ? "<stdin>" : path }

    /// Reads a file.
    ///
    /// - Throws: why it cannot be read.
    package init(_ path: String, below folder: String) throws(Files.Failure) {
        self.path = path
        self.folder = folder
        bytes = try Files.beginning(of: path, limit: TextCheck.limitBytes)
        kind = Self.kind(of: path, bytes)
    }

    private static func kind(of path: String, _ bytes: [UInt8]) -> Kind {
        // It is read no further, whatever it is: reading it as a root says so.
        if bytes.count > TextCheck.limitBytes { return .root }
        if path.hasSuffix(".test.yaml") || path.hasSuffix(".test.yml") { return .tests }
        return hasLine("fragment:", bytes) && !hasLine("version:", bytes) ? .fragment : .root
    }

    /// True when a line begins with the word.
    private static func hasLine(_ word: String, _ bytes: [UInt8]) -> Bool {
        let word = Array(word.utf8)
        return bytes.withUnsafeBufferPointer { bytes in
            var start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
            while start + word.count <= bytes.count {
                if word.indices.allSatisfy({ bytes[start + $0] == word[$0] }) { return true }
                guard let end = bytes[start...].firstIndex(of: 0x0A) else { return false }
                start = end + 1
            }
            return false
        }
    }

    /// The file itself, or the files below a folder, sorted; none twice.
    ///
    /// - Throws: why a folder cannot be read.
    package static func paths(at path: String) throws(Files.Failure) -> [(path: String, folder: String)] {
        guard path != "-", Files.isFolder(path) else {
            let slash = path.lastIndex(of: "/")
            return [(path, slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? ".")]
        }
        var seen: Set<String> = []
        return try below(path, &seen).map { ($0, path) }
    }

    /// Folders that links lead back to are walked once.
    private static func below(_ folder: String, _ seen: inout Set<String>) throws(Files.Failure) -> [String] {
        guard seen.insert(realPath(folder)).inserted else { return [] }
        var found: [String] = []
        for name in try Files.names(in: folder) {
            // Kubernetes mounts a ConfigMap's content a second time under `..data`; other hidden folders are not ours.
            if name.hasPrefix(".") { continue }
            let path = folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
            if Files.isFolder(path) {
                found += try below(path, &seen)
            } else if (name.hasSuffix(".yaml") || name.hasSuffix(".yml")) && Files.isRegular(path) {
                found.append(path)
            }
        }
        return found
    }

    /// A path without links and dots, for comparing; the path itself where there is no such file.
    static func realPath(_ path: String) -> String {
        guard let real = realpath(path, nil) else { return path }
        defer { free(real) }
        return String(cString: real)
    }
}
