import Glibc
import Report
import RouteLanguage
import RouteModel

/// A route file as the commands take it: read, and free of errors.
enum CheckedDocument {
    /// Reads a file; where it has errors, shows them and answers nil.
    ///
    /// - Throws: why it cannot be read at all.
    static func load(_ path: String, _ terminal: Terminal, command: String) throws(Misuse) -> RouteDocument? {
        if let obstacle = Files.obstacle(path) { throw Misuse("cannot read `\(path)`: \(obstacle)") }
        let loaded = RouteFile.load(path, purpose: .lint, environment: { _ in nil })
        if !loaded.problems.hasErrors, let document = loaded.document { return document }
        var errors = Problems()
        for file in loaded.files { errors.add(source: file.source) }
        errors.add(loaded.problems.errors)
        terminal.complain(Render(errors).text(.human))
        terminal.complain("\nhoosh-proxy \(command): `\(path)` has errors; hoosh-proxy lint shows everything\n")
        return nil
    }
}

/// Writing a text to a file.
enum TextFile {
    /// Why the last call that failed did so, in the system's words.
    static var reason: String { String(cString: strerror(errno)) }

    /// Writes all of it, in place of what is there; false when that cannot be done.
    static func write(_ text: String, to path: String) -> Bool {
        guard let file = fopen(path, "we") else { return false }
        let bytes = Array(text.utf8)
        let isWhole = fwrite(bytes, 1, bytes.count, file) == bytes.count
        return fclose(file) == 0 && isWhole
    }
}
