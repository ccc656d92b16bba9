import Glibc
import RouteLanguage

/// Writing a file anew so that nobody ever sees half of it.
package enum FileReplacement {
    /// Why a file was left as it was.
    package struct Failure: Error {
        /// One sentence without a full stop.
        package let reason: String
    }

    /// Replaces a file by a temporary one beside it; its mode stays.
    ///
    /// - Parameters:
    ///   - bytes: what it will hold.
    ///   - path: the file; a link is followed, to its target.
    ///   - folder: a folder that the file, links followed, must not be outside of.
    /// - Throws: the system's reason, or that a link leads out of the folder.
    package static func write(_ bytes: [UInt8], to path: String, within folder: String) throws(Failure) {
        let real = LintInput.realPath(path)
        let root = LintInput.realPath(folder)
        guard real.hasPrefix(root == "/" ? "/" : root + "/") else {
            throw Failure(reason: "a link leads out of `\(folder)`")
        }
        var status = stat()
        guard stat(real, &status) == 0 else { throw failure() }
        guard status.st_mode & S_IFMT == S_IFREG else { throw Failure(reason: "it is no regular file") }
        var template = Array("\(real).XXXXXX".utf8CString)
        let descriptor = mkstemp(&template)
        guard descriptor >= 0 else { throw failure() }
        do throws(Failure) {
            defer { close(descriptor) }
            guard fchmod(descriptor, status.st_mode & 0o7777) == 0 else { throw failure() }
            // Only the superuser may give files away; for everybody else the owner is the same already.
            _ = fchown(descriptor, status.st_uid, status.st_gid)
            try put(bytes, descriptor)
            guard fsync(descriptor) == 0 else { throw failure() }
        } catch {
            unlink(template)
            throw error
        }
        guard rename(template, real) == 0 else {
            let failure = failure()
            unlink(template)
            throw failure
        }
    }

    private static func put(_ bytes: [UInt8], _ descriptor: Int32) throws(Failure) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure() }
            rest = rest.dropFirst(count)
        }
    }

    private static func failure() -> Failure { Failure(reason: String(cString: strerror(errno))) }
}
