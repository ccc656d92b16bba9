import Glibc
import Loop

/// Asks for a reload when a file of the configuration has changed (`listen.watch`).
///
/// What counts is the quiet after a change: an editor or a roll-out touches several names one after the other. Loop only.
final class RouteWatch: Watcher {
    /// How long nothing may change before the files are read, nanoseconds.
    private static let quietNanoseconds: Int64 = 200_000_000
    /// Links that are followed one behind the other.
    private static let linkLimit = 16

    private let loop: EventLoop
    private let changed: () -> Void
    private var watch: FolderWatch?
    private var timer: LoopTimer?
    private var names: Set<String> = []

    init(loop: EventLoop, changed: @escaping () -> Void) {
        self.loop = loop
        self.changed = changed
        super.init()
        timer = LoopTimer(self)
        watch = FolderWatch(loop: loop) { [unowned self] name in self.noticed(name) }
        if watch == nil { Console.say("files cannot be watched: \(Kernel.describe(errno)); SIGHUP reloads") }
    }

    /// Watches these files, and the links on the way to them; no file watches nothing.
    func follow(_ files: [String]) {
        var places: [(folder: String, name: String)] = []
        for file in files { RouteWatch.places(of: file, into: &places, depth: 0) }
        names = Set(places.map(\.name))
        let failed = watch?.follow(Set(places.map(\.folder))) ?? []
        for folder in failed { Console.say("`\(folder)` cannot be watched: \(Kernel.describe(errno)); SIGHUP reloads") }
    }

    /// Every folder and name that decides what a path leads to.
    static func places(of path: String, into places: inout [(folder: String, name: String)], depth: Int) {
        guard depth < linkLimit else { return }
        var folder = path.hasPrefix("/") ? "/" : "."
        let parts = path.split(separator: "/").map(String.init)
        for (index, name) in parts.enumerated() {
            let whole = folder == "/" ? "/\(name)" : "\(folder)/\(name)"
            let link = target(ofLink: whole)
            if link != nil || index == parts.count - 1 { places.append((folder, name)) }
            if let link {
                self.places(of: link.hasPrefix("/") ? link : "\(folder)/\(link)", into: &places, depth: depth + 1)
            }
            folder = whole
        }
    }

    private static func target(ofLink path: String) -> String? {
        let limit = Int(PATH_MAX)
        let bytes = [CChar](unsafeUninitializedCapacity: limit) { buffer, count in
            guard let start = buffer.baseAddress else { return }
            count = max(0, readlink(path, start, limit))
        }
        return bytes.isEmpty ? nil : String(decoding: bytes.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private func noticed(_ name: String) {
        // A fragment that an `include` pattern takes in has a name that nobody knew before.
        guard name.isEmpty || names.contains(name) || name.hasSuffix(".yaml") || name.hasSuffix(".yml") else { return }
        guard let timer else { return }
        loop.set(timer, at: loop.now + RouteWatch.quietNanoseconds)
    }

    override func timerFired(_ timer: LoopTimer) { changed() }

    func stop() {
        if let timer { loop.remove(timer) }
        watch?.close()
        watch = nil
    }
}
