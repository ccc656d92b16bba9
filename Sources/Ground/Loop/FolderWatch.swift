import Glibc

/// Tells which names in some folders have changed (inotify(7)).
///
/// Folders rather than files: an editor replaces a file, and Kubernetes swaps a link, and neither would be seen by
/// whoever watches the file that was there before. Loop only.
public final class FolderWatch: Watcher {
    private let loop: EventLoop
    private let descriptor: Descriptor
    private var folders: [String: Int32] = [:]
    private let changed: (_ name: String) -> Void

    /// Watches nothing yet; nil when the kernel allows no more such watches.
    ///
    /// `changed` is told the name in its folder; an empty one stands for "more than could be told".
    public init?(loop: EventLoop, changed: @escaping (_ name: String) -> Void) {
        let number = inotify_init1(Int32(IN_NONBLOCK) | Int32(IN_CLOEXEC))
        guard number >= 0 else { return nil }
        self.loop = loop
        self.changed = changed
        descriptor = Descriptor(adopting: number)
        super.init()
        guard loop.watchLevel(descriptor.number, self, read: true, write: false) else { return nil }
    }

    /// Watches these folders and no others; answers those that cannot be watched.
    public func follow(_ wanted: Set<String>) -> [String] {
        var failed: [String] = []
        for (folder, watch) in folders where !wanted.contains(folder) {
            // Two names of one folder share a watch: it stays while one of them is wanted.
            if !folders.contains(where: { $0.value == watch && wanted.contains($0.key) }) {
                _ = inotify_rm_watch(descriptor.number, watch)
            }
            folders[folder] = nil
        }
        let events =
            IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF
        for folder in wanted {
            // Adding again is harmless, and finds a folder that was replaced.
            let watch = inotify_add_watch(descriptor.number, folder, UInt32(events) | UInt32(IN_ONLYDIR))
            if watch >= 0 { folders[folder] = watch } else { failed.append(folder) }
        }
        return failed
    }

    /// Reads what happened.
    public override func ready(_ readiness: Readiness) {
        let header = MemoryLayout<inotify_event>.size
        while true {
            let buffer = loop.scratch
            let count = read(descriptor.number, buffer.baseAddress, buffer.count)
            guard count > 0 else { return }
            var names: [String] = []
            var offset = 0
            while offset + header <= count {
                let event = buffer.loadUnaligned(fromByteOffset: offset, as: inotify_event.self)
                let end = min(offset + header + Int(event.len), count)
                let name = buffer[(offset + header)..<end].prefix { $0 != 0 }
                names.append(String(decoding: name, as: UTF8.self))
                offset = end
            }
            // Afterwards: who is told may use the scratch buffer.
            for name in names { changed(name) }
        }
    }

    /// Watches nothing any more.
    public func close() { loop.forget(self, descriptor.number, closing: false) }
}
