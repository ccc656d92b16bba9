import Glibc
import Report
import RouteLanguage
import RouteModel

/// One side of a comparison: a file, or `REV:path` as git names it.
struct Revision {
    let name: String
    let document: RouteDocument
    let sources: [SourceText]
    /// Every file of it, the root first.
    let roots: [Node]

    private static let sizeLimitBytes = 64 << 20

    /// Reads a side; where it has errors, shows them and answers nil.
    ///
    /// - Throws: why it cannot be read at all.
    static func read(_ name: String, _ terminal: Terminal) throws(Misuse) -> Revision? {
        let loaded = try loaded(name)
        if !loaded.problems.hasErrors, let document = loaded.document {
            return Revision(
                name: name,
                document: document,
                sources: loaded.files.map(\.source),
                roots: loaded.files.compactMap(\.root)
            )
        }
        var errors = Problems()
        for file in loaded.files { errors.add(source: file.source) }
        errors.add(loaded.problems.errors)
        terminal.complain(Render(errors).text(.human))
        terminal.complain("\nhoosh-proxy diff: `\(name)` has errors; hoosh-proxy lint shows everything\n")
        return nil
    }

    private static func loaded(_ name: String) throws(Misuse) -> Loaded {
        // A file may have a colon in its name.
        guard access(name, F_OK) != 0, let colon = name.firstIndex(of: ":"), colon != name.startIndex else {
            if let obstacle = Files.obstacle(name) { throw Misuse("cannot read `\(name)`: \(obstacle)") }
            return RouteFile.load(name, purpose: .lint, environment: { _ in nil })
        }
        let revision = String(name[..<colon])
        let path = String(name[name.index(after: colon)...])
        let bytes = try show(revision, path)
        var overlay: [String: [UInt8]] = [:]
        var loaded = RouteFile.read(bytes, path: path, purpose: .lint, environment: { _ in nil })
        // What it includes is read at the same revision; that may include more.
        for _ in 0..<8 {
            let missing = loaded.files.dropFirst().map(\.path).filter { overlay[$0] == nil }
            if missing.isEmpty { break }
            for file in missing { overlay[file] = try show(revision, file) }
            loaded = Files.$overlay.withValue(overlay) {
                RouteFile.read(bytes, path: path, purpose: .lint, environment: { _ in nil })
            }
        }
        return loaded
    }

    /// What `git show REV:path` prints.
    private static func show(_ revision: String, _ path: String) throws(Misuse) -> [UInt8] {
        // Git reads what begins with a dash as an option.
        guard !revision.hasPrefix("-") else { throw Misuse("`\(revision)` is no revision") }
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw Misuse("no pipe: \(TextFile.reason)") }
        // The child gets a copy of the one end as its output, and neither of these.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(ends[0]) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        let words = ["git", "--no-pager", "show", "\(revision):\(path)"]
        let arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var process: pid_t = 0
        let failure = posix_spawnp(&process, "git", &actions, nil, arguments, environ)
        close(ends[1])
        guard failure == 0 else { throw Misuse("git cannot be started: \(String(cString: strerror(failure)))") }
        let bytes = drain(ends[0])
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        guard status == 0 else { throw Misuse("git has no `\(revision):\(path)`") }
        guard let bytes else { throw Misuse("`\(revision):\(path)` is larger than 64 MiB") }
        return bytes
    }

    /// Everything until the end; nil when that is too much.
    private static func drain(_ descriptor: Int32) -> [UInt8]? {
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(descriptor, &part, part.count)
            if count < 0, errno == EINTR { continue }
            if count <= 0 { return bytes.count > sizeLimitBytes ? nil : bytes }
            if bytes.count <= sizeLimitBytes { bytes += part[..<count] }
        }
    }
}
